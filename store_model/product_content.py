"""Listing ↔ rows: the one place that writes `product`, `product_content` and `sku`, and the way back to the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.facts import Listing, Sku
from engine.intake.values import clean
from store_model.products import Product, ProductContent, ProductGroup, ProductGroupMember, ProductSku, folded

STORED_ELSEWHERE = ("status", "offline_reason", "store_id", "previous", "orders_30d")
"""What the store knows better than the listing that was given, or what changes without the listing changing."""

MOST_MONEY = Decimal(10) ** 14
MOST_STOCK = 2**62
STEP = Decimal("0.0001")
NUL = rb"\u0000"
"""How JSON writes a character that is cleaned away."""


def document(listing: Listing) -> dict[str, Any]:
    """The listing as it is stored: plain JSON values; status, reason and store are columns of their own."""
    bare = msgspec.structs.replace(
        listing, status=None, offline_reason=None, store_id=None, previous=None, orders_30d=None
    )
    found: dict[str, Any] = msgspec.to_builtins(bare)
    return found


def digest(stored: Mapping[str, Any]) -> str:
    """SHA-256 of a stored document; equal documents have equal digests whatever the order of their keys."""
    try:
        text = msgspec.json.encode(stored, order="sorted")
    except UnicodeEncodeError:
        text = NUL
    if NUL in text:  # perhaps: the text may spell it out
        text = msgspec.json.encode(_clean(stored), order="sorted")
    return hashlib.sha256(text).hexdigest()


def product_columns(listing: Listing) -> dict[str, Any]:
    """What `product` shows of a listing, for search and lists. What no column can hold is None there."""
    prices = [price for price in (_money(_asked(sku)) for sku in listing.skus) if price is not None]
    if not prices and (price := _money(listing.price)) is not None:
        prices = [price]
    stock = sum(min(sku.stock, MOST_STOCK) for sku in listing.skus if sku.stock is not None and sku.stock > 0)
    title = _text(listing.title or next(iter(listing.titles.values()), ""))
    return {
        "product_type": _short(listing.product_type, 20),
        "title": title,
        "title_folded": folded(title),
        "category_id": _short(listing.category_id, 64),
        "price_min": min(prices, default=None),
        "price_max": max(prices, default=None),
        "currency": _currency(listing.currency),
        "sku_count": len(listing.skus),
        "stock_total": min(stock, MOST_STOCK),
        "logistics_template": _short(listing.freight_template_id, 40),
        "listed_on": listing.created,
        "changed_on": listing.modified,
    }


def sku_columns(listing: Listing) -> list[dict[str, Any]]:
    """What `sku` shows of each SKU, in order."""
    return [
        {
            "position": position,
            "platform_id": _text(sku.id) if sku.id is not None else None,
            "code": _text(sku.code) if sku.code is not None else None,
            "price": _money(sku.price),
            "stock": sku.stock if sku.stock is not None and abs(sku.stock) <= MOST_STOCK else None,
        }
        for position, sku in enumerate(listing.skus)
    ]


def write(session: Session, product: Product, listing: Listing) -> bool:
    """Make a product hold this listing; False when it did already. `product` may be new; flushes."""
    stored = document(listing)
    fresh = digest(stored)
    if product.digest == fresh:
        return False
    for name, value in product_columns(listing).items():
        setattr(product, name, value)
    product.digest = fresh
    session.add(product)
    session.flush()
    own = {"entity_id": product.entity_id, "store_id": product.store_id, "product_id": product.id}
    content = session.scalar(select(ProductContent).where(ProductContent.product_id == product.id))
    if content is None:
        session.add(ProductContent(**own, listing=stored))
    else:
        content.listing = stored
    session.execute(delete(ProductSku).where(ProductSku.product_id == product.id))
    session.add_all(ProductSku(**own, **columns) for columns in sku_columns(listing))
    session.flush()
    return True


def listing_of(product: Product, content: ProductContent, groups: Sequence[str] | None = None) -> Listing:
    """The facts of a stored product. `groups`: the groups it stands in; None: as the listing was given."""
    listing = msgspec.convert(content.listing, Listing)
    known: dict[str, Any] = {
        "id": listing.id or product.platform_id or f"product-{product.id}",
        "store_id": str(product.store_id),
        "status": product.status,
        "offline_reason": product.offline_reason,
    }
    if groups:
        known["groups"] = tuple(groups)
    return msgspec.structs.replace(listing, **known)


def listing_by_id(session: Session, product_id: int) -> Listing | None:
    """The facts of one product with its groups by name; None where there is none."""
    found = session.execute(
        select(Product, ProductContent)
        .join(ProductContent, ProductContent.product_id == Product.id)
        .where(Product.id == product_id)
    ).one_or_none()
    if found is None:
        return None
    names = session.scalars(
        select(ProductGroup.name)
        .join(ProductGroupMember, ProductGroupMember.group_id == ProductGroup.id)
        .where(ProductGroupMember.product_id == product_id)
        .order_by(ProductGroup.id)
    ).all()
    return listing_of(found[0], found[1], names)


def _asked(sku: Sku) -> Decimal | None:
    return sku.discount_price if sku.discount_price is not None else sku.price


def _money(value: Decimal | None) -> Decimal | None:
    try:
        if value is None or not value.is_finite() or abs(value) >= MOST_MONEY:
            return None
        return value.quantize(STEP)
    except InvalidOperation:
        return None


def _text(value: str) -> str:
    return clean(value)[0]


def _currency(given: str | None) -> str | None:
    """An ISO 4217 code as the column holds it; what is none stands in the listing alone, where the rules see it."""
    code = (given or "").strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def _short(value: str | None, length: int) -> str | None:
    return None if value is None else _text(value)[:length]


def _clean(value: Any) -> Any:
    """Text that UTF-8 can say, throughout."""
    if isinstance(value, str):
        return value if value.isascii() else _text(value)
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
