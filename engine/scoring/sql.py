"""Countings as SQL: one query counts every indicator of a kind of row, by store (and listing) and day.

Only what SQLite, PostgreSQL and DuckDB all understand, but for the four things of a `Dialect`. Moments are whole
seconds, days whole numbers, sets texts such as `|a|b|`; so no query knows a time zone or a type of its own.
A query says its parts, for callers to put around the rows of their tables (`text` does it for plain SQL).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from engine.model.indicator import SPANS
from engine.scoring import days
from engine.scoring.bound import Check, Checks, Counter, Counting
from engine.scoring.sources import DAY, ROWS, Fault


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs: whole division, whether a text holds another, the order of texts by their bytes."""

    name: str
    divide: str = "({} / {})"
    holds: str = "instr({}, {}) > 0"
    in_bytes: str = "{}"


SQLITE = Dialect("sqlite")
POSTGRESQL = Dialect("postgresql", holds="strpos({}, {}) > 0", in_bytes='{} COLLATE "C"')
DUCKDB = Dialect("duckdb", divide="({} // {})")
DIALECTS = {dialect.name: dialect for dialect in (SQLITE, POSTGRESQL, DUCKDB)}


@dataclass(frozen=True, slots=True)
class Query:
    """One pass over the rows of `over`: rows that hold `filters`, with `marks` (alias, expression), then `ranks` over
    them, then `sums` (key, expression) by day of those within `kept`."""

    over: str
    columns: frozenset[str]
    filters: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    ranks: tuple[tuple[str, str], ...]
    kept: str
    day: str
    sums: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the counts, in the order of the columns c0, c1 …"""
        return tuple(key for key, _ in self.sums)


def queries(countings: Iterable[Counting], dialect: Dialect, *, since: int, until: int, now: int) -> Iterator[Query]:
    """The queries that count every row whose day is from `since` to before `until`. `now`: when the rows are read."""

    def group(counting: Counting) -> tuple[Any, ...]:
        return (counting.over, counting.day, counting.zone, counting.once or ())

    for _, members in groupby(sorted(countings, key=group), key=group):
        yield _query(list(members), dialect, since, until, now)


def _query(group: Sequence[Counting], dialect: Dialect, since: int, until: int, now: int) -> Query:
    first = group[0]
    kind = ROWS[first.over]
    day = column(first.day)
    is_day = kind.columns[first.day] == DAY
    lead = first.once[1] if first.once is not None else 0  # a period may have begun before the first day
    low, high = (since, until) if is_day else (days.start(since, first.zone), days.start(until, first.zone))
    read_from = low - lead * (1 if is_day else SPANS["days"])
    wrong = " OR ".join(fault_sql(fault, now) for fault in kind.faults)
    filters = [f"{day} >= {read_from}", f"{day} < {high}", *([_not(wrong)] if wrong else [])]
    marks: list[tuple[str, str]] = []
    ranks: list[tuple[str, str]] = []
    sums: list[tuple[str, str]] = []
    for counting in group:
        _count(counting, dialect, marks, ranks, sums)
    columns = frozenset.union(*(counting.columns for counting in group)) | {c for f in kind.faults for c in f.columns}
    return Query(
        over=first.over,
        columns=columns | {"id", "store", "listing"},
        filters=tuple(filters),
        marks=tuple(marks),
        ranks=tuple(ranks),
        kept=f"{day} >= {low}",
        day=day if is_day else day_sql(day, days.offsets(since - lead, until, first.zone), dialect),
        sums=tuple(sums),
    )


def _count(
    counting: Counting,
    dialect: Dialect,
    marks: list[tuple[str, str]],
    ranks: list[tuple[str, str]],
    sums: list[tuple[str, str]],
) -> None:
    looked_at = [_all(counting.where, dialect)]
    for name, checks in counting.left_out:
        here = _all(checks, dialect)
        sums.append((f"{counting.rule}!{name}", _sum(_and([*looked_at, here]))))
        looked_at.append(_not(here))
    firsts: dict[Checks, tuple[str, str]] = {}
    for counter in counting.counters:
        counts = _and([*looked_at, _all(counter.checks, dialect)])
        if counting.once is None:
            sums.append((counter.key, _sum(counts, counter)))
            continue
        if counter.checks not in firsts:
            mark, rank = f"m{len(marks)}", f"r{len(ranks)}"
            firsts[counter.checks] = (mark, rank)
            marks.append((mark, f"CASE WHEN {counts} THEN 1 ELSE 0 END"))
            ranks.append((rank, _rank(counting, mark, dialect)))
        mark, rank = firsts[counter.checks]
        sums.append((counter.key, _sum(f"{mark} = 1 AND {rank} = 1", counter)))
        if counter.column is None:
            sums.append((f"{counter.key}!repeated", _sum(f"{mark} = 1 AND {rank} > 1")))


def _rank(counting: Counting, mark: str, dialect: Dialect) -> str:
    """Which row of its group and period a row is. Rows that name nobody are each a group of their own."""
    assert counting.once is not None
    by, period = counting.once
    day = column(counting.day)
    number = dialect.divide.format(day, period * SPANS["days"])
    alone = f"CASE WHEN {column(by)} IS NULL THEN {column('id')} ELSE '' END"
    order = f"{day}, {dialect.in_bytes.format(column('id'))}"
    groups = f"{column('store')}, {mark}, {number}, {column(by)}, {alone}"
    return f"ROW_NUMBER() OVER (PARTITION BY {groups} ORDER BY {order})"


def day_sql(moment: str, offsets: Sequence[days.Offset], dialect: Dialect) -> str:
    """The number of the day that a moment lies in, by the offsets of its zone."""
    last = offsets[-1].seconds
    shift = str(last)
    if len(offsets) > 1:
        cases = " ".join(f"WHEN {moment} < {offset.until} THEN {offset.seconds}" for offset in offsets[:-1])
        shift = f"CASE {cases} ELSE {last} END"
    return dialect.divide.format(f"({moment} + {shift})", SPANS["days"])


def fault_sql(fault: Fault, now: int) -> str:
    """Whether a row has a fault."""
    names = [column(name) for name in fault.columns]
    match fault.kind:
        case "future":
            tests = [f"{name} > {now}" for name in names]
        case "backwards":
            tests = [f"{names[1]} < {names[0]}"]
        case "missing":
            tests = [f"{name} IS NULL" for name in names]
        case _:
            tests = [f"{name} < {fault.bounds[0]} OR {name} > {fault.bounds[1]}" for name in names]
    return "(" + " OR ".join(tests) + ")"


def fault_name_sql(over: str, now: int) -> str:
    """The name of a row's first fault; NULL for a good row."""
    cases = " ".join(f"WHEN {fault_sql(fault, now)} THEN '{fault.name}'" for fault in ROWS[over].faults)
    return f"CASE {cases} ELSE NULL END" if cases else "NULL"


