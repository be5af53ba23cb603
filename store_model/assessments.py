"""What the platform's store assessment says of orders → the orders of the store.

An order that is known keeps its state, and its lines where it has any; one that is not becomes a new order, which the
seller must have declared as shipped, or the page would not hold it against the store. Nothing is committed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store_model.bulk import INSERTED, UNCHANGED, UPDATED, Place, insert_lines, known_rows
from store_model.incoming import IncomingAssessment, digest_of
from store_model.orders import Order, OrderLine

DECLARED = "WAIT_BUYER_ACCEPT_GOODS"
"""The state of an order that no file of orders has told of."""


def upsert_assessments(
    session: Session, place: Place, assessments: Sequence[IncomingAssessment], *, seen_at: datetime, now: datetime
) -> list[str]:
    """Assessments by the id of their order; what was left is counted from `seen_at`."""
    known = known_rows(session, place, Order, [one.platform_id for one in assessments])
    outcomes = []
    for incoming in assessments:
        order, digest = known.get(incoming.platform_id), digest_of(incoming)
        if order is not None and order.assessment_digest == digest:
            outcomes.append(UNCHANGED)
            continue
        outcomes.append(INSERTED if order is None else UPDATED)
        if order is None:
            order = Order(**place.columns(), platform_id=incoming.platform_id, state=DECLARED, created_at=now)
            session.add(order)
            known[incoming.platform_id] = order
        order.placed_at = order.placed_at or incoming.placed_at
        order.is_false_shipment, order.is_online_late = incoming.is_false_shipment, incoming.is_online_late
        order.online_by = seen_at + incoming.left if incoming.left is not None else None
        order.assessment_digest, order.updated_at = digest, now
    session.flush()
    ids = [known[one.platform_id].id for one in assessments]
    lined = set(session.scalars(select(OrderLine.order_id).where(OrderLine.order_id.in_(ids))))
    insert_lines(session, place, [(i, one.lines) for i, one in zip(ids, assessments, strict=True) if i not in lined])
    return outcomes
