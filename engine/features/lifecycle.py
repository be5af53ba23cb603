"""Where a listing stands: status, edits of what is in the store, days, groups, quotas and certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import InvalidOperation
from operator import attrgetter

from engine.facts import Attribute, Listing
from engine.features.category_of import category
from engine.features.countries import EU, country_codes
from engine.features.registry import feature
from engine.features.value_words import IDENTITY, OFFLINE_REASONS
from engine.features.view import View, derived
from engine.findings import Location

IDENTITY_ATTRIBUTES = {
    "brand": ("brand", "brand name", "品牌", "品牌名称"),
    "model": ("model", "model number", "model name", "型号"),
    "material": ("material", "main material", "材质", "主要材质"),
    "function": ("function", "功能"),
    "configuration": ("capacity", "memory", "storage capacity", "ram", "rom", "configuration", "内存", "容量", "配置"),
}
"""What makes a product this product (R3 更换产品), with the names that attributes have for it."""

_IDENTITY = {name: kind for kind, names in IDENTITY_ATTRIBUTES.items() for name in names}
_CONTENT = tuple(
    name
    for name in Listing.__struct_fields__
    if name
    not in {
        "created",
        "id",
        "last_sold",
        "marketplace",
        "modified",
        "offline_reason",
        "orders_30d",
        "previous",
        "status",
        "store_id",
        "valid_days",
    }
)
"""The fields a buyer or the platform judges a listing by; status, days and sales are none."""
_contents = attrgetter(*_CONTENT)


@feature("listing.status", type="str", nullable=True, reads=("status",), en="Status of the listing", zh="商品状态")
def listing_status(view: View) -> str | None:
    """onSelling, offline, auditing, editingRequired, draft …; None when not given."""
    return view.listing.status


@feature(
    "listing.offline_reason",
    type="str",
    nullable=True,
    reads=("offline_reason",),
    en="Why it is offline",
    zh="下架原因",
    words=OFFLINE_REASONS,
)
def listing_offline_reason(view: View) -> str | None:
    """ws_display."""
    return view.listing.offline_reason


@feature(
    "listing.handling_days",
    type="int",
    nullable=True,
    reads=("handling_days",),
    en="Handling time",
    zh="备货期",
    unit="days",
)
def listing_handling_days(view: View) -> int | None:
    """delivery_time."""
    return view.listing.handling_days


@feature(
    "listing.valid_days", type="int", nullable=True, reads=("valid_days",), en="Valid days", zh="有效天数", unit="days"
)
def listing_valid_days(view: View) -> int | None:
    """ws_valid_num."""
    return view.listing.valid_days


@feature("listing.stock_rule", type="str", nullable=True, reads=("stock_rule",), en="Stock rule", zh="库存扣减策略")
def listing_stock_rule(view: View) -> str | None:
    """reduce_strategy."""
    return view.listing.stock_rule


@feature("listing.keyword_count", type="int", reads=("keywords",), en="Keyword fields filled", zh="已填写的关键词个数")
def listing_keyword_count(view: View) -> int:
    """How many keywords the listing has."""
    return len(view.listing.keywords)


@feature(
    "listing.days_since_modified",
    type="int",
    nullable=True,
    reads=("modified", "created"),
    en="Days since the last edit",
    zh="距上次修改天数",
    unit="days",
)
def listing_days_since_modified(view: View) -> int | None:
    """Days from the last edit, or from the first release; None when neither day is known."""
    return _days_since(view, view.listing.modified or view.listing.created)


@feature(
    "listing.days_without_sale",
    type="int",
    nullable=True,
    reads=("last_sold", "created"),
    en="Days since the last sale",
    zh="距上次成交天数",
    unit="days",
)
def listing_days_without_sale(view: View) -> int | None:
    """Days from the last sale, or from the first release when nothing was sold; None when neither day is known."""
    return _days_since(view, view.listing.last_sold or view.listing.created)


def _days_since(view: View, day: date | None) -> int | None:
    return None if day is None else (view.as_of - day).days


# --- edits ------------------------------------------------------------------------------------------------------------


@feature(
    "edit.is_edit",
    type="bool",
    nullable=True,
    reads=("previous",),
    en="This changes a listing that is in the store",
    zh="是否为修改已有商品",
)
def edit_is_edit(view: View) -> bool | None:
    """True with `previous`, False for a draft without an id, None for a published listing whose state is not given."""
    if view.listing.previous is not None:
        return True
    return False if view.listing.id is None else None


@feature(
    "edit.changed_fields",
    type="list[str]",
    reads=("previous",),
    en="What buyers see and the edit changes",
    zh="修改涉及的商品信息字段",
    locate=lambda view, value: [Location(f"/{name}") for name in value],
)
def edit_changed_fields(view: View) -> list[str]:
    """Names of the fields that differ from before, of those that `previous` states; empty when this is no edit."""
    listing, previous = view.listing, view.listing.previous
    if previous is None:
        return []
    return [
        name
        for name, now, before in zip(_CONTENT, _contents(listing), _contents(previous), strict=True)
        if before is not None and now is not before and before not in ((), {}) and _differ(now, before)
    ]


def _differ(now: object, before: object) -> bool:
    try:
        return now != before
    except InvalidOperation:  # a price that is a signalling NaN compares with nothing
        return repr(now) != repr(before)


@feature(
    "edit.previous_offline_reason",
    type="str",
    nullable=True,
    reads=("previous", "offline_reason"),
    en="Why the listing was offline before the edit",
    zh="修改前的下架原因",
    words=OFFLINE_REASONS,
)
def edit_previous_offline_reason(view: View) -> str | None:
    """The reason of the previous state, else of this one; None when it was not offline or nobody said."""
    previous = view.listing.previous
    return (previous.offline_reason if previous is not None else None) or view.listing.offline_reason


@derived
def _changes(view: View) -> list[tuple[str, str]]:
    """What of the product's identity differs from before, each with its pointer. Only what both sides state."""
    listing, previous = view.listing, view.listing.previous
    if previous is None:
        return []
    found = []
    if None not in (listing.category_id, previous.category_id) and listing.category_id != previous.category_id:
        found.append(("category", "/category_id"))
    before = _identity(previous.attributes)
    for kind, (index, values) in _identity(listing.attributes).items():
        if kind in before and values.isdisjoint(before[kind][1]):
            found.append((kind, f"/attributes/{index}"))
    return found


