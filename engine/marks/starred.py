"""Letters that are starred out: which letters a sign may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.marks.alphabets import UNSPACED

STARS = frozenset("*•●◦#?%^~■█")
_STAR = "".join(sorted(STARS)).replace("^", r"\^")
_LETTER = rf"[^\W{UNSPACED}]"
_STARRED = re.compile(rf"{_LETTER}{{0,24}}(?:[{_STAR}]{{1,3}}{_LETTER}{{1,24}}){{1,4}}|{_LETTER}{{3,24}}\*(?!\w)")
_CLASSES = "abcdefhjklmnoprstuvxyz"
"""One letter for each class of `alphabets.CLASSES`."""
MOST_SIGNS, BESIDE, MOST = 2, 40, 50
"""Signs in a word, code points of the words beside it that are read with it, and such words of one text."""


class Starred(NamedTuple):
    """A word with signs in it at [start, end) of `text`, which begins at `base` of the original; its readings."""

    base: int
    text: str
    start: int
    end: int
    readings: list[str]


def starred(text: str) -> Iterator[Starred]:
    """Words with one or two signs between their letters, each with the words beside it."""
    if STARS.isdisjoint(text):
        return
    told = 0
    for match in _STARRED.finditer(text):
        word = match[0]
        signs = [at for at, char in enumerate(word) if char in STARS]
        if len(signs) > MOST_SIGNS or sum(map(str.isalpha, word)) < 2:
            continue
        told += 1
        if told > MOST:
            return
        base = max(0, match.start() - BESIDE)
        around = text[base : match.end() + BESIDE]
        start = match.start() - base
        readings = [around]
        for sign in signs:
            at = start + sign
            readings = [one[:at] + letter + one[at + 1 :] for one in readings for letter in _CLASSES]
        yield Starred(base, around, start, start + len(word), readings)
