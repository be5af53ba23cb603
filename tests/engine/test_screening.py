"""Listed terms with what stands around them."""

from __future__ import annotations

from tests.engine.commerce import members, view, words

FIRE = words("fire", "fireworks", "spy camera", "camera", scan=True)


def test_a_listed_term_comes_with_its_words_and_pairs_of_words() -> None:
    (found,) = members("text.terms_in_context", view(FIRE, title="LED Fireworks lamp"), "fire")
    assert (found.term, found.text) == ("fireworks", "Fireworks")
    assert found.words == ["led", "fireworks", "lamp", "led fireworks", "fireworks lamp"]
    assert found.around == "led \n lamp"


def test_of_overlapping_terms_only_the_longest_counts() -> None:
    found = members("text.terms_in_context", view(FIRE, title="A spy camera"), "fire")
    assert [item.term for item in found] == ["spy camera"]


def test_a_listing_without_terms_has_none() -> None:
    assert list(members("text.terms_in_context", view(FIRE, title="Steel bottle"), "fire")) == []
