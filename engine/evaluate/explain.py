"""Why a rule did or did not fire: the outcome, the first condition that failed, and the values that were read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from engine.conditions.operators import OPERATORS
from engine.evaluate.bound import BoundRule
from engine.evaluate.interpret import Step, Trace, decide, items
from engine.evaluate.program import Program
from engine.evaluate.report import Report
from engine.evaluate.wording import plain, shown
from engine.features.view import View
from engine.model.expressions import Literal, Many, Other, Words
from engine.model.rule import CheckRule

MATCHED = "matched"
NOT_MATCHED = "not_matched"
NOT_APPLICABLE = "not_applicable"
NOT_CHECKED = "not_checked"
SUPPRESSED = "suppressed"
ERROR = "error"

ITEMS_SHOWN = 20


class ReadValue(Struct, frozen=True):
    """One comparison: the condition as the rule writes it, what was read, with what it was compared, the answer."""

    condition: str
    selection: str | None
    value: Any
    operator: str
    against: Any
    answer: bool | None


class Explanation(Struct, frozen=True):
    """The answer to "why?" and "why not?". `first_failing` is the comparison that decided against the rule."""

    rule: str
    outcome: str
    reason: dict[str, str]
    read: tuple[ReadValue, ...] = ()
    first_failing: ReadValue | None = None
    items: int | None = None


def explain(rule: CheckRule, program: Program, view: View, report: Report) -> Explanation:
    """Explain one rule of a report."""
    index = program.by_id.get(rule.id)
    if index is None:
        return _not_live(rule, view)
    if report.is_foreign:
        en = f"The listing is of {view.listing.marketplace}; this rule is for {rule.marketplace}."
        zh = f"该商品属于 {view.listing.marketplace}，本规则适用于 {rule.marketplace}。"
        return Explanation(rule.id, NOT_APPLICABLE, {"en": en, "zh": zh})
    scope = program.scope_of[index]
    applies = program.applies(view.listing)[scope] if scope is not None else True
    if applies is None:
        en = "The listing's category is not known, so it can't be told whether the rule applies."
        return Explanation(rule.id, NOT_CHECKED, {"en": en, "zh": "商品类目未知，无法判断规则是否适用。"})
    if not applies:
        en = f"The rule is for other categories ({_categories(rule)})."
        return Explanation(rule.id, NOT_APPLICABLE, {"en": en, "zh": f"规则适用于其他类目（{_categories(rule)}）。"})
    bound = program.rules[index]
    for error in report.errors:
        if error.rule == rule.id:
            reason = {"en": f"The rule crashed: {error.cause}", "zh": f"规则执行出错：{error.cause}"}
            return Explanation(rule.id, ERROR, reason)
    return _left_aside(rule, report) or _decided(rule, bound, view, report)


def _left_aside(rule: CheckRule, report: Report) -> Explanation | None:
    """A rule that was not evaluated, or whose finding says nothing: time ran out, the source has no such field."""
    if any(finding.rule == rule.id for finding in (*report.bare_findings, *report.waived)):
        return None
    for entry in report.not_checked:
        if entry.rule == rule.id and entry.reason == "out_of_time":
            reason = {"en": "Time ran out before this rule.", "zh": "检查超时，本规则未执行。"}
            return Explanation(rule.id, NOT_CHECKED, reason)
        if entry.rule == rule.id and entry.reason == "not_in_source":
            fields = ", ".join(entry.missing)
            en = f"The source of the listing has no place for {fields}, so nothing can be said of it."
            return Explanation(rule.id, NOT_CHECKED, {"en": en, "zh": f"数据来源不含 {fields}，无法判断。"})
    return None


def _decided(rule: CheckRule, bound: BoundRule, view: View, report: Report) -> Explanation:
    """The conditions were evaluated: show how they went."""
    number: int | None = None
    candidates: list[Any] = [None]
    if rule.each is not None:
        members = items(bound, view)
        if members is None:
            en = f"{rule.each.collection} is not known for this listing."
            return Explanation(rule.id, NOT_CHECKED, {"en": en, "zh": f"该商品缺少 {rule.each.collection}。"})
        candidates, number = list(members), len(members)
        if not candidates:
            en = f"The listing has no {rule.each.collection}."
            return Explanation(rule.id, NOT_MATCHED, {"en": en, "zh": f"该商品没有 {rule.each.collection}。"}, items=0)
    decided: list[tuple[bool | None, Trace]] = []
    for item in candidates:
        trace = Trace()
        decided.append((decide(bound, view, item, trace), trace))
    answer, trace = next((pair for pair in decided if pair[0] is True), None) or next(
        (pair for pair in decided if pair[0] is None), decided[0]
    )
    shown_steps = [step for _, other in decided[:ITEMS_SHOWN] for step in other.steps] if number else trace.steps
    read = tuple(_read(bound, step) for step in shown_steps)
    if answer:
        waived = [finding for finding in report.waived if finding.rule == rule.id]
        if waived and not any(finding.rule == rule.id for finding in report.bare_findings):
            waiver = waived[0].waiver
            reason = {
                "en": f"A waiver accepts it until {waiver.until}: {waiver.reason}",
                "zh": f"已豁免至 {waiver.until}：{waiver.reason}",
            }
            return Explanation(rule.id, SUPPRESSED, reason, read, items=number)
        reason = next(f.message for f in report.bare_findings if f.rule == rule.id)
        return Explanation(rule.id, MATCHED, reason, read, items=number)
    failing = _first_failing(trace, answer)
    first = _read(bound, failing) if failing is not None else None
    outcome = NOT_CHECKED if answer is None else NOT_MATCHED
    return Explanation(rule.id, outcome, _why_not(first, answer), read, first, number)


def _first_failing(trace: Trace, answer: bool | None) -> Step | None:
    """The comparison that decided: the first unknown one, else the last one made (and/or stop at what decides)."""
    if answer is None:
        return next((step for step in trace.steps if step.answer is None), None)
    failed = [step for step in trace.steps if step.answer is False]
    return failed[0] if failed else trace.steps[-1]


def _why_not(first: ReadValue | None, answer: bool | None) -> dict[str, str]:
    if first is None:
        return {"en": "No condition was evaluated.", "zh": "没有可评估的条件。"}
    if answer is None:
        return {
            "en": f'"{first.condition}" is not known for this listing, so the rule could not be decided.',
            "zh": f"该商品缺少“{first.condition}”，规则无法判断。",
        }
    en_op, zh_op = OPERATORS[first.operator].en, OPERATORS[first.operator].zh
    value, against = shown(first.value), shown(first.against)
    if first.answer:
        return {
            "en": f'"{first.condition}" was {value}. It {en_op} {against}, and that excludes the rule.',
            "zh": f"“{first.condition}”为 {value}，{zh_op} {against}，因此排除本规则。",
        }
    return {
        "en": f'"{first.condition}" was {value}. The rule fires only if it {en_op} {against}.',
        "zh": f"“{first.condition}”为 {value}；只有{zh_op} {against} 时规则才会触发。",
    }


def _read(bound: BoundRule, step: Step) -> ReadValue:
    test = step.test
    prefix = f"{bound.rule.each.item}." if bound.rule.each is not None and test.ref.item else ""
    against = step.against
    match test.value:
        case Words(id=list_id):
            against = f"@{list_id}"
        case Literal() if test.op == "re":
            against = test.value.value
        case Many() | Other() | _:
            against = plain(against)
    value = plain(step.value)
    return ReadValue(prefix + str(test), step.selection, value, test.op, against, step.answer)


def _not_live(rule: CheckRule, view: View) -> Explanation:
    reason = {
        "en": f"The rule is not in force on {view.as_of} (it starts on {rule.effective_from}).",
        "zh": f"规则在 {view.as_of} 未生效（生效日 {rule.effective_from}）。",
    }
    if rule.effective_until is not None and view.as_of >= rule.effective_until:
        reason = {
            "en": f"The rule ended on {rule.effective_until}.",
            "zh": f"规则已于 {rule.effective_until} 失效。",
        }
    return Explanation(rule.id, NOT_APPLICABLE, reason)


def _categories(rule: CheckRule) -> str:
    names = [*rule.categories, *(f"not {name}" for name in rule.not_categories)]
    return ", ".join(names)
