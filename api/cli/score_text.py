"""The answers of `storewarden score …` as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from engine.scoring.words import plain, shown

if TYPE_CHECKING:
    from api.scoring.everyone import Everyone

WORDS = {
    "en": {
        "empty": "Nothing to score yet: no orders, evaluations or messages are known.",
        "of": "{title}: {score} of {most}  ({day})",
        "unknown": "not assessed",
        "lost": "lost {}",
        "house": "curve is ours",
        "cut": "cut at the caps",
        "scaling": "scaled up for what is not assessed",
        "current": "Level now: {level} (mean {score} of {month}, decided {on})",
        "projected": "Going to: {level} (mean {score} of {month}: {known} of {days} days known, {low}–{high} possible; "
        "decided {on})",
        "none": "none yet",
        "privileges": "  brings: {}",
        "indicators": "Indicators",
        "days": "{} days",
        "left_out": "left out: {}",
        "bad": "Bad data, left out of everything:",
        "more": "…",
        "capability": "Operating capability: {}",
        "no_rows": "No rows.",
        "no_categories": "No category can be assessed: no listing with orders has one.",
        "category": "{title} ({id}, {listings} listings)",
        "next": "next on {}",
        "no_category": "{} listings have no known category: {}",
        "cost": "costs {} points",
        "nothing_costs": "No listing costs the score anything.",
        "before": "as it is",
        "after": "then",
        "today": "score today",
        "later": "score on {}",
        "level": "level decided on {}",
        "price": "Cost: {} (by the pack's cost model)",
        "no_actions": "Nothing that can be done now would raise the score.",
        "gain": "+{gain} for {cost}",
        "alike": "{} alike",
        "reached": "Reached at a cost of {cost}, {proof}:",
        "already": "It is reached as it is.",
        "proof": "the cheapest there is",
        "no_proof": "cheapest not proved",
        "not_reached": "It cannot be reached by {by} with what can be done now ({offered} actions); the best that is:",
        "unusual": "Unusual days",
        "quiet": "No unusual day.",
        "crossings": "Bounds that will be crossed",
        "no_crossings": "No bound will be crossed within a month.",
        "crossing": "{title}: {was} → {becomes} on {on} (in {days} days), {value}",
        "comparison": "The last days beside those before",
        "better": "better",
        "worse": "worse",
        "chance": "may be chance",
    },
    "zh": {
        "empty": "暂无可评分数据：没有订单、评价或消息。",
        "of": "{title}：{score} / {most}（{day}）",
        "unknown": "不考核",
        "lost": "失分 {}",
        "house": "曲线为我方设定",
        "cut": "按上下限截断",
        "scaling": "按不考核项放大",
        "current": "当前等级：{level}（{month} 平均 {score}，{on} 评定）",
        "projected": "预计等级：{level}（{month} 平均 {score}：已知 {known}/{days} 天，可能 {low}–{high}；{on} 评定）",
        "none": "暂无",
        "privileges": "  权益：{}",
        "indicators": "指标",
        "days": "{} 天",
        "left_out": "剔除：{}",
        "bad": "以下异常数据未计入：",
        "more": "……",
        "capability": "经营能力分：{}",
        "no_rows": "没有明细。",
        "no_categories": "没有可考核的类目：有订单的商品均无类目。",
        "category": "{title}（{id}，{listings} 个商品）",
        "next": "下次考核 {}",
        "no_category": "{} 个商品类目未知：{}",
        "cost": "造成失分 {}",
        "nothing_costs": "没有商品造成失分。",
        "before": "现状",
        "after": "之后",
        "today": "今日得分",
        "later": "{} 得分",
        "level": "{} 评定的等级",
        "price": "成本：{}（按规则包的成本模型）",
        "no_actions": "目前没有可提分的操作。",
        "gain": "+{gain}，成本 {cost}",
        "alike": "同类 {} 项",
        "reached": "可达成，成本 {cost}，{proof}：",
        "already": "现状已达成。",
        "proof": "已证明为最低",
        "no_proof": "未证明为最低",
        "not_reached": "在 {by} 前以现有操作（{offered} 项）无法达成；最好情况：",
        "unusual": "异常日",
        "quiet": "没有异常日。",
        "crossings": "即将越线",
        "no_crossings": "一个月内不会越线。",
        "crossing": "{title}：{was} → {becomes}，{on}（{days} 天后），{value}",
        "comparison": "近期与前期对比",
        "better": "改善",
        "worse": "变差",
        "chance": "可能为偶然",
    },
}  # fmt: skip
SIGNS = {"good": "✔", "at_risk": "!", "breach": "✖", "not_assessed": "–"}


def today(found: Mapping[str, Any], lang: str) -> str:
    """Score, level, indicators and bad data."""
    words = WORDS[lang]
    lines = []
    if found["is_empty"]:
        lines.append(words["empty"])
    score = found["score"]
    if score is not None:
        value = _points(score["score"], lang)
        title = score["title"][lang]
        lines.append(words["of"].format(title=title, score=value, most=plain(score["most"]), day=found["as_of"]))
        lines += _waterfall(score, lang)
    if found["level"] is not None:
        lines += _level(found["level"], lang)
    capability = found["capability"]
    if capability["modules"]:
        lines.append(words["capability"].format(_points(capability["overall"], lang)))
        parts = [f"{module['title'][lang]} {_points(module['score'], lang)}" for module in capability["modules"]]
        lines.append("  " + " · ".join(parts))
    lines += ["", words["indicators"]]
    for item in found["indicators"]:
        lines.append("  " + _indicator(item, lang))
    if found["bad_data"]:
        lines += ["", words["bad"]]
        for bad in found["bad_data"]:
            more = words["more"] if bad["count"] > len(bad["ids"]) else ""
            ids = ", ".join(bad["ids"][:5])
            lines.append(f"  {bad['count']} {bad['rows']}: {bad['title'][lang]} ({bad['fault']}): {ids}{more}")
    return "\n".join(lines)


def _waterfall(score: Mapping[str, Any], lang: str) -> Iterable[str]:
    words = WORDS[lang]
    for item in score["items"]:
        value = shown(item["value"], item["unit"]) if item["value"] is not None else words["unknown"]
        points = f"{plain(item['points'])}/{plain(item['most'])}"
        lost = f"  {words['lost'].format(plain(item['lost']))}" if item["lost"] else ""
        house = f"  ({words['house']})" if item["curve_origin"] == "house" else ""
        yield f"  {item['of']} {item['title'][lang]}  {value} → {points}{lost}{house}"
    for key in ("scaling", "cut"):
        if score[key]:
            yield f"  {words[key]}: {plain(score[key])}"


def _level(level: Mapping[str, Any], lang: str) -> Iterable[str]:
    words = WORDS[lang]
    for key in ("current", "projected"):
        found = level[key]
        if found is None or found["score"] is None:
            yield words[key].split(":")[0].split("：")[0] + ": " + words["none"]
            continue
        low, high = (
            plain(found[name]) if found[name] is not None else plain(found["score"]) for name in ("lowest", "highest")
        )
        yield words[key].format(
            level=found["title"][lang],
            score=plain(found["score"]),
            month=f"{found['month']:%Y-%m}",
            on=found["decided_on"],
            known=found["known_days"],
            days=found["days"],
            low=low,
            high=high,
        )
        if found["privileges"]:
            given = [f"{one['title'][lang]} {_yes(one['value'])}" for one in found["privileges"]]
            yield words["privileges"].format(", ".join(given))


def _indicator(item: Mapping[str, Any], lang: str) -> str:
    words = WORDS[lang]
    value = shown(item["value"], item["unit"])
    left = ", ".join(f"{name} {number}" for name, number in item["left_out"].items())
    parts = [
        f"{SIGNS[item['band']]} {item['indicator']} {item['title'][lang]}",
        value,
        words["days"].format(item["window_days"]),
        item["says"][lang],
        words["left_out"].format(left) if left else "",
    ]
    return "  ".join(part for part in parts if part)


def history(rows: Iterable[Mapping[str, Any]], lang: str) -> str:
    """One line a day."""
    lines = []
    for row in rows:
        items = "  ".join(f"{name} {plain(points)}" for name, points in row["items"].items())
        lines.append(f"{row['day']}  {_points(row['score'], lang):>8}  {items}")
    return "\n".join(lines)


def evidence(found: Mapping[str, Any], lang: str) -> str:
    """The indicator, then one line a row."""
    words = WORDS[lang]
    lines = [_indicator(found["indicator"], lang)]
    for row in found["rows"]:
        counts = ", ".join(name for name, is_in in row["counts"].items() if is_in)
        said = words["left_out"].format(row["left_out"]) if row["left_out"] else counts
        lines.append(f"  {row['at']}  {row['id']}  {row['listing_id'] or ''}  {said}")
    if not found["rows"]:
        lines.append(f"  {words['no_rows']}")
    return "\n".join(lines)


def listings(rows: Iterable[Mapping[str, Any]], lang: str) -> str:
    """One line a listing."""
    words = WORDS[lang]
    lines = []
    for row in rows:
        items = ", ".join(
            f"{name} {plain(points)} ({plain(row['bad'][name])}/{plain(row['of'][name])})"
            for name, points in row["items"].items()
        )
        lines.append(f"{row['listing_id'] or '–'}  {words['cost'].format(plain(row['points']))}: {items}")
    return "\n".join(lines) or words["nothing_costs"]


def categories(found: Mapping[str, Any], lang: str) -> str:
    """A block a category: what it is assessed by, each standard with its value."""
    words = WORDS[lang]
    lines = []
    for item in found["items"]:
        lines.append(
            words["category"].format(title=item["title"].get(lang), id=item["category_id"], listings=item["listings"])
        )
        for score in item["scores"]:
            level = score["level_title"][lang] if score["level_title"] else words["unknown"]
            following = found["evaluations"].get(score["rule"])
            later = f"  ({words['next'].format(following)})" if following else ""
            lines.append(f"  {score['title'][lang]}: {level}{later}")
        lines += [f"  {_indicator(one, lang)}" for one in item["indicators"]]
    without = found["without_category"]
    if without["count"]:
        more = words["more"] if without["count"] > len(without["listings"]) else ""
        lines.append(words["no_category"].format(without["count"], ", ".join(without["listings"]) + more))
    return "\n".join(lines) if found["items"] else "\n".join([words["no_categories"], *lines])


def suggestions(rows: Iterable[Mapping[str, Any]], lang: str) -> str:
    """One line an action."""
    words = WORDS[lang]
    lines = []
    for row in rows:
        gain = words["gain"].format(gain=plain(row["gain"]), cost=plain(row["cost"]))
        alike = f"  ({words['alike'].format(row['alike'])})" if row["alike"] > 1 else ""
        lines.append(f"{gain}  {row['title'][lang]}  {row['action']}:{row['id']}{alike}")
    return "\n".join(lines) or words["no_actions"]


def what_if(found: Mapping[str, Any], lang: str) -> str:
    """Before and after."""
    words = WORDS[lang]
    lines = [f"  {one['title'][lang]}  {one['action']}:{one['id']}" for one in found["actions"]]
    lines.append(words["price"].format(plain(found["cost"])))
    return "\n".join([*lines, *_beside(found["before"], found["after"], lang)])


def plan(found: Mapping[str, Any], lang: str) -> str:
    """The actions, and before and after."""
    words = WORDS[lang]
    if found["reached"] and not found["actions"]:
        head = words["already"]
    elif found["reached"]:
        proof = words["proof" if found["is_cheapest"] else "no_proof"]
        head = words["reached"].format(cost=plain(found["cost"]), proof=proof)
    else:
        head = words["not_reached"].format(by=found["aim"]["by"], offered=found["offered"])
    lines = [head]
    lines += [
        f"  {plain(one['cost']):>8}  {one['title'][lang]}  {one['action']}:{one['id']}" for one in found["actions"]
    ]
    return "\n".join([*lines, *_beside(found["before"], found["after"], lang)])


def _beside(before: Mapping[str, Any], after: Mapping[str, Any], lang: str) -> Iterable[str]:
    words = WORDS[lang]
    yield f"  {words['today']}: {_points(before['score_today'], lang)} → {_points(after['score_today'], lang)}"
    yield f"  {words['later'].format(before['on'])}: {_points(before['score'], lang)} → {_points(after['score'], lang)}"
    if before["level"] is not None and after["level"] is not None:
        titles = [
            f"{one['title'][lang] if one['title'] else words['none']} ({_points(one['score'], lang)})"
            for one in (before["level"], after["level"])
        ]
        yield f"  {words['level'].format(before['level']['decided_on'])}: {titles[0]} → {titles[1]}"


def trends(found: Mapping[str, Any], lang: str) -> str:
    """Unusual days, bounds ahead, and the periods side by side."""
    words = WORDS[lang]
    lines = [words["unusual"] if found["anomalies"] else words["quiet"]]
    lines += [
        f"  {one['indicator']} {one['title'][lang]}: {one['reason'][lang]} (z {plain(one['z'])})"
        for one in found["anomalies"]
    ]
    lines.append(words["crossings"] if found["crossings"] else words["no_crossings"])
    for one in found["crossings"]:
        value = "" if one["value"] is None else plain(one["value"])
        lines.append("  " + words["crossing"].format(**{**one, "title": one["title"][lang], "value": value}))
    lines.append(words["comparison"])
    for one in found["comparison"]:
        if one["before"] is None and one["after"] is None:
            continue
        verdict = "" if one["better"] is None else words["better" if one["better"] else "worse"]
        chance = f" ({words['chance']})" if one["differs"] is False and verdict else ""
        values = f"{shown(one['before'], one['unit'])} → {shown(one['after'], one['unit'])}"
        lines.append(f"  {one['indicator']} {one['title'][lang]}: {values}  {verdict}{chance}".rstrip())
    return "\n".join(lines)


def everyone(found: Everyone, form: str, lang: str, stream: TextIO) -> None:
    """One line a store."""
    names = list(found.force.formulas)
    writer = csv.writer(stream)
    if form == "csv":
        writer.writerow(["store", "category", *found.force.terms, *names])
    averages = found.averages()
    for one in found.stores():
        main = one.scores.get(found.main) if found.main is not None else None
        if form == "csv":
            values = [judgement.value for judgement in one.judgements.values()]
            scores = [one.scores[name].score if name in one.scores else None for name in names]
            writer.writerow([one.store, one.category or "", *values, *scores])
        elif form == "json":
            row = {
                "store": one.store,
                "category": one.category,
                "indicators": {name: judgement.value for name, judgement in one.judgements.items()},
                "industry_average": averages.get(one.category or ""),
                "scores": {name: scored.score for name, scored in one.scores.items()},
                "points": {share.id: share.points for share in main.items} if main is not None else {},
            }
            stream.write(msgspec.json.encode(row).decode() + "\n")
        else:
            items = "  ".join(f"{share.id} {plain(share.points)}" for share in main.items) if main is not None else ""
            stream.write(f"{one.store}  {_points(main.score if main is not None else None, lang):>8}  {items}\n")


def _points(value: Decimal | None, lang: str) -> str:
    return WORDS[lang]["unknown"] if value is None else plain(value)


def _yes(value: Any) -> str:
    return ("✔" if value else "✖") if isinstance(value, bool) else str(value)
