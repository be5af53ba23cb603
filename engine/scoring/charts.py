"""Charts as data: Vega-Lite 5 specifications that hold their own values, in either language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WORDS = {
    "en": {"day": "Day", "score": "Score", "points": "Points", "item": "Item", "total": "Total", "lost": "Lost",
           "value": "Value", "listing": "Listing", "level": "Level", "history": "Daily score",
           "waterfall": "How the score is made", "listings": "What listings cost", "indicator": "Indicator"},
    "zh": {"day": "日期", "score": "得分", "points": "分值", "item": "评分项", "total": "总分", "lost": "失分",
           "value": "数值", "listing": "商品", "level": "等级", "history": "每日服务分", "waterfall": "得分构成",
           "listings": "商品失分", "indicator": "指标"},
}  # fmt: skip
GOOD, BAD, TOTAL, LINE = "#2e7d32", "#c62828", "#37474f", "#1565c0"


def waterfall(
    items: Sequence[tuple[str, Decimal]], score: Decimal | None, lang: str, *, title: str | None = None
) -> dict[str, Any]:
    """Each item from where the one before ended, then the total. `items`: (title, points) in the order of the sum."""
    words = WORDS[lang]
    rows, at = [], Decimal(0)
    for name, points in items:
        rows.append(
            {"item": name, "from": float(at), "to": float(at + points), "points": float(points), "kind": _kind(points)}
        )
        at += points
    if score is not None:
        rows.append({"item": words["total"], "from": 0.0, "to": float(score), "points": float(score), "kind": "total"})
    colour = {"domain": ["gain", "loss", "total"], "range": [GOOD, BAD, TOTAL]}
    x = {"field": "item", "type": "nominal", "sort": None, "title": words["item"], "axis": {"labelAngle": -30}}
    return _chart(
        title or words["waterfall"],
        rows,
        {
            "layer": [
                {
                    "mark": {"type": "bar"},
                    "encoding": {
                        "x": x,
                        "y": {"field": "from", "type": "quantitative", "title": words["points"]},
                        "y2": {"field": "to"},
                        "color": {"field": "kind", "type": "nominal", "scale": colour, "legend": None},
                    },
                },
                {
                    "mark": {"type": "text", "dy": -6},
                    "encoding": {
                        "x": x,
                        "y": {"field": "to", "type": "quantitative"},
                        "text": {"field": "points", "type": "quantitative", "format": ".2f"},
                    },
                },
            ]
        },
    )


def history(
    scores: Sequence[tuple[date, Decimal]], bounds: Mapping[str, Decimal], lang: str, *, title: str | None = None
) -> dict[str, Any]:
    """The daily score as a line, with the bounds of the levels (title → least score)."""
    words = WORDS[lang]
    rows = [{"day": day.isoformat(), "score": float(score)} for day, score in scores]
    marks = [{"level": name, "at": float(at)} for name, at in bounds.items()]
    y = {"field": "score", "type": "quantitative", "title": words["score"], "scale": {"zero": False}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "point": True, "color": LINE},
            "encoding": {"x": {"field": "day", "type": "temporal", "title": words["day"]}, "y": y},
        }
    ]
    if marks:
        at = {"field": "at", "type": "quantitative"}
        layers += [
            {"data": {"values": marks}, "mark": {"type": "rule", "strokeDash": [4, 4]}, "encoding": {"y": at}},
            {
                "data": {"values": marks},
                "mark": {"type": "text", "align": "left", "dx": 4, "dy": -5},
                "encoding": {"y": at, "x": {"value": 0}, "text": {"field": "level"}},
            },
        ]
    return _chart(title or words["history"], rows, {"layer": layers})


def indicator(
    values: Sequence[tuple[date, Decimal]],
    bounds: Mapping[str, Decimal],
    unusual: Sequence[date],
    lang: str,
    *,
    title: str,
) -> dict[str, Any]:
    """One indicator over time, with its bands and its unusual days."""
    odd = set(unusual)
    rows = [{"day": day.isoformat(), "score": float(value), "odd": day in odd} for day, value in values]
    chart = history([], bounds, lang, title=title)
    chart["data"] = {"values": rows}
    chart["layer"][0]["encoding"]["y"]["title"] = WORDS[lang]["value"]
    chart["layer"].append(
        {
            "transform": [{"filter": "datum.odd"}],
            "mark": {"type": "point", "size": 120, "color": BAD, "filled": True},
            "encoding": {"x": {"field": "day", "type": "temporal"}, "y": {"field": "score", "type": "quantitative"}},
        }
    )
    return chart


def listings(costs: Sequence[tuple[str, str, Decimal]], lang: str, *, title: str | None = None) -> dict[str, Any]:
    """What listings cost, by item. `costs`: (listing, item, points)."""
    words = WORDS[lang]
    rows = [{"listing": listing, "item": item, "points": float(points)} for listing, item, points in costs]
    return _chart(
        title or words["listings"],
        rows,
        {
            "mark": {"type": "bar"},
            "encoding": {
                "y": {"field": "listing", "type": "nominal", "sort": "-x", "title": words["listing"]},
                "x": {"field": "points", "type": "quantitative", "title": words["lost"]},
                "color": {"field": "item", "type": "nominal", "title": words["item"]},
            },
        },
    )


def svg(spec: Mapping[str, Any]) -> str:
    """The chart drawn, without a browser or a network."""
    import json

    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[])
    return drawn


def _chart(title: str, rows: Sequence[Mapping[str, Any]], rest: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": SCHEMA, "title": title, "width": 640, "height": 320, "data": {"values": list(rows)}, **rest}


def _kind(points: Decimal) -> str:
    return "gain" if points >= 0 else "loss"
