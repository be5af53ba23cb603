"""What changes by itself as time goes on: points lapse, steps are left, enforcement ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from engine.ledger.book import Ledger
from engine.ledger.booking import Entry
from engine.ledger.timeline import Enforcement, Timeline

INSTANT = timedelta(microseconds=1)


class Turn(Struct, frozen=True):
    """One moment of one pool: what lapsed and ended at it, and the balance and step around it (None: no step)."""

    at: datetime
    ladder: str
    lapsed: tuple[Entry, ...]
    ended: tuple[Enforcement, ...]
    balance: tuple[Decimal, Decimal]
    step: tuple[str | None, str | None]


class StepAhead(Struct, frozen=True):
    """The next moment at which a pool's step becomes another one, if nothing more happens."""

    at: datetime
    step: str | None
    balance: Decimal


def moments(pool: Timeline) -> set[datetime]:
    """Every moment at which a pool changes or its enforcement on the store itself ends."""
    ends = {e.until for e in pool.enforcement if e.until is not None and not e.entity}
    return {change.at for change in pool.changes} | ends


def next_moment(ledger: Ledger, after: datetime) -> datetime | None:
    """The first moment after `after` at which anything of the ledger changes by itself."""
    return min((at for pool in ledger.pools.values() for at in moments(pool) if at > after), default=None)


def turns(ledger: Ledger, first: datetime, last: datetime) -> Iterator[Turn]:
    """What happens from `first` to `last`, both included, in the order of time."""
    found = [(at, ladder, pool) for ladder, pool in ledger.pools.items() for at in moments(pool) if first <= at <= last]
    for at, ladder, pool in sorted(found, key=lambda item: item[:2]):
        before = at - INSTANT
        yield Turn(
            at,
            ladder,
            tuple(entry for entry in pool.entries if entry.lapses == at and entry.points),
            tuple(e for e in pool.enforcement if e.until == at and not e.entity),
            (pool.balance(before), pool.balance(at)),
            (step_name(pool, before), step_name(pool, at)),
        )


def step_ahead(pool: Timeline, as_of: datetime) -> StepAhead | None:
    """When the step changes next; None when what is certain today changes no step."""
    now = step_name(pool, as_of)
    for at in sorted(at for at in moments(pool) if at > as_of):
        step = step_name(pool, at)
        if step != now:
            return StepAhead(at, step, pool.balance(at))
    return None


def step_name(pool: Timeline, at: datetime) -> str | None:
    """The id of the step that holds at a moment."""
    step = pool.step(at)
    return step.step.id if step is not None else None
