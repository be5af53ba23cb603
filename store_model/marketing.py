"""The Marketing section: activities of the store, campaigns of the platform, affiliate, pay per click, old customers.

An activity's state is not stored beyond what a person decides (draft, published, paused, stopped): whether a
published one has begun or is over follows from its times, for any moment asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.products import MONEY, Product
from store_model.tenancy import Id, StoreRow, Versioned

ACTIVITY_KINDS = ("single_discount", "coupon", "full_discount", "interactive")
DECIDED = ("draft", "published", "paused", "stopped")
ACTIVITY_STATES = ("draft", "not_started", "ongoing", "paused", "finished", "stopped")
CAMPAIGN_STATES = ("registered", "approved", "refused", "withdrawn")
AD_STATES = ("draft", "running", "paused", "ended")
REACH_STATES = ("draft", "scheduled", "sent", "cancelled")
AUDIENCES = ("bought_before", "added_to_cart", "wished", "followers", "not_seen_lately")


class Activity(StoreRow, Versioned, Base):
    """A store activity. `terms` are those of its kind (see the API's schemas); `exclusive`: a product may be in one."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    decided: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    exclusive: Mapped[bool]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_activity_time", "entity_id", "store_id", "decided", "starts_at", "ends_at"),
        Index("ix_activity_kind", "entity_id", "store_id", "kind", "id"),
    )

    def state(self, now: datetime) -> str:
        """draft, not_started, ongoing, paused, finished or stopped; the start is in, the end is out."""
        if self.decided in ("draft", "stopped"):
            return self.decided
        if now >= self.ends_at:
            return "finished"
        if now < self.starts_at:
            return "not_started"
        return "paused" if self.decided == "paused" else "ongoing"


class ActivityProduct(StoreRow, Versioned, Base):
    """A product in an activity. `discount`: percent off, where the kind takes one for each product."""

    __tablename__ = "activity_product"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    activity_id: Mapped[int] = mapped_column(Id, ForeignKey("activity.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    discount: Mapped[int | None]
    limit_per_buyer: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "activity_id", "product_id", name="uq_activity_product"),
        Index("ix_activity_product_product", "entity_id", "product_id", "activity_id"),
    )


class Campaign(StoreRow, Versioned, Base):
    """A campaign of the platform that the store may register products for."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    registration_from: Mapped[datetime] = mapped_column(UtcDateTime)
    registration_until: Mapped[datetime] = mapped_column(UtcDateTime)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    least_discount: Mapped[int | None]

    __table_args__ = (
        Index("ix_campaign_registration", "entity_id", "store_id", "registration_until", "id"),
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_campaign_platform_id"),
    )


class CampaignRegistration(StoreRow, Versioned, Base):
    """A product registered for a campaign."""

    __tablename__ = "campaign_registration"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    discount: Mapped[int]
    stock: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("entity_id", "campaign_id", "product_id", name="uq_campaign_registration"),
        Index("ix_campaign_registration_state", "entity_id", "store_id", "campaign_id", "state"),
    )


class AffiliateOffer(StoreRow, Versioned, Base):
    """Commission for affiliates: of the whole store, a category or a product. `rate` is percent."""

    __tablename__ = "affiliate_offer"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    category_id: Mapped[str | None] = mapped_column(String(64))
    product_id: Mapped[int | None] = mapped_column(Id, ForeignKey("product.id", ondelete="CASCADE"))
    rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_affiliate_offer_start", "entity_id", "store_id", "starts_at", "id"),)


class AdCampaign(StoreRow, Versioned, Base):
    """Pay-per-click advertising (直通车): a daily budget, and bids for words."""

    __tablename__ = "ad_campaign"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    daily_budget: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str] = mapped_column(String(3))
    bids: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # [{"word", "bid"}]
    product_ids: Mapped[list[str]] = mapped_column(JSON)

    __table_args__ = (Index("ix_ad_campaign_state", "entity_id", "store_id", "state", "id"),)


class CustomerReach(StoreRow, Versioned, Base):
    """Marketing to those who know the store: an audience, words, and a coupon if there is one."""

    __tablename__ = "customer_reach"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    audience: Mapped[str] = mapped_column(String(20))
    message: Mapped[dict[str, str]] = mapped_column(JSON)
    activity_id: Mapped[int | None] = mapped_column(Id, ForeignKey("activity.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(12))
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_customer_reach_state", "entity_id", "store_id", "state", "id"),)


def conflicts(session: Session, activity: Activity, product_ids: Sequence[int]) -> list[tuple[Product, Activity]]:
    """Products that are in another exclusive activity whose time overlaps; nothing for one that is not exclusive."""
    if not activity.exclusive or not product_ids:
        return []
    query = (
        select(Product, Activity)
        .join(ActivityProduct, ActivityProduct.product_id == Product.id)
        .join(Activity, Activity.id == ActivityProduct.activity_id)
        .where(
            Product.id.in_(product_ids),
            Activity.id != activity.id,
            Activity.exclusive.is_(True),
            Activity.decided.in_(("published", "paused")),
            Activity.starts_at < activity.ends_at,
            Activity.ends_at > activity.starts_at,
        )
        .order_by(Product.id, Activity.id)
    )
    return [(product, other) for product, other in session.execute(query)]
