"""What a search says, and the places of folded words in the original text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from engine.marks.alphabets import is_invisible
from engine.marks.folding import View, letter
from engine.marks.model import Mark

REVIEW = frozenset({"misspelling", "glued", "split"})
STRONG = frozenset("@$€£¢©§¥＠＄￡￠￥﹩﹫")
"""Signs that stand in no number and between no words."""
MOST = 2_000
"""Hits that are looked at, for each reading. A bound of time for texts of megabytes, not of policy."""


class Found(NamedTuple):
    """A mark at [start, end) of the original. `chain` is empty for the plain spelling; `kind`: plain, tricked, near."""

    mark: Mark
    name: str
    start: int
    end: int
    chain: tuple[str, ...]

    @property
    def kind(self) -> str:
        """plain, tricked (letters changed or spread) or near (a likeness that a person should look at)."""
        if not self.chain:
            return "plain"
        doubled = self.mark.tier == "word_like" and self.chain == ("repeated",)
        return "near" if doubled or not REVIEW.isdisjoint(self.chain) else "tricked"


def distinct(found: Sequence[Found]) -> list[Found]:
    """Of hits that overlap the longer, then the plainer one, a mere likeness last; in the order of the text."""
    kept: list[Found] = []
    taken: list[tuple[int, int]] = []
    for hit in sorted(found, key=lambda one: (one.kind == "near", one.start - one.end, len(one.chain), one.start)):
        if any(hit.start < end and start < hit.end for start, end in taken):
            continue
        kept.append(hit)
        taken.append((hit.start, hit.end))
        if len(taken) > MOST:
            break
    return sorted(kept, key=lambda one: one.start)


def ends_of(tokens: Sequence[str]) -> list[int]:
    """Where each word of a view ends in it: words are parted by single spaces, and one stands before the first."""
    return list(accumulate([len(token) + 1 for token in tokens]))


def span(text: str, seen: View, begin: int, stop: int) -> tuple[int, int]:
    """[begin, stop) of a view in the original."""
    return int(seen.origin[begin]), end_of(text, int(seen.origin[stop - 1]), seen)


def end_of(text: str, last: int, seen: View) -> int:
    """The end in the original of a word whose last folded character came from `last`: a run of one letter is whole."""
    end = last + 1
    char = text[last] if last < len(text) else ""
    folded = letter(char, "alike" if seen.reading == "sound" else seen.reading) if char else ""
    while end < len(text) and end - last < 64:
        follower = text[end]
        if follower != char and letter(follower, seen.reading) not in ("", folded):
            break
        if follower.isspace() or (follower != char and _parts(follower, seen.reading)):
            break
        end += 1
    while end > last + 1 and is_invisible(text[end - 1]) and not unicodedata.combining(text[end - 1]):
        end -= 1
    return end


def _parts(char: str, reading: str) -> bool:
    """Whether a sign stands between words under a reading."""
    return not char.isalnum() and not is_invisible(char) and not letter(char, reading)


def has_letters(written: str, name: str) -> bool:
    """A number is no disguise: two letters or signs are no digits, one in a name so long that chance is out."""
    counted = sum(char.isalpha() or char in STRONG for char in written)
    return counted >= (1 if sum(map(str.isalnum, name)) > 5 else 2)
