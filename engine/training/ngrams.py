"""Words of a title → n-grams: the one reading of titles that fitting and predicting share."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from engine.taxonomy.nouns import is_han

WORD = re.compile(r"\w+")
CHARS = range(2, 6)
"""Lengths of the character n-grams, the word's borders included."""

LONGEST_TITLE = 1_000
LONGEST_WORD = 40


def words(title: str) -> list[str]:
    """The words of a title in lower case; Chinese is cut into words by rjieba."""
    text = title[:LONGEST_TITLE].lower()
    found = [word[:LONGEST_WORD] for word in WORD.findall(text)]
    if not is_han(text):
        return found
    import rjieba

    return [piece for word in found for piece in (rjieba.cut(word) if is_han(word) else [word])]


@lru_cache(maxsize=1 << 15)
def char_grams(word: str) -> tuple[str, ...]:
    """Character n-grams of a bordered word, marked with a leading tab so that they differ from words."""
    bordered = f" {word} "
    return tuple("\t" + bordered[at : at + size] for size in CHARS for at in range(len(bordered) - size + 1))


def word_grams(found: list[str]) -> list[str]:
    """Words and pairs of words."""
    return [*found, *(f"{one} {two}" for one, two in pairwise(found))]
