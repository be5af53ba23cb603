"""Products: the listing as given, its searchable form, SKUs, groups.

`product_content.listing` is the whole listing, exactly as it was given. `product` and `sku` hold what is searched,
counted and listed; both are written in one place alone (`store_model.product_content`), so they cannot disagree.
Statuses and reasons are the platform's own words (reference §3.5).
"""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.db import Base
from store_model.tenancy import Id, StoreRow, Versioned

STATUSES = ("draft", "auditing", "editingRequired", "onSelling", "offline", "service_delete", "deleted")
OFFLINE_REASONS = (
    "user_offline", "expire_offline", "violate_offline", "punish_offline", "degrade_offline", "industry_offline",
)  # fmt: skip
MONEY = Numeric(18, 4)
PLATFORM_ID = String(40)


FOLDED = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts compared byte by byte."""
SEARCHED = 500
"""Characters of a title that are searched: more than the platform allows, and less than an index can hold."""


def folded(title: str) -> str:
    """A title or a word of a search, as they are compared: one case, one width."""
    return unicodedata.normalize("NFKC", title).casefold()[:SEARCHED]


def _folded_title(context: Any) -> str:
    return folded(context.get_current_parameters()["title"])


class Product(StoreRow, Versioned, Base):
    """One product of a store. `title_folded` is what the search by words reads.

    `open_findings` and `blocking_findings` are kept by `store_model.findings`.
    """

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    status: Mapped[str] = mapped_column(String(20))
    offline_reason: Mapped[str | None] = mapped_column(String(40))
    product_type: Mapped[str | None] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text)
    title_folded: Mapped[str] = mapped_column(FOLDED, default=_folded_title, server_default="")
    category_id: Mapped[str | None] = mapped_column(String(64))
    price_min: Mapped[Decimal | None] = mapped_column(MONEY)
    price_max: Mapped[Decimal | None] = mapped_column(MONEY)
    currency: Mapped[str | None] = mapped_column(String(3))
    sku_count: Mapped[int]
    stock_total: Mapped[int] = mapped_column(BigInteger)
    logistics_template: Mapped[str | None] = mapped_column(PLATFORM_ID)
    listed_on: Mapped[date | None]
    changed_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(String(64))
    open_findings: Mapped[int] = mapped_column(default=0)
    blocking_findings: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_product_platform_id"),
        Index("ix_product_store", "entity_id", "store_id", "id"),
        Index("ix_product_status", "entity_id", "store_id", "status", "offline_reason", "id"),
        Index("ix_product_category", "entity_id", "store_id", "category_id", "id"),
        Index("ix_product_price", "entity_id", "store_id", "price_min", "id"),
        Index("ix_product_digest", "entity_id", "store_id", "digest"),
        Index("ix_product_title", "entity_id", "store_id", "id", "title_folded"),
        Index("ix_product_findings", "entity_id", "store_id", "open_findings", "id"),
    )


class ProductContent(StoreRow, Base):
    """The whole listing as given: localised titles and descriptions, attributes, images, prices by country …"""

    __tablename__ = "product_content"

    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    listing: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (Index("ix_product_content_store", "entity_id", "store_id", "product_id"),)


class ProductSku(StoreRow, Base):
    """What is searched and listed of one SKU; `position` is its place in the listing."""

    __tablename__ = "sku"
    __audited__ = False  # a part of the listing, whose change is recorded with product_content

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    position: Mapped[int]
    platform_id: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal | None] = mapped_column(MONEY)
    stock: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("entity_id", "product_id", "position", name="uq_sku_position"),
        Index("ix_sku_code", "entity_id", "store_id", "code", "product_id"),
    )


class ProductGroup(StoreRow, Versioned, Base):
    """A group of products of the store; a group below another has that one as `parent_id`, and none below it."""

    __tablename__ = "product_group"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    parent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("product_group.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "parent_id", "name", name="uq_product_group_name"),
        Index("ix_product_group_parent", "entity_id", "store_id", "parent_id", "position"),
    )


class ProductGroupMember(StoreRow, Base):
    """A product in a group."""

    __tablename__ = "product_group_member"

    group_id: Mapped[int] = mapped_column(Id, ForeignKey("product_group.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (
        Index("ix_product_group_member_group", "entity_id", "store_id", "group_id", "product_id"),
        Index("ix_product_group_member_product", "entity_id", "product_id", "group_id"),
    )
