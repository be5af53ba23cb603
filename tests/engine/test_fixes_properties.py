"""What holds for every text, every place and every operation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import Attribute, Image, Listing, Sku, SkuProperty
from engine.findings import Location
from engine.fixes import OPERATIONS, Original, PatchRefused, TextEdit, apply_patch, essentials, propose, to_patch
from engine.fixes.edits import as_json, merged, texts_edited
from engine.fixes.essentials import keys, outside
from engine.fixes.removal import SEPARATORS, SPACES, tidy_removals

SAFETY = frozenset({"choking hazard", "lithium battery", "keep away", "锂电池", "易燃"})
WORDS = {"safety_words": SAFETY, "acronyms": frozenset({"usb"}), "title_stop_words": frozenset({"for", "and"})}

PIECES = [
    "dress", "DRESS", "SALE", "phone", "Phone", "case", "hot", "for iPhone 15", "compatible with Zorva V8", "2 pcs",
    "Pack of 3", "10 cm", "3.5mm", "choking hazard", "lithium battery", "锂电池", "适用于 X9", "3件", "★", "\u200b",
    "5", "<b>", "</b>", "<a href='http://x.example/1'>", "</a>", "<script>", "</script>", "<div hidden>", "</div>",
    "<!--",
]  # fmt: skip
GLUE = [" ", "  ", ", ", ",", "-", "", "\u00a0", " (", ") ", "; "]

texts = st.one_of(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GLUE)), max_size=12).map(
        lambda parts: "".join(word + glue for word, glue in parts)
    ),
    st.text(max_size=40),
)
TEXT_OPERATIONS = {
    "drop_repeated_terms": st.fixed_dictionaries({"keep": st.integers(0, 3)}),
    "remove_spans": st.just({}),
    "replace_spans": st.fixed_dictionaries({"with": st.sampled_from(["", "x", "ok 7", "★"])}),
    "collapse_spaces": st.just({}),
    "trim_title": st.fixed_dictionaries({"limit": st.integers(1, 60)}),
    "lower_shouting": st.just({}),
    "remove_characters": st.just({}),
    "strip_html_elements": st.just({}),
    "unlink": st.just({}),
}
REMOVALS = {name for name, known in OPERATIONS.items() if known.removes_located}


@st.composite
def cases(draw):
    """An operation on a title or description, with located spans inside, at and beyond the ends of the text."""
    field = draw(st.sampled_from(["title", "description"]))
    text = draw(texts)
    name = draw(st.sampled_from(sorted(TEXT_OPERATIONS)))
    bounds = st.integers(0, len(text) + 2)
    spans = [sorted(pair) for pair in draw(st.lists(st.tuples(bounds, bounds), max_size=5))]
    if draw(st.booleans()):
        term = draw(st.sampled_from(PIECES))
        spans += [[at, at + len(term)] for at in range(len(text)) if text.startswith(term, at)]
    locations = [Location(f"/{field}", start, end, text[start:end]) for start, end in spans]
    return field, text, name, locations, draw(TEXT_OPERATIONS[name])


@settings(max_examples=400, deadline=None)
@given(cases())
def test_a_text_fix_keeps_every_essential_outside_the_located_text_and_applies_exactly_once(case) -> None:
    field, text, name, locations, arguments = case
    listing = Listing(**{field: text})
    original = Original(listing, WORDS)
    proposal = propose(original, name, locations, target=field, arguments=arguments)
    if proposal is None:
        return
    patch = to_patch(original, proposal.edits)
    changed = apply_patch(listing, patch)
    located = [(place.start, place.end) for place in locations] if name in REMOVALS else []
    if name == "drop_repeated_terms":
        located = [(start, end) for _, start, end in proposal.exempt]
    seen_before, seen_after = original.visible(f"/{field}"), Original(changed).visible(f"/{field}")
    must_stay = keys(outside(essentials(seen_before, SAFETY), located))
    assert must_stay <= keys(essentials(seen_after, SAFETY))
    if patch:
        with pytest.raises(PatchRefused):
            apply_patch(changed, patch)
    untouched = {key: value for key, value in as_json(changed).items() if key != field}
    assert untouched == {key: value for key, value in as_json(listing).items() if key != field}


@settings(max_examples=400, deadline=None)
@given(cases())
def test_edits_lie_in_the_text_do_not_overlap_and_name_all_that_changes(case) -> None:
    field, text, name, locations, arguments = case
    original = Original(Listing(**{field: text}), WORDS)
    proposal = propose(original, name, locations, target=field, arguments=arguments)
    for pointer, edits in texts_edited(proposal.edits if proposal else ()).items():
        assert pointer == f"/{field}"
        at = 0
        for edit in sorted(edits, key=lambda edit: edit.start):
            assert at <= edit.start <= edit.end <= len(text)
            at = edit.end


@given(st.text("ab ,;()\n|", max_size=30), st.data())
def test_a_tidy_removal_takes_only_what_was_named_and_spaces_separators_and_empty_brackets_around(text, data) -> None:
    bounds = st.integers(0, len(text))
    places = [tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(bounds, bounds), max_size=4))]
    places = [place for place in places if place[0] < place[1]]
    removed = {index for start, end, _ in tidy_removals(text, places) for index in range(start, end)}
    named = {index for start, end in places for index in range(start, end)}
    assert named <= removed
    assert {text[index] for index in removed - named} <= set(SPACES + SEPARATORS + "()")


items = st.builds(lambda n: Image(url=f"https://i.example/{n}.jpg"), st.integers(0, 5))


@given(st.lists(items, max_size=15), st.lists(st.integers(0, 20), max_size=10))
def test_dropped_items_are_those_named_whatever_their_number_and_order(images, indices) -> None:
    listing = Listing(images=tuple(images))
    original = Original(listing)
    locations = [Location(f"/images/{index}/url") for index in indices]
    proposal = propose(original, "drop_items", locations, target="images")
    changed = apply_patch(listing, to_patch(original, proposal.edits)) if proposal else listing
    assert list(changed.images) == [image for index, image in enumerate(images) if index not in indices]


@given(texts, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_merged_spans_cover_the_same_characters(text: str, places) -> None:
    spans = [tuple(sorted(place)) for place in places if place[0] != place[1]]
    flat = {index for start, end in merged(spans) for index in range(start, end)}
    assert flat == {index for start, end in spans for index in range(start, end)}


pointers = st.sampled_from(
    [
        "",
        "/",
        "/title",
        "/skus/0",
        "/skus/9/price",
        "/skus/0/properties/0/label",
        "/attributes/0/value",
        "/images",
        "/~1",
    ]
)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(sorted(OPERATIONS)),
    st.lists(st.builds(Location, pointers, st.none() | st.integers(-2, 9), st.none() | st.integers(-2, 9)), max_size=4),
    st.sampled_from([None, "title", "price", "skus.price", "attributes", "nonsense"]),
)
def test_no_place_however_wrong_makes_an_operation_crash(name: str, locations, target) -> None:
    listing = Listing(
        title="a hot 2 pcs",
        attributes=(Attribute(name="Color"),),
        skus=(Sku(code="x y", properties=(SkuProperty(name="Color", label="red ★"),)),),
    )
    arguments = {"keep": 1, "limit": 5, "with": "x", "value": "y", "name": "z", "id": "1", "places": 2}
    known = OPERATIONS[name].arguments
    given_arguments = {key: value for key, value in arguments.items() if key in known}
    original = Original(listing, WORDS)
    proposal = propose(original, name, locations, target=target, arguments=given_arguments)
    if proposal is not None:
        assert all(isinstance(edit, TextEdit) or edit.pointer for edit in proposal.edits)
        apply_patch(listing, to_patch(original, proposal.edits))
