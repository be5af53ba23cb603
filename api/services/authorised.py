"""A store's authorisations beside what a caller says of the store, and what will infringe when one ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import Pack
from engine.evaluate.finding import Finding
from engine.facts import Listing, MarkAuthorisation, Store
from engine.marks.model import Mark
from store_model import product_content
from store_model.authorisations import authorisations_of
from store_model.products import Product, ProductContent
from store_model.store_marks import marks_of

LIVE = ("onSelling", "auditing", "offline")
"""Rights holders and the platform look at listings that are offline too (R2)."""


class OwnMarks(NamedTuple):
    """What a store keeps of marks: its authorisations (None: no record of any) and its own register."""

    authorisations: tuple[MarkAuthorisation, ...] | None
    marks: tuple[Mark, ...]


def own_marks(session: Session, store_id: int) -> OwnMarks:
    """Read from the store's tables."""
    return OwnMarks(authorisations_of(session, store_id), marks_of(session, store_id))


def with_own(store: Store | None, own: OwnMarks) -> Store | None:
    """What is known of the store, with the marks that it keeps; what the caller says himself comes first."""
    if own.authorisations is not None and (store is None or store.authorisations is None):
        store = msgspec.structs.replace(store or Store(), authorisations=own.authorisations)
    if own.marks and (store is None or not store.marks):
        store = msgspec.structs.replace(store or Store(), marks=own.marks)
    return store


@dataclass(frozen=True, slots=True)
class WillInfringe:
    """A listing, and its findings that are not there while the authorisations hold."""

    product_id: int
    listing: Listing
    findings: tuple[Finding, ...]


def will_infringe(
    pack: Pack, listing: Listing, store: Store, ending: Sequence[MarkAuthorisation], as_of: date
) -> tuple[Finding, ...]:
    """The findings that a listing gets when these authorisations are gone, by the rules of the same day."""
    gone = {one.id for one in ending}
    left = tuple(one for one in store.authorisations or () if one.id not in gone)
    bare = msgspec.structs.replace(store, authorisations=left)
    after = pack.check(listing, store=bare, as_of=as_of, fixes=False).bare_findings
    if not after:
        return ()
    before = {one.fingerprint for one in pack.check(listing, store=store, as_of=as_of, fixes=False).bare_findings}
    return tuple(one for one in after if one.fingerprint not in before)


def products_after(session: Session, store_id: int, after: int, limit: int) -> list[tuple[int, Listing]]:
    """The next products of a store, in the order of their ids."""
    rows = session.execute(
        select(Product, ProductContent)
        .join(ProductContent, ProductContent.product_id == Product.id)
        .where(Product.store_id == store_id, Product.id > after, Product.status.in_(LIVE))
        .order_by(Product.id)
        .limit(limit)
    ).all()
    return [(product.id, product_content.listing_of(product, content)) for product, content in rows]


def infringing(
    session: Session, pack: Pack, store: Store, ending: Sequence[MarkAuthorisation], as_of: date
) -> Iterator[WillInfringe]:
    """Every listing of a store that will infringe when these authorisations end."""
    assert store.id is not None
    after = 0
    while batch := products_after(session, int(store.id), after, 500):
        for product_id, listing in batch:
            if found := will_infringe(pack, listing, store, ending, as_of):
                yield WillInfringe(product_id, listing, found)
        after = batch[-1][0]
