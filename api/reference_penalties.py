"""The pages of offences and ladders: what a violation costs, and what follows when points add up."""

from __future__ import annotations

from typing import Any

import msgspec

from api.reference import WORDS, code_span, escaped, parameter_data, parameter_rows, source_lines, table, valued
from engine.model.ladder import ACTIONS, LadderRule, Measure
from engine.model.offence import Contest, OffenceRule
from engine.model.rule import AnyRule

TERMS = {
    "en": {
        "rule": "Rule", "ladder": "Counted in", "status": "Status", "revision": "Revision", "effective": "In force",
        "applies": "Applies to", "until": "until", "grades": "What it costs", "grade": "Grade", "points": "Points",
        "step": "Reaches at once", "at_most": "at most", "product": "per product", "then": "then", "terms": "Terms",
        "memory": "An earlier case counts for {} days", "cap": "At most {} points a day, shared by {}",
        "once_every": "Cases within {} days of the first of them count as one",
        "once_first": "Cases within {} days of the very first count as one", "taken": "Taken as {}: {}",
        "products_above": "more than {} products", "share_from": "from a share of {} of the online products",
        "cases_from": "from the {}th case of the grade {} in a month", "flag": "flagged {}",
        "times": "Points times {}: {}", "nth": "from the {}th case on", "appeal": "Appeal", "complaint": "Complaint",
        "days": "within {} days", "working": "within {} working days", "attempts": "{} attempts",
        "never": "not when {}", "recorded_from": "not for records before {}", "findings": "Findings that would be this",
        "unit": "Unit", "lapse": "Lapses", "steps": "Steps", "node": "At", "actions": "What follows",
        "entity": "On other stores of the same owner", "every": "and each further {}", "below": "below",
        "lapse_days": "each entry {} days after its own moment", "lapse_calendar": "all at the end of a quarter ({})",
        "lapse_never": "never", "case": "cases", "entry": "entries", "lasts_step": "while held", "lasts_open": "open",
        "lasts_days": "{} days", "stated": "{} days unless the record states them", "amount": "to {} within {} days",
    },
    "zh": {
        "rule": "规则", "ladder": "计入", "status": "状态", "revision": "修订号", "effective": "生效",
        "applies": "适用范围", "until": "至", "grades": "扣分标准", "grade": "等级", "points": "分值",
        "step": "直接到达", "at_most": "最高", "product": "每个商品", "then": "其后", "terms": "计分方式",
        "memory": "先前案件在 {} 天内计入", "cap": "每天最多 {} 分，{} 共用",
        "once_every": "首个案件起 {} 天内的案件合并计一次", "once_first": "首次违规起 {} 天内的案件合并计一次",
        "taken": "按“{}”处理：{}", "products_above": "商品数超过 {}", "share_from": "占在线商品比例达到 {}",
        "cases_from": "当月第 {} 次（等级 {}）起", "flag": "标记为 {}", "times": "分值乘以 {}：{}", "nth": "第 {} 次起",
        "appeal": "申诉", "complaint": "投诉", "days": "{} 天内", "working": "{} 个工作日内", "attempts": "{} 次机会",
        "never": "{} 的除外", "recorded_from": "{} 之前的记录除外", "findings": "对应的诊断结果", "unit": "单位",
        "lapse": "失效", "steps": "处罚节点", "node": "节点", "actions": "处罚", "entity": "同主体其他店铺",
        "every": "此后每 {}", "below": "低于", "lapse_days": "每次扣分自其时刻起 {} 天后失效",
        "lapse_calendar": "每季度清零（{}）", "lapse_never": "不失效", "case": "案件", "entry": "记分",
        "lasts_step": "在该节点期间", "lasts_open": "无期限", "lasts_days": "{} 天", "stated": "{} 天，以记录为准",
        "amount": "至 {}，{} 天内",
    },
}  # fmt: skip


def offence_page(rule: OffenceRule, lang: str = "en") -> str:
    """The page of an offence in Markdown."""
    words, terms = WORDS[lang], TERMS[lang]
    lines = page_head(rule, lang, [(terms["ladder"], f"`{rule.ladder}`")])
    lines += [f"## {terms['grades']}", ""]
    lines += table((terms["grade"], terms["points"], terms["step"]), [_grade(grade, lang) for grade in rule.grades])
    if said := _terms(rule, lang):
        lines += [f"## {terms['terms']}", "", *(f"- {line}" for line in said), ""]
    for name, contest in (("appeal", rule.appeal), ("complaint", rule.complaint)):
        if contest is not None:
            lines += [f"## {terms[name]}", "", *(f"- {line}" for line in _contest(contest, lang)), ""]
    if rule.codes:
        lines += [f"## {terms['findings']}", "", *(f"- `{code}` ({grade})" for code, grade in rule.codes.items()), ""]
    return (
        "\n".join([*lines, *page_tail(rule, lang), f"## {words['examples']}", "", *_cases(rule, lang)]).rstrip() + "\n"
    )


