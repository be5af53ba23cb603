"""What the platform's store assessment says of orders → the orders of the store.

An order that is known keeps its state, and its lines where it has any; one that is not becomes a new order, which the
seller must have declared as shipped, or the page would not hold it against the store. Nothing is committed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store_model.batches import insert_rows
from store_model.bulk import (
    INSERTED,
    UNCHANGED,
    UPDATED,
    Place,
    insert_lines,
    known_rows,
    new_columns,
    set_columns,
)
from store_model.incoming import IncomingAssessment, digest_of
from store_model.orders import Order, OrderLine

DECLARED = "WAIT_BUYER_ACCEPT_GOODS"
"""The state of an order that no file of orders has told of."""


def upsert_assessments(
    session: Session, place: Place, assessments: Sequence[IncomingAssessment], *, seen_at: datetime, now: datetime
) -> list[str]:
    """Assessments by the id of their order, each id once; what was left is counted from `seen_at`."""
    known = known_rows(session, place, Order, [one.platform_id for one in assessments])
    outcomes, fresh, ids = [], [], {}
    for incoming in assessments:
        order, digest = known.get(incoming.platform_id), digest_of(incoming)
        values = {
            "is_false_shipment": incoming.is_false_shipment,
            "is_online_late": incoming.is_online_late,
            "online_by": seen_at + incoming.left if incoming.left is not None else None,
            "assessment_digest": digest,
        }
        if order is None:
            outcomes.append(INSERTED)
            stamp = {"state": DECLARED, "digest": "", "placed_at": incoming.placed_at}
            fresh.append({**new_columns(place, incoming.platform_id, now), **stamp, **values})
            continue
        ids[order.platform_id] = order.id
        outcomes.append(UNCHANGED if order.assessment_digest == digest else UPDATED)
        if order.assessment_digest != digest:
            set_columns(order, {**values, "placed_at": order.placed_at or incoming.placed_at}, now)
    session.flush()
    ids |= zip((row["platform_id"] for row in fresh), insert_rows(session, Order, fresh), strict=True)
    lined = set(session.scalars(select(OrderLine.order_id).where(OrderLine.order_id.in_(ids.values()))))
    lines = [(ids[one.platform_id], one.lines) for one in assessments]
    insert_lines(session, place, [(order, own) for order, own in lines if order not in lined])
    return outcomes
