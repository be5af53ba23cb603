"""Many findings and recorded pre-checks at once: COPY on PostgreSQL, executemany on SQLite, inside a scoped session.

PostgreSQL refuses COPY into a table with row-level security, so rows are copied into a temporary table and inserted
from there, where the policies see each of them. Tenant and store are taken from the session, never from a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from store_model import waivers
from store_model.accounts import Store
from store_model.batches import as_array, column_rows
from store_model.finding_life import KNOWN_COLUMNS, Known, tell, turns_of
from store_model.tenancy import Scope, TenantError, check_store


class FindingRow(NamedTuple):
    """One finding as it is loaded; `message` and `detail` are JSON text. `product_id` None: of no stored product.

    `points`: at risk, as a decimal's text. `life` is worked out when it is loaded.
    """

    fingerprint: str
    rule: str
    revision: int
    code: str
    severity: str
    mode: str
    subject: str
    listing_id: str | None
    product_id: int | None
    message: str
    detail: str
    places: int = 1
    points: str = "0"
    life: str = "new"


class PrecheckRow(NamedTuple):
    """One recorded pre-check as it is loaded; `findings` is JSON text."""

    id: str
    listing_id: str | None
    listing_digest: str
    verdict: str
    pack: str
    pack_version: str
    pack_digest: str
    as_of: date
    checked_at: datetime
    caller: str
    findings: str


FINDING_COLUMNS = ", ".join(FindingRow._fields)
PRECHECK_COLUMNS = ", ".join(PrecheckRow._fields)
_UPSERT = (
    "ON CONFLICT (entity_id, store_id, fingerprint) DO UPDATE SET rule = excluded.rule, revision = excluded.revision, "
    "code = excluded.code, severity = excluded.severity, mode = excluded.mode, state = 'open', "
    "listing_id = excluded.listing_id, product_id = excluded.product_id, message = excluded.message, "
    "detail = excluded.detail, last_seen = excluded.last_seen, life = excluded.life, places = excluded.places, "
    "points = excluded.points, fixed_at = NULL, "
    "opened_at = CASE WHEN excluded.life = 'reopened' THEN excluded.last_seen ELSE finding.opened_at END"
)
SMALL = 500
"""Rows that travel as arrays in one statement; more go by COPY."""


def load_findings(
    session: Session,
    store_id: int,
    rows: Iterable[FindingRow],
    *,
    checked: Iterable[int] = (),
    now: datetime,
    cause: str = "check",
    spared: Mapping[int, Collection[str]] | None = None,
) -> int:
    """Take in the findings of a check; how many there were, each fingerprint once.

    `checked` are products whose check is whole: open findings of theirs that are not among the rows become fixed. What
    is new, worse, back or gone is told and kept in each finding's history with its `cause`; waivers come last.
    `spared`: product → rules that could not be decided on it: what they found before is not gone for that.
    """
    unique = {row.fingerprint: row for row in rows}
    whole = sorted(set(checked))
    if not unique and not whole:
        return 0
    writer = _writer(session, store_id)
    session.flush()
    writer.lock()
    known = {one.fingerprint: one for one in writer.known(sorted(unique), whole)}
    turns = turns_of(unique, known, frozenset(whole), spared or {})
    # two writers take their locks in one order
    ordered = [unique[key]._replace(life=turns[key]) for key in sorted(unique)]
    products = sorted({row.product_id for row in ordered if row.product_id is not None} | set(whole))
    if ordered:
        writer.upsert_findings(ordered, now)
    if gone := sorted(key for key, turn in turns.items() if turn == "fixed"):
        writer.fix(gone, now)
    changed = {key: turn for key, turn in turns.items() if turn != "unchanged"}
    if changed:
        tell(session, store_id, changed, unique, known, now=now, cause=cause)
    if any(turn in ("new", "reopened", "worsened") for turn in changed.values()):
        waivers.apply(session, store_id, sorted(changed), now=now)
    if products:
        writer.count(products)
    return len(ordered)


def load_prechecks(session: Session, store_id: int, rows: Sequence[PrecheckRow]) -> None:
    """Append recorded pre-checks."""
    if rows:
        _writer(session, store_id).append_prechecks(rows)


def product_ids(session: Session, store_id: int, listing_ids: Iterable[str]) -> dict[str, int]:
    """Platform id → our id, of the products of a store."""
    wanted = sorted(set(listing_ids))
    return _writer(session, store_id).product_ids(wanted) if wanted else {}


def _writer(session: Session, store_id: int) -> _Postgres | _Sqlite:
    scope = session.info["access"]
    if not isinstance(scope, Scope):
        raise TenantError("findings are loaded in database.scoped(…) alone")
    check_store(scope, store_id, "finding")
    return _made(session, scope.entity_id, store_id)


def _made(session: Session, entity_id: int, store_id: int) -> _Postgres | _Sqlite:
    connection = session.connection()
    raw: Any = connection.connection.driver_connection
    kind = _Postgres if connection.dialect.name == "postgresql" else _Sqlite
    return kind(raw, entity_id, store_id)


def count_products(session: Session, store_id: int, products: Sequence[int]) -> None:
    """Count the open findings of some products anew; in a session across tenants too."""
    if not products:
        return
    session.flush()
    scope = session.info["access"]
    entity_id = getattr(scope, "entity_id", None)
    if entity_id is None:
        entity_id = session.scalars(select(Store.entity_id).where(Store.id == store_id)).one()
    _made(session, entity_id, store_id).count(sorted(set(products)))


class _Postgres:
    def __init__(self, raw: Any, entity_id: int, store_id: int) -> None:
        self.raw, self.entity_id, self.store_id = raw, entity_id, store_id
        self.tenant = {"entity": entity_id, "store": store_id}

    def upsert_findings(self, rows: Sequence[FindingRow], now: datetime) -> None:
        kinds = "text, text, int, text, text, text, text, text, bigint, json, json, int, numeric, text"
        source, given = self._source("incoming_finding", FindingRow._fields, kinds, rows)
        self.raw.execute(
            f"INSERT INTO finding (entity_id, store_id, state, first_seen, last_seen, opened_at, {FINDING_COLUMNS}) "
            "SELECT %(entity)s, %(store)s, 'open', %(now)s, %(now)s, %(now)s, fingerprint, rule, revision, code, "
            "severity, mode, subject, listing_id, product_id, message, detail, places, points, life "
            f"FROM {source} {_UPSERT}",
            {**self.tenant, "now": now, **given},
        )

    def append_prechecks(self, rows: Sequence[PrecheckRow]) -> None:
        kinds = "text, text, text, text, text, text, text, date, timestamptz, text, json"
        source, given = self._source("incoming_precheck", PrecheckRow._fields, kinds, rows)
        self.raw.execute(
            f"INSERT INTO precheck (entity_id, store_id, {PRECHECK_COLUMNS}) "
            f"SELECT %(entity)s, %(store)s, {PRECHECK_COLUMNS} FROM {source}",
            {**self.tenant, **given},
        )

    def product_ids(self, wanted: Sequence[str]) -> dict[str, int]:
        found = self.raw.execute(
            "SELECT platform_id, id FROM product WHERE entity_id = %s AND store_id = %s AND platform_id = ANY(%s)",
            (self.entity_id, self.store_id, list(wanted)),
        )
        return dict(found.fetchall())

    def lock(self) -> None:
        """One writer of a store's findings at a time, so that each turn is told once."""
        self.raw.execute("SELECT pg_advisory_xact_lock(1179207236, %s)", (self.store_id % 2**31,))

    def known(self, fingerprints: Sequence[str], products: Sequence[int]) -> list[Known]:
        found = self.raw.execute(
            f"SELECT {KNOWN_COLUMNS} FROM finding WHERE entity_id = %(entity)s AND store_id = %(store)s AND "
            "(fingerprint = ANY(%(prints)s) OR (product_id = ANY(%(ids)s) AND state = 'open'))",
            {**self.tenant, "prints": list(fingerprints), "ids": list(products)},
        )
        return [Known(*row) for row in found.fetchall()]

    def fix(self, fingerprints: Sequence[str], now: datetime) -> None:
        self.raw.execute(
            "UPDATE finding SET state = 'fixed', life = 'fixed', fixed_at = %(now)s "
            "WHERE entity_id = %(entity)s AND store_id = %(store)s AND fingerprint = ANY(%(gone)s)",
            {**self.tenant, "gone": list(fingerprints), "now": now},
        )

    def count(self, products: Sequence[int]) -> None:
        self.raw.execute(
            "UPDATE product SET open_findings = n.open, blocking_findings = n.blocking "
            "FROM unnest(%(ids)s::bigint[]) AS i(id) CROSS JOIN LATERAL (SELECT count(*) AS open, "
            "count(*) FILTER (WHERE f.mode = 'block') AS blocking FROM finding f WHERE f.entity_id = %(entity)s "
            "AND f.product_id = i.id AND f.state = 'open' AND f.waiver_id IS NULL) AS n "
            "WHERE product.id = i.id AND product.entity_id = %(entity)s AND product.store_id = %(store)s "
            "AND (product.open_findings <> n.open OR product.blocking_findings <> n.blocking)",
            {**self.tenant, "ids": list(products)},
        )

    def _source(self, table: str, names: Sequence[str], kinds: str, rows: Sequence[Any]) -> tuple[str, dict[str, Any]]:
        """What to select the rows from: arrays that travel with the statement, or a table they were copied into."""
        each = list(zip(names, kinds.split(", "), strict=True))
        if len(rows) <= SMALL:
            sources = ", ".join(column_rows(f"%(c{number})s", kind) for number, (_, kind) in enumerate(each))
            columns = zip(kinds.split(", "), zip(*rows, strict=True), strict=True)
            given = {f"c{n}": as_array(kind, values) for n, (kind, values) in enumerate(columns)}
            return f"ROWS FROM ({sources}) AS incoming({', '.join(names)})", given
        columns_of = ", ".join(f"{name} {kind}" for name, kind in each)
        self.raw.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({columns_of}) ON COMMIT DELETE ROWS")
        self.raw.execute(f"TRUNCATE {table}")
        with self.raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write("".join(["\t".join(map(_field, row)) + "\n" for row in rows]))
        return table, {}


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: Any) -> str:
    """A value in COPY's text form."""
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)


