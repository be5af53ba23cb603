"""What is kept of performance: the platform's own numbers that a store pins beside ours, and what was told last."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow, Versioned

GROUPS = ("store", "industry_average", "excellent_stores")
"""Whose number it is: this store's, as the platform counts it, or what others reach."""


class PlatformNumber(StoreRow, Versioned, Base):
    """A number that the platform shows: of an indicator, a score, or an item of one (SVC501.dsr_service)."""

    __tablename__ = "platform_number"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    day: Mapped[date]
    group: Mapped[str] = mapped_column(String(20), default="store")
    measure: Mapped[str] = mapped_column(String(60))
    value: Mapped[Decimal] = mapped_column(Numeric(18, 6))

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "group", "measure", "day", name="uq_platform_number_day"),
        Index("ix_platform_number_day", "entity_id", "store_id", "day", "id"),
    )


class ScoreTold(StoreRow, Base):
    """The score and the projected level that the listeners of a store were told last, and for which day."""

    __tablename__ = "score_told"
    __audited__ = False  # made anew every day from the rows; the events are the record

    entity_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    day: Mapped[date]
    score: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    level: Mapped[str | None] = mapped_column(String(40))
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)


def pinned(session: Session, store_id: int, until: date) -> list[PlatformNumber]:
    """The latest number of each group and measure up to a day."""
    latest = (
        select(PlatformNumber.group, PlatformNumber.measure, func.max(PlatformNumber.day).label("day"))
        .where(PlatformNumber.store_id == store_id, PlatformNumber.day <= until)
        .group_by(PlatformNumber.group, PlatformNumber.measure)
        .subquery()
    )
    rows = session.scalars(
        select(PlatformNumber)
        .join(
            latest,
            (PlatformNumber.group == latest.c.group)
            & (PlatformNumber.measure == latest.c.measure)
            & (PlatformNumber.day == latest.c.day),
        )
        .where(PlatformNumber.store_id == store_id)
        .order_by(PlatformNumber.group, PlatformNumber.measure)
    )
    return list(rows)
