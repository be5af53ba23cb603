"""Entries of one ladder → its balance at any moment, the steps it reached and the enforcement that followed.

Everything that falls on one moment is one change: entries lapse first, then new ones count. Of the steps that one
change reaches only the gravest is executed. Enforcements of different moments run side by side, each for its own days;
the platform's texts do not say that freezes queue.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from engine.ledger import times
from engine.ledger.booking import Entry
from engine.ledger.notices import Notice
from engine.ledger.regime import LadderTerms, MeasureTerms, Regime, StepTerms

NONE = Decimal(0)


class Change(Struct, frozen=True):
    """What one moment does to a balance. `entries` are those that begin to count.

    `before_all` is the balance just before the moment, `before` the one after the lapses of the moment (accrue).
    """

    at: datetime
    before_all: Decimal
    before: Decimal
    after: Decimal
    entries: tuple[Entry, ...]


class Enforcement(Struct, frozen=True, omit_defaults=True):
    """What the platform does because a step was reached, from `start` until `until` (None: open).

    `entity`: it falls on the other stores of the legal entity. `assumed`: the record states no days, as it should.
    """

    ladder: str
    step: str
    action: str
    start: datetime
    until: datetime | None = None
    entity: bool = False
    assumed: bool = False
    amount: Decimal | None = None
    currency: str | None = None
    due: datetime | None = None
    cases: tuple[str, ...] = ()

    def holds(self, as_of: datetime) -> bool:
        """Whether it is in force at a moment."""
        return self.start <= as_of and (self.until is None or as_of < self.until)


class Timeline:
    """One pool of one store. `entries` by moment; `orders` for a rating that grows by them."""

    def __init__(self, regime: Regime, ladder_id: str, entries: Sequence[Entry], orders: Sequence[Notice] = ()) -> None:
        self.rule = regime.ladders[ladder_id]
        self.entries = tuple(entries)
        self.orders = tuple(orders)
        self._regime = regime
        self._zone = self.rule.timezone
        self._earned = _Earned(self, orders) if self.rule.earn is not None else None
        self.changes = tuple(self._walk())
        self._moments = [change.at for change in self.changes]
        self._enforcement: tuple[Enforcement, ...] | None = None

    def terms(self, at: datetime) -> LadderTerms:
        """The ladder as it is on the platform's day of a moment."""
        return self._regime.ladder(self.rule.id, times.local_day(at, self._zone))

    def balance(self, as_of: datetime) -> Decimal:
        """Points, strikes or rating at a moment."""
        index = bisect_right(self._moments, as_of) - 1
        return self.changes[index].after if index >= 0 else self._empty(as_of)

    def step(self, as_of: datetime) -> StepTerms | None:
        """The gravest step that the balance holds at a moment, or that a case reached at once and still counts."""
        terms = self.terms(as_of)
        held = held_step(terms, self.balance(as_of))
        for entry in self.entries:
            if entry.step is not None and entry.at <= as_of and (entry.lapses is None or as_of < entry.lapses):
                direct = next((step for step in terms.steps if step.step.id == entry.step), None)
                if direct is not None and (held is None or direct.rank > held.rank):
                    held = direct
        return held

    @property
    def enforcement(self) -> tuple[Enforcement, ...]:
        """All enforcements by start."""
        if self._enforcement is None:
            found = [
                enforcement
                for index, change in enumerate(self.changes)
                if (step := reached(self.terms(change.at), change)) is not None
                for enforcement in self.executed(index, step)
            ]
            self._enforcement = tuple(found)
        return self._enforcement

    def executed(self, index: int, step: StepTerms) -> list[Enforcement]:
        """What is done when the change of that index reaches a step: on the store, then on its owner's others."""
        return list(self._executed(index, self.changes[index], step))

    def _executed(self, index: int, change: Change, step: StepTerms) -> Iterable[Enforcement]:
        terms = self.terms(change.at)
        cases = tuple(entry.case for entry in change.entries)
        for entity, measures in ((False, terms.actions[step.step.id]), (True, terms.entity[step.step.id])):
            for item in measures:
                until, assumed = self._until(index, change, step, item)
                yield Enforcement(
                    ladder=self.rule.id,
                    step=step.step.id,
                    action=item.measure.action,
                    start=change.at,
                    until=until,
                    entity=entity,
                    assumed=assumed,
                    amount=item.amount,
                    currency=item.measure.currency,
                    due=times.plus_days(change.at, item.due, self._zone) if item.due is not None else None,
                    cases=cases,
                )

    def _until(self, index: int, change: Change, step: StepTerms, item: MeasureTerms) -> tuple[datetime | None, bool]:
        measure = item.measure
        if measure.lasts == "open":
            return None, False
        if measure.lasts == "days":
            stated = max((entry.days for entry in change.entries if entry.days is not None), default=None)
            days = stated if measure.stated and stated is not None else item.days
            return times.plus_days(change.at, days or 0, self._zone), measure.stated and stated is None
        for later in self.changes[index + 1 :]:
            held = held_step(self.terms(later.at), later.after)
            if held is None or held.rank < step.rank:
                return later.at, False
        return None, False

    def _empty(self, as_of: datetime) -> Decimal:
        return within(self.terms(as_of), self.terms(as_of).start)

    def _walk(self) -> Iterable[Change]:
        moments: dict[datetime, tuple[list[Entry], list[Entry]]] = {}
        for entry in self.entries:
            moments.setdefault(entry.at, ([], []))[0].append(entry)
            if entry.lapses is not None:
                moments.setdefault(entry.lapses, ([], []))[1].append(entry)
        for moment in self._earned.moments if self._earned is not None else ():
            moments.setdefault(moment, ([], []))
        total = NONE
        if not moments:
            return
        deducts = self.rule.direction == "deduct"
        before = NONE if not deducts else self._empty(min(moments))
        for at in sorted(moments):
            begun, lapsed = moments[at]
            before_all = before
            for entry in lapsed:
                total -= entry.points
            if not deducts:
                before = total
            for entry in begun:
                total += entry.points
            after = total
            if deducts:
                terms = self.terms(at)
                earned = self._earned.at(at) if self._earned is not None else NONE
                after = within(terms, terms.start + earned - total)
            yield Change(at, before_all, before, after, tuple(begun))
            before = after


