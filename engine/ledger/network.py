"""Rules of the network as data, the lint that refuses what durable_rules cannot be trusted with, and the plain twin.

A rule is a name and comparisons of fields of one fact with whole numbers or short texts, all of which must hold. That
is the whole language: no joins, no `or`, no absence, no arithmetic, no regex, no timers; each of them crashes, hangs,
leaks or lies in durable_rules 2.0.28 (docs/decisions/0011).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Fact = dict[str, Any]
Fired = list[tuple[str, str]]
Then = Mapping[str, Mapping[str, Sequence[Fact]]]

MAX_RULES = 60
"""More than 64 rules that match one fact and nothing fires at all."""
MAX_FIELDS = 250
"""A rule set of more properties is refused by the library."""
MAX_TEXT = 60_000
"""Longer texts are cut without a word, in bytes."""
MAX_NUMBER = 2**53

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Where(NamedTuple):
    """One comparison of a field with a value."""

    field: str
    op: str
    value: int | str


class NetRule(NamedTuple):
    """A rule: fires once on each fact for which every test holds."""

    name: str
    tests: tuple[Where, ...]


class UnsafeRules(ValueError):
    """Rules or facts that the network must not be given; `reasons` says all of them."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(reasons))


def lint(rules: Sequence[NetRule]) -> list[str]:
    """Why rules are unsafe for durable_rules; empty when they are safe."""
    reasons = []
    if len(rules) > MAX_RULES:
        reasons.append(f"{len(rules)} rules; the network bears {MAX_RULES}")
    names = [rule.name for rule in rules]
    reasons += [f'two rules are named "{name}"' for name in sorted({n for n in names if names.count(n) > 1})]
    fields = {test.field for rule in rules for test in rule.tests}
    if len(fields) > MAX_FIELDS:
        reasons.append(f"{len(fields)} fields; the network bears {MAX_FIELDS}")
    for rule in rules:
        if not any(test.op == "==" for test in rule.tests):
            reasons.append(f'"{rule.name}" has no positive condition (==); such a rule can hang')
        for test in rule.tests:
            if test.op not in OPERATORS:
                reasons.append(f'"{rule.name}" uses "{test.op}"; only {" ".join(OPERATORS)} are safe')
            reasons += [f'"{rule.name}": {reason}' for reason in _value_faults(test.field, test.value)]
            if test.op not in ("==", "!=") and isinstance(test.value, str):
                reasons.append(f'"{rule.name}" orders the text {test.value!r}; texts compare as numbers do not')
    for field in sorted(fields):
        if not field.isidentifier():
            reasons.append(f'the field "{field}" is no plain name')
    return reasons


def lint_facts(facts: Iterable[Fact]) -> list[str]:
    """Why facts are unsafe; empty when they are safe."""
    reasons, seen = [], set()
    for fact in facts:
        if not isinstance(fact.get("id"), str) or fact["id"] in seen:
            reasons.append(f"a fact needs an id of its own, not {fact.get('id')!r}")
        seen.add(fact.get("id"))
        for field, value in fact.items():
            reasons += _value_faults(field, value)
    return reasons


def _value_faults(field: str, value: Any) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return [f"{field} is {value!r}; only whole numbers and texts are safe (a float may print with an exponent)"]
    if isinstance(value, str) and len(value.encode("utf-8", "replace")) > MAX_TEXT:
        return [f"{field} is longer than {MAX_TEXT} bytes"]
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        return [f"{field} is beyond ±2^53"]
    return []


def run_twin(rules: Sequence[NetRule], facts: Sequence[Fact], then: Then) -> Fired:
    """The network in plain Python: assert the facts and those that follow, note which rule fired on which."""
    fired: Fired = []
    waiting = list(facts)
    index = 0
    while index < len(waiting):
        fact = waiting[index]
        index += 1
        for rule in rules:
            if all(_holds(test, fact) for test in rule.tests):
                fired.append((rule.name, fact["id"]))
                waiting += then.get(fact["id"], {}).get(rule.name, ())
    return fired


def _holds(test: Where, fact: Fact) -> bool:
    """A comparison; false where the field is missing or of the other kind, as in the network."""
    value = fact.get(test.field)
    return (
        value is not None
        and isinstance(value, str) is isinstance(test.value, str)
        and OPERATORS[test.op](value, test.value)
    )
