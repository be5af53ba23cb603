"""Store activities: what the pack allows, which steps there are, and the conflicts that stop a publication."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import wire
from api.callers import Caller
from api.problems import ErrorAt, ProblemError
from api.resources import Change
from api.wire import Currency, Input, Money
from store_model.marketing import Activity, ActivityProduct, conflicts
from store_model.products import Product

STEPS = {
    "publish": (("draft",), "published"),
    "pause": (("not_started", "ongoing"), "paused"),
    "resume": (("paused",), "published"),
    "stop": (("not_started", "ongoing", "paused"), "stopped"),
}
"""Step → the states in which it can be taken, and what it decides."""

Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Percent = Annotated[int, Meta(ge=1, le=100)]


class SingleDiscount(Input, kw_only=True):
    """Percent off, product by product; for all buyers or those of the app, with more for followers."""

    terminal: Literal["all", "mobile"] = "all"
    followers_discount: Percent | None = None


class Coupon(Input, kw_only=True):
    """So much off an order from a minimum."""

    amount: Money
    currency: Currency
    minimum: Money | None = None
    total: Count
    per_buyer: Count = 1
    given_to: Literal["anyone", "chosen"] = "anyone"


class Level(Input, kw_only=True):
    """One level: from an amount or a number of pieces, so much or so many percent off."""

    from_amount: Money | None = None
    from_pieces: Count | None = None
    off_amount: Money | None = None
    off_percent: Percent | None = None


class FullDiscount(Input, kw_only=True):
    """满减, 满件折, 满包邮: what an order gets from each level on."""

    currency: Currency
    levels: Annotated[list[Level], Meta(min_length=1, max_length=10)]
    free_shipping: bool = False


class Interactive(Input, kw_only=True):
    """A game in the store: what it is, and what can be won."""

    game: Literal["check_in", "lottery", "collect", "share"]
    prizes: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=50)] = field(
        default_factory=list
    )
    per_buyer: Count = 1


TERMS: dict[str, type] = {
    "single_discount": SingleDiscount,
    "coupon": Coupon,
    "full_discount": FullDiscount,
    "interactive": Interactive,
}


def check_activity(change: Change) -> None:
    """Terms of its kind, and times as the pack allows; what is locked when published stays."""
    row, rules, today = change.row, change.caller.state.backoffice, change.now.date()
    locked = rules.value("marketing", "locked_when_published", today)
    if change.action != "create" and row.decided != "draft" and (change.action == "delete" or row.kind in locked):
        raise ProblemError("activity_locked")
    if change.action == "delete":
        return
    if change.action == "create":
        row.exclusive = row.kind in rules.value("marketing", "exclusive_kinds", today)
    row.terms = msgspec.to_builtins(_terms(row.kind, row.terms))
    if row.ends_at <= row.starts_at:
        raise wire.refuse("/ends_at", "out_of_range", "must be after starts_at", "必须晚于 starts_at")
    most = rules.value("marketing", f"{row.kind}_days", today)
    if row.ends_at - row.starts_at > timedelta(days=most):
        raise wire.refuse("/ends_at", "out_of_range", f"may be at most {most} days after starts_at", f"最长 {most} 天")


def _terms(kind: str, terms: Any) -> Any:
    read = wire.convert(terms, TERMS[kind], at="/terms")
    if isinstance(read, FullDiscount):
        for number, level in enumerate(read.levels):
            at = f"/terms/levels/{number}"
            if (level.from_amount is None) == (level.from_pieces is None):
                raise wire.refuse(
                    at, "invalid", "needs either from_amount or from_pieces", "需填写 from_amount 或 from_pieces 之一"
                )
            given = [level.off_amount, level.off_percent]
            if given.count(None) != 1 and not (read.free_shipping and given.count(None) == 2):
                raise wire.refuse(
                    at, "invalid", "needs either off_amount or off_percent", "需填写 off_amount 或 off_percent 之一"
                )
    if isinstance(read, Coupon) and (read.amount <= 0 or (read.minimum is not None and read.minimum < read.amount)):
        raise wire.refuse(
            "/terms/amount", "out_of_range", "must be above 0 and no more than minimum", "必须大于 0 且不超过 minimum"
        )
    return read


def check_product(change: Change) -> None:
    """A product of an activity: its discount, how many there may be, and no conflict once it is published."""
    if change.action == "delete":
        return
    row, session = change.row, change.session
    activity = session.get_one(Activity, row.activity_id)
    rules, today = change.caller.state.backoffice, change.now.date()
    if activity.decided != "draft" and activity.kind in rules.value("marketing", "locked_when_published", today):
        raise ProblemError("activity_locked")
    _check_discount(activity, row, rules, today)
    if change.action == "create":
        most = rules.value("marketing", f"{activity.kind}_products", today)
        if _count(session, activity) >= most:
            raise ProblemError("limit_reached", limit=most, what_en="products of one activity", what_zh="活动商品")
    if activity.decided in ("published", "paused"):
        _demand_no_conflict(session, activity, [row.product_id])


def _check_discount(activity: Activity, row: ActivityProduct, rules: Any, today: date) -> None:
    if activity.kind != "single_discount":
        if row.discount is not None:
            raise wire.refuse("/discount", "not_allowed", "is for single discounts alone", "仅适用于单品折扣")
        return
    least = rules.value("marketing", "discount_least", today)
    most = rules.value("marketing", "discount_most", today)
    if row.discount is None or not least <= row.discount <= most:
        raise wire.refuse(
            "/discount", "out_of_range", f"must be {least} to {most} percent off", f"应为 {least} 至 {most}（%）"
        )


def take(session: Session, caller: Caller, activity: Activity, step: str) -> Activity:
    """Take a step; `illegal_step` names those that there are, `activity_conflict` the products in the way."""
    now = caller.now()
    state = activity.state(now)
    states, decided = STEPS[step]
    if state not in states:
        allowed = ", ".join(name for name, (sources, _) in STEPS.items() if state in sources) or "–"
        raise ProblemError("illegal_step", state=state, allowed=allowed)
    if decided == "published":
        products = session.scalars(
            select(ActivityProduct.product_id).where(ActivityProduct.activity_id == activity.id)
        ).all()
        if activity.kind == "single_discount" and not products:
            raise wire.refuse("", "required", "needs at least one product", "至少需要一个商品")
        if now >= activity.ends_at:
            raise wire.refuse("/ends_at", "out_of_range", "is past", "已过期")
        _demand_no_conflict(session, activity, products)
        activity.published_at = activity.published_at or now
    activity.decided = decided
    session.flush()
    return activity


def _demand_no_conflict(session: Session, activity: Activity, products: Sequence[int]) -> None:
    found = conflicts(session, activity, products)
    if found:
        errors = [_conflict(product, other) for product, other in found[:100]]
        raise ProblemError("activity_conflict", count=len(found), errors=errors)


def _conflict(product: Product, other: Activity) -> ErrorAt:
    return ErrorAt(
        "activity_conflict",
        {
            "en": f"product {product.id} is in the activity {other.id}, {other.name}",
            "zh": f"商品 {product.id} 已参加活动 {other.id}（{other.name}）",
        },
        pointer=f"/products/{product.id}",
    )


def _count(session: Session, activity: Activity) -> int:
    return int(
        session.scalar(
            select(func.count()).select_from(ActivityProduct).where(ActivityProduct.activity_id == activity.id)
        )
        or 0
    )
