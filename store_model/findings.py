"""Findings of a store: the current state of each suspicion, by fingerprint, and the log of recorded pre-checks.

A finding is `fixed` when a later check of the same listing no longer has it, and `open` again when it comes back;
`life` says what the last check made of it. Every such turn is a row of `finding_change`, in order and never changed.
`precheck` rows are appended and never changed: what was asked, by which pack, and which findings were answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.db import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow, Versioned

FINDING_STATES = ("open", "fixed")
LIVES = ("new", "unchanged", "worsened", "reopened", "fixed")
TURNS = (*LIVES, "waived", "unwaived")
"""What a `finding_change` may tell."""
SUBJECT_ID = String(64)


class Finding(StoreRow, Base):
    """One finding of a store, whatever listing or store it is about. `listing_id` is the id that the check saw.

    `places`: in how many places of the listing it was seen last; `points`: what its confirmation would cost, when that
    was last reckoned; `opened_at`: since when it is open (first seen, or seen again); `waiver_id`: who accepts it.
    """

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
    life: Mapped[str] = mapped_column(String(12), default="new", server_default="new")
    places: Mapped[int] = mapped_column(default=1, server_default="1")
    points: Mapped[Decimal] = mapped_column(Numeric(10, 2), default=0, server_default="0")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fixed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiver_id: Mapped[int | None] = mapped_column(Id, ForeignKey("waiver.id", ondelete="SET NULL"))

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "fingerprint", name="uq_finding_fingerprint"),
        Index("ix_finding_waiver", "entity_id", "store_id", "waiver_id"),
        Index("ix_finding_state", "entity_id", "store_id", "state", "rule"),
        Index("ix_finding_product", "entity_id", "product_id", "state"),
    )


class FindingChange(StoreRow, Base):
    """A turn in the life of a finding. `cause` says what brought it: a check, a diagnosis, a waiver."""

    __tablename__ = "finding_change"
    __audited__ = False  # itself an append-only record

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    finding_id: Mapped[int] = mapped_column(Id, ForeignKey("finding.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    turn: Mapped[str] = mapped_column(String(12))
    severity: Mapped[str] = mapped_column(String(8))
    mode: Mapped[str] = mapped_column(String(8))
    places: Mapped[int]
    cause: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        Index("ix_finding_change_finding", "entity_id", "finding_id", "id"),
        {"info": {"rights": "SELECT, INSERT"}},
    )


def changes_of(session: Session, finding: Finding) -> Sequence[FindingChange]:
    """The turns in the life of a finding, the first one first."""
    turns = select(FindingChange).where(FindingChange.finding_id == finding.id).order_by(FindingChange.id)
    return session.scalars(turns).all()


class Waiver(StoreRow, Versioned, Base):
    """A person accepts findings until a time. Every scope that is given must agree; a rule, a code or a fingerprint is.

    `state`: active, expired (its time came) or revoked. `used_at`: when it last covered a finding.
    """

    __tablename__ = "waiver"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    rule: Mapped[str | None] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(64))
    fingerprint: Mapped[str | None] = mapped_column(String(40))
    listing_id: Mapped[str | None] = mapped_column(SUBJECT_ID)
    category_id: Mapped[str | None] = mapped_column(String(64))
    group_id: Mapped[int | None] = mapped_column(Id, ForeignKey("product_group.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(Text)
    approver: Mapped[str] = mapped_column(String(100))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8), default="active")
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_waiver_state", "entity_id", "store_id", "state", "id"),)


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