class _Sqlite:
    def __init__(self, raw: Any, entity_id: int, store_id: int) -> None:
        self.raw, self.entity_id, self.store_id = raw, entity_id, store_id

    def upsert_findings(self, rows: Sequence[FindingRow], now: datetime) -> None:
        moment = _moment(now)
        head = (self.entity_id, self.store_id, "open", moment, moment, moment)
        self.raw.executemany(
            f"INSERT INTO finding (entity_id, store_id, state, first_seen, last_seen, opened_at, {FINDING_COLUMNS}) "
            f"VALUES ({_marks(6 + len(FindingRow._fields))}) {_UPSERT}",
            [head + row for row in rows],
        )

    def append_prechecks(self, rows: Sequence[PrecheckRow]) -> None:
        self.raw.executemany(
            f"INSERT INTO precheck (entity_id, store_id, {PRECHECK_COLUMNS}) "
            f"VALUES ({_marks(2 + len(PrecheckRow._fields))})",
            [(self.entity_id, self.store_id, *map(_plain, row)) for row in rows],
        )

    def product_ids(self, wanted: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for part in _parts(wanted):
            rows = self.raw.execute(
                "SELECT platform_id, id FROM product WHERE entity_id = ? AND store_id = ? "
                f"AND platform_id IN ({_marks(len(part))})",
                (self.entity_id, self.store_id, *part),
            )
            found.update(rows.fetchall())
        return found

    def lock(self) -> None:
        """SQLite has one writer at a time."""

    def known(self, fingerprints: Sequence[str], products: Sequence[int]) -> list[Known]:
        tenant = (self.entity_id, self.store_id)
        found: dict[str, Known] = {}
        for column, values, more in (("fingerprint", fingerprints, ""), ("product_id", products, "AND state = 'open'")):
            for part in _parts(values):
                rows = self.raw.execute(
                    f"SELECT {KNOWN_COLUMNS} FROM finding WHERE entity_id = ? AND store_id = ? "
                    f"AND {column} IN ({_marks(len(part))}) {more}",
                    (*tenant, *part),
                )
                found.update((row[1], Known(*row)) for row in rows.fetchall())
        return list(found.values())

    def fix(self, fingerprints: Sequence[str], now: datetime) -> None:
        for part in _parts(fingerprints):
            self.raw.execute(
                "UPDATE finding SET state = 'fixed', life = 'fixed', fixed_at = ? "
                f"WHERE entity_id = ? AND store_id = ? AND fingerprint IN ({_marks(len(part))})",
                (_moment(now), self.entity_id, self.store_id, *part),
            )

    def count(self, products: Sequence[int]) -> None:
        self._each(
            products,
            "UPDATE product SET open_findings = n.open, blocking_findings = n.blocking FROM ("
            "SELECT p.id, count(f.id) AS open, coalesce(sum(f.mode = 'block'), 0) AS blocking FROM product p "
            "LEFT JOIN finding f ON f.entity_id = p.entity_id AND f.product_id = p.id AND f.state = 'open' "
            "AND f.waiver_id IS NULL "
            "WHERE p.entity_id = :entity AND p.store_id = :store AND p.id IN ({}) GROUP BY p.id) AS n "
            "WHERE product.id = n.id AND product.entity_id = :entity "
            "AND (product.open_findings <> n.open OR product.blocking_findings <> n.blocking)",
        )

    def _each(self, ids: Sequence[int], statement: str) -> None:
        """A statement for all of these ids, some hundred at a time."""
        for part in _parts(ids):
            sql = statement.format(", ".join(str(int(one)) for one in part))
            self.raw.execute(sql, {"entity": self.entity_id, "store": self.store_id})


def _parts(values: Sequence[Any], size: int = 500) -> Iterable[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _marks(number: int) -> str:
    return ", ".join("?" * number)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, date) else value


def _moment(value: datetime) -> str:
    """A time as SQLAlchemy stores it in SQLite: UTC, without a zone."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
