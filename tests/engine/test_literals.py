"""A literal that is looked for first never hides a match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.conditions.literals import required_literal


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (r"(free|fast) shipping", " shipping"),
        (r"https?://[a-z]{1,40}", "http"),
        (r"^[a-z]", None),
        (r"(?i)free shipping", None),
        (r"a(bcd)?e", None),
        (r"x(yz)w", "yz"),
        (r"abc|abd", "ab"),
        (r"abc|xyz", None),
        (r"(ab){0,3}cd", "cd"),
        (r"ab\b cd", "ab cd"),
    ],
)
def test_the_longest_text_no_match_can_do_without(pattern: str, literal: str | None) -> None:
    assert required_literal(pattern) == literal


PIECES = st.sampled_from(["ab", "c", "[ab]", "(ab|c)", "(bc)", "a?", "b{0,2}", ".", "^", r"\b", "(?:cab)", " "])


@given(st.lists(PIECES, min_size=1, max_size=5).map("".join), st.text(alphabet="abc ", max_size=12))
def test_every_match_holds_the_literal(pattern: str, text: str) -> None:
    literal = required_literal(pattern)
    if literal is not None and re.search(pattern, text):
        assert literal in text
