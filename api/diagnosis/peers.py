"""What each product of a store is compared with: its neighbours among the others, read when they are needed."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.duplicates.neighbours import Neighbours, keys_of
from engine.facts import Listing
from engine.intake import arrow
from store_model.product_content import listing_of
from store_model.products import Product, ProductContent

BATCH = 500


class StorePeers:
    """The neighbours of the products of one store."""

    def __init__(self, index: Neighbours) -> None:
        self.index = index

    @classmethod
    def of_store(cls, session: Session, store_id: int, statuses: Sequence[str]) -> StorePeers:
        """The index over all products of a store, read in passing: no listing is kept."""
        rows = session.execute(
            select(Product, ProductContent)
            .join(ProductContent, ProductContent.product_id == Product.id)
            .where(Product.store_id == store_id, Product.status.in_(statuses))
            .order_by(Product.id)
            .execution_options(yield_per=BATCH)
        )
        return cls(Neighbours.of_listings((product.id, listing_of(product, content)) for product, content in rows))

    def of(self, session: Session, pairs: Sequence[tuple[int, Listing]]) -> tuple[tuple[int, bytes], ...]:
        """Row → the neighbours of its product as an Arrow stream, for every row (an empty one: compared with none)."""
        wanted = [self.index.of_number(number, keys_of(listing)) for number, listing in pairs]
        known = dict(pairs)
        missing = sorted({other for others in wanted for other in others} - set(known))
        known |= listings_by_id(session, missing)
        return tuple(
            (row, _stream([known[other] for other in others if other in known])) for row, others in enumerate(wanted)
        )


def listings_by_id(session: Session, ids: Sequence[int]) -> dict[int, Listing]:
    """The facts of some products."""
    found: dict[int, Listing] = {}
    for start in range(0, len(ids), BATCH):
        rows = session.execute(
            select(Product, ProductContent)
            .join(ProductContent, ProductContent.product_id == Product.id)
            .where(Product.id.in_(ids[start : start + BATCH]))
        )
        found.update((product.id, listing_of(product, content)) for product, content in rows)
    return found


def _stream(listings: Sequence[Listing]) -> bytes:
    if not listings:
        return b""
    batch = arrow.write(listings)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
