"""Webhook endpoints, what is to be delivered to them, and every attempt that was made.

An endpoint belongs to a legal entity and may listen to some of its stores and some types of events. Its secrets are
sealed before they come here. A delivery is a leased row; an attempt is what one call said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.leases import Leased
from store_model.tenancy import EntityRow, Id, StoreRow, Versioned

ENABLED, DISABLED = "enabled", "disabled"


class Endpoint(EntityRow, Versioned, Base):
    """Where events go. `event_types` and `store_ids` None: all. `secrets` holds sealed ones, the newest first.

    `paced_until`: when the next call is free where there is a rate (`api.webhooks.turns`).
    """

    __tablename__ = "webhook_endpoint"
    __audit_hidden__ = frozenset({"secrets"})
    __table_args__ = (Index("ix_webhook_endpoint_state", "entity_id", "state"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str | None] = mapped_column(String(200))
    event_types: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    store_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    signature: Mapped[str] = mapped_column(String(3))  # v1 | v1a
    secrets: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    max_concurrency: Mapped[int] = mapped_column(Integer)
    max_per_second: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default=ENABLED)
    disabled_reason: Mapped[str | None] = mapped_column(String(40))
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paced_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(StoreRow, Leased, Base):
    """One event on its way to one endpoint. `round` is 0 the first time, and rises with each replay."""

    __tablename__ = "event_delivery"
    __audited__ = False  # there are many, and each attempt is logged
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id", "round"),
        Index("ix_event_delivery_endpoint_due", "endpoint_id", "due_at", "id"),
        Index("ix_event_delivery_due", "due_at"),
        Index("ix_event_delivery_state", "entity_id", "endpoint_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    event_id: Mapped[int] = mapped_column(Id, ForeignKey("event.id", ondelete="CASCADE"))
    endpoint_id: Mapped[int] = mapped_column(Id, ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    round: Mapped[int] = mapped_column(Integer, default=0)


class Attempt(StoreRow, Base):
    """One call: what was sent (headers; the body is the event's), what came back, how long it took."""

    __tablename__ = "delivery_attempt"
    __audited__ = False  # a log of its own
    __table_args__ = (
        Index("ix_delivery_attempt_log", "entity_id", "delivery_id", "id"),
        Index("ix_delivery_attempt_delivery", "delivery_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(Id, ForeignKey("event_delivery.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(24))
    status: Mapped[int | None] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(Integer)
    request: Mapped[dict[str, str]] = mapped_column(JSON)
    response: Mapped[dict[str, str]] = mapped_column(JSON)
    body_head: Mapped[str | None] = mapped_column(Text)
