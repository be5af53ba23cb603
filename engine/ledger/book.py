"""The ledger of one store as a value: its entries, pools and enforcement, asked at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.ledger.booking import Entry, book, live
from engine.ledger.notices import Case, Notice, Parked, settle
from engine.ledger.regime import Regime
from engine.ledger.timeline import Enforcement, Timeline, timelines
from engine.model.ladder import ACTIONS


class Ledger:
    """What the platform did to a store, as known at `known_as_of` (None: all that is given). Never changes.

    `like` is a ledger of the same store from before: pools that are still the same are taken from it.
    """

    def __init__(
        self,
        regime: Regime,
        notices: Iterable[Notice],
        known_as_of: datetime | None = None,
        *,
        like: Ledger | None = None,
    ) -> None:
        settled = settle(notices, known_as_of)
        booked = book(settled.cases, regime)
        self.regime = regime
        self.known_as_of = known_as_of
        self.cases: tuple[Case, ...] = settled.cases
        self.orders: tuple[Notice, ...] = settled.orders
        self.parked: tuple[Parked, ...] = (*settled.parked, *booked.parked)
        self.entries: tuple[Entry, ...] = booked.entries
        self.pools: Mapping[str, Timeline] = timelines(
            regime, booked.entries, settled.orders, like.pools if like is not None else None
        )

    @classmethod
    def of_entries(
        cls,
        regime: Regime,
        entries: Sequence[Entry],
        orders: Sequence[Notice] = (),
        known_as_of: datetime | None = None,
    ) -> Ledger:
        """A ledger of entries that were booked before, as a store of them reads them back."""
        self = cls.__new__(cls)
        self.regime, self.known_as_of, self.cases, self.parked = regime, known_as_of, (), ()
        self.orders = tuple(orders)
        self.entries = tuple(sorted(entries, key=lambda entry: (entry.at, entry.case)))
        self.pools = timelines(regime, self.entries, self.orders)
        return self

    def enforcement(self, as_of: datetime, *, entity: bool = False) -> tuple[Enforcement, ...]:
        """What is in force at a moment: on this store, or (`entity`) because of it on the others of its owner."""
        found = [
            enforcement
            for pool in self.pools.values()
            for enforcement in pool.enforcement
            if enforcement.entity is entity and enforcement.holds(as_of)
        ]
        return tuple(sorted(found, key=lambda e: (e.start, e.ladder, e.step, e.action)))

    def standing(self, as_of: datetime, inherited: Sequence[Enforcement] = ()) -> Standing:
        """Balances, steps and enforcement at a moment; `inherited` comes from other stores of the legal entity."""
        return Standing(self, as_of, inherited)


class Standing:
    """A ledger at one moment."""

    def __init__(self, ledger: Ledger, as_of: datetime, inherited: Sequence[Enforcement] = ()) -> None:
        self.ledger = ledger
        self.as_of = as_of
        own = ledger.enforcement(as_of)
        self.enforcement: tuple[Enforcement, ...] = (*own, *(e for e in inherited if e.holds(as_of)))

    @property
    def release_block(self) -> Enforcement | None:
        """What forbids publishing now, the one that lasts longest; None when nothing does."""
        blocking = [e for e in self.enforcement if ACTIONS[e.action].blocks_release]
        open_ended = [e for e in blocking if e.until is None]
        if open_ended:
            return open_ended[0]
        return max(blocking, key=lambda e: (e.until, e.start), default=None)

    def pool(self, ladder_id: str) -> dict[str, Any]:
        """One pool as plain data."""
        timeline = self.ledger.pools[ladder_id]
        terms, balance = timeline.terms(self.as_of), timeline.balance(self.as_of)
        step = timeline.step(self.as_of)
        ahead = next_node(timeline, self.as_of)
        lapse = next_lapse(timeline, self.as_of)
        return {
            "ladder": ladder_id,
            "title": dict(terms.rule.title),
            "unit": terms.rule.unit,
            "balance": number(balance),
            "step": None if step is None else {"id": step.step.id, "title": dict(step.step.title)},
            "next_step_at": None if ahead is None else number(ahead),
            "next_lapse": None if lapse is None else {"at": stamp(lapse[0]), "points": number(lapse[1])},
            "entries": len(live(timeline.entries, self.as_of)),
        }

    def to_dict(self) -> dict[str, Any]:
        """The whole standing as plain data; the same ledger and moment give the same bytes."""
        block = self.release_block
        known = self.ledger.known_as_of
        return {
            "as_of": stamp(self.as_of),
            "known_as_of": stamp(known) if known is not None else None,
            "pools": [self.pool(ladder_id) for ladder_id in self.ledger.pools],
            "enforcement": [shown(enforcement) for enforcement in self.enforcement],
            "release_block": shown(block) if block is not None else None,
        }


def next_node(timeline: Timeline, as_of: datetime) -> Decimal | None:
    """The balance at which the next step is reached; None when none is left."""
    terms, balance = timeline.terms(as_of), timeline.balance(as_of)
    if terms.deducts:
        return max((step.at for step in terms.steps if step.at is not None and step.at <= balance), default=None)
    ahead = [step.at for step in terms.steps if step.at is not None and step.at > balance]
    ahead += [
        step.at + ((balance - step.at) // step.every + 1) * step.every
        for step in terms.steps
        if step.every is not None and step.at is not None and balance >= step.at
    ]
    return min(ahead, default=None)


def next_lapse(timeline: Timeline, as_of: datetime) -> tuple[datetime, Decimal] | None:
    """When the next points lapse, and how many at that moment."""
    moments = [e.lapses for e in live(timeline.entries, as_of) if e.lapses is not None and e.points]
    if not moments:
        return None
    first = min(moments)
    return first, sum((e.points for e in live(timeline.entries, as_of) if e.lapses == first), Decimal(0))


def number(value: Decimal) -> int | float:
    """Points as a JSON number: whole where they are whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def stamp(at: datetime) -> str:
    """A UTC moment as RFC 3339."""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{at.microsecond:06d}" if at.microsecond else "") + "Z"


def shown(enforcement: Enforcement) -> dict[str, Any]:
    """An enforcement as plain data."""
    action = ACTIONS[enforcement.action]
    return {
        "ladder": enforcement.ladder,
        "step": enforcement.step,
        "action": enforcement.action,
        "title": {"en": action.en, "zh": action.zh},
        "blocks_release": action.blocks_release,
        "start": stamp(enforcement.start),
        "until": stamp(enforcement.until) if enforcement.until is not None else None,
        "entity": enforcement.entity,
        "assumed": enforcement.assumed,
        "amount": str(enforcement.amount) if enforcement.amount is not None else None,
        "currency": enforcement.currency,
        "due": stamp(enforcement.due) if enforcement.due is not None else None,
        "cases": list(enforcement.cases),
    }
