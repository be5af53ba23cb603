"""Marks that no whole word spells: spread over several words, split over fields, reversed, glued or misspelt."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import add
from typing import NamedTuple

from engine.automata import matches
from engine.marks.alphabets import BREAK
from engine.marks.common import COMMON, KNOWN, commonness
from engine.marks.explain import chain
from engine.marks.folding import View, compact, key, squeeze
from engine.marks.found import Found, ends_of, has_letters, span
from engine.marks.model import Mark
from engine.marks.names import SHORTEST_NEAR, SHORTEST_TRICK, Names, letters

MOST_SPELLED = 40
"""Words of one or two letters that are read as one name. A letter said again and again adds none, so this ends it."""
SHORTEST_GLUED, LONGEST_WORD, LETTERS_AMONG_NUMBERS = 5, 40, 3
_SHORT_WORDS = re.compile(r"(?: \S{1,2}){4} ")
TURNERS = "\u202e\u2067"
"""Signs that make the eye read what follows backwards."""
MILD = frozenset(" -–—/&+,.'’()[]:;\t\n")
"""What honest titles put between words."""


class Join(NamedTuple):
    """Words that together spell a mark: how many, the length of the longest, which are ordinary words; whether spaces,
    or signs that no honest title puts there, part them; whether one, or each, is a single letter.
    """

    written: str
    parts: int
    longest: int
    words: list[str]
    has_space: bool
    is_odd: bool
    has_single: bool
    is_lettered: bool

    def is_parted_as(self, name: str) -> bool:
        """Whether the parts are those of the name: by spaces where it has spaces, by signs where it has signs."""
        return " " in name or (" " in key(name) and not self.has_space)


class Spread:
    """The search over the words of a text. Shares the names with the scan of whole words."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._marks = names.marks
        self._glued = lru_cache(maxsize=50_000)(self._joined_to_a_word)

    def find(self, text: str, seen: View, *, near: bool) -> Iterator[Found]:
        """Hits of one reading; `near`: misspelt and glued words too."""
        tokens = seen.text[1:-1].split(" ")
        if tokens == [""]:
            return
        solid = [at for at, token in enumerate(tokens) if token != BREAK]
        candidates = set(self._joined(seen.text, tokens, solid)) if len(solid) > 1 else set()
        single = set(tokens)
        backward = {token for token in single & self._names.reversed if len(token) >= SHORTEST_TRICK - 1}
        strange = set()
        if near and seen.reading == "native":
            known = self._names.compact
            strange = {
                token
                for token in single - self._names.ordinary
                if len(token) >= SHORTEST_NEAR - 1 and token not in known
            }
        if not candidates and not backward and not strange:
            return
        ends = ends_of(tokens)
        for first, stop in sorted(candidates):
            hit = self._over_words(text, seen, ends, solid[first:stop], tokens)
            if hit is not None:
                yield hit
        dull: set[str] = set()
        for at, token in enumerate(tokens):
            if token in backward or token in strange:
                start, end = span(text, seen, ends[at] - len(token), ends[at])
                written = text[start:end]
                if written in dull:
                    continue
                hits = list(self._single(text, seen, tokens, ends, at, start, end))
                yield from hits
                if not hits:
                    dull.add(written)

    def _joined(self, text: str, tokens: Sequence[str], solid: Sequence[int]) -> Iterator[tuple[int, int]]:
        """[first, stop) over `solid` of words that together make a mark: two or three of any length, more of one or two
        letters. A letter that ends one word and begins the next counts once. What is joined is asked of a set, all at
        once, so that the time does not depend on how many marks there are.
        """
        spellings = self._names.spellings
        words = [tokens[at] for at in solid]
        parts = [word[1:] if word[0] == before[-1] else word for before, word in pairwise([" ", *words])]
        pairs = list(map(add, words, parts[1:]))
        triples = list(map(add, pairs, parts[2:]))
        for size, joined in ((2, pairs), (3, triples)):
            if not spellings.isdisjoint(joined):
                for first, written in enumerate(joined):
                    if written in spellings and written != words[first + size - 1]:
                        yield first, first + size
        if _SHORT_WORDS.search(text):
            yield from self._spelled(words, parts)
        if self._names.long is not None and len(words) > 2:
            yield from self._long(words, parts)

    def _spelled(self, words: Sequence[str], parts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """The same for four words and more of one or two letters each."""
        spellings, longest = self._names.spellings, self._names.longest
        for first, word in enumerate(words):
            joined = word
            for stop in range(first, min(len(words), first + MOST_SPELLED)):
                if len(words[stop]) > 2 or len(joined) > longest:
                    break
                joined += parts[stop] if stop > first else ""
                if stop - first > 2 and joined in spellings:
                    yield first, stop + 1

    def _long(self, words: Sequence[str], parts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """The same for marks of three words and more, which may stand there backwards or with a word cut in two."""
        whole = "".join(parts)
        hits = matches(self._names.long, whole)
        if not hits:
            return
        ends = list(accumulate(map(len, parts)))
        begins = [end - len(word) for end, word in zip(ends, words, strict=True)]
        for _, begin, end in hits:
            last = bisect_left(ends, end)
            if ends[last] != end:
                continue
            named = self._names.compact.get(whole[begin:end]) or self._names.compact.get(whole[begin:end][::-1]) or ()
            most = max((key(name).count(" ") + 2 for _, name in named), default=0)
            for first in range(max(0, last - most + 1), last):
                if begins[first] == begin:
                    yield first, last + 1
                    break

    def _over_words(
        self, text: str, seen: View, ends: Sequence[int], at: Sequence[int], tokens: Sequence[str]
    ) -> Found | None:
        spans = [span(text, seen, ends[one] - len(tokens[one]), ends[one]) for one in at]
        start, end = spans[0][0], spans[-1][1]
        joined = squeeze("".join(tokens[one] for one in at))
        is_backward = joined not in self._names.compact
        written = text[start:end]
        across = any(tokens[one] == BREAK for one in range(at[0], at[-1]))
        led = self._led(
            joined[::-1] if is_backward else joined, written[::-1] if is_backward else written, seen.reading
        )
        if led is None:
            return None
        mark, name, how = led
        if not (how or across or is_backward):
            return None
        join = self._join(text, spans)
        if self._is_chance(mark, name, how, join):
            return None
        if is_backward:
            turned = text[max(0, start - 2) : start + 1].strip()[:1] in TURNERS
            if join.longest > 2 and not turned and not join.is_parted_as(name):
                return None
            how = ("reversed", *(one for one in how if one != "separators"))
        elif across:
            if join.words or (" " not in key(name) and join.longest < 2):
                return None
            how = ("split_over_fields", *(one for one in how if one != "separators"))
        return Found(mark, name, start, end, how)

    def _join(self, text: str, spans: Sequence[tuple[int, int]]) -> Join:
        parts = [text[slice(*one)] for one in spans]
        sizes = [len(_bare(part)) for part in parts]
        between = "".join(text[one[1] : other[0]] for one, other in pairwise(spans))
        has_space = any(char.isspace() for char in between)
        return Join(
            written=text[spans[0][0] : spans[-1][1]],
            parts=len(parts),
            longest=max(map(len, parts)),
            words=[part for part in parts if self._names.is_word(part)],
            has_space=has_space,
            is_odd=not has_space and not MILD.issuperset(between),
            has_single=1 in sizes,
            is_lettered=max(sizes) == 1,
        )

    def _is_chance(self, mark: Mark, name: str, how: tuple[str, ...], join: Join) -> bool:
        """Whether words beside each other spell a mark as any words might."""
        if "leet" in how or "homoglyph" in how:  # numbers and sizes beside each other spell anything
            is_told = join.is_lettered and sum(map(str.isalpha, join.written)) >= LETTERS_AMONG_NUMBERS
            if join.has_space and join.written.isascii() and not is_told:
                return True
            if "leet" in how and not has_letters(join.written, name):
                return True
        is_spelled_out = join.is_lettered if join.has_space else join.has_single
        if mark.tier == "word_like" and not join.is_odd and not is_spelled_out:
            return True
        if join.has_space and " " not in name and not join.is_lettered and any(len(word) > 2 for word in join.words):
            return True
        is_wordy = len(join.words) * 2 >= join.parts
        return " " not in key(name) and not join.has_single and not join.is_odd and is_wordy

    def _led(self, short: str, written: str, reading: str) -> tuple[Mark, str, tuple[str, ...]] | None:
        """Which of the marks of a spelling the letters lead to, and how."""
        for number, name in self._names.compact.get(short, ()):
            mark = self._marks[number]
            if mark.tier == "unknown" or letters(name) < SHORTEST_TRICK:
                continue
            how = chain(written, name, is_sound=reading == "sound")
            if how is not None:
                return mark, name, how
        return None

    def _single(
        self, text: str, seen: View, tokens: Sequence[str], ends: Sequence[int], at: int, start: int, end: int
    ) -> Iterator[Found]:
        token, written = tokens[at], text[start:end]
        is_turned = text[max(0, start - 1) : start + 1].strip(" ")[:1] in TURNERS
        if self._names.is_word(written) and not is_turned:
            return
        hit = self._turned(token, written, start, end, is_turned=is_turned)
        if hit is not None:
            yield hit
            return
        if seen.reading != "native" or not SHORTEST_NEAR - 1 <= len(written) <= LONGEST_WORD:
            return
        low = written.lower()
        if any(char.isdigit() for char in low):
            return
        hit = self._slipped(text, seen, tokens, ends, at, low)
        if hit is not None:
            yield hit
            return
        glued = self._glued(written)
        if glued is not None:
            mark, name, at, size = glued
            yield Found(mark, name, start + at, start + at + size, ("glued",))

    def _turned(self, token: str, written: str, start: int, end: int, *, is_turned: bool) -> Found | None:
        backward = token[::-1]
        led = self._led(backward, written.strip(TURNERS)[::-1], "native") if backward != token else None
        if led is None:
            return None
        mark, name, how = led
        if "repeated" in how:
            return None
        if is_turned or _ends_in_its_capital(written) or (mark.tier == "protected" and _is_no_word(written)):
            return Found(mark, name, start, end, ("reversed", *how))
        return None

    def _slipped(
        self, text: str, seen: View, tokens: Sequence[str], ends: Sequence[int], at: int, low: str
    ) -> Found | None:
        parts = self._names.slips.near(low)
        if not parts or commonness(low) >= (COMMON if len(low) > SHORTEST_NEAR else KNOWN):
            return None
        for part in parts:
            first, stop = at - part.at, at - part.at + len(part.words)
            if first < 0 or stop > len(tokens):
                continue
            beside = zip(tokens[first:stop], part.words, strict=True)
            if all(one == at or token == word for one, (token, word) in enumerate(beside, first)):
                start, _ = span(text, seen, ends[first] - len(tokens[first]), ends[first])
                _, end = span(text, seen, ends[stop - 1] - len(tokens[stop - 1]), ends[stop - 1])
                return Found(self._marks[part.number], part.name, start, end, ("misspelling",))
        return None

    def _joined_to_a_word(self, written: str) -> tuple[Mark, str, int, int] | None:
        """A mark joined to an ordinary word, where it begins and its length. A mark that is an ordinary word itself has
        to begin with a capital of its own.
        """
        for cut in range(2, len(written) - 1):
            for mine, rest, at in ((written[:cut], written[cut:], 0), (written[cut:], written[:cut], cut)):
                if len(mine) < SHORTEST_GLUED or len(rest) < 3 or not self._names.is_word(rest):
                    continue
                led = self._led(compact(mine), mine, "native")
                if led is None:
                    continue
                mark, name, _ = led
                if mark.tier == "protected" or (written[cut].isupper() and mine[0].isupper()):
                    return mark, name, at, len(mine)
        return None


def _bare(part: str) -> str:
    """A part without what takes no room of its own."""
    if len(part) == 1:
        return part
    return "".join(char for char in part if unicodedata.category(char) not in ("Cf", "Mn", "Me"))


def _ends_in_its_capital(written: str) -> bool:
    return written[-1].isupper() and written[0].islower()


def _is_no_word(written: str) -> bool:
    """Whether a word that spells a mark backwards is no chance. "Mars" and "99Gems" are names of their own."""
    return written.isalpha() and commonness(written.lower()) < (COMMON if len(written) > SHORTEST_NEAR else KNOWN)
