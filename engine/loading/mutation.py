"""Mutants of rules: each changes one small thing, and some example of the rule must notice.

A mutant that every example survives shows a part of the rule that no example proves. Only the meaning of the condition
is compared, by the plain interpreter: nothing is compiled, so that a whole pack takes seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from engine.evaluate.bound import BoundRule
from engine.evaluate.interpret import decide, items
from engine.features.registry import SUBJECTS
from engine.features.view import View
from engine.loading.example_run import Stage
from engine.model.expressions import And, Comparison, Expr, Literal, Many, Named, Not, Or, Other, Param, comparisons
from engine.model.rule import CheckRule, Parameter

if TYPE_CHECKING:
    from engine.pack import Pack

FLIPS = {"gt": "gte", "gte": "gt", "lt": "lte", "lte": "lt", "eq": "ne", "ne": "eq", "in": "not_in", "not_in": "in"}
DAY = timedelta(days=1)
MAX_LISTED = 5
"""Alternatives of a list in a condition that are dropped one by one; longer lists are data, not logic."""


class Mutant(Struct, frozen=True):
    """`rule` with one change; `change` says which, `line` where (0: not known)."""

    rule: CheckRule
    change: str
    line: int = 0


class Survivor(Struct, frozen=True, order=True):
    """A mutant that no example notices."""

    file: str
    line: int
    rule: str
    change: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.rule} {self.change}"


def survivors(pack: Pack, rule_ids: Iterable[str] | None = None) -> Iterator[Survivor]:
    """The mutants of the rules (all by default) that every example survives."""
    for rule_id in rule_ids if rule_ids is not None else pack.all_rules:
        if rule_id not in pack.rules:
            yield from _other_survivors(pack, rule_id)
            continue
        rule = pack.rules[rule_id]
        scenes = [_Scene(pack, stage) for stage in (Stage(pack, example) for example in rule.examples)]
        expected = [scene.outcome(rule) for scene in scenes]
        for mutant in mutants(rule, pack.path.parent):
            if all(scene.outcome(mutant.rule) == known for scene, known in zip(scenes, expected, strict=True)):
                yield Survivor(rule.file, mutant.line, rule.id, mutant.change)


def _other_survivors(pack: Pack, rule_id: str) -> Iterator[Survivor]:
    """Mutants of the other kinds of rule, which their own modules know."""
    rule: Any = pack.all_rules[rule_id]
    if rule.kind in ("offence", "ladder"):
        from engine.loading.ledger_examples import unnoticed

        for change in unnoticed(pack, rule):
            yield Survivor(rule.file, 1, rule_id, change)
    if rule.kind in ("indicator", "score"):
        from engine.loading import score_examples

        for change in score_examples.unnoticed(pack, rule):
            yield Survivor(rule.file, 1, rule_id, change)


class _Scene:
    """One example, set up once for all mutants: what was measured stays measured."""

    def __init__(self, pack: Pack, stage: Stage) -> None:
        self._lists = pack.resources.lists
        self._as_of = stage.as_of
        self._view = View(stage.listing, pack.resources, as_of=stage.as_of, store=stage.store, peers=stage.peers)
        category = pack.resources.taxonomy.resolve(stage.listing.category_id, stage.listing.category_path)
        self._lineage = None if category is None else {category.id, *category.ancestors}

    def outcome(self, rule: CheckRule) -> str:
        """fail, pass, not_checked, not_applicable or error: what the rule says of the example."""
        if not rule.is_live(self._as_of):
            return "not_applicable"
        if rule.categories or rule.not_categories:
            if self._lineage is None:
                return "not_checked"
            wanted = not rule.categories or not self._lineage.isdisjoint(rule.categories)
            if not wanted or not self._lineage.isdisjoint(rule.not_categories):
                return "not_applicable"
        try:
            return self._decided(BoundRule(rule, self._as_of, SUBJECTS[rule.subject], self._lists))
        except Exception:  # a crashing rule is a result
            return "error"

    def _decided(self, bound: BoundRule) -> str:
        if bound.rule.each is None:
            answers = [decide(bound, self._view)]
        else:
            members = items(bound, self._view)
            answers = [None] if members is None else [decide(bound, self._view, item) for item in members]
        if any(answers):
            return "fail"
        return "not_checked" if None in answers else "pass"


def mutants(rule: CheckRule, folder: Path = Path()) -> Iterator[Mutant]:
    """Every mutant of a rule, no two with the same condition. The rule's file lies below `folder`."""
    seen = {rule.when}
    for when, change, line in _Changes(rule).of(rule.when):
        if when not in seen:
            seen.add(when)
            yield Mutant(msgspec.structs.replace(rule, when=when), change, line)
    lines = _parameter_lines(rule, folder / rule.file)
    read = _parameters_read(rule.when)
    for name, parameter in rule.parameters.items():
        for changed, change in _parameters(parameter, is_read=name in read):
            yield Mutant(_with_parameter(rule, changed), f"params.{name} {change}", lines.get(name, 0))
    yield from _scopes(rule)


