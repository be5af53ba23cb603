"""Days of the platform's clock as whole numbers (days since 1970-01-01), and the offsets that SQL works them out by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from engine.ledger import times

EPOCH = date(1970, 1, 1)


def number(day: date) -> int:
    """The number of a day."""
    return (day - EPOCH).days


def day(value: int) -> date:
    """The day of a number."""
    return EPOCH + timedelta(days=value)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970 of an aware moment, rounded down."""
    return int(moment.timestamp() // 1)


def moment(value: int) -> datetime:
    """The moment of a number of seconds."""
    return datetime.fromtimestamp(value, UTC)


@lru_cache(maxsize=4096)
def start(value: int, zone: str) -> int:
    """The first second of a day of the zone."""
    return seconds(times.start_of(day(value), zone))


def of(at: int, zone: str) -> int:
    """The day of the zone that a second lies in."""
    return number(datetime.fromtimestamp(at, times.zone(zone)).date())


class Offset(NamedTuple):
    """Until a second (exclusive; None: without end) the zone's clock is so many seconds ahead of UTC."""

    until: int | None
    seconds: int


@lru_cache(maxsize=256)
def offsets(since: int, until: int, zone: str) -> tuple[Offset, ...]:
    """The zone's offsets from one day to before another, in order; a second before them has the first offset."""
    low, high = start(since, zone), start(until, zone)
    found: list[Offset] = []
    current, at = _offset(low, zone), low
    while at < high:
        following = min(at + 86400, high)
        ahead = _offset(following, zone)
        if ahead != current:
            left, right = at, following
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if _offset(middle, zone) == current else (left, middle)
            found.append(Offset(right, current))
            current = ahead
        at = following
    return (*found, Offset(None, current))


def _offset(at: int, zone: str) -> int:
    delta = datetime.fromtimestamp(at, times.zone(zone)).utcoffset()
    return int(delta.total_seconds()) if delta is not None else 0
