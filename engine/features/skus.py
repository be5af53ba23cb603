"""What the SKUs of a listing are: prices, stock, names and combinations, all from one pass over `skus`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.facts import Listing, Sku
from engine.features.countries import country_code
from engine.features.numbers import decimals, finite, median, quotient
from engine.features.registry import Field, collection, feature
from engine.features.view import View, derived
from engine.findings import Location

READS = ("skus",)


class SkuItem:
    """One SKU with its place. Cheap to make: what only few rules read is worked out when it is read."""

    __slots__ = ("_table", "code", "discount_price", "index", "price", "sku", "stock")

    def __init__(self, table: SkuTable, index: int, sku: Sku, price: Decimal | None) -> None:
        self._table = table
        self.index = index
        self.sku = sku
        self.price = price
        self.code = sku.code
        self.stock = sku.stock
        discount = sku.discount_price
        self.discount_price = discount if discount is None or discount.is_finite() else None

    @property
    def weight(self) -> Decimal | None:
        """Weight in kg."""
        return finite(self.sku.weight)

    @property
    def property_count(self) -> int:
        """Number of SKU properties."""
        return len(self.sku.properties)

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
    def is_lowest_price(self) -> bool | None:
        """Whether no SKU is cheaper and at least one is dearer."""
        if self.price is None:
            return None
        table = self._table
        return table.lowest is not None and self.price == table.lowest and table.highest != table.lowest

    @property
    def ship_from(self) -> str | None:
        """Where it is sent from, as written."""
        return self.sku.ship_from

    @property
    def ship_from_country(self) -> str | None:
        """Where it is sent from, as an ISO code; None when not given or not known."""
        return country_code(self.sku.ship_from)

    @property
    def ship_from_is_deliverable(self) -> bool | None:
        """Whether the country it is sent from is among those the listing delivers to."""
        return self._table.reaches(self.sku.ship_from)

    @property
    def locations(self) -> tuple[Location, ...]:
        """The SKU as a whole."""
        return (Location(f"/skus/{self.index}"),)


class SkuTable:
    """All SKUs of a listing and what follows from one pass over them."""

    __slots__ = (
        "_countries",
        "_median",
        "_reached",
        "highest",
        "in_stock",
        "items",
        "lowest",
        "price_count",
        "stock_max",
        "stock_min",
        "stock_unknown",
        "total_stock",
    )

    def __init__(self, listing: Listing) -> None:
        lowest: Decimal | None = None
        highest: Decimal | None = None
        total = in_stock = unknown = priced = 0
        stocks: list[int] = []
        items: list[SkuItem] = []
        for index, sku in enumerate(listing.skus):
            price = sku.price
            if price is not None and not price.is_finite():
                price = None
            if price is not None:
                priced += 1
                if lowest is None or highest is None:
                    lowest = highest = price
                elif price < lowest:
                    lowest = price
                elif price > highest:
                    highest = price
            stock = sku.stock
            if stock is None:
                unknown += 1
            else:
                stocks.append(stock)
                total += stock
                in_stock += stock > 0
            items.append(SkuItem(self, index, sku, price))
        self.items = items
        self.lowest, self.highest = lowest, highest
        self.price_count = priced
        self.total_stock, self.in_stock, self.stock_unknown = total, in_stock, unknown
        self.stock_min: int | None = min(stocks, default=None)
        self.stock_max: int | None = max(stocks, default=None)
        self._countries = listing.deliverable_countries
        self._reached: dict[str | None, bool | None] = {None: None}
        self._median: Decimal | None = None

    def reaches(self, ship_from: str | None) -> bool | None:
        """Whether the listing delivers to the country that goods are sent from; None when either is not known."""
        if ship_from not in self._reached:
            code = country_code(ship_from)
            known = None if code is None or self._countries is None else self._countries
            self._reached[ship_from] = None if known is None else any(country_code(name) == code for name in known)
        return self._reached[ship_from]

    @property
    def median(self) -> Decimal | None:
        """The middle price; None without prices."""
        if self._median is None:
            self._median = median(item.price for item in self.items if item.price is not None)
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
    if table.lowest is None or table.highest is None or table.lowest <= 0:
        return None
    return Decimal(1) if table.lowest == table.highest else quotient(table.highest, table.lowest)


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
    return len({item.price for item in sku_table(view).items if item.price is not None})


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
    return max((decimals(item.price) for item in sku_table(view).items if item.price is not None), default=0)


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
    table = sku_table(view)
    return len(table.items) - table.price_count


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
    return None if table.stock_unknown or not table.items else table.total_stock


@feature("sku.in_stock_count", type="int", nullable=True, reads=READS, en="SKUs that have stock", zh="有库存的SKU数量")
def sku_in_stock_count(view: View) -> int | None:
    """How many SKUs have stock; None when none is known to have any and some do not say, or there is no SKU."""
    table = sku_table(view)
    return None if not table.items or (not table.in_stock and table.stock_unknown) else table.in_stock


@derived
def _repeats(view: View) -> list[SkuItem]:
    """SKUs whose combination of property values an earlier SKU has already."""
    items = sku_table(view).items
    if len(items) < 2:
        return []
    seen: set[object] = set()
    found = []
    for item in items:
        sku = item.sku
        values = [(p.name, p.value_id or p.value or "", p.label or "") for p in sku.properties]
        key = (sku.ship_from, *(sorted(values) if len(values) > 1 else values))
        if key in seen:
            found.append(item)
        seen.add(key)
    return found


def _repeat_places(view: View, value: object) -> list[Location]:
    return [item.locations[0] for item in _repeats(view)]


@feature(
    "sku.repeated_combination_count",
    type="int",
    reads=READS,
    en="SKUs that repeat the property values of an earlier SKU",
    zh="属性组合与其他SKU重复的SKU数量",
    locate=_repeat_places,
)
def sku_repeated_combination_count(view: View) -> int:
    """How many SKUs stand twice, the first not counted."""
    return len(_repeats(view))


@derived
def _odd_sets(view: View) -> tuple[int, list[SkuItem]]:
    """How many different sets of property names there are, and the SKUs that differ from the first SKU's."""
    items = sku_table(view).items
    if len(items) < 2:
        return len(items), []
    first = [p.name for p in items[0].sku.properties]
    wanted = frozenset(first)
    sets = {wanted}
    odd = []
    for item in items:
        names = [p.name for p in item.sku.properties]
        if names != first and (own := frozenset(names)) != wanted:
            sets.add(own)
            odd.append(item)
    return len(sets), odd


@feature(
    "sku.property_set_count",
    type="int",
    reads=READS,
    en="Different sets of property names among the SKUs",
    zh="SKU属性项的不同组合数",
    locate=lambda view, value: [item.locations[0] for item in _odd_sets(view)[1]],
)
def sku_property_set_count(view: View) -> int:
    """1 when all SKUs vary in the same properties."""
    return _odd_sets(view)[0]
