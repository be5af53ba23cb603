"""Many records at once → rows. A record whose digest is known changes nothing; outcomes come back in order.

New rows go in by the batch; changed ones through the session, so that versions rise and the audit sees them. Nothing
is committed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.facts import Listing
from store_model import product_content as content
from store_model.analytics import DailyMetric
from store_model.analytics_queries import upsert_daily
from store_model.batches import insert_rows
from store_model.db import Database
from store_model.deadlines import Limits, ship_by
from store_model.evaluations import Evaluation
from store_model.incoming import (
    IncomingDispute,
    IncomingEvaluation,
    IncomingLine,
    IncomingMetric,
    IncomingOrder,
    digest_of,
)
from store_model.orders import Cancellation, Dispute, Order, OrderLine, Shipment
from store_model.products import Product, ProductContent, ProductSku

INSERTED, UPDATED, UNCHANGED = "inserted", "updated", "unchanged"
TABLES = {
    "products": "product, product_content, sku",
    "orders": '"order", order_line, shipment',
    "assessments": '"order", order_line',
    "disputes": "dispute",
    "evaluations": "evaluation",
    "analytics": "daily_metric",
    "violations": "platform_notice, ledger_entry, violation",
}
"""The tables that each kind of record goes into."""


def refresh_statistics(database: Database, kind: str) -> None:
    """Let PostgreSQL look at the tables again: its own look comes too late for one that is being filled.

    Runs as the login, which owns the tables; where it does not, PostgreSQL leaves them as they are.
    """
    if database.engine.dialect.name == "postgresql":
        connection = database.engine.raw_connection()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {TABLES[kind]}")
            connection.commit()
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Place:
    """The store that rows go into."""

    entity_id: int
    store_id: int

    def columns(self) -> dict[str, int]:
        """The tenant's columns of a row."""
        return {"entity_id": self.entity_id, "store_id": self.store_id}


def upsert_products(
    session: Session, place: Place, listings: Sequence[Listing], *, status: str, now: datetime
) -> list[str]:
    """Listings by their id (without one: by their content). `status` is for new ones that do not say theirs."""
    documents = [content.document(listing) for listing in listings]
    digests = [content.digest(document) for document in documents]
    by_id, by_digest = _known_products(session, place, listings, digests)
    outcomes: list[str] = []
    fresh: list[int] = []
    changed: dict[int, int] = {}
    for index, (listing, digest) in enumerate(zip(listings, digests, strict=True)):
        known = by_id.get(listing.id) if listing.id is not None else by_digest.get(digest)
        if known is None:
            outcomes.append(INSERTED)
            fresh.append(index)
            continue
        product_id, old_digest, old_status, old_reason = known
        is_same = old_digest == digest and _says_same(listing, old_status, old_reason)
        outcomes.append(UNCHANGED if is_same else UPDATED)
        if not is_same:
            changed[product_id] = index
    _insert_products(session, place, [(listings[i], documents[i], digests[i]) for i in fresh], status, now)
    if changed:
        for product in session.scalars(select(Product).where(Product.id.in_(changed))):
            listing = listings[changed[product.id]]
            content.write(session, product, listing)
            if listing.status is not None:
                product.status = listing.status
                product.offline_reason = listing.offline_reason if listing.status == "offline" else None
            product.updated_at = now
        session.flush()
    return outcomes


def _known_products(
    session: Session, place: Place, listings: Sequence[Listing], digests: Sequence[str]
) -> tuple[dict[str | None, Any], dict[str, Any]]:
    columns = (Product.id, Product.digest, Product.status, Product.offline_reason)
    here = (Product.entity_id == place.entity_id, Product.store_id == place.store_id)
    ids = [listing.id for listing in listings if listing.id is not None]
    nameless = [digest for listing, digest in zip(listings, digests, strict=True) if listing.id is None]
    by_id: dict[str | None, Any] = {}
    by_digest: dict[str, Any] = {}
    if ids:
        rows = session.execute(select(Product.platform_id, *columns).where(*here, Product.platform_id.in_(ids)))
        by_id = {row[0]: tuple(row[1:]) for row in rows}
    if nameless:
        rows = session.execute(
            select(*columns).where(*here, Product.digest.in_(nameless), Product.platform_id.is_(None))
        )
        by_digest = {row[1]: tuple(row) for row in rows}
    return by_id, by_digest


def _says_same(listing: Listing, status: str, reason: str | None) -> bool:
    if listing.status is None or listing.status != status:
        return listing.status is None
    return status != "offline" or listing.offline_reason == reason


