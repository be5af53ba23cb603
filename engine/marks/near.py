"""Words that are one slip away from a mark, or from one word of a mark whose other words stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA


class Part(NamedTuple):
    """A word of a name: `words` are all of them as a view has them, `at` is its place."""

    letters: str
    number: int
    name: str
    words: tuple[str, ...]
    at: int


class Slips:
    """Words of which one half or the other survives any one slip; what is found so is measured by RapidFuzz."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._front: dict[tuple[int, str], list[int]] = {}
        self._back: dict[tuple[int, str], list[int]] = {}
        for index, part in enumerate(parts):
            size = len(part.letters)
            self._front.setdefault((size, part.letters[: size // 2]), []).append(index)
            self._back.setdefault((size, part.letters[size // 2 :]), []).append(index)

        self.near = lru_cache(maxsize=50_000)(lambda word: tuple(self._near(word)))

    def _near(self, word: str) -> Iterator[Part]:
        """The parts one slip away from a word in small letters; alone it keeps its first letter. A plural is none."""
        for size in (len(word), len(word) - 1, len(word) + 1):
            half = size // 2
            for index in (
                *self._front.get((size, word[:half]), ()),
                *self._back.get((size, word[-(size - half) :]), ()),
            ):
                part = self._parts[index]
                if (part.letters[0] != word[0] and len(part.words) == 1) or word == part.letters + "s":
                    continue
                if OSA.distance(part.letters, word, score_cutoff=1) == 1:
                    yield part
