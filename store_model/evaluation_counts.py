"""The evaluations of a store, with what their orders say, as the counting looks at them."""

from __future__ import annotations

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from store_model.evaluations import Counted, CountingRules, Evaluation, Given, count
from store_model.orders import Order


def counts_of(session: Session, store_id: int, rules: CountingRules) -> Counted:
    """What counts of a store's evaluations. Amount and end come from the order where the evaluation lacks them."""
    rows = session.execute(
        select(Evaluation, Order.amount, Order.currency, Order.finished_at)
        .outerjoin(
            Order,
            and_(
                Order.entity_id == Evaluation.entity_id,
                Order.store_id == Evaluation.store_id,
                Order.platform_id == Evaluation.order_platform_id,
            ),
        )
        .where(Evaluation.store_id == store_id)
        .execution_options(yield_per=2000)
    )
    return count(
        (
            Given(
                id=row.id,
                buyer=row.buyer,
                stars=row.stars,
                scores=(row.description, row.communication, row.delivery),
                given_at=row.given_at,
                finished_at=row.finished_at or finished,
                amount=row.order_amount if row.order_amount is not None else amount,
                currency=row.order_currency if row.order_amount is not None else currency,
                dispute_kind=row.dispute_kind,
            )
            for row, amount, currency, finished in rows
        ),
        rules,
    )
