"""Evaluations (reviews) of orders, and which of them count (reference §6.3).

Which order or dispute takes a review out of the count, and how long a natural period is, are dated values of the
pack; here is only the counting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.db import Base, UtcDateTime
from store_model.products import MONEY, PLATFORM_ID
from store_model.tenancy import Id, StoreRow, Versioned

DSR = ("description", "communication", "delivery")


class Evaluation(StoreRow, Versioned, Base):
    """A buyer's evaluation of one order line: stars 1 to 5, DSR scores 1 to 5 where given, text and reply."""

    __tablename__ = "evaluation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str] = mapped_column(String(64))
    order_platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    product_platform_id: Mapped[str | None] = mapped_column(PLATFORM_ID)
    buyer: Mapped[str | None] = mapped_column(String(100))
    stars: Mapped[int]
    description: Mapped[int | None]
    communication: Mapped[int | None]
    delivery: Mapped[int | None]
    feedback: Mapped[str | None] = mapped_column(Text)
    reply: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    order_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    order_currency: Mapped[str | None] = mapped_column(String(3))
    dispute_kind: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_evaluation_platform_id"),
        Index("ix_evaluation_given", "entity_id", "store_id", "given_at", "id"),
        Index("ix_evaluation_product", "entity_id", "store_id", "product_platform_id"),
        Index("ix_evaluation_order", "entity_id", "store_id", "order_platform_id"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRules:
    """What counts, as in force on a day. Money is in `currency`; `None` in an evaluation never takes it out."""

    currency: str
    minimum_amount: Decimal
    excluded_disputes: frozenset[str]
    window: timedelta
    period: timedelta
    positive_from: int
    negative_to: int


@dataclass(frozen=True, slots=True)
class Given:
    """What the counting looks at."""

    id: int
    buyer: str | None
    stars: int
    scores: tuple[int | None, int | None, int | None]
    given_at: datetime
    finished_at: datetime | None
    amount: Decimal | None
    currency: str | None
    dispute_kind: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts: good, neutral and bad once for each buyer and period, and why the others were left out."""

    positive: int
    neutral: int
    negative: int
    positive_rate: Decimal | None
    dsr: dict[str, Decimal | None]
    left_out: dict[str, list[int]]


def count(evaluations: Iterable[Given], rules: CountingRules) -> Counted:
    """The counts of a store. Reasons in `left_out`: below_minimum, dispute, late, same_buyer_and_period."""
    left_out: dict[str, list[int]] = {}
    kept: dict[tuple[str, int, int], Given] = {}
    sums: dict[str, list[int]] = {name: [] for name in DSR}
    scored: set[tuple[str, int]] = set()
    marks = {"positive": 0, "neutral": 0, "negative": 0}
    for item in sorted(evaluations, key=lambda one: (one.given_at, one.id)):
        reason = _excluded(item, rules)
        if reason is not None:
            left_out.setdefault(reason, []).append(item.id)
            continue
        mark = _mark(item.stars, rules)
        number = int(item.given_at.timestamp() // rules.period.total_seconds())
        buyer = item.buyer or f"#{item.id}"
        if (buyer, number) not in scored:
            scored.add((buyer, number))
            for name, score in zip(DSR, item.scores, strict=True):
                if score is not None:
                    sums[name].append(score)
        key = (buyer, number, mark)
        if key in kept:
            left_out.setdefault("same_buyer_and_period", []).append(item.id)
            continue
        kept[key] = item
        marks[("negative", "neutral", "positive")[mark + 1]] += 1
    decided = marks["positive"] + marks["negative"]
    return Counted(
        **marks,
        positive_rate=_ratio(marks["positive"], decided),
        dsr={name: _ratio(sum(scores), len(scores)) for name, scores in sums.items()},
        left_out=left_out,
    )


def _excluded(item: Given, rules: CountingRules) -> str | None:
    if item.amount is not None and item.currency == rules.currency and item.amount < rules.minimum_amount:
        return "below_minimum"
    if item.dispute_kind in rules.excluded_disputes:
        return "dispute"
    if item.finished_at is not None and item.given_at >= item.finished_at + rules.window:
        return "late"
    return None


def _mark(stars: int, rules: CountingRules) -> int:
    return 1 if stars >= rules.positive_from else -1 if stars <= rules.negative_to else 0


def _ratio(total: int, number: int) -> Decimal | None:
    return (Decimal(total) / number).quantize(Decimal("0.0001")) if number else None
