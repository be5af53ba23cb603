"""All fixes of a listing as one patch: overlaps resolved, whatever order the findings come in."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import Attribute, Image, Listing
from engine.fixes import Change, Original, Plan, Proposal, TextEdit, apply_patch, plan, to_patch
from engine.fixes.edits import edited

TITLE = "hot sale red dress dress 2 pcs"
LISTING = Listing(title=TITLE, images=tuple(Image(url=f"https://i.example/{n}") for n in range(4)))


def cut(start: int, end: int, by: str = "", pointer: str = "/title") -> TextEdit:
    return TextEdit(pointer, start, end, by)


def planned(*proposals: Proposal, listing: Listing = LISTING) -> tuple[Listing, Plan]:
    result = plan(Original(listing), proposals)
    return apply_patch(listing, result.patch), result


def test_equal_edits_of_two_findings_are_made_once() -> None:
    changed, result = planned(Proposal("a", 1, (cut(0, 4),)), Proposal("b", 1, (cut(0, 4),)))
    assert changed.title == "sale red dress dress 2 pcs"
    assert (result.included, result.left_out) == (("a", "b"), ())


def test_overlapping_deletions_become_one() -> None:
    changed, result = planned(Proposal("a", 1, (cut(0, 6),)), Proposal("b", 1, (cut(4, 9),)))
    assert changed.title == "red dress dress 2 pcs"
    assert result.patch == (
        {"op": "test", "path": "/title", "value": TITLE},
        {"op": "replace", "path": "/title", "value": "red dress dress 2 pcs"},
    )


def test_of_two_replacements_that_overlap_the_more_severe_wins_and_the_other_is_named() -> None:
    mild, severe = Proposal("mild", 0, (cut(0, 3, "warm"), cut(9, 13))), Proposal("severe", 2, (cut(0, 8, "new"),))
    changed, result = planned(mild, severe)
    assert changed.title == "new red dress dress 2 pcs"
    assert (result.included, result.left_out) == (("severe",), ("mild",))


def test_an_edit_inside_an_item_that_goes_is_no_longer_needed() -> None:
    listing = Listing(attributes=(Attribute(name="Brand", value="hot"), Attribute(name="Color", value="red")))
    drop = Proposal("drop", 0, (Change("remove", "/attributes/0"),))
    clean = Proposal("clean", 2, (cut(0, 1, "H", "/attributes/0/value"), cut(0, 1, "R", "/attributes/1/value")))
    changed, result = planned(drop, clean, listing=listing)
    assert changed == Listing(attributes=(Attribute(name="Color", value="Red"),))
    assert result.left_out == ()


def test_items_of_several_findings_go_together_and_indices_stay_right() -> None:
    changed, _ = planned(
        Proposal("a", 0, (Change("remove", "/images/0"), Change("remove", "/images/2"))),
        Proposal("b", 0, (Change("remove", "/images/2"), Change("remove", "/images/3"))),
    )
    assert changed.images == (Image(url="https://i.example/1"),)


def test_two_values_for_one_field_do_not_go_together() -> None:
    one = Proposal("one", 1, (Change("add", "/selling_unit", "piece"),))
    other = Proposal("other", 2, (Change("add", "/selling_unit", "lot"),))
    changed, result = planned(one, other)
    assert changed.selling_unit == "lot"
    assert (result.included, result.left_out) == (("other",), ("one",))


def test_deletions_that_are_harmless_alone_but_lose_a_count_together_are_not_combined() -> None:
    # "2 pcs" stands once: neither finding may take it away, whoever asks first.
    taker = Proposal("taker", 2, (cut(25, 30),))
    other = Proposal("other", 0, (cut(0, 4),))
    changed, result = planned(taker, other)
    assert changed.title == "sale red dress dress 2 pcs"
    assert result == Plan(result.patch, ("other",), ("taker",))


def test_nothing_to_do_is_an_empty_plan() -> None:
    assert plan(Original(LISTING), []) == Plan((), (), ())


text_edits = st.builds(
    lambda a, b, by: TextEdit("/title", min(a, b), max(a, b), by),
    st.integers(0, 24),
    st.integers(0, 24),
    st.sampled_from(["", "", " ", "new", "X"]),
)
changes = st.one_of(
    st.builds(lambda index: Change("remove", f"/images/{index}"), st.integers(0, 3)),
    st.builds(
        lambda index, kind: Change("add", f"/images/{index}/kind", kind), st.integers(0, 3), st.sampled_from("ab")
    ),
    st.builds(lambda value: Change("add", "/selling_unit", value), st.sampled_from(["piece", "lot"])),
)


def separate(edits: list[TextEdit | Change]) -> tuple[TextEdit | Change, ...]:
    """One finding's own edits do not contradict each other."""
    kept: list[TextEdit | Change] = []
    for edit in edits:
        alone = plan(Original(LISTING), [Proposal("x", 0, (*kept, edit), (("/title", 0, 30),))])
        if not alone.left_out:
            kept.append(edit)
    return tuple(kept)


@st.composite
def proposals(draw):
    found = draw(st.lists(st.lists(text_edits | changes, min_size=1, max_size=3), max_size=5))
    ranks = st.integers(0, 2)
    return [Proposal(f"f{n}", draw(ranks), separate(edits)) for n, edits in enumerate(found)]


@settings(max_examples=150, deadline=None)
@given(proposals(), st.randoms())
def test_a_plan_does_not_depend_on_the_order_of_the_findings(found, random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert plan(Original(LISTING), shuffled) == plan(Original(LISTING), found)


@settings(max_examples=150, deadline=None)
@given(proposals())
def test_every_plan_applies_and_names_each_finding_once(found) -> None:
    result = plan(Original(LISTING), found)
    apply_patch(LISTING, result.patch)
    assert sorted(result.included + result.left_out) == sorted(proposal.id for proposal in found)


@settings(max_examples=150, deadline=None)
@given(proposals())
def test_what_an_included_finding_deletes_is_gone(found) -> None:
    original = Original(LISTING)
    result = plan(original, found)
    alone = [proposal for proposal in found if proposal.id in result.included]
    changed = apply_patch(LISTING, result.patch)
    again = plan(original, alone)
    assert apply_patch(LISTING, again.patch) == changed
    for proposal in alone:
        for edit in proposal.edits:
            if isinstance(edit, Change) and edit.op == "remove":
                assert original.at(edit.pointer)["url"] not in [image.url for image in changed.images]


@given(st.lists(text_edits, max_size=1))
def test_a_single_text_fix_is_the_same_alone_and_planned(edits) -> None:
    original = Original(LISTING)
    result = plan(original, [Proposal("a", 0, tuple(edits), (("/title", 0, 30),))])
    assert result.patch == to_patch(original, edits)
    assert apply_patch(LISTING, result.patch).title == edited(TITLE, edits)
