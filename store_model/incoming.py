"""What importers hand to the store model: orders, disputes and evaluations as they were read, typed and frozen.

Times are UTC. What the source does not say is None. `digest_of` is over what was read alone, so that the same record
read again is known to be the same, whatever was worked out from it.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct


class Incoming(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of what an importer reads."""


class IncomingLine(Incoming, frozen=True, kw_only=True):
    """One line of an order."""

    platform_id: str | None = None
    product_platform_id: str | None = None
    sku_code: str | None = None
    title: str | None = None
    quantity: int = 1
    unit_price: Decimal | None = None
    currency: str | None = None
    handling_days: int | None = None
    state: str | None = None


class IncomingShipment(Incoming, frozen=True, kw_only=True):
    """One parcel."""

    tracking_number: str
    carrier: str = "unknown"
    received_state: str = "default"
    declared_at: datetime | None = None
    scanned_at: datetime | None = None


class IncomingOrder(Incoming, frozen=True, kw_only=True):
    """One order. `left`: what the platform said was left to ship when the file was made."""

    platform_id: str
    state: str
    end_reason: str | None = None
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    changed_at: datetime | None = None
    amount: Decimal | None = None
    currency: str | None = None
    issue_status: str | None = None
    frozen_status: str | None = None
    fund_status: str | None = None
    logistics_status: str | None = None
    buyer_country: str | None = None
    cancel_reason: str | None = None
    left: timedelta | None = None
    lines: tuple[IncomingLine, ...] = ()
    shipments: tuple[IncomingShipment, ...] = ()


class IncomingAssessment(Incoming, frozen=True, kw_only=True):
    """What the platform's store assessment says of one order; None where it says nothing.

    `left`: what was left until the order counts as late online, when the file was made; below zero when it was over.
    """

    platform_id: str
    placed_at: datetime | None = None
    is_false_shipment: bool | None = None
    is_online_late: bool | None = None
    left: timedelta | None = None
    lines: tuple[IncomingLine, ...] = ()


class IncomingDispute(Incoming, frozen=True, kw_only=True):
    """One dispute."""

    platform_id: str
    state: str
    order_platform_id: str | None = None
    line_platform_id: str | None = None
    reason: str | None = None
    detail_state: str | None = None
    opened_at: datetime | None = None
    changed_at: datetime | None = None
    timeout_kind: str | None = None
    timeout_at: datetime | None = None
    refund: Decimal | None = None
    currency: str | None = None
    solutions: tuple[dict[str, str], ...] = ()


class IncomingEvaluation(Incoming, frozen=True, kw_only=True):
    """One evaluation by a buyer."""

    platform_id: str
    stars: int
    given_at: datetime
    order_platform_id: str | None = None
    product_platform_id: str | None = None
    buyer: str | None = None
    description: int | None = None
    communication: int | None = None
    delivery: int | None = None
    feedback: str | None = None
    reply: str | None = None
    finished_at: datetime | None = None
    order_amount: Decimal | None = None
    order_currency: str | None = None
    dispute_kind: str | None = None


class IncomingMetric(Incoming, frozen=True, kw_only=True):
    """What was counted of one product on one day; what the source does not say is not there."""

    product_platform_id: str
    day: date
    counts: dict[str, int] = {}
    amounts: dict[str, Decimal] = {}

    @property
    def platform_id(self) -> str:
        """What the record is known by."""
        return f"{self.product_platform_id}/{self.day}"


def digest_of(record: Incoming) -> str:
    """SHA-256 of a record."""
    return hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()