def _identity(attributes: Sequence[Attribute]) -> dict[str, tuple[int, set[str]]]:
    """Kind of identity → place of its first attribute and all its values, lower case."""
    found: dict[str, tuple[int, set[str]]] = {}
    for index, attribute in enumerate(attributes):
        kind = _IDENTITY.get(attribute.name.strip().lower())
        if kind is not None and attribute.value and attribute.value.strip():
            found.setdefault(kind, (index, set()))[1].add(attribute.value.strip().lower())
    return found


@feature(
    "edit.changed_identity",
    type="list[str]",
    nullable=True,
    reads=("previous", "category_id", "attributes"),
    en="Which of category, brand, model, material, function, configuration the edit changes",
    zh="修改涉及的关键信息：类目、品牌、型号、材质、功能、配置",
    locate=lambda view, value: [Location(pointer) for _, pointer in _changes(view)],
    words=IDENTITY,
)
def edit_changed_identity(view: View) -> list[str] | None:
    """Empty when nothing of it changes or this is a new draft; None when what stands in the store is not known."""
    if view.listing.previous is None and view.listing.id is not None:
        return None
    return [kind for kind, _ in _changes(view)]


@feature(
    "edit.title_similarity",
    type="decimal",
    nullable=True,
    reads=("title", "previous"),
    en="How like the new title is to the old one",
    zh="新旧标题相似度",
    unit="of 100",
    locate=lambda view, value: [Location("/title")],
)
def edit_title_similarity(view: View) -> int | None:
    """Share of common words, 0 to 100 (token set ratio); None unless both titles are known."""
    previous = view.listing.previous
    if previous is None or not previous.title or not view.title:
        return None
    from rapidfuzz import fuzz

    return round(fuzz.token_set_ratio(view.title.lower(), previous.title.lower()))