def _scopes(rule: CheckRule) -> Iterator[Mutant]:
    for step, sign in ((DAY, "+1 day"), (-DAY, "-1 day")):
        yield Mutant(_begun(rule, step), f"effective.from {sign}")
        if rule.effective_until is not None:
            until = rule.effective_until + step
            yield Mutant(msgspec.structs.replace(rule, effective_until=until), f"effective.until {sign}")
    if rule.categories:
        yield Mutant(msgspec.structs.replace(rule, categories=()), "applies_to.categories dropped")
    if rule.not_categories:
        yield Mutant(msgspec.structs.replace(rule, not_categories=()), "applies_to.not_categories dropped")


def _begun(rule: CheckRule, step: timedelta) -> CheckRule:
    """The rule begun another day, with the parameters that begin with it: without a value they would keep it back."""
    parameters = {
        name: _with_entry(parameter, 0, msgspec.structs.replace(first, since=first.since + step))
        if (first := parameter.history[0]).since == rule.effective_from
        else parameter
        for name, parameter in rule.parameters.items()
    }
    return msgspec.structs.replace(rule, effective_from=rule.effective_from + step, parameters=parameters)


# Conditions ---------------------------------------------------------------------------------------------------------

Changed = tuple[Expr, str, int]


class _Changes:
    """The one-place changes of a rule's condition."""

    def __init__(self, rule: CheckRule) -> None:
        registry = SUBJECTS[rule.subject]
        self._features = registry.features
        self._fields = registry.collections[rule.each.collection.name].item if rule.each else {}

    def of(self, expr: Expr) -> Iterator[Changed]:
        """Every tree that differs from `expr` in one place, with what was changed and its line."""
        match expr:
            case Comparison():
                yield from _comparisons(expr)
            case Named(name=name, item=item):
                yield Not(item), f'selection "{name}" negated', _line(item)
                for changed, change, line in self.of(item):
                    yield Named(name, changed), change, line
            case Not(item=item):
                for changed, change, line in self.of(item):
                    yield Not(changed), change, line
            case And(items=parts) | Or(items=parts):
                yield from self._joined(expr, parts)

    def _joined(self, expr: And | Or, parts: tuple[Expr, ...]) -> Iterator[Changed]:
        for index, part in enumerate(parts):
            rest = parts[:index] + parts[index + 1 :]
            if rest and not (isinstance(expr, And) and self._is_formality(part)):
                dropped = rest[0] if len(rest) == 1 else type(expr)(rest)
                yield dropped, f"{_called(part)} dropped", _line(part)
            for changed, change, line in self.of(part):
                yield type(expr)((*parts[:index], changed, *parts[index + 1 :])), change, line

    def _is_formality(self, expr: Expr) -> bool:
        """`hit.term|exists: true` of a field that always exists says "every hit": without it nothing changes."""
        while isinstance(expr, Named):
            expr = expr.item
        if not isinstance(expr, Comparison) or expr.op != "exists" or expr.value != Literal.of(True):
            return False
        known = self._fields.get(expr.ref.name) if expr.ref.item else self._features.get(expr.ref.name)
        return known is not None and not known.nullable


