"""Deadlines of orders: by when to ship, to answer, to be scanned, and what is due today or overdue.

Hours and days come from the pack. A day of the store is a day of the platform's clock, whose zone is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from store_model.orders import Cancellation, Dispute, Order, Shipment

TO_SHIP = ("WAIT_SELLER_SEND_GOODS", "SELLER_PART_SEND_GOODS")
"""The states in which the seller has to ship."""
ENDED = ("FINISH", "ARCHIVE")
"""The states in which nothing of an order is awaited any more."""
ON_THE_WAY = ("default", "not_received")
"""What is said of a parcel that may still wait for its first scan; one that was received needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The dated values in force."""

    risk_control: timedelta
    handling_default: timedelta
    cancel_answer: timedelta
    dispute_answer: timedelta
    scan: timedelta


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of deadline: whose rows, which column is the moment, when it still runs, and what names the row."""

    cls: Any
    moment: Any
    runs: Any
    subject: str
    name: Any


KINDS = {
    "ship": Kind(Order, Order.ship_by, Order.ship_by.is_not(None), "order", Order.platform_id),
    "scan": Kind(
        Shipment,
        Shipment.scan_by,
        and_(
            Shipment.scan_by.is_not(None),
            Shipment.scanned_at.is_(None),
            Shipment.received_state.in_(ON_THE_WAY),
            Shipment.order_id.in_(select(Order.id).where(Order.state.not_in(ENDED))),
        ),
        "shipment",
        Shipment.tracking_number,
    ),
    "answer_cancellation": Kind(
        Cancellation, Cancellation.answer_by, Cancellation.state == "requested", "cancellation", Cancellation.id
    ),
    "answer_dispute": Kind(
        Dispute,
        Dispute.timeout_at,
        and_(Dispute.state == "processing", Dispute.timeout_at.is_not(None)),
        "dispute",
        Dispute.platform_id,
    ),
}


def ship_by(
    *, state: str, paid_at: datetime | None, handling_days: Sequence[int | None], left: timedelta | None,
    seen_at: datetime, limits: Limits,
) -> datetime | None:  # fmt: skip
    """The last moment to ship; None where nothing is left to ship or the payment is not known.

    What the platform says is left (`left`, as seen at `seen_at`) comes first. Else the shortest handling time of the
    lines runs from the end of risk control.
    """
    if state not in TO_SHIP:
        return None
    if left is not None:
        return seen_at + left
    if paid_at is None:
        return None
    days = [timedelta(days=number) for number in handling_days if number is not None]
    return paid_at + limits.risk_control + min(days, default=limits.handling_default)


def day_bounds(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the zone's day that holds `now`, and of the next; 23 or 25 hours apart twice a year."""
    local = now.astimezone(zone)
    start = datetime(local.year, local.month, local.day, tzinfo=zone)
    following = start.date() + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return start.astimezone(now.tzinfo), end.astimezone(now.tzinfo)


def summary(session: Session, store_id: int, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Orders by state, and of every kind of deadline how many are due today, overdue, or later."""
    states = session.execute(
        select(Order.state, func.count()).where(Order.store_id == store_id).group_by(Order.state)
    ).all()
    end = day_bounds(now, zone)[1]
    due: dict[str, dict[str, int]] = {}
    for name, kind in KINDS.items():
        word = case((kind.moment < now, "overdue"), (kind.moment < end, "due_today"), else_="later")
        counted = select(word, func.count()).where(kind.cls.store_id == store_id, kind.runs).group_by(word)
        rows = session.execute(counted).all()
        due[name] = {"overdue": 0, "due_today": 0, "later": 0} | {str(key): number for key, number in rows}
    return {
        "orders": dict(sorted(map(tuple, states))),
        "deadlines": due,
        "as_of": now,
        "today_ends_at": end,
    }


def scan_limit(declared_at: datetime, limits: Limits) -> datetime:
    """By when the carrier must have scanned a parcel that was declared at this moment."""
    return declared_at + limits.scan
