"""The same as `Outlook.see`, for many sets of changes: what does not depend on the set is worked out once.

For each day that is looked at and each item of the score it keeps part and whole of each window, and what each change
adds to them. A set is then a few additions and divisions. A property test holds that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from engine.scoring import days, projection, series
from engine.scoring.actions import Change
from engine.scoring.board import InForce
from engine.scoring.judging import VALUE_PLACES, Sums, Terms
from engine.scoring.outlook import Outlook
from engine.scoring.waterfall import POINT, BoundItem, Formula

ZERO = Decimal(0)
Pair = tuple[Decimal, Decimal]


class DayOfItem:
    """One item on one day: part and whole of each window as it stands."""

    __slots__ = ("bound", "pairs", "terms")

    def __init__(self, terms: Terms, bound: BoundItem, windows: Mapping[int, Sums]) -> None:
        self.terms, self.bound = terms, bound
        self.pairs = {length: _pair(terms, windows[length]) for length in terms.windows}

    def points(self, added: Mapping[int, Pair], missing_most: bool) -> Decimal | None:
        """The points with differences of windows added; None when it is not assessed and brings none."""
        terms = self.terms
        window = terms.long
        if terms.short is not None and terms.enough is not None:
            _, whole = self._with(added, terms.short)
            if whole >= terms.enough:
                window = terms.short
        part, whole = self._with(added, window)
        if not whole or whole < terms.minimum:
            return self.bound.most if missing_most else None
        value = part if terms.rule.value.kind == "total" else (part / whole).quantize(VALUE_PLACES)
        return self.bound.points(value)

    def _with(self, added: Mapping[int, Pair], window: int) -> Pair:
        part, whole = self.pairs[window]
        more = added.get(window)
        return (part, whole) if more is None else (part + more[0], whole + more[1])


class Many:
    """Sets of changes, seen on some days. `scores` gives the daily score of each, by the rules of today."""

    def __init__(self, outlook: Outlook, changes: Sequence[Change], on: Sequence[int]) -> None:
        self.outlook, self.on = outlook, list(on)
        self.force: InForce = outlook.performance.on(outlook.as_of)
        self.formula: Formula = self.force.formula(outlook.score)
        self.missing_most = self.formula.rule.missing == "most"
        today = days.number(outlook.as_of)
        until = max([*self.on, today + 1])
        daily = projection.with_changes(
            projection.ahead(outlook.daily, today, until, outlook.settings.usual_days), outlook.soon
        )
        self._items = [(self.force.terms[bound.item.of], bound) for bound in self.formula.items]
        self._base: dict[int, list[DayOfItem]] = {}
        wanted = set(self.on)
        for day, windows in series.rolling(daily, min(self.on), max(self.on) + 1, self.force.windows):
            if day in wanted:
                self._base[day] = [DayOfItem(terms, bound, windows) for terms, bound in self._items]
        self._added = [self._differences(change, today) for change in changes]

    @staticmethod
    def serves(outlook: Outlook) -> bool:
        """Whether the score is made of indicators alone, by rules that stay the same over the days to come."""
        force = outlook.performance.on(outlook.as_of)
        formula = force.formula(outlook.score)
        return formula.rule.missing == "most" and all(bound.item.of in force.terms for bound in formula.items)

    def useful(self) -> list[int]:
        """The places of the changes that change anything on the days looked at."""
        return [place for place, differences in enumerate(self._added) if differences]

    def scores(self, chosen: Iterable[int]) -> dict[int, Decimal]:
        """Day → score with the chosen changes (by their places)."""
        picked = list(chosen)
        found = {}
        for day in self.on:
            total = ZERO
            for index, item in enumerate(self._base[day]):
                added: dict[int, Pair] = {}
                for place in picked:
                    for window, pair in self._added[place].get((day, index), {}).items():
                        old = added.get(window, (ZERO, ZERO))
                        added[window] = (old[0] + pair[0], old[1] + pair[1])
                total += item.points(added, self.missing_most) or ZERO
            found[day] = max(self.formula.least, min(self.formula.most, total)).quantize(POINT)
        return found

    def _differences(self, change: Change, today: int) -> dict[tuple[int, int], dict[int, Pair]]:
        """(day, item) → window → what the change adds to part and whole."""
        gone: dict[str, Decimal] = {}
        if change.listings:
            mine = projection.of_listings(self.outlook.counts, change.listings)
            since = max(today - self.outlook.settings.usual_days, min(self.outlook.daily, default=today))
            gone = projection.usual_day({since: {}, **mine}, today, self.outlook.settings.usual_days)
        found: dict[tuple[int, int], dict[int, Pair]] = {}
        for day in self.on:
            for index, (terms, _) in enumerate(self._items):
                for window in terms.windows:
                    sums: dict[str, Decimal] = {}
                    for at, numbers in change.daily.items():
                        if day - window <= at < day:
                            for key, number in numbers.items():
                                sums[key] = sums.get(key, ZERO) + number
                    ahead = min(day - today, window)
                    if gone and ahead > 0:
                        for key, number in gone.items():
                            sums[key] = sums.get(key, ZERO) - number * ahead
                    pair = _pair(terms, sums)
                    if pair != (ZERO, ZERO):
                        found.setdefault((day, index), {})[window] = pair
        return found


def _pair(terms: Terms, sums: Sums) -> Pair:
    part = sum((Decimal(sums.get(key, 0)) for key in terms.part), ZERO)
    return part, sum((Decimal(sums.get(key, 0)) for key in terms.whole), ZERO)
