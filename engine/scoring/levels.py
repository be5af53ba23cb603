"""The level of a store: decided for a month by the mean of the month before, and where it is going.

Current: as it was decided last. Projected: as it will be decided next if the rest of the month goes on as it went
(eBay calls these CURRENT and PROJECTED).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from engine.scoring import days
from engine.scoring.waterfall import Formula, Scored

DAY = timedelta(days=1)


class Standing(Struct, frozen=True, omit_defaults=True):
    """A level on one decision day. `known` of `of` days of the averaged month are past, the others expected.

    `low` and `high`: what the mean can still become, when the days to come bring the least and the most.
    """

    decided_on: date
    month: date
    scored: Scored
    known: int
    of: int
    low: Decimal | None = None
    high: Decimal | None = None
    possible: tuple[str, ...] = ()


def month_before(day: date) -> tuple[date, date]:
    """The first day of the month before that of `day`, and the first day of `day`'s month."""
    end = day.replace(day=1)
    return (end - DAY).replace(day=1), end


def decisions(formula: Formula, as_of: date) -> tuple[date | None, date | None]:
    """The last decision day up to `as_of`, and the next after it."""
    if formula.evaluated is None:
        return None, None
    following = formula.evaluated(as_of)
    back = as_of - timedelta(days=400)
    last = None
    while (found := formula.evaluated(back)) <= as_of:
        last = back = found
    return last, following


def needed_days(formula: Formula, as_of: date) -> tuple[int, int]:
    """The days whose scores the current and the projected level look at: from (inclusive) until (exclusive)."""
    last, following = decisions(formula, as_of)
    since = month_before(last or as_of)[0]
    return days.number(since), days.number(month_before(following or as_of)[1])


def standing(
    formula: Formula, decided_on: date, scores: Mapping[int, Decimal], as_of: date, least: Decimal, most: Decimal
) -> Standing:
    """The level decided on a day. `scores`: day → daily score; those after `as_of` are expected."""
    first, end = month_before(decided_on)
    known_until = days.number(as_of)
    inside = {day: score for day, score in scores.items() if days.number(first) <= day < days.number(end)}
    known = [score for day, score in inside.items() if day <= known_until]
    scored = formula.mean([score for _, score in sorted(inside.items())])
    ahead = len(inside) - len(known)
    low = high = None
    possible: tuple[str, ...] = ()
    if ahead and inside:
        low = formula.mean([*known, *[least] * ahead]).score
        high = formula.mean([*known, *[most] * ahead]).score
        held = [formula.level(value) for value in (low, high) if value is not None]
        names = [level.id for level, _ in formula.levels]
        marks = sorted(names.index(level.id) for level in held if level is not None)
        possible = tuple(names[marks[0] : marks[-1] + 1]) if marks else ()
    return Standing(decided_on, first, scored, len(known), len(inside), low, high, possible)
