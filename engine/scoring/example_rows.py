"""Rows of examples: written with times of the platform's clock, read as the rows that are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.errors import suggestion
from engine.ledger import times
from engine.scoring import days
from engine.scoring.sources import DAY, MOMENT, NUMBER, ROWS, SET

if TYPE_CHECKING:
    from engine.loading.fields import Faults
    from engine.loading.strict_yaml import Node


def read_row(node: Node, over: str, zone: str, faults: Faults) -> dict[str, Any] | None:
    """One row as plain data (moments and numbers as text), which `rows_of` makes a row of; faults are noted."""
    columns = ROWS[over].columns
    if not isinstance(node.value, dict):
        faults.at(node, "R003", "a row is a mapping: column: value")
        return None
    found: dict[str, Any] = {}
    for key, child in node.items():
        name = str(key)
        if name != "times" and name not in columns:
            faults.at(node.keys[key], "R012", f'there is no column "{name}"{suggestion(name, columns)}')
            continue
        plain = child.plain()
        found[name] = [str(item) for item in plain] if isinstance(plain, list) else plain
        if isinstance(found[name], Decimal | date):
            found[name] = str(found[name])
        if columns.get(name) == MOMENT:
            try:
                datetime.fromisoformat(str(plain))
            except ValueError:
                faults.at(child, "R003", f'"{name}" is a moment such as 2026-11-23 or "2026-11-23 10:30"')
    return found


def rows_of(over: str, given: tuple[Mapping[str, Any], ...], zone: str) -> Iterator[dict[str, Any]]:
    """The rows that an example means, each with a number of its own."""
    columns = ROWS[over].columns
    for index, row in enumerate(given):
        for copy in range(int(row.get("times", 1))):
            whole = {name: _value(columns[name], value, zone) for name, value in row.items() if name in columns}
            yield {"id": f"{index:04d}.{copy:04d}", "store": "1", **whole}


def _value(kind: str, value: Any, zone: str) -> Any:
    if kind == MOMENT:
        return days.seconds(times.on_wall(datetime.fromisoformat(str(value)), zone))
    if kind == DAY:
        return days.number(date.fromisoformat(str(value)))
    if kind == NUMBER:
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else number
    if kind == SET:
        return frozenset(value if isinstance(value, list | tuple) else [value])
    return str(value)
