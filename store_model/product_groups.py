"""Groups and showcase: the rules that keep both within what the platform allows. The limits are given, never known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import StorewardenError
from store_model.product_offers import ShowcaseSlot
from store_model.products import Product, ProductGroup, ProductGroupMember


class LimitReached(StorewardenError):
    """One more would be more than `limit` of `what`."""

    code = "limit_reached"

    def __init__(self, what: str, limit: int) -> None:
        self.what, self.limit = what, limit
        super().__init__(f"at most {limit} {what}")


class BadParent(StorewardenError):
    """A group stands below a root group of the same store, never deeper, and never below itself."""

    code = "bad_parent"


class NotOnSale(StorewardenError):
    """Only a product on sale goes into the showcase."""

    code = "not_on_sale"


def check_place(
    session: Session, store_id: int, parent_id: int | None, *, roots: int, children: int, moved: ProductGroup | None
) -> None:
    """Whether a group may stand below `parent_id` (None: at the top). `moved` is one that stands elsewhere now.

    BadParent, or LimitReached when the place is full.
    """
    if parent_id is not None:
        parent = session.scalar(
            select(ProductGroup).where(ProductGroup.id == parent_id, ProductGroup.store_id == store_id)
        )
        if parent is None or parent.parent_id is not None or (moved is not None and moved.id == parent_id):
            raise BadParent(str(parent_id))
        if moved is not None and session.scalar(select(ProductGroup.id).where(ProductGroup.parent_id == moved.id)):
            raise BadParent(str(parent_id))
    beside = select(func.count()).where(
        ProductGroup.store_id == store_id,
        ProductGroup.parent_id.is_(None) if parent_id is None else ProductGroup.parent_id == parent_id,
    )
    if moved is not None:
        beside = beside.where(ProductGroup.id != moved.id)
    limit = roots if parent_id is None else children
    if (session.scalar(beside) or 0) >= limit:
        raise LimitReached("root groups" if parent_id is None else "groups below one", limit)


def set_members(session: Session, group: ProductGroup, product_ids: Iterable[int]) -> list[int]:
    """Make these products the members of a group; those of another store, or that do not exist, are given back."""
    wanted = sorted(set(product_ids))
    known = set(
        session.scalars(select(Product.id).where(Product.store_id == group.store_id, Product.id.in_(wanted))).all()
    )
    missing = [one for one in wanted if one not in known]
    if missing:
        return missing
    members = session.scalars(select(ProductGroupMember).where(ProductGroupMember.group_id == group.id)).all()
    for member in members:
        if member.product_id not in known:
            session.delete(member)
    there = {member.product_id for member in members}
    session.add_all(
        ProductGroupMember(entity_id=group.entity_id, store_id=group.store_id, group_id=group.id, product_id=one)
        for one in wanted
        if one not in there
    )
    session.flush()
    return []


def groups_by_root(session: Session, store_id: int) -> dict[str, int]:
    """Root group → number of groups below it, as the engine's facts of a store have it."""
    groups = session.scalars(select(ProductGroup).where(ProductGroup.store_id == store_id)).all()
    names = {group.id: group.name for group in groups if group.parent_id is None}
    found = dict.fromkeys(names.values(), 0)
    for group in groups:
        if group.parent_id in names:
            found[names[group.parent_id]] += 1
    return found


def slots_in_use(session: Session, store_id: int, *, start: datetime, end: datetime) -> int:
    """The most slots that are in use at one moment of [start, end)."""
    rows = session.execute(
        select(ShowcaseSlot.starts_at, ShowcaseSlot.ends_at).where(
            ShowcaseSlot.store_id == store_id, ShowcaseSlot.ends_at > start, ShowcaseSlot.starts_at < end
        )
    ).all()
    changes = sorted([(max(begun, start), 1) for begun, _ in rows] + [(ended, -1) for _, ended in rows])
    most = now = 0
    for _, step in changes:  # a slot that ends makes room for one that begins at the same moment
        now += step
        most = max(most, now)
    return most


def check_slot(session: Session, product: Product, *, start: datetime, end: datetime, quota: int) -> None:
    """Whether the product may take a slot. NotOnSale, or LimitReached when all are in use at some moment."""
    if product.status != "onSelling":
        raise NotOnSale(product.status)
    if slots_in_use(session, product.store_id, start=start, end=end) >= quota:
        raise LimitReached("showcase slots", quota)
