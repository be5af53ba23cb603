"""Days that are unlike the days before, bounds that will be crossed, and one period beside another.

Unlike: the modified z-score of Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC 1993): 0.6745 times the
distance from the median over the median absolute deviation. Where more than half of the days are equal (that
deviation is 0) the mean absolute deviation stands in with their factor of 1.253314. What is compared is the number of
bad rows of a day, so that a day with few rows makes no noise of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from statistics import fmean, median

from msgspec import Struct

from engine.scoring import days
from engine.scoring.counting import Counts
from engine.scoring.judging import Judgement, Terms
from engine.scoring.series import Daily, DayScore

FROM_MEDIAN = 0.6745
FROM_MEAN = 1.253314


class Watch(Struct, frozen=True):
    """Our own choices, dated data of the pack."""

    threshold: Decimal  # of the modified z-score
    before: int  # days that a day is compared with
    least_days: int  # fewer known days tell nothing
    least_rows: int  # nor do fewer bad rows


class Anomaly(Struct, frozen=True):
    """A day on which an indicator had unusually many bad rows. `listings` brought most of them (listing, rows)."""

    indicator: str
    day: date
    bad: Decimal
    usual: Decimal
    spread: Decimal
    z: Decimal
    listings: tuple[tuple[str, int], ...]


class Crossing(Struct, frozen=True):
    """An indicator or a score that goes into another band or level on a day to come, if all goes on as it did."""

    of: str
    on: date
    was: str
    becomes: str
    value: Decimal | None


def anomalies(terms: Terms, daily: Daily, counts: Counts, since: int, until: int, watch: Watch) -> list[Anomaly]:
    """The unusual days from `since` to before `until`, in order."""
    found = []
    first = min(daily, default=until)
    for day in range(since, until):
        before = [_bad(terms, daily, other) for other in range(max(first, day - watch.before), day)]
        here = _bad(terms, daily, day)
        if len(before) < watch.least_days or here < watch.least_rows:
            continue
        z, middle, spread = modified_z(float(here), [float(number) for number in before])
        if z >= float(watch.threshold):
            found.append(
                Anomaly(
                    indicator=terms.rule.id,
                    day=days.day(day),
                    bad=here,
                    usual=_short(middle),
                    spread=_short(spread),
                    z=_short(z),
                    listings=_blamed(terms, counts, day),
                )
            )
    return found


def modified_z(value: float, before: Sequence[float]) -> tuple[float, float, float]:
    """The modified z-score of a value, with the median and the spread of what it is compared with."""
    middle = median(before)
    spread = median(abs(number - middle) for number in before)
    if spread:
        return FROM_MEDIAN * (value - middle) / spread, middle, spread
    mean = fmean(abs(number - middle) for number in before)
    if mean:
        return (value - middle) / (FROM_MEAN * mean), middle, mean
    return (0.0 if value == middle else 99.0 if value > middle else -99.0), middle, 0.0


def crossings(steps: Iterable[DayScore], of: Sequence[str]) -> list[Crossing]:
    """The first day on which each indicator leaves the band of the first step."""
    first: dict[str, Judgement] = {}
    found: dict[str, Crossing] = {}
    for step in steps:
        for name in of:
            judgement = step.judgements.get(name)
            if judgement is None or judgement.value is None:
                continue
            start = first.setdefault(name, judgement)
            if judgement.band != start.band and name not in found:
                found[name] = Crossing(name, days.day(step.day), start.band, judgement.band, judgement.value)
    return sorted(found.values(), key=lambda crossing: (crossing.on, crossing.of))


class Compared(Struct, frozen=True):
    """One indicator in two periods. `differs`: their intervals do not overlap."""

    indicator: str
    before: Judgement
    after: Judgement
    change: Decimal | None
    better: bool | None
    differs: bool | None


def compared(terms: Terms, before: Judgement, after: Judgement) -> Compared:
    """Two judgements of one indicator side by side."""
    change = None if before.value is None or after.value is None else after.value - before.value
    better = None
    if change:
        better = (change < 0) == (terms.rule.direction == "lower_is_better")
    differs = None
    if before.interval is not None and after.interval is not None:
        differs = before.interval.high < after.interval.low or after.interval.high < before.interval.low
    return Compared(terms.rule.id, before, after, change, better, differs)


def _bad(terms: Terms, daily: Daily, day: int) -> Decimal:
    sums = daily.get(day, {})
    part = sum((Decimal(sums.get(key, 0)) for key in terms.part), Decimal(0))
    if terms.rule.value.kind != "share":
        return Decimal(0)
    whole = sum((Decimal(sums.get(key, 0)) for key in terms.whole), Decimal(0))
    return part if terms.rule.direction == "lower_is_better" else whole - part


def _blamed(terms: Terms, counts: Counts, day: int) -> tuple[tuple[str, int], ...]:
    bad: dict[str, Decimal] = {}
    for place, sums in counts.items():
        if place.day == day:
            name = place.listing or ""
            bad[name] = bad.get(name, Decimal(0)) + _bad(terms, {day: sums}, day)
    found = sorted(
        ((name, int(number)) for name, number in bad.items() if number > 0), key=lambda one: (-one[1], one[0])
    )
    return tuple(found[:3])


def _short(number: float) -> Decimal:
    return Decimal(str(round(number, 4)))
