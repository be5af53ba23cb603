"""Near misspellings and starred-out letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import OSA

from engine.marks.folding import compact

_STAR = "*•●◦#?%^~■█"
_STARRED = re.compile(rf"\w{{0,24}}(?:[{_STAR}]{{1,3}}\w{{1,24}}){{1,4}}")
_LETTERS = "abcdefhklmnoprstuvxyz"
"""One letter for each class of `alphabets.CLASSES`."""


class Halves:
    """Names of which one half or the other survives any one slip; what is found so is measured by RapidFuzz."""

    def __init__(self, names: Sequence[tuple[str, int, str]]) -> None:
        self._names = names
        self._front: dict[tuple[int, str], list[int]] = {}
        self._back: dict[tuple[int, str], list[int]] = {}
        for index, (letters, _, _) in enumerate(names):
            size = len(letters)
            self._front.setdefault((size, letters[: size // 2]), []).append(index)
            self._back.setdefault((size, letters[size // 2 :]), []).append(index)

    def nearest(self, word: str) -> tuple[int, str] | None:
        """Number and name of a mark one slip away from a word (not the word itself), the first letter kept."""
        for size in (len(word), len(word) - 1, len(word) + 1):
            half = size // 2
            for index in (
                *self._front.get((size, word[:half]), ()),
                *self._back.get((size, word[-(size - half) :]), ()),
            ):
                letters, number, name = self._names[index]
                if letters[0] != word[0] or word == letters + "s":
                    continue
                if OSA.distance(letters, word, score_cutoff=1) == 1:
                    return number, name
        return None


def wildcards(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """[start, end) and the compact spellings a starred word may stand for: each sign one letter, at most two signs."""
    if not any(star in text for star in _STAR):
        return
    for match in _STARRED.finditer(text):
        word = match[0]
        signs = [at for at, char in enumerate(word) if char in _STAR]
        if len(signs) > 2 or len(word) - len(signs) < 3 or len(word) < 4:
            continue
        candidates = [word]
        for sign in signs:
            candidates = [one[:sign] + letter + one[sign + 1 :] for one in candidates for letter in _LETTERS]
        yield match.start(), match.end(), [compact(one) for one in candidates]
