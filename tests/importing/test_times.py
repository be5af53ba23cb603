"""US Pacific clock times become UTC, on the days when the clock is moved too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.importing.times import moment
from engine.intake.values import Unreadable

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2026-07-01 00:00:00", "2026-07-01T07:00:00"),
        ("2026-01-01 00:00:00", "2026-01-01T08:00:00"),
        ("2026/1/5 9:05", "2026-01-05T17:05:00"),
        ("2026年1月5日 09:05:10", "2026-01-05T17:05:10"),
        ("2026-01-05", "2026-01-05T08:00:00"),
        # the hour that does not exist: as if the clock had not been moved
        ("2026-03-08 01:59:59", "2026-03-08T09:59:59"),
        ("2026-03-08 02:00:00", "2026-03-08T10:00:00"),
        ("2026-03-08 02:30:00", "2026-03-08T10:30:00"),
        ("2026-03-08 03:00:00", "2026-03-08T10:00:00"),
        # the hour that comes twice: its first pass
        ("2026-11-01 00:59:59", "2026-11-01T07:59:59"),
        ("2026-11-01 01:00:00", "2026-11-01T08:00:00"),
        ("2026-11-01 01:59:59", "2026-11-01T08:59:59"),
        ("2026-11-01 02:00:00", "2026-11-01T10:00:00"),
        # whoever says which hour it is, is believed
        ("2026-11-01 01:30:00 PST", "2026-11-01T09:30:00"),
        ("2026-11-01T01:30:00-08:00", "2026-11-01T09:30:00"),
        ("2026-11-01T09:30:00Z", "2026-11-01T09:30:00"),
        (1793525400000, "2026-11-01T09:30:00"),
        ("1793525400", "2026-11-01T09:30:00"),
        (datetime(2026, 7, 1), "2026-07-01T07:00:00"),
        (date(2026, 7, 1), "2026-07-01T07:00:00"),
        (46204.5, "2026-07-01T19:00:00"),  # a sheet's count of days
    ],
)
def test_a_clock_time_is_one_moment(value: object, utc: str) -> None:
    assert moment(value, PACIFIC) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_the_repeated_hour_is_its_second_pass_where_order_demands_it() -> None:
    placed = moment("2026-11-01 01:50:00", PACIFIC)
    assert moment("2026-11-01 01:10:00", PACIFIC, not_before=placed) == datetime(2026, 11, 1, 9, 10, tzinfo=UTC)
    assert moment("2026-11-01 01:55:00", PACIFIC, not_before=placed) == datetime(2026, 11, 1, 8, 55, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "yesterday", "2026-13-01", "2026-02-30 10:00", True, 5, -1.0, "99999999999999"])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        moment(value, PACIFIC)


@given(st.datetimes(datetime(2007, 4, 1), datetime(2037, 1, 1)))
def test_reading_back_the_clock_gives_the_same_time_but_for_the_missing_hour(clock: datetime) -> None:
    clock = clock.replace(microsecond=0)
    back = moment(clock.isoformat(" "), PACIFIC).astimezone(PACIFIC).replace(tzinfo=None, fold=0)
    assert back == clock or (back - clock).total_seconds() == 3600
