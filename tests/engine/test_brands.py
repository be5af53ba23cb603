"""Protected brands with what stands around them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.commerce import measure, members, view, words

BRANDS = words(
    "protected_brands",
    "nike",
    "dior",
    "samsung",
    "iphone",
    "apple watch",
    "ray-ban",
    "rayban",
    scan=True,
    notes={"iphone": "apple", "apple watch": "apple", "rayban": "ray-ban"},
)


GRAMMAR = (
    words("brand_reference_before", "for", "compatible", "适用于", "для"),
    words("brand_linking", "with", "and", "galaxy"),
    words("brand_imitation_before", "inspired by"),
    words("brand_imitation_after", "style", "同款"),
)


def mentions(**fields: Any) -> list[Any]:
    return list(members("brands.mentions", view(BRANDS, *GRAMMAR, **fields)))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Nike running shoes", ["plain"]),
        ("Case for iPhone 15 Pro", ["compatible"]),
        ("Case for Samsung Galaxy S24 and iPhone 15", ["compatible", "compatible"]),
        ("Strap compatible with Apple Watch 9", ["compatible"]),
        ("手机壳 适用于 iPhone 15", ["compatible"]),
        ("Чехол для iPhone 15", ["compatible"]),
        ("Shoes for men Nike", ["plain"]),
        ("Cover for phone. Nike shoes", ["plain"]),
        ("Dior style bag", ["imitation"]),
        ("Bag inspired by Dior", ["imitation"]),
        ("Dior同款 bag", ["imitation"]),
        ("Unikename bottle", []),
    ],
)
def test_the_words_around_a_brand_say_how_it_is_used(title: str, expected: list[str]) -> None:
    assert [mention.context for mention in mentions(title=title)] == expected


def test_of_marks_that_overlap_only_the_longest_counts_and_its_owner_is_named() -> None:
    assert [(item.text, item.brand) for item in mentions(title="Apple Watch band, RayBan")] == [
        ("Apple Watch", "apple"),
        ("RayBan", "ray-ban"),
    ]


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (None, None),
        ({}, None),
        ({"approved_brands": []}, False),
        ({"approved_brands": ["Ray Ban"]}, True),
        ({"approved_brands": ["RAYBAN"]}, True),
        ({"approved_brands": ["Nike"]}, False),
    ],
)
def test_approval_is_by_owner_or_mark_whatever_its_spelling(
    store: dict[str, Any] | None, expected: bool | None
) -> None:
    assert [mention.is_approved for mention in mentions(title="Rayban glasses", store=store)] == [expected]
    assert measure("brands.approvals_known", view(BRANDS, store=store)) is (expected is not None)


def test_only_the_brand_attribute_is_the_brand_attribute() -> None:
    attributes = [{"name": "Brand Name", "value": "For Nike"}, {"name": "Style", "value": "Nike"}]
    found = mentions(attributes=attributes)
    assert [(item.locations[0].pointer, item.is_brand_attribute) for item in found] == [
        ("/attributes/0/value", True),
        ("/attributes/1/value", False),
    ]


def test_a_place_is_counted_in_code_points_of_the_original() -> None:
    (found,) = mentions(title="İ😀 NIKE shoes")
    place = found.locations[0]
    assert (place.start, place.end, place.text) == (3, 7, "NIKE")


def test_a_brand_said_thousands_of_times_hides_no_other_brand() -> None:
    found = mentions(title="nike " * 5000 + "dior bag")
    assert [sum(item.brand == brand for item in found) for brand in ("nike", "dior")] == [50, 1]


def test_a_text_without_brands_has_no_mention() -> None:
    assert mentions(title="Steel bottle") == []


@given(st.text(alphabet="nikeNIKE for-İß😀.,样", max_size=40), st.text(alphabet="nikeNIKE İß😀", max_size=40))
def test_every_mention_is_the_text_at_its_place(title: str, description: str) -> None:
    texts = {"/title": title, "/description": description}
    for item in mentions(title=title, description=description):
        place = item.locations[0]
        assert texts[place.pointer][place.start : place.end] == item.text
