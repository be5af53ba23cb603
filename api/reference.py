"""One rule as a page, in either language: Markdown, and HTML made from the very same Markdown.

The HTTP service, the generated reference and the command line all show this page.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from engine.conditions.operators import OPERATORS
from engine.model.expressions import And, Comparison, Expr, Literal, Many, Named, Not, Or, Other, Param, Words
from engine.model.rule import AnyRule, CheckRule, Parameter

WORDS = {
    "en": {
        "id": "Rule", "code": "Code", "section": "Section", "severity": "Severity", "confidence": "Confidence",
        "mode": "Mode", "status": "Status", "revision": "Revision", "effective": "In force", "applies": "Applies to",
        "why": "Why", "when": "When it fires", "each": "The conditions run once for each of {} (as {}).",
        "message": "What it says", "params": "Parameters", "param": "Parameter", "value": "Value", "unit": "Unit",
        "since": "Since", "origin": "Origin", "note": "Note", "fix": "Fix", "source": "Source",
        "fires": "Fires on", "passes": "Passes", "examples": "Examples", "notes": "Notes", "until": "until",
        "retrieved": "retrieved", "all": "all of:", "any": "any of:", "not": "not:", "platform": "platform",
        "house": "ours", "categories": "categories", "not_categories": "not categories", "replaced": "Replaced by",
        "selection": "{}:", "then": "becomes", "times": "times", "plus": "plus", "any_item": "any item",
        "all_items": "every item", "count": "number of", "length": "length of",
    },
    "zh": {
        "id": "规则", "code": "代码", "section": "板块", "severity": "严重程度", "confidence": "置信度",
        "mode": "处理方式", "status": "状态", "revision": "修订号", "effective": "生效", "applies": "适用范围",
        "why": "原因", "when": "触发条件", "each": "对每个 {}（记作 {}）分别判断。",
        "message": "提示内容", "params": "参数", "param": "参数", "value": "取值", "unit": "单位",
        "since": "起始日期", "origin": "来源", "note": "说明", "fix": "修复", "source": "规则出处",
        "fires": "会触发", "passes": "不触发", "examples": "示例", "notes": "备注", "until": "至",
        "retrieved": "查阅于", "all": "同时满足：", "any": "满足任一：", "not": "不满足：", "platform": "平台",
        "house": "自定", "categories": "类目", "not_categories": "排除类目", "replaced": "替代规则",
        "selection": "{}：", "then": "修复后", "times": "乘以", "plus": "加", "any_item": "任一项",
        "all_items": "每一项", "count": "数量：", "length": "长度：",
    },
}  # fmt: skip
VALUES = {
    "zh": {
        "error": "错误", "warning": "警告", "info": "提示", "high": "高", "medium": "中", "low": "低",
        "shadow": "仅记录", "warn": "警告", "block": "拦截", "experimental": "试行", "stable": "稳定",
        "deprecated": "已弃用", "safe": "可直接应用", "suggested": "建议", "manual": "需人工处理",
        "products": "商品", "transactions": "交易", "store": "店铺", "marketing": "营销", "account": "账号",
        "analytics": "数据", "violations": "违规",
    },
}  # fmt: skip


def check_page(rule: CheckRule, lang: str = "en") -> str:
    """The page of a check in Markdown."""
    words = WORDS[lang]
    lines = [f"# {rule.id} {escaped(rule.title[lang])}", ""]
    lines += table((words["param"], words["value"]), _facts(rule, lang))
    lines += [f"## {words['why']}", "", escaped(rule.why[lang]), ""]
    lines += [f"## {words['when']}", ""]
    if rule.each is not None:
        lines += [words["each"].format(f"`{rule.each.collection}`", f"`{rule.each.item}`"), ""]
    lines += [*_condition(rule.when, lang, 0, rule.each.item if rule.each else ""), ""]
    lines += [f"## {words['message']}", "", f"> {escaped(rule.message[lang])}", ""]
    if rule.parameters:
        lines += [f"## {words['params']}", ""]
        head = (words["param"], words["since"], words["value"], words["unit"], words["origin"], words["note"])
        lines += table(head, [row for p in rule.parameters.values() for row in parameter_rows(p, lang)])
    if rule.fix is not None:
        kind = valued(rule.fix.applicability, lang)
        lines += [f"## {words['fix']}", "", f"{escaped(rule.fix.label[lang])} (`{rule.fix.operation}`, {kind})", ""]
    lines += source_lines(rule, lang)
    lines += ["", f"## {words['examples']}", ""]
    for heading, fires in ((words["fires"], True), (words["passes"], False)):
        lines += [f"### {heading}", "", *_examples(rule, fires, words["then"])]
    if rule.notes:
        lines += [f"## {words['notes']}", "", escaped(rule.notes[lang]), ""]
    return "\n".join(lines).rstrip() + "\n"


def source_lines(rule: AnyRule, lang: str) -> list[str]:
    """The heading and the list of the sources of a rule."""
    words = WORDS[lang]
    lines = [f"## {words['source']}", ""]
    for source in rule.sources:
        named = f"{escaped(source.publisher)} {source.id}, {escaped(source.clause)}"
        lines.append(f"- [{named}](<{source.url}>), {words['retrieved']} {source.retrieved}")
    return lines


def check_data(rule: CheckRule) -> dict[str, Any]:
    """The same page as data: everything the file says but its place on this machine's disk."""
    examples = [
        {
            key: value
            for key, value in msgspec.to_builtins(example).items()
            if key in ("name", "fires", "listing", "store", "peers", "as_of", "fixed", "also", "result")
        }
        for example in rule.examples
    ]
    return {
        **rule_summary(rule),
        "kind": rule.kind,
        "why": rule.why,
        "message": rule.message,
        "applies_to": {
            "marketplace": rule.marketplace,
            "subject": rule.subject,
            "categories": list(rule.categories),
            "not_categories": list(rule.not_categories),
        },
        "effective": {
            "from": rule.effective_from.isoformat(),
            "until": rule.effective_until.isoformat() if rule.effective_until else None,
        },
        "each": {"collection": str(rule.each.collection), "item": rule.each.item} if rule.each else None,
        "when": {
            lang: "\n".join(_condition(rule.when, lang, 0, rule.each.item if rule.each else "")) for lang in WORDS
        },
        "params": {name: parameter_data(parameter) for name, parameter in rule.parameters.items()},
        "fix": msgspec.to_builtins(rule.fix) if rule.fix else None,
        "source": [msgspec.to_builtins(source) for source in rule.sources],
        "examples": examples,
        "notes": rule.notes,
        "replaced_by": rule.replaced_by,
    }


