"""The indicators and scores of a pack, and those in force on a day: from sums of windows to judgements and scores."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from engine.errors import UnknownName
from engine.model.indicator import IndicatorRule
from engine.model.score import ScoreRule
from engine.scoring.bound import Counting, counting_of
from engine.scoring.counting import Counts, Number
from engine.scoring.judging import Judgement, Sums, Terms, judge, terms_of
from engine.scoring.sources import ROWS
from engine.scoring.waterfall import Formula, Scored

Windows = Mapping[int, Sums]
"""Length of a window in days → key → number."""


class Performance:
    """All indicators and scores of a pack."""

    def __init__(self, indicators: Iterable[IndicatorRule], scores: Iterable[ScoreRule]) -> None:
        self.indicators: Mapping[str, IndicatorRule] = {rule.id: rule for rule in indicators}
        self.scores: Mapping[str, ScoreRule] = {rule.id: rule for rule in scores}
        rules: list[IndicatorRule | ScoreRule] = [*self.indicators.values(), *self.scores.values()]
        self._changes = sorted({day for rule in rules for day in rule.dates()})
        self._days: dict[int, InForce] = {}

    def on(self, as_of: date) -> InForce:
        """What is in force on a day."""
        key = bisect_right(self._changes, as_of)
        found = self._days.get(key)
        if found is None:
            found = self._days[key] = InForce(self, as_of)
        return found


class InForce:
    """The indicators and scores in force on a day, bound to its numbers."""

    def __init__(self, performance: Performance, as_of: date) -> None:
        rules = performance.indicators
        self.terms: Mapping[str, Terms] = {
            rule.id: terms_of(rule, as_of) for rule in rules.values() if rule.is_live(as_of)
        }
        self.countings: Mapping[str, Counting] = {name: counting_of(rules[name], as_of, rules) for name in self.terms}
        self.formulas: Mapping[str, Formula] = {
            rule.id: Formula(rule, as_of) for rule in performance.scores.values() if rule.is_live(as_of)
        }
        self.windows = tuple(sorted({length for terms in self.terms.values() for length in terms.windows}))
        self.zones = tuple(sorted({counting.zone for counting in self.countings.values()}))

    @property
    def longest(self) -> int:
        """The longest window in days."""
        return max(self.windows, default=0)

    def formula(self, score: str) -> Formula:
        """The formula of a score. UnknownName when it is not in force."""
        found = self.formulas.get(score)
        if found is None:
            raise UnknownName("score", score, list(self.formulas))
        return found

    def judge(
        self,
        windows: Windows,
        confidence: Decimal | None,
        *,
        recorded: frozenset[str] | None = None,
        only: Collection[str] | None = None,
    ) -> dict[str, Judgement]:
        """Every indicator (or `only` some). `recorded`: `kind.column` that the data has (None: all); others are not
        assessed. `confidence` of the intervals; None leaves them out."""
        return {
            name: judge(terms, windows, confidence, is_recorded=self._is_recorded(name, recorded))
            for name, terms in self.terms.items()
            if only is None or name in only
        }

    def needs(self, score: str) -> frozenset[str]:
        """The indicators that a score stands on, through other scores too."""
        found: set[str] = set()
        formula = self.formula(score)
        if formula.rule.of_score is not None:
            return self.needs(formula.rule.of_score)
        for bound in formula.items:
            found |= self.needs(bound.item.of) if bound.item.of in self.formulas else {bound.item.of}
        return frozenset(found)

    def _is_recorded(self, name: str, recorded: frozenset[str] | None) -> bool:
        if recorded is None:
            return True
        counting = self.countings[name]
        needed = {check.column for counter in counting.counters for check in counter.checks}
        needed |= {counter.column for counter in counting.counters if counter.column} | {counting.day}
        needed -= ROWS[counting.over].remarks
        return all(f"{counting.over}.{column}" in recorded for column in needed)

    def scores(self, judgements: Mapping[str, Judgement], subject: str = "store") -> dict[str, Scored]:
        """Every score of a kind of subject that is a sum of items; one that stands on another comes after it."""
        found: dict[str, Scored] = {}
        measured: dict[str, Decimal | None] = {name: judgement.value for name, judgement in judgements.items()}
        waiting = [
            formula
            for formula in self.formulas.values()
            if formula.rule.method == "sum" and formula.rule.subject == subject
        ]
        while waiting:
            ready = [
                f for f in waiting if all(b.item.of in measured or b.item.of not in self.formulas for b in f.items)
            ]
            for formula in ready or waiting:  # scores that stand on each other are refused by the reader of the pack
                scored = formula.score(measured)
                found[formula.rule.id] = scored
                measured[formula.rule.id] = scored.score
            waiting = [formula for formula in waiting if formula.rule.id not in found]
        return found


def windows_of(daily: Mapping[int, Sums], as_of: int, lengths: Sequence[int]) -> dict[int, dict[str, Number]]:
    """The sums of the last days before `as_of` for each length of window. `daily`: day → key → number."""
    found: dict[int, dict[str, Number]] = {length: {} for length in lengths}
    for day, sums in daily.items():
        for length in lengths:
            if as_of - length <= day < as_of:
                into = found[length]
                for key, number in sums.items():
                    into[key] = into.get(key, 0) + number
    return found


def by_day(counts: Counts, *, store: str | None = None, listing: str | None = None) -> dict[int, dict[str, Number]]:
    """Day → key → number: the counts of a store, or of one of its listings, summed up."""
    found: dict[int, dict[str, Number]] = {}
    for place, sums in counts.items():
        if (store is None or place.store == store) and (listing is None or place.listing == listing):
            into = found.setdefault(place.day, {})
            for key, number in sums.items():
                into[key] = into.get(key, 0) + number
    return found
