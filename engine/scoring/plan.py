"""The cheapest set of actions that reaches a level (or a score) by a day.

Actions that do the same for the same cost are one class, of which so many are taken. Sets are looked at from the
cheapest on, so the first that reaches the aim is the cheapest there is: that is proved, and `is_cheapest` says so.
Where too many sets would have to be looked at, actions are taken by gain for cost and those that turn out not to be
needed are given back; then nothing is claimed.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from engine.scoring import days
from engine.scoring.actions import Change
from engine.scoring.fast import Many
from engine.scoring.levels import month_before
from engine.scoring.outlook import Outlook, Seen
from engine.scoring.waterfall import POINT

LIMIT = 4000
"""Sets that are looked at before the answer is no longer proved."""


class Aim(Struct, frozen=True):
    """What is to be reached `by` a day: a `level`, as decided on the first decision day from then, or a daily score."""

    by: date
    level: str | None = None
    score: Decimal | None = None


class Plan(Struct, frozen=True):
    """The chosen changes. `reached` False: all actions together do not do it; then `changes` are all that help."""

    changes: tuple[Change, ...]
    cost: Decimal
    reached: bool
    is_cheapest: bool
    before: Seen
    after: Seen
    looked_at: int


class _Search:
    def __init__(self, outlook: Outlook, aim: Aim, changes: Sequence[Change]) -> None:
        self.outlook, self.aim = outlook, aim
        self.decision = outlook.next_decision(aim.by) if aim.level is not None else None
        classes: dict[object, list[Change]] = {}
        for change in changes:
            classes.setdefault(_sameness(change), []).append(change)
        self.classes = sorted(classes.values(), key=lambda members: (members[0].action.cost, members[0].action.id))
        self.looked_at = 0
        self._past: list[Decimal] = []
        self._many: Many | None = None
        days_seen = self._days()
        if days_seen and Many.serves(outlook):
            many = Many(outlook, [members[0] for members in self.classes], days_seen)
            useful = many.useful()  # what changes nothing on these days helps no set
            self.classes = [self.classes[index] for index in useful]
            self._many = Many(outlook, [members[0] for members in self.classes], days_seen)

    def _days(self) -> list[int]:
        """The days whose scores decide; those of the averaged month that are over are kept aside."""
        if self.aim.level is None:
            return [days.number(self.aim.by)]
        if self.decision is None:
            return []
        first, end = month_before(self.decision)
        today = days.number(self.outlook.as_of)
        self._past = [score for _, score in sorted(self.outlook.past_scores(days.number(first)).items())]
        return list(range(max(today, days.number(first)), days.number(end)))

    def see(self, changes: Sequence[Change]) -> Seen:
        return self.outlook.see(changes, on=self.aim.by, decision=self.decision)

    def worth(self, numbers: Sequence[int]) -> Decimal | None:
        """What a set comes to: the mean of the month, or the score of the day."""
        self.looked_at += 1
        if self._many is None:
            return self.measure(self.see(self.chosen(numbers)))
        picked = [index for index, number in enumerate(numbers) for _ in range(number)]
        scores = [*self._past, *self._many.scores(picked).values()]
        return (sum(scores, Decimal(0)) / len(scores)).quantize(POINT)

    def measure(self, seen: Seen) -> Decimal | None:
        if self.aim.level is None:
            return seen.on.score
        return seen.level.scored.score if seen.level is not None else None

    def reaches(self, worth: Decimal | None) -> bool:
        if worth is None:
            return False
        if self.aim.level is None:
            return self.aim.score is not None and worth >= self.aim.score
        bound = (
            self.outlook.performance.on(self.outlook.as_of).formula(str(self.outlook.level)).bound_of(self.aim.level)
        )
        return bound is None or worth >= bound

    def chosen(self, numbers: Sequence[int]) -> list[Change]:
        return [change for members, number in zip(self.classes, numbers, strict=True) for change in members[:number]]

    def cost(self, numbers: Sequence[int]) -> Decimal:
        pairs = zip(self.classes, numbers, strict=True)
        return sum((members[0].action.cost * number for members, number in pairs), Decimal(0))

    def sets(self) -> int:
        number = 1
        for members in self.classes:
            number *= len(members) + 1
        return number


def cheapest(outlook: Outlook, aim: Aim, changes: Sequence[Change], *, limit: int = LIMIT) -> Plan:
    """The cheapest set of the changes that reaches the aim. At most `limit` sets are looked at one by one."""
    search = _Search(outlook, aim, changes)
    nothing = tuple(0 for _ in search.classes)
    before = search.see([])
    if search.reaches(search.measure(before)):
        return Plan((), Decimal(0), True, True, before, before, search.looked_at)
    numbers = _exact(search, nothing, limit)
    is_cheapest = numbers is not None
    if numbers is None:
        numbers = _greedy(search, nothing)
    chosen = search.chosen(numbers)
    after = search.see(chosen)
    reached = is_cheapest or search.reaches(search.measure(after))
    is_proved = is_cheapest or (not reached and search.sets() <= limit)
    return Plan(tuple(chosen), search.cost(numbers), reached, is_proved, before, after, search.looked_at)


def _exact(search: _Search, nothing: tuple[int, ...], limit: int) -> tuple[int, ...] | None:
    """Sets from the cheapest on; None when none reaches the aim within the limit."""
    heap: list[tuple[Decimal, int, tuple[int, ...], int]] = [(Decimal(0), 0, nothing, 0)]
    looked_at = 0
    while heap and looked_at < limit:
        cost, size, numbers, first = heapq.heappop(heap)
        if size:
            looked_at += 1
            if search.reaches(search.worth(numbers)):
                return numbers
        for index in range(first, len(search.classes)):
            members = search.classes[index]
            if numbers[index] < len(members):
                more = (*numbers[:index], numbers[index] + 1, *numbers[index + 1 :])
                heapq.heappush(heap, (cost + members[0].action.cost, size + 1, more, index))
    return None


def _greedy(search: _Search, nothing: tuple[int, ...]) -> tuple[int, ...]:
    """Actions by gain for cost until the aim is reached or none helps; then those that are not needed go."""
    numbers, worth = nothing, search.worth(nothing)
    while not search.reaches(worth):
        best: tuple[Decimal, tuple[int, ...], Decimal] | None = None
        for index, members in enumerate(search.classes):
            if numbers[index] == len(members):
                continue
            more = (*numbers[:index], numbers[index] + 1, *numbers[index + 1 :])
            found = search.worth(more)
            if found is None or (worth is not None and found <= worth):
                continue
            rate = (found - (worth or Decimal(0))) / max(members[0].action.cost, Decimal("0.01"))
            if best is None or rate > best[0]:
                best = (rate, more, found)
        if best is None:
            return numbers
        numbers, worth = best[1], best[2]
    for index in sorted(range(len(numbers)), key=lambda place: -search.classes[place][0].action.cost):
        while numbers[index]:
            fewer = (*numbers[:index], numbers[index] - 1, *numbers[index + 1 :])
            if not search.reaches(search.worth(fewer)):
                break
            numbers = fewer
    return numbers


def _sameness(change: Change) -> object:
    """Changes that are alike do the same to the counts for the same cost."""
    if change.listings:
        return change.action.id
    return change.action.cost, tuple(sorted((day, *sorted(sums.items())) for day, sums in change.daily.items()))


class Suggestion(Struct, frozen=True):
    """One action (or `times` alike ones): the points it brings, and points for the cost."""

    change: Change
    times: int
    gain: Decimal
    per_cost: Decimal


def suggestions(outlook: Outlook, changes: Sequence[Change], *, on: date) -> list[Suggestion]:
    """Actions by the points that the daily score of a day gains for what they cost, best first; those that gain
    nothing are left out."""
    search = _Search(outlook, Aim(on, score=Decimal(0)), changes)
    nothing = tuple(0 for _ in search.classes)
    start = search.worth(nothing)
    found = []
    for index, members in enumerate(search.classes):
        score = search.worth((*nothing[:index], 1, *nothing[index + 1 :]))
        if score is None or start is None or score <= start:
            continue
        cost = max(members[0].action.cost, Decimal("0.01"))
        per_cost = ((score - start) / cost).quantize(Decimal("0.0001"))
        found.append(Suggestion(members[0], len(members), score - start, per_cost))
    return sorted(found, key=lambda one: (-one.per_cost, -one.gain, one.change.action.id))
