"""All stores of some files on one day: counted at once, judged store by store; the averages of their industries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from api.scoring.rules import PerformanceRules
from engine.lazily import lazily
from engine.scoring import days
from engine.scoring.counting import Number
from engine.scoring.judging import VALUE_PLACES, Judgement
from engine.scoring.waterfall import Scored
from store_model.performance.files import Store


@dataclass(frozen=True, slots=True)
class StoreScore:
    """One store of the day."""

    store: str
    category: str | None
    judgements: dict[str, Judgement]
    scores: dict[str, Scored]


class Everyone:
    """All stores. `main` is the daily score."""

    def __init__(self, rules: PerformanceRules, origin: Store, as_of: date) -> None:
        self.rules, self.origin, self.as_of = rules, origin, as_of
        self.force = rules.on(as_of)
        self.main = rules.level_and_score(as_of)[1]

    @lazily
    def windows(self) -> dict[str, dict[int, dict[str, Number]]]:
        """Store → window → key → number."""
        lengths = {name: terms.windows for name, terms in self.force.terms.items()}
        found = self.origin.windows(self.force.countings.values(), as_of=days.number(self.as_of), lengths=lengths)
        return {store: sums for (store, _), sums in found.items()}

    @lazily
    def categories(self) -> dict[str, str]:
        """Store → its main category."""
        return self.origin.main_categories()

    def stores(self) -> Iterator[StoreScore]:
        """Each store, in order."""
        confidence, recorded = self.rules.number("confidence", self.as_of), self.origin.recorded
        for store in sorted(self.windows):
            sums = self.windows[store]
            full = {length: sums.get(length, {}) for length in self.force.windows}
            judged = self.force.judge(full, confidence, recorded=recorded)
            yield StoreScore(store, self.categories.get(store), judged, self.force.scores(judged))

    def averages(self) -> dict[str, dict[str, Decimal]]:
        """Main category → indicator → the average over all its rows; of fewer stores than the least number, none."""
        least = int(self.rules.number("industry_least_stores", self.as_of))
        totals: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
        members: dict[str, int] = {}
        for store, sums in self.windows.items():
            category = self.categories.get(store)
            if category is None:
                continue
            members[category] = members.get(category, 0) + 1
            into = totals.setdefault(category, {})
            for name, terms in self.force.terms.items():
                chosen = sums.get(terms.long, {})
                part = sum((Decimal(chosen.get(key, 0)) for key in terms.part), Decimal(0))
                whole = sum((Decimal(chosen.get(key, 0)) for key in terms.whole), Decimal(0))
                before = into.get(name, (Decimal(0), Decimal(0)))
                into[name] = (before[0] + part, before[1] + whole)
        return {
            category: {
                name: (part / whole).quantize(VALUE_PLACES)
                for name, (part, whole) in found.items()
                if whole and self.force.terms[name].rule.value.kind != "total"
            }
            for category, found in totals.items()
            if members[category] >= least
        }
