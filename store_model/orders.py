"""Orders with their lines, shipments, cancellations and disputes, in the platform's own states (reference §7.2).

Deadlines are times, kept as UTC: set from the platform's own answer where it gives one, else worked out by
`store_model.deadlines` from the dated values of the pack.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.db import Base, UtcDateTime
from store_model.products import MONEY, PLATFORM_ID
from store_model.tenancy import Id, StoreRow, Versioned

ORDER_STATES = (
    "PLACE_ORDER_SUCCESS", "IN_CANCEL", "WAIT_SELLER_SEND_GOODS", "SELLER_PART_SEND_GOODS", "WAIT_BUYER_ACCEPT_GOODS",
    "FUND_PROCESSING", "IN_ISSUE", "IN_FROZEN", "WAIT_SELLER_EXAMINE_MONEY", "RISK_CONTROL", "RISK_CONTROL_HOLD",
    "FINISH", "ARCHIVE",
)  # fmt: skip
DISPUTE_STATES = ("processing", "canceled_issue", "finish")
CANCELLATION_STATES = ("requested", "accepted", "refused", "timed_out", "withdrawn")
RECEIVE_STATES = ("default", "received", "not_received", "suspected_received")


class Order(StoreRow, Versioned, Base):
    """One order. `ship_by` is the last moment to ship, None once nothing is left to ship.

    `is_false_shipment` and `is_online_late` are what the platform's store assessment says of it (None: nothing), and
    `online_by` is when, by the same page, the carrier must have scanned it at the latest.
    """

    __tablename__ = "order"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str] = mapped_column(PLATFORM_ID)
    state: Mapped[str] = mapped_column(String(32))
    end_reason: Mapped[str | None] = mapped_column(String(64))
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ship_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    amount: Mapped[Decimal | None] = mapped_column(MONEY)
    currency: Mapped[str | None] = mapped_column(String(3))
    issue_status: Mapped[str | None] = mapped_column(String(32))
    frozen_status: Mapped[str | None] = mapped_column(String(32))
    fund_status: Mapped[str | None] = mapped_column(String(32))
    logistics_status: Mapped[str | None] = mapped_column(String(40))
    buyer_country: Mapped[str | None] = mapped_column(String(2))
    is_false_shipment: Mapped[bool | None]
    is_online_late: Mapped[bool | None]
    online_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assessment_digest: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_order_platform_id"),
        Index("ix_order_state", "entity_id", "store_id", "state", "id"),
        Index("ix_order_ship_by", "entity_id", "store_id", "ship_by", "id"),
        Index("ix_order_placed", "entity_id", "store_id", "placed_at", "id"),
    )


class OrderLine(StoreRow, Base):
    """One line of an order (son order)."""

    __tablename__ = "order_line"
    __audited__ = False  # changes only with its order, which is recorded

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, ForeignKey("order.id", ondelete="CASCADE"))
    position: Mapped[int]
    platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    product_platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    sku_code: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal | None] = mapped_column(MONEY)
    currency: Mapped[str | None] = mapped_column(String(3))
    handling_days: Mapped[int | None]
    state: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        UniqueConstraint("entity_id", "order_id", "position", name="uq_order_line_position"),
        Index("ix_order_line_product", "entity_id", "store_id", "product_platform_id"),
    )


class Shipment(StoreRow, Versioned, Base):
    """A parcel declared for an order. `scan_by` is when the carrier must have scanned it at the latest."""

    __tablename__ = "shipment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, ForeignKey("order.id", ondelete="CASCADE"))
    carrier: Mapped[str] = mapped_column(String(64))
    tracking_number: Mapped[str] = mapped_column(String(64))
    is_whole_order: Mapped[bool] = mapped_column(default=True)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scan_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scanned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_state: Mapped[str] = mapped_column(String(20), default="default")

    __table_args__ = (
        UniqueConstraint("entity_id", "order_id", "tracking_number", name="uq_shipment_number"),
        Index("ix_shipment_scan", "entity_id", "store_id", "scan_by", "id"),
    )


class Cancellation(StoreRow, Versioned, Base):
    """A buyer's request to cancel; `answer_by` is when silence cancels the order."""

    __tablename__ = "cancellation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, ForeignKey("order.id", ondelete="CASCADE"))
    reason: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="requested")
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer_by: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_cancellation_answer", "entity_id", "store_id", "state", "answer_by"),
        Index("ix_cancellation_order", "entity_id", "order_id"),
    )


class Dispute(StoreRow, Versioned, Base):
    """A buyer's dispute. `timeout_at` is when `timeout_kind` happens by itself; None when nothing runs."""

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str] = mapped_column(PLATFORM_ID)
    order_platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    line_platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    detail_state: Mapped[str | None] = mapped_column(String(64))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    timeout_kind: Mapped[str | None] = mapped_column(String(64))
    timeout_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refund: Mapped[Decimal | None] = mapped_column(MONEY)
    currency: Mapped[str | None] = mapped_column(String(3))
    solutions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    answer: Mapped[str | None] = mapped_column(String(20))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_dispute_platform_id"),
        Index("ix_dispute_timeout", "entity_id", "store_id", "state", "timeout_at"),
        Index("ix_dispute_order", "entity_id", "store_id", "order_platform_id"),
    )


class LogisticsSetting(StoreRow, Versioned, Base):
    """How the store ships by one line: from where, within how many days, to which countries (None: all)."""

    __tablename__ = "logistics_setting"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    carrier: Mapped[str] = mapped_column(String(64))
    ship_from: Mapped[str] = mapped_column(String(2))
    handling_days: Mapped[int]
    countries: Mapped[list[str] | None] = mapped_column(JSON)
    return_address: Mapped[str | None] = mapped_column(Text)
    is_enabled: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "name", name="uq_logistics_setting_name"),
        CheckConstraint("handling_days >= 0", name="handling_days"),
    )
