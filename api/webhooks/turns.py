"""How often an endpoint is called, over all processes: every call has its turn, and turns are taken from its row.

`paced_until` of an endpoint is when its next turn is free. Whoever claims deliveries holds the row, takes as many turns
as begin within AHEAD, and moves it on in the same transaction; so the calls of any number of workers are one row of
turns, `1 / max_per_second` apart. Turns of a worker that was killed pass unused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store_model.endpoints import Endpoint

AHEAD = timedelta(seconds=1)
"""How far ahead turns are taken: short against a lease, long against the time between two claims."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The free turns of one endpoint: `count` of them from `first` on, `gap` apart."""

    first: datetime
    gap: timedelta
    count: int


def free_turns(session: Session, numbers: Collection[int], now: datetime) -> dict[int, Turns]:
    """Endpoint → its free turns, for those of these that have a rate. Their rows are held from here on."""
    wanted = select(Endpoint.id, Endpoint.max_per_second, Endpoint.paced_until).where(
        Endpoint.id.in_(numbers), Endpoint.max_per_second.is_not(None)
    )
    rows = session.execute(wanted.order_by(Endpoint.id).with_for_update())
    return {number: turns_of(rate, until, now) for number, rate, until in rows}


def turns_of(rate: int, until: datetime | None, now: datetime) -> Turns:
    """The turns that begin before `now` + AHEAD, when those before `until` are taken."""
    first, gap = max(now, until or now), timedelta(seconds=1) / rate
    room = now + AHEAD - first
    return Turns(first, gap, max(0, -(-room // gap)))


def deal(
    session: Session, turns: Mapping[int, Turns], taken: Sequence[tuple[int, int]], now: datetime
) -> dict[int, float]:
    """Give a turn to each delivery, (its id, its endpoint), of an endpoint with turns: id → seconds until then.

    No change of the endpoint: neither its version nor the audit knows of it.
    """
    waits: dict[int, float] = {}
    used = dict.fromkeys(turns, 0)
    for delivery, number in taken:
        if number in turns:
            waits[delivery] = (turns[number].first + used[number] * turns[number].gap - now).total_seconds()
            used[number] += 1
    for number, count in used.items():
        if count:
            session.execute(
                update(Endpoint)
                .where(Endpoint.id == number)
                .values(paced_until=turns[number].first + count * turns[number].gap),
                execution_options={"unaudited": "the worker's own", "synchronize_session": False},
            )
    return waits
