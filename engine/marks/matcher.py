"""Finds marks in a text however they are spelt, and says by which transforms. Time grows with the text's length.

Whole words go through one Aho-Corasick scan for each reading of the text (most texts have one). What is spread over
several words, glued, reversed, starred out or misspelt is asked of the set of the text's own words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from engine.automata import matches
from engine.marks.explain import chain
from engine.marks.folding import View, compact, readings, view
from engine.marks.found import MOST, Found, distinct, end_of, has_letters
from engine.marks.model import Mark
from engine.marks.names import SHORTEST_TRICK, Names, letters
from engine.marks.spread import Spread
from engine.marks.starred import starred

LONGEST_TRICKED = 200_000
"""Code points of a text in which every trick is looked for; beyond, words are read as they are written."""
LONGEST_COMPARED = 1_000
"""Code points of a text in which misspelt and glued words are looked for: titles and values, not descriptions."""
GENTLE = frozenset({"invisible", "diacritics", "letter_form"})


class Matcher:
    """An index over marks. Built once, safe to share between threads and by fork."""

    def __init__(
        self, marks: Iterable[Mark], words: frozenset[str] = frozenset(), *, like: Matcher | None = None
    ) -> None:
        """`like`: another matcher whose ordinary words are these ones too."""
        self.names: Names = Names(marks, words, like=like.names if like is not None else None)
        self.marks, self.words, self.is_word = self.names.marks, self.names.words, self.names.is_word
        self._spread = Spread(self.names)

    def find(self, text: str, *, near: bool = True) -> list[Found]:
        """Every mark in the text, by its place. Of hits that overlap the plainer, then the longer one stays.

        `near`: misspelt and glued words too, in texts up to LONGEST_COMPARED.
        """
        if not text or self.names.patterns is None:
            return []
        head = text if len(text) <= LONGEST_TRICKED else text[:LONGEST_TRICKED]
        found = [] if head is text else [*self._scan(text, view(text, "native"))]
        for reading in readings(head):
            seen = view(head, reading)
            found += self._scan(head, seen)
            found += self._spread.find(head, seen, near=near and len(head) <= LONGEST_COMPARED)
        found += self._starred(head)
        return distinct(found) if found else []

    def plain(self, text: str) -> list[Found]:
        """Whole words of the text that are a mark as it is written, case aside: no trick is looked for."""
        if not text or self.names.patterns is None:
            return []
        return distinct([hit for hit in self._scan(text, view(text, "native")) if hit.kind == "plain"])

    def _scan(self, text: str, seen: View) -> Iterator[Found]:
        taken: dict[int, int] = {}
        for index, begin, stop in matches(self.names.patterns, seen.text):
            if taken.get(index, 0) >= MOST:
                continue
            taken[index] = taken.get(index, 0) + 1
            start, end = self._place(text, seen, begin, stop)
            for number, name in self.names.owners[index]:
                hit = self._verified(text, number, name, start, end, seen.reading)
                if hit is not None:
                    yield hit

    def _place(self, text: str, seen: View, begin: int, stop: int) -> tuple[int, int]:
        """Where a hit of the scan stands in the original; a pattern may begin and end with the space beside it."""
        padded = seen.text[begin] == " "
        last = int(seen.origin[min(stop - (2 if padded else 1), len(seen.text) - 1)])
        return int(seen.origin[begin + 1 if padded else begin]), end_of(text, last, seen)

    def _verified(self, text: str, number: int, name: str, start: int, end: int, reading: str) -> Found | None:
        written = text[start:end]
        how = chain(written, name, is_sound=reading == "sound")
        mark = self.marks[number]
        if how is None or (how and not self._allowed(mark, written, name, how)):
            return None
        return Found(mark, name, start, end, how)

    def _allowed(self, mark: Mark, written: str, name: str, how: tuple[str, ...]) -> bool:
        """A spelling that is itself an ordinary word is no trick; nor is anything done to a mark too short to tell."""
        if how == ("separators",) and mark.tier == "protected" and not written.isalpha():
            return len(compact(name)) >= SHORTEST_TRICK
        if set(how) <= GENTLE:
            return True
        if mark.tier == "unknown" or letters(name) < SHORTEST_TRICK:
            return False
        if mark.tier == "word_like" and "separators" in how and set(how) <= {"repeated", "separators"}:
            return False
        if "leet" in how and not has_letters(written, name):
            return False
        if (
            how in (("homoglyph",), ("transliteration",))
            and letters(name) < 5
            and not written.isascii()
            and not _mixed(written)
        ):
            return False
        return not self.is_word(written)

    def _starred(self, text: str) -> Iterator[Found]:
        """Words with letters starred out: every letter that a sign may stand for is tried, beside the next words."""
        for word in starred(text):
            hit = self._behind(word.text, word.start, word.end, word.readings)
            if hit is not None:
                yield hit._replace(start=word.base + hit.start, end=word.base + hit.end)

    def _behind(self, text: str, begin: int, stop: int, candidates: Iterable[str]) -> Found | None:
        for candidate in candidates:
            seen = view(candidate, "native")
            for index, first, last in matches(self.names.patterns, seen.text):
                start, end = self._place(candidate, seen, first, last)
                if end <= begin or start >= stop:
                    continue
                for number, name in self.names.owners[index]:
                    how = chain(text[start:end], name, has_stars=True)
                    if how and "wildcard" in how and self.marks[number].tier != "unknown":
                        return Found(self.marks[number], name, start, end, how)
        return None


def _mixed(text: str) -> bool:
    """Whether the letters are of more than one script, or plain and strange ones, as no word of a language is."""
    found = [char for char in text if char.isalpha()]
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in found}
    return len(scripts) > 1 or len({char.isascii() for char in found}) > 1


__all__ = ["Found", "Matcher"]
