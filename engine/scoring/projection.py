"""The days to come, as they would be if the store went on as it did: what leaves the windows is known, what enters them
is taken to be like the mean of the last days.

With `without` the share of listings that go off sale is taken out of what is expected from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from engine.scoring.counting import Counts, Number
from engine.scoring.judging import Sums
from engine.scoring.series import Daily

PLACES = Decimal("0.000001")


def usual_day(daily: Daily, as_of: int, length: int) -> dict[str, Decimal]:
    """The mean day of the last `length` days; days before the first known one are not in it."""
    since = max(as_of - length, min(daily, default=as_of))
    number = as_of - since
    if number <= 0:
        return {}
    total: dict[str, Number] = {}
    for day in range(since, as_of):
        for key, value in daily.get(day, {}).items():
            total[key] = total.get(key, 0) + value
    return {key: (Decimal(value) / number).quantize(PLACES) for key, value in total.items()}


def ahead(daily: Daily, as_of: int, until: int, length: int, *, without: Daily | None = None) -> dict[int, Sums]:
    """The known days before `as_of`, and the expected ones from it to before `until`.

    `without`: the daily counts of what goes off sale on `as_of`; its usual day is expected no more.
    """
    usual = usual_day(daily, as_of, length)
    if without is not None:
        since = max(as_of - length, min(daily, default=as_of))
        gone = usual_day({since: {}, **without}, as_of, length)
        usual = {key: max(Decimal(0), value - gone.get(key, Decimal(0))) for key, value in usual.items()}
    known: dict[int, Sums] = {day: sums for day, sums in daily.items() if day < as_of}
    return {**known, **dict.fromkeys(range(as_of, until), usual)}


def of_listings(counts: Counts, listings: Collection[str]) -> dict[int, dict[str, Number]]:
    """The daily counts of some listings together."""
    found: dict[int, dict[str, Number]] = {}
    for place, sums in counts.items():
        if place.listing in listings:
            into = found.setdefault(place.day, {})
            for key, number in sums.items():
                into[key] = into.get(key, 0) + number
    return found


def with_changes(daily: Daily, changes: Mapping[int, Sums]) -> dict[int, Sums]:
    """Daily counts with the differences that actions make added to them."""
    found: dict[int, Sums] = dict(daily)
    for day, sums in changes.items():
        whole = dict(found.get(day, {}))
        for key, number in sums.items():
            whole[key] = whole.get(key, 0) + number
        found[day] = whole
    return found
