"""Marks are found however they are spelt, with the place in the original and the transforms that lead there."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from engine import load_pack
from engine.errors import Fault
from engine.loading.fields import Faults
from engine.loading.marks_files import read_marks
from engine.marks.explain import TRANSFORMS, chain
from engine.marks.matcher import Matcher
from engine.marks.model import Mark

COINED = ("Samsung", "Adidas", "Wrangler", "Google", "Ray-Ban", "L'Oréal")
WORDS = frozenset(["shoes", "ray", "ban", "case", "phone", "the", "new", "steel", "bag", "goggle", "sam"])
MATCHER = Matcher(
    [
        Mark(names=("Nike", "耐克", "найк", "naike"), owner="Nike"),
        Mark(names=("Louis Vuitton", "路易威登"), owner="LVMH"),
        *(
            Mark(names=(name,), owner=name)
            for name in ("Samsung", "Adidas", "Wrangler", "Google", "Ray-Ban", "L'Oréal")
        ),
        Mark(names=("Apple",), owner="Apple", tier="word_like"),
    ],
    WORDS,
)


@pytest.mark.parametrize(
    ("text", "name", "written", "how"),
    [
        ("Nike shoes", "Nike", "Nike", ()),
        ("RayBan case", "Ray-Ban", "RayBan", ()),
        ("Sa\u039csu\u039dg case", "Samsung", "Sa\u039csu\u039dg", ("homoglyph",)),
        ("耐克鞋", "耐克", "耐克", ()),
        ("найк", "найк", "найк", ()),
        ("N.i.k.e shoes", "Nike", "N.i.k.e", ("separators",)),
        ("the N i k e", "Nike", "N i k e", ("separators",)),
        ("n_i_k_e", "Nike", "n_i_k_e", ("separators",)),
        ("N*ke shoes", "Nike", "N*ke", ("wildcard",)),
        ("S@msung", "Samsung", "S@msung", ("leet",)),
        ("5am5ung case", "Samsung", "5am5ung", ("leet",)),
        ("N\u0456ke", "Nike", "N\u0456ke", ("homoglyph",)),
        ("Ｎｉｋｅ", "Nike", "Ｎｉｋｅ", ("letter_form",)),
        ("🅽🅸🅺🅴", "Nike", "🅽🅸🅺🅴", ("letter_form",)),
        ("Ni\u200bke", "Nike", "Ni\u200bke", ("invisible",)),
        ("N\u0336i\u0336k\u0336e\u0336", "Nike", "N\u0336i\u0336k\u0336e\u0336", ("diacritics",)),
        ("NNiikkee", "Nike", "NNiikkee", ("repeated",)),
        ("Ni😀ke", "Nike", "Ni😀ke", ("emoji",)),
        ("VVrangler", "Wrangler", "VVrangler", ("homoglyph",)),
        ("самсунг", "Samsung", "самсунг", ("transliteration",)),
        ("gnusmas bag", "Samsung", "gnusmas", ("reversed",)),
        ("Samsnug", "Samsung", "Samsnug", ("misspelling",)),
        ("samsungcase", "Samsung", "samsung", ("glued",)),
        ("L0u1s Vu1tt0n", "Louis Vuitton", "L0u1s Vu1tt0n", ("leet",)),
        ("L.o.u.i.s V.u.i.t.t.o.n bag", "Louis Vuitton", "L.o.u.i.s V.u.i.t.t.o.n", ("separators",)),
        ("4pple", "Apple", "4pple", ("leet",)),
        ("新款N1ke运动鞋", "Nike", "N1ke", ("leet",)),
        ("N\u200bike용", "Nike", "N\u200bike", ("invisible",)),
        ("$am$ung case", "Samsung", "$am$ung", ("leet",)),
        ("Ｓ＠ｍｓｕｎｇ", "Samsung", "Ｓ＠ｍｓｕｎｇ", ("letter_form", "leet")),
        ("S|a|m|s|u|n|g", "Samsung", "S|a|m|s|u|n|g", ("separators",)),
        ("s,4,m,5,u,n,g bag", "Samsung", "s,4,m,5,u,n,g", ("separators", "leet")),
        ("a Sam🔥sung case", "Samsung", "Sam🔥sung", ("emoji",)),
        ("Louis Vuit*on bag", "Louis Vuitton", "Louis Vuit*on", ("wildcard",)),
        ("Loius Vuitton bag", "Louis Vuitton", "Loius Vuitton", ("misspelling",)),
        ("\u202eekiN\u202c bag", "Nike", "ekiN", ("reversed",)),
        ("AApplee case", "Apple", "AApplee", ("repeated",)),
        ("новый ѕаmѕung", "Samsung", "ѕаmѕung", ("homoglyph",)),
    ],
)
def test_a_trick_is_undone_and_named(text: str, name: str, written: str, how: tuple[str, ...]) -> None:
    found = [(hit.name, text[hit.start : hit.end], hit.chain) for hit in MATCHER.find(text)]
    assert found == [(name, written, how)]


@pytest.mark.parametrize(
    "text",
    [
        "goggle",
        "steel bag",
        "phone case",
        "unikename",
        "",
        " ",
        "\ud800",
        "ray",
        "model 4d1d4 5",
        "a p p",
        "2.1 x 6.0 x 2.0",
        "sons of Sam",
        "$5 + $4 (new!)",
        "Men's Apples",
        "9 | 1 | 5",
    ],
)
def test_ordinary_words_are_no_marks(text: str) -> None:
    assert MATCHER.find(text) == []


@given(st.text(alphabet="nikeNIKE1!3*.-_ іке\u200b\u0336ｎ耐克😀samsung@5", max_size=60))
def test_every_hit_lies_in_the_text_and_its_chain_is_of_known_transforms(text: str) -> None:
    last = 0
    for hit in MATCHER.find(text):
        assert last <= hit.start < hit.end <= len(text)
        assert set(hit.chain) <= set(TRANSFORMS)
        if not {"reversed", "wildcard", "misspelling", "transliteration", "split_over_fields"} & set(hit.chain):
            assert chain(text[hit.start : hit.end], hit.name) is not None
        last = hit.end


def test_rows_of_a_register_with_faults_are_named_with_line_and_column() -> None:
    found: list[Fault] = []
    content = (
        b"name,owner,classes,tier\nNike,Nike Inc,25|99,protected\n,Nobody,,\nPuma,Puma SE,25,wordlike\nOK,Owner,9,\n"
    )
    marks = read_marks(content, Faults("marks/x.csv", found))
    assert [(fault.line, fault.column, fault.code) for fault in found] == [
        (2, 3, "P005"),
        (3, 1, "P005"),
        (4, 4, "P005"),
    ]
    assert marks == [Mark(names=("OK",), owner="Owner", classes=(9,))]


def test_a_coined_mark_of_the_register_is_found_as_it_is_written_and_an_ordinary_word_is_not() -> None:
    pack = load_pack(rules.path("aliexpress"))

    def brands(title: str) -> set[str]:
        report = pack.check({"title": title}, as_of=date(2026, 11, 27), fixes=False)
        return {finding.rule for finding in report.findings if finding.rule.startswith("IPR10")}

    assert brands("Hyundai sun shade") == {"IPR106"}
    assert brands("Sun shade for Hyundai i10") == brands("Apple cider vinegar gummies") == set()
    assert brands("Hyunda1 sun shade") == {"IPR107"}
    assert brands("耐克运动鞋") == {"IPR106"}


@pytest.mark.parametrize(
    ("text", "name", "written", "how"),
    [
        ("buy ekiN shoes", "Nike", "ekiN", ("reversed",)),
        ("gnusmas phone", "Samsung", "gnusmas", ("reversed",)),
        ("a nottiuV siuoL bag", "Louis Vuitton", "nottiuV siuoL", ("reversed",)),
        ("sport Adi\n\x1f\ndas bag", "Adidas", "Adi\n\x1f\ndas", ("split_over_fields",)),
        ("the Louis\n\x1f\nVuitton bag", "Louis Vuitton", "Louis\n\x1f\nVuitton", ("split_over_fields",)),
    ],
)
def test_a_mark_is_found_backwards_and_over_the_border_of_two_fields(
    text: str, name: str, written: str, how: tuple[str, ...]
) -> None:
    assert [(hit.name, text[hit.start : hit.end], hit.chain) for hit in MATCHER.find(text)] == [(name, written, how)]


def test_a_word_that_reads_as_a_mark_backwards_by_chance_is_let_be() -> None:
    sram = Matcher([Mark(names=("Sram",), owner="Sram"), Mark(names=("Smeg",), owner="Smeg")])
    assert [sram.find(text) for text in ("Mars eye liner", "99Gems cable", "mars")] == [[], [], []]


@given(st.text(alphabet="samungNikeLoVt -\n\x1f", max_size=60))
def test_any_words_of_the_letters_of_marks_are_read_and_what_is_found_lies_in_them(text: str) -> None:
    for hit in MATCHER.find(text):
        assert 0 <= hit.start < hit.end <= len(text)
        assert text[hit.start] not in " \n\x1f"


@pytest.mark.parametrize("text", ["b " * 60_000, "n i k " * 20_000, "a@" * 60_000, "ni*" * 40_000])
def test_a_long_text_of_single_letters_is_read_to_its_end(text: str) -> None:
    assert {hit.kind for hit in MATCHER.find(text)} <= {"tricked", "near"}
