"""What is read off a title at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.features import title as measures
from tests.engine.text_views import view_of


@pytest.mark.parametrize(("title", "missing"), [(None, True), ("", True), (" \t", True), ("a", False)])
def test_a_title_of_spaces_is_missing(title: str | None, missing: bool) -> None:
    assert measures.title_is_missing(view_of(title=title)) is missing


def test_length_counts_code_points() -> None:
    assert measures.title_length(view_of(title="Tasse 😀 für Tee")) == 15


@pytest.mark.parametrize(
    ("title", "words"), [("Water Bottle 750 2", 2), ("不锈钢水杯", 5), ("MP3 player", 2), ("12 34", 0)]
)
def test_words_need_a_letter_and_chinese_characters_count_each(title: str, words: int) -> None:
    assert measures.title_word_count(view_of(title=title)) == words


@pytest.mark.parametrize(
    ("title", "share"),
    [
        ("STEEL BOTTLE WITH LEAKPROOF LID", Decimal(1)),
        ("Steel Bottle", Decimal(0)),
        ("NORVELLA Steel Bottle Flask", Decimal("0.25")),
        ("Lamp SNTH-MYSPLC3 KIRU4000", Decimal(0)),
    ],
)
def test_capitals_are_a_share_of_the_longer_words_without_codes(title: str, share: Decimal) -> None:
    assert measures.title_capital_share(view_of(title=title)) == share


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Steel  Bottle ", ["  ", " "]),
        (" Steel\tBottle", [" ", "\t"]),
        ("Steel Bottle - 750 ml", []),
    ],
)
def test_extra_spaces_are_found_where_they_stand(title: str, found: list[str]) -> None:
    assert measures.title_extra_spaces(view_of(title=title)) == found


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("★ Bottle ★", ["★", "★"]),
        ("【New】Bottle", ["【", "】"]),
        ("Bottle !!! now", ["!!!"]),
        ("Bottle!!", ["!!"]),
        ("Bow! Wow!! Bed", []),
        ("Bottle® 26 × 7 cm ±1 90 °C", []),
        ("Bottle 🔥", ["🔥"]),
    ],
)
def test_decoration_is_told_from_signs_that_mean_something(title: str, found: list[str]) -> None:
    assert measures.title_decorations(view_of(title=title)) == found


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Bottle only $9.99", ["$9.99"]),
        ("Bottle US $5", ["US $5"]),
        ("Bottle 50% OFF", ["50% OFF"]),
        ("Bottle 12,50 €", ["12,50 €"]),
        ("100% cotton, 30% wool", []),
        ("Boots EUR 38-44", []),
        ("Bottle with $10000 warranty", []),
        ("A$AP print", []),
    ],
)
def test_amounts_of_money_are_told_from_shares_and_sizes(title: str, found: list[str]) -> None:
    assert measures.title_prices(view_of(title=title)) == found


def test_keyword_fields_tell_repeats_of_each_other_and_of_the_title() -> None:
    view = view_of(title="Insulated Water Bottles", keywords=["sports flask", "Flasks Sports", "water bottle", ""])
    assert [(item.text, item.is_repeated, item.is_in_title) for item in measures.keyword_fields(view)] == [
        ("sports flask", False, False),
        ("Flasks Sports", True, False),
        ("water bottle", False, True),
    ]
