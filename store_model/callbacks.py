"""What other systems tell us: kept as it came, in the transaction that is answered, then turned into rows.

A message is known by its source and the sender's own id of it, so one that is sent again changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow, Versioned

PENDING, APPLIED, UNKNOWN_TOPIC, FAILED = "pending", "applied", "unknown_topic", "failed"


class CallbackSource(StoreRow, Versioned, Base):
    """Who may send messages about a store, and the sealed secret with which they are signed."""

    __tablename__ = "callback_source"
    __audit_hidden__ = frozenset({"secret"})
    __table_args__ = (UniqueConstraint("public_id"), UniqueConstraint("entity_id", "store_id", "name"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    scheme: Mapped[str] = mapped_column(String(20))  # standard_webhooks | open_platform
    app_key: Mapped[str | None] = mapped_column(String(40))
    secret: Mapped[str] = mapped_column(Text)


class Callback(StoreRow, Base):
    """One message: `message_id` is the sender's, `body` the bytes as they came, `outcome` what they became."""

    __tablename__ = "callback"
    __audited__ = False  # kept whole; what it changes is recorded where it is changed
    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "source_id", "message_id"),
        Index("ix_callback_state", "entity_id", "store_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(Id)
    message_id: Mapped[str] = mapped_column(String(128))
    topic: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(14), default=PENDING)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
