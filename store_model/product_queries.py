"""Lists, counts and search of products. Every query begins with tenant and store, and is read by an index."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from store_model.findings import Finding
from store_model.products import Product, ProductGroup, ProductGroupMember, ProductSku

GONE = ("deleted", "service_delete")
ESCAPE = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; None asks nothing. `words` must all stand in the title, in any order and case."""

    words: tuple[str, ...] = ()
    id: int | None = None
    platform_id: str | None = None
    sku_code: str | None = None
    group_id: int | None = None
    category_id: str | None = None
    status: str | None = None
    offline_reason: str | None = None
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    has_findings: bool | None = None
    rule: str | None = None
    gone: bool = False


def search(store_id: int, wanted: Search, *, after: int | None, limit: int) -> Select[tuple[Product]]:
    """The query of one page: newest first, products with a smaller id than `after`. Upper price bounds are exclusive.

    The session adds the tenant; without one the query would be refused.
    """
    query = select(Product).where(Product.store_id == store_id, *_conditions(store_id, wanted))
    if after is not None:
        query = query.where(Product.id < after)
    return query.order_by(Product.id.desc()).limit(limit)


def _conditions(store_id: int, wanted: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Product.id, wanted.id),
        (Product.platform_id, wanted.platform_id),
        (Product.category_id, wanted.category_id),
        (Product.status, wanted.status),
        (Product.offline_reason, wanted.offline_reason),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.status is None and not wanted.gone:
        found.append(Product.status.not_in(GONE))
    found += [Product.title.ilike(f"%{_escaped(word)}%", escape=ESCAPE) for word in wanted.words]
    if wanted.price_from is not None:
        found.append(Product.price_max >= wanted.price_from)
    if wanted.price_to is not None:
        found.append(Product.price_min < wanted.price_to)
    if wanted.has_findings is not None:
        found.append(Product.open_findings > 0 if wanted.has_findings else Product.open_findings == 0)
    if wanted.sku_code is not None:
        found.append(
            Product.id.in_(
                select(ProductSku.product_id).where(
                    ProductSku.entity_id == Product.entity_id,
                    ProductSku.store_id == store_id,
                    ProductSku.code == wanted.sku_code,
                )
            )
        )
    if wanted.group_id is not None:
        found.append(_in_group(wanted.group_id))
    if wanted.rule is not None:
        found.append(
            exists().where(
                Finding.entity_id == Product.entity_id,
                Finding.product_id == Product.id,
                Finding.rule == wanted.rule,
                Finding.state == "open",
            )
        )
    return found


def _in_group(group_id: int) -> ColumnElement[bool]:
    """In the group or in one below it."""
    below = select(ProductGroup.id).where(or_(ProductGroup.id == group_id, ProductGroup.parent_id == group_id))
    return exists().where(
        and_(
            ProductGroupMember.entity_id == Product.entity_id,
            ProductGroupMember.product_id == Product.id,
            ProductGroupMember.group_id.in_(below),
        )
    )


def _escaped(word: str) -> str:
    for character in (ESCAPE, "%", "_"):
        word = word.replace(character, ESCAPE + character)
    return word


def counts_by_status(session: Session, store_id: int) -> dict[str, Any]:
    """How many products stand in each status, those offline by reason as well; deleted ones are not counted."""
    rows = session.execute(
        select(Product.status, Product.offline_reason, func.count())
        .where(Product.store_id == store_id, Product.status.not_in(GONE))
        .group_by(Product.status, Product.offline_reason)
    ).all()
    by_status: dict[str, int] = dict.fromkeys(("onSelling", "offline", "auditing", "editingRequired", "draft"), 0)
    reasons: dict[str, int] = {}
    for status, reason, number in rows:
        by_status[status] = by_status.get(status, 0) + number
        if status == "offline":
            reasons[reason or "unknown"] = reasons.get(reason or "unknown", 0) + number
    return {
        "on_selling": by_status["onSelling"],
        "offline": by_status["offline"],
        "offline_reasons": dict(sorted(reasons.items())),
        "auditing": by_status["auditing"],
        "editing_required": by_status["editingRequired"],
        "draft": by_status["draft"],
        "all": sum(by_status.values()),
    }
