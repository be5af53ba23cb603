"""Two more files of a pack's back office: the metrics of business analytics, and the plans that a store may join.

`rules/PACK/metrics.yaml`: metrics, each with `sum` (a column) or `ratio` (of one column over another).
`rules/PACK/plans.yaml`: plans, each with conditions on facts of the store (`gte`, `lte` or `in`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from engine.errors import Fault, RulePackError
from engine.loading.fields import Faults, Fields
from engine.loading.strict_yaml import Node, parse

T = TypeVar("T")


class Metric(Struct, frozen=True):
    """`columns` has one column, which is added up, or two: the first sum is divided by the second."""

    id: str
    columns: tuple[str, ...]
    unit: str
    title: dict[str, str]

    def value(self, sums: Mapping[str, Any]) -> Decimal | None:
        """The metric of a period from the sums of its columns; None where a part is not known, or would divide by 0."""
        parts = [sums.get(column) for column in self.columns]
        if any(part is None for part in parts):
            return None
        numbers = [Decimal(str(part)) for part in parts]
        if len(numbers) == 1:
            return numbers[0]
        return None if numbers[1] == 0 else (numbers[0] / numbers[1]).quantize(Decimal("0.000001"))


class Condition(Struct, frozen=True):
    """One thing a store must meet. `op` is gte, lte or in."""

    fact: str
    op: str
    wanted: tuple[Any, ...]
    title: dict[str, str]

    def is_met(self, facts: Mapping[str, Any]) -> bool | None:
        """None when the fact is not known."""
        value = facts.get(self.fact)
        if value is None:
            return None
        if self.op == "in":
            return value in self.wanted
        return bool(value >= self.wanted[0] if self.op == "gte" else value <= self.wanted[0])


class Plan(Struct, frozen=True):
    """A plan of the platform."""

    id: str
    title: dict[str, str]
    about: dict[str, str]
    origin: str
    note: dict[str, str] | None
    conditions: tuple[Condition, ...]


def read_metrics(file: Path, columns: frozenset[str]) -> dict[str, Metric]:
    """The metrics by id. Raises RulePackError with every fault."""
    return {metric.id: metric for metric in _entries(file, "metrics", lambda node, f: _metric(node, f, columns))}


def read_plans(file: Path) -> dict[str, Plan]:
    """The plans by id. Raises RulePackError with every fault."""
    return {plan.id: plan for plan in _entries(file, "plans", _plan)}


def _entries(file: Path, name: str, read: Callable[[Node, Faults], T | None]) -> list[T]:
    found: list[Fault] = []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise RulePackError([Fault(str(file), 1, 1, "P001", "the file is missing or not UTF-8")]) from None
    root = parse(text, str(file), found)
    if root is None:
        raise RulePackError(found)
    faults = Faults(str(file), found)
    fields = Fields(root, faults, name)
    entries = [entry for node in fields.entries(name, required=True) if (entry := read(node, faults)) is not None]
    fields.close()
    if found:
        raise RulePackError(found)
    return entries


def _metric(node: Node, faults: Faults, columns: frozenset[str]) -> Metric | None:
    fields = Fields(node, faults, "a metric")
    name, unit, title = fields.text("id"), fields.text("unit"), fields.wording("title")
    single, ratio = fields.text("sum", required=False), fields.optional("ratio")
    parts: list[str | None] = [single] if single else []
    if ratio is not None:
        inner = Fields(ratio, faults, '"ratio"')
        parts += [inner.text("of"), inner.text("over")]
        inner.close()
    fields.close()
    if (single is None) == (ratio is None):
        faults.at(node, "R002", 'a metric has either "sum" or "ratio"')
    for part in parts:
        if part is not None and part not in columns:
            faults.at(node, "R008", f'unknown column "{part}"; known are {", ".join(sorted(columns))}')
    if name is None or unit is None or title is None:
        return None
    return Metric(name, tuple(part for part in parts if part), unit, title)


def _plan(node: Node, faults: Faults) -> Plan | None:
    fields = Fields(node, faults, "a plan")
    name, title, about = fields.text("id"), fields.wording("title"), fields.wording("about")
    origin = fields.choice("origin", ("platform", "house"))
    note = fields.wording("note", required=origin == "house")
    conditions = [c for entry in fields.entries("conditions") if (c := _condition(entry, faults)) is not None]
    fields.close()
    if name is None or title is None or about is None or origin is None:
        return None
    return Plan(name, title, about, origin, note, tuple(conditions))


def _condition(node: Node, faults: Faults) -> Condition | None:
    fields = Fields(node, faults, "a condition")
    fact, title = fields.text("fact"), fields.wording("title")
    given = {op: entry for op in ("gte", "lte", "in") if (entry := fields.optional(op)) is not None}
    fields.close()
    if len(given) != 1:
        faults.at(node, "R002", 'a condition has one of "gte", "lte" and "in"')
        return None
    ((op, entry),) = given.items()
    plain = entry.plain()
    if (op == "in") != isinstance(plain, list):
        faults.at(entry, "R003", '"in" takes a list, "gte" and "lte" one number')
        return None
    if fact is None or title is None:
        return None
    return Condition(fact, op, tuple(plain) if isinstance(plain, list) else (plain,), title)
