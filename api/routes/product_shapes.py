"""Products as they travel, and the list of them: filters, sorts and search."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, exists, select

from api.resources import Filter, Resource
from api.wire import Money, Output
from store_model.findings import Finding
from store_model.product_queries import search_groups, search_sku, search_words
from store_model.products import OFFLINE_REASONS, STATUSES, Product


class ProductOut(Output):
    """A product as lists show it; the whole listing is in its own answer."""

    id: str
    platform_id: str | None
    status: str
    offline_reason: str | None
    product_type: str | None
    title: str
    category_id: str | None
    price_min: Money | None
    price_max: Money | None
    currency: str | None
    sku_count: int
    stock_total: int
    logistics_template: str | None
    open_findings: int
    blocking_findings: int
    listed_on: date | None
    changed_on: date | None
    version: int
    created_at: datetime
    updated_at: datetime


class ProductMoveOut(Output):
    """A move that is open now, and the status it leads to."""

    move: str
    to: str
    title: dict[str, str]


class ProductSkuOut(Output):
    """One SKU as it is searched."""

    position: int
    platform_id: str | None
    code: str | None
    price: Money | None
    stock: int | None


class ProductDetailOut(ProductOut):
    """A product with its listing as given, its SKUs, the groups it stands in, and the moves that are open."""

    listing: dict[str, Any]
    skus: list[ProductSkuOut]
    group_ids: list[str]
    moves: list[ProductMoveOut]


class ProductCountsOut(Output):
    """Products by status; those offline by reason as well."""

    on_selling: int
    offline: int
    offline_reasons: dict[str, int]
    auditing: int
    editing_required: int
    draft: int
    all: int


def _has_findings(statement: Select[Any], wanted: bool) -> Select[Any]:
    return statement.where(Product.open_findings > 0 if wanted else Product.open_findings == 0)


def _price_from(statement: Select[Any], price: Decimal) -> Select[Any]:
    return statement.where(Product.price_max >= price)


def _price_below(statement: Select[Any], price: Decimal) -> Select[Any]:
    return statement.where(Product.price_min < price)


def _rule(statement: Select[Any], rule: str) -> Select[Any]:
    return statement.where(
        exists().where(
            Finding.entity_id == Product.entity_id,
            Finding.product_id == Product.id,
            Finding.rule == rule,
            Finding.state == "open",
        )
    )


def _supplier(statement: Select[Any], supplier_id: int) -> Select[Any]:
    from store_model.product_offers import SourcingLink

    linked = select(SourcingLink.product_id).where(SourcingLink.supplier_id == supplier_id)
    return statement.where(Product.id.in_(linked))


SAMPLE = {
    "id": "7",
    "platform_id": "1005006012345678",
    "status": "onSelling",
    "offline_reason": None,
    "product_type": "POP",
    "title": "Turkish Cotton Bath Towel 70x140cm",
    "category_id": "200000773",
    "price_min": "11.90",
    "price_max": "16.90",
    "currency": "USD",
    "sku_count": 2,
    "stock_total": 240,
    "logistics_template": "1000",
    "open_findings": 1,
    "blocking_findings": 0,
    "listed_on": "2026-08-01",
    "changed_on": "2026-08-20",
    "version": 3,
    "created_at": "2026-08-01T09:00:00Z",
    "updated_at": "2026-08-20T09:00:00Z",
}
PRODUCTS = Resource(
    path="products",
    one="product",
    title=("product", "商品"),
    section="products",
    model=Product,
    answer=ProductOut,
    operations=("list", "get"),
    filters={
        "platform_id": Filter(Product.platform_id),
        "status": Filter(Product.status, choices=STATUSES),
        "offline_reason": Filter(Product.offline_reason, choices=OFFLINE_REASONS),
        "category_id": Filter(Product.category_id),
        "sku_code": Filter(apply=search_sku, note="Those with a SKU of this code"),
        "group_id": Filter(apply=search_groups, kind=int, note="Those in this group or in one below it"),
        "price_from": Filter(apply=_price_from, kind=Decimal, note="Those with a SKU of at least this price"),
        "price_below": Filter(apply=_price_below, kind=Decimal, note="Those with a SKU below this price"),
        "has_findings": Filter(apply=_has_findings, kind=bool, note="Those with open findings, or those without"),
        "rule": Filter(apply=_rule, note="Those with an open finding of this rule"),
        "supplier_id": Filter(apply=_supplier, kind=int, note="Those that this supplier delivers"),
    },
    sorts={"title": Product.title, "open_findings": Product.open_findings, "updated_at": Product.updated_at},
    default_sort="-id",
    search=search_words,
    example=SAMPLE,
)
DETAIL = {
    **SAMPLE,
    "listing": {"id": "1005006012345678", "title": "Turkish Cotton Bath Towel 70x140cm", "currency": "USD"},
    "skus": [{"position": 0, "platform_id": "14:193", "code": "TWL-BK", "price": "11.90", "stock": 120}],
    "group_ids": ["3"],
    "moves": [{"move": "offline", "to": "offline", "title": {"en": "take off sale", "zh": "下架"}}],
}
COUNTS = {
    "on_selling": 120,
    "offline": 14,
    "offline_reasons": {"expire_offline": 9, "user_offline": 5},
    "auditing": 2,
    "editing_required": 1,
    "draft": 8,
    "all": 145,
}
