"""An indicator on a day: parameters replaced by their values, tests ready to run and to be written as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from engine.model.indicator import SPANS, IndicatorRule, Test, Tests
from engine.model.rule import Parameter


class Check(Struct, frozen=True):
    """A test with its values: `values` to compare with, or `of` and `span` (seconds) for moments."""

    column: str
    op: str
    values: tuple[Any, ...] = ()
    of: str | None = None
    span: int = 0


Checks = tuple[Check, ...]


class Counter(Struct, frozen=True):
    """One number that is counted: rows that pass `checks`, or the sum of a `column` over them. `key` names it."""

    key: str
    checks: Checks
    column: str | None = None


class Counting(Struct, frozen=True):
    """How an indicator counts on a day: what is looked at, what is left out by which name, and what is counted."""

    rule: str
    over: str
    day: str
    zone: str
    where: Checks
    left_out: tuple[tuple[str, Checks], ...]
    once: tuple[str, int] | None
    counters: tuple[Counter, ...]

    @property
    def columns(self) -> frozenset[str]:
        """The columns that are read."""
        checks = [*self.where, *(c for _, group in self.left_out for c in group)]
        checks += [check for counter in self.counters for check in counter.checks]
        named = {name for check in checks for name in (check.column, check.of) if name}
        named |= {counter.column for counter in self.counters if counter.column}
        return frozenset(named | {self.day} | ({self.once[0]} if self.once else set()))


class Values:
    """The parameters of a rule on a day."""

    def __init__(self, parameters: Mapping[str, Parameter], as_of: date) -> None:
        self._parameters = parameters
        self._as_of = as_of

    def all(self, name: str) -> tuple[Any, ...]:
        """The values of a list, or the one value."""
        dated = self._parameters[name].at(self._as_of)
        return tuple(literal.value for literal in dated.values) if dated is not None else ()

    def one(self, name: str) -> Any:
        """The value."""
        return self.all(name)[0]


def counting_of(rule: IndicatorRule, as_of: date, rules: Mapping[str, IndicatorRule]) -> Counting:
    """The counting of a rule in force on a day; `rules` are the pack's indicators, for `rows`."""
    values = Values(rule.parameters, as_of)
    where, left_out, once = _rows(rule, as_of, rules)
    counts = {name: checks_of(tests, values) for name, tests in rule.counts.items()}
    counters = [Counter(f"{rule.id}.{name}", checks) for name, checks in counts.items()]
    value = rule.value
    if value.column is not None:
        named = value.of or value.parts
        counters += [Counter(f"{rule.id}.{name}:{value.column}", counts[name], value.column) for name in named]
    if value.over is not None:
        counters += [Counter(f"{rule.id}.{name}:{value.over}", counts[name], value.over) for name in value.of]
    return Counting(rule.id, rule.over, rule.day, rule.timezone, where, left_out, once, tuple(counters))


def _rows(
    rule: IndicatorRule, as_of: date, rules: Mapping[str, IndicatorRule]
) -> tuple[Checks, tuple[tuple[str, Checks], ...], tuple[str, int] | None]:
    values = Values(rule.parameters, as_of)
    where = checks_of(rule.where, values)
    left_out = tuple((name, checks_of(tests, values)) for name, tests in rule.left_out.items())
    once = (rule.once.by, int(values.one(rule.once.days))) if rule.once is not None else None
    if rule.rows is not None:
        base = _rows(rules[rule.rows], as_of, rules)
        where, left_out, once = base[0] + where, base[1] + left_out, once or base[2]
    return where, left_out, once


def checks_of(tests: Tests, values: Values) -> Checks:
    """Tests with their parameters' values."""
    return tuple(_check(test, values) for test in tests)


def _check(test: Test, values: Values) -> Check:
    if test.span is not None:
        amount = int(values.one(test.span.amount)) if test.span.amount is not None else 0
        return Check(test.column, test.op, of=test.span.of, span=amount * SPANS[test.span.unit])
    if test.parameter is not None:
        return Check(test.column, test.op, values.all(test.parameter))
    return Check(test.column, test.op, tuple(literal.value for literal in test.values))
