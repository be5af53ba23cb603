"""What it costs to send the goods, and where they can be sent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.features.numbers import finite, median, quotient
from engine.features.prices import price_lowest
from engine.features.registry import feature
from engine.features.view import View, derived
from engine.findings import Location


class _Worst(NamedTuple):
    """The country with the highest freight."""

    position: int
    country: str
    amount: Decimal


def _amounts(view: View) -> Sequence[Decimal]:
    """Every known freight amount."""
    return _given(view) if view.listing.freight else ()


@derived
def _given(view: View) -> list[Decimal]:
    return [amount for entry in view.listing.freight if (amount := finite(entry.amount)) is not None]


def _worst(view: View) -> _Worst | None:
    """The first of the countries with the highest freight."""
    amounts = _amounts(view)
    if not amounts:
        return None
    highest = max(amounts)
    return next(
        _Worst(position, entry.country, amount)
        for position, entry in enumerate(view.listing.freight)
        if (amount := finite(entry.amount)) is not None and amount == highest
    )


def _worst_place(view: View, value: object) -> list[Location]:
    worst = _worst(view)
    return [] if worst is None else [Location(f"/freight/{worst.position}/amount", text=str(worst.amount))]


@feature(
    "freight.highest",
    type="decimal",
    nullable=True,
    reads=("freight",),
    en="Highest freight of any country",
    zh="各国运费中的最高值",
    unit="listing currency",
    locate=_worst_place,
)
def freight_highest(view: View) -> Decimal | None:
    """None when no freight is known."""
    amounts = _amounts(view)
    return max(amounts) if amounts else None


@feature(
    "freight.highest_country",
    type="str",
    nullable=True,
    reads=("freight",),
    en="Country with the highest freight",
    zh="运费最高的国家",
    locate=_worst_place,
)
def freight_highest_country(view: View) -> str | None:
    """None when no freight is known."""
    worst = _worst(view)
    return None if worst is None else worst.country


@feature(
    "freight.to_price",
    type="decimal",
    nullable=True,
    reads=("freight", "skus", "price"),
    en="Highest freight over the lowest price",
    zh="最高运费与最低价之比",
    locate=_worst_place,
)
def freight_to_price(view: View) -> Decimal | None:
    """None when no freight or no positive price is known."""
    amounts = _amounts(view)
    price = price_lowest(view) if amounts else None
    return None if price is None or price <= 0 else quotient(max(amounts), price)


@feature(
    "freight.to_median",
    type="decimal",
    nullable=True,
    reads=("freight",),
    en="Highest freight over the middle freight of all countries",
    zh="最高运费与各国运费中位数之比",
    locate=_worst_place,
)
def freight_to_median(view: View) -> Decimal | None:
    """None when no freight is known or the middle one is free."""
    amounts = _amounts(view)
    middle = median(amounts) if amounts else None
    return quotient(max(amounts), middle) if middle else None


@feature(
    "freight.country_count",
    type="int",
    reads=("freight",),
    en="Countries whose freight is known",
    zh="已知运费的国家数",
)
def freight_country_count(view: View) -> int:
    """How many freight amounts were given."""
    return len(_amounts(view))


@feature(
    "freight.lowest",
    type="decimal",
    nullable=True,
    reads=("freight",),
    en="Lowest freight of any country",
    zh="各国运费中的最低值",
    unit="listing currency",
    locate=lambda view, value: [
        Location(f"/freight/{position}/amount", text=str(amount))
        for position, entry in enumerate(view.listing.freight)
        if (amount := finite(entry.amount)) is not None and amount == value
    ],
)
def freight_lowest(view: View) -> Decimal | None:
    """None when no freight is known."""
    amounts = _amounts(view)
    return min(amounts) if amounts else None


@feature(
    "freight.has_template",
    type="bool",
    reads=("freight_template_id",),
    en="A freight template is chosen",
    zh="是否选择运费模板",
)
def freight_has_template(view: View) -> bool:
    """Whether the template id is filled; "0" stands for none."""
    return (view.listing.freight_template_id or "0").strip() not in {"", "0"}


@feature(
    "freight.deliverable_count",
    type="int",
    nullable=True,
    reads=("deliverable_countries",),
    en="Countries the listing can be delivered to",
    zh="可送达国家数",
)
def freight_deliverable_count(view: View) -> int | None:
    """None when the countries are not known."""
    countries = view.listing.deliverable_countries
    return None if countries is None else len(countries)