def _insert_products(
    session: Session, place: Place, fresh: Sequence[tuple[Listing, dict[str, Any], str]], status: str, now: datetime
) -> None:
    if not fresh:
        return
    rows = [
        {
            **place.columns(),
            **content.product_columns(listing),
            "platform_id": listing.id,
            "status": listing.status or status,
            "offline_reason": listing.offline_reason if (listing.status or status) == "offline" else None,
            "digest": digest,
            "open_findings": 0,
            "blocking_findings": 0,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
        for listing, _, digest in fresh
    ]
    ids = insert_rows(session, Product, rows)
    insert_rows(
        session,
        ProductContent,
        [
            {**place.columns(), "product_id": own, "listing": document}
            for own, (_, document, _) in zip(ids, fresh, strict=True)
        ],
    )
    insert_rows(
        session,
        ProductSku,
        [
            {**place.columns(), "product_id": own, **columns}
            for own, (listing, _, _) in zip(ids, fresh, strict=True)
            for columns in content.sku_columns(listing)
        ],
    )


def upsert_orders(
    session: Session, place: Place, orders: Sequence[IncomingOrder], *, limits: Limits, seen_at: datetime, now: datetime
) -> list[str]:
    """Orders by their id, each id once. One that is older than what is known (by the platform's own time) changes
    nothing.
    """
    known = known_rows(session, place, Order, [order.platform_id for order in orders])
    outcomes, fresh, changed = [], [], []
    for incoming in orders:
        order, digest = known.get(incoming.platform_id), digest_of(incoming)
        if order is not None and (order.digest == digest or _is_older(incoming.changed_at, order.changed_at)):
            outcomes.append(UNCHANGED)
            continue
        values = _order_columns(incoming, digest, limits, seen_at)
        if order is None:
            outcomes.append(INSERTED)
            fresh.append((incoming, {**new_columns(place, incoming.platform_id, now), **values}))
            continue
        outcomes.append(UPDATED)
        set_columns(order, values, now)
        changed.append((order.id, incoming))
    session.flush()
    ids = insert_rows(session, Order, [row for _, row in fresh])
    added = [(own, incoming) for own, (incoming, _) in zip(ids, fresh, strict=True)]
    _write_parts(session, place, added, changed, limits=limits, seen_at=seen_at, now=now)
    return outcomes


def _order_columns(incoming: IncomingOrder, digest: str, limits: Limits, seen_at: datetime) -> dict[str, Any]:
    found = {name: getattr(incoming, name) for name in ORDER_FIELDS}
    found["digest"] = digest
    found["ship_by"] = ship_by(
        state=incoming.state,
        paid_at=incoming.paid_at,
        handling_days=[line.handling_days for line in incoming.lines],
        left=incoming.left,
        seen_at=seen_at,
        limits=limits,
    )
    return found


def new_columns(place: Place, platform_id: str, now: datetime) -> dict[str, Any]:
    """What every new row of a store that the platform has an id for begins with."""
    return {**place.columns(), "platform_id": platform_id, "version": 1, "created_at": now, "updated_at": now}


def set_columns(row: Any, values: dict[str, Any], now: datetime) -> None:
    """Change a row of the session."""
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = now


ORDER_FIELDS = (
    "state", "end_reason", "placed_at", "paid_at", "sent_at", "finished_at", "changed_at", "amount", "currency",
    "issue_status", "frozen_status", "fund_status", "logistics_status", "buyer_country",
)  # fmt: skip
LINE_FIELDS = (
    "platform_id", "product_platform_id", "sku_code", "title", "quantity", "unit_price", "currency", "handling_days",
    "state",
)  # fmt: skip


def insert_lines(session: Session, place: Place, lines_of: Sequence[tuple[int, Sequence[IncomingLine]]]) -> None:
    """The lines of orders (by the id of their rows) that have none yet."""
    rows = [
        {**place.columns(), "order_id": order, "position": position, **{n: getattr(line, n) for n in LINE_FIELDS}}
        for order, lines in lines_of
        for position, line in enumerate(lines)
    ]
    insert_rows(session, OrderLine, rows)


def _write_parts(
    session: Session,
    place: Place,
    added: Sequence[tuple[int, IncomingOrder]],
    changed: Sequence[tuple[int, IncomingOrder]],
    *,
    limits: Limits,
    seen_at: datetime,
    now: datetime,
) -> None:
    """Lines anew, shipments that were not known, and the request to cancel of an order that waits for its answer.

    Of `added` orders, which are new, nothing is known; of `changed` ones that is read first.
    """
    known: dict[tuple[int, str], Shipment] = {}
    asked: set[int] = set()
    if changed:
        ids = [order for order, _ in changed]
        session.execute(delete(OrderLine).where(OrderLine.order_id.in_(ids)))
        parcels = session.scalars(select(Shipment).where(Shipment.order_id.in_(ids)))
        known = {(parcel.order_id, parcel.tracking_number): parcel for parcel in parcels}
        waiting = select(Cancellation.order_id).where(Cancellation.order_id.in_(ids), Cancellation.state == "requested")
        asked = set(session.scalars(waiting))
    orders = [*added, *changed]
    insert_lines(session, place, [(order, incoming.lines) for order, incoming in orders])
    stamp = {**place.columns(), "version": 1, "created_at": now, "updated_at": now}
    shipments: dict[tuple[int, str], dict[str, Any]] = {}
    cancellations = []
    for order, incoming in orders:
        for parcel in incoming.shipments:
            key = (order, parcel.tracking_number)
            if (row := known.get(key)) is not None:
                row.received_state = parcel.received_state
                row.scanned_at = parcel.scanned_at or row.scanned_at
                continue
            declared = parcel.declared_at or incoming.sent_at or seen_at
            shipments[key] = {
                **stamp,
                "order_id": order,
                "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number,
                "is_whole_order": True,
                "declared_at": declared,
                "scan_by": declared + limits.scan,
                "scanned_at": parcel.scanned_at,
                "received_state": parcel.received_state,
            }
        if incoming.state == "IN_CANCEL" and order not in asked:
            asked_at = incoming.changed_at or seen_at
            cancellations.append(
                {
                    **stamp,
                    "order_id": order,
                    "reason": incoming.cancel_reason,
                    "state": "requested",
                    "requested_at": asked_at,
                    "answer_by": asked_at + limits.cancel_answer,
                }
            )
    session.flush()
    insert_rows(session, Shipment, list(shipments.values()))
    insert_rows(session, Cancellation, cancellations)


def upsert_disputes(
    session: Session, place: Place, disputes: Sequence[IncomingDispute], *, answer: timedelta, now: datetime
) -> list[str]:
    """Disputes by their id. One that runs and names no time-out must be answered within `answer` of its opening."""

    def values(incoming: IncomingDispute) -> dict[str, Any]:
        found = {name: getattr(incoming, name) for name in DISPUTE_FIELDS}
        found["solutions"] = [dict(solution) for solution in incoming.solutions]
        if incoming.state != "processing":
            found |= {"timeout_kind": None, "timeout_at": None}
        elif incoming.timeout_at is None and incoming.opened_at is not None:
            found |= {"timeout_at": incoming.opened_at + answer}
        return found

    return _upsert(session, place, Dispute, disputes, values, now)


DISPUTE_FIELDS = (
    "state", "order_platform_id", "line_platform_id", "reason", "detail_state", "opened_at", "changed_at",
    "timeout_kind", "timeout_at", "refund", "currency",
)  # fmt: skip


def upsert_evaluations(
    session: Session, place: Place, evaluations: Sequence[IncomingEvaluation], *, now: datetime
) -> list[str]:
    """Evaluations by their id."""

    def values(incoming: IncomingEvaluation) -> dict[str, Any]:
        names = [name for name in IncomingEvaluation.__struct_fields__ if name != "platform_id"]
        return {name: getattr(incoming, name) for name in names}

    return _upsert(session, place, Evaluation, evaluations, values, now)


def upsert_metrics(session: Session, place: Place, metrics: Sequence[IncomingMetric]) -> list[str]:
    """Days of products; what a day already says in other columns stays."""
    days = {metric.day for metric in metrics}
    ids = {metric.product_platform_id for metric in metrics}
    known = {
        (row.product_platform_id, row.day): row
        for row in session.scalars(
            select(DailyMetric).where(
                DailyMetric.store_id == place.store_id,
                DailyMetric.day.in_(days),
                DailyMetric.product_platform_id.in_(ids),
            )
        )
    }
    outcomes, rows = [], []
    for metric in metrics:
        values = {**metric.counts, **metric.amounts}
        row = known.get((metric.product_platform_id, metric.day))
        if row is not None and all(getattr(row, name) == value for name, value in values.items()):
            outcomes.append(UNCHANGED)
            continue
        outcomes.append(INSERTED if row is None else UPDATED)
        rows.append({"product_platform_id": metric.product_platform_id, "day": metric.day, **values})
    if rows:
        upsert_daily(session, place.store_id, rows)
    return outcomes


def _upsert(
    session: Session,
    place: Place,
    table: Any,
    records: Sequence[Any],
    values: Callable[[Any], dict[str, Any]],
    now: datetime,
) -> list[str]:
    known = known_rows(session, place, table, [record.platform_id for record in records])
    outcomes, fresh = [], []
    for record in records:
        row, digest = known.get(record.platform_id), digest_of(record)
        older = row is not None and _is_older(getattr(record, "changed_at", None), getattr(row, "changed_at", None))
        if row is not None and (row.digest == digest or older):
            outcomes.append(UNCHANGED)
            continue
        columns = {**values(record), "digest": digest}
        outcomes.append(INSERTED if row is None else UPDATED)
        if row is None:
            fresh.append({**new_columns(place, record.platform_id, now), **columns})
        else:
            set_columns(row, columns, now)
    session.flush()
    insert_rows(session, table, fresh)
    return outcomes


def known_rows(session: Session, place: Place, table: Any, ids: Iterable[str]) -> dict[str, Any]:
    """Platform id → row of the store, for those of these ids that are known."""
    rows = session.scalars(
        select(table).where(
            table.entity_id == place.entity_id, table.store_id == place.store_id, table.platform_id.in_(list(ids))
        )
    )
    return {row.platform_id: row for row in rows}


def _is_older(incoming: datetime | None, known: datetime | None) -> bool:
    return incoming is not None and known is not None and incoming < known
