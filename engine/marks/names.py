"""The names of a register, by every key that a search needs. Built once, safe to share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from engine.automata import automaton
from engine.marks.folding import compact, compacts, keys, pattern
from engine.marks.model import Mark
from engine.marks.near import Part, Slips

SHORTEST_TRICK = 4
"""Letters of a mark below which only its plain spelling, or one with invisible or decorated letters, counts."""
SHORTEST_NEAR = 5
LONG = 2
"""Spaces in a name from which it is looked for by a scan when it stands backwards or is cut up."""
MOST_COMPARED = 20_000
"""Names that misspellings are compared with: the first of the register. A public list of all brands is no measure."""
ENDINGS = ("s", "es", "ed", "d", "ing", "er", "r", "ers", "y", "ly", "able", "less", "ness", "ish")

_THRICE = re.compile(r"(.)\1\1")
_WORDS = re.compile(r"[^\W_]+")
Named = tuple[int, str]
"""Number of a mark and the name of it that was found."""


class Names:
    """`owners[i]`: whose the i-th pattern of `patterns` is. `compact`: a name without spaces → whose it is.

    Half a million marks take some 5 seconds and 600 MB. The index of the scan has no form on disk in its library; the
    processes of a pool are forked and share it.
    """

    def __init__(self, marks: Iterable[Mark], words: frozenset[str], *, like: Names | None = None) -> None:
        self.marks = tuple(marks)
        self.words: frozenset[str] = words if like is None else like.words
        self.ordinary: set[str] = set(compacts(keys(sorted(words)))) if like is None else like.ordinary
        self.compact: dict[str, list[Named]] = {}
        owners: dict[str, list[Named]] = {}
        slips: list[Part] = []
        long: set[str] = set()
        listed = [(number, name) for number, mark in enumerate(self.marks) for name in mark.names]
        folded = keys([name for _, name in listed])
        for named, whole, short in zip(listed, folded, compacts(folded), strict=True):
            number, name = named
            tier = self.marks[number].tier
            if not short:
                continue
            owners.setdefault(pattern(whole), []).append(named)
            if tier == "unknown":
                continue
            spaces = whole.count(" ")
            if tier == "protected" and spaces:
                owners.setdefault(f" {short} ", []).append(named)
            self.compact.setdefault(short, []).append(named)
            if spaces >= LONG:
                long |= {short, short[::-1]}
            if len(slips) < MOST_COMPARED:
                slips += _parts(number, name, tier)
        self.owners = list(owners.values())
        self.patterns = automaton(list(owners))
        self.reversed = frozenset([short[::-1] for short in self.compact])
        self.spellings = self.reversed | self.compact.keys()
        self.longest = max(map(len, self.compact), default=0)
        self.long = automaton(sorted(long))
        self.slips = Slips(slips)
        self.is_word: Callable[[str], bool] = lru_cache(maxsize=50_000)(self._is_word) if like is None else like.is_word

    def _is_word(self, text: str) -> bool:
        """An ordinary word of the pack's vocabulary, or a form of one."""
        low = text.lower().strip("-'’. ")
        if low in self.words:
            return True
        if _THRICE.search(low):
            return False
        for ending in ENDINGS:
            stem = low[: -len(ending)]
            if low.endswith(ending) and len(stem) > 2 and self._is_stem(stem):
                return True
        return False

    def _is_stem(self, stem: str) -> bool:
        return stem in self.words or stem + "e" in self.words or (stem[-1] == stem[-2] and stem[:-1] in self.words)


def letters(name: str) -> int:
    """Letters and digits of a name."""
    return sum(char.isalnum() for char in name)


def _parts(number: int, name: str, tier: str) -> list[Part]:
    """The words of a name in which a slip is looked for: long ones, of letters alone."""
    words = _WORDS.findall(name.lower())
    shortest = SHORTEST_NEAR if len(words) == 1 else SHORTEST_NEAR - 1
    if tier == "word_like" and len(words) == 1 and len(name) <= SHORTEST_NEAR:
        return []
    beside = tuple(map(compact, words))
    return [
        Part(word, number, name, beside, at)
        for at, word in enumerate(words)
        if len(word) >= shortest and word.isalpha()
    ]
