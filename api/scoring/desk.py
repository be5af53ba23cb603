"""One store on one day: its counts, read once, and what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby

from api.scoring.origin import Origin
from api.scoring.rules import PerformanceRules
from engine.lazily import lazily
from engine.scoring import days, series
from engine.scoring.actions import waiting
from engine.scoring.board import InForce, by_day, windows_of
from engine.scoring.costs import ListingCost, by_listing
from engine.scoring.counting import Counts, Number
from engine.scoring.judging import Judgement, Sums
from engine.scoring.levels import Standing, needed_days
from engine.scoring.outlook import Outlook
from engine.scoring.series import DayScore
from engine.scoring.waterfall import Scored


class Desk:
    """Everything about one store on a day. `history` days before it can be asked for too."""

    def __init__(
        self, rules: PerformanceRules, origin: Origin, store: str | None, as_of: date, *, history: int = 0
    ) -> None:
        self.rules, self.origin, self.store, self.as_of = rules, origin, store, as_of
        self.force = rules.on(as_of)
        self.level, self.score = rules.level_and_score(as_of)
        self.today = days.number(as_of)
        self._history = history
        self.settings = rules.settings(as_of)

    @property
    def since(self) -> int:
        """The first day whose score can be asked for."""
        first = self.today - self._history
        if self.level is not None:
            first = min(first, needed_days(self.force.formula(self.level), self.as_of)[0])
        return first

    @lazily
    def counts(self) -> Counts:
        """The counts of every day that is needed, by listing, as the rules of today count."""
        return self._counted(self.force, self.since, self.today)

    def _counted(self, force: InForce, since: int, until: int) -> Counts:
        return self.origin.counts(force.countings.values(), since=since - force.longest, until=until, store=self.store)

    @lazily
    def daily(self) -> dict[int, dict[str, Number]]:
        """The counts of each day, all listings together."""
        return by_day(self.counts)

    @lazily
    def recorded(self) -> frozenset[str]:
        """What the rows say."""
        return self.origin.recorded

    @lazily
    def judgements(self) -> dict[str, Judgement]:
        """Every indicator today."""
        windows = windows_of(self.daily, self.today, self.force.windows)
        return self.force.judge(windows, self.settings.confidence, recorded=self.recorded)

    @lazily
    def scores(self) -> dict[str, Scored]:
        """Every score of the store today."""
        return self.force.scores(self.judgements)

    @lazily
    def main(self) -> Scored | None:
        """The daily score."""
        return self.scores.get(self.score) if self.score is not None else None

    @lazily
    def outlook(self) -> Outlook:
        """What is to come."""
        assert self.score is not None
        return Outlook(
            self.rules.performance,
            self.counts,
            self.as_of,
            self.settings,
            score=self.score,
            level=self.level,
            recorded=self.recorded,
            waiting=self.soon,
            past=self._past_scores,
        )

    def _past_scores(self, since: int, until: int) -> dict[int, Decimal]:
        steps = self.past(since, until)
        return {step.day: step.scored.score for step in steps if step.scored and step.scored.score is not None}

    @lazily
    def soon(self) -> dict[int, Sums]:
        """What is counted if nobody acts on what is due within the next hours."""
        countings = list(self.force.countings.values())
        found: dict[int, dict[str, Number]] = {}
        for over, rows in self.due_rows.items():
            for day, sums in waiting(countings, rows, over, self.origin.now).items():
                if day >= self.today:
                    into = found.setdefault(day, {})
                    for key, number in sums.items():
                        into[key] = into.get(key, 0) + number
        return found  # type: ignore[return-value]

    @lazily
    def due_rows(self) -> Mapping[str, list[Mapping[str, object]]]:
        """Orders to ship and disputes to answer whose time ends soon."""
        now = self.origin.now
        until = now + int(self.rules.number("soon_hours", self.as_of)) * 3600
        orders = f'"due" >= {now} AND "due" < {until} AND "sent" IS NULL AND "finished" IS NULL AND "paid" IS NOT NULL'
        disputes = (
            f'"answer_due" >= {now} AND "answer_due" < {until} AND "answered" IS NULL AND "state" = \'processing\''
        )
        return {
            "orders": list(self.origin.select("orders", orders, store=self.store)),
            "disputes": list(self.origin.select("disputes", disputes, store=self.store)),
        }

    @lazily
    def current(self) -> Standing | None:
        """The level as decided last."""
        return self.outlook.current() if self.score is not None else None

    @lazily
    def projected(self) -> Standing | None:
        """The level as it will be decided next if all goes on."""
        return self.outlook.see().level if self.score is not None and self.level is not None else None

    def past(self, since: int, until: int, *, only: Collection[str] = (), score: bool = True) -> list[DayScore]:
        """Each day from `since` to before `until`, by the rules in force on it: the daily score, and the indicators
        named in `only`. Where rules count otherwise than today's, the rows are counted by theirs."""
        found: list[DayScore] = []
        for force, first, end in self._stretches(since, until):
            is_same = set(force.countings.values()) == set(self.force.countings.values()) and first >= self.since
            daily = self.daily if is_same else by_day(self._counted(force, first, end))
            steps = series.scores(
                self.rules.performance,
                daily,
                first,
                end,
                self.score if score else None,
                only=only,
                recorded=self.recorded,
            )
            found += [DayScore(step.day, step.judgements, step.scored) for step in steps]
        return found

    def _stretches(self, since: int, until: int) -> Iterator[tuple[InForce, int, int]]:
        """Days in a row on which the same rules are in force."""
        for force, group in groupby(range(since, until), key=lambda day: self.rules.on(days.day(day))):
            members = list(group)
            yield force, members[0], members[-1] + 1

    @lazily
    def listings(self) -> list[ListingCost]:
        """What each listing costs the daily score."""
        if self.main is None:
            return []
        return by_listing(self.force, self.counts, self.today, self.judgements, self.main)

    def of_listing(self, listing: str) -> dict[str, Scored]:
        """The scores of one product."""
        daily = by_day(self.counts, listing=listing)
        windows = windows_of(daily, self.today, self.force.windows)
        judged = self.force.judge(windows, self.settings.confidence, recorded=self.recorded)
        return self.force.scores(judged, "product")
