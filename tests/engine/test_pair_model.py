"""Likeness of two listings: measures are symmetric, the score adds up, variants are no duplicates."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from engine import load_pack
from engine.duplicates import Card, Catalogue, PairModel, PairModelError, Wording, card_of, make_card
from engine.duplicates.clusters import clusters
from engine.duplicates.finder import shared_things
from engine.duplicates.measures import MEASURES, NAMES, compare, is_form
from engine.duplicates.model import Steps
from engine.duplicates.words import WordTable, words_of
from engine.errors import RulePackError
from engine.facts import Attribute, Image, Listing, Sku

WORDING = Wording(frozenset({"red", "blue"}), frozenset({"xl", "l"}))
TITLES = st.lists(
    st.sampled_from(["acme", "drill", "kd46x", "kd40x", "18v", "set", "red", "blue", "2", "pcs", "钻头", "набор", "ü"]),
    max_size=9,
).map(" ".join)


def even(word: str) -> float:
    return 0.5


def card(title: str, **more: object) -> Card:
    return make_card("", title, wording=WORDING, **more)  # type: ignore[arg-type]


def measured(one: Card, other: Card) -> dict[str, float]:
    return dict(zip(NAMES, compare(one, other, even).values, strict=True))


@cache
def model() -> PairModel:
    found = load_pack(rules.path("aliexpress")).pair_model
    assert found is not None
    return found


@settings(deadline=None)
@given(TITLES, TITLES, st.none() | st.floats(0.01, 1e6), st.none() | st.floats(0.01, 1e6))
def test_the_order_of_the_two_listings_does_not_matter(one: str, other: str, price: float, its_price: float) -> None:
    left, right = card(one, price=price), card(other, price=its_price)
    there, back = compare(left, right, even), compare(right, left, even)
    assert there.values == pytest.approx(back.values)
    assert sorted(there.apart) == sorted(back.apart)


@settings(deadline=None)
@given(TITLES, TITLES)
def test_the_parts_of_a_score_add_up_to_it(one: str, other: str) -> None:
    score = model().score(compare(card(one), card(other), even))
    total = score.intercept + sum(part.points for part in score.parts)
    assert score.probability == pytest.approx(1 / (1 + math.exp(-total)))


@settings(deadline=None)
@given(TITLES)
def test_a_title_is_like_itself(title: str) -> None:
    values = measured(card(title), card(title))
    assert (values["unmatched_most"], values["numbers_apart"], values["colours_conflict"]) == (0, 0, 0)


def test_a_card_holds_what_is_compared() -> None:
    listing = Listing(
        id="7",
        title="ACME Drill KD-46X 18V Red, pack of 2, XL",
        price=Decimal("9.5"),
        skus=(Sku(code="A-1", price=Decimal(8)), Sku(price=Decimal(12))),
        images=(Image(url="https://x.example/kf/a.jpg_50x50.jpg"),),
        attributes=(Attribute(name="Brand Name", value="Acme"),),
        description="<p>Cordless</p>",
    )
    found = card_of(listing, WORDING)
    assert found == Card(
        id="7",
        title="acme drill kd-46x 18v red, pack of 2, xl",
        ordered="18v 2, acme drill kd-46x of pack red, xl",
        words=("acme", "drill", "kd46x", "18v", "red", "pack", "of", "2", "xl"),
        bag=frozenset({"acme", "drill", "kd46x", "18v", "red", "pack", "of", "2", "xl"}),
        compact="acmedrillkd46x18vredpackof2xl",
        described=frozenset({"acme", "drill", "kd46x", "18v", "red", "pack", "of", "2", "xl", "cordless"}),
        codes=frozenset({"kd46x"}),
        numbers=frozenset({"2"}),
        sizes=frozenset({"18v", "xl"}),
        colours=frozenset({"red"}),
        packs=frozenset({"2"}),
        brand="acme",
        price=8.0,
        pictures=frozenset({"a"}),
        sku_codes=frozenset({"a-1"}),
        attributes=frozenset({("brand name", "acme")}),
    )


LOOK, NEARLY, ELSE = "c3b1949d6e6a4b21", "c3b1949d6e6a4b1e", "3c4e6b629195b4de"
"""A picture's hash, that of a copy (6 bits off) and that of another picture (64)."""


