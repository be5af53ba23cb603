"""The pages of indicators and scores: what is counted, and how counts become points, levels and privileges."""

from __future__ import annotations

from api.reference import WORDS, code_span, escaped, table
from api.reference_penalties import page_head, page_tail
from engine.model.indicator import IndicatorRule, Span, Test, Tests
from engine.model.score import Item, ScoreRule

TERMS = {
    "en": {
        "over": "Counted over", "day": "On the day of", "timezone": "Days of", "unit": "Unit", "direction": "Direction",
        "higher_is_better": "higher is better", "lower_is_better": "lower is better", "measure": "What is measured",
        "share": "{} ÷ {}", "mean": "mean of {} over {}", "ratio": "sum of {} ÷ sum of {}", "total": "{} added up",
        "rows": "Only rows that {} counts.", "where": "Rows", "left_out": "Left out by name", "counts": "Counts",
        "once": "Of one {} each count takes the first in a period of {} days alone.", "every": "all rows",
        "window": "The last {} days when they hold {}, else the last {}; below {} not assessed.",
        "long": "The last {} days; below {} not assessed.", "bands": "At risk from {}, a breach from {}.",
        "bands_below": "At risk below {}, a breach below {}.", "of": "of", "items": "Items", "item": "Item",
        "measured_by": "Measured by", "caps": "Points", "curve": "Curve", "levels": "Levels", "level": "Level",
        "from": "From", "privileges": "Privileges", "subject": "Of a", "method": "Method", "sum": "sum of the items",
        "month_mean": "mean of a month's daily {}", "missing": "An item that is not assessed",
        "most": "brings its most points", "scale": "is left out, and the others are scaled up",
        "not_assessed": "leaves the score not assessed", "until_points": "{} to {}", "line": "{} → {}",
        "meets": "most when {} {}", "gte": "at least", "lt": "less than", "evaluated": "Decided",
        "each_month": "on day {} of each month", "some_months": "on day {} of the months {}",
    },
    "zh": {
        "over": "统计对象", "day": "归属日期", "timezone": "时区", "unit": "单位", "direction": "方向",
        "higher_is_better": "越高越好", "lower_is_better": "越低越好", "measure": "指标定义",
        "share": "{} ÷ {}", "mean": "{} 的平均值（{}）", "ratio": "{} 之和 ÷ {} 之和", "total": "{} 合计",
        "rows": "仅统计 {} 计入的记录。", "where": "记录范围", "left_out": "按名称剔除", "counts": "计数",
        "once": "同一 {} 在 {} 天的自然周期内，每种计数只取首条。", "every": "全部记录",
        "window": "近 {} 天满 {} 时按近 {} 天之短窗口，否则按 {} 天；不足 {} 不考核。",
        "long": "近 {} 天；不足 {} 不考核。", "bands": "达到 {} 有风险，达到 {} 不达标。",
        "bands_below": "低于 {} 有风险，低于 {} 不达标。", "of": "共", "items": "评分项", "item": "评分项",
        "measured_by": "依据", "caps": "分值", "curve": "曲线", "levels": "等级", "level": "等级",
        "from": "起始分", "privileges": "权益", "subject": "对象", "method": "算法", "sum": "各项相加",
        "month_mean": "当月每日 {} 的平均值", "missing": "不考核的项目",
        "most": "按满分计", "scale": "剔除后其余项按比例放大",
        "not_assessed": "使总分不考核", "until_points": "{} 至 {}", "line": "{} → {}",
        "meets": "{} {} 时得满分", "gte": "不低于", "lt": "低于", "evaluated": "评定",
        "each_month": "每月 {} 日", "some_months": "{1} 月的 {0} 日",
    },
}  # fmt: skip
SAYS = {
    "eq": "=", "ne": "≠", "in": "∈", "not_in": "∉", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "has": "∋",
    "by": "≤", "missed": "> (∅)", "after": ">", "exists": "∃",
}  # fmt: skip


def indicator_page(rule: IndicatorRule, lang: str = "en") -> str:
    """The page of an indicator in Markdown."""
    words, terms = WORDS[lang], TERMS[lang]
    facts = [
        (terms["over"], f"`{rule.over}`"),
        (terms["day"], f"`{rule.day}`"),
        (terms["timezone"], rule.timezone),
        (terms["unit"], rule.unit),
        (terms["direction"], terms[rule.direction]),
    ]
    lines = page_head(rule, lang, facts)
    lines += [f"## {terms['measure']}", "", f"- {_value(rule, lang)}", f"- {_window(rule, lang)}"]
    if rule.bands is not None:
        key = "bands" if rule.direction == "lower_is_better" else "bands_below"
        lines.append("- " + terms[key].format(f"`${rule.bands.at_risk}`", f"`${rule.bands.breach}`"))
    if rule.rows is not None:
        lines.append("- " + terms["rows"].format(f"`{rule.rows}`"))
    if rule.once is not None:
        lines.append("- " + terms["once"].format(f"`{rule.once.by}`", f"`${rule.once.days}`"))
    lines.append("")
    groups = [("where", {"": rule.where} if rule.where else {}), ("left_out", rule.left_out), ("counts", rule.counts)]
    for key, named in groups:
        if named:
            lines += [f"## {terms[key]}", ""]
            lines += [f"- {_named(name)}{_tests(tests, lang)}" for name, tests in named.items()]
            lines.append("")
    lines += [*page_tail(rule, lang), f"## {words['examples']}", ""]
    for example in rule.examples:
        said = " ".join(filter(None, (example.value or "—", example.band)))
        lines.append(f"- {escaped(example.name)}: {example.as_of} → {said}")
    return "\n".join(lines).rstrip() + "\n"


