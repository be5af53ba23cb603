"""Funds: accounts and movements, append-only, every movement balanced.

A movement has two or more postings whose amounts add up to zero in each currency. Neither is ever changed or
removed; a wrong one is reversed by another. The database itself refuses what breaks this: on both databases a
trigger refuses UPDATE and DELETE, and on PostgreSQL a deferred one refuses to commit a movement that does not balance
(SQLite has no deferred triggers; there `post`, the only way in, holds it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, String, Text, UniqueConstraint, event, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.errors import StorewardenError
from store_model.db import Base, UtcDateTime
from store_model.products import MONEY, PLATFORM_ID
from store_model.tenancy import Id, StoreRow, Versioned

ACCOUNT_KINDS = ("available", "frozen", "pending", "deposit", "withdrawn", "sales", "fees", "refunds", "penalties")
MOVEMENT_KINDS = (
    "sale", "loan", "release", "refund", "fee", "withdrawal", "freeze", "unfreeze", "deposit", "penalty", "correction",
)  # fmt: skip


class FundAccount(StoreRow, Versioned, Base):
    """One account in one currency; its balance is the sum of its postings, never stored."""

    __tablename__ = "fund_account"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    currency: Mapped[str] = mapped_column(String(3))

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "kind", "name", "currency", name="uq_fund_account"),)


class FundMovement(StoreRow, Base):
    """One thing that happened to money. `reverses_id` names the movement that this one undoes, at most once."""

    __tablename__ = "fund_movement"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reference: Mapped[str] = mapped_column(String(100))
    order_platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    note: Mapped[str | None] = mapped_column(Text)
    reverses_id: Mapped[int | None] = mapped_column(Id, ForeignKey("fund_movement.id"))

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "reference", name="uq_fund_movement_reference"),
        UniqueConstraint("entity_id", "reverses_id", name="uq_fund_movement_reverses"),
        Index("ix_fund_movement_time", "entity_id", "store_id", "happened_at", "id"),
        {"info": {"rights": "SELECT, INSERT"}},
    )


class FundPosting(StoreRow, Base):
    """One side of a movement: plus comes into the account, minus leaves it."""

    __tablename__ = "fund_posting"
    __audited__ = False  # written once with its movement, which is recorded; the database refuses any change

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    movement_id: Mapped[int] = mapped_column(Id, ForeignKey("fund_movement.id"))
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("fund_account.id"))
    amount: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str] = mapped_column(String(3))

    __table_args__ = (
        Index("ix_fund_posting_account", "entity_id", "account_id", "movement_id"),
        Index("ix_fund_posting_movement", "entity_id", "movement_id"),
        {"info": {"rights": "SELECT, INSERT"}},
    )


class NotBalanced(StorewardenError):
    """The postings of a movement do not add up to zero; `off` is by how much, by currency."""

    code = "movement_not_balanced"

    def __init__(self, off: dict[str, Decimal]) -> None:
        self.off = off
        super().__init__(", ".join(f"{amount} {currency}" for currency, amount in sorted(off.items())))


class AlreadyReversed(StorewardenError):
    """A movement is reversed at most once."""

    code = "movement_reversed"


@dataclass(frozen=True, slots=True)
class Side:
    """One posting to be made."""

    account: FundAccount
    amount: Decimal


def post(session: Session, movement: FundMovement, sides: Sequence[Side]) -> FundMovement:
    """Append a movement with its postings. NotBalanced unless they add up to zero in each currency, on two sides."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for side in sides:
        totals[side.account.currency] += side.amount
    off = {currency: total for currency, total in totals.items() if total}
    if off or len(sides) < 2:
        raise NotBalanced(off or {side.account.currency: side.amount for side in sides})
    session.add(movement)
    session.flush()
    for side in sides:
        session.add(
            FundPosting(
                entity_id=movement.entity_id,
                store_id=movement.store_id,
                movement_id=movement.id,
                account_id=side.account.id,
                amount=side.amount,
                currency=side.account.currency,
            )
        )
    session.flush()
    return movement


def reverse(
    session: Session, movement: FundMovement, *, reference: str, now: datetime, note: str | None
) -> FundMovement:
    """Append the exact opposite of a movement. AlreadyReversed when that was done before."""
    if session.scalar(select(FundMovement.id).where(FundMovement.reverses_id == movement.id)) is not None:
        raise AlreadyReversed(reference)
    undone = session.execute(
        select(FundPosting, FundAccount)
        .join(FundAccount, FundAccount.id == FundPosting.account_id)
        .where(FundPosting.movement_id == movement.id)
        .order_by(FundPosting.id)
    ).all()
    opposite = FundMovement(
        entity_id=movement.entity_id,
        store_id=movement.store_id,
        kind="correction",
        happened_at=now,
        recorded_at=now,
        reference=reference,
        order_platform_id=movement.order_platform_id,
        note=note,
        reverses_id=movement.id,
    )
    return post(session, opposite, [Side(account, -posting.amount) for posting, account in undone])


def balances(session: Session, store_id: int, *, until: datetime | None = None) -> dict[int, Decimal]:
    """Account id → balance: the sum of what was posted before `until` (None: all)."""
    query = (
        select(FundPosting.account_id, func.sum(FundPosting.amount))
        .where(FundPosting.store_id == store_id)
        .group_by(FundPosting.account_id)
    )
    if until is not None:
        query = query.join(FundMovement, FundMovement.id == FundPosting.movement_id).where(
            FundMovement.happened_at < until
        )
    return {account: Decimal(total).quantize(Decimal("0.0001")) for account, total in session.execute(query)}


def _ddl(table: Any, statement: str, dialect: str) -> None:
    event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))


for _table in (FundMovement.__table__, FundPosting.__table__):
    for _verb in ("UPDATE", "DELETE"):
        _ddl(
            _table,
            f"CREATE TRIGGER {_table.name}_no_{_verb.lower()} BEFORE {_verb} ON {_table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{_table.name} is append-only'); END",
            "sqlite",
        )
    _ddl(
        _table,
        "CREATE OR REPLACE FUNCTION funds_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'funds are append-only'; END $$",
        "postgresql",
    )
    _ddl(
        _table,
        f"CREATE TRIGGER {_table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {_table.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION funds_are_append_only()",
        "postgresql",
    )
_ddl(
    FundPosting.__table__,
    "CREATE OR REPLACE FUNCTION funds_balance() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF EXISTS (SELECT 1 FROM fund_posting WHERE entity_id = NEW.entity_id AND movement_id = NEW.movement_id "
    "GROUP BY currency HAVING sum(amount) <> 0) THEN RAISE EXCEPTION 'a movement does not balance'; END IF; "
    "RETURN NULL; END $$",
    "postgresql",
)
_ddl(
    FundPosting.__table__,
    "CREATE CONSTRAINT TRIGGER fund_posting_balance AFTER INSERT ON fund_posting "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funds_balance()",
    "postgresql",
)
