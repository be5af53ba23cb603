"""What a store scored on each day of a period: the windows move on by a day, adding what comes and taking what goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.scoring import days
from engine.scoring.board import Performance, windows_of
from engine.scoring.counting import Number
from engine.scoring.judging import Judgement, Sums
from engine.scoring.waterfall import Scored

Daily = Mapping[int, Sums]
"""Day → key → number, of one store (or listing)."""


class DayScore(NamedTuple):
    """What was said on a day: the windows end the day before."""

    day: int
    judgements: dict[str, Judgement]
    scored: Scored | None


def rolling(daily: Daily, since: int, until: int, lengths: Sequence[int]) -> Iterator[tuple[int, dict[int, Sums]]]:
    """The windows on each day from `since` to before `until`. Each is good until the next is asked for."""
    windows: dict[int, dict[str, Number]] = windows_of(daily, since, lengths)
    for day in range(since, until):
        if day > since:
            for length in lengths:
                _move(windows[length], daily.get(day - 1, {}), 1)
                _move(windows[length], daily.get(day - 1 - length, {}), -1)
        yield day, windows  # type: ignore[misc]


def _move(window: dict[str, Number], sums: Sums, sign: int) -> None:
    for key, number in sums.items():
        window[key] = window.get(key, 0) + sign * number


def scores(
    performance: Performance,
    daily: Daily,
    since: int,
    until: int,
    score: str | None,
    *,
    only: Collection[str] | None = None,
    recorded: frozenset[str] | None = None,
    confidence: Decimal | None = None,
) -> Iterator[DayScore]:
    """Each day from `since` to before `until` by the rules in force on it.

    `score` is worked out with what it needs; None: the indicators in `only` alone.
    """
    longest = tuple(sorted({length for day in range(since, until) for length in performance.on(days.day(day)).windows}))
    for day, windows in rolling(daily, since, until, longest):
        force = performance.on(days.day(day))
        is_live = score is not None and score in force.formulas
        needed = force.needs(score) if is_live and score is not None else frozenset()
        judgements = force.judge(windows, confidence, recorded=recorded, only=needed | frozenset(only or ()))
        scored = force.scores(judgements).get(score) if is_live and score is not None else None
        yield DayScore(day, judgements, scored)
