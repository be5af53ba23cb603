"""What a store is, for the rules whose subject is the store itself."""

from __future__ import annotations

from decimal import Decimal

from engine.features.numbers import quotient
from engine.features.registry import feature
from engine.features.view import View


@feature(
    "store.group_count",
    subject="store",
    type="int",
    unit="groups",
    nullable=True,
    reads=("groups",),
    en="Number of top-level product groups",
    zh="一级产品分组数",
)
def group_count(view: View) -> int | None:
    """None when the groups are not given."""
    groups = view.store.groups if view.store else None
    return None if groups is None else len(groups)


@feature(
    "store.subgroup_max",
    subject="store",
    type="int",
    unit="groups",
    nullable=True,
    reads=("groups",),
    en="Most groups below one top-level group",
    zh="单个一级分组下的最多二级分组数",
)
def subgroup_max(view: View) -> int | None:
    """None when the groups are not given; 0 without any."""
    groups = view.store.groups if view.store else None
    return None if groups is None else max(groups.values(), default=0)


@feature(
    "store.products_share",
    subject="store",
    type="decimal",
    unit="/1",
    nullable=True,
    reads=("online_products", "auditing_products", "product_limit"),
    en="Online and auditing products as a share of what the store may have",
    zh="在售与审核中商品数占店铺商品上限的比例",
)
def products_share(view: View) -> Decimal | None:
    """None when the limit or the number online is not given."""
    store = view.store
    if store is None or store.product_limit is None or store.online_products is None:
        return None
    return quotient(store.online_products + (store.auditing_products or 0), store.product_limit)


@feature(
    "store.product_count",
    subject="store",
    type="int",
    unit="products",
    nullable=True,
    reads=("online_products", "auditing_products"),
    en="Online and auditing products",
    zh="在售与审核中商品数",
)
def product_count(view: View) -> int | None:
    """None when the number online is not given."""
    store = view.store
    return (
        None
        if store is None or store.online_products is None
        else store.online_products + (store.auditing_products or 0)
    )
