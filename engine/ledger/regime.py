"""A pack's offences and ladders with the numbers of a day filled in, worked out once per stretch of days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.model.ladder import LadderRule, Measure, Step
from engine.model.offence import Contest, OffenceRule
from engine.model.rule import Parameter


@dataclass(frozen=True, slots=True)
class GradeTerms:
    """Points of the first, second … case of a grade."""

    id: str
    rank: int
    points: tuple[Decimal, ...]
    step: str | None
    at_most: bool
    per_product: bool


@dataclass(frozen=True, slots=True)
class RaiseTerms:
    to: str
    products_above: Decimal | None
    share_from: Decimal | None
    cases_from: int | None
    of: str | None
    flag: str | None


@dataclass(frozen=True, slots=True)
class OffenceTerms:
    """An offence on one day."""

    rule: OffenceRule
    grades: Mapping[str, GradeTerms]
    order: tuple[str, ...]
    memory: int | None
    once_days: int | None
    once_first: bool
    cap: Decimal | None
    raises: tuple[RaiseTerms, ...]
    multiplies: tuple[tuple[Decimal, str | None, int | None], ...]
    month_start: int | None


@dataclass(frozen=True, slots=True)
class StepTerms:
    step: Step
    rank: int
    at: Decimal | None
    every: Decimal | None


@dataclass(frozen=True, slots=True)
class MeasureTerms:
    measure: Measure
    days: int | None
    amount: Decimal | None
    due: int | None


@dataclass(frozen=True, slots=True)
class LadderTerms:
    """A ladder on one day. `earn` is (points, orders, days)."""

    rule: LadderRule
    steps: tuple[StepTerms, ...]
    life: int | None
    reset: str | None
    issue: str | None
    start: Decimal
    least: Decimal | None
    most: Decimal | None
    earn: tuple[Decimal, int, int] | None
    actions: Mapping[str, tuple[MeasureTerms, ...]]
    entity: Mapping[str, tuple[MeasureTerms, ...]]

    @property
    def deducts(self) -> bool:
        """Whether points are taken off a rating rather than added up."""
        return self.rule.direction == "deduct"


class Regime:
    """The penalty rules of a marketplace. Days before a ladder's first number use that number; offences do not."""

    def __init__(self, offences: Iterable[OffenceRule], ladders: Iterable[LadderRule]) -> None:
        self.offences: Mapping[str, OffenceRule] = {rule.id: rule for rule in offences}
        self.ladders: Mapping[str, LadderRule] = {rule.id: rule for rule in ladders}
        self.by_code: Mapping[str, OffenceRule] = {code: rule for rule in self.offences.values() for code in rule.codes}
        self.grades = {rule.id: frozenset(grade.id for grade in rule.grades) for rule in self.offences.values()}
        self.earns = any(rule.earn is not None for rule in self.ladders.values())
        self._days = {rule.id: sorted(rule.dates()) for rule in self.offences.values()}
        self._days |= {rule.id: sorted(rule.dates()) for rule in self.ladders.values()}
        self._known: dict[tuple[str, int], Any] = {}

    def offence(self, offence_id: str, day: date) -> OffenceTerms | None:
        """The offence as it is on a day; None when it is not in force or has no numbers yet."""
        rule = self.offences[offence_id]
        key = (offence_id, bisect_right(self._days[offence_id], day))
        if key not in self._known:
            self._known[key] = _offence(rule, day) if rule.is_live(day) else None
        found: OffenceTerms | None = self._known[key]
        return found

    def ladder(self, ladder_id: str, day: date) -> LadderTerms:
        """The ladder as it is on a day."""
        rule = self.ladders[ladder_id]
        key = (ladder_id, bisect_right(self._days[ladder_id], day))
        if key not in self._known:
            self._known[key] = _ladder(rule, day)
        found: LadderTerms = self._known[key]
        return found

    def stretch(self, ladder_id: str, day: date) -> int:
        """Which stretch of days without a change of the ladder a day lies in."""
        return bisect_right(self._days[ladder_id], day)

    def timezone(self, offence_id: str) -> str:
        """The platform's time zone for an offence: its ladder's."""
        return self.ladders[self.offences[offence_id].ladder].timezone

    def contest(self, contest: Contest, rule: OffenceRule, day: date) -> dict[str, Any]:
        """Days, attempts and first day of a challenge, as they are on a day (first known values before)."""
        values = _Values(rule.parameters, day)
        return {
            "days": values.whole(contest.days),
            "attempts": values.whole(contest.attempts),
            "recorded_from": values.value(contest.recorded_from),
        }


class _Values:
    """Parameters on a day; before the first date the first value."""

    def __init__(self, parameters: Mapping[str, Parameter], day: date) -> None:
        self._parameters = parameters
        self._day = day

    def value(self, name: str | None) -> Any:
        if name is None:
            return None
        parameter = self._parameters[name]
        dated = parameter.at(self._day) or parameter.history[0]
        return dated.values[0].value

    def number(self, name: str | None) -> Decimal | None:
        value = self.value(name)
        return None if value is None else Decimal(value)

    def whole(self, name: str | None) -> int | None:
        value = self.value(name)
        return None if value is None else int(value)


def _offence(rule: OffenceRule, day: date) -> OffenceTerms:
    values = _Values(rule.parameters, day)
    grades = {
        grade.id: GradeTerms(
            grade.id,
            rank,
            tuple(Decimal(values.value(name)) for name in grade.points),
            grade.step,
            grade.at_most,
            grade.per == "product",
        )
        for rank, grade in enumerate(rule.grades)
    }
    return OffenceTerms(
        rule=rule,
        grades=grades,
        order=tuple(grades),
        memory=values.whole(rule.memory),
        once_days=values.whole(rule.once.days) if rule.once else None,
        once_first=rule.once is not None and rule.once.scope == "first",
        cap=values.number(rule.cap),
        raises=tuple(
            RaiseTerms(
                entry.to,
                values.number(entry.products_above),
                values.number(entry.share_from),
                values.whole(entry.cases_from),
                entry.of,
                entry.flag,
            )
            for entry in rule.raises
        ),
        multiplies=tuple(
            (Decimal(values.value(entry.times)), entry.flag, values.whole(entry.cases_from))
            for entry in rule.multiplies
        ),
        month_start=values.whole(rule.month_start),
    )


def _ladder(rule: LadderRule, day: date) -> LadderTerms:
    values = _Values(rule.parameters, day)

    def measures(given: tuple[Measure, ...]) -> tuple[MeasureTerms, ...]:
        return tuple(MeasureTerms(m, values.whole(m.days), values.number(m.amount), values.whole(m.due)) for m in given)

    earn = rule.earn
    return LadderTerms(
        rule=rule,
        steps=tuple(
            StepTerms(step, rank, values.number(step.at), values.number(step.every))
            for rank, step in enumerate(rule.steps)
        ),
        life=values.whole(rule.life),
        reset=values.value(rule.reset),
        issue=values.value(rule.issue),
        start=values.number(rule.start) or Decimal(0),
        least=values.number(rule.least),
        most=values.number(rule.most),
        earn=(Decimal(values.value(earn.points)), int(values.value(earn.orders)), int(values.value(earn.days)))
        if earn
        else None,
        actions={step.id: measures(step.actions) for step in rule.steps},
        entity={step.id: measures(step.entity) for step in rule.steps},
    )
