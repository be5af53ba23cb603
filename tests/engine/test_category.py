"""Title against category: nouns, heads, audience, the ranking and the fitted model."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Listing
from engine.features.audience import title_audience
from engine.features.category import (
    category_evidence,
    category_is_given,
    category_is_known,
    category_margin,
    category_selling_unit_fits,
    category_title_agrees,
    suggested,
)
from engine.features.category_scores import ranking
from engine.features.head_noun import head_words
from engine.features.product_noun import mentions, title_has_product_noun, title_product_noun
from engine.features.view import View
from engine.training import CategoryModel, train_category
from engine.training.category import TrainingError, area
from engine.training.predictor import ModelFileError
from tests.engine.small_tree import AS_OF, RESOURCES, view


def nouns(title: str) -> list[tuple[str, bool]]:
    return [(mention.phrase, mention.is_head) for mention in mentions(view(title))]


def test_the_noun_of_a_compound_is_its_last_word():
    assert nouns("Shockproof Phone Case") == [("phone", False), ("case", True)]


def test_what_the_goods_are_for_is_not_the_goods():
    assert nouns("Silicone Case for Phone") == [("case", True), ("phone", False)]
    assert nouns("Case compatible with iPhone 14") == [("case", True), ("iphone", False)]


def test_a_complement_that_stands_first_leaves_the_goods_to_the_last_noun():
    assert nouns("For iPhone 14 silicone case") == [("iphone", False), ("case", True)]


def test_a_title_whose_only_noun_is_what_it_fits_names_no_goods():
    assert nouns("Zippered sleeve for phone") == [("phone", False)]
    assert title_product_noun(view("Zippered sleeve for phone")) is None


def test_a_set_of_goods_names_the_goods():
    assert nouns("Set of 3 water bottles") == [("water bottle", True)]


def test_two_names_of_alike_goods_in_a_row_are_both_goods():
    assert nouns("Summer Gown Dress") == [("gown", True), ("dress", True)]


def test_plural_case_hyphen_and_possessive_do_not_hide_a_noun():
    assert [title_product_noun(view(title)) for title in ("DRESSES", "a T-Shirt", "Tee's")] == [
        "DRESSES",
        "T-Shirt",
        "Tee's",
    ]


def test_a_chinese_title_names_its_goods():
    found = view("新款硅胶手机壳", "phone_cases")
    assert (title_product_noun(found), category_title_agrees(found)) == ("手机壳", True)


def test_in_chinese_too_what_it_fits_is_not_the_goods():
    assert title_product_noun(view("手机壳 适用于手机")) == "手机壳"
    assert title_product_noun(view("适用于手机的水杯")) == "水杯"


def test_spans_are_code_points_of_the_original_title():
    title = "🎁 İnce ﬁne DRESS"
    mention = mentions(view(title))[0]
    assert title[mention.start : mention.end] == "DRESS"


def test_without_a_title_nothing_is_known_and_a_blank_one_is_no_title():
    assert [title_has_product_noun(view(title)) for title in (None, "", "  ", "qwerty")] == [None, None, None, False]


def test_a_title_that_names_its_category_leads_nowhere_else():
    found = view("Floral Summer Dress", "womens_dresses")
    assert (category_title_agrees(found), category_margin(found), suggested(found)) == (True, Decimal("0.000"), None)


def test_a_title_of_another_category_names_it_with_lead_and_words():
    found = view("Shockproof Phone Case", "womens_dresses")
    better = suggested(found)
    margin = category_margin(found)
    assert better is not None
    assert margin is not None
    assert (better.id, category_evidence(found), margin > Decimal("0.5")) == ("phone_cases", ["Case"], True)


def test_a_neighbour_of_the_same_group_leads_by_little():
    found = view("Cotton T-Shirt", "womens_dresses")
    assert (category_title_agrees(found), category_margin(found)) == (True, Decimal("0.100"))


def test_the_same_goods_for_another_audience_are_another_category():
    found = view("Men Cotton T-Shirt", "womens_tshirts")
    better = suggested(found)
    assert better is not None
    assert (category_title_agrees(found), better.id) == (False, "mens_tshirts")


def test_the_audience_of_a_title_is_told_only_when_it_is_one():
    titles = ["Men Shirt", "Men Women Shirt", "Funny gift men", "Kids shirt", "Ladies' shirt", "Shirt"]
    assert [title_audience(view(title)) for title in titles] == ["men", None, None, "kids", "women", None]


def test_a_misspelt_noun_is_still_ranked_first():
    shares = ranking(view("Runing sneekers sneakerz")).probabilities
    best = max(shares, key=lambda leaf: shares[leaf])
    assert RESOURCES.taxonomy.leaves[best].id == "sneakers"


def test_the_head_of_a_title_is_what_stands_before_its_complement():
    assert head_words(view("Silicone case compatible with iPhone 14 Pro")) == ("silicone", "case")
    assert head_words(view("For iPhone silicone case")) == ("iphone", "silicone", "case")


def test_unknown_is_not_false():
    assert category_title_agrees(view("Dress", "no-such-id")) is None
    assert category_margin(view(None, "womens_dresses")) is None
    assert (category_is_given(view("x")), category_is_known(view("x")), category_is_known(view("x", "no-such-id"))) == (
        False,
        None,
        False,
    )


def test_a_selling_unit_fits_in_the_plural_and_as_a_lot():
    units = ["pair", "Pairs", "lot", "piece", None]
    assert [category_selling_unit_fits(view("x", "sneakers", selling_unit=unit)) for unit in units] == [
        True,
        True,
        True,
        False,
        None,
    ]


@given(st.text(max_size=200))
def test_no_title_breaks_the_reading_and_every_span_is_inside(title: str):
    found = view(title, "womens_dresses")
    assert all(0 <= mention.start < mention.end <= len(title) for mention in mentions(found))
    margin = category_margin(found)
    assert margin is None or 0 <= margin <= 1


def test_a_title_of_a_million_characters_is_read_in_part():
    assert category_margin(view("phone case " * 100_000, "womens_dresses")) is not None


def test_the_slow_way_gives_the_same_in_many_threads():
    titles = [f"Runing sneekers {number}" for number in range(40)]
    alone = [category_margin(view(title, "womens_dresses")) for title in titles]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda title: category_margin(view(title, "womens_dresses")), titles)) == alone


def test_importing_the_engine_loads_neither_spacy_nor_numpy():
    code = "import engine.features, sys; print(sorted({'spacy', 'numpy', 'sklearn', 'rapidfuzz'} & set(sys.modules)))"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]"


def test_spacy_is_loaded_whole_without_its_command_line_left_stubbed():
    code = (
        "import sys; from engine.features.spacy_lite import read; read('a b', 't', {'x': [[{'LOWER': 'b'}]]});"
        "print('spacy.cli' in sys.modules); import spacy.cli; print(hasattr(spacy.cli, 'app'))"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.split() == ["False", "True"]


# --- fitted to a catalogue --------------------------------------------------------------------------------------------

COLORS = ("red", "blue", "green", "black", "white", "pink", "grey", "brown")
CATALOGUE = [
    *((f"{color} zorb widget no {number}", "Zorbs > Widgets") for number, color in enumerate(COLORS * 3)),
    *((f"{color} quib gasket no {number}", "Quibs > Gaskets") for number, color in enumerate(COLORS * 3)),
    ("one of a kind", "Odd"),
]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sklearn")
    place = tmp_path_factory.mktemp("model") / "category.npz"
    report = train_category(CATALOGUE, place)
    assert (report.rows, report.categories, report.left_out, report.accuracy) == (48, 2, {"Odd": 1}, 1.0)
    return place


def test_a_fitted_model_is_read_back_and_tells_its_categories_apart(model_file: Path):
    model = CategoryModel.load(model_file)
    shares = model.probabilities("purple zorb widget")
    assert max(shares, key=lambda label: shares[label]) == "Zorbs > Widgets"
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_fitted_model_speaks_for_the_categories_it_knows(model_file: Path):
    resources = replace(RESOURCES, settings={"category_model": model_file})
    listing = Listing(title="purple zorb widget", category_path=("Quibs", "Gaskets"))
    margin = category_margin(View(listing, resources, as_of=AS_OF))
    assert margin is not None
    assert margin > Decimal("0.5")


def test_a_listing_the_model_does_not_know_is_judged_out_of_the_box(model_file: Path):
    resources = replace(RESOURCES, settings={"category_model": CategoryModel.load(model_file)})
    found = View(Listing(title="Floral Dress", category_id="womens_dresses"), resources, as_of=AS_OF)
    assert category_margin(found) == Decimal("0.000")


def test_too_few_categories_cannot_be_learnt(tmp_path: Path):
    with pytest.raises(TrainingError, match="two categories"):
        train_category([("a", "x")] * 9, tmp_path / "model.npz")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path):
    broken = tmp_path / "model.npz"
    broken.write_bytes(b"not a model")
    with pytest.raises(ModelFileError, match="not a category model"):
        CategoryModel.load(broken)


def test_the_area_under_the_curve_counts_ties_half():
    assert (area([2.0, 3.0], [0.0, 1.0]), area([1.0, 1.0], [1.0, 1.0]), area([1.0], [0.0, 1.0])) == (1.0, 0.5, None)
