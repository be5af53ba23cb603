"""Each operation on small listings: what it changes, what it leaves, and when it is not for a machine."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from engine.facts import Attribute, Image, Listing, Sku
from engine.findings import Location
from engine.fixes import OPERATIONS, Original, PatchRefused, apply_patch, propose, to_patch, verify

WORDS = {
    "safety_words": frozenset({"choking hazard", "lithium battery", "not for children under 3", "锂电池"}),
    "acronyms": frozenset({"usb", "hdmi"}),
    "title_stop_words": frozenset({"for", "with", "and"}),
    "english_title_words": frozenset({"for", "lid"}),
}


def places(text: str, pattern: str, pointer: str = "/title") -> list[Location]:
    return [Location(pointer, m.start(), m.end(), m.group()) for m in re.finditer(pattern, text)]


def mended(listing: Listing, operation: str, locations: list[Location], target: str | None = None, **arguments):
    original = Original(listing, WORDS)
    proposal = propose(original, operation, locations, target=target, arguments=arguments)
    return None if proposal is None else apply_patch(listing, to_patch(original, proposal.edits))


def title_after(title: str, operation: str, pattern: str | None = None, **arguments) -> str | None:
    locations = [Location("/title")] if pattern is None else places(title, pattern)
    listing = mended(Listing(title=title), operation, locations, "title", **arguments)
    return None if listing is None else listing.title


def description_after(description: str, operation: str, pattern: str, **arguments) -> str | None:
    locations = places(description, pattern, "/description")
    listing = mended(Listing(description=description), operation, locations, "description", **arguments)
    return None if listing is None else listing.description


@pytest.mark.parametrize(
    ("title", "pattern", "keep", "fixed"),
    [
        ("mp3, mp3 player, music mp3 player", "mp3", 2, "mp3, mp3 player, music player"),
        ("phone case, phone cover, phone shell", "phone", 1, "phone case, cover, shell"),
        ("dress, dress, dress", "dress", 1, "dress"),
        ("towel (towel) blue", "towel", 1, "towel blue"),
        ("手机壳 手机壳 保护套", "手机壳", 1, "手机壳 保护套"),
    ],
)
def test_repeated_terms_keep_their_first_occurrences_and_leave_no_litter(title, pattern, keep, fixed) -> None:
    assert title_after(title, "drop_repeated_terms", pattern, keep=keep) == fixed


def test_a_term_located_once_is_sought_in_the_whole_title() -> None:
    locations = [Location("/title", 0, 3, "mp3")]
    listing = Listing(title="mp3, MP3 player, music mp3 player")
    assert mended(listing, "drop_repeated_terms", locations, "title", keep=2).title == "mp3, MP3 player, music player"


def test_an_occurrence_inside_a_compatible_model_stays_and_another_goes() -> None:
    title = "Nova case, Nova cover for Nova 5"
    assert title_after(title, "drop_repeated_terms", r"\bNova", keep=2) == "Nova case, cover for Nova 5"
    assert title_after("for Nova 5 and for Nova 6", "drop_repeated_terms", "Nova", keep=1) is None


@pytest.mark.parametrize(
    ("title", "pattern", "fixed"),
    [
        ("A (hot) dress, sale, best", "hot|sale", "A dress, best"),
        ("hot dress", "hot", "dress"),
        ("dress - hot", "hot", "dress -"),
        ("dress, hot", "hot", "dress"),
        ("dress hot, red", "hot", "dress, red"),
        ("call 13800138000 now", "13800138000", "call now"),
        ("【Norvella】Steel", "】|【", "Norvella Steel"),
        ("特价手机壳超薄", "手机壳", "特价超薄"),
    ],
)
def test_removed_words_take_their_spaces_and_commas_with_them(title: str, pattern: str, fixed: str) -> None:
    assert title_after(title, "remove_spans", pattern) == fixed


@pytest.mark.parametrize(
    ("title", "pattern"),
    [
        ("dress 2 pcs hot", r"2 p"),
        ("Pack of 3 filters", "Pack of"),
        ("Filter compatible with Zorva V8", "compatible with"),
        ("toy choking hazard sale", "hazard sale"),
        ("充电宝 锂电池 特价", "池 特价"),
    ],
)
def test_a_removal_that_would_take_part_of_something_essential_is_not_offered(title: str, pattern: str) -> None:
    assert title_after(title, "remove_spans", pattern) is None


def test_removed_words_leave_no_spaces_at_the_edges_of_an_element() -> None:
    assert description_after("<p>hot, red dress</p><p>x</p>", "remove_spans", "hot") == "<p>red dress</p><p>x</p>"
    assert description_after("<p>red dress, hot</p><p>x</p>", "remove_spans", "hot") == "<p>red dress</p><p>x</p>"
    assert description_after("<p>red hot <b>x</b></p>", "remove_spans", "hot") == "<p>red <b>x</b></p>"


def test_spans_are_replaced() -> None:
    assert title_after("colour: grey, grey", "replace_spans", "grey", **{"with": "gray"}) == "colour: gray, gray"
    assert title_after("grey dress", "replace_spans", "grey", **{"with": ""}) == "dress"


def test_spaces_collapse_and_the_ends_are_trimmed() -> None:
    assert title_after("  red   dress \t", "collapse_spaces") == "red dress"
    assert title_after("red dress", "collapse_spaces") is None


def test_a_title_is_trimmed_at_words_and_keeps_counts_models_and_its_beginning() -> None:
    title = "Zorva Vacuum Filter Washable Filter Spare Part High Quality for Zorva V8 and V10 Pack of 3"
    fixed = title_after(title, "trim_title", limit=60)
    assert fixed == "Zorva Vacuum Filter Washable for Zorva V8 and V10 Pack of 3"
    assert title_after("short", "trim_title", limit=60) is None
    assert title_after("for Zorva V8 12345678", "trim_title", limit=10) is None


def test_shouting_is_calmed_but_acronyms_models_and_units_stay() -> None:
    title = "AMAZING SUMMER T-SHIRT FOR MEN'S USB HDMI XT200 10CM LID Set"
    assert title_after(title, "lower_shouting") == "Amazing Summer T-Shirt for Men's USB HDMI XT200 10CM Lid Set"


def test_odd_characters_go_and_words_stay_apart() -> None:
    assert title_after("★Hot★Sale\u200bs ★ now ★", "remove_characters") == "Hot Sales now"
    assert title_after("plain", "remove_characters") is None
    assert title_after("a\u200bb", "remove_characters", "\u200b") == "ab"


@pytest.mark.parametrize(
    ("description", "pattern", "fixed"),
    [
        ("<p>Good</p><script>var a='<b>';</script><p>2 pcs</p>", "<script>", "<p>Good</p><p>2 pcs</p>"),
        ("<p>Good</p><iframe src='//a.example/3'>x 5</iframe>", "<iframe", "<p>Good</p>"),
        ('<div><div style="display:none">hid <i>den</i></div>seen</div>', "hid", "<div>seen</div>"),
        ("<p>open <b>never closed</p>", "<b>", None),
    ],
)
def test_elements_are_stripped_whole(description: str, pattern: str, fixed: str | None) -> None:
    assert description_after(description, "strip_html_elements", pattern) == fixed


def test_an_element_with_something_essential_in_it_is_not_stripped_unless_all_of_it_was_found() -> None:
    description = "<p>x</p><div hidden>choking hazard</div>"
    assert description_after(description, "strip_html_elements", "<div hidden>") is None
    assert description_after(description, "strip_html_elements", "<div.*div>") == "<p>x</p>"


@pytest.mark.parametrize(
    ("description", "pattern", "fixed"),
    [
        (
            '<p>See <a class="x" href="http://shop.example/7">our 5 shops</a>.</p>',
            "http://shop.example/7",
            "<p>See our 5 shops.</p>",
        ),
        ("<p>See http://shop.example/7 now</p>", r"http://\S+", "<p>See now</p>"),
        ('<img src="http://shop.example/7.jpg">', r'http://[^"]+', None),
    ],
)
def test_a_link_goes_and_its_words_stay(description: str, pattern: str, fixed: str | None) -> None:
    assert description_after(description, "unlink", pattern) == fixed


def test_values_and_attributes_are_set() -> None:
    listing = Listing(
        selling_unit="lot", attributes=(Attribute(name="Brand", value="Zorva", value_id="9"), Attribute(name="Color"))
    )
    assert mended(listing, "set_value", [], "selling_unit", value="piece").selling_unit == "piece"
    assert mended(listing, "set_value", [], "selling_unit", value="lot") is None
    assert mended(listing, "set_value", [], "pieces_per_lot", value=1).pieces_per_lot == 1
    branded = mended(listing, "set_attribute", [], name="brand", value="NONE")
    assert branded.attributes == (Attribute(name="Brand", value="NONE"), Attribute(name="Color"))
    coloured = mended(listing, "set_attribute", [], name="Color", value="Red")
    assert coloured.attributes[1] == Attribute(name="Color", value="Red")
    appended = mended(Listing(), "set_attribute", [], name="Material", value="Cotton")
    assert appended.attributes == (Attribute(name="Material", value="Cotton"),)


def test_a_place_on_an_item_means_its_field() -> None:
    listing = Listing(skus=(Sku(price=Decimal(1)), Sku(price=Decimal(2), stock=3)))
    changed = mended(listing, "set_value", [Location("/skus/1")], "stock", value=0)
    assert changed.skus == (Sku(price=Decimal(1)), Sku(price=Decimal(2), stock=0))


def test_the_category_takes_its_stale_path_with_it() -> None:
    listing = Listing(category_id="1", category_path=("A", "B"))
    assert mended(listing, "set_category", [], id="200") == Listing(category_id="200")


def test_several_items_go_at_once_and_the_right_ones() -> None:
    listing = Listing(images=tuple(Image(url=f"https://i.example/{n}.jpg") for n in range(12)))
    locations = [Location("/images/2/url"), Location("/images/10"), Location("/images/3"), Location("/images/3/url")]
    kept = mended(listing, "drop_items", locations, "images").images
    assert [image.url[-6:] for image in kept] == [f"{f'/{n}.jpg'[-6:]}" for n in (0, 1, 4, 5, 6, 7, 8, 9, 11)]


def test_of_equal_images_the_first_stays() -> None:
    first, other = Image(url="https://i.example/a.jpg"), Image(url="https://i.example/b.jpg")
    sku = Image(url="https://i.example/a.jpg", kind="sku")
    listing = Listing(images=(first, other, first, sku, first))
    assert mended(listing, "drop_duplicate_images", [Location("/images/2")], "images").images == (first, other, sku)


def test_sku_codes_become_half_width_and_stay_different() -> None:
    listing = Listing(skus=(Sku(code="ＡＢ <1>"), Sku(code="ok-2")))
    assert [s.code for s in mended(listing, "clean_sku_code", [Location("/skus/0/code")]).skus] == ["AB1", "ok-2"]
    long = Listing(skus=(Sku(code="x" * 30), Sku(code="x" * 31)))
    locations = [Location("/skus/0/code"), Location("/skus/1/code")]
    assert mended(long, "clean_sku_code", locations, limit=20) is None
    assert mended(long, "clean_sku_code", locations[:1], limit=20).skus[0].code == "x" * 20
    assert mended(Listing(skus=(Sku(code="红色"),)), "clean_sku_code", [Location("/skus/0/code")]) is None


@pytest.mark.parametrize(
    ("price", "rounded"), [("9.999", "10.00"), ("1.005", "1.01"), ("2.500", "2.50"), ("2.5", None), ("0.001", None)]
)
def test_a_price_is_rounded_to_two_decimals(price: str, rounded: str | None) -> None:
    listing = Listing(skus=(Sku(price=Decimal(price)),))
    changed = mended(listing, "round_price", [Location("/skus/0/price")])
    assert (None if changed is None else str(changed.skus[0].price)) == rounded


def test_a_price_that_is_no_number_is_left_to_a_person() -> None:
    listing = Listing(price=Decimal("NaN"))
    assert mended(listing, "round_price", [Location("/price")]) is None


def test_a_patch_tests_the_old_value_before_each_change_and_applies_once() -> None:
    listing = Listing(title="hot dress")
    original = Original(listing)
    proposal = propose(original, "remove_spans", places("hot dress", "hot"))
    patch = to_patch(original, proposal.edits)
    assert patch == (
        {"op": "test", "path": "/title", "value": "hot dress"},
        {"op": "replace", "path": "/title", "value": "dress"},
    )
    with pytest.raises(PatchRefused, match="has changed since"):
        apply_patch(apply_patch(listing, patch), patch)
    assert listing == Listing(title="hot dress")


def test_a_patch_whose_result_is_no_listing_is_refused() -> None:
    with pytest.raises(PatchRefused, match="does not fit"):
        apply_patch(Listing(title="x"), [{"op": "replace", "path": "/title", "value": 5}])
    with pytest.raises(PatchRefused, match="does not fit"):
        apply_patch(Listing(title="x"), [{"op": "remove", "path": "/images/3"}])


def test_a_patch_is_verified_by_what_a_new_check_finds() -> None:
    listing = Listing(title="hot dress")
    patch = [{"op": "replace", "path": "/title", "value": "dress"}]

    def recheck(changed: Listing) -> list[str]:
        return ["short", "old"] if changed.title == "dress" else ["hot", "old"]

    assert verify(listing, patch, recheck, ["hot", "old"]) == {"clears": ["hot"], "introduces": ["short"]}


def test_a_finding_that_only_shows_another_value_is_the_same_finding() -> None:
    listing = Listing(title="hot dress")
    patch = [{"op": "replace", "path": "/title", "value": "dress"}]

    def recheck(_: Listing) -> dict[str, str]:
        return {"language:dress": "LST113", "noun": "LST210", "other": "LST210"}

    before = {"hot": "LST111", "language:hot dress": "LST113", "noun": "LST210"}
    assert verify(listing, patch, recheck, before) == {"clears": ["hot"], "introduces": ["other"]}


def test_every_operation_is_described_in_both_languages_and_names_its_arguments() -> None:
    assert sorted(OPERATIONS) == [
        "clean_sku_code",
        "collapse_spaces",
        "drop_duplicate_images",
        "drop_items",
        "drop_repeated_terms",
        "lower_shouting",
        "remove_characters",
        "remove_spans",
        "replace_spans",
        "round_price",
        "set_attribute",
        "set_category",
        "set_value",
        "strip_html_elements",
        "trim_title",
        "unlink",
    ]
    for known in OPERATIONS.values():
        assert known.required <= known.arguments.keys()
        assert known.en[0].isupper()
        assert re.search("[一-鿿]", known.zh)
