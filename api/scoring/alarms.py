"""Trends of a store: unusual days and why, bounds that will be crossed, periods side by side, others beside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from api.scoring.desk import Desk
from engine.scoring import days, projection, series, trends
from engine.scoring.board import windows_of
from engine.scoring.judging import Judgement, judge
from engine.scoring.trends import Anomaly, Compared, Crossing
from engine.scoring.words import ROWS_IN_WORDS, plain

AHEAD = 30
"""Days that are looked ahead for bounds that will be crossed."""


def anomalies(desk: Desk, since: date, until: date) -> list[dict[str, Any]]:
    """The unusual days of every indicator from `since` to before `until`, by day."""
    watch = desk.rules.watch(desk.as_of)
    found = []
    for terms in desk.force.terms.values():
        if terms.rule.value.kind == "share":
            first, end = days.number(since), days.number(until)
            found += [
                _anomaly(desk, one) for one in trends.anomalies(terms, desk.daily, desk.counts, first, end, watch)
            ]
    return sorted(found, key=lambda one: (one["day"], one["indicator"]))


def _anomaly(desk: Desk, found: Anomaly) -> dict[str, Any]:
    rule = desk.force.terms[found.indicator].rule
    rows, bad, usual = ROWS_IN_WORDS[rule.over], plain(found.bad), plain(found.usual)
    top = found.listings[0] if found.listings and found.listings[0][0] else None
    of = (f"; {top[1]} of them of listing {top[0]}", f"；其中{top[1]}个来自商品 {top[0]}") if top else ("", "")
    return {
        "indicator": found.indicator,
        "title": rule.title,
        "day": found.day,
        "bad": found.bad,
        "usual": found.usual,
        "z": found.z,
        "listings": [{"listing_id": name or None, "rows": number} for name, number in found.listings],
        "reason": {
            "en": f"{bad} bad {rows['en']} on {found.day}, usually {usual}{of[0]}",
            "zh": f"{found.day} 有{bad}{rows['zh']}不良，通常为{usual}{of[1]}",
        },
    }


def crossings(desk: Desk) -> list[dict[str, Any]]:
    """The bands that indicators will leave within the days ahead if all goes on as it did."""
    until = desk.today + AHEAD
    daily = projection.with_changes(
        projection.ahead(desk.daily, desk.today, until, desk.settings.usual_days), desk.soon
    )
    names = list(desk.force.terms)
    steps = series.scores(desk.rules.performance, daily, desk.today, until, None, only=names, recorded=desk.recorded)
    return [_crossing(desk, one) for one in trends.crossings(steps, names)]


def _crossing(desk: Desk, found: Crossing) -> dict[str, Any]:
    rule = desk.force.terms[found.of].rule
    return {
        "indicator": found.of,
        "title": rule.title,
        "on": found.on,
        "days": (found.on - desk.as_of).days,
        "was": found.was,
        "becomes": found.becomes,
        "value": found.value,
    }


def comparison(desk: Desk, first: tuple[date, date], second: tuple[date, date]) -> list[dict[str, Any]]:
    """Every indicator over two periods, each from (inclusive) until (exclusive), the earlier first."""
    found = []
    for name, terms in desk.force.terms.items():
        judged = [_over(desk, name, period) for period in (first, second)]
        found.append(_compared(desk, trends.compared(terms, judged[0], judged[1])))
    return found


def _over(desk: Desk, name: str, period: tuple[date, date]) -> Judgement:
    length, end = (period[1] - period[0]).days, days.number(period[1])
    sums = windows_of(desk.daily, end, [length])[length]
    terms = desk.force.terms[name]
    windows = dict.fromkeys(terms.windows, sums)
    return judge(terms, windows, desk.settings.confidence)


def _compared(desk: Desk, found: Compared) -> dict[str, Any]:
    rule = desk.force.terms[found.indicator].rule
    return {
        "indicator": found.indicator,
        "title": rule.title,
        "unit": rule.unit,
        "before": found.before.value,
        "after": found.after.value,
        "change": found.change,
        "better": found.better,
        "differs": found.differs,
    }


def against(desk: Desk, others: Mapping[str, Mapping[str, Decimal]]) -> list[dict[str, Any]]:
    """Every indicator beside what others reach. `others`: group (industry_average, excellent_stores) → indicator."""
    found = []
    for name, judgement in desk.judgements.items():
        rule = desk.force.terms[name].rule
        row: dict[str, Any] = {"indicator": name, "title": rule.title, "unit": rule.unit, "value": judgement.value}
        for group, values in others.items():
            other = values.get(name)
            row[group] = other
            row[f"better_than_{group}"] = _is_better(rule.direction, judgement.value, other)
        if any(row.get(group) is not None for group in others):
            found.append(row)
    return found


def periods(as_of: date, length: int) -> tuple[tuple[date, date], tuple[date, date]]:
    """The last `length` days, and as many before them; the earlier first."""
    middle = as_of - timedelta(days=length)
    return (middle - timedelta(days=length), middle), (middle, as_of)


def _is_better(direction: str, value: Decimal | None, other: Decimal | None) -> bool | None:
    if value is None or other is None:
        return None
    return value <= other if direction == "lower_is_better" else value >= other