def ladder_page(rule: LadderRule, lang: str = "en") -> str:
    """The page of a ladder in Markdown."""
    words, terms = WORDS[lang], TERMS[lang]
    lapse = terms[f"lapse_{rule.lapse}"].format(code_span(f"${rule.life or rule.reset}"))
    lines = page_head(rule, lang, [(terms["unit"], rule.unit), (terms["lapse"], lapse)])
    lines += [f"## {terms['steps']}", ""]
    rows = []
    for step in rule.steps:
        node = "" if step.at is None else code_span(f"${step.at}")
        if rule.direction == "deduct":
            node = f"{terms['below']} {node}"
        if step.every is not None:
            node += f", {terms['every'].format(code_span(f'${step.every}'))}"
        own, entity = (_measures(given, lang) for given in (step.actions, step.entity))
        rows.append((f"`{step.id}` {escaped(step.title[lang])}", node, own, entity))
    lines += table((terms["step"], terms["node"], terms["actions"], terms["entity"]), rows)
    lines += [*page_tail(rule, lang), f"## {words['examples']}", ""]
    for example in rule.examples:
        entries = "; ".join(f"{row.at} {row.step or row.orders or row.points}" for row in example.entries)
        held = ", ".join((example.step or "", *example.enforcement)).strip(", ")
        lines.append(f"- {escaped(example.name)}: {code_span(entries)} → {example.as_of}: {example.balance} {held}")
    return "\n".join(lines).rstrip() + "\n"


def penalty_data(rule: AnyRule) -> dict[str, Any]:
    """A rule as data: everything its file says but its place on this machine's disk."""
    data: dict[str, Any] = msgspec.to_builtins(rule)
    data.pop("file", None)
    data.pop("parameters", None)
    return {
        **data,
        "kind": rule.kind,
        "params": {name: parameter_data(parameter) for name, parameter in rule.parameters.items()},
    }


def page_head(rule: Any, lang: str, more: list[tuple[str, str]]) -> list[str]:
    """What stands above the page of a rule of these kinds: a table of facts, and why."""
    words, terms = WORDS[lang], TERMS[lang]
    until = f" {terms['until']} {rule.effective_until}" if rule.effective_until else ""
    rows = [
        (terms["rule"], f"`{rule.id}` {rule.name}"),
        *more,
        (terms["status"], valued(rule.status, lang)),
        (terms["revision"], str(rule.revision)),
        (terms["effective"], f"{rule.effective_from}{until}"),
        (terms["applies"], rule.marketplace),
    ]
    lines = [f"# {rule.id} {escaped(rule.title[lang])}", "", *table((words["param"], words["value"]), rows)]
    return [*lines, f"## {words['why']}", "", escaped(rule.why[lang]), ""]


def page_tail(rule: AnyRule, lang: str) -> list[str]:
    """Parameters, notes and sources."""
    words = WORDS[lang]
    head = tuple(words[key] for key in ("param", "since", "value", "unit", "origin", "note"))
    lines = [f"## {words['params']}", ""]
    lines += table(head, [row for p in rule.parameters.values() for row in parameter_rows(p, lang)])
    notes = getattr(rule, "notes", None)
    if notes:
        lines += [f"## {words['notes']}", "", escaped(notes[lang]), ""]
    return [*lines, *source_lines(rule, lang), ""]


def _grade(grade: Any, lang: str) -> tuple[str, ...]:
    terms = TERMS[lang]
    points = f", {terms['then']} ".join(code_span(f"${name}") for name in grade.points)
    if grade.at_most:
        points = f"{terms['at_most']} {points}"
    if grade.per == "product":
        points += f" {terms['product']}"
    return f"`{grade.id}` {escaped(grade.title[lang])}", points, f"`{grade.step}`" if grade.step else ""


def _terms(rule: OffenceRule, lang: str) -> list[str]:
    terms = TERMS[lang]
    said = []
    if rule.memory is not None:
        said.append(terms["memory"].format(code_span(f"${rule.memory}")))
    if rule.once is not None:
        said.append(terms[f"once_{rule.once.scope}"].format(code_span(f"${rule.once.days}")))
    if rule.cap is not None:
        said.append(terms["cap"].format(code_span(f"${rule.cap}"), code_span(rule.family)))
    for entry in rule.raises:
        name = next(key for key in ("products_above", "share_from", "cases_from", "flag") if getattr(entry, key))
        value = getattr(entry, name)
        shown = code_span(value if name == "flag" else f"${value}")
        said.append(terms["taken"].format(entry.to, terms[name].format(shown, entry.of)))
    for item in rule.multiplies:
        when = terms["flag"].format(code_span(item.flag)) if item.flag else terms["nth"].format(f"`${item.cases_from}`")
        said.append(terms["times"].format(code_span(f"${item.times}"), when))
    return said


def _contest(contest: Contest, lang: str) -> list[str]:
    terms = TERMS[lang]
    said = [terms["working" if contest.working else "days"].format(code_span(f"${contest.days}"))]
    if contest.attempts is not None:
        said.append(terms["attempts"].format(code_span(f"${contest.attempts}")))
    if contest.never:
        said.append(terms["never"].format(", ".join(code_span(flag) for flag in contest.never)))
    if contest.recorded_from is not None:
        said.append(terms["recorded_from"].format(code_span(f"${contest.recorded_from}")))
    return [*said, *(escaped(proof.title[lang]) for proof in contest.evidence)]


def _measures(measures: tuple[Measure, ...], lang: str) -> str:
    terms = TERMS[lang]
    said = []
    for measure in measures:
        text = escaped(getattr(ACTIONS[measure.action], lang))
        if measure.amount is not None:
            text += " " + terms["amount"].format(f"`${measure.amount}` {measure.currency}", f"`${measure.due}`")
        elif measure.lasts == "days":
            text += " " + terms["stated" if measure.stated else "lasts_days"].format(f"`${measure.days}`")
        elif measure.lasts == "step":
            text += f" {terms['lasts_step']}"
        said.append(text)
    return "; ".join(said)


def _cases(rule: OffenceRule, lang: str) -> list[str]:
    lines = []
    for example in rule.examples:
        cases = "; ".join(
            " ".join(filter(None, (case.at, case.offence, case.grade, *case.flags, f"→ {case.points}", case.step)))
            for case in example.cases
        )
        lines.append(f"- {escaped(example.name)}: {code_span(cases)}")
    return lines