def _comparisons(test: Comparison) -> Iterator[Changed]:
    if test.op in FLIPS:
        flipped = msgspec.structs.replace(test, op=FLIPS[test.op])
        yield flipped, f"{test} → {FLIPS[test.op]}", test.line
    match test.value:
        case Literal(kind="int" | "decimal") as literal:
            for value in _steps(literal):
                yield msgspec.structs.replace(test, value=value), f"{test} {literal.text} → {value.text}", test.line
        case Other(times=Literal() as times):
            for value in _steps(times):
                other = msgspec.structs.replace(test.value, times=value)
                yield msgspec.structs.replace(test, value=other), f"{test} times {times.text} → {value.text}", test.line
        case Many(items=members) if 1 < len(members) <= MAX_LISTED:
            for index, member in enumerate(members):
                fewer = Many(members[:index] + members[index + 1 :])
                name = member.text if isinstance(member, Literal) else f"${member.name}"
                yield msgspec.structs.replace(test, value=fewer), f'{test} without "{name}"', test.line


def _steps(literal: Literal) -> Iterator[Literal]:
    """One smallest unit (of the digits that are written) more, and one less."""
    value = Decimal(literal.text)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return
    unit = Decimal(1).scaleb(min(exponent, 0))
    for changed in (value + unit, value - unit):
        yield Literal(str(int(changed)) if literal.kind == "int" else str(changed), literal.kind)


def _called(expr: Expr) -> str:
    match expr:
        case Named(name=name):
            return f'selection "{name}"'
        case Not(item=item):
            return f"not {_called(item)}"
        case Comparison():
            return str(expr)
        case And(items=items) | Or(items=items):
            joint = " and " if isinstance(expr, And) else " or "
            return f"({joint.join(map(_called, items))})"


def _line(expr: Expr) -> int:
    return next((test.line for test in comparisons(expr)), 0)


# Parameters ---------------------------------------------------------------------------------------------------------


def _parameters(parameter: Parameter, *, is_read: bool) -> Iterator[tuple[Parameter, str]]:
    """Numbers of the history one step off (when a condition reads them), and its dates one day off."""
    for index, dated in enumerate(parameter.history):
        if is_read and len(dated.values) == 1 and dated.values[0].kind in {"int", "decimal"}:
            for value in _steps(dated.values[0]):
                changed = msgspec.structs.replace(dated, values=(value,))
                yield _with_entry(parameter, index, changed), f"{dated.since} {dated.values[0].text} → {value.text}"
        if is_read and 1 < len(dated.values) <= MAX_LISTED:
            for position, value in enumerate(dated.values):
                fewer = dated.values[:position] + dated.values[position + 1 :]
                changed = msgspec.structs.replace(dated, values=fewer)
                yield _with_entry(parameter, index, changed), f'{dated.since} without "{value.text}"'
        if index:  # the first date is when the rule begins, which `effective.from` is about
            for step, sign in ((DAY, "+1 day"), (-DAY, "-1 day")):
                changed = msgspec.structs.replace(dated, since=dated.since + step)
                yield _with_entry(parameter, index, changed), f"{dated.since} {sign}"


def _with_entry(parameter: Parameter, index: int, dated: Any) -> Parameter:
    history = (*parameter.history[:index], dated, *parameter.history[index + 1 :])
    return msgspec.structs.replace(parameter, history=history)


def _with_parameter(rule: CheckRule, parameter: Parameter) -> CheckRule:
    return msgspec.structs.replace(rule, parameters={**rule.parameters, parameter.name: parameter})


def _parameters_read(expr: Expr) -> set[str]:
    """The parameters that the condition compares with; those of messages and fixes alone decide nothing."""
    found: set[str] = set()
    for test in comparisons(expr):
        value = test.value
        parts: tuple[Any, ...] = (value,)
        if isinstance(value, Other):
            parts = (value.times, value.plus)
        elif isinstance(value, Many):
            parts = value.items
        found |= {part.name for part in parts if isinstance(part, Param)}
    return found


def _parameter_lines(rule: CheckRule, file: Path) -> Mapping[str, int]:
    """Where each parameter stands in the rule's file, as far as the file can be read."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError:
        return {}
    begin = next((index for index, line in enumerate(lines) if line.startswith("params:")), len(lines))
    found: dict[str, int] = {}
    for index in range(begin + 1, len(lines)):
        if re.match(r"\S", lines[index]):
            break
        name = lines[index].strip().partition(":")[0]
        if name in rule.parameters:
            found.setdefault(name, index + 1)
    return found
