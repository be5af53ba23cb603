"""Plain sections around products: groups, templates, showcase, proposals on catalogue data, suppliers and stock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from api.problems import ProblemError
from api.resources import Change, Filter, Resource
from api.wire import Currency, IdText, Input, Line, Money, Output, refuse
from store_model import accounts
from store_model.product_groups import BadParent, LimitReached, NotOnSale, check_place, check_slot
from store_model.product_offers import (
    PROPOSAL_STATES,
    SUPPLIER_STATES,
    TEMPLATE_KINDS,
    CatalogueProposal,
    ProductTemplate,
    ShowcaseSlot,
    SourcingLink,
    StockLevel,
    Supplier,
)
from store_model.products import Product, ProductGroup

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Text = Annotated[str, Meta(min_length=1, max_length=5000, pattern=r"\S")]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
Link = Annotated[str, Meta(max_length=2000, pattern=r"^https?://\S+$")]
STAMP = {"version": 1, "updated_at": "2026-08-22T12:00:00Z"}


class ProductGroupIn(Input):
    """A group; below another one only where that stands at the top."""

    name: Line
    parent_id: IdText | None = None
    platform_id: Annotated[str, Meta(max_length=40)] | None = None
    position: Count = 0


class ProductGroupOut(Output):
    id: str
    name: str
    parent_id: str | None
    platform_id: str | None
    position: int
    version: int
    updated_at: datetime


def _check_group(change: Change) -> None:
    """The limits of the pack, at the place where the group comes to stand."""
    if change.action == "delete" or (change.action == "update" and "parent_id" not in change.values):
        return
    rules, today = change.caller.state.backoffice, change.now.date()
    moved = change.row if change.action == "update" else None
    assert change.caller.store_id is not None
    with change.session.no_autoflush:
        try:
            check_place(
                change.session,
                change.caller.store_id,
                change.row.parent_id,
                roots=rules.value("products", "root_groups", today),
                children=rules.value("products", "child_groups", today),
                moved=moved,
            )
        except BadParent:
            raise refuse(
                "/parent_id", "bad_parent", "must be a group that stands at the top itself", "应为一级分组"
            ) from None
        except LimitReached as full:
            raise limit_reached(full) from None


def limit_reached(full: LimitReached) -> ProblemError:
    """409 that names the limit."""
    names = {
        "root groups": "一级分组",
        "groups below one": "二级分组",
        "showcase slots": "橱窗位",
    }
    return ProblemError("limit_reached", limit=full.limit, what_en=full.what, what_zh=names.get(full.what, full.what))


GROUPS = Resource(
    path="groups",
    one="group",
    title=("product group", "商品分组"),
    section="products",
    model=ProductGroup,
    answer=ProductGroupOut,
    body=ProductGroupIn,
    filters={"parent_id": Filter(ProductGroup.parent_id), "at_top": Filter(ProductGroup.parent_id, op="is_null")},
    sorts={"name": ProductGroup.name, "position": ProductGroup.position},
    example={"id": "3", "name": "Towels", "parent_id": None, "platform_id": "5001", "position": 0, **STAMP},
    before_change=_check_group,
)


class ProductTemplateIn(Input):
    """A template; `content` is what its kind needs."""

    kind: Literal["logistics", "product_information", "size", "after_sales"]
    name: Line
    platform_id: Annotated[str, Meta(max_length=40)] | None = None
    is_default: bool = False
    content: dict[str, Any] = field(default_factory=dict)


class ProductTemplateOut(Output):
    id: str
    kind: str
    name: str
    platform_id: str | None
    is_default: bool
    content: dict[str, Any]
    version: int
    updated_at: datetime


TEMPLATES = Resource(
    path="product-templates",
    one="template",
    title=("product template", "商品模板"),
    section="products",
    model=ProductTemplate,
    answer=ProductTemplateOut,
    body=ProductTemplateIn,
    filters={"kind": Filter(ProductTemplate.kind, choices=TEMPLATE_KINDS)},
    sorts={"name": ProductTemplate.name},
    example={
        "id": "4",
        "kind": "logistics",
        "name": "Standard lines",
        "platform_id": "1000",
        "is_default": True,
        "content": {"lines": [{"carrier": "Standard", "countries": ["US"], "first_kg": "4.20", "currency": "USD"}]},
        **STAMP,
    },
    editable=frozenset({"name", "platform_id", "is_default", "content"}),
)


class ShowcaseSlotIn(Input):
    """A product for the showcase; from now on and for as long as the pack says, unless times are given."""

    product_id: IdText
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class ShowcaseSlotOut(Output):
    id: str
    product_id: str
    starts_at: datetime
    ends_at: datetime
    version: int
    updated_at: datetime


def _check_showcase(change: Change) -> None:
    """Only what is on sale, and no more at any moment than the store's level has slots."""
    if change.action == "delete":
        return
    slot, rules = change.row, change.caller.state.backoffice
    today = change.now.date()
    slot.starts_at = slot.starts_at or change.now
    slot.ends_at = slot.ends_at or slot.starts_at + timedelta(days=rules.value("products", "showcase_days", today))
    for name, moment in (("starts_at", slot.starts_at), ("ends_at", slot.ends_at)):
        if moment.tzinfo is None:
            raise refuse(f"/{name}", "wrong_type", "must be a time with its zone", "应为带时区的时间")
    if slot.ends_at <= slot.starts_at:
        raise refuse("/ends_at", "out_of_range", "must come after starts_at", "应晚于 starts_at")
    with change.session.no_autoflush:
        product = change.session.get_one(Product, slot.product_id)
        store = change.session.get_one(accounts.Store, change.caller.store_id)
        try:
            check_slot(
                change.session, product, start=slot.starts_at, end=slot.ends_at, quota=rules.quota(store.level, today)
            )
        except NotOnSale:
            raise refuse("/product_id", "not_on_sale", "must be on sale", "应为在售商品") from None
        except LimitReached as full:
            raise limit_reached(full) from None


