"""Counts add up: by day, by store, and with what changed; windows hold the right days of the platform's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rules
from engine import load_pack
from engine.scoring import days
from engine.scoring.board import by_day, windows_of
from engine.scoring.bound import Check, Counter, Counting
from engine.scoring.counting import Place, added, counts_of, faults
from tests.engine.scoring.rows import NOW, stores

PACK = load_pack(rules.path("aliexpress"))
FORCE = PACK.performance.on(date(2026, 11, 23))
COUNTINGS = list(FORCE.countings.values())
WITHOUT_ONCE = [counting for counting in COUNTINGS if counting.once is None]
SOME = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PAID = Counting("X", "orders", "paid", "America/Los_Angeles", (), (), None, (Counter("X.all", ()),))


@SOME
@given(before=stores(), after=stores())
def test_a_days_update_by_what_changed_equals_counting_everything_anew(
    before: Mapping[str, list[Any]], after: Mapping[str, list[Any]]
) -> None:
    """Some rows stay, some change, some are new: the difference of the counts is what the changed rows make."""
    old = {over: rows[: len(rows) * 2 // 3] for over, rows in before.items()}
    new = {over: old[over][: len(old[over]) // 2] + after[over] for over in before}
    gone = {over: old[over][len(old[over]) // 2 :] for over in before}
    updated = added(counts_of(WITHOUT_ONCE, old, now=NOW), counts_of(WITHOUT_ONCE, after, now=NOW))
    updated = added(updated, counts_of(WITHOUT_ONCE, gone, now=NOW), sign=-1)
    assert updated == counts_of(WITHOUT_ONCE, new, now=NOW)


@SOME
@given(rows=stores())
def test_stores_counted_apart_add_up_to_all_counted_together(rows: Mapping[str, list[Any]]) -> None:
    parts = [{over: [row for row in found if row["store"] == store] for over, found in rows.items()} for store in "12"]
    assert added(*(counts_of(COUNTINGS, part, now=NOW) for part in parts)) == counts_of(COUNTINGS, rows, now=NOW)


@SOME
@given(rows=stores(), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: Mapping[str, list[Any]], seed: Any) -> None:
    shuffled = {over: seed.sample(found, len(found)) for over, found in rows.items()}
    assert counts_of(COUNTINGS, shuffled, now=NOW) == counts_of(COUNTINGS, rows, now=NOW)


@given(at=st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)), zone=st.sampled_from(
    ["America/Los_Angeles", "Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe"]))  # fmt: skip
def test_a_moment_lies_in_the_day_that_begins_before_it_and_ends_after(at: datetime, zone: str) -> None:
    second = days.seconds(at.replace(tzinfo=UTC))
    day = days.of(second, zone)
    assert days.start(day, zone) <= second < days.start(day + 1, zone)
    assert days.day(day) == datetime.fromtimestamp(second, ZoneInfo(zone)).date()


@given(first=st.dates(date(2016, 1, 1), date(2030, 1, 1)), length=st.integers(1, 400), off=st.integers(0, 86400 * 400))
def test_the_offsets_of_a_period_place_every_second_of_it(first: date, length: int, off: int) -> None:
    zone = "America/Los_Angeles"
    since, until = days.number(first), days.number(first) + length
    low, high = days.start(since, zone), days.start(until, zone)
    second = low + off % (high - low)
    offset = next(o for o in days.offsets(since, until, zone) if o.until is None or second < o.until)
    assert (second + offset.seconds) // 86400 == days.of(second, zone)


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (date(2026, 11, 23), date(2026, 10, 24)),  # the clock goes back in between
        (date(2026, 3, 20), date(2026, 2, 18)),  # it goes forward
        (date(2028, 3, 1), date(2028, 1, 31)),  # a leap day
        (date(2027, 3, 1), date(2027, 1, 30)),  # a February without one
        (date(2027, 1, 1), date(2026, 12, 2)),  # the end of a month and a year
    ],
)
def test_a_window_of_thirty_days_holds_thirty_calendar_days_and_not_the_day_of_the_answer(
    as_of: date, first: date
) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    rows = [
        {
            "id": f"{offset}.{hour}",
            "store": "1",
            "paid": days.seconds(datetime(d.year, d.month, d.day, hour, 59, tzinfo=zone)),
        }
        for offset in range(-2, 34)
        for d in [first + timedelta(days=offset)]
        for hour in (0, 23)
    ]
    daily = by_day(counts_of([PAID], {"orders": rows}, now=2**40))
    assert windows_of(daily, days.number(as_of), [30])[30] == {"X.all": 60}
    assert min(day for day in daily if daily[day]) == days.number(first) - 2


def test_a_day_of_the_platform_has_23_or_25_hours_when_its_clock_changes() -> None:
    zone = "America/Los_Angeles"
    assert (
        days.start(days.number(date(2026, 3, 9)), zone) - days.start(days.number(date(2026, 3, 8)), zone) == 23 * 3600
    )
    assert (
        days.start(days.number(date(2026, 11, 2)), zone) - days.start(days.number(date(2026, 11, 1)), zone) == 25 * 3600
    )


def test_bad_rows_are_named_and_counted_nowhere() -> None:
    rows = [
        {"id": "good", "store": "1", "stars": 5, "description": 5, "given": NOW - 86400},
        {"id": "future", "store": "1", "stars": 5, "description": 5, "given": NOW + 1},
        {"id": "empty", "store": "1", "stars": None, "description": 5, "given": NOW - 86400},
        {"id": "six", "store": "1", "stars": 6, "given": NOW - 86400},
        {"id": "zero", "store": "1", "stars": 5, "description": 0, "given": NOW - 86400},
    ]
    assert faults("evaluations", rows, now=NOW) == {
        "in_the_future": ["future"],
        "rating_missing": ["empty"],
        "rating_out_of_scale": ["six", "zero"],
    }
    counts = counts_of([FORCE.countings["SVC104"]], {"evaluations": rows}, now=NOW)
    assert counts == {Place("1", None, days.of(NOW - 86400, "America/Los_Angeles")): {
        "SVC104.scored": 1, "SVC104.scored:description": 5}}  # fmt: skip


def test_a_check_on_a_column_that_is_not_given_passes_only_where_it_says_so() -> None:
    from engine.scoring.counting import passes

    row = {"due": 10}
    assert not passes(Check("sent", "by", of="due"), row)
    assert passes(Check("sent", "missed", of="due"), row)
    assert not passes(Check("sent", "after", of="due"), row)
    assert not passes(Check("carrier", "not_in", ("a",)), row)
    assert passes(Check("carrier", "exists", (False,)), row)
