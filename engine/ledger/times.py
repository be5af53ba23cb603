"""Days and moments of a platform: all moments are UTC, all calendars are the platform's own.

Semantics. "365 days" means 365 calendar days on the platform's wall clock: an entry of 1 February 12:00 lapses at
12:00 365 days later, whether a leap day or a change to summer time lies between. Where that wall time does not exist
(the clock jumps over it) the moment shifts forward by the jump; where it exists twice, the first is meant. An entry
counts from its moment (inclusive) until it lapses (exclusive).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SATURDAY = 5


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of a name such as Asia/Shanghai."""
    return ZoneInfo(name)


@lru_cache(maxsize=50_000)
def local_day(at: datetime, name: str) -> date:
    """The calendar day on the platform."""
    return at.astimezone(zone(name)).date()


def on_wall(naive: datetime, name: str) -> datetime:
    """The UTC moment of a platform wall time (without tzinfo)."""
    return naive.replace(tzinfo=zone(name)).astimezone(UTC)


def wall(at: datetime, name: str) -> datetime:
    """The platform's wall time, without tzinfo."""
    return at.astimezone(zone(name)).replace(tzinfo=None)


def start_of(day: date, name: str) -> datetime:
    """The first moment of a platform day."""
    return on_wall(datetime.combine(day, time()), name)


@lru_cache(maxsize=50_000)
def plus_days(at: datetime, days: int, name: str) -> datetime:
    """So many calendar days later, at the same wall time."""
    return on_wall(wall(at, name) + timedelta(days=days), name)


def plus_working_days(at: datetime, days: int, name: str) -> datetime:
    """So many Mondays to Fridays later at the same wall time; public holidays are not known here."""
    moment = wall(at, name)
    while days > 0:
        moment += DAY
        days -= moment.weekday() < SATURDAY
    return on_wall(moment, name)


def month_of(day: date, start: int) -> tuple[int, int]:
    """Year and month in which the platform's month of a day began, when months begin on day `start`."""
    if day.day >= start:
        return day.year, day.month
    before = day.replace(day=1) - DAY
    return before.year, before.month


def next_weekday(at: datetime, weekday: int, name: str) -> datetime:
    """The next start of that weekday (0 is Monday) at or after a moment."""
    moment = wall(at, name)
    day = moment.date() + timedelta(days=(weekday - moment.weekday()) % 7)
    found = start_of(day, name)
    return found if found >= at else start_of(day + timedelta(days=7), name)


def quarter_reset(at: datetime, reset: str, name: str) -> datetime:
    """The first reset after a moment: a quarter's first day or first Monday, or the last Monday of the one before."""
    day = local_day(at, name)
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    while True:
        found = start_of(_reset_day(first, reset), name)
        if found > at:
            return found
        first = (first + timedelta(days=100)).replace(day=1)


def _reset_day(first: date, reset: str) -> date:
    if reset == "first_monday":
        return first + timedelta(days=-first.weekday() % 7)
    if reset == "last_monday":
        before = first - DAY
        return before - timedelta(days=before.weekday())
    return first
