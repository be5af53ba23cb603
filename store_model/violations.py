"""Violations: what the platform told, the append-only ledger it makes, and what follows.

Two kinds of rows. Notices and ledger rows are the record: appended, never changed (the database itself refuses it on
the ledger). Violations and enforcement are read off the record, so that they can be filtered; `storewarden ledger
replay` makes them anew. Complaints and appeals are the seller's own work and audited like it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DDL, JSON, Index, Numeric, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import EntityRow, Id, StoreRow, Versioned

POINTS = Numeric(10, 3)
CASE = String(100)
HASH = String(64)
RULE = String(6)


class PlatformNotice(StoreRow, Base):
    """One notice as it came. The same content of the same case is one notice, however often it is told.

    `hold`: why it counts for nothing until a person accepts it (`accepted_at`). `parked`: why it counts for nothing
    as the record stands now; a later notice may change that.
    """

    __tablename__ = "platform_notice"
    __audited__ = False  # the record itself; who accepted one stands in it

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_no: Mapped[str] = mapped_column(CASE)
    type: Mapped[str] = mapped_column(String(10))
    content: Mapped[str] = mapped_column(HASH)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offence: Mapped[str | None] = mapped_column(String(60))
    listing: Mapped[str | None] = mapped_column(String(40))
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
    hold: Mapped[str | None] = mapped_column(String(30))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by: Mapped[str | None] = mapped_column(String(120))
    parked: Mapped[str | None] = mapped_column(String(30))

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "case_no", "content", name="uq_platform_notice_content"),
        Index("ix_platform_notice_time", "entity_id", "store_id", "received_at", "id"),
    )


class LedgerHead(StoreRow, Base):
    """Where a store's ledger ends. Whoever appends holds this row until the end of the transaction.

    `mark` is a hash over every notice that was taken in: equal marks, equal records. `next_at` is the next moment at
    which anything changes by itself and has to be told.
    """

    __tablename__ = "ledger_head"
    __audited__ = False
    __table_args__ = (Index("ix_ledger_head_next", "next_at"),)

    entity_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(HASH)
    mark: Mapped[str] = mapped_column(HASH)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PenaltyForecast(StoreRow, Base):
    """What the last forecast said of one ladder of a store, so that only what is new is told.

    `step` is the one that holds, `next_step` the one that holds from `next_step_at` if nothing more happens,
    `confirmed_step` the one that would hold at once if the platform confirmed every open finding. "none": no step.
    """

    __tablename__ = "penalty_forecast"
    __audited__ = False  # an observation, made anew every night

    entity_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    ladder: Mapped[str] = mapped_column(RULE, primary_key=True)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    balance: Mapped[Decimal] = mapped_column(POINTS)
    step: Mapped[str] = mapped_column(String(60))
    next_step: Mapped[str | None] = mapped_column(String(60))
    next_step_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    open_findings: Mapped[int]
    confirmed_balance: Mapped[Decimal] = mapped_column(POINTS)
    confirmed_step: Mapped[str] = mapped_column(String(60))


class LedgerEntry(StoreRow, Base):
    """One row of the ledger: an entry, or the reversal of one. `entry` is all of it; the columns are for filters."""

    __tablename__ = "ledger_entry"
    __audited__ = False  # has its own chain of hashes

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sequence: Mapped[int] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))
    case_no: Mapped[str] = mapped_column(CASE)
    ladder: Mapped[str] = mapped_column(RULE)
    offence: Mapped[str] = mapped_column(RULE)
    points: Mapped[Decimal] = mapped_column(POINTS)
    original: Mapped[Decimal] = mapped_column(POINTS)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pack: Mapped[str] = mapped_column(String(80))
    reverses: Mapped[int | None] = mapped_column(Id)
    entry: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(HASH)
    hash: Mapped[str] = mapped_column(HASH)

    __table_args__ = (
        Index("ix_ledger_entry_sequence", "entity_id", "store_id", "sequence", unique=True),
        Index("ix_ledger_entry_case", "entity_id", "store_id", "case_no"),
        {"info": {"rights": "SELECT, INSERT"}},
    )


class Violation(StoreRow, Base):
    """A case as it stands: read off the notices and the ledger."""

    __tablename__ = "violation"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_no: Mapped[str] = mapped_column(CASE)
    offence: Mapped[str] = mapped_column(String(60))
    ladder: Mapped[str | None] = mapped_column(RULE)
    grade: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))  # active, amended, reversed, parked
    points: Mapped[Decimal | None] = mapped_column(POINTS)
    original: Mapped[Decimal | None] = mapped_column(POINTS)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    listing: Mapped[str | None] = mapped_column(String(40))
    parked: Mapped[str | None] = mapped_column(String(30))
    remark: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "case_no", name="uq_violation_case_no"),
        Index("ix_violation_time", "entity_id", "store_id", "at", "id"),
    )


class EnforcementRow:
    """Mixin: one enforcement. `lifted_at`: when we learned that what brought it was undone; it then never counted."""

    ladder: Mapped[str] = mapped_column(RULE)
    step: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(40))
    start_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class StoreEnforcement(EnforcementRow, StoreRow, Base):
    """What the platform does to a store because of its own points."""

    __tablename__ = "store_enforcement"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)

    __table_args__ = (Index("ix_store_enforcement_start", "entity_id", "store_id", "start_at"),)


class EntityEnforcement(EnforcementRow, EntityRow, Base):
    """What falls on the other stores of the legal entity because of one store's points: seen from each of them."""

    __tablename__ = "entity_enforcement"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    from_store_id: Mapped[int] = mapped_column(Id)

    __table_args__ = (Index("ix_entity_enforcement_start", "entity_id", "from_store_id", "start_at"),)


class Complaint(StoreRow, Versioned, Base):
    """A complaint of a rights holder or a buyer, and what became of it."""

    __tablename__ = "complaint"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str] = mapped_column(CASE)
    complainant: Mapped[str] = mapped_column(String(16))  # rights_holder, buyer
    offence: Mapped[str | None] = mapped_column(RULE)
    listing: Mapped[str | None] = mapped_column(String(40))
    case_no: Mapped[str | None] = mapped_column(CASE)
    state: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[list[str]] = mapped_column(JSON)
    note: Mapped[str | None] = mapped_column(Text)
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_complaint_platform_id"),
        Index("ix_complaint_due", "entity_id", "store_id", "state", "evidence_due_at"),
    )


class Appeal(StoreRow, Versioned, Base):
    """An appeal against a violation. `root_causes`: what has to be mended first, each {what, open}."""

    __tablename__ = "appeal"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_no: Mapped[str] = mapped_column(CASE)
    attempt: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[list[str]] = mapped_column(JSON)
    root_causes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    note: Mapped[str | None] = mapped_column(Text)
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "case_no", "attempt", name="uq_appeal_attempt"),
        Index("ix_appeal_deadline", "entity_id", "store_id", "state", "deadline_at"),
    )


APPEND_ONLY = "the ledger is append-only"
"""What the database says to whoever tries to change it."""

for _verb in ("UPDATE", "DELETE"):
    event.listen(
        LedgerEntry.__table__,
        "after_create",
        DDL(
            f"CREATE TRIGGER ledger_entry_no_{_verb.lower()} BEFORE {_verb} ON ledger_entry "
            f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        ).execute_if(dialect="sqlite"),
    )
event.listen(
    LedgerEntry.__table__,
    "after_create",
    DDL(
        "CREATE OR REPLACE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
    ).execute_if(dialect="postgresql"),
)
event.listen(
    LedgerEntry.__table__,
    "after_create",
    DDL(
        "CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    ).execute_if(dialect="postgresql"),
)
