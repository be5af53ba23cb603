"""The examples of indicators and scores, run against the pack's performance rules, and the mutants they must notice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from engine.loading.example_run import Outcome
from engine.loading.ledger_examples import steps_of
from engine.model.indicator import IndicatorExample, IndicatorRule, Test, Tests
from engine.model.score import ScoreExample, ScoreRule
from engine.scoring import days
from engine.scoring.board import Performance, by_day, windows_of
from engine.scoring.counting import counts_of
from engine.scoring.example_rows import rows_of
from engine.scoring.judging import judge
from engine.scoring.waterfall import Scored

if TYPE_CHECKING:
    from engine.pack import Pack

CONFIDENCE = Decimal("0.95")  # examples say nothing of intervals
FLIPS = {
    "lt": "lte", "lte": "lt", "gt": "gte", "gte": "gt", "eq": "ne", "ne": "eq", "in": "not_in", "not_in": "in",
    "by": "after", "missed": "by", "after": "by",
}  # fmt: skip


def run_indicator(pack: Pack, rule: IndicatorRule) -> Iterator[Outcome]:
    """Every example of an indicator: its rows give the value, band and window that it says."""
    for example in rule.examples:
        problems = tuple(indicator_problems(pack.performance, rule, example))
        yield Outcome(rule.id, rule.file, example.line, "rows", example.name, problems)


def run_score(pack: Pack, rule: ScoreRule) -> Iterator[Outcome]:
    """Every example of a score: points, sum, level and privileges."""
    for example in rule.examples:
        problems = tuple(score_problems(pack.performance, rule, example))
        yield Outcome(rule.id, rule.file, example.line, "values", example.name, problems)


def indicator_problems(performance: Performance, rule: IndicatorRule, example: IndicatorExample) -> Iterator[str]:
    """Where the indicator says something else than the example."""
    force = performance.on(example.as_of)
    terms = force.terms.get(rule.id)
    if terms is None:
        yield f"{rule.id} is not in force on {example.as_of}"
        return
    rows = list(rows_of(rule.over, example.rows, rule.timezone))
    now = days.start(days.number(example.as_of) + 1, rule.timezone)
    counts = counts_of([force.countings[rule.id]], {rule.over: rows}, now=now)
    sums = windows_of(by_day(counts), days.number(example.as_of), terms.windows)
    said = judge(terms, sums, CONFIDENCE)
    actual = {"value": said.value, "band": said.band, "window": said.window, "left_out": said.left_out}
    wanted: dict[str, Any] = {
        "value": None if example.value is None else Decimal(example.value),
        "band": example.band or said.band,
        "window": example.window or said.window,
        "left_out": example.left_out or said.left_out,
    }
    for name, value in wanted.items():
        if actual[name] != value:
            yield f"{name} is {actual[name]}, not {value} ({said.part} ÷ {said.whole}, {said.reason or 'assessed'})"


def score_problems(performance: Performance, rule: ScoreRule, example: ScoreExample) -> Iterator[str]:
    """Where the score says something else than the example."""
    formula = performance.on(example.as_of).formulas.get(rule.id)
    if formula is None:
        yield f"{rule.id} is not in force on {example.as_of}"
        return
    if rule.method == "month_mean":
        scored: Scored = formula.mean([Decimal(value) for value in example.days])
    else:
        scored = formula.score({name: Decimal(value) for name, value in example.values.items()})
    shares = {share.id: share.points for share in scored.items}
    given = {name: _text(value) for name, value in scored.privileges.items()}
    following = formula.evaluated(example.as_of) if formula.evaluated is not None else None
    actual: dict[str, Any] = {"score": scored.score, "level": scored.level}
    wanted: dict[str, Any] = {"score": None if example.score is None else Decimal(example.score)}
    wanted["level"] = example.level if rule.levels else scored.level
    for item, points in example.points.items():
        actual[f"points of {item}"], wanted[f"points of {item}"] = shares.get(item), Decimal(points)
    for name, value in example.privileges.items():
        actual[f"privilege {name}"], wanted[f"privilege {name}"] = given.get(name), value
    if example.next is not None:
        actual["next"], wanted["next"] = following, example.next
    for name, value in wanted.items():
        if actual[name] != value:
            yield f"{name} is {actual[name]}, not {value}"
    total = sum(shares.values(), Decimal(0)) + scored.scaling + scored.cut
    if rule.method == "sum" and scored.score is not None and total != scored.score:
        yield f"its items add up to {total}, not {scored.score}"


def _text(value: Any) -> str:
    return str(value).lower()


# Mutants ------------------------------------------------------------------------------------------------------------


def unnoticed(pack: Pack, rule: IndicatorRule | ScoreRule) -> Iterator[str]:
    """The mutants that every example of the rule survives."""
    for mutant, change in mutants_of(rule):
        indicators, scores = dict(pack.performance.indicators), dict(pack.performance.scores)
        (indicators if isinstance(rule, IndicatorRule) else scores)[rule.id] = mutant
        performance = Performance(indicators.values(), scores.values())
        problems: Any = indicator_problems if isinstance(rule, IndicatorRule) else score_problems
        if not any(next(iter(problems(performance, mutant, example)), None) for example in rule.examples):
            yield change


def mutants_of(rule: IndicatorRule | ScoreRule) -> Iterator[tuple[Any, str]]:
    """The rule with one number one step off, one test turned round or left out, or one of its parts left out."""
    for name, parameter in rule.parameters.items():
        for changed, change in steps_of(parameter):
            yield (
                msgspec.structs.replace(rule, parameters={**rule.parameters, name: changed}),
                f"params.{name} {change}",
            )
    if isinstance(rule, ScoreRule):
        return
    for tests, change in _tests(rule.where, "where"):
        yield msgspec.structs.replace(rule, where=tests), change
    for part in ("counts", "left_out"):
        groups = getattr(rule, part)
        for name, group in groups.items():
            for tests, change in _tests(group, f"{part}.{name}"):
                yield msgspec.structs.replace(rule, **{part: {**groups, name: tests}}), change
        if part == "left_out":
            for name in groups:
                rest = {other: tests for other, tests in groups.items() if other != name}
                yield msgspec.structs.replace(rule, left_out=rest), f"left_out.{name} dropped"
    if rule.once is not None:
        yield msgspec.structs.replace(rule, once=None), "once dropped"


def _tests(tests: Tests, where: str) -> Iterator[tuple[Tests, str]]:
    for index, test in enumerate(tests):
        rest = tests[:index] + tests[index + 1 :]
        if rest:
            yield rest, f"{where}: {_name(test)} dropped"
        if test.op in FLIPS:
            flipped = msgspec.structs.replace(test, op=FLIPS[test.op])
            yield (*tests[:index], flipped, *tests[index + 1 :]), f"{where}: {_name(test)} → {flipped.op}"


def _name(test: Test) -> str:
    return f"{test.column}|{test.op}"