CHECKS_ALONE = ("code", "section", "severity", "confidence", "mode")
"""What only a check has: the other kinds accuse nobody."""


def rule_summary(rule: AnyRule) -> dict[str, Any]:
    """What a list of rules shows of each, whatever its kind."""
    shown = {"id": rule.id, "name": rule.name, "kind": rule.kind, "title": rule.title}
    own = {name: getattr(rule, name) if isinstance(rule, CheckRule) else None for name in CHECKS_ALONE}
    return {**shown, **own, "status": rule.status, "revision": rule.revision}


def parameter_data(parameter: Parameter) -> dict[str, Any]:
    """A parameter with its dated values as data."""
    return {
        "origin": parameter.origin,
        "unit": parameter.unit,
        "source": parameter.source,
        "note": parameter.note,
        "values": {
            dated.since.isoformat(): [_plain(v) for v in dated.values] if parameter.is_list else _plain(dated.values[0])
            for dated in parameter.history
        },
    }


def _plain(literal: Literal) -> Any:
    return literal.value if literal.kind in ("bool", "int", "str") else literal.text


def _facts(rule: CheckRule, lang: str) -> list[tuple[str, str]]:
    words = WORDS[lang]
    scope = f"{rule.marketplace}, {rule.subject}"
    for name in ("categories", "not_categories"):
        if ids := getattr(rule, name):
            scope += f"; {words[name]}: {', '.join(ids)}"
    until = f" {words['until']} {rule.effective_until}" if rule.effective_until else ""
    rows = [(words["id"], f"`{rule.id}` {rule.name}"), (words["code"], f"`{rule.code}`")]
    rows += [(words[key], valued(getattr(rule, key), lang)) for key in ("section", "severity", "confidence", "mode")]
    rows += [(words["status"], valued(rule.status, lang)), (words["revision"], str(rule.revision))]
    rows += [(words["effective"], f"{rule.effective_from}{until}"), (words["applies"], scope)]
    if rule.replaced_by:
        rows.append((words["replaced"], f"`{rule.replaced_by}`"))
    return rows


