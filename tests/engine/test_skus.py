"""SKUs: one pass for prices and stock, names by list, pieces by reading."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Listing, Sku, SkuProperty
from engine.features.sku_names import QUANTITY, quantities
from engine.features.skus import SkuTable
from tests.engine.commerce import listing, measure, members, places, sku, view, words


def test_the_spread_of_prices_is_that_of_the_dearest_to_the_cheapest() -> None:
    seen = view(skus=[sku("2", 1, "Red"), sku("7.5", 1, "Blue"), sku("2", 1, "Green")])
    assert [measure(f"sku.{name}", seen) for name in ("price_min", "price_max", "price_ratio")] == [
        Decimal(2),
        Decimal("7.5"),
        Decimal("3.75"),
    ]
    assert places("sku.price_ratio", seen) == ["/skus/0/price", "/skus/1/price"]


@pytest.mark.parametrize("prices", [[], [None], ["NaN"], ["0", "5"], ["-1", "5"]])
def test_there_is_no_spread_without_a_positive_lowest_price(prices: list[str | None]) -> None:
    assert measure("sku.price_ratio", view(skus=[sku(price, 1) for price in prices])) is None


def test_a_price_that_is_no_number_counts_as_missing() -> None:
    seen = view(skus=[sku("NaN", 1, "Red"), sku("Infinity", 1, "Blue"), sku("3", 1, "Green")])
    assert (measure("sku.unpriced_count", seen), measure("sku.price_max", seen)) == (2, Decimal(3))
    assert places("sku.unpriced_count", seen) == ["/skus/0", "/skus/1"]


def test_the_lowest_price_is_a_sku_s_own_only_when_another_is_dearer() -> None:
    alone = members("skus", view(skus=[sku("2", 1, "Red")]))
    equal = members("skus", view(skus=[sku("2", 1, "Red"), sku("2", 1, "Blue")]))
    mixed = members("skus", view(skus=[sku("2", 1, "Red"), sku("3", 1, "Blue"), sku(None, 1, "Green")]))
    assert [item.is_lowest_price for item in (*alone, *equal, *mixed)] == [False, False, False, True, False, None]


def test_stock_is_unknown_until_every_sku_says_it() -> None:
    said = view(skus=[sku("2", 0, "Red"), sku("2", 5, "Blue")])
    half = view(skus=[sku("2", None, "Red"), sku("2", 5, "Blue")])
    none = view(skus=[sku("2", None, "Red"), sku("2", 0, "Blue")])
    assert [(measure("sku.total_stock", s), measure("sku.in_stock_count", s)) for s in (said, half, none)] == [
        (5, 1),
        (None, 1),
        (None, None),
    ]


def test_a_sku_is_called_what_the_buyer_reads() -> None:
    given_skus = [
        {"properties": [{"name": "Color", "value": "Red", "label": " Cherry "}, {"name": "Size", "value": "L"}]},
        {"code": "X-1"},
        {},
    ]
    assert [item.label for item in members("skus", view(skus=given_skus))] == ["Cherry / L", "X-1", "#3"]


def test_skus_that_differ_in_nothing_repeat_and_those_of_another_warehouse_do_not() -> None:
    rows = [
        sku("2", 1, "Red", "L"),
        sku("2", 1, "Red", "M"),
        sku("3", 1, "Red", "L"),
        sku("2", 1, "Red", "L", ship_from="ES"),
    ]
    assert places("sku.repeated_combination_count", view(skus=rows)) == ["/skus/2"]


def test_skus_with_other_properties_than_the_first_are_shown() -> None:
    seen = view(skus=[sku("2", 1, "Red", "L"), sku("2", 1, "Blue"), sku("2", 1, "Green", "M")])
    assert (measure("sku.property_set_count", seen), places("sku.property_set_count", seen)) == (2, ["/skus/1"])


@pytest.mark.parametrize(
    ("ship_from", "countries", "expected"),
    [
        ("ES", ["US", "ES"], True),
        ("Spain", ["US", "ES"], True),
        ("西班牙", ["US"], False),
        ("Russian Federation", ["US", "Russia"], True),
        ("Atlantis", ["US"], None),
        ("ES", None, None),
        (None, ["US"], None),
    ],
)
def test_a_ship_from_country_is_known_by_code_and_by_name(
    ship_from: str | None, countries: list[str] | None, expected: bool | None
) -> None:
    seen = view(skus=[{"ship_from": ship_from}], deliverable_countries=countries)
    assert members("skus", seen)[0].ship_from_is_deliverable is expected


def test_a_sku_is_named_by_a_list_only_when_a_whole_name_is_a_term() -> None:
    names = words("placeholders", "other", "shipping fee")
    seen = view(names, skus=[sku("1", 1, "Other"), sku("1", 1, "Other Side"), sku("1", 1, "Red", " SHIPPING FEE ")])
    assert [item.index for item in members("skus.named", seen, "placeholders")] == [0, 2]


def test_a_phrase_inside_a_name_counts_and_a_part_of_a_word_does_not() -> None:
    sets = words("sets", "set", "full kit")
    seen = view(sets, skus=[sku("1", 1, "Sunset"), sku("1", 1, "Red Set"), sku("1", 1, "The full kit for two")])
    assert (measure("sku.count_named", seen, "sets"), places("sku.count_named", seen, "sets")) == (
        2,
        ["/skus/1", "/skus/2"],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 pcs", [(10, 10, "piece")]),
        ("10PCS/Lot", [(10, 10, "piece")]),
        ("1-4 Pcs", [(1, 4, "piece")]),
        ("2-Pack", [(2, 2, "pack")]),
        ("1 pair", [(1, 1, "pair")]),
        ("红色 5个", [(5, 5, "piece")]),
        ("1.5 pcs", []),
        ("A10 pcs", []),
        ("10 cm", []),
        ("USB 3 piecewise", []),
        ("", []),
    ],
)
def test_pieces_are_read_with_their_unit(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert [(q.low, q.high, q.unit) for q in quantities(text)] == expected


def test_the_piece_count_in_the_title_is_shown_where_it_stands() -> None:
    seen = view(title="Rings 100 Pcs for crafts", skus=[sku("1", 1, "10 pcs")])
    feature = "sku.title_pieces_max"
    assert (measure(feature, seen), measure("sku.pieces_max", seen), places(feature, seen)) == (100, 10, ["/title"])


def test_units_other_than_pieces_are_options_but_no_piece_counts() -> None:
    seen = view(skus=[sku("1", 1, "1 set"), sku("1", 1, "10 pcs")])
    assert measure("sku.quantities", seen) == ["1 set", "10 piece"]
    assert measure("sku.pieces_max", seen) == 10


@given(st.text(max_size=60))
def test_every_quantity_lies_where_it_says(text: str) -> None:
    for found in quantities(text):
        assert QUANTITY.fullmatch(text[found.start : found.end])
        assert 0 <= found.low <= found.high


@given(st.lists(st.one_of(st.none(), st.decimals(allow_nan=True, allow_infinity=True)), max_size=12))
def test_the_table_agrees_with_plain_minimum_and_maximum(prices: list[Decimal | None]) -> None:
    table = SkuTable(Listing(skus=tuple(Sku(price=price) for price in prices)))
    known = [price for price in prices if price is not None and price.is_finite()]
    assert (table.lowest, table.highest, table.price_count) == (
        min(known, default=None),
        max(known, default=None),
        len(known),
    )


def test_ten_thousand_skus_are_measured() -> None:
    many = tuple(
        Sku(code=f"C{n}", price=Decimal(n % 90 + 1), stock=n, properties=(SkuProperty(name="Color", value=f"C {n}"),))
        for n in range(10_000)
    )
    seen = view(words("w", "set"))
    seen.listing = msgspec.structs.replace(listing(), skus=many)
    names = ("count", "price_ratio", "total_stock", "repeated_combination_count", "property_set_count")
    assert [measure(f"sku.{name}", seen) for name in names] == [10_000, Decimal(90), 49_995_000, 0, 1]
    assert (measure("sku.count_named", seen, "w"), measure("sku.quantities", seen)) == (0, [])
    assert measure("sku.highest_to_median", seen) == Decimal(2)


def test_a_unit_in_unusual_letters_is_read_as_its_plain_form() -> None:
    assert [(found.low, found.unit) for found in quantities("10 pc\u017f")] == [(10, "piece")]


def test_a_number_is_counted_whole_or_not_at_all() -> None:
    assert quantities("1234567 pcs 1-1234567 pcs") == []
