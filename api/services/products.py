"""Products as jobs: checked, edited, moved through their life. Each takes the session of the caller's store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.problems import ErrorAt, ProblemError
from api.services.at_risk import at_risk
from api.services.backoffice import BackofficeRules
from api.services.penalties import Penalties
from api.services.recording import finding_row
from engine import Pack, Report
from engine.facts import Listing, Store
from engine.findings import Mode
from store_model import accounts, product_content
from store_model.authorisations import authorisations_of
from store_model.bulk import Place
from store_model.findings_load import load_findings
from store_model.outbox import emit
from store_model.product_groups import groups_by_root
from store_model.product_lifecycle import IllegalMove, Row, take
from store_model.products import Product, ProductContent
from store_model.store_marks import marks_of

PEERS = 500
"""The newest other products of the store that a pre-check compares with."""
TAKEN_DOWN = ("punish_offline", "violate_offline")
"""Offline by the platform's decision."""
SHOWN = 20
"""Blocking findings that a refusal names."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the jobs need besides a session."""

    pack: Pack
    rules: BackofficeRules
    seconds: float
    penalties: Penalties


def find(session: Session, product_id: int | None) -> Product:
    """A product of the caller's store; 404 for any other id."""
    product = session.get(Product, product_id) if product_id is not None else None
    if product is None:
        raise ProblemError("unknown_item")
    return product


def facts_of_store(session: Session, store_id: int) -> Store:
    """What the rules may know of the store besides the one listing."""
    store = session.get_one(accounts.Store, store_id)
    statuses = session.execute(
        select(Product.status, func.count()).where(Product.store_id == store_id).group_by(Product.status)
    )
    counts: dict[str, int] = {status: number for status, number in statuses}  # noqa: C416 - rows are no pairs to dict
    categories = session.execute(
        select(Product.category_id, func.count())
        .where(Product.store_id == store_id, Product.status == "onSelling", Product.category_id.is_not(None))
        .group_by(Product.category_id)
    )
    return Store(
        id=str(store_id),
        name=store.name,
        entity_id=str(store.entity_id),
        type=store.type,
        level=store.level,
        online_products=counts.get("onSelling", 0),
        auditing_products=counts.get("auditing", 0),
        groups=groups_by_root(session, store_id),
        category_counts={str(name): number for name, number in categories},
        authorisations=authorisations_of(session, store_id),
        marks=marks_of(session, store_id),
    )


def check(session: Session, desk: Desk, product: Product, *, now: datetime, listing: Listing | None = None) -> Report:
    """The pre-check of the whole pack on a stored product (or on what it is about to become), with its store and the
    other products beside it. The findings become those of the product.
    """
    stored = product_content.listing_by_id(session, product.id)
    assert stored is not None
    wanted = listing if listing is not None else stored
    rows = session.execute(
        select(Product, ProductContent)
        .join(ProductContent, ProductContent.product_id == Product.id)
        .where(
            Product.store_id == product.store_id,
            Product.id != product.id,
            Product.status.in_(("onSelling", "auditing", "offline")),
        )
        .order_by(Product.id.desc())
        .limit(PEERS)
    ).all()
    report = desk.pack.check(
        wanted,
        store=facts_of_store(session, product.store_id),
        as_of=now.date(),
        fixes=False,
        peers=[product_content.listing_of(other, content) for other, content in rows],
        seconds=desk.seconds,
        at_risk=at_risk(desk.penalties, session, Place(product.entity_id, product.store_id), now),
    )
    if listing is None:
        findings = [finding_row(one, product.platform_id, product.id) for one in report.bare_findings]
        spared = {product.id: report.undecided()}
        load_findings(session, product.store_id, findings, checked=[product.id], now=now, spared=spared)
    return report


def blocked(report: Report) -> ProblemError | None:
    """The refusal that a report makes, naming each blocking finding with its place; None when nothing blocks."""
    blocking = [finding for finding in report.bare_findings if finding.mode == Mode.BLOCK]
    if not blocking:
        return None
    errors = [
        ErrorAt(one.code, dict(one.message), pointer=next((place.pointer for place in one.locations), ""))
        for one in blocking[:SHOWN]
    ]
    return ProblemError(
        "release_blocked", errors=errors, rules=", ".join(sorted({one.rule for one in blocking})), count=len(blocking)
    )


def row_of(desk: Desk, move: str, product: Product) -> Row:
    """The row of the table that a move takes; 409 names what is allowed instead."""
    try:
        return desk.rules.moves.find(move, product.status, product.offline_reason)
    except IllegalMove as refused:
        names = ", ".join(one.move for one in refused.allowed)
        raise ProblemError(
            "illegal_move",
            move=move,
            status=product.status,
            allowed_en=names or "nothing",
            allowed_zh=names or "无",
        ) from None


def move(session: Session, desk: Desk, product: Product, name: str, now: datetime) -> None:
    """Take a move whose pre-check, where the table asks for one, was passed. What the platform took down is told."""
    take(product, row_of(desk, name, product))
    if product.offline_reason in TAKEN_DOWN:
        emit(
            session,
            entity_id=product.entity_id,
            store_id=product.store_id,
            type="listing.taken_down",
            data={"listing_id": product.platform_id or f"product-{product.id}", "reason": product.offline_reason},
            now=now,
        )


def create(session: Session, store_id: int, entity_id: int, listing: Listing) -> Product:
    """A new draft from a listing; what it says of its own status is left to the moves."""
    product = Product(
        entity_id=entity_id,
        store_id=store_id,
        platform_id=listing.id,
        status="draft",
        offline_reason=None,
        digest="",
        open_findings=0,
        blocking_findings=0,
    )
    product_content.write(session, product, listing)
    return product


def edited(session: Session, product: Product, changed: Mapping[str, Any]) -> Listing:
    """The listing that a changed document makes; what belongs to the store's own columns is not taken from it."""
    kept = {name: value for name, value in changed.items() if name not in product_content.STORED_ELSEWHERE}
    return msgspec.convert(kept, Listing)


def content_of(session: Session, product: Product) -> dict[str, Any]:
    """The stored document of a product."""
    content = session.scalar(select(ProductContent).where(ProductContent.product_id == product.id))
    return dict(content.listing) if content is not None else {}
