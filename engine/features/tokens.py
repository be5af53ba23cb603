"""The words of the title, with their places."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.features.texts import same_length_lower
from engine.features.view import View, derived


class Token(NamedTuple):
    """One word: lower case, and its code-point span [start, end) in the original title."""

    lower: str
    start: int
    end: int


WORD = re.compile(r"[^\W_]+(?:['’\-.&+/][^\W_]+)*")
"""Letters and digits, with the marks that join a word: men's, t-shirt, 2.5, usb-c, 4/6."""


class Words:
    """The words of a text in lower case, without their places.

    `lower` is the text in lower case, code point by code point. `is_plain`: ASCII letters, digits and spaces only, as
    most titles are, so that nothing else has to be looked for in it.
    """

    __slots__ = ("is_plain", "lower", "words")

    def __init__(self, text: str) -> None:
        self.lower = lower = same_length_lower(text)
        self.is_plain = text.isascii() and lower.replace(" ", "").isalnum()
        self.words: list[str] = lower.split() if self.is_plain else WORD.findall(lower)


NO_WORDS = Words("")


@derived
def title_words(view: View) -> Words:
    """The title's words; none without a title."""
    title = view.title
    return Words(title) if title else NO_WORDS


def tokenize(text: str) -> tuple[Token, ...]:
    """The words of any text. Chinese runs stay whole here; features that need Chinese words segment them."""
    return tuple([Token(match.group(), *match.span()) for match in WORD.finditer(same_length_lower(text))])


@derived
def title_tokens(view: View) -> tuple[Token, ...]:
    """The title's words in order with their places; empty without a title."""
    title = title_words(view)
    if not title.is_plain:
        return tokenize(view.title or "")
    found: list[Token] = []
    start = 0
    for word in title.lower.split(" "):
        end = start + len(word)
        if word:
            found.append(Token(word, start, end))
        start = end + 1
    return tuple(found)
