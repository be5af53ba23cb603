"""What the SKUs of a listing are: prices, stock, names and combinations, all from one pass over `skus`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from engine.facts import Listing, Sku
from engine.features.countries import country_code, country_codes
from engine.features.numbers import decimals, finite, median, most_decimals, quotient
from engine.features.registry import Field, collection, feature
from engine.features.view import View, derived
from engine.findings import Location

READS = ("skus",)
ONE = Decimal(1)


class SkuItem(Struct, eq=False, gc=False):
    """One SKU with its place. What most rules read stands ready; the rest is worked out when it is read."""

    index: int
    sku: Sku
    price: Decimal | None
    discount_price: Decimal | None
    stock: int | None
    code: str | None
    property_count: int
    is_lowest_price: bool | None
    ship_from_country: str | None
    ship_from_is_deliverable: bool | None

    @property
    def weight(self) -> Decimal | None:
        """Weight in kg."""
        return finite(self.sku.weight)

    @property
    def names(self) -> list[str]:
        """What the buyer reads for each property: the seller's wording, else the platform's value."""
        return [text.strip() for item in self.sku.properties if (text := item.label or item.value)]

    @property
    def label(self) -> str:
        """All names in one line; the code or the position when there is none."""
        return " / ".join(self.names) or self.sku.code or f"#{self.index + 1}"

    @property
    def has_image(self) -> bool:
        """Whether a property carries a picture."""
        return any(item.image for item in self.sku.properties)

    @property
    def ship_from(self) -> str | None:
        """Where it is sent from, as written."""
        return self.sku.ship_from

    @property
    def locations(self) -> tuple[Location, ...]:
        """The SKU as a whole."""
        return (Location(f"/skus/{self.index}"),)


class SkuTable:
    """All SKUs of a listing and what follows from one pass over them. `prices` are the known ones, in order."""

    __slots__ = (
        "_items",
        "_listing",
        "_median",
        "highest",
        "in_stock",
        "lowest",
        "price_count",
        "prices",
        "stock_max",
        "stock_min",
        "stock_unknown",
        "total_stock",
    )

    def __init__(self, listing: Listing) -> None:
        listed = listing.skus
        prices = [price for sku in listed if (price := sku.price) is not None and price.is_finite()]
        stocks = [stock for sku in listed if (stock := sku.stock) is not None]
        self.prices = prices
        self.price_count = len(prices)
        self.lowest: Decimal | None = min(prices) if prices else None
        self.highest: Decimal | None = max(prices) if prices else None
        self.stock_unknown = len(listed) - len(stocks)
        self.total_stock = sum(stocks)
        lowest = self.stock_min = min(stocks) if stocks else None
        self.stock_max = max(stocks) if stocks else None
        none_negative = lowest is None or lowest >= 0
        self.in_stock = len(stocks) - stocks.count(0) if none_negative else sum(stock > 0 for stock in stocks)
        self._listing = listing
        self._items: list[SkuItem] | None = None
        self._median: Decimal | None = None

    @property
    def items(self) -> list[SkuItem]:
        """Every SKU in order."""
        if self._items is None:
            self._items = self._made()
        return self._items

    def _made(self) -> list[SkuItem]:
        lowest = self.lowest
        differ = lowest != self.highest
        known: str | None = None
        country: str | None = None
        reached: bool | None = None
        items = []
        for index, sku in enumerate(self._listing.skus):
            price = sku.price
            if price is not None and not price.is_finite():
                price = None
            discount = sku.discount_price
            if discount is not None and not discount.is_finite():
                discount = None
            origin = sku.ship_from
            if origin != known:
                known = origin
                country = country_code(origin)
                reached = self._reaches(country)
            is_lowest = None if price is None else differ and price == lowest
            items.append(
                SkuItem(
                    index, sku, price, discount, sku.stock, sku.code, len(sku.properties), is_lowest, country, reached
                )
            )
        return items

    def _reaches(self, country: str | None) -> bool | None:
        """Whether the listing delivers to a country; None when either is not known."""
        countries = self._listing.deliverable_countries
        return None if country is None or countries is None else country in country_codes(countries)

    @property
    def median(self) -> Decimal | None:
        """The middle price; None without prices."""
        if self._median is None:
            self._median = median(self.prices)
        return self._median


@derived
def sku_table(view: View) -> SkuTable:
    """The SKUs of the listing, gone through once."""
    return SkuTable(view.listing)


@collection(
    "skus",
    item={
        "label": Field("str", "The SKU's name in one line", "SKU名称"),
        "names": Field("list[str]", "The name of each SKU property as buyers read it", "买家看到的各SKU属性名称"),
        "code": Field("str", "The seller's SKU code", "商品编码", nullable=True),
        "price": Field("decimal", "Price", "价格", unit="listing currency", nullable=True),
        "discount_price": Field("decimal", "Discounted price", "折后价", unit="listing currency", nullable=True),
        "stock": Field("int", "Stock", "库存", unit="pieces", nullable=True),
        "weight": Field("decimal", "Weight", "重量", unit="kg", nullable=True),
        "property_count": Field("int", "Number of SKU properties", "SKU属性个数"),
        "has_image": Field("bool", "A property carries a picture", "是否有SKU图片"),
        "is_lowest_price": Field("bool", "No SKU is cheaper and one is dearer", "是否为最低价SKU", nullable=True),
        "ship_from": Field("str", "Sent from, as written", "发货地", nullable=True),
        "ship_from_country": Field("str", "Sent from, ISO code", "发货国代码", nullable=True),
        "ship_from_is_deliverable": Field(
            "bool", "The country it is sent from can be delivered to", "发货国是否可送达", nullable=True
        ),
    },
    reads=("skus", "deliverable_countries"),
    en="The SKUs",
    zh="商品的SKU",
)
def skus(view: View) -> Sequence[SkuItem]:
    """Every SKU in order."""
    return sku_table(view).items


@feature("sku.count", type="int", reads=READS, en="Number of SKUs", zh="SKU数量", unit="SKUs")
def sku_count(view: View) -> int:
    """How many SKUs the listing has."""
    return len(view.listing.skus)


def _price_places(view: View, value: object) -> list[Location]:
    """The price of the cheapest and of the dearest SKU."""
    table = sku_table(view)
    ends: dict[Decimal, SkuItem] = {}
    for item in table.items:
        if item.price is not None and item.price in (table.lowest, table.highest):
            ends.setdefault(item.price, item)
    return [Location(f"/skus/{item.index}/price", text=str(item.sku.price)) for item in ends.values()]


def _priced_at(view: View, value: object) -> list[Location]:
    """The SKUs that have this price."""
    items = sku_table(view).items
    return [Location(f"/skus/{item.index}/price", text=str(item.sku.price)) for item in items if item.price == value]


def _stocked_at(view: View, value: object) -> list[Location]:
    """The SKUs that have this stock."""
    return [Location(f"/skus/{item.index}/stock") for item in sku_table(view).items if item.stock == value]


@feature(
    "sku.price_min",
    type="decimal",
    nullable=True,
    reads=READS,
    en="Lowest SKU price",
    zh="SKU最低价",
    unit="listing currency",
    locate=_priced_at,
)
def sku_price_min(view: View) -> Decimal | None:
    """The lowest price; None when no SKU has one."""
    return sku_table(view).lowest


@feature(
    "sku.price_max",
    type="decimal",
    nullable=True,
    reads=READS,
    en="Highest SKU price",
    zh="SKU最高价",
    unit="listing currency",
    locate=_priced_at,
)
def sku_price_max(view: View) -> Decimal | None:
    """The highest price; None when no SKU has one."""
    return sku_table(view).highest


@feature(
    "sku.price_ratio",
    type="decimal",
    nullable=True,
    reads=READS,
    en="Highest SKU price over the lowest",
    zh="SKU最高价与最低价之比",
    locate=_price_places,
)
def sku_price_ratio(view: View) -> Decimal | None:
    """Highest over lowest price, 1 for equal prices; None without a positive lowest price."""
    table = sku_table(view)
    lowest, highest = table.lowest, table.highest
    if lowest is None or highest is None or lowest <= 0:
        return None
    return ONE if lowest == highest else quotient(highest, lowest)


@feature(
    "sku.highest_to_median",
    type="decimal",
    nullable=True,
    reads=READS,
    en="Highest SKU price over the middle price",
    zh="SKU最高价与中位价之比",
    locate=lambda view, value: _priced_at(view, sku_table(view).highest),
)
def sku_highest_to_median(view: View) -> Decimal | None:
    """None without a positive middle price."""
    table = sku_table(view)
    middle = table.median
    return None if table.highest is None or middle is None or middle <= 0 else quotient(table.highest, middle)


@feature(
    "sku.median_to_lowest",
    type="decimal",
    nullable=True,
    reads=READS,
    en="Middle SKU price over the lowest price",
    zh="SKU中位价与最低价之比",
    locate=lambda view, value: _priced_at(view, sku_table(view).lowest),
)
def sku_median_to_lowest(view: View) -> Decimal | None:
    """None without a positive lowest price."""
    table = sku_table(view)
    middle = table.median
    return None if middle is None or table.lowest is None or table.lowest <= 0 else quotient(middle, table.lowest)


@feature(
    "sku.distinct_price_count", type="int", reads=READS, en="Different prices among the SKUs", zh="SKU不同价格个数"
)
def sku_distinct_price_count(view: View) -> int:
    """How many different prices there are."""
    return len(set(sku_table(view).prices))


@feature(
    "sku.price_decimals",
    type="int",
    reads=READS,
    en="Most decimal places of any SKU price",
    zh="SKU价格的最多小数位数",
    locate=lambda view, value: [
        Location(f"/skus/{item.index}/price", text=str(item.sku.price))
        for item in sku_table(view).items
        if item.price is not None and decimals(item.price) == value
    ],
)
def sku_price_decimals(view: View) -> int:
    """The most digits behind the point; 0 without prices."""
    return most_decimals(sku_table(view).prices)


@feature(
    "sku.unpriced_count",
    type="int",
    reads=READS,
    en="SKUs without a price",
    zh="没有价格的SKU数量",
    locate=lambda view, value: [item.locations[0] for item in sku_table(view).items if item.price is None],
)
def sku_unpriced_count(view: View) -> int:
    """How many SKUs have no price, or one that is no number."""
    return len(view.listing.skus) - sku_table(view).price_count


@feature(
    "sku.stock_min",
    type="int",
    nullable=True,
    reads=READS,
    en="Lowest stock of a SKU",
    zh="SKU最低库存",
    unit="pieces",
    locate=_stocked_at,
)
def sku_stock_min(view: View) -> int | None:
    """The lowest stock that is known."""
    return sku_table(view).stock_min


@feature(
    "sku.stock_max",
    type="int",
    nullable=True,
    reads=READS,
    en="Highest stock of a SKU",
    zh="SKU最高库存",
    unit="pieces",
    locate=_stocked_at,
)
def sku_stock_max(view: View) -> int | None:
    """The highest stock that is known."""
    return sku_table(view).stock_max


@feature(
    "sku.total_stock", type="int", nullable=True, reads=READS, en="Stock of all SKUs", zh="SKU总库存", unit="pieces"
)
def sku_total_stock(view: View) -> int | None:
    """The sum of all stocks; None when a SKU does not say its stock, or there is no SKU."""
    table = sku_table(view)
    return None if table.stock_unknown or not view.listing.skus else table.total_stock


@feature("sku.in_stock_count", type="int", nullable=True, reads=READS, en="SKUs that have stock", zh="有库存的SKU数量")
def sku_in_stock_count(view: View) -> int | None:
    """How many SKUs have stock; None when none is known to have any and some do not say, or there is no SKU."""
    table = sku_table(view)
    return None if not view.listing.skus or (not table.in_stock and table.stock_unknown) else table.in_stock


class Variants(NamedTuple):
    """What one pass over the properties of all SKUs shows.

    `names`: what buyers read, each once; `all_differ`: the platform's values alone tell all SKUs apart, as they nearly
    always do; `alike`: every SKU varies in the one property that the first varies in.
    """

    names: set[str | None]
    all_differ: bool
    alike: bool


@derived
def variants(view: View) -> Variants:
    """The properties of all SKUs, gone through once."""
    names: set[str | None] = set()
    keys: set[object] = set()
    alike = True
    first: str | None = None
    listed = view.listing.skus
    for sku in listed:
        properties = sku.properties
        if len(properties) == 1:
            only = properties[0]
            value = only.value
            names.add(only.label or value)
            keys.add(only.value_id or value or "")
            if only.name != first:
                alike = alike and first is None
                first = only.name
        else:
            alike = False
            names.update([p.label or p.value for p in properties])
            keys.add(frozenset([p.value_id or p.value or "" for p in properties]))
    return Variants(names, len(keys) == len(listed), alike)


@derived
def _repeats(view: View) -> list[int]:
    """Positions of the SKUs whose combination of property values an earlier SKU has already."""
    if variants(view).all_differ:
        return []
    seen: set[object] = set()
    found = []
    for index, sku in enumerate(view.listing.skus):
        values = [(p.name, p.value_id or p.value or "", p.label or "") for p in sku.properties]
        key = (sku.ship_from, *(sorted(values) if len(values) > 1 else values))
        if key in seen:
            found.append(index)
        seen.add(key)
    return found


def _places(indexes: Sequence[int]) -> list[Location]:
    return [Location(f"/skus/{index}") for index in indexes]


@feature(
    "sku.repeated_combination_count",
    type="int",
    reads=READS,
    en="SKUs that repeat the property values of an earlier SKU",
    zh="属性组合与其他SKU重复的SKU数量",
    locate=lambda view, value: _places(_repeats(view)),
)
def sku_repeated_combination_count(view: View) -> int:
    """How many SKUs stand twice, the first not counted."""
    return len(_repeats(view))


@derived
def _odd_sets(view: View) -> tuple[int, list[int]]:
    """How many different sets of property names there are, and which SKUs differ from the first SKU's."""
    listed = view.listing.skus
    if len(listed) < 2:
        return len(listed), []
    if variants(view).alike:
        return 1, []
    first = [p.name for p in listed[0].properties]
    wanted = frozenset(first)
    sets = {wanted}
    odd = []
    for index, sku in enumerate(listed):
        names = [p.name for p in sku.properties]
        if names != first and (own := frozenset(names)) != wanted:
            sets.add(own)
            odd.append(index)
    return len(sets), odd


@feature(
    "sku.property_set_count",
    type="int",
    reads=READS,
    en="Different sets of property names among the SKUs",
    zh="SKU属性项的不同组合数",
    locate=lambda view, value: _places(_odd_sets(view)[1]),
)
def sku_property_set_count(view: View) -> int:
    """1 when all SKUs vary in the same properties."""
    return _odd_sets(view)[0]
