"""The steps ahead in many stores at once, as the last forecast of each found them, the soonest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from api import wire
from api.services.penalties import Penalties
from store_model.accounts import Store
from store_model.columns import UtcDateTime
from store_model.violations import PenaltyForecast

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Sorts what has no step ahead behind everything that has one."""

CAUSES = ("time", "open_findings")
Position = tuple[datetime, int, str]
"""Where a page ended: the moment of the step, the store, the ladder."""


class ForecastOut(wire.Output, kw_only=True):
    """One ladder of one store. `next_step` holds from `next_step_at` if nothing more happens (null: no change ahead).

    `confirmed_step` would hold at once if the platform confirmed every open finding. "none": no step.
    """

    store_id: str
    store_name: str
    ladder: str
    title: dict[str, str]
    as_of: datetime
    balance: str
    step: str
    next_step: str | None
    next_step_at: datetime | None
    open_findings: int
    confirmed_balance: str
    confirmed_step: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which forecasts. `cause` time: a step changes by itself; open_findings: open findings would bring another."""

    within_days: int | None = None
    cause: str | None = None
    ladder: str | None = None
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some forecasts, and where they ended (None: there are no more)."""

    items: Sequence[ForecastOut]
    position: Position | None


def page(
    session: Session, penalties: Penalties, wanted: Wanted, now: datetime, *, size: int, after: Position | None = None
) -> Page:
    """The forecasts that fit, of the stores that the session may see."""
    soon = func.coalesce(PenaltyForecast.next_step_at, literal(NEVER, UtcDateTime), type_=UtcDateTime)
    order = (soon, PenaltyForecast.store_id, PenaltyForecast.ladder)
    rows = select(PenaltyForecast, Store.name, Store.platform, soon).join(Store, Store.id == PenaltyForecast.store_id)
    rows = rows.where(*_conditions(wanted, now))
    if after is not None:
        rows = rows.where(tuple_(*order) > tuple_(literal(after[0], UtcDateTime), after[1], after[2]))
    found = session.execute(rows.order_by(*order).limit(size + 1)).all()
    items = [_shown(row, name, penalties.book(platform).regime) for row, name, platform, _ in found[:size]]
    if len(found) <= size:
        return Page(items, None)
    last, _, _, moment = found[size - 1]
    return Page(items, (moment, last.store_id, last.ladder))


def _conditions(wanted: Wanted, now: datetime) -> list[Any]:
    ahead, risk = PenaltyForecast.next_step_at.is_not(None), PenaltyForecast.confirmed_step != PenaltyForecast.step
    if wanted.within_days is not None:
        ahead = PenaltyForecast.next_step_at <= now + timedelta(days=wanted.within_days)
    found: list[Any] = []
    if wanted.cause is not None:
        found.append(ahead if wanted.cause == "time" else risk)
    elif wanted.within_days is not None:
        found.append(or_(ahead, risk))
    if wanted.ladder is not None:
        found.append(PenaltyForecast.ladder == wanted.ladder)
    if wanted.store_id is not None:
        found.append(PenaltyForecast.store_id == wanted.store_id)
    return found


def _shown(row: PenaltyForecast, name: str, regime: Any) -> ForecastOut:
    rule = regime.ladders.get(row.ladder)
    title = {"en": row.ladder, "zh": row.ladder} if rule is None else dict(rule.title)
    return wire.show(row, ForecastOut, store_name=name, title=title)
