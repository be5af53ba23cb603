"""Attributes: what is missing, not allowed, wrongly measured, given twice, and what the title contradicts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Attribute, Sku, SkuProperty
from engine.features.attributes import (
    attributes_bad_numbers,
    attributes_number,
    attributes_repeated,
    attributes_unlisted_values,
    attributes_values,
    category_key_fill_rate,
    category_missing_key,
    category_missing_required,
)
from engine.features.contradictions import attributes_contradictions
from engine.features.view import View
from engine.findings import Location
from tests.engine.small_tree import view


def attributes(**values: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name=name.replace("_", " "), value=value) for name, value in values.items())


def skus(name: str, *values: str) -> tuple[Sku, ...]:
    return tuple(Sku(properties=(SkuProperty(name=name, value=value),)) for value in values)


def clashes(title: str, **facts: object) -> list[tuple[str, str, str]]:
    found = attributes_contradictions(view(title, **facts))  # type: ignore[arg-type]
    return [(item.kind, item.title_says, item.attribute_says) for item in found]


def told(title: str, **values: str) -> list[tuple[str, str, str]]:
    return clashes(title, attributes=attributes(**values))


def missing(found: View) -> list[str] | None:
    items = category_missing_required(found)
    return None if items is None else [item.id for item in items]


# --- complete and well-formed -----------------------------------------------------------------------------------------


def test_required_attributes_that_are_not_given_are_named():
    found = view("Dress", "womens_dresses", attributes=attributes(brand="Norvella"))
    assert (missing(found), [item.id for item in category_missing_key(found) or ()]) == (
        ["neckline"],
        ["color", "material"],
    )
    assert category_key_fill_rate(found) == Decimal("0.25")


def test_a_placeholder_is_no_value_but_a_brand_of_none_is_one():
    found = view("Dress", "womens_dresses", attributes=attributes(brand="None", neckline="n/a"))
    items = category_missing_required(found)
    assert items is not None
    assert [(item.id, item.placeholder, item.locations) for item in items] == [
        ("neckline", "n/a", (Location("/attributes/1"),))
    ]


def test_what_the_skus_say_counts_as_given():
    facts = {"attributes": attributes(brand="Norvella", neckline="V-Neck", material="Cotton")}
    found = view("Dress", "womens_dresses", skus=skus("Colour", "Sunset"), **facts)
    assert (missing(found), category_missing_key(found)) == ([], [])


def test_without_a_known_leaf_nothing_is_known_to_be_missing():
    assert [missing(view("Dress", category)) for category in (None, "no-such-id", "womens_group")] == [None] * 3


def test_a_misspelt_value_gets_the_nearest_one_with_its_place():
    found = attributes_unlisted_values(view(attributes=attributes(material="95% Coton, 5% Polyester")))
    assert [(odd.value, odd.suggestion, odd.suggestion_zh, odd.likeness, odd.locations) for odd in found] == [
        ("Coton", "Cotton", "棉", Decimal("0.91"), (Location("/attributes/0/value", 4, 9, "Coton"),))
    ]


def test_a_custom_attribute_may_have_any_value():
    own = (Attribute(name="Material", value="Moonstuff", custom=True),)
    assert attributes_unlisted_values(view(attributes=own)) == []


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("750", "kg", "unit"),
        ("750 watts", None, "unit"),
        ("large", None, "number"),
        ("750", "ml", None),
        ("0.75L", None, None),
        ("750", None, None),
        ("500-750", "kg", None),
    ],
)
def test_a_number_attribute_wants_a_number_in_one_of_its_units(value: str, unit: str | None, expected: str | None):
    found = attributes_bad_numbers(view(attributes=(Attribute(name="Capacity", value=value, unit=unit),)))
    assert [item.problem for item in found] == ([expected] if expected else [])


def test_an_exclusive_attribute_given_twice_with_two_values_is_named_once():
    twice = (Attribute(name="Neckline", value="V-Neck"), Attribute(name="Collar", value="Round Neck"))
    found = attributes_repeated(view(attributes=twice))
    assert [(item.attribute, item.first, item.second) for item in found] == [("Neckline", "V-Neck", "Round Neck")]


def test_the_same_value_in_two_wordings_and_several_colours_are_no_repeat():
    same = (Attribute(name="Neckline", value="O-Neck"), Attribute(name="Collar", value="Crew Neck"))
    colors = (Attribute(name="Color", value="Red"), Attribute(name="Color", value="Blue"))
    assert [attributes_repeated(view(attributes=given)) for given in (same, colors)] == [[], []]


def test_values_and_numbers_of_an_attribute_can_be_asked_for():
    found = view(attributes=attributes(material="Cotton, moonstuff", capacity="0.5 l"))
    assert (attributes_values(found, "material"), attributes_number(found, "capacity")) == (
        ["cotton", "moonstuff"],
        Decimal("500.0"),
    )
    assert (attributes_values(found, "color"), attributes_number(found, "quantity")) == (None, None)


# --- against the title ------------------------------------------------------------------------------------------------


def test_a_neckline_that_the_title_denies_is_found_with_both_places():
    found = attributes_contradictions(view("Floral V-Neck Dress", attributes=attributes(neckline="Round Neck")))
    assert [(item.kind, item.against, item.ratio, item.locations) for item in found] == [
        (
            "neckline",
            "attribute",
            None,
            (Location("/title", 7, 13, "V-Neck"), Location("/attributes/0/value", 0, 10, "Round Neck")),
        )
    ]


@pytest.mark.parametrize(
    ("title", "given_values"),
    [
        ("Crew Neck Dress", {"neckline": "O-Neck"}),
        ("U-Neck Dress", {"neckline": "O-Neck"}),
        ("V-Neck Round Neck Dress", {"neckline": "O-Neck"}),
        ("Dress with V-Neck Jacket", {"neckline": "O-Neck"}),
        ("Norvella Navy Blue Dress", {"color": "Blue"}),
        ("Norvella Black Red Dress", {"color": "Blue"}),
        ("Norvella Red Wine Dress", {"color": "Blue"}),
        ("Norvella Red Perfume", {"color": "Blue"}),
        ("Norvella Blues Dress", {"color": "Red"}),
        ("Norvella Red Dress", {"color": "Multicolor"}),
        ("Norvella Red Dress", {"color": "Sunset"}),
        ("Norvella Red & White Dress", {"color": "Blue"}),
        ("Genuine Leather Strap Dress", {"material": "Cotton"}),
        ("Dress with Cotton", {"material": "Polyester"}),
        ("Men Women Shirt", {"gender": "Men"}),
        ("Funny Gift Men", {"gender": "Women"}),
        ("Men Shirt", {"gender": "Unisex"}),
        ("Bottle 0.75 l", {"capacity": "750 ml"}),
        ("Bottle 500 ml 750 ml", {"capacity": "1000 ml"}),
        ("Bottle 500-750 ml", {"capacity": "1000 ml"}),
        ("Bottle up 500 ml", {"capacity": "1000 ml"}),
        ("Bottle 500 ml", {"capacity": "1000"}),
    ],
)
def test_near_misses_are_no_contradictions(title: str, given_values: dict[str, str]):
    assert told(title, **given_values) == []


def test_colour_material_and_gender_that_the_title_denies_are_found():
    assert told("Norvella Red Dress", color="Blue") == [("color", "Red", "Blue")]
    assert told("Norvella Genuine Leather Dress", material="Faux Leather") == [
        ("material", "Genuine Leather", "Faux Leather")
    ]
    assert told("Men Summer Shirt", gender="Ladies") == [("gender", "Men", "Ladies")]


def test_numbers_that_differ_are_found_with_their_ratio():
    found = attributes_contradictions(view("Bottle 0.5 l", attributes=attributes(capacity="750 ml")))
    assert [(item.kind, item.title_says, item.ratio) for item in found] == [("capacity", "0.5 l", Decimal("1.5"))]


def test_pieces_are_held_against_the_quantity_attribute():
    assert told("Bottle 4 pcs", quantity="2 pcs") == [("quantity", "4 pcs", "2 pcs")]
    assert told("Bottle 1-4 pcs", quantity="2 pcs") == []


def test_a_colour_that_some_sku_has_is_no_contradiction_and_one_that_none_has_is():
    assert clashes("Norvella Red Dress", skus=skus("Color", "Blue", "Red")) == []
    assert clashes("Norvella Red Dress", skus=skus("Color", "Blue", "Black")) == [("color", "Red", "blue, black")]
    assert clashes("Norvella Red Dress", skus=skus("Color", "Blue", "as shown")) == []


def test_a_title_or_attributes_alone_contradict_nothing():
    assert (clashes("Norvella Red Dress"), told("", color="Blue")) == ([], [])


@given(st.text(max_size=80), st.text(max_size=40), st.sampled_from(["Color", "Neckline", "Capacity", "Material"]))
def test_no_text_breaks_the_comparison_and_every_span_fits_its_text(title: str, value: str, name: str):
    found = view(title, "womens_dresses", attributes=(Attribute(name=name, value=value),))
    for item in attributes_contradictions(found):
        place = item.locations[0]
        assert title[place.start : place.end] == place.text == item.title_says
    attributes_unlisted_values(found)
    attributes_bad_numbers(found)
    category_missing_required(found)
