"""Descriptions: text, elements, links, modules and what they hide."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features import description, links
from engine.features.contacts import MAX_PLACES, text_contacts
from engine.features.markup import comments, has_split_words, hidden_parts, readable
from tests.engine.text_views import view_of


@pytest.mark.parametrize(
    ("html", "length", "missing"),
    [
        (None, None, True),
        ("", 0, True),
        ("<p>&nbsp;</p><div></div>", 0, True),
        ("<p>Steel bottle</p>", 11, False),
        ("<!-- note --><b>Lid</b>", 3, False),
        ("<img src='a.jpg'>", 0, False),
        ("<kse:widget id='1'></kse:widget>", 0, False),
    ],
)
def test_text_is_what_stands_between_the_tags(html: str | None, length: int | None, missing: bool) -> None:
    view = view_of(description=html)
    assert (description.description_text_length(view), description.description_is_missing(view)) == (length, missing)


@pytest.mark.parametrize(
    ("html", "names"),
    [
        ("<script>x</script>", ["script"]),
        ("<IFRAME src=x></IFRAME><form><input></form>", ["iframe", "form", "input"]),
        ("<p onclick='x()'>a</p>", ["onclick"]),
        ("<a href='javascript:x()'>a</a>", ["javascript"]),
        ("<p>onclick=, script and style by hand</p>", []),
        ("<linkage-x>steel</linkage-x><b>a</b>", []),
    ],
)
def test_filtered_elements_are_named_as_they_stand(html: str, names: list[str]) -> None:
    assert description.description_unsafe_elements(view_of(description=html)) == names


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div style='display:none'>a<b>c</b></div>d", [("display_none", "a"), ("display_none", "c")]),
        ("<span style='font-size:0px'>a</span>", [("zero_size", "a")]),
        ("<span style='font-size:0.9em'>a</span>", []),
        ("<p style='visibility: hidden'>a</p>", [("visibility_hidden", "a")]),
        ("<p hidden>a</p>", [("hidden_attribute", "a")]),
        ("<p style='overflow:hidden'>a</p>", []),
        ("<p style='color:#fff'>a</p>", [("white_text", "a")]),
        ("<div style='background:#333'><p style='color:#fff'>a</p></div>", []),
        ("<p style='background-color:#ffffff'>a</p>", []),
        ("<div style='display:none'></div>", []),
        ("<p style='text-indent:-9999px'>a</p>", [("off_screen", "a")]),
    ],
)
def test_hidden_text_is_found_by_its_technique(html: str, expected: list[tuple[str, str]]) -> None:
    found = description.description_hidden_texts(view_of(description=html))
    assert [(item.technique, item.text) for item in found] == expected


def test_links_are_told_from_pictures_and_from_text_by_domain() -> None:
    html = (
        '<a href="https://www.norvel-shop.co.uk/x">a</a>'
        '<img src="//ae01.alicdn.com/a.jpg"><img src="//ae02.alicdn.com/b.jpg">'
        '<p>https://t.me/norvel</p><svg xmlns="http://www.w3.org/2000/svg">'
    )
    found = links.description_links(view_of(description=html))
    assert [(item.kind, item.domain, item.times) for item in found] == [
        ("link", "norvel-shop.co.uk", 1),
        ("image", "alicdn.com", 2),
        ("text", "t.me", 1),
    ]


def test_modules_and_relation_modules_are_counted() -> None:
    html = '<kse:widget type="custom"></kse:widget>'
    html += '<kse:widget data-widget-type="relatedProduct" type="relation"></kse:widget>'
    view = view_of(description=html)
    assert (description.description_module_count(view), description.description_relation_module_count(view)) == (2, 1)


def test_a_sentence_that_stands_thrice_is_counted_and_labels_are_not() -> None:
    html = "<p>Welcome to the bottle store.</p>" * 3 + "<td>Yes</td>" * 9
    view = view_of(description=html)
    assert description.description_repeated_sentence_count(view) == 3


def test_elements_left_open_are_named() -> None:
    assert description.description_unclosed_elements(view_of(description="<div><table><tr></table><ul></ul>")) == [
        "div"
    ]


@pytest.mark.parametrize(("text", "known"), [(None, None), ("", False), ("<p>a</p>", True)])
def test_an_unknown_mobile_description_stays_unknown(text: str | None, known: bool | None) -> None:
    assert description.description_has_mobile(view_of(mobile_description=text)) is known


@given(st.text(alphabet="ab&#;1 <>/span!-\u200b", max_size=150))
@settings(max_examples=200, deadline=None)
def test_each_character_a_reader_sees_has_a_place_in_the_source(html: str) -> None:
    form = readable(html)
    places = [form.source(at) for at in range(len(form.text))]
    assert places == sorted(places)
    assert all(0 <= place < len(html) for place in places)


ADVERSARIAL = {
    "open tags": "<div style='display:none'>",
    "angle brackets": "<",
    "open comments": "<!--",
    "comments": "<!-- a -->",
    "open quotes": '<p style="',
    "at signs": "a@",
    "handlers": " onclick=",
    "addresses": "//a.bc/",
    "entities": "&#119;",
    "split words": "a<b></b>",
    "plus signs": "+86 ",
    "letters": "a",
    "zero heights": "height:0;",
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_nonsense_by_the_thousand_gives_a_bounded_number_of_places(name: str) -> None:
    part = ADVERSARIAL[name]
    html = part * (200_000 // len(part))
    view = view_of(description=html)
    shown = [place for item in links.description_links(view) for place in item.locations]
    hidden = description.description_hidden_texts(view)
    found = text_contacts(view)
    assert len(shown) <= 3 * description.MAX_PLACES
    assert len(hidden) <= description.MAX_PLACES
    assert len(found) <= 5 * MAX_PLACES
    assert hidden_parts(html) is not None
    assert all(start < end for start, end in comments(html))
    assert has_split_words(html) is (name == "split words")
