"""The Store section: assets, decoration of the app and desktop storefront, plans, collaboration tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow, Versioned

ASSET_KINDS = ("logo", "banner", "picture", "video", "document")
DEVICES = ("app", "desktop")
PAGE_STATES = ("draft", "published", "retired")
MEMBERSHIP_STATES = ("joined", "left", "removed")
TASK_STATES = ("open", "in_progress", "done", "declined", "cancelled")


class StoreAsset(StoreRow, Versioned, Base):
    """A picture, video or document that the storefront uses; the file itself is the platform's, at `url`."""

    __tablename__ = "store_asset"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(Text)
    width: Mapped[int | None]
    height: Mapped[int | None]
    size: Mapped[int | None]  # bytes

    __table_args__ = (Index("ix_store_asset_kind", "entity_id", "store_id", "kind", "id"),)


class StorePage(StoreRow, Versioned, Base):
    """One page of the storefront on one device. `modules` are its parts in order; of each name one is published."""

    __tablename__ = "store_page"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    modules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_store_page_name", "entity_id", "store_id", "device", "name", "state"),)


class StoreSetting(StoreRow, Versioned, Base):
    """One setting of the store by name, such as holiday mode or the language of the storefront."""

    __tablename__ = "store_setting"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    value: Mapped[Any] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "name", name="uq_store_setting_name"),)


class PlanMembership(StoreRow, Versioned, Base):
    """A plan of the platform (AliExpress Plus, worry-free shipping …) that the store joined, and when it left."""

    __tablename__ = "plan_membership"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    plan: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # what eligibility was judged by

    __table_args__ = (Index("ix_plan_membership_plan", "entity_id", "store_id", "plan", "state"),)


class CollaborationTask(StoreRow, Versioned, Base):
    """Something that the store and the platform (or a colleague) do together, with a day by which."""

    __tablename__ = "collaboration_task"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    details: Mapped[str | None] = mapped_column(Text)
    from_party: Mapped[str] = mapped_column(String(20))  # platform, store
    state: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assignee_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user_account.id", ondelete="SET NULL"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_collaboration_task_due", "entity_id", "store_id", "state", "due_at", "id"),)
