"""All texts of a listing, apart and as one."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Attribute, Listing, Sku, SkuProperty
from engine.features.resources import Resources, WordList
from engine.features.scan import Scanner, hits
from engine.features.texts import corpus, same_length_lower, texts
from engine.features.view import View

SAMPLES = ["İstanbul", "free gift", "FREE", "ﬁ ß", "免费 free", "😀 free"]
TEXT = st.none() | st.text(max_size=8) | st.sampled_from(SAMPLES)
PROPERTIES = st.lists(st.builds(SkuProperty, name=st.just("Color"), value=TEXT, label=TEXT), max_size=2).map(tuple)
LISTINGS = st.builds(
    Listing,
    title=TEXT,
    description=TEXT,
    mobile_description=TEXT,
    attributes=st.lists(st.builds(Attribute, name=st.text(max_size=5), value=TEXT), max_size=2).map(tuple),
    skus=st.lists(st.builds(Sku, properties=PROPERTIES), max_size=2).map(tuple),
    keywords=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    titles=st.dictionaries(st.sampled_from(["ru", "a/b~c"]), st.text(max_size=5), max_size=2),
)
FREE = WordList("free_words", ("free", "免费"), scan=True)


def view_of(listing: Listing) -> View:
    taxonomy: Any = None
    return View(listing, Resources({}, taxonomy, Scanner([FREE])), as_of=date(2026, 1, 1))


@given(LISTINGS)
def test_the_joined_texts_are_the_single_ones_in_the_same_order(listing: Listing) -> None:
    view = view_of(listing)
    assert corpus(view).parts == [field.text for field in texts(view)]


@given(LISTINGS)
def test_every_hit_is_found_at_its_place_in_the_original_text(listing: Listing) -> None:
    view = view_of(listing)
    for hit in hits(view).get("free_words", []):
        place = hit.locations[0]
        original = next(field.text for field in texts(view) if field.pointer == place.pointer)
        assert original[place.start : place.end] == place.text
        assert same_length_lower(place.text or "") == hit.term


def test_a_word_inside_a_word_is_no_hit_but_chinese_words_have_no_gaps() -> None:
    view = view_of(Listing(title="freedom carefree Free-size", description="<p>全场免费送</p>"))
    found = [(hit.text, hit.locations[0].pointer, hit.locations[0].start) for hit in hits(view)["free_words"]]
    assert found == [("Free", "/title", 17), ("免费", "/description", 5)]


@given(st.text())
def test_lower_case_keeps_every_code_point_at_its_place(text: str) -> None:
    assert len(same_length_lower(text)) == len(text)