# --- groups and quotas ------------------------------------------------------------------------------------------------


@feature(
    "store.free_slots",
    type="int",
    nullable=True,
    reads=("id",),
    beside=("store.product_limit", "store.online_products", "store.auditing_products"),
    en="Listings the store may still publish",
    zh="店铺剩余可发布商品数",
)
def store_free_slots(view: View) -> int | None:
    """Limit less online and auditing listings; None when limit or online number is not known."""
    store = view.store
    if store is None or store.product_limit is None or store.online_products is None:
        return None
    return store.product_limit - store.online_products - (store.auditing_products or 0)


@feature(
    "store.products_in_category",
    type="int",
    nullable=True,
    reads=("category_id",),
    beside=("store.category_counts",),
    en="Online listings of the store in this category",
    zh="店铺在该类目的在线商品数",
)
def store_products_in_category(view: View) -> int | None:
    """None when the store's counts or the category are not known."""
    counts = view.store.category_counts if view.store else None
    if counts is None:
        return None
    known = category(view)
    return None if known is None else counts.get(known.id, 0)


@feature(
    "listing.takes_a_slot",
    type="bool",
    reads=("id", "status"),
    en="Publishing it adds to the store's listings",
    zh="发布后会增加在线商品数",
)
def listing_takes_a_slot(view: View) -> bool:
    """A draft or a new listing does; one with an id that is on sale or in audit is counted already."""
    return view.listing.id is None or view.listing.status not in {"onSelling", "auditing"}


# --- certificates -----------------------------------------------------------------------------------------------------


@derived
def _qualification(view: View) -> str | None:
    """What papers the category asks for, in English; empty when none; None when the category is not known."""
    known = category(view)
    if known is None:
        return None
    asked = known.qualification
    if not asked or type(asked) is str:
        return asked or ""
    return str(asked.get("en", "")) if isinstance(asked, Mapping) else asked


@feature(
    "qualification.required",
    type="str",
    nullable=True,
    reads=("category_id", "category_path"),
    en="Papers the category asks for, empty when none",
    zh="类目要求的资质说明，无要求时为空",
    locate=lambda view, value: [Location("/qualifications")],
)
def qualification_required(view: View) -> str | None:
    """None when the category is not known."""
    return _qualification(view)


@feature(
    "qualification.given_count",
    type="int",
    reads=("qualifications",),
    en="Qualifications that are filled in",
    zh="已提交的资质数量",
    locate=lambda view, value: [Location("/qualifications")],
)
def qualification_given_count(view: View) -> int:
    """Which paper it is, the platform judges; here any filled one counts."""
    count = 0
    for item in view.listing.qualifications:
        if item.value and item.value.strip():
            count += 1
    return count


@feature(
    "qualification.lacks_eu_responsible",
    type="bool",
    nullable=True,
    reads=("eu_responsible_id", "category_id", "category_path", "deliverable_countries"),
    en="The category asks for an EU responsible person, the goods can be sent to the EU and none is named",
    zh="类目要求欧盟责任人且可发往欧盟，但未填写",
    locate=lambda view, value: [Location("/eu_responsible_id")],
)
def qualification_lacks_eu_responsible(view: View) -> bool | None:
    """None when the category, or the countries such goods can be sent to, are not known."""
    if (view.listing.eu_responsible_id or "").strip():
        return False
    asked, countries = _qualification(view), view.listing.deliverable_countries
    if asked is not None and "eu responsible person" not in asked.lower():
        return False
    if asked is None or countries is None:
        return None
    return not EU.isdisjoint(country_codes(countries))
