"""The category tree: how ids, paths, names, values and units are resolved."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.taxonomy import Taxonomy
from engine.taxonomy.nouns import split, stem
from tests.engine.small_tree import DOCUMENTS, TREE


def resolved(category_id: str | None, *path: str) -> str | None:
    found = TREE.resolve(category_id, path)
    return found.id if found else None


def test_an_id_of_ours_and_one_of_the_platform_resolve():
    assert (resolved("womens_tshirts"), resolved("200000783"), resolved("no-such-id")) == (
        "womens_tshirts",
        "womens_tshirts",
        None,
    )


def test_a_path_resolves_by_its_last_name_in_either_language_and_any_case():
    assert resolved(None, "Fashion", "Women's Clothing", "DRESSES") == "womens_dresses"
    assert resolved(None, "服装 > 女装 > 连衣裙") == "womens_dresses"
    assert resolved(None, "womens t-shirts") == "womens_tshirts"


def test_a_path_spelled_nearly_alike_resolves_and_one_that_only_resembles_does_not():
    assert resolved(None, "Fashion", "Womens Clothing", "Dreses") == "womens_dresses"
    assert resolved(None, "Garden", "Compost Bins") is None


def test_an_unknown_id_does_not_hide_a_known_path():
    assert resolved("999", "Fashion", "Shoes", "Sneakers") == "sneakers"


def test_groups_and_industries_resolve_as_nodes_that_are_no_leaves():
    group = TREE.resolve("womens_group", ())
    assert group is not None
    assert (group.is_leaf, group.ancestors, group.industry) == (False, ("fashion",), "fashion")


def test_a_leaf_inherits_what_its_industry_asks_and_names_no_attribute_twice():
    leaf = TREE.nodes["womens_dresses"]
    assert (leaf.required, leaf.key, leaf.selling_unit) == (("brand", "neckline"), ("color", "material"), ("piece",))
    assert leaf.typical_price == (Decimal(3), Decimal(90))
    assert TREE.nodes["sneakers"].selling_unit == ("pair",)


def test_within_holds_for_a_category_itself_and_everything_above_it():
    assert TREE.within("womens_dresses", "womens_dresses")
    assert TREE.within("womens_dresses", "fashion")
    assert not TREE.within("womens_dresses", "mens_group")
    assert not TREE.within("no-such-id", "fashion")


def test_an_attribute_is_found_by_name_alias_and_chinese_name():
    assert {TREE.attribute(name).id for name in ("COLOUR", " color ", "颜色")} == {"color"}  # type: ignore[union-attr]
    assert TREE.attribute("Voltage") is None


def test_of_two_attributes_with_one_alias_the_one_the_category_asks_for_wins():
    documents = [
        *DOCUMENTS,
        {
            "industry": {"id": "w", "name": {"en": "Watches"}},
            "groups": [
                {
                    "id": "wg",
                    "name": {"en": "W"},
                    "categories": [
                        {"id": "straps", "name": {"en": "Straps"}, "key": ["strap_width"]},
                        {"id": "shelves", "name": {"en": "Shelves"}, "key": ["item_width"]},
                    ],
                }
            ],
        },
    ]
    tree = Taxonomy.from_documents(documents)
    found = [tree.attribute("Width", tree.nodes[name]) for name in ("straps", "shelves")]
    assert [attribute.id for attribute in found if attribute] == ["strap_width", "item_width"]


def test_a_value_is_found_by_name_id_synonym_and_chinese_name():
    neckline = TREE.attributes["neckline"]
    found = [TREE.value(neckline, text) for text in ("O-Neck", "o_neck", "Crew neck", "圆领")]
    assert [value.id for value in found if value] == ["o_neck"] * 4
    assert TREE.value(neckline, "Boat") is None


def test_units_convert_to_the_first_one_and_foreign_units_do_not():
    capacity = TREE.attributes["capacity"]
    assert TREE.convert(capacity, Decimal("0.75"), "Litre") == Decimal("750.00")
    assert TREE.convert(capacity, Decimal(5), "kg") is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("dresses", "dress"),
        ("batteries", "battery"),
        ("men's", "men"),
        ("shoes", "shoe"),
        ("glasses", "glasses"),
        ("shorts", "shorts"),
        ("scarves", "scarf"),
        ("bus", "bus"),
        ("tv", "tv"),
        ("watches", "watch"),
        ("colour", "color"),
    ],
)
def test_the_stem_of_a_plural_is_the_singular(word: str, expected: str):
    assert stem(word) == expected


@given(st.text(max_size=40))
def test_stems_are_stable_and_no_text_breaks_the_look_ups(text: str):
    words = split(text)
    assert all(stem(word) == word or stem(stem(word)) == stem(word) for word in words)
    TREE.resolve(text, (text,))
    TREE.attribute(text)
    TREE.value(TREE.attributes["color"], text)
    assert TREE.unit(TREE.attributes["brand"], text) is None


def test_a_document_that_is_empty_or_of_another_kind_is_passed_over():
    assert Taxonomy.from_documents([{}, {"reading": {}}]).leaves == ()


def test_indexes_are_built_when_asked_for_and_not_at_construction():
    assert {"nouns", "linear", "attributes", "claims"}.isdisjoint(vars(Taxonomy.from_documents(DOCUMENTS)))
