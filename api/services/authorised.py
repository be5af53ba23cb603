"""A store's authorisations, remembered for some seconds for its pre-checks; and what will infringe when one ends."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.callers import Caller
from api.services.penalties import place_of
from engine import Pack
from engine.evaluate.finding import Finding
from engine.facts import Listing, MarkAuthorisation, Store
from store_model import product_content
from store_model.authorisations import authorisations_of
from store_model.bulk import Place
from store_model.products import Product, ProductContent

MOST = 1000
LIVE = ("onSelling", "auditing", "offline")
"""Rights holders and the platform look at listings that are offline too (R2)."""


def with_authorisations(store: Store | None, own: tuple[MarkAuthorisation, ...] | None) -> Store | None:
    """What is known of the store, with the authorisations that it keeps; what the caller says himself comes first."""
    if own is None or (store is not None and store.authorisations is not None):
        return store
    return msgspec.structs.replace(store or Store(), authorisations=own)


class AuthorisationDesk:
    """`of` answers from memory for `seconds`; days are compared by the check itself, so none lapses late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: OrderedDict[Place, tuple[float, tuple[MarkAuthorisation, ...] | None]] = OrderedDict()
        self._lock = threading.Lock()

    async def of(self, caller: Caller) -> tuple[MarkAuthorisation, ...] | None:
        """The approved authorisations of the caller's store; None when it keeps none."""
        place = place_of(caller)
        with self._lock:
            known = self._known.get(place)
        if known is not None and monotonic() < known[0]:
            return known[1]
        found = await caller.run(lambda session: authorisations_of(session, place.store_id), read_only=True)
        with self._lock:
            self._known[place] = (monotonic() + self._seconds, found)
            self._known.move_to_end(place)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found


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
