"""Prices of the listing, its countries and its wholesale terms."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.numbers import decimals, median, quotient
from tests.engine.commerce import measure, members, places, sku, view

SHIRTS = SimpleNamespace(id="shirts", typical_price=(Decimal(2), Decimal(60)), qualification=None)


def test_the_lowest_price_is_the_cheapest_sku_s_and_else_the_listing_s() -> None:
    with_skus = view(price="9", skus=[sku("5", 1, "Red"), sku("4", 1, "Blue")])
    without = view(price="9")
    assert [(measure("price.lowest", seen), places("price.lowest", seen)) for seen in (with_skus, without)] == [
        (Decimal(4), ["/skus/1/price"]),
        (Decimal(9), ["/price"]),
    ]
    assert measure("price.lowest", view()) is None


@pytest.mark.parametrize(
    ("price", "expected"), [("19.90", 1), ("19.95", 2), ("19.950", 2), ("20", 0), ("2E+3", 0), (None, 0), ("NaN", 0)]
)
def test_decimals_are_counted_without_zeros_at_the_end(price: str | None, expected: int) -> None:
    assert measure("price.decimals", view(price=price)) == expected


@pytest.mark.parametrize(
    ("fields", "category", "expected"),
    [
        ({"currency": "usd", "category_id": "1"}, SHIRTS, (Decimal(2), Decimal(60))),
        ({"currency": "EUR", "category_id": "1"}, SHIRTS, (None, None)),
        ({"category_id": "1"}, SHIRTS, (None, None)),
        ({"currency": "USD"}, SHIRTS, (None, None)),
        ({"currency": "USD", "category_id": "1"}, None, (None, None)),
    ],
)
def test_typical_prices_are_known_in_dollars_and_for_known_categories(
    fields: dict[str, Any], category: Any, expected: tuple[Decimal | None, Decimal | None]
) -> None:
    seen = view(category=category, **fields)
    assert (measure("price.typical_low", seen), measure("price.typical_high", seen)) == expected


@pytest.mark.parametrize(
    ("entry", "result", "share"),
    [
        ({"value": "6"}, "6", "0.5"),
        ({"kind": "percentage", "value": "-25"}, "9", "0.75"),
        ({"kind": "relative", "value": "-3"}, "9", "0.75"),
        ({"value": "5", "sku_id": "b"}, "5", "0.25"),
        ({"value": "5", "sku_id": "nobody"}, "5", None),
        ({"kind": "delete"}, None, None),
        ({"kind": "guess", "value": "5"}, None, None),
    ],
)
def test_a_country_price_is_worked_out_by_its_kind(
    entry: dict[str, Any], result: str | None, share: str | None
) -> None:
    rows = [sku("12", 1, "Red", id="a"), sku("20", 1, "Blue", id="b")]
    item = members("price.countries", view(skus=rows, country_prices=[{"country": "RU", **entry}]))[0]
    assert (item.result, item.share) == (result and Decimal(result), share and Decimal(share))
    assert item.locations[0].pointer == "/country_prices/0"


@pytest.mark.parametrize(
    ("wholesale", "expected"), [(None, 0), ({}, 0), ({"minimum": 2}, 1), ({"minimum": 2, "discount": 5}, 2)]
)
def test_wholesale_fields_are_counted(wholesale: dict[str, int] | None, expected: int) -> None:
    assert measure("wholesale.given_count", view(wholesale=wholesale)) == expected


@given(st.lists(st.decimals(min_value=0, max_value=1000, places=2), min_size=1))
def test_the_median_is_a_value_that_occurs_with_half_on_each_side(values: list[Decimal]) -> None:
    middle = median(values)
    assert middle in values
    assert sum(value < middle for value in values) <= len(values) / 2
    assert sum(value > middle for value in values) <= len(values) / 2


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_a_quotient_is_finite_or_unknown(value: Decimal, by: Decimal) -> None:
    found = quotient(value, by)
    assert found is None or found.is_finite()
    assert decimals(value) >= 0