def score_page(rule: ScoreRule, lang: str = "en") -> str:
    """The page of a score in Markdown."""
    words, terms = WORDS[lang], TERMS[lang]
    method = terms[rule.method].format(f"`{rule.of_score}`")
    facts = [(terms["subject"], rule.subject), (terms["method"], method)]
    if rule.items:
        facts.append((terms["missing"], terms[rule.missing]))
    if rule.evaluated is not None:
        key = "some_months" if rule.evaluated.months else "each_month"
        facts.append((terms["evaluated"], terms[key].format(f"`${rule.evaluated.day}`", f"`${rule.evaluated.months}`")))
    lines = page_head(rule, lang, facts)
    if rule.items:
        lines += [f"## {terms['items']}", ""]
        head = (terms["item"], terms["measured_by"], terms["caps"], terms["curve"])
        lines += table(head, [_item(item, lang) for item in rule.items])
    if rule.levels:
        lines += [f"## {terms['levels']}", ""]
        rows = []
        for level in rule.levels:
            given = "; ".join(f"{escaped(p.title[lang])} `${p.value}`" for p in level.privileges)
            at = f"`${level.at}`" if level.at is not None else ""
            rows.append((f"`{level.id}` {escaped(level.title[lang])}", at, given))
        lines += table((terms["level"], terms["from"], terms["privileges"]), rows)
    lines += [*page_tail(rule, lang), f"## {words['examples']}", ""]
    for example in rule.examples:
        given = ", ".join(example.days) or ", ".join(f"{name} {value}" for name, value in example.values.items())
        said = " ".join(filter(None, (example.score or "—", example.level)))
        lines.append(f"- {escaped(example.name)}: {code_span(given or '—')} → {said}")
    return "\n".join(lines).rstrip() + "\n"


def _value(rule: IndicatorRule, lang: str) -> str:
    terms, value = TERMS[lang], rule.value
    part, of = (" + ".join(f"`{name}`" for name in names) for names in (value.parts, value.of))
    match value.kind:
        case "share":
            return terms["share"].format(part, of)
        case "mean":
            return terms["mean"].format(f"`{value.column}`", part)
        case "ratio":
            return terms["ratio"].format(f"`{value.column}`", f"`{value.over}`")
        case _:
            return terms["total"].format(f"`{value.column}`" if value.column else of)


def _window(rule: IndicatorRule, lang: str) -> str:
    window, terms = rule.window, TERMS[lang]
    if window.short is None:
        return terms["long"].format(f"`${window.long}`", f"`${window.minimum}`")
    names = [f"`${name}`" for name in (window.short, window.enough, window.long, window.minimum)]
    if lang == "zh":
        names.insert(2, f"`${window.short}`")
    return terms["window"].format(*names)


def _named(name: str) -> str:
    return f"`{name}`: " if name else ""


def _tests(tests: Tests, lang: str) -> str:
    return "; ".join(code_span(_test(test)) for test in tests) or TERMS[lang]["every"]


def _test(test: Test) -> str:
    return f"{test.column} {SAYS[test.op]} {_operand(test)}"


def _operand(test: Test) -> str:
    if test.span is not None:
        return _span(test.span)
    if test.parameter is not None:
        return f"${test.parameter}"
    return ", ".join(literal.text for literal in test.values)


def _span(span: Span) -> str:
    return span.of if span.amount is None else f"{span.of} + ${span.amount} {span.unit}"


def _item(item: Item, lang: str) -> tuple[str, ...]:
    terms = TERMS[lang]
    least = f"`${item.least}`" if item.least is not None else "0"
    if item.meets is not None:
        curve = terms["meets"].format(terms[item.meets], f"`${item.at}`")
    else:
        curve = terms["line"].format(f"`${item.values}`", f"`${item.points}`")
    caps = terms["until_points"].format(least, f"`${item.most}`")
    return f"`{item.id}` {escaped(item.title[lang])}", f"`{item.of}`", caps, curve
