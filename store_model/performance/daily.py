"""Counts of each store and day, kept in a DuckDB file and brought up to date by what changed alone.

Counts add up and can be taken away, so an update appends the counts of the changed rows as they are now, and those of
the same rows as they were, negative. What is read is the sum: the same as counting all rows anew, and a property test
holds that. Rows that others depend on change with them: an order with its disputes and parcels, and of evaluations all
of one buyer, because only the first of a period counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from engine.scoring import sql
from engine.scoring.bound import Counting
from engine.scoring.counting import Number
from store_model.deadlines import Limits
from store_model.performance.evidence import number_of
from store_model.performance.files import ALONE, Files, Store

GROUPS: Mapping[str, tuple[str, str]] = {
    "orders": ("orders", "id"),
    "disputes": ("orders", "order"),
    "shipments": ("orders", "order"),
    "evaluations": ("evaluations", "buyer"),
    "messages": ("messages", "conversation"),
    "traffic": ("traffic", "date"),
}
"""Kind of file → the group in which its rows change together, and the column that names it."""


class Daily:
    """The counts in a file. The countings and the days must be the same in every call, and so must `now`: a row with a
    later moment is bad data until the counts are built anew."""

    def __init__(self, path: Path, countings: Iterable[Counting], *, since: int, until: int, now: int) -> None:
        self._path, self._since, self._until, self._now = path, since, until, now
        self._countings = sorted(countings, key=lambda counting: counting.rule)

    def build(self, store: Store) -> None:
        """Count everything anew."""
        self._path.unlink(missing_ok=True)
        self._write(store, "CREATE TABLE kept.q{index} AS SELECT store, listing, day, {columns} FROM ({text})", "")

    def append(self, store: Store, sign: str) -> None:
        """Add the counts of a store's rows, or with the sign - take them away."""
        self._write(store, "INSERT INTO kept.q{index} SELECT store, listing, day, {columns} FROM ({text})", sign)

    def windows(
        self, store: Store, *, as_of: int, lengths: Mapping[str, Sequence[int]]
    ) -> dict[str, dict[int, dict[str, Number]]]:
        """Store → length of window → key → number."""
        found: dict[str, dict[int, dict[str, Number]]] = {}
        with store.attached(self._path) as connection:
            for index, query in enumerate(self._queries()):
                wanted = [
                    (key, place, length)
                    for place, key in enumerate(query.keys)
                    for length in lengths[re.split(r"[.!]", key)[0]]
                ]
                sums = ", ".join(
                    f"SUM(CASE WHEN day >= {as_of - length} AND day < {as_of} THEN c{place} ELSE 0 END)"
                    for _, place, length in wanted
                )
                rows = connection.execute(f"SELECT store, {sums} FROM kept.q{index} GROUP BY 1")
                for who, *numbers in rows.fetchall():
                    into = found.setdefault(who, {})
                    for (key, _, length), number in zip(wanted, numbers, strict=True):
                        if number:
                            into.setdefault(length, {})[key] = number_of(number)
        return {who: windows for who, windows in found.items() if windows}

    def _queries(self) -> list[sql.Query]:
        return list(sql.queries(self._countings, sql.DUCKDB, since=self._since, until=self._until, now=self._now))

    def _write(self, store: Store, statement: str, sign: str) -> None:
        with store.attached(self._path) as connection:
            for index, query in enumerate(self._queries()):
                columns = ", ".join(f"{sign}c{place} AS c{place}" for place in range(len(query.keys)))
                text = sql.text(query, store.rows(query.over, query.columns), by_listing=False)
                connection.execute(statement.format(index=index, columns=columns, text=text))


class Change:
    """New versions of rows beside the files that hold the old ones. `apply` brings daily counts up to date.

    `news` are files of whole rows, which replace those of the same store and id and add the others.
    """

    def __init__(self, old: Files, news: Files, limits: Limits, *, now: int, memory: str = "1GB") -> None:
        self.store = Store(old, limits, now=now, memory=memory)
        self._connection = self.store.connection
        self._old = {kind: dict(columns) for kind, columns in self.store.columns.items()}
        self._new = {kind: self.store.open(f"new_{kind}", kind, paths) for kind, paths in news.paths.items()}
        for kind in self._old:
            self._connection.execute(f"ALTER VIEW raw_{kind} RENAME TO old_{kind}")
        self._touch()

    def apply(self, daily: Daily) -> None:
        """Take away what the touched rows counted, and add what they count now."""
        for kind in self._old:
            self._view(kind, f"SELECT a.* FROM old_{kind} a {self._touching(kind, self._old)}")
        daily.append(self.store, "-")
        for kind in {**self._old, **self._new}:
            parts = []
            if kind in self._old:
                gone = self._replaced(kind)
                parts.append(f"SELECT a.* FROM old_{kind} a {self._touching(kind, self._old)} {gone}")
            if kind in self._new:
                parts.append(f"SELECT * FROM new_{kind}")
                self.store.columns.setdefault(kind, self._new[kind])
            self._view(kind, " UNION ALL BY NAME ".join(parts))
        daily.append(self.store, "")

    def _view(self, kind: str, query: str) -> None:
        self._connection.execute(f"CREATE OR REPLACE VIEW raw_{kind} AS {query}")

    def _touch(self) -> None:
        """The orders, buyers, conversations and days that new versions of rows touch, as they were and as they are."""
        groups: dict[str, list[str]] = {"orders": [], "evaluations": [], "messages": [], "traffic": []}
        for kind, columns in self._new.items():
            group, name = GROUPS[kind]
            groups[group].append(self._names(kind, f"new_{kind}", columns, name))
            if kind in self._old:
                before = self._names(kind, f"old_{kind}", self._old[kind], name)
                groups[group].append(f"{before} {self._same(kind)}")
        for group, parts in groups.items():
            query = " UNION ".join(parts) or "SELECT '' AS store, '' AS name WHERE 1 = 0"
            self._connection.execute(f"CREATE TEMP TABLE touched_{group} AS {query}")

    def _names(self, kind: str, view: str, columns: Mapping[str, str], name: str) -> str:
        own = _of(columns)
        return f"SELECT {own('store')} AS store, CAST({own(name)} AS VARCHAR) AS name FROM {view} a"

    def _touching(self, kind: str, all_columns: Mapping[str, Mapping[str, str]]) -> str:
        group, name = GROUPS[kind]
        own = _of(all_columns[kind])
        on = f"t.store = {own('store')} AND t.name = CAST({own(name)} AS VARCHAR)"
        return f"SEMI JOIN touched_{group} t ON {on}"

    def _same(self, kind: str, join: str = "SEMI") -> str:
        """Old rows whose store and id a new version has."""
        old, new = _of(self._old[kind]), _of(self._new[kind])
        key = "id" if "id" in self._new[kind] else "date"
        names = f"SELECT {new('store')} AS store, {new(key)} AS name FROM new_{kind} a"
        return f"{join} JOIN ({names}) n ON n.store = {old('store')} AND n.name = {old(key)}"

    def _replaced(self, kind: str) -> str:
        return self._same(kind, "ANTI") if kind in self._new else ""


def _of(columns: Mapping[str, str]) -> Callable[[str], str]:
    def expression(name: str) -> str:
        return columns.get(name, sql.literal(ALONE) if name == "store" else "NULL").replace("@", "a.")

    return expression
