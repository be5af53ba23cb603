"""Findings of a store: the current state of each suspicion, by fingerprint, and the log of recorded pre-checks.

A finding is new until someone looks; it is `fixed` when a later check of the same listing no longer has it, and
`open` again when it comes back. `precheck` rows are appended and never changed: what was asked, by which pack, and
which findings were answered.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.db import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow

FINDING_STATES = ("open", "fixed")
SUBJECT_ID = String(64)


class Finding(StoreRow, Base):
    """One finding of a store, whatever listing or store it is about. `listing_id` is the id that the check saw."""

    __tablename__ = "finding"
    __audited__ = False  # an observation: what people decide on it is recorded with the decision

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(40))
    rule: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int]
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(8))
    mode: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12), default="open")
    subject: Mapped[str] = mapped_column(String(12))
    listing_id: Mapped[str | None] = mapped_column(SUBJECT_ID)
    product_id: Mapped[int | None] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    message: Mapped[dict[str, str]] = mapped_column(JSON)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_seen: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "fingerprint", name="uq_finding_fingerprint"),
        Index("ix_finding_state", "entity_id", "store_id", "state", "rule"),
        Index("ix_finding_product", "entity_id", "product_id", "state"),
    )


class Precheck(StoreRow, Base):
    """One recorded pre-check. `findings` holds fingerprint, rule, code, severity and mode of each answer."""

    __tablename__ = "precheck"
    __audited__ = False  # itself an append-only record

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    listing_id: Mapped[str | None] = mapped_column(SUBJECT_ID)
    listing_digest: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(8))
    pack: Mapped[str] = mapped_column(String(64))
    pack_version: Mapped[str] = mapped_column(String(32))
    pack_digest: Mapped[str] = mapped_column(String(80))
    as_of: Mapped[date]
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    caller: Mapped[str] = mapped_column(String(100))
    findings: Mapped[list[dict[str, str]]] = mapped_column(JSON)

    __table_args__ = (
        Index("ix_precheck_time", "entity_id", "store_id", "checked_at", "id"),
        Index("ix_precheck_listing", "entity_id", "store_id", "listing_id"),
        {"info": {"rights": "SELECT, INSERT"}},
    )
