"""Times as files have them → UTC.

Order times of the platform carry no zone and are US Pacific clock times (reference §7.1); the zone itself is data of
the pack. Twice a year a clock time is not one moment:

- **the hour that comes twice** (autumn) is read as its first pass, in daylight time: the earlier moment makes a
  deadline come earlier, never later. Where that would put a time before one that must precede it (paid before
  placed), it is read as the second pass.
- **the hour that does not exist** (spring) is read with the offset from before the change, which is the moment the
  clock would have shown had it not been moved: 02:30 becomes 03:30 daylight time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from engine.intake.values import Unreadable

_CLOCK = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}|PST|PDT|PT)?"
)
_MILLISECONDS = (10**11, 10**13)
_SECONDS = (10**8, 10**10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMED = {"Z": timedelta(0), "UTC": timedelta(0), "PST": timedelta(hours=-8), "PDT": timedelta(hours=-7)}
_EXCEL_EPOCH = datetime(1899, 12, 30)
EXPECTED = Unreadable("expected a time like 2024-11-03 13:45:00", "应为时间，例如 2024-11-03 13:45:00")


def moment(value: Any, zone: tzinfo, *, not_before: datetime | None = None) -> datetime:
    """The moment that a cell or a JSON value means. Raises Unreadable.

    A time with an offset, or a number of (milli)seconds since 1970, is taken as it is; any other is a clock time of
    `zone`. `not_before` decides between the two passes of a repeated hour.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo is not None else _local(value, zone, not_before)
    if isinstance(value, bool):
        raise EXPECTED
    if isinstance(value, int | float):
        return _number(value, zone, not_before)
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"\d{9,13}", text):
            return _number(int(text), zone, not_before)
        return _clock(text, zone, not_before)
    if hasattr(value, "year"):  # a bare date: its first moment
        return _local(datetime(value.year, value.month, value.day), zone, not_before)
    raise EXPECTED


def _number(value: float, zone: tzinfo, not_before: datetime | None) -> datetime:
    if _MILLISECONDS[0] <= value < _MILLISECONDS[1]:
        return _EPOCH + timedelta(milliseconds=value)
    if _SECONDS[0] <= value < _SECONDS[1]:
        return _EPOCH + timedelta(seconds=value)
    if 20_000 <= value < 80_000:  # a sheet's own count of days
        return _local(_EXCEL_EPOCH + timedelta(seconds=round(value * 86_400)), zone, not_before)
    raise EXPECTED


def _clock(text: str, zone: tzinfo, not_before: datetime | None) -> datetime:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise EXPECTED
    year, month, day, hour, minute, second, fraction, named = match.groups()
    try:
        clock = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")),
        )  # fmt: skip
        if named is None or named == "PT":
            return _local(clock, zone, not_before)
        offset = _NAMED.get(named)
        if offset is None:
            sign = -1 if named[0] == "-" else 1
            offset = sign * timedelta(hours=int(named[1:3]), minutes=int(named[-2:]))
        return (clock - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise EXPECTED from None


def _local(clock: datetime, zone: tzinfo, not_before: datetime | None) -> datetime:
    try:
        first = clock.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if not_before is None or first >= not_before:
            return first
        second = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except (ValueError, OverflowError):
        raise EXPECTED from None
    # In a gap the other reading is the earlier one, which helps nobody.
    return second if second > first and second >= not_before else first
