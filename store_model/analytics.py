"""Business analytics (生意参谋): what was measured a day, of the store, its products and its sources of traffic.

Counts and amounts are kept as counted, once a day (hours for today); rates are worked out from sums, so that they are
right over any period. What a metric is made of stands in the pack (`backoffice/analytics.yaml`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.products import MONEY, PLATFORM_ID
from store_model.tenancy import Id, StoreRow

WHOLE_STORE = ""
"""`product_platform_id` of the rows of the whole store."""

COUNTS = (
    "exposure", "visitors", "new_visitors", "page_views", "wishlisted", "cart_buyers", "cart_pieces", "ordered_pieces",
    "ordered_buyers", "orders", "paid_pieces", "paid_orders", "paid_buyers", "refunded_orders",
)  # fmt: skip
AMOUNTS = ("ordered_amount", "paid_amount", "refunded_amount")


class Measured:
    """The columns of counts and amounts; None is "not known", which is not 0."""

    exposure: Mapped[int | None]
    visitors: Mapped[int | None]
    new_visitors: Mapped[int | None]
    page_views: Mapped[int | None]
    wishlisted: Mapped[int | None]
    cart_buyers: Mapped[int | None]
    cart_pieces: Mapped[int | None]
    ordered_pieces: Mapped[int | None]
    ordered_buyers: Mapped[int | None]
    orders: Mapped[int | None]
    paid_pieces: Mapped[int | None]
    paid_orders: Mapped[int | None]
    paid_buyers: Mapped[int | None]
    refunded_orders: Mapped[int | None]
    ordered_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    paid_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    refunded_amount: Mapped[Decimal | None] = mapped_column(MONEY)


class DailyMetric(StoreRow, Measured, Base):
    """One day of a product, or of the whole store (`product_platform_id` empty). Amounts in the store's currency."""

    __tablename__ = "daily_metric"
    __audited__ = False  # high volume; imports record themselves

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    product_platform_id: Mapped[str] = mapped_column(PLATFORM_ID)
    day: Mapped[date]

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "product_platform_id", "day", name="uq_daily_metric_day"),
        Index("ix_daily_metric_day", "entity_id", "store_id", "day", "product_platform_id"),
    )


class HourlyMetric(StoreRow, Measured, Base):
    """One hour of the whole store, for the page of the current day."""

    __tablename__ = "hourly_metric"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "hour", name="uq_hourly_metric_hour"),)


class TrafficSource(StoreRow, Base):
    """What one source of traffic brought on one day."""

    __tablename__ = "traffic_source"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    day: Mapped[date]
    source: Mapped[str] = mapped_column(String(60))
    visitors: Mapped[int | None]
    page_views: Mapped[int | None]
    paid_orders: Mapped[int | None]
    paid_buyers: Mapped[int | None]
    paid_amount: Mapped[Decimal | None] = mapped_column(MONEY)

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "day", "source", name="uq_traffic_source_day"),)


class Benchmark(StoreRow, Base):
    """What others reach, as the platform shows it to this store: industry average, excellent stores, the market."""

    __tablename__ = "benchmark"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    day: Mapped[date]
    group: Mapped[str] = mapped_column(String(20))  # industry_average, excellent_stores, market
    metric: Mapped[str] = mapped_column(String(40))
    value: Mapped[Decimal] = mapped_column(Numeric(18, 6))

    __table_args__ = (UniqueConstraint("entity_id", "store_id", "group", "metric", "day", name="uq_benchmark_day"),)
