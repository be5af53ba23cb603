"""What a judgement says, in a sentence of each language."""

from __future__ import annotations

from decimal import Decimal

from engine.model.indicator import BANDS, IndicatorRule
from engine.model.rule import Text
from engine.scoring.judging import Judgement

ROWS_IN_WORDS: dict[str, Text] = {
    "orders": {"en": "orders", "zh": "个订单"},
    "parcels": {"en": "parcels", "zh": "个包裹"},
    "disputes": {"en": "disputes", "zh": "个纠纷"},
    "evaluations": {"en": "evaluations", "zh": "条评价"},
    "messages": {"en": "messages", "zh": "条消息"},
    "traffic": {"en": "", "zh": ""},
}
REASONS: dict[str, Text] = {
    "few": {"en": "cannot tell yet, too few", "zh": "数量不足，尚不能断定"},
    "nothing": {"en": "nothing to assess", "zh": "无可考核数据"},
    "not_recorded": {"en": "the data does not say", "zh": "数据中未记录"},
}


def says(rule: IndicatorRule, judgement: Judgement) -> Text:
    """`2 of 9 orders: cannot tell yet (good to breach)`."""
    counted = _counted(rule, judgement)
    if judgement.reason is not None:
        verdict = REASONS[judgement.reason]
    elif judgement.certain is False:
        ends = (BANDS[judgement.possible[0]], BANDS[judgement.possible[-1]])
        verdict = {
            "en": f"cannot tell yet ({ends[0]['en']} to {ends[1]['en']})",
            "zh": f"尚不能断定（{ends[0]['zh']}至{ends[1]['zh']}）",
        }
    else:
        verdict = BANDS[judgement.band]
    return {
        "en": f"{counted['en']}: {verdict['en']}" if counted["en"] else verdict["en"],
        "zh": f"{counted['zh']}：{verdict['zh']}" if counted["zh"] else verdict["zh"],
    }


def _counted(rule: IndicatorRule, judgement: Judgement) -> Text:
    rows = ROWS_IN_WORDS[rule.over]
    part, whole = plain(judgement.part), plain(judgement.whole)
    if rule.value.kind == "share":
        return {"en": f"{part} of {whole} {rows['en']}", "zh": f"{whole}{rows['zh']}中{part}个"}
    if rule.value.kind == "mean":
        return {"en": f"{whole} {rows['en']}", "zh": f"{whole}{rows['zh']}"}
    return {"en": "", "zh": ""}


def shown(value: Decimal | None, unit: str) -> str:
    """A value as people read it: a share in percent, stars with two digits."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{value * 100:.2f}%"
    return f"{value:.2f}" if unit in ("stars", "hours") else plain(value)


def plain(value: Decimal) -> str:
    """A number without zeros that say nothing."""
    return f"{value.normalize():f}"
