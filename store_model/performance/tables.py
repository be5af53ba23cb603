"""The rows of one store in the database, counted by the database where they lie.

The counting is text around the SELECTs of `rows`, which the session's guard does not see through: it runs as trusted.
Every SELECT is kept to an entity and a store that the session's own scope is asked about first, and PostgreSQL's
policies hold in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.scoring import days, sql
from engine.scoring.bound import Counting
from engine.scoring.counting import Counts, Place
from engine.scoring.sources import ROWS, Row
from store_model.bulk import Place as StorePlace
from store_model.deadlines import Limits
from store_model.performance.evidence import evidence_sql, number_of, row_of
from store_model.performance.rows import rows_sql
from store_model.products import Product
from store_model.tenancy import Scope, TenantError, check_store

NOT_KEPT = frozenset({"orders.liable", "orders.category", "disputes.liable"})
"""What the tables do not say: whom the platform found liable, and the category of an order."""

LIMITS = {
    "risk": lambda limits: limits.risk_control,
    "handling": lambda limits: limits.handling_default,
    "scan": lambda limits: limits.scan,
    "answer": lambda limits: limits.dispute_answer,
}


class Tables:
    """The rows of one store. `now`: when they are read."""

    def __init__(self, session: Session, place: StorePlace, limits: Limits, *, now: datetime) -> None:
        self.now = days.seconds(now)
        access = session.info["access"]
        if isinstance(access, Scope):
            check_store(access, place.store_id, "Tables")
            if access.entity_id != place.entity_id:
                raise TenantError("Tables: not of this legal entity")
        self._session = session
        self._dialect = sql.DIALECTS[session.get_bind().dialect.name]
        self._values: dict[str, Any] = {"entity": place.entity_id, "store": place.store_id}
        self._values |= {name: int(of(limits).total_seconds()) for name, of in LIMITS.items()}

    @property
    def recorded(self) -> frozenset[str]:
        """`kind.column` of everything that the tables say."""
        return frozenset(f"{over}.{name}" for over, kind in ROWS.items() for name in kind.columns) - NOT_KEPT

    def counts(
        self,
        countings: Iterable[Counting],
        *,
        since: int,
        until: int,
        by_listing: bool = True,
        store: str | None = None,
    ) -> Counts:
        """The counts of every day from `since` to before `until`."""
        found: Counts = {}
        for query in sql.queries(countings, self._dialect, since=since, until=until, now=self.now):
            outer, keys = sql.text(query, "{rows}", by_listing=by_listing), query.keys
            for who, listing, day, *numbers in self._run(outer, query.over):
                into = found.setdefault(Place(who, listing, int(day)), {})
                for key, number in zip(keys, numbers, strict=True):
                    if number:
                        into[key] = into.get(key, 0) + number_of(number)
        return {place: kept for place, kept in found.items() if kept}

    def faults(self, store: str | None = None, *, limit: int = 20) -> dict[str, dict[str, tuple[int, list[str]]]]:
        """Kind of row → fault → how many rows have it, and the ids of some."""
        found: dict[str, dict[str, tuple[int, list[str]]]] = {}
        for over, kind in ROWS.items():
            if not kind.faults:
                continue
            named = f"SELECT id, {sql.fault_name_sql(over, self.now)} AS fault FROM ({{rows}}) AS looked_at"
            numbered = (
                "SELECT id, fault, COUNT(*) OVER (PARTITION BY fault) AS n, "
                "ROW_NUMBER() OVER (PARTITION BY fault ORDER BY id) AS at "
                f"FROM ({named}) AS named WHERE fault IS NOT NULL"
            )
            rows = self._run(f"SELECT id, fault, n FROM ({numbered}) AS numbered WHERE at <= {limit} ORDER BY at", over)
            for row_id, fault, number in rows:
                ids = found.setdefault(over, {}).setdefault(fault, (int(number), []))[1]
                ids.append(row_id)
        return found

    def evidence(
        self,
        counting: Counting,
        *,
        since: int,
        until: int,
        store: str | None = None,
        after: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """The rows behind an indicator, newest first, each with the counts that it is in (see evidence.py)."""
        outer, names = evidence_sql(
            counting, "{rows}", self._dialect, since=since, until=until, now=self.now, after=after, limit=limit
        )
        return [dict(zip(names, values, strict=True)) for values in self._run(outer, counting.over)]

    def select(self, over: str, condition: str, *, store: str | None = None, limit: int = 500) -> list[Row]:
        """Rows of a kind that hold a condition over its columns, by id."""
        names = list(ROWS[over].columns)
        shown = ", ".join(sql.column(name) for name in names)
        outer = f"SELECT {shown} FROM ({{rows}}) AS looked_at WHERE {condition} ORDER BY id LIMIT {limit}"
        return [row_of(over, dict(zip(names, values, strict=True))) for values in self._run(outer, over)]

    def categories(self, store: str | None = None) -> dict[str, str]:
        """Product → the category it is listed in, by the ids of the platform."""
        chosen = select(Product.platform_id, Product.category_id).where(
            Product.entity_id == self._values["entity"], Product.store_id == self._values["store"],
            Product.platform_id.is_not(None), Product.category_id.is_not(None),
        )  # fmt: skip
        return {str(listing): str(category) for listing, category in self._session.execute(chosen)}

    def _run(self, outer: str, over: str) -> Sequence[Any]:
        """Run a text around the rows of a kind, which stand in it as {rows}."""
        head, _, tail = outer.partition("{rows}")
        rows = rows_sql(over, self._dialect.name)
        whole = text(head.replace(":", "\\:") + rows + tail.replace(":", "\\:"))
        with _trusted(self._session):
            return self._session.execute(whole, {n: v for n, v in self._values.items() if f":{n}" in rows}).all()


@contextmanager
def _trusted(session: Session) -> Iterator[None]:
    session.info["trusted"] = True
    try:
        yield
    finally:
        session.info["trusted"] = False