def left_out_sql(counting: Counting, dialect: Dialect) -> str:
    """The name by which a row is left out; NULL for one that is looked at."""
    cases = " ".join(f"WHEN {_all(checks, dialect)} THEN '{name}'" for name, checks in counting.left_out)
    return f"CASE {cases} ELSE NULL END" if cases else "NULL"


def passes_sql(checks: Checks, dialect: Dialect) -> str:
    """Whether a row passes every check; never NULL."""
    return f"CASE WHEN {_all(checks, dialect)} THEN 1 ELSE 0 END = 1"


def column(name: str) -> str:
    """A column by its name."""
    return f'"{name}"'


def literal(value: Any) -> str:
    """A literal of a rule as SQL."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | Decimal):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def text(query: Query, rows: str, *, by_listing: bool) -> str:
    """The whole query over `rows`, a SELECT with the query's columns. Gives store, listing, day, c0, c1 …"""
    listing = column("listing") if by_listing else "NULL"
    filters = " AND ".join(query.filters)
    inner = f"SELECT * FROM ({rows}) AS rows_of WHERE {filters}"
    for layer in (query.marks, query.ranks):
        if layer:
            inner = f"SELECT *, {', '.join(f'{expr} AS {name}' for name, expr in layer)} FROM ({inner}) AS marked"
    sums = ", ".join(f"{expr} AS c{index}" for index, (_, expr) in enumerate(query.sums))
    return (
        f"SELECT {column('store')} AS store, {listing} AS listing, {query.day} AS day, {sums} "
        f"FROM ({inner}) AS counted WHERE {query.kept} GROUP BY 1, 2, 3"
    )


def _sum(condition: str, counter: Counter | None = None) -> str:
    what = "1" if counter is None or counter.column is None else f"COALESCE({column(counter.column)}, 0)"
    return f"SUM(CASE WHEN {condition} THEN {what} ELSE 0 END)"


def _all(checks: Checks, dialect: Dialect) -> str:
    return _and([_check(check, dialect) for check in checks])


def _and(parts: Sequence[str]) -> str:
    given = [part for part in parts if part != "1 = 1"]
    return " AND ".join(f"({part})" for part in given) if given else "1 = 1"


def _not(condition: str) -> str:
    """Not true: false or unknown."""
    return f"CASE WHEN {condition} THEN 0 ELSE 1 END = 1"


def _check(check: Check, dialect: Dialect) -> str:
    name = column(check.column)
    if check.op == "exists":
        return f"{name} IS {'NOT ' if check.values[0] else ''}NULL"
    if check.of is not None:
        bound = column(check.of) + (f" + {check.span}" if check.span else "")
        if check.op == "by":
            return f"{name} <= {bound}"
        late = f"{name} > {bound}"
        return late if check.op == "after" else f"{column(check.of)} IS NOT NULL AND ({name} IS NULL OR {late})"
    given = [literal(value) for value in check.values]
    if check.op == "has":
        return " OR ".join(dialect.holds.format(name, literal(f"|{value}|")) for value in check.values)
    if check.op in ("in", "not_in"):
        return f"{name} {'NOT ' if check.op == 'not_in' else ''}IN ({', '.join(given)})"
    return f"{name} {OPERATORS[check.op]} {given[0]}"


OPERATORS = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
