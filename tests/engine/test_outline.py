"""The cheap readings of titles, descriptions and addresses say what the thorough ones say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.features import description, links
from engine.features.markup import INLINE_NAMES, Outline, has_split_words, segments
from engine.features.scan import MAX_TERM, hits
from engine.features.tokens import WORD, Words, title_tokens, tokenize
from tests.engine.text_views import view_of

PIECES = [
    "<p>",
    "</p>",
    "<br/>",
    "<b>",
    "</b>",
    "<ul>",
    "<ul class='a'>",
    "</ul>",
    "<div style='x'>",
    "</div>",
    "<img src='//a.com/b.png'>",
    "<IMG>",
    "<DIV>",
    "<table>",
    "<kse:widget a>",
    "<!-- c <b>x</b> -->",
    "<!--",
    "-->",
    "<",
    ">",
    "word",
    "we",
    " ",
    "\n",
    "!",
    ".",
    "<a href='https://b.example.com/x'>",
    "src=",
    "//",
    "/",
    "//shop.example.org",
    "xmlns=",
    "A sentence of twenty letters.",
    "é",
]
SOURCES = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
TITLES = st.text(alphabet="abcXYZ019 -'/&é\u00a0，", max_size=30)


@given(SOURCES)
def test_an_outline_has_the_texts_between_the_tags(html: str) -> None:
    outline = Outline(html)
    assert (outline.texts, outline.visible) == (segments(html), "\n".join(segments(html)))


@given(SOURCES)
def test_tags_without_an_inline_one_split_no_word(html: str) -> None:
    names = Outline(html).names
    assert not (names is not None and INLINE_NAMES.isdisjoint(names) and has_split_words(html))


@given(SOURCES)
def test_counts_by_tag_names_are_the_counts_of_the_source(html: str) -> None:
    view = view_of(description=html)
    pictures = html.count("<img") + html.count("<IMG") + html.count("<Img")
    opened = {name: html.count(f"<{name}>") + html.count(f"<{name} ") for name in ("div", "table", "ul")}
    unclosed = [name for name, count in opened.items() if count > html.count(f"</{name}")]
    assert description.description_image_count(view) == pictures
    assert description.description_unclosed_elements(view) == unclosed


@given(SOURCES)
def test_addresses_are_counted_as_they_are_located(html: str) -> None:
    view = view_of(description=html)
    counts, places = links._places(view)
    found = {(item.kind, item.domain): item.times for item in links.description_links(view)}
    assert found == counts
    assert list(found) == list(places)
    assert all(item.locations == tuple(places[item.kind, item.domain]) for item in links.description_links(view))


@given(TITLES)
def test_the_words_of_a_title_are_the_same_with_and_without_places(title: str) -> None:
    view = view_of(title=title)
    assert Words(title).words == WORD.findall(Words(title).lower)
    assert title_tokens(view) == tokenize(title)
    assert [token.lower for token in title_tokens(view)] == Words(title).words


def test_hits_of_one_term_are_bounded_and_do_not_crowd_out_another() -> None:
    found = hits(view_of(description="<p onclick=x>" * (MAX_TERM + 500) + "<script>"))["unsafe_html"]
    terms = [hit.term for hit in found]
    assert max(terms.count(term) for term in set(terms)) == MAX_TERM
    assert terms[-1].startswith("<script")
