"""Marks that HTML hides from a search and not from the buyer: coded letters, words cut by tags."""

from __future__ import annotations

from datetime import date

import pytest

import rules
from engine import Pack, Store, load_pack

STORE = Store(approved_brands=("Norvella",))
LEAD = "<p>A steel bottle for the office &amp; home, 750 ml. "


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(rules.path("aliexpress"))


def disguised(pack: Pack, field: str, text: str) -> list[tuple[str, str | None]]:
    """The pointers and spans that IPR107 shows."""
    report = pack.check({field: text}, store=STORE, as_of=date(2026, 11, 27), fixes=False)
    return [
        (place.pointer, place.text)
        for finding in report.findings
        if finding.rule == "IPR107"
        for place in finding.locations
    ]


@pytest.mark.parametrize(
    "written",
    [
        "Adi&#100;as",
        "Adi&#x64;as",
        "&#65;didas",
        "Adida&#115;",
        "Adi&shy;das",
        "Adi&zwnj;das",
        "&#1040;didas",
        "Adi<b></b>das",
        "Adi<!-- x -->das",
        "A<i>d</i>idas",
        "A<b>d</b>&#105;d<u>4</u>s",
    ],
)
def test_a_mark_is_read_as_the_buyer_sees_it_and_shown_as_it_is_written(pack: Pack, written: str) -> None:
    text = f"{LEAD}Sport {written} shoes</p>"
    assert disguised(pack, "description", text) == [("/description", written)]


def test_a_title_is_decoded_too(pack: Pack) -> None:
    assert disguised(pack, "title", "Sport Adi&#100;as shoes") == [("/title", "Adi&#100;as")]


@pytest.mark.parametrize(
    "written",
    [
        "Garnier L&#39;Or&eacute;al",
        "<b>Adidas</b> shoes",
        "Louis&nbsp;<b>Vuitton</b>",
        "caf&eacute; &#9733; cup",
        "<b>S</b>teel",
        "R&D &Adidas",
    ],
)
def test_codes_and_tags_that_honest_html_needs_are_no_disguise(pack: Pack, written: str) -> None:
    assert disguised(pack, "description", f"{LEAD}{written} for the day</p>") == []