@pytest.mark.parametrize(
    ("mine", "theirs", "bits"),
    [
        ([LOOK], [LOOK], 0),
        ([LOOK], [NEARLY], 6),
        ([ELSE, LOOK], [ELSE[::-1], NEARLY], 6),
        ([LOOK], [ELSE], 64),
        ([LOOK], [], -1),
        (["8000000000000000"], ["8000000000000000"], -1),
        (["no hash"], [LOOK], -1),
    ],
)
def test_the_most_alike_pictures_of_two_listings_tell_how_far_they_are_apart(
    mine: list[str], theirs: list[str], bits: int
) -> None:
    assert measured(card("a", hashes=mine), card("b", hashes=theirs))["picture_distance"] == bits


def test_a_picture_of_the_same_name_and_look_counts_once() -> None:
    values = measured(card("a", pictures=["p"], hashes=[LOOK]), card("b", pictures=["p"], hashes=[LOOK]))
    assert (values["pictures_shared"], values["picture_distance"]) == (1, -1)


def test_hashes_are_of_the_main_pictures() -> None:
    images = (
        Image(url="https://x.example/kf/a.jpg", phash=LOOK),
        Image(url="https://x.example/kf/b.jpg", phash=ELSE, kind="sku"),
    )
    assert card_of(Listing(title="a", images=images)).hashes == (int(LOOK, 16),)


def test_a_picture_that_was_saved_anew_makes_a_doubtful_pair_a_duplicate() -> None:
    def found(theirs: str) -> tuple[str, float]:
        shorter = card("Garden Bench with Backrest and Storage Box", hashes=[theirs])
        pair = compare(card(NEAR[0], hashes=[LOOK]), shorter, even)
        score = model().score(pair)
        (points,) = [part.points for part in score.parts if part.measure == "picture_distance"]
        return model().relation(pair, score), points

    (far, none), (near, some) = found(ELSE), found(NEARLY)
    assert (far, near) == ("review", "duplicate")
    assert some > none == 0


def test_listings_with_a_picture_of_the_same_look_are_compared() -> None:
    cards = [
        make_card(str(number), title, hashes=[LOOK])
        for number, title in enumerate(("Oak Table Round", "Desk of Oak Wood"))
    ]
    keys, owners = shared_things(cards)
    assert (keys.tolist(), owners.tolist()) == ([0, 0], [0, 1])


@pytest.mark.parametrize(
    ("word", "other", "same"),
    [
        ("prof", "professional", True),
        ("spark", "sprak", True),
        ("dlx", "deluxe", True),
        ("kd46", "kd40", False),
        ("red", "blue", False),
        ("house", "mouse", False),
    ],
)
def test_a_word_stands_for_its_abbreviation_and_its_slip_but_not_for_a_code(word: str, other: str, same: bool) -> None:
    assert is_form(word, other) == is_form(other, word) == same


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("Acme Cordless Drill Driver Kit Red", "Acme Cordless Drill Driver Kit Blue", "colours_conflict"),
        ("Acme Cordless Drill Driver Kit 18V", "Acme Cordless Drill Driver Kit 12V", "sizes_conflict"),
        ("Acme Cordless Drill Bits pack of 5", "Acme Cordless Drill Bits pack of 10", "packs_conflict"),
        ("Acme Cordless Drill Driver KD460", "Acme Cordless Drill Driver KD720", "codes_differ"),
        ("Acme Cordless Jacket for Men Size XL", "Acme Cordless Jacket for Men Size L", "sizes_conflict"),
    ],
)
def test_a_variant_of_a_product_is_no_duplicate(one: str, other: str, difference: str) -> None:
    pair = compare(card(one, price=10), card(other, price=10), even)
    assert difference in model().differences(pair)
    assert model().relation(pair, model().score(pair)) != "duplicate"


NEAR = [
    "Wooden Garden Bench with Backrest and Storage Box for Patio",
    "NEW Wooden Garden Bench with Backrest and Storage Box for Patio",
    "Wooden Gadren Bench with Storage Box and Backrest for Patio",
]
OTHERS = [
    "Folding Camping Chair with Cup Holder and Carry Bag",
    "Wooden Chopping Board with Handle for Kitchen Use",
    "Stainless Steel Insulated Bottle with Leakproof Lid",
    "Garden Hose Reel with Wall Mount and Brass Nozzle",
    *["Washing Machine"] * 6,
]


def test_duplicates_of_a_catalogue_are_found_and_generic_titles_are_not() -> None:
    catalogue = Catalogue.of([make_card(str(n), title) for n, title in enumerate([*NEAR, *OTHERS])], model())
    matches = list(catalogue.matches())
    assert [(m.left, m.right, m.relation) for m in matches] == [
        (0, 1, "duplicate"),
        (0, 2, "duplicate"),
        (1, 2, "review"),
    ]
    assert catalogue.clusters(matches) == [[0, 1, 2]]


