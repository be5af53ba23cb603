"""Counts of a window → what an indicator says: value, band, window, interval, and whether that can be told yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from engine.model.indicator import IndicatorRule
from engine.scoring.bound import Values
from engine.scoring.counting import Number
from engine.scoring.intervals import Interval, of_mean, of_share
from engine.scoring.sources import STARS

VALUE_PLACES = Decimal("0.000001")

Sums = Mapping[str, Number]


class Terms(Struct, frozen=True):
    """An indicator's numbers on a day. `keys` are the counts of the part and of the whole."""

    rule: IndicatorRule
    short: int | None
    long: int
    enough: int | None
    minimum: int
    part: tuple[str, ...]
    whole: tuple[str, ...]
    at_risk: Decimal | None
    breach: Decimal | None

    @property
    def windows(self) -> tuple[int, ...]:
        """Lengths in days, the shorter first."""
        return (self.long,) if self.short is None else (self.short, self.long)


class Judgement(Struct, frozen=True, omit_defaults=True):
    """What an indicator says of a store. `value` None: not assessed, for the `reason` (few, nothing, not_recorded).

    `part` and `whole` are what was divided; `certain` False: the interval reaches into another band.
    """

    indicator: str
    revision: int
    value: Decimal | None
    band: str
    window: int
    part: Decimal
    whole: Decimal
    reason: str | None = None
    interval: Interval | None = None
    certain: bool | None = None
    possible: tuple[str, ...] = ()
    left_out: dict[str, int] = {}


def terms_of(rule: IndicatorRule, as_of: date) -> Terms:
    """The numbers of a rule on a day on which it is in force."""
    values = Values(rule.parameters, as_of)
    window, value = rule.window, rule.value
    whole = tuple(f"{rule.id}.{name}" for name in value.of)
    match value.kind:
        case "share":
            part = tuple(f"{rule.id}.{name}" for name in value.parts)
        case "mean":
            part = tuple(f"{rule.id}.{name}:{value.column}" for name in value.parts)
            whole = tuple(f"{rule.id}.{name}" for name in value.parts)
        case "ratio":
            part = tuple(f"{rule.id}.{name}:{value.column}" for name in value.of)
            whole = tuple(f"{rule.id}.{name}:{value.over}" for name in value.of)
        case _:
            part = whole if value.column is None else tuple(f"{rule.id}.{name}:{value.column}" for name in value.of)
            whole = part
    return Terms(
        rule=rule,
        short=int(values.one(window.short)) if window.short is not None else None,
        long=int(values.one(window.long)),
        enough=int(values.one(window.enough)) if window.enough is not None else None,
        minimum=int(values.one(window.minimum)),
        part=part,
        whole=whole,
        at_risk=Decimal(values.one(rule.bands.at_risk)) if rule.bands is not None else None,
        breach=Decimal(values.one(rule.bands.breach)) if rule.bands is not None else None,
    )


def judge(terms: Terms, sums: Mapping[int, Sums], confidence: Decimal | None, *, is_recorded: bool = True) -> Judgement:
    """What the sums of each window (length in days → key → number) say. `confidence` None: without an interval."""
    rule = terms.rule
    window = terms.long
    if terms.short is not None and terms.enough is not None and _total(sums[terms.short], terms.whole) >= terms.enough:
        window = terms.short
    chosen = sums[window]
    part, whole = _total(chosen, terms.part), _total(chosen, terms.whole)
    common: dict[str, Any] = {
        "indicator": rule.id,
        "revision": rule.revision,
        "window": window,
        "part": part,
        "whole": whole,
        "left_out": _left_out(rule.id, chosen),
    }
    reason = "not_recorded" if not is_recorded else "nothing" if not whole else "few" if whole < terms.minimum else None
    interval = _interval(rule, part, whole, confidence) if confidence is not None else None
    if reason is not None:
        return Judgement(value=None, band="not_assessed", reason=reason, interval=interval, **common)
    value = part if rule.value.kind == "total" else (part / whole).quantize(VALUE_PLACES)
    possible = _bands_of(terms, interval)
    certain = None if terms.breach is None or interval is None else len(possible) == 1
    return Judgement(
        value=value, band=band_of(terms, value), interval=interval, certain=certain, possible=possible, **common
    )


def band_of(terms: Terms, value: Decimal) -> str:
    """The band of a value. Lower bounds are inclusive, upper exclusive."""
    if terms.breach is None or terms.at_risk is None:
        return "good"
    if terms.rule.direction == "lower_is_better":
        return "breach" if value >= terms.breach else "at_risk" if value >= terms.at_risk else "good"
    return "breach" if value < terms.breach else "at_risk" if value < terms.at_risk else "good"


def _bands_of(terms: Terms, interval: Interval | None) -> tuple[str, ...]:
    """The bands that an interval reaches into, best first."""
    if interval is None or terms.breach is None:
        return ()
    ends = {band_of(terms, interval.low), band_of(terms, interval.high)}
    between = ends if ends != {"good", "breach"} else {"good", "at_risk", "breach"}
    return tuple(band for band in ("good", "at_risk", "breach") if band in between)


def _interval(rule: IndicatorRule, part: Decimal, whole: Decimal, confidence: Decimal) -> Interval | None:
    if rule.value.kind == "share":
        return of_share(float(part), float(whole), confidence)
    if rule.value.kind == "mean" and rule.unit == "stars":
        return of_mean(float(part), float(whole), STARS, confidence)
    return None


def _total(sums: Sums, keys: tuple[str, ...]) -> Decimal:
    return sum((Decimal(sums.get(key, 0)) for key in keys), Decimal(0))


def _left_out(rule_id: str, sums: Sums) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, number in sums.items():
        head, mark, name = key.partition("!")
        if mark and head.partition(".")[0] == rule_id:
            found[name] = found.get(name, 0) + int(number)
    return dict(sorted(found.items()))