SHOWCASE = Resource(
    path="showcase",
    one="slot",
    title=("showcase slot", "橱窗推荐"),
    section="products",
    model=ShowcaseSlot,
    answer=ShowcaseSlotOut,
    body=ShowcaseSlotIn,
    operations=("list", "get", "create", "delete"),
    filters={
        "product_id": Filter(ShowcaseSlot.product_id),
        "ends_after": Filter(ShowcaseSlot.ends_at, op="gt"),
        "starts_before": Filter(ShowcaseSlot.starts_at, op="lt"),
    },
    sorts={"ends_at": ShowcaseSlot.ends_at},
    example={
        "id": "5",
        "product_id": "7",
        "starts_at": "2026-08-22T12:00:00Z",
        "ends_at": "2026-08-29T12:00:00Z",
        **STAMP,
    },
    before_change=_check_showcase,
)


class CatalogueProposalIn(Input):
    """A change to data that the catalogue shares: the field, what it says now, what it should say, and why."""

    catalogue_ref: Word
    field: Word
    proposed: Text
    reason: Text
    current: Text | None = None
    product_id: IdText | None = None


class CatalogueProposalOut(Output):
    id: str
    catalogue_ref: str
    field: str
    current: str | None
    proposed: str
    reason: str
    product_id: str | None
    state: str
    proposed_by: str
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_note: str | None
    version: int
    updated_at: datetime


def _open_alone(change: Change) -> None:
    """A proposal that was reviewed stays as it is."""
    if change.action != "create" and change.row.state not in ("submitted", "in_review"):
        raise ProblemError("already_decided", state=change.row.state)


PROPOSALS = Resource(
    path="catalogue-proposals",
    one="proposal",
    title=("proposal on shared catalogue data", "商品共建提案"),
    section="products",
    model=CatalogueProposal,
    answer=CatalogueProposalOut,
    body=CatalogueProposalIn,
    filters={
        "state": Filter(CatalogueProposal.state, choices=PROPOSAL_STATES),
        "product_id": Filter(CatalogueProposal.product_id),
    },
    example={
        "id": "6",
        "catalogue_ref": "SPU-8801",
        "field": "material",
        "current": "Cotton",
        "proposed": "Turkish cotton",
        "reason": "The maker's data sheet says so.",
        "product_id": "7",
        "state": "submitted",
        "proposed_by": "user:3",
        "reviewed_by": None,
        "reviewed_at": None,
        "review_note": None,
        **STAMP,
    },
    defaults=lambda caller: {"proposed_by": caller.actor[:100], "state": "submitted"},
    before_change=_open_alone,
)


