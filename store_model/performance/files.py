"""Orders, disputes, shipments, evaluations and messages in files, counted by DuckDB where they lie.

A folder holds `orders*`, `disputes*`, `shipments*`, `evaluations*`, `messages*` and `traffic*` files, each as .parquet,
.csv or .jsonl (several of a kind are one). Names of columns are those of the HTTP API; a few common others are known.
Times without a zone are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from engine.errors import IntakeError
from engine.scoring import sql
from engine.scoring.bound import Counting
from engine.scoring.counting import Counts, Number, Place
from engine.scoring.sources import DAY, MOMENT, NUMBER, ROWS, Row
from store_model.deadlines import Limits
from store_model.performance.evidence import evidence_sql, faulty_columns, number_of, row_of

SUFFIXES = {".parquet": "read_parquet", ".csv": "read_csv", ".jsonl": "read_json", ".ndjson": "read_json"}
KINDS = ("orders", "disputes", "shipments", "evaluations", "messages", "traffic")
WITHDRAWN = "canceled_issue"
ALONE = "1"
"""The store of rows that name none."""

NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "orders": {
        "id": ("order_id", "id", "platform_id", "订单号"), "store": ("store_id", "store"),
        "listing": ("listing_id", "product_id", "product_platform_id", "商品ID"),
        "buyer": ("buyer", "buyer_id"), "state": ("state", "status", "order_status"), "end_reason": ("end_reason",),
        "currency": ("currency", "currency_code"), "amount": ("amount", "pay_amount"),
        "country": ("buyer_country", "country"), "carrier": ("carrier",), "category": ("category_id", "category"),
        "placed": ("placed_at", "gmt_create", "下单时间"), "paid": ("paid_at", "gmt_pay_time"), "due": ("ship_by",),
        "sent": ("sent_at", "gmt_send_goods_time"), "finished": ("finished_at",), "handling": ("handling_days",),
    },
    "disputes": {
        "id": ("dispute_id", "id", "platform_id", "issue_id"), "store": ("store_id", "store"),
        "order": ("order_id", "order_platform_id", "parent_order_id"),
        "listing": ("listing_id", "product_id", "product_platform_id"), "kind": ("reason", "kind", "issue_reason"),
        "state": ("state", "status", "issue_status"), "liable": ("liable", "liability"),
        "opened": ("opened_at", "gmt_create"), "answer_due": ("answer_by", "timeout_at"), "answered": ("answered_at",),
    },
    "shipments": {
        "id": ("tracking_number", "shipment_id", "id"), "store": ("store_id", "store"),
        "order": ("order_id", "order_platform_id"), "listing": ("listing_id", "product_id"), "carrier": ("carrier",),
        "received": ("received_state",), "declared": ("declared_at",), "scan_due": ("scan_by",),
        "scanned": ("scanned_at",),
    },
    "evaluations": {
        "id": ("evaluation_id", "id", "platform_id"), "store": ("store_id", "store"),
        "order": ("order_id", "order_platform_id"), "listing": ("listing_id", "product_id", "product_platform_id"),
        "buyer": ("buyer", "buyer_id"), "carrier": ("carrier",), "stars": ("stars", "buyer_evaluation"),
        "description": ("description",), "communication": ("communication",), "delivery": ("delivery",),
        "given": ("given_at", "buyer_fb_date"), "finished": ("finished_at",), "amount": ("order_amount", "amount"),
        "currency": ("order_currency", "currency"), "dispute": ("dispute_kind",),
    },
    "messages": {
        "id": ("message_id", "id"), "store": ("store_id", "store"), "conversation": ("conversation_id", "conversation"),
        "listing": ("listing_id", "product_id"), "buyer": ("buyer", "buyer_id"), "asked": ("asked_at",),
        "answered": ("answered_at",), "party": ("from_party",), "at": ("at", "sent_at"),
    },
    "traffic": {
        "id": ("id",), "store": ("store_id", "store"), "listing": ("listing_id", "product_id"),
        "date": ("day", "date", "统计日期"),
        **{name: (name,) for name, kind in ROWS["traffic"].columns.items() if kind == NUMBER},
    },
}  # fmt: skip
MOMENTS = {"placed", "paid", "due", "sent", "finished", "opened", "answer_due", "answered", "declared", "scan_due",
           "scanned", "given", "asked", "at"}  # fmt: skip
NUMBERS = {"amount", "handling", "stars", "description", "communication", "delivery", *(
    name for name, kind in ROWS["traffic"].columns.items() if kind == NUMBER)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Files:
    """The files of each kind."""

    paths: Mapping[str, tuple[Path, ...]]


def find(path: Path) -> Files:
    """The files of a folder, or one file of orders. IntakeError when there are no orders."""
    if not path.exists():
        raise IntakeError(f"there is no {path}", f"找不到 {path}", where=str(path))
    found: dict[str, tuple[Path, ...]] = {}
    if path.is_file():
        kind = next((kind for kind in KINDS if path.name.startswith(kind)), "orders")
        found[kind] = (path,)
    else:
        for kind in KINDS:
            files = [file for file in sorted(path.iterdir()) if file.suffix in SUFFIXES]
            mine = tuple(file for file in files if re.match(rf"{kind}(?![a-z])", file.name))
            if mine:
                found[kind] = mine
    if not found:
        raise IntakeError(
            f"no orders were found; name them {path}/orders.parquet, .csv or .jsonl",
            f"未找到订单文件；请命名为 {path}/orders.parquet、.csv 或 .jsonl",
            where=str(path),
        )
    for kind, files in found.items():
        unknown = next((file for file in files if file.suffix not in SUFFIXES), None)
        if unknown is not None:
            known = ", ".join(SUFFIXES)
            raise IntakeError(
                f"{kind} cannot be read from a {unknown.suffix} file; known are {known}",
                f"无法从 {unknown.suffix} 文件读取；支持 {known}",
                where=str(unknown),
            )
    return Files(found)


class Store:
    """Rows in files, ready to be counted. `now`: when they are read, in seconds; close it when done."""

    def __init__(
        self,
        files: Files,
        limits: Limits,
        *,
        now: int,
        threads: int = 2,
        memory: str = "2GB",
        folder: str | None = None,
    ) -> None:
        self.now = now
        self.files = files
        self._limits = limits
        self.connection = duckdb.connect()
        settings = {"threads": str(threads), "memory_limit": f"'{memory}'", "TimeZone": "'UTC'"}
        settings["preserve_insertion_order"] = "false"
        if folder is not None:
            settings["temp_directory"] = sql.literal(folder)
        for name, value in settings.items():
            self.connection.execute(f"SET {name} = {value}")
        self.columns = {kind: self.open(f"raw_{kind}", kind, paths) for kind, paths in files.paths.items()}

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()

    @contextmanager
    def attached(self, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection, with a DuckDB file at hand as `kept`."""
        self.connection.execute(f"ATTACH {sql.literal(str(path))} AS kept")
        try:
            yield self.connection
        finally:
            self.connection.execute("DETACH kept")

    def open(self, view: str, kind: str, paths: Sequence[Path]) -> dict[str, str]:
        """Make a view of a kind; column of ours → expression over the file's."""
        by_suffix: dict[str, list[str]] = {}
        for path in paths:
            by_suffix.setdefault(SUFFIXES[path.suffix], []).append(sql.literal(str(path)))
        parts = [
            f"SELECT * FROM {reader}([{', '.join(names)}], union_by_name = true)" for reader, names in by_suffix.items()
        ]
        try:
            self.connection.execute(f"CREATE VIEW {view} AS {' UNION ALL BY NAME '.join(parts)}")
            described = self.connection.execute(f"DESCRIBE {view}").fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise IntakeError(
                f"the {kind} cannot be read: {reason}", f"无法读取 {kind}：{reason}", where=str(paths[0])
            ) from None
        types = {str(row[0]): str(row[1]) for row in described}
        lower = {name.lower(): name for name in types}
        found: dict[str, str] = {}
        for name, accepted in NAMES[kind].items():
            given = next((lower[word.lower()] for word in accepted if word.lower() in lower), None)
            if given is not None:
                found[name] = _typed(name, f'"{given}"', types[given])
        if "id" not in found and kind != "traffic":
            known = ", ".join(NAMES[kind]["id"])
            raise IntakeError(
                f"the {kind} name no row; one of the columns {known} is needed",
                f"{kind} 缺少标识列；需要 {known} 之一",
                where=str(paths[0]),
            )
        return found

    @property
    def recorded(self) -> frozenset[str]:
        """`kind.column` of everything that the files say."""
        found = {f"{kind}.{name}" for kind, columns in self.columns.items() for name in columns}
        if "orders" in self.columns:
            found |= {"orders.due", "orders.assessed"} if "orders.paid" in found else {"orders.assessed"}
        if "disputes" in self.columns:
            found |= {"orders.disputes", "orders.disputed"}
            found |= {"orders.liable"} if "disputes.liable" in found else set()
            found |= {"disputes.answer_due"} if "disputes.opened" in found else set()
        if "shipments" in self.columns:
            found |= {f"parcels.{name}" for name in self.columns["shipments"]} | {"parcels.scan_due", "orders.carrier"}
        if {"messages.party", "messages.at"} <= found or "messages.asked" in found:
            found |= {"messages.asked", "messages.answered", "messages.hours"}
        return frozenset(found)

    def rows(self, over: str, columns: frozenset[str]) -> str:
        """The SELECT of one kind of row with these columns, NULL for what the files do not say."""
        wanted = [name for name in ROWS[over].columns if name in columns]
        source = getattr(self, f"_{over}")(columns) if self._has(over) else None
        if source is None:
            nothing = ", ".join(f"{_null(ROWS[over].columns[name])} AS {sql.column(name)}" for name in wanted)
            return f"SELECT {nothing} WHERE 1 = 0"
        expressions, tables = source
        shown = ", ".join(
            f"{expressions.get(name) or _null(ROWS[over].columns[name])} AS {sql.column(name)}" for name in wanted
        )
        return f"SELECT {shown} FROM {tables}"

    def _has(self, over: str) -> bool:
        return ("shipments" if over == "parcels" else over) in self.columns

    def _base(self, kind: str, alias: str) -> dict[str, str]:
        """Expressions of a kind over its view under an alias."""
        return {name: text.replace("@", f"{alias}.") for name, text in self.columns[kind].items()}

    def _orders(self, columns: frozenset[str]) -> tuple[dict[str, str], str]:
        own = self._base("orders", "o")
        limits, tables = self._limits, "raw_orders o"
        own.setdefault("store", sql.literal(ALONE))
        if "due" not in own and "paid" in own:
            days = f"COALESCE({own.get('handling', 'NULL')}, {limits.handling_default.days})"
            own["due"] = (
                f"({own['paid']} + {int(limits.risk_control.total_seconds())} + CAST({days} AS BIGINT) * 86400)"
            )
        if "disputes" in self.columns and columns & {"disputes", "disputed", "assessed", "liable"}:
            tables += f" LEFT JOIN ({self._standing()}) d ON d.store = {own['store']} AND d.ord = {own['id']}"
            own |= {"disputes": "d.kinds", "disputed": "d.opened", "liable": "d.liable"}
        if "carrier" not in own and "shipments" in self.columns and "carrier" in columns:
            tables += f" LEFT JOIN ({self._carriers()}) s ON s.store = {own['store']} AND s.ord = {own['id']}"
            own["carrier"] = "s.carrier"
        outcomes = [own[name] for name in ("disputed", "finished") if name in own]
        if outcomes:
            own["assessed"] = f"LEAST({', '.join(outcomes)})" if len(outcomes) > 1 else outcomes[0]
        return own, tables

    def _standing(self) -> str:
        """The disputes of each order that were not withdrawn."""
        own = self._base("disputes", "x")
        kind, opened = own.get("kind", "'other'"), own.get("opened", "NULL")
        liable = (
            f"string_agg(DISTINCT CASE WHEN {own['liable']} = 'seller' THEN {kind} END, '|')"
            if "liable" in own
            else "NULL"
        )
        state = f" WHERE COALESCE({own['state']}, '') <> '{WITHDRAWN}'" if "state" in own else ""
        return (
            f"SELECT {own.get('store', sql.literal(ALONE))} AS store, {own['order']} AS ord, "
            f"'|' || string_agg(DISTINCT {kind}, '|') || '|' AS kinds, MIN({opened}) AS opened, "
            f"'|' || {liable} || '|' AS liable FROM raw_disputes x{state} GROUP BY 1, 2"
        )

    def _carriers(self) -> str:
        own = self._base("shipments", "y")
        store = own.get("store", sql.literal(ALONE))
        carrier = f"MIN({own.get('carrier', 'NULL')})"
        return (
            f"SELECT {store} AS store, {own['order']} AS ord, {carrier} AS carrier FROM raw_shipments y GROUP BY 1, 2"
        )

    def _parcels(self, columns: frozenset[str]) -> tuple[dict[str, str], str]:
        own = self._base("shipments", "p")
        own.setdefault("store", sql.literal(ALONE))
        if "scan_due" not in own and "declared" in own:
            own["scan_due"] = f"({own['declared']} + {int(self._limits.scan.total_seconds())})"
        return own, "raw_shipments p"

    def _disputes(self, columns: frozenset[str]) -> tuple[dict[str, str], str]:
        own = self._base("disputes", "d")
        own.setdefault("store", sql.literal(ALONE))
        if "answer_due" not in own and "opened" in own:
            own["answer_due"] = f"({own['opened']} + {int(self._limits.dispute_answer.total_seconds())})"
        return own, "raw_disputes d"

    def _evaluations(self, columns: frozenset[str]) -> tuple[dict[str, str], str]:
        own = self._base("evaluations", "e")
        own.setdefault("store", sql.literal(ALONE))
        return own, "raw_evaluations e"

    def _messages(self, columns: frozenset[str]) -> tuple[dict[str, str], str]:
        own = self._base("messages", "m")
        own.setdefault("store", sql.literal(ALONE))
        if "asked" in own:
            own["hours"] = f"(({own.get('answered', 'NULL')} - {own['asked']}) // 3600)"
            return own, "raw_messages m"
        if not {"conversation", "party", "at"} <= set(own):
            return {name: _null(kind) for name, kind in ROWS["messages"].columns.items()}, "raw_messages m"
        over = "PARTITION BY store, conversation ORDER BY at, id"
        listing, buyer = own.get("listing", "CAST(NULL AS VARCHAR)"), own.get("buyer", "CAST(NULL AS VARCHAR)")
        inner = (
            f"SELECT {own['store']} AS store, {own['id']} AS id, {own['conversation']} AS conversation, "
            f"{listing} AS listing, {buyer} AS buyer, {own['party']} AS party, {own['at']} AS at FROM raw_messages m"
        )
        turns = (
            f"SELECT *, LAG(party) OVER ({over}) AS before, MIN(CASE WHEN party = 'seller' THEN at END) OVER "
            f"({over} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS answered FROM ({inner})"
        )
        names = ("id", "store", "listing", "conversation", "buyer", "answered")
        found = {name: f"t.{name}" for name in names} | {"asked": "t.at", "hours": "((t.answered - t.at) // 3600)"}
        return found, f"(SELECT * FROM ({turns}) WHERE party = 'buyer' AND COALESCE(before, 'seller') = 'seller') t"

    def _traffic(self, columns: frozenset[str]) -> tuple[dict[str, str], str]:
        own = self._base("traffic", "w")
        own.setdefault("store", sql.literal(ALONE))
        own.setdefault("id", f"CAST({own['date']} AS VARCHAR)")
        whole = f" WHERE COALESCE({own['listing']}, '') = ''" if "listing" in own else ""
        own["listing"] = "CAST(NULL AS VARCHAR)"
        return own, f"(SELECT * FROM raw_traffic w{whole}) w" if whole else "raw_traffic w"

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
        for query in sql.queries(countings, sql.DUCKDB, since=since, until=until, now=self.now):
            rows = self._of_store(self.rows(query.over, query.columns), store)
            result = self.connection.execute(sql.text(query, rows, by_listing=by_listing))
            keys = query.keys
            for who, listing, day, *numbers in result.fetchall():
                into = found.setdefault(Place(who, listing, int(day)), {})
                for key, number in zip(keys, numbers, strict=True):
                    if number:
                        into[key] = into.get(key, 0) + number_of(number)
        return {place: kept for place, kept in found.items() if kept}

    def windows(
        self,
        countings: Iterable[Counting],
        *,
        as_of: int,
        lengths: Mapping[str, Sequence[int]],
        by_listing: bool = False,
    ) -> dict[tuple[str, str | None], dict[int, dict[str, Number]]]:
        """(store, listing) → length of window → key → number, for all stores at once. `lengths`: rule → its windows."""
        found: dict[tuple[str, str | None], dict[int, dict[str, Number]]] = {}
        named = list(countings)
        longest = max((max(lengths[counting.rule]) for counting in named), default=0)
        for query in sql.queries(named, sql.DUCKDB, since=as_of - longest, until=as_of, now=self.now):
            inner = sql.text(query, self.rows(query.over, query.columns), by_listing=by_listing)
            wanted = [
                (key, index, length)
                for index, key in enumerate(query.keys)
                for length in lengths[re.split(r"[.!]", key)[0]]
            ]
            sums = ", ".join(
                f"SUM(CASE WHEN day >= {as_of - length} THEN c{index} ELSE 0 END)" for _, index, length in wanted
            )
            result = self.connection.execute(f"SELECT store, listing, {sums} FROM ({inner}) AS daily GROUP BY 1, 2")
            while chunk := result.fetchmany(5000):
                for who, listing, *numbers in chunk:
                    into = found.setdefault((who, listing), {})
                    for (key, _, length), number in zip(wanted, numbers, strict=True):
                        if number:
                            into.setdefault(length, {})[key] = number_of(number)
        return found

    def categories(self, store: str | None = None) -> dict[str, str]:
        """Listing → the category under which most of its orders were placed."""
        if not {"category", "listing"} <= set(self.columns.get("orders", {})):
            return {}
        own = self._base("orders", "o")
        whose = own.get("store", sql.literal(ALONE))
        inner = (
            f"SELECT {whose} AS store, {own['listing']} AS listing, {own['category']} AS category, COUNT(*) AS n "
            "FROM raw_orders o GROUP BY 1, 2, 3"
        )
        kept = "" if store is None else f" AND store = {sql.literal(store)}"
        rows = self.connection.execute(
            "SELECT CAST(listing AS VARCHAR), arg_max(CAST(category AS VARCHAR), (n, category)) "
            f"FROM ({inner}) WHERE listing IS NOT NULL AND category IS NOT NULL{kept} GROUP BY 1"
        )
        return dict(rows.fetchall())

    def main_categories(self) -> dict[str, str]:
        """Store → the category in which it sold most."""
        if "category" not in self.columns.get("orders", {}):
            return {}
        own = self._base("orders", "o")
        store = own.get("store", sql.literal(ALONE))
        inner = f"SELECT {store} AS store, {own['category']} AS category, COUNT(*) AS n FROM raw_orders o GROUP BY 1, 2"
        rows = self.connection.execute(
            f"SELECT store, arg_max(category, (n, category)) FROM ({inner}) WHERE category IS NOT NULL GROUP BY 1"
        )
        return dict(rows.fetchall())

    def faults(self, store: str | None = None, *, limit: int = 20) -> dict[str, dict[str, tuple[int, list[str]]]]:
        """Kind of row → fault → how many rows have it, and the ids of some."""
        found: dict[str, dict[str, tuple[int, list[str]]]] = {}
        for over, kind in ROWS.items():
            if not self._has(over) or not kind.faults:
                continue
            columns = frozenset({"id", "store", *(name for fault in kind.faults for name in fault.columns)})
            rows = self._of_store(self.rows(over, columns), store)
            named = f"SELECT id, {sql.fault_name_sql(over, self.now)} AS fault FROM ({rows})"
            some = f"list(id ORDER BY id)[1:{limit}]"
            result = self.connection.execute(
                f"SELECT fault, COUNT(*), {some} FROM ({named}) WHERE fault IS NOT NULL GROUP BY 1"
            )
            for name, number, ids in result.fetchall():
                found.setdefault(over, {})[name] = (int(number), list(ids))
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
        columns = counting.columns | {"id", "store", "listing"} | faulty_columns(counting.over)
        rows = self._of_store(self.rows(counting.over, columns), store)
        statement, names = evidence_sql(
            counting, rows, sql.DUCKDB, since=since, until=until, now=self.now, after=after, limit=limit
        )
        return [dict(zip(names, values, strict=True)) for values in self.connection.execute(statement).fetchall()]

    def select(self, over: str, condition: str, *, store: str | None = None, limit: int = 500) -> list[Row]:
        """Rows of a kind that hold a condition over its columns, by id."""
        columns = frozenset(ROWS[over].columns)
        rows = self._of_store(self.rows(over, columns), store)
        names = [name for name in ROWS[over].columns if name in columns]
        shown = ", ".join(sql.column(name) for name in names)
        found = self.connection.execute(f"SELECT {shown} FROM ({rows}) WHERE {condition} ORDER BY id LIMIT {limit}")
        return [row_of(over, dict(zip(names, values, strict=True))) for values in found.fetchall()]

    def stores(self) -> list[str]:
        """The stores that the files name, in order."""
        kinds = [kind for kind in KINDS if kind in self.columns]
        parts = [
            f"SELECT DISTINCT {self._base(k, 'q').get('store', sql.literal(ALONE))} AS store FROM raw_{k} q"
            for k in kinds
        ]
        rows = self.connection.execute(f"SELECT DISTINCT store FROM ({' UNION ALL '.join(parts)}) ORDER BY 1")
        return [row[0] for row in rows.fetchall()]

    def _of_store(self, rows: str, store: str | None) -> str:
        return rows if store is None else f"SELECT * FROM ({rows}) WHERE store = {sql.literal(store)}"


def _typed(name: str, given: str, type_: str) -> str:
    """The expression of a column of ours over one of the file's; @ stands before the latter."""
    column = f"@{given}"
    if name in MOMENTS:
        if type_.startswith(("TIMESTAMP", "DATE")):
            return f"CAST(floor(epoch({column})) AS BIGINT)"
        if type_ == "VARCHAR":
            return f"CAST(floor(epoch(TRY_CAST({column} AS TIMESTAMP))) AS BIGINT)"
        return f"CAST({column} AS BIGINT)"
    if name == "date":
        return f"date_diff('day', DATE '1970-01-01', CAST({column} AS DATE))"
    if name in NUMBERS:
        return f"TRY_CAST({column} AS DECIMAL(18, 4))"
    return column if type_ == "VARCHAR" else f"CAST({column} AS VARCHAR)"


def _null(kind: str) -> str:
    return "CAST(NULL AS BIGINT)" if kind in (MOMENT, NUMBER, DAY) else "CAST(NULL AS VARCHAR)"