class _Earned:
    """What orders earn: so many points for each so many orders of the last days."""

    def __init__(self, timeline: Timeline, orders: Sequence[Notice]) -> None:
        self._timeline = timeline
        steps: dict[datetime, int] = {}
        for notice in orders:
            earn = timeline.terms(notice.at).earn
            if earn is None or notice.orders <= 0:
                continue
            steps[notice.at] = steps.get(notice.at, 0) + notice.orders
            end = times.plus_days(notice.at, earn[2], timeline.rule.timezone)
            steps[end] = steps.get(end, 0) - notice.orders
        self.moments = sorted(steps)
        self._counts: list[int] = []
        count = 0
        for moment in self.moments:
            count += steps[moment]
            self._counts.append(count)

    def at(self, as_of: datetime) -> Decimal:
        """Points earned at a moment."""
        index = bisect_right(self.moments, as_of) - 1
        earn = self._timeline.terms(as_of).earn
        if index < 0 or earn is None:
            return NONE
        return (self._counts[index] // earn[1]) * earn[0]


def within(terms: LadderTerms, value: Decimal) -> Decimal:
    """A rating kept between its least and most."""
    if terms.least is not None:
        value = max(value, terms.least)
    return min(value, terms.most) if terms.most is not None else value


def held_step(terms: LadderTerms, balance: Decimal) -> StepTerms | None:
    """The gravest step that a balance stands on."""
    held = None
    for step in terms.steps:
        if step.at is not None and (balance < step.at if terms.deducts else balance >= step.at):
            held = step
    return held


def crossed(terms: LadderTerms, step: StepTerms, before: Decimal, after: Decimal) -> bool:
    """Whether a change of balance reaches a step, or a further multiple of it."""
    if step.at is None:
        return False
    if terms.deducts:
        return after < step.at <= before
    if before < step.at <= after:
        return True
    if step.every is None or after < step.at or after <= before:
        return False
    return (before - step.at) // step.every < (after - step.at) // step.every


def reached(terms: LadderTerms, change: Change) -> StepTerms | None:
    """The gravest step that a change reaches: by its balance or at once by a case."""
    direct = {entry.step for entry in change.entries if entry.step is not None}
    found = None
    for step in terms.steps:
        if step.step.id in direct or crossed(terms, step, change.before, change.after):
            found = step
    return found


def timelines(
    regime: Regime,
    entries: Iterable[Entry],
    orders: Sequence[Notice] = (),
    known: Mapping[str, Timeline] | None = None,
) -> Mapping[str, Timeline]:
    """A timeline for every ladder of the regime; one of `known` that would be the same is taken."""
    pools: dict[str, list[Entry]] = {ladder_id: [] for ladder_id in regime.ladders}
    for entry in entries:
        pools[entry.ladder].append(entry)
    made = {}
    for ladder_id, found in pools.items():
        before = known.get(ladder_id) if known is not None else None
        if before is not None and before.entries == tuple(found) and before.orders == tuple(orders):
            made[ladder_id] = before
        else:
            made[ladder_id] = Timeline(regime, ladder_id, found, orders)
    return made
