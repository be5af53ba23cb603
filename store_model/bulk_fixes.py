"""Fixes of many listings at once: what was changed where, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow

APPLIED, UNDONE = "applied", "undone"
BULK_FIX_STATES = (APPLIED, UNDONE)


class BulkFix(StoreRow, Base):
    """One fix of a group of findings with the same cause. `cause` is the group's key, `rule` the rule it is of."""

    __tablename__ = "bulk_fix"
    __audited__ = False  # each product's change is recorded; this says which belong together

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    rule: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default=APPLIED)
    changed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_by: Mapped[str] = mapped_column(String(100))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_bulk_fix_store", "entity_id", "store_id", "id"),)


class BulkFixItem(StoreRow, Base):
    """What a bulk fix did to one product. `undo` turns `after` (a digest) back into what was there before."""

    __tablename__ = "bulk_fix_item"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    fix_id: Mapped[int] = mapped_column(Id, ForeignKey("bulk_fix.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    patch: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default=APPLIED)

    __table_args__ = (UniqueConstraint("entity_id", "fix_id", "product_id", name="uq_bulk_fix_item_product"),)
