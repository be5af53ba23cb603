"""Lists, counts and search of products. Every query begins with tenant and store, and is read by an index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from store_model.products import Product, ProductGroup, ProductGroupMember, ProductSku, folded

GONE = ("deleted", "service_delete")


def search_words(statement: Select[Any], words: str) -> Select[Any]:
    """Products whose title holds each of the words, in any order, case and width.

    The titles are read from the index that holds them, newest first, as far as the page needs: a sixth of the bytes of
    the rows, and no case to fold.
    """
    read = aliased(Product)
    held = (read.title_folded.contains(word, autoescape=True) for word in folded(words).split())
    return statement.where(Product.id.in_(select(read.id).where(*held)))


def search_sku(statement: Select[Any], code: str) -> Select[Any]:
    """Products with a SKU of exactly this code."""
    return statement.where(Product.id.in_(select(ProductSku.product_id).where(ProductSku.code == code)))


def search_groups(statement: Select[Any], group_id: int) -> Select[Any]:
    """Products in a group or in one below it."""
    below = select(ProductGroup.id).where(or_(ProductGroup.id == group_id, ProductGroup.parent_id == group_id))
    return statement.where(
        exists().where(
            and_(
                ProductGroupMember.entity_id == Product.entity_id,
                ProductGroupMember.product_id == Product.id,
                ProductGroupMember.group_id.in_(below),
            )
        )
    )


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
