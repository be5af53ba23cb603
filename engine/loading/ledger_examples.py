"""The examples of offences and ladders, run against the pack's penalty rules, and the mutants they must notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from engine.ledger import times
from engine.ledger.book import Ledger
from engine.ledger.booking import Entry, book, lapse_of
from engine.ledger.notices import Case, Notice
from engine.ledger.regime import Regime
from engine.ledger.timeline import Timeline
from engine.loading.example_run import Outcome
from engine.model.ladder import LadderExample, LadderRule
from engine.model.offence import OffenceExample, OffenceRule
from engine.model.rule import Parameter

if TYPE_CHECKING:
    from engine.pack import Pack


def run_offence(pack: Pack, rule: OffenceRule) -> Iterator[Outcome]:
    """Every example of an offence: each case books what it says."""
    for example in rule.examples:
        problems = tuple(offence_problems(pack.regime, rule, example))
        yield Outcome(rule.id, rule.file, example.line, "cases", example.name, problems)


def run_ladder(pack: Pack, rule: LadderRule) -> Iterator[Outcome]:
    """Every example of a ladder: balance, step and enforcement at its moment."""
    for example in rule.examples:
        problems = tuple(ladder_problems(pack.regime, rule, example))
        yield Outcome(rule.id, rule.file, example.line, "entries", example.name, problems)


def moment_of(text: str, zone: str) -> datetime:
    """A platform moment, such as 2026-01-05 or 2026-01-05 10:30, as UTC."""
    return times.on_wall(datetime.fromisoformat(text), zone)


def offence_problems(regime: Regime, rule: OffenceRule, example: OffenceExample) -> Iterator[str]:
    """Where the booked points, grades and steps are not those of the example."""
    zone = regime.ladders[rule.ladder].timezone
    notices = []
    for index, case in enumerate(example.cases):
        at = moment_of(case.at, zone)
        notices.append(
            Notice(
                case=f"{index + 1:03d}",
                at=at,
                known=at,
                offence=case.offence or rule.id,
                grade=case.grade,
                products=case.products,
                share=Decimal(case.share) if case.share is not None else None,
                flags=case.flags,
                points=Decimal(case.stated) if case.stated is not None else None,
            )
        )
    ordered = sorted(notices, key=lambda notice: (notice.at, notice.case))
    booked = book([Case(notice) for notice in ordered], regime)
    entries = {entry.case: entry for entry in booked.entries}
    reasons = {parked.notice.case: parked.reason for parked in booked.parked}
    for index, case in enumerate(example.cases):
        number = f"{index + 1:03d}"
        entry = entries.get(number)
        if entry is None:
            yield f"case {index + 1} is not booked: {reasons.get(number)}"
            continue
        wanted: dict[str, Any] = {"points": Decimal(case.points), "step": case.step}
        actual: dict[str, Any] = {"points": entry.points, "step": entry.step}
        if case.taken_as is not None:
            wanted["grade"], actual["grade"] = case.taken_as, entry.grade
        for name, value in wanted.items():
            if actual[name] != value:
                yield f"case {index + 1}: {name} is {actual[name]}, not {value} ({', '.join(entry.reasons) or 'plain'})"


def ladder_problems(regime: Regime, rule: LadderRule, example: LadderExample) -> Iterator[str]:
    """Where balance, step and enforcement are not those of the example."""
    zone = rule.timezone
    entries, orders = [], []
    for index, row in enumerate(example.entries):
        at = moment_of(row.at, zone)
        terms = regime.ladder(rule.id, times.local_day(at, zone))
        notice = Notice(case=f"{index + 1:03d}", at=at, known=at, orders=row.orders)
        if row.orders:
            orders.append(notice)
            continue
        points = Decimal(row.points)
        entries.append(
            Entry(
                case=notice.case,
                offence="",
                revision=0,
                ladder=rule.id,
                at=at,
                points=points,
                original=points,
                grade="",
                occurrence=1,
                occurred=at,
                lapses=lapse_of(at, terms, zone),
                step=row.step,
            )
        )
    ledger = Ledger.of_entries(regime, entries, orders)
    pool: Timeline = ledger.pools[rule.id]
    as_of = moment_of(example.as_of, zone)
    step = pool.step(as_of)
    actual = {
        "balance": pool.balance(as_of),
        "step": step.step.id if step is not None else None,
        "enforcement": tuple(in_words(e, zone) for e in pool.enforcement if e.holds(as_of)),
    }
    wanted = {"balance": Decimal(example.balance), "step": example.step, "enforcement": example.enforcement}
    for name, value in wanted.items():
        if actual[name] != value:
            yield f"{name} is {actual[name]}, not {value}"


def in_words(enforcement: Any, zone: str) -> str:
    """An enforcement as examples write it.

    `freeze until 2026-01-12`, `entity no_new_listings`, `raise_deposit to 30000 CNY by 2026-02-01`, `close`.
    """
    words = f"entity {enforcement.action}" if enforcement.entity else str(enforcement.action)
    if enforcement.amount is not None:
        words += f" to {enforcement.amount} {enforcement.currency}"
    if enforcement.due is not None:
        words += f" by {_day(enforcement.due, zone)}"
    return words if enforcement.until is None else f"{words} until {_day(enforcement.until, zone)}"


def _day(at: datetime, zone: str) -> str:
    wall = times.wall(at, zone)
    return wall.date().isoformat() if not (wall.hour or wall.minute) else wall.strftime("%Y-%m-%d %H:%M")


# Mutants ------------------------------------------------------------------------------------------------------------


def mutants_of(rule: OffenceRule | LadderRule) -> Iterator[tuple[Any, str]]:
    """The rule with one number one step off, or one of its parts left out, and what was changed."""
    challenge = _of_challenges(rule) if isinstance(rule, OffenceRule) else frozenset()
    for name, parameter in rule.parameters.items():
        if name in challenge:
            continue
        for changed, change in steps_of(parameter):
            yield (
                msgspec.structs.replace(rule, parameters={**rule.parameters, name: changed}),
                f"params.{name} {change}",
            )
    if isinstance(rule, LadderRule):
        return
    for part, empty in (("once", None), ("cap", None), ("memory", None), ("raises", ()), ("multiplies", ())):
        whole = getattr(rule, part)
        if isinstance(whole, tuple):
            for index in range(len(whole)):
                rest = whole[:index] + whole[index + 1 :]
                yield msgspec.structs.replace(rule, **{part: rest}), f"{part}[{index}] dropped"
        elif whole is not None:
            yield msgspec.structs.replace(rule, **{part: empty}), f"{part} dropped"
    for index, grade in enumerate(rule.grades):
        if grade.per == "product":
            grades = (*rule.grades[:index], msgspec.structs.replace(grade, per="case"), *rule.grades[index + 1 :])
            yield msgspec.structs.replace(rule, grades=grades), f'grade "{grade.id}" per product dropped'


def _of_challenges(rule: OffenceRule) -> frozenset[str]:
    """Parameters that only appeals and complaints read: examples of points say nothing about them."""
    contests = [contest for contest in (rule.appeal, rule.complaint) if contest is not None]
    return frozenset(
        name
        for contest in contests
        for name in (contest.days, contest.attempts, contest.recorded_from)
        if name is not None
    )


def unnoticed(pack: Pack, rule: OffenceRule | LadderRule) -> Iterator[str]:
    """The mutants that every example of the rule survives."""
    for mutant, change in mutants_of(rule):
        offences = {**pack.regime.offences}
        ladders = {**pack.regime.ladders}
        (offences if isinstance(rule, OffenceRule) else ladders)[rule.id] = mutant
        regime = Regime(offences.values(), ladders.values())
        problems: Any = offence_problems if isinstance(rule, OffenceRule) else ladder_problems
        if not any(next(iter(problems(regime, mutant, example)), None) for example in rule.examples):
            yield change


def steps_of(parameter: Parameter) -> Iterator[tuple[Parameter, str]]:
    """The parameter with one of its numbers one smallest unit off."""
    places = [
        (index, position) for index, dated in enumerate(parameter.history) for position in range(len(dated.values))
    ]
    for index, position in places:
        dated = parameter.history[index]
        value = dated.values[position]
        if value.kind not in ("int", "decimal"):
            continue
        unit = Decimal(1).scaleb(min(int(Decimal(value.text).as_tuple().exponent), 0))
        for step in (unit, -unit):
            changed = msgspec.structs.replace(value, text=str(Decimal(value.text) + step))
            history = list(parameter.history)
            values = (*dated.values[:position], changed, *dated.values[position + 1 :])
            history[index] = msgspec.structs.replace(dated, values=values)
            yield (
                msgspec.structs.replace(parameter, history=tuple(history)),
                f"{dated.since} {value.text} → {changed.text}",
            )
