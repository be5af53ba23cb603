"""What a title repeats, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features import stuffing
from engine.features.keywords import keywords, stem
from engine.features.tokens import tokenize
from tests.engine.text_views import view_of


def top(title: str) -> tuple[str | None, int | None]:
    view = view_of(title=title)
    return stuffing.title_top_term(view), stuffing.title_top_term_count(view)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("bottles", "bottle"),
        ("boxes", "box"),
        ("batteries", "battery"),
        ("women's", "woman"),
        ("women’s", "woman"),
        ("glass", "glass"),
        ("thermos", "thermos"),
        ("bus", "bus"),
    ],
)
def test_singular_plural_and_possessive_have_one_stem(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("mp3, mp3 player, music mp3 player", ("mp3", 3)),
        ("Phone case, CASES for phones, silicone phone Case", ("case", 3)),
        ("Botella de agua, botella deportiva, botella de acero", ("botella", 3)),
        ("Бутылка для воды, бутылка спортивная, стальная бутылка", ("бутылка", 3)),
        ("不锈钢水杯 保温水杯 运动水杯", ("水杯", 3)),
    ],
)
def test_a_stuffed_keyword_is_counted_in_any_language(title: str, expected: tuple[str, int]) -> None:
    assert top(title) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Cotton T-shirt sizes XL XL XL for men",
        "Bora Bora towel with Bora Bora print",
        "Flip cover for Norpad 2, Norpad 3, Norpad 4",
        "Veltra core i5 quad core 4 core 3.50 GHz",
        "White enamel, white pearl and white gold ring",
        "Silicone watch strap for Norvel Watch 7, smart watch band",
        "Pouch for Veltra Air, Veltra Air 2, Veltra Max",
        "Towel and towel rack",
        "TV LED DVB T2 DVB C DVB S tuner",
        "NV_PL_PL_PL box",
        "2 in 1 3 in 1 4 in 1 charger",
    ],
)
def test_what_repeats_for_a_reason_is_not_stuffing(title: str) -> None:
    count = top(title)[1]
    assert count is not None
    assert count <= 2


def test_every_counted_place_is_located_in_the_original_title() -> None:
    view = view_of(title="MP3, mp3 player, music Mp3 player")
    places = [(place.start, place.end, place.text) for place in stuffing._locate_top(view, None)]
    assert places == [(0, 3, "MP3"), (5, 8, "mp3"), (23, 26, "Mp3")]


@pytest.mark.parametrize(
    ("title", "phrase"),
    [
        ("Water Bottle 750 ml Leakproof Lid Water Bottles", "water bottle"),
        ("Insulated Water Bottle Black Insulated Water Bottle", "insulated water bottle"),
        ("Back Cover for Norpad Mini, Norpad Mini 2, Norpad Mini Retina", None),
        ("Veltra Studio 7 upgrade from Veltra Studio 6", None),
        ("Royal Mug Black and Royal Mug Blue", None),
        ("Neem Tulsi Soap and Neem Tulsi Facewash Kit", None),
        ("One bottle", None),
    ],
)
def test_a_phrase_counts_when_it_is_said_again_and_not_when_it_names_variants(title: str, phrase: str | None) -> None:
    assert stuffing.title_repeated_phrase(view_of(title=title)) == phrase


@pytest.mark.parametrize(
    ("title", "doubled"),
    [
        ("Norvella Norvella Steel Bottle", ["Norvella"]),
        ("Vinyl Stickers Sticker", ["Sticker"]),
        ("Desk USB USB Fan", ["USB"]),
        ("Peri Peri Sauce", []),
        ("Tuk Tuk Toy", []),
        ("Ring black and white white gold", []),
        ("Norvel NORVEL_MW20 Watch", []),
    ],
)
def test_a_word_twice_in_a_row_is_a_slip_unless_it_is_a_name(title: str, doubled: list[str]) -> None:
    assert stuffing.title_doubled_words(view_of(title=title)) == doubled


def test_synonyms_in_a_row_are_collected_as_written() -> None:
    assert stuffing.title_synonym_run(view_of(title="Canvas Bag, Handbag Purse Tote")) == [
        "Bag",
        "Handbag",
        "Purse",
        "Tote",
    ]


def test_synonyms_far_apart_are_no_run() -> None:
    title = "Bag with a zipper that holds your small travel purse"
    assert len(stuffing.title_synonym_run(view_of(title=title)) or []) == 1


@pytest.mark.parametrize(
    ("title", "length"),
    [
        ("Water bottle, sports bottle, gym bottle, travel bottle", 4),
        ("Steel bottle, gym flask, hiking thermos", 3),
        ("Cutlery set with knife, fork, spoon", 0),
        ("Bottle in black, white, blue", 0),
        ("Bottle", 0),
    ],
)
def test_a_comma_separated_list_counts_when_its_items_mean_one_thing(title: str, length: int) -> None:
    assert stuffing.title_keyword_list_length(view_of(title=title)) == length


def test_a_missing_title_is_unknown_to_every_measure() -> None:
    view = view_of()
    measures = (
        stuffing.title_top_term,
        stuffing.title_top_term_count,
        stuffing.title_repeated_phrase,
        stuffing.title_repeated_phrase_count,
        stuffing.title_doubled_words,
        stuffing.title_synonym_run,
        stuffing.title_keyword_list_length,
    )
    assert [measure(view) for measure in measures] == [None] * len(measures)


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_gives_a_count_and_places_inside_the_title(title: str) -> None:
    view = view_of(title=title)
    for place in [*stuffing._locate_top(view, None), *stuffing._title_spans(view, stuffing._phrase(view).spans)]:
        assert place.start is not None
        assert place.end is not None
        assert title[place.start : place.end] == place.text
    stuffing.title_keyword_list_length(view)
    stuffing.title_synonym_run(view)


@given(st.lists(st.sampled_from(["Steel", "bottle", "lid", "for", "750", "ml", "gym", "case"]), max_size=14))
def test_capitals_do_not_change_the_count(words: list[str]) -> None:
    title = " ".join(words)
    assert top(title)[1] == top(title.upper())[1]


def test_keywords_keep_their_places_when_a_word_is_parted() -> None:
    title = "Hoodie/sweater 保温杯"
    assert [title[word.start : word.end] for word in keywords(tokenize(title))][:2] == ["Hoodie", "sweater"]