def test_listings_with_the_same_picture_are_compared_whatever_their_titles() -> None:
    cards = [
        make_card(str(n), title, pictures=["p"]) for n, title in enumerate(("Oak Table Round", "Desk of Oak Wood"))
    ]
    found = Catalogue.of(cards, PairModel(**{**_fields(model()), "blocking": _wide(model())})).candidates
    assert (found.left.tolist(), found.right.tolist()) == ([0], [1])


def _fields(found: PairModel) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def _wide(found: PairModel) -> object:
    import dataclasses

    return dataclasses.replace(found.blocking, likeness=0)


@settings(deadline=None)
@given(st.lists(TITLES, max_size=12))
def test_any_catalogue_is_searched_without_a_fault(titles: list[str]) -> None:
    catalogue = Catalogue.of([make_card(str(n), title) for n, title in enumerate(titles)], model())
    found = catalogue.candidates
    assert all(left < right for left, right in zip(found.left.tolist(), found.right.tolist(), strict=True))
    groups = catalogue.clusters(catalogue.matches())
    members = [number for group in groups for number in group]
    assert len(members) == len(set(members))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.floats(0, 1)), max_size=20))
def test_clusters_are_apart_and_in_order_whatever_the_order_of_the_pairs(pairs: list[tuple[int, int, float]]) -> None:
    distinct = {(min(a, b), max(a, b)): p for a, b, p in pairs if a != b}
    rows = [(a, b, p) for (a, b), p in distinct.items()]
    found = clusters(rows, 0.5)
    assert found == clusters(reversed(rows), 0.5)
    assert found == sorted(found)
    members = [node for group in found for node in group]
    assert len(members) == len(set(members))


def test_one_bridge_does_not_make_two_products_one() -> None:
    left = [(a, b, 0.9) for a, b in ((0, 1), (0, 2), (1, 2))]
    right = [(a, b, 0.9) for a, b in ((3, 4), (3, 5), (4, 5))]
    assert clusters([*left, *right, (2, 3, 0.8)], 0.5) == [[0, 1, 2], [3, 4, 5]]


def test_words_of_scripts_without_spaces_are_pairs_of_signs() -> None:
    assert words_of("无线耳机 Bluetooth5.0耳") == ["无线", "线耳", "耳机", "bluetooth50", "耳"]


def test_a_rarer_word_weighs_more_whatever_the_size_of_the_catalogue() -> None:
    table = WordTable(["a b", "a c", "a d"])
    assert (table.weight("never seen"), table.weight("b")) == (1.0, pytest.approx(1.0))
    assert table.weight("a") == pytest.approx(math.log(4 / 3) / math.log(4))


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    model().save(tmp_path / "pairs.json")
    assert PairModel.load(tmp_path / "pairs.json") == model()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 9}', "\x00"])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(PairModelError, match=r"x\.json: not a pair model"):
        PairModel.load(tmp_path / "x.json")


def test_faults_of_the_packs_model_are_all_told_at_their_place(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.yaml").write_text(
        "id: pack\nversion: 1.0.0\nmarketplace: m\ncurrency: USD\nlanguage: en\n"
        "title: {en: T, zh: 标题}\nexamples_as_of: 2026-01-01\n"
    )
    (tmp_path / "pack" / "pair_model.yaml").write_text(
        "title: {en: T, zh: 标题}\norigin: house\nnote: {en: Note, zh: 注}\nintercept: 0\nduplicate: 0.9\nreview: 0.5\n"
        "join: 0.5\nvariants: [wrod_likeness]\nblocking: {rarest: 5, rare: 20, neighbours: 0, likeness: 0.4, most: 9}\n"
        "measures:\n  word_likenes: {edges: [], points: [1]}\n  brand: {edges: [2, 1], points: [1, 2, 3]}\n"
    )
    with pytest.raises(RulePackError) as raised:
        load_pack(tmp_path / "pack", use_cache=False)
    told = [(fault.line, fault.code) for fault in raised.value.faults]
    assert told == [(8, "R008"), (9, "R003"), (11, "R008"), (12, "R003")]


def test_every_measure_is_worded_in_both_languages() -> None:
    assert [name for name, measure in MEASURES.items() if not (measure.en and measure.zh)] == []
    assert [Steps((0.0,), (1.0, 2.0)).at(value) for value in (-1, 0, 1)] == [1.0, 1.0, 2.0]