def valued(value: str, lang: str) -> str:
    """One of the closed words of a rule in a language."""
    return VALUES.get(lang, {}).get(value, value)


def _condition(expr: Expr, lang: str, depth: int, item: str) -> list[str]:
    """A condition as a nested list."""
    words, bullet = WORDS[lang], "  " * depth + "- "
    match expr:
        case Comparison():
            return [bullet + _test(expr, lang, item)]
        case Named(name=name, item=inner):
            return [f"{bullet}*{name}*", *_condition(inner, lang, depth + 1, item)]
        case Not(item=inner):
            return [bullet + words["not"], *_condition(inner, lang, depth + 1, item)]
        case And(items=items) | Or(items=items):
            if len(items) == 1:
                return _condition(items[0], lang, depth, item)
            head = words["all"] if isinstance(expr, And) else words["any"]
            return [bullet + head, *(line for one in items for line in _condition(one, lang, depth + 1, item))]


def _test(test: Comparison, lang: str, item: str) -> str:
    words = WORDS[lang]
    name = f"{item}.{test.ref}" if test.ref.item else str(test.ref)
    subject = f"`{name}`"
    if test.transform:
        subject = f"{words[test.transform]} {subject}"
    if test.quantifier:
        subject = f"{words['any_item' if test.quantifier == 'any' else 'all_items']} {subject}"
    operator = OPERATORS[test.op]
    return f"{subject} {getattr(operator, lang)} {_operand(test.value, lang)}"


def _operand(value: Any, lang: str) -> str:
    match value:
        case Literal(text=text):
            return code_span(text)
        case Param(name=name):
            return code_span(f"${name}")
        case Words(id=list_id):
            return code_span(f"@{list_id}")
        case Many(items=items):
            return ", ".join(_operand(one, lang) for one in items)
        case Other(ref=ref, times=times, plus=plus):
            text = code_span(str(ref))
            for name, factor in (("times", times), ("plus", plus)):
                if factor is not None:
                    text += f" {WORDS[lang][name]} {_operand(factor, lang)}"
            return text
    return code_span(str(value))


def parameter_rows(parameter: Parameter, lang: str) -> Iterable[tuple[str, ...]]:
    """One row for each dated value of a parameter."""
    origin = WORDS[lang].get(parameter.origin, parameter.origin)
    if parameter.source:
        origin += f" ({parameter.source})"
    for dated in parameter.history:
        value = ", ".join(literal.text for literal in dated.values)
        note = escaped(parameter.note[lang]) if parameter.note else ""
        yield f"`{parameter.name}`", str(dated.since), code_span(value), escaped(parameter.unit), origin, note


def _examples(rule: CheckRule, fires: bool, then: str) -> Iterable[str]:
    for example in rule.examples:
        if example.fires is not fires:
            continue
        yield f"- {escaped(example.name)}: {code_span(_json(example.listing))}"
        if example.fixed:
            yield f"  {then}: {code_span(_json(example.fixed))}"
    yield ""


def _json(data: Mapping[str, Any]) -> str:
    return msgspec.json.encode(data).decode()


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table with an empty line after it."""
    lines = [head, tuple("---" for _ in head), *rows]
    return [
        *("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines),
        "",
    ]


def escaped(text: str) -> str:
    """Wording inside Markdown: what would be read as markup is escaped."""
    for mark in "\\`*_[]<>":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())


def code_span(text: str) -> str:
    """A code span that holds whatever the text holds, backticks too."""
    text = " ".join(text.split()) or " "
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


STYLE = (
    "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;"
    "color:#1c2024;background:#fff}table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #d0d7de;"
    "padding:.3rem .7rem;text-align:left;vertical-align:top}code,pre{background:#f3f4f6;border-radius:4px;"
    "padding:.1rem .3rem;overflow-wrap:anywhere}pre{padding:1rem;overflow:auto}blockquote{border-left:4px solid "
    "#d0d7de;margin:0;padding:0 1rem}@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#16191d}"
    "code,pre{background:#262b31}td,th{border-color:#3a424b}a{color:#7db3ff}}"
)
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_HEADERS = {"content-security-policy": f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'"}
"""The pages hold no script and load nothing."""


def to_html(markdown: str, *, title: str, lang: str) -> str:
    """A whole page from Markdown; raw HTML in the text stays text."""
    body = _renderer().render(markdown)
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


@lru_cache(maxsize=1)
def _renderer() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("js-default", {"html": False, "linkify": False, "typographer": False})
