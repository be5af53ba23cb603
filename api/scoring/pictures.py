"""The charts of a store, as Vega-Lite specifications with the store's own numbers in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.scoring import alarms
from api.scoring.desk import Desk
from engine.model.indicator import BANDS
from engine.scoring import charts, days

KINDS = ("waterfall", "history", "listings", "indicator")
LISTINGS = 15


def chart(desk: Desk, kind: str, lang: str, *, days: int = 30, indicator: str | None = None) -> dict[str, Any]:
    """One of the charts; `indicator` names which, for the chart of one."""
    if kind == "waterfall":
        return _waterfall(desk, lang)
    if kind == "listings":
        return _listings(desk, lang)
    if kind == "history":
        return _history(desk, lang, days)
    assert indicator is not None
    return _indicator(desk, lang, days, indicator)


def _waterfall(desk: Desk, lang: str) -> dict[str, Any]:
    main = desk.main
    if main is None:
        return charts.waterfall([], None, lang)
    formula = desk.force.formulas[main.rule]
    titles = {bound.item.id: bound.item.title[lang] for bound in formula.items}
    items = [(titles[share.id], share.points) for share in main.items]
    items += [(name, value) for name, value in (("↗", main.scaling), ("✂", main.cut)) if value]
    return charts.waterfall(items, main.score, lang, title=formula.rule.title[lang])


def _listings(desk: Desk, lang: str) -> dict[str, Any]:
    formula = desk.force.formulas[desk.main.rule] if desk.main is not None else None
    titles = {bound.item.id: bound.item.title[lang] for bound in formula.items} if formula is not None else {}
    costs = [
        (cost.listing or "–", titles[item], points)
        for cost in desk.listings[:LISTINGS]
        for item, points in cost.items.items()
    ]
    return charts.listings(costs, lang)


def _history(desk: Desk, lang: str, length: int) -> dict[str, Any]:
    steps = desk.past(desk.today - length + 1, desk.today + 1)
    scores = [(days.day(s.day), s.scored.score) for s in steps if s.scored is not None and s.scored.score is not None]
    bounds = {}
    if desk.level is not None:
        bounds = {level.title[lang]: at for level, at in desk.force.formula(desk.level).levels if at is not None}
    return charts.history(scores, bounds, lang)


def _indicator(desk: Desk, lang: str, length: int, name: str) -> dict[str, Any]:
    terms = desk.force.terms[name]
    steps = desk.past(desk.today - length + 1, desk.today + 1, only=[name], score=False)
    values = [(days.day(s.day), value) for s in steps if (value := s.judgements[name].value) is not None]
    bounds = {}
    if terms.at_risk is not None and terms.breach is not None:
        bounds = {BANDS["at_risk"][lang]: terms.at_risk, BANDS["breach"][lang]: terms.breach}
    found = alarms.anomalies(desk, desk.as_of - timedelta(days=length - 1), desk.as_of)
    unusual = [one["day"] for one in found if one["indicator"] == name]
    return charts.indicator(values, bounds, unusual, lang, title=terms.rule.title[lang])
