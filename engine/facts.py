"""What a rule may look at: typed, frozen facts.

The field names are those of our own JSON draft, so a draft is `msgspec.json.decode(data, type=Listing)`. Every field
may be missing: `None` (or an empty tuple) means "not given", and a rule that needs it reports `not_checked`.
Money is `Decimal` in the listing's currency; platform ids are strings; lengths are cm, weights kg, times days.
Values are kept as given, however wrong: a negative price is a finding, not a crash.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

FrozenText = dict[str, str]


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of all facts: immutable, compared by value, unknown fields refused."""


class Attribute(Fact, frozen=True, kw_only=True):
    """One product attribute (系统属性 or, with `custom`, 自定义属性)."""

    name: str
    value: str | None = None
    name_id: str | None = None
    value_id: str | None = None
    unit: str | None = None
    custom: bool = False


class SkuProperty(Fact, frozen=True, kw_only=True):
    """One SKU dimension: `name` Color, `value` the platform's value, `label` the seller's own wording of it."""

    name: str
    value: str | None = None
    label: str | None = None
    name_id: str | None = None
    value_id: str | None = None
    image: str | None = None


class Sku(Fact, frozen=True, kw_only=True):
    id: str | None = None
    code: str | None = None
    price: Decimal | None = None
    discount_price: Decimal | None = None
    stock: int | None = None
    properties: tuple[SkuProperty, ...] = ()
    barcode: str | None = None
    weight: Decimal | None = None
    ship_from: str | None = None


class Image(Fact, frozen=True, kw_only=True):
    """A picture; `kind` is main, marketing_long, marketing_square, white_background, sku or description.

    `width`, `height` in pixels, `size` in bytes, `product_area` the goods' share of the picture (0..1). What is not
    known stays None: the engine opens no URL, and no picture unless `engine.pictures` is asked to; that fills in what
    stands from `is_readable` on. Shares are 0..1, `phash` is 64 bits in hexadecimal.
    """

    url: str | None = None
    kind: str = "main"
    width: int | None = None
    height: int | None = None
    format: str | None = None
    size: int | None = None
    product_area: Decimal | None = None
    is_readable: bool | None = None
    main_colour: Decimal | None = None  # share of the commonest colour
    two_colours: Decimal | None = None  # of the two commonest
    frame: Decimal | None = None  # thickness of an even frame that is not white
    panels: int | None = None
    phash: str | None = None


class Package(Fact, frozen=True, kw_only=True):
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    weight: Decimal | None = None


class Wholesale(Fact, frozen=True, kw_only=True):
    """`minimum` pieces (bulk_order) for `discount` percent off (bulk_discount)."""

    minimum: int | None = None
    discount: int | None = None


class Freight(Fact, frozen=True, kw_only=True):
    """What one piece costs to send to `country` (ISO 3166-1 alpha-2), in the listing's currency."""

    country: str
    amount: Decimal | None = None
    method: str | None = None


class CountryPrice(Fact, frozen=True, kw_only=True):
    """A price for one country: `kind` absolute, percentage or relative, for the SKU `sku_id` or for all."""

    country: str
    value: Decimal | None = None
    kind: str = "absolute"
    sku_id: str | None = None


class Qualification(Fact, frozen=True, kw_only=True):
    key: str
    value: str | None = None


class Listing(Fact, frozen=True, kw_only=True):
    """A published listing or a draft of one."""

    id: str | None = None
    store_id: str | None = None
    marketplace: str | None = None
    status: str | None = None  # onSelling, offline, auditing, editingRequired, draft
    offline_reason: str | None = None  # ws_display
    product_type: str | None = None  # POP, POP_CHOICE
    locale: str | None = None  # language of title and description, "en" when not given
    title: str | None = None
    titles: FrozenText = {}  # other locales
    category_id: str | None = None
    category_path: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    skus: tuple[Sku, ...] = ()
    price: Decimal | None = None
    currency: str | None = None
    images: tuple[Image, ...] = ()
    videos: tuple[str, ...] = ()
    description: str | None = None  # HTML
    mobile_description: str | None = None
    descriptions: FrozenText = {}  # other locales
    keywords: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()  # names or ids of product groups
    package: Package | None = None
    selling_unit: str | None = None  # piece, pair, set, lot …
    pieces_per_lot: int | None = None  # 1 when not sold by lot
    wholesale: Wholesale | None = None
    handling_days: int | None = None
    valid_days: int | None = None
    freight_template_id: str | None = None
    freight: tuple[Freight, ...] = ()
    deliverable_countries: tuple[str, ...] | None = None
    country_prices: tuple[CountryPrice, ...] = ()
    qualifications: tuple[Qualification, ...] = ()
    eu_responsible_id: str | None = None
    stock_rule: str | None = None  # place_order_withhold, payment_success_deduct
    created: date | None = None
    modified: date | None = None
    last_sold: date | None = None
    orders_30d: int | None = None
    previous: Listing | None = None  # what stands in the store now, when this is an edit


class MarkAuthorisation(Fact, frozen=True, kw_only=True):
    """The owner of `mark` lets the store sell it, from `valid_from` through the last day `valid_until` (None: no end).

    `territories` (ISO 3166-1 alpha-2) and `categories` (ids of ours or of the platform, with all below them) that are
    empty mean everywhere and everything.
    """

    mark: str
    valid_from: date
    id: str | None = None
    owner: str | None = None
    valid_until: date | None = None
    territories: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Mark(Fact, frozen=True, kw_only=True):
    """One mark. `names` are all its spellings in any script, the first is the one shown.

    `classes`: Nice classes (empty: not known). `territories`: ISO 3166-1 alpha-2, empty means everywhere. It is in
    force from `since` until and with `until`, where these are known. `patterns` tells of designs that need no word.
    `categories`: ids of ours for whose goods (and those below) it is registered, told instead of classes. `risk`: how
    hard its owner pursues, as far as it is known.
    """

    names: tuple[str, ...]
    owner: str
    classes: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    tier: str = "protected"
    status: str = "registered"
    since: date | None = None
    until: date | None = None
    risk: str = ""
    patterns: str = ""
    source: str = ""

    def in_force(self, day: date) -> bool:
        """Whether it is a registered mark on a day."""
        return (
            self.status == "registered"
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
        )


class ProtectedPicture(Fact, frozen=True, kw_only=True):
    """A picture that others may not use: its perceptual hash (64 bits in hexadecimal) and whose it is."""

    phash: str
    owner: str


class Store(Fact, frozen=True, kw_only=True):
    """What a rule may know of the store besides the one listing."""

    id: str | None = None
    name: str | None = None
    entity_id: str | None = None
    type: str | None = None
    level: str | None = None
    approved_brands: tuple[str, ...] | None = None
    authorisations: tuple[MarkAuthorisation, ...] | None = None
    marks: tuple[Mark, ...] = ()  # the store's own register, besides the pack's
    protected_pictures: tuple[ProtectedPicture, ...] = ()
    product_limit: int | None = None
    online_products: int | None = None
    auditing_products: int | None = None
    groups: dict[str, int] | None = None  # top-level product group → number of groups below it
    category_counts: dict[str, int] | None = None  # our category id → online products
    frozen_until: date | None = None
