"""The rows behind an indicator, newest first, as SQL: which counts each is in, or why it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.scoring import days, sql
from engine.scoring.bound import Counting
from engine.scoring.counting import Number
from engine.scoring.sources import DAY, NUMBER, ROWS, SET, Row


def faulty_columns(over: str) -> frozenset[str]:
    """The columns that tell bad rows of a kind."""
    return frozenset(name for fault in ROWS[over].faults for name in fault.columns)


def number_of(value: Any) -> Number:
    """A number as a database gives it: whole where it is whole."""
    if isinstance(value, int):
        return value
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return int(number) if number == number.to_integral_value() else number


def row_of(over: str, values: Mapping[str, Any]) -> Row:
    """A row as the engine looks at it."""
    row = {}
    for name, kind in ROWS[over].columns.items():
        value = values.get(name)
        if value is None:
            continue
        if kind == SET:
            value = frozenset(part for part in str(value).split("|") if part)
        row[name] = number_of(value) if kind == NUMBER else value
    return row


def evidence_sql(
    counting: Counting,
    rows: str,
    dialect: sql.Dialect,
    *,
    since: int,
    until: int,
    now: int,
    after: tuple[int, str] | None,
    limit: int,
) -> tuple[str, tuple[str, ...]]:
    """The SELECT over `rows` and the names of its columns: id, listing, at, left_out, fault, then each count (0, 1).

    `after`: the (at, id) of the last row of the page before. Rows that the indicator does not look at are not listed.
    """
    counters = [counter for counter in counting.counters if counter.column is None]
    day = sql.column(counting.day)
    is_day = ROWS[counting.over].columns[counting.day] == DAY
    low, high = (since, until) if is_day else (days.start(since, counting.zone), days.start(until, counting.zone))
    where = [f"{day} >= {low}", f"{day} < {high}", sql.passes_sql(counting.where, dialect)]
    text_id = dialect.in_bytes.format(sql.column("id"))
    if after is not None:
        where.append(f"({day} < {after[0]} OR ({day} = {after[0]} AND {text_id} > {sql.literal(after[1])}))")
    counts = ", ".join(
        f"CASE WHEN {sql.passes_sql(counter.checks, dialect)} THEN 1 ELSE 0 END AS c{index}"
        for index, counter in enumerate(counters)
    )
    statement = (
        f"SELECT {sql.column('id')} AS id, {sql.column('listing')} AS listing, {day} AS at, "
        f"{sql.left_out_sql(counting, dialect)} AS left_out, {sql.fault_name_sql(counting.over, now)} AS fault, "
        f"{counts} "
        f"FROM ({rows}) AS rows_of WHERE {' AND '.join(where)} ORDER BY {day} DESC, {text_id} LIMIT {limit}"
    )
    names = tuple(counter.key.partition(".")[2] for counter in counters)
    return statement, ("id", "listing", "at", "left_out", "fault", *names)
