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


def tokenize(text: str) -> tuple[Token, ...]:
    """The words of any text. Chinese runs stay whole here; features that need Chinese words segment them."""
    return tuple(Token(match.group(), match.start(), match.end()) for match in WORD.finditer(same_length_lower(text)))


@derived
def title_tokens(view: View) -> tuple[Token, ...]:
    """The title's words in order; empty without a title."""
    title = view.listing.title
    return tokenize(title) if title else ()
