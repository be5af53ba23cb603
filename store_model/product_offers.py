"""What stands around products: templates, showcase slots, proposals on shared catalogue data, and supply."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.db import Base, UtcDateTime
from store_model.products import MONEY, PLATFORM_ID
from store_model.tenancy import Id, StoreRow, Versioned

TEMPLATE_KINDS = ("logistics", "product_information", "size", "after_sales")
PROPOSAL_STATES = ("submitted", "in_review", "accepted", "rejected", "withdrawn")
SUPPLIER_STATES = ("active", "paused", "ended")


class ProductTemplate(StoreRow, Versioned, Base):
    """A template that listings name. `content` is what its kind needs: rates by carrier and country, size rows …"""

    __tablename__ = "product_template"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    name: Mapped[str] = mapped_column(String(200))
    is_default: Mapped[bool] = mapped_column(default=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "kind", "name", name="uq_product_template_name"),
        Index("ix_product_template_kind", "entity_id", "store_id", "kind", "id"),
    )


class ShowcaseSlot(StoreRow, Versioned, Base):
    """A product in the showcase (橱窗), from a day until one (exclusive)."""

    __tablename__ = "showcase_slot"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_showcase_slot_time", "entity_id", "store_id", "ends_at", "starts_at"),
        Index("ix_showcase_slot_product", "entity_id", "product_id"),
    )


class CatalogueProposal(StoreRow, Versioned, Base):
    """A seller's proposal to change data that the catalogue shares (product co-construction), and its review."""

    __tablename__ = "catalogue_proposal"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int | None] = mapped_column(Id, ForeignKey("product.id", ondelete="SET NULL"))
    catalogue_ref: Mapped[str] = mapped_column(String(64))
    field: Mapped[str] = mapped_column(String(64))
    current: Mapped[str | None] = mapped_column(Text)
    proposed: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="submitted")
    proposed_by: Mapped[str] = mapped_column(String(100))
    reviewed_by: Mapped[str | None] = mapped_column(String(100))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_note: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_catalogue_proposal_state", "entity_id", "store_id", "state", "id"),
        Index("ix_catalogue_proposal_product", "entity_id", "product_id"),
    )


class Supplier(StoreRow, Versioned, Base):
    """Whom the store buys from."""

    __tablename__ = "supplier"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    contact: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(Text)
    lead_days: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default="active")

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "name", name="uq_supplier_name"),)


class SourcingLink(StoreRow, Versioned, Base):
    """Where a product (or one SKU of it, by code) is bought, and for how much."""

    __tablename__ = "sourcing_link"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    supplier_id: Mapped[int] = mapped_column(Id, ForeignKey("supplier.id", ondelete="CASCADE"))
    sku_code: Mapped[str | None] = mapped_column(String(64))
    url: Mapped[str | None] = mapped_column(Text)
    cost: Mapped[Decimal | None] = mapped_column(MONEY)
    currency: Mapped[str | None] = mapped_column(String(3))
    minimum_pieces: Mapped[int | None]

    __table_args__ = (
        Index("ix_sourcing_link_product", "entity_id", "store_id", "product_id", "id"),
        Index("ix_sourcing_link_supplier", "entity_id", "supplier_id"),
    )


class StockLevel(StoreRow, Versioned, Base):
    """Pieces of one SKU code in one warehouse."""

    __tablename__ = "stock_level"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sku_code: Mapped[str] = mapped_column(String(64))
    warehouse: Mapped[str] = mapped_column(String(64))
    on_hand: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
    reorder_at: Mapped[int | None]

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "sku_code", "warehouse", name="uq_stock_level_place"),)
