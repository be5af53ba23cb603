"""What a store will score: as it stands, and with actions. The one place that evaluates a set of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from msgspec import Struct

from engine.scoring import days, projection, series
from engine.scoring.actions import Change, together
from engine.scoring.board import Performance
from engine.scoring.counting import Counts
from engine.scoring.judging import Judgement, Sums
from engine.scoring.levels import Standing, decisions, month_before, standing
from engine.scoring.waterfall import Scored


class Settings(Struct, frozen=True):
    """Our own choices, dated data of the pack: `usual_days` that tell what days to come will be like."""

    confidence: Decimal
    usual_days: int


class Seen(Struct, frozen=True):
    """A store as one set of changes would make it. `today` and `on` (a later day) are daily scores."""

    today: Scored
    on: Scored
    on_day: date
    judgements: dict[str, Judgement]
    level: Standing | None


class Outlook:
    """A store on a day: its daily counts by listing, and the daily score and level that are looked at.

    `waiting`: what rows bring whose time runs out if nobody acts; it is part of what stands without any action.
    `past` knows the daily scores of days that are over (by the rules of those days); without it they are worked out.
    """

    def __init__(
        self,
        performance: Performance,
        counts: Counts,
        as_of: date,
        settings: Settings,
        *,
        score: str,
        level: str | None,
        recorded: frozenset[str] | None = None,
        waiting: Mapping[int, Sums] | None = None,
        past: Callable[[int, int], Mapping[int, Decimal]] | None = None,
    ) -> None:
        self.performance, self.counts, self.as_of, self.settings = performance, counts, as_of, settings
        self.score, self.level, self.recorded = score, level, recorded
        self.soon = dict(waiting or {})
        self._today = days.number(as_of)
        self.daily: dict[int, Sums] = dict(_by_day(counts))
        self._past: dict[int, Decimal] = {}
        self._past_of = past or self._worked_out

    def next_decision(self, by: date | None = None) -> date | None:
        """The first day on which the level is decided after today, or from `by` on."""
        if self.level is None:
            return None
        formula = self.performance.on(self.as_of).formula(self.level)
        found = decisions(formula, self.as_of)[1]
        while by is not None and found is not None and found < by and formula.evaluated is not None:
            found = formula.evaluated(found)
        return found

    def see(self, changes: Iterable[Change] = (), *, on: date | None = None, decision: date | None = None) -> Seen:
        """The store with changes: its score today and `on` a later day, and the level decided on `decision`."""
        given = list(changes)
        decided = decision or self.next_decision()
        last = max(filter(None, (on, self.as_of, decided)))
        daily = self._daily(given, days.number(last))
        target = on or decided or self.as_of
        force = self.performance.on(self.as_of)
        only = force.needs(self.score)
        found = {
            step.day: step for step in (self._at(daily, self._today, only), self._at(daily, days.number(target), only))
        }
        today, later = found[self._today], found[days.number(target)]
        assert today.scored is not None
        assert later.scored is not None
        return Seen(today.scored, later.scored, target, later.judgements, self._standing(daily, given, decided))

    def _at(self, daily: series.Daily, day: int, only: frozenset[str]) -> series.DayScore:
        return next(series.scores(self.performance, daily, day, day + 1, self.score, only=only, recorded=self.recorded))

    def _daily(self, given: list[Change], until: int) -> dict[int, Sums]:
        changed, offline = together(given)
        gone = projection.of_listings(self.counts, offline) if offline else None
        ahead = projection.ahead(self.daily, self._today, until, self.settings.usual_days, without=gone)
        return projection.with_changes(projection.with_changes(ahead, self.soon), changed)

    def _standing(self, daily: series.Daily, given: list[Change], decided: date | None) -> Standing | None:
        if self.level is None or decided is None:
            return None
        first, end = month_before(decided)
        scores = self._scores(daily, days.number(first), min(days.number(end), self._today + 1), changed=bool(given))
        if days.number(end) > self._today + 1:
            later = series.scores(
                self.performance, daily, max(self._today + 1, days.number(first)), days.number(end), self.score,
                recorded=self.recorded,
            )  # fmt: skip
            scores |= {step.day: step.scored.score for step in later if step.scored and step.scored.score is not None}
        force = self.performance.on(self.as_of)
        formula, daily_formula = force.formula(self.level), force.formula(self.score)
        return standing(formula, decided, scores, self.as_of, daily_formula.least, daily_formula.most)

    def _scores(self, daily: series.Daily, since: int, until: int, *, changed: bool) -> dict[int, Decimal]:
        """The daily scores up to today. Days that are past stay as they were scored, whatever is done today."""
        if until <= since:
            return {}
        over = min(until, self._today)
        missing = [day for day in range(since, over) if day not in self._past]
        if missing:
            self._past |= self._past_of(missing[0], over)
        found = {day: self._past[day] for day in range(since, over) if day in self._past}
        if until > self._today:
            step = self._at(daily if changed else self.daily, self._today, frozenset())
            if step.scored is not None and step.scored.score is not None:
                found[self._today] = step.scored.score
        return found

    def _worked_out(self, since: int, until: int) -> dict[int, Decimal]:
        steps = series.scores(self.performance, self.daily, since, until, self.score, recorded=self.recorded)
        return {step.day: step.scored.score for step in steps if step.scored and step.scored.score is not None}

    def past_scores(self, since: int) -> dict[int, Decimal]:
        """The daily scores from a day to before today."""
        return self._scores(self.daily, since, self._today, changed=False)

    def current(self) -> Standing | None:
        """The level as it was decided last."""
        if self.level is None:
            return None
        force = self.performance.on(self.as_of)
        formula, daily_formula = force.formula(self.level), force.formula(self.score)
        decided = decisions(formula, self.as_of)[0]
        if decided is None:
            return None
        first, end = month_before(decided)
        scores = self._scores(self.daily, days.number(first), days.number(end), changed=False)
        return standing(formula, decided, scores, self.as_of, daily_formula.least, daily_formula.most)


def _by_day(counts: Counts) -> dict[int, dict[str, int | Decimal]]:
    found: dict[int, dict[str, int | Decimal]] = {}
    for place, sums in counts.items():
        into = found.setdefault(place.day, {})
        for key, number in sums.items():
            into[key] = into.get(key, 0) + number
    return found
