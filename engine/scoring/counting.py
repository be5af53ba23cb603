"""Rows → counts of a store, listing and day, in plain Python: what the SQL must say too.

Counts form a group: those of two sets of rows add up, and those of rows that are gone are taken away. So a day's
update is `counts + counts_of(rows after) − counts_of(rows before)`, and equals counting everything anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from engine.model.indicator import SPANS
from engine.scoring import days
from engine.scoring.bound import Check, Checks, Counting
from engine.scoring.sources import DAY, ROWS, Row, derived, fault_of

Number = int | Decimal


class Place(NamedTuple):
    """What counts belong to."""

    store: str
    listing: str | None
    day: int


Counts = dict[Place, dict[str, Number]]


def passes(check: Check, row: Row) -> bool:
    """Whether a row passes one check."""
    value = row.get(check.column)
    if check.op == "exists":
        return (value is not None) == bool(check.values[0])
    if check.of is not None:
        other = row.get(check.of)
        if other is None:
            return False
        if value is None:
            return check.op == "missed"
        return bool(value <= other + check.span) if check.op == "by" else bool(value > other + check.span)
    if value is None:
        return False
    return COMPARE[check.op](value, check.values)


COMPARE: Mapping[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "eq": lambda value, given: bool(value == given[0]),
    "ne": lambda value, given: bool(value != given[0]),
    "in": lambda value, given: value in given,
    "not_in": lambda value, given: value not in given,
    "lt": lambda value, given: bool(value < given[0]),
    "lte": lambda value, given: bool(value <= given[0]),
    "gt": lambda value, given: bool(value > given[0]),
    "gte": lambda value, given: bool(value >= given[0]),
    "has": lambda value, given: not value.isdisjoint(given),
}


def passes_all(checks: Checks, row: Row) -> bool:
    """Whether a row passes every check."""
    return all(passes(check, row) for check in checks)


def day_of(counting: Counting, row: Row) -> int | None:
    """The day that a row is counted on; None when the moment has not come."""
    at = row.get(counting.day)
    if at is None:
        return None
    return int(at) if ROWS[counting.over].columns[counting.day] == DAY else days.of(int(at), counting.zone)


def left_out(counting: Counting, row: Row) -> str | None:
    """The name by which a row is left out; None for one that is looked at."""
    return next((name for name, checks in counting.left_out if passes_all(checks, row)), None)


def counts_of(countings: Sequence[Counting], rows: Mapping[str, Iterable[Row]], *, now: int) -> Counts:
    """The counts of rows of each kind. Bad rows are counted nowhere (`faults` says which those are)."""
    found: Counts = {}
    for over in {counting.over: None for counting in countings}:
        good = [row for row in (derived(over, row) for row in rows.get(over, ())) if fault_of(over, row, now) is None]
        for counting in countings:
            if counting.over == over:
                for place, key, number in _counted(counting, good):
                    counts = found.setdefault(place, {})
                    counts[key] = counts.get(key, 0) + number
    return {place: kept for place, counts in found.items() if (kept := {k: v for k, v in counts.items() if v})}


def _counted(counting: Counting, rows: Sequence[Row]) -> Iterator[tuple[Place, str, Number]]:
    seen: dict[str, dict[tuple[Any, ...], tuple[int, str]]] = {}
    looked_at = []
    for row in rows:
        day = day_of(counting, row)
        if day is None or not passes_all(counting.where, row):
            continue
        place = Place(str(row["store"]), row.get("listing"), day)
        name = left_out(counting, row)
        if name is None:
            looked_at.append((place, row))
        else:
            yield place, f"{counting.rule}!{name}", 1
    if counting.once is not None:
        looked_at.sort(key=lambda entry: (entry[1][counting.day], str(entry[1]["id"])))
    for place, row in looked_at:
        for counter in counting.counters:
            if not passes_all(counter.checks, row):
                continue
            if counting.once is not None and not _is_first(counting, counter.key, row, seen):
                if counter.column is None:
                    yield place, f"{counter.key}!repeated", 1
                continue
            if counter.column is None:
                yield place, counter.key, 1
            elif (value := row.get(counter.column)) is not None:
                yield place, counter.key, value


def _is_first(counting: Counting, key: str, row: Row, seen: dict[str, dict[tuple[Any, ...], tuple[int, str]]]) -> bool:
    """Whether the row is the first of its group in its period, among the rows of this counter."""
    assert counting.once is not None
    by, period = counting.once
    who = row.get(by)
    if who is None:
        return True
    group = (row["store"], who, int(row[counting.day]) // (period * SPANS["days"]))
    me = (int(row[counting.day]), str(row["id"]))
    return seen.setdefault(key, {}).setdefault(group, me) == me


def added(first: Counts, *others: Counts, sign: int = 1) -> Counts:
    """The first counts with the others added (or with sign -1 taken away); zeros are left out."""
    total: Counts = {place: dict(counts) for place, counts in first.items()}
    for other in others:
        for place, counts in other.items():
            into = total.setdefault(place, {})
            for key, number in counts.items():
                into[key] = into.get(key, 0) + sign * number
    return {place: kept for place, counts in total.items() if (kept := {k: v for k, v in counts.items() if v})}


def faults(over: str, rows: Iterable[Row], *, now: int) -> dict[str, list[str]]:
    """Fault → the ids of the rows that have it, in order."""
    found: dict[str, list[str]] = {}
    for row in rows:
        name = fault_of(over, derived(over, row), now)
        if name is not None:
            found.setdefault(name, []).append(str(row.get("id")))
    return found