class SupplierIn(Input):
    """Whom the store buys from."""

    name: Line
    contact: Line | None = None
    url: Link | None = None
    lead_days: Annotated[int, Meta(ge=0, le=365)] | None = None
    state: Literal["active", "paused", "ended"] = "active"


class SupplierOut(Output):
    id: str
    name: str
    contact: str | None
    url: str | None
    lead_days: int | None
    state: str
    version: int
    updated_at: datetime


SUPPLIERS = Resource(
    path="suppliers",
    one="supplier",
    title=("supplier", "供应商"),
    section="products",
    model=Supplier,
    answer=SupplierOut,
    body=SupplierIn,
    filters={"state": Filter(Supplier.state, choices=SUPPLIER_STATES)},
    sorts={"name": Supplier.name},
    example={
        "id": "8",
        "name": "Mill No. 3",
        "contact": "sales desk",
        "url": "https://mill.example",
        "lead_days": 12,
        "state": "active",
        **STAMP,
    },
)


class SourcingLinkIn(Input):
    """Where a product, or one SKU of it by code, is bought, and for how much."""

    product_id: IdText
    supplier_id: IdText
    sku_code: Word | None = None
    url: Link | None = None
    cost: Money | None = None
    currency: Currency | None = None
    minimum_pieces: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None


class SourcingLinkOut(Output):
    id: str
    product_id: str
    supplier_id: str
    sku_code: str | None
    url: str | None
    cost: Money | None
    currency: str | None
    minimum_pieces: int | None
    version: int
    updated_at: datetime


def _check_cost(change: Change) -> None:
    if change.action == "delete" or change.row.cost is None:
        return
    check_money(change.row.cost, "/cost")
    if change.row.currency is None:
        raise refuse("/currency", "required", "is required beside an amount", "填写金额时必须填写币种")


def check_money(amount: Any, pointer: str) -> None:
    """422 for an amount that no column holds: four places, fourteen digits before them."""
    if not amount.is_finite() or abs(amount) >= 10**14 or amount != round(amount, 4):
        raise refuse(
            pointer,
            "out_of_range",
            "must have at most 4 decimal places and 14 digits before",
            "最多 14 位整数、4 位小数",
        )


SOURCING = Resource(
    path="sourcing-links",
    one="link",
    title=("sourcing link", "货源链接"),
    section="products",
    model=SourcingLink,
    answer=SourcingLinkOut,
    body=SourcingLinkIn,
    filters={"product_id": Filter(SourcingLink.product_id), "supplier_id": Filter(SourcingLink.supplier_id)},
    example={
        "id": "9",
        "product_id": "7",
        "supplier_id": "8",
        "sku_code": "TWL-BK",
        "url": "https://mill.example/towel",
        "cost": "3.20",
        "currency": "USD",
        "minimum_pieces": 100,
        **STAMP,
    },
    before_change=_check_cost,
)


class StockLevelIn(Input):
    """Pieces of one SKU code in one warehouse."""

    sku_code: Word
    warehouse: Word
    on_hand: Count
    reserved: Count = 0
    reorder_at: Count | None = None


class StockLevelOut(Output):
    id: str
    sku_code: str
    warehouse: str
    on_hand: int
    reserved: int
    reorder_at: int | None
    version: int
    updated_at: datetime


STOCK = Resource(
    path="stock-levels",
    one="level",
    title=("stock level", "库存"),
    section="products",
    model=StockLevel,
    answer=StockLevelOut,
    body=StockLevelIn,
    filters={
        "sku_code": Filter(StockLevel.sku_code),
        "warehouse": Filter(StockLevel.warehouse),
        "below": Filter(StockLevel.on_hand, op="lt"),
    },
    sorts={"on_hand": StockLevel.on_hand, "sku_code": StockLevel.sku_code},
    example={
        "id": "10",
        "sku_code": "TWL-BK",
        "warehouse": "Ningbo",
        "on_hand": 120,
        "reserved": 4,
        "reorder_at": 40,
        **STAMP,
    },
)

RESOURCES = (GROUPS, TEMPLATES, SHOWCASE, PROPOSALS, SUPPLIERS, SOURCING, STOCK)
