"""The listing's prices: its own, the lowest of all, what its category usually costs, countries and wholesale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.features.category_of import category
from engine.features.numbers import decimals, finite, product, quotient
from engine.features.registry import Field, collection, feature
from engine.features.skus import sku_table
from engine.features.view import View, derived
from engine.findings import Location

TYPICAL_CURRENCY = "USD"
"""The currency of the category tree's typical prices."""


@feature(
    "price.listing",
    type="decimal",
    nullable=True,
    reads=("price",),
    en="Price of the listing itself",
    zh="商品价格",
    unit="listing currency",
)
def price_listing(view: View) -> Decimal | None:
    """The listing's own price; None when not given or no number."""
    return finite(view.listing.price)


@feature(
    "price.decimals", type="int", reads=("price",), en="Decimal places of the listing price", zh="商品价格小数位数"
)
def price_decimals(view: View) -> int:
    """Digits behind the point; 0 without a price."""
    price = finite(view.listing.price)
    return 0 if price is None else decimals(price)


def _lowest_places(view: View, value: Decimal) -> list[Location]:
    items = [item for item in sku_table(view).items if item.price == value]
    return [Location(f"/skus/{item.index}/price", text=str(item.sku.price)) for item in items] or [
        Location("/price", text=str(view.listing.price))
    ]


@feature(
    "price.lowest",
    type="decimal",
    nullable=True,
    reads=("skus", "price"),
    en="Lowest price a buyer can pay before discounts",
    zh="折扣前最低价",
    unit="listing currency",
    locate=_lowest_places,
)
def price_lowest(view: View) -> Decimal | None:
    """The cheapest SKU, or the listing's price when no SKU has one."""
    lowest = sku_table(view).lowest
    return lowest if lowest is not None else finite(view.listing.price)


def _highest_places(view: View, value: Decimal) -> list[Location]:
    return _lowest_places(view, value)


@feature(
    "price.highest",
    type="decimal",
    nullable=True,
    reads=("skus", "price"),
    en="Highest price before discounts",
    zh="折扣前最高价",
    unit="listing currency",
    locate=_highest_places,
)
def price_highest(view: View) -> Decimal | None:
    """The dearest SKU, or the listing's price when no SKU has one."""
    highest = sku_table(view).highest
    return highest if highest is not None else finite(view.listing.price)


@feature("price.is_given", type="bool", reads=("skus", "price"), en="Any price is given", zh="是否填写价格")
def price_is_given(view: View) -> bool:
    """Whether the listing or one of its SKUs has a price."""
    return price_lowest(view) is not None


@feature("price.currency", type="str", nullable=True, reads=("currency",), en="Currency of the prices", zh="价格币种")
def price_currency(view: View) -> str | None:
    """The currency as given, in capitals."""
    currency = view.listing.currency
    return currency.strip().upper() if currency and currency.strip() else None


@derived
def _typical(view: View) -> tuple[Decimal, Decimal] | None:
    """What the category usually costs, when prices are in its currency."""
    if price_currency(view) != TYPICAL_CURRENCY:
        return None
    found = category(view)
    return None if found is None else found.typical_price


@feature(
    "price.typical_low",
    type="decimal",
    nullable=True,
    reads=("category_id", "category_path", "currency"),
    en="Low end of what the category usually costs",
    zh="类目常见价格下限",
    unit="USD",
)
def price_typical_low(view: View) -> Decimal | None:
    """None when the category is unknown, has no typical price, or prices are not in USD."""
    typical = _typical(view)
    return None if typical is None else typical[0]


@feature(
    "price.typical_high",
    type="decimal",
    nullable=True,
    reads=("category_id", "category_path", "currency"),
    en="High end of what the category usually costs",
    zh="类目常见价格上限",
    unit="USD",
)
def price_typical_high(view: View) -> Decimal | None:
    """None when the category is unknown, has no typical price, or prices are not in USD."""
    typical = _typical(view)
    return None if typical is None else typical[1]


# --- wholesale --------------------------------------------------------------------------------------------------------


@feature(
    "wholesale.minimum",
    type="int",
    nullable=True,
    reads=("wholesale",),
    en="Pieces from which the wholesale price holds",
    zh="批发起订量",
    unit="pieces",
    locate=lambda view, value: [Location("/wholesale/minimum")],
)
def wholesale_minimum(view: View) -> int | None:
    """bulk_order."""
    return None if view.listing.wholesale is None else view.listing.wholesale.minimum


@feature(
    "wholesale.discount",
    type="int",
    nullable=True,
    reads=("wholesale",),
    en="Wholesale discount",
    zh="批发折扣",
    unit="percent off",
    locate=lambda view, value: [Location("/wholesale/discount")],
)
def wholesale_discount(view: View) -> int | None:
    """bulk_discount."""
    return None if view.listing.wholesale is None else view.listing.wholesale.discount


@feature(
    "wholesale.given_count",
    type="int",
    reads=("wholesale",),
    en="How many of the two wholesale fields are filled",
    zh="批发两项中已填写的项数",
)
def wholesale_given_count(view: View) -> int:
    """0, 1 or 2."""
    wholesale = view.listing.wholesale
    return 0 if wholesale is None else (wholesale.minimum is not None) + (wholesale.discount is not None)


# --- prices by country ------------------------------------------------------------------------------------------------


class CountryPriceItem(NamedTuple):
    """One price for one country. `result`: what the buyer pays there; `share`: that over the SKU's own price."""

    country: str
    kind: str
    value: Decimal | None
    result: Decimal | None
    share: Decimal | None
    locations: tuple[Location, ...]


@collection(
    "price.countries",
    item={
        "country": Field("str", "Country", "国家"),
        "kind": Field("str", "absolute, percentage or relative", "调价方式"),
        "value": Field("decimal", "The value as given", "填写的值", nullable=True),
        "result": Field("decimal", "What the buyer pays there", "该国实际价格", nullable=True),
        "share": Field("decimal", "That price over the SKU's own price", "该国价格与SKU价格之比", nullable=True),
    },
    reads=("country_prices", "skus", "price"),
    en="Prices for single countries",
    zh="分国家报价",
)
def price_countries(view: View) -> Sequence[CountryPriceItem]:
    """Every country price with what it comes to."""
    given = view.listing.country_prices
    if not given:
        return ()
    by_sku: Mapping[str | None, Decimal | None] = {item.sku.id: item.price for item in sku_table(view).items}
    found = []
    for index, entry in enumerate(given):
        base = by_sku.get(entry.sku_id) if entry.sku_id is not None else price_lowest(view)
        value = finite(entry.value)
        result = _applied(entry.kind, value, base)
        share = quotient(result, base) if result is not None and base else None
        place = (Location(f"/country_prices/{index}"),)
        found.append(CountryPriceItem(entry.country, entry.kind, value, result, share, place))
    return found


def _applied(kind: str, value: Decimal | None, base: Decimal | None) -> Decimal | None:
    """The price in the country: itself, a share on top in percent, or an amount on top."""
    if value is None:
        return None
    if kind == "absolute":
        return value
    if base is None:
        return None
    if kind == "percentage":
        change = product(base, value)
        return None if change is None else base + change / 100
    return base + value if kind == "relative" else None
