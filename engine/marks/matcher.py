"""Finds marks in a text however they are spelt, and says by which transforms. Time grows with the text's length.

Whole words go through one Aho-Corasick scan for each reading of the text (most texts have one). What is spread over
several words, glued, reversed, starred out or misspelt is asked of the set of the text's own words.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from engine.automata import automaton, matches
from engine.marks.alphabets import BREAK, is_invisible
from engine.marks.explain import chain
from engine.marks.folding import View, compact, key, letter, pattern, readings, squeeze, view
from engine.marks.model import Mark
from engine.marks.spellings import Halves, wildcards

SHORTEST_TRICK = 4
"""Letters of a mark below which only its plain spelling, or one with invisible or decorated letters, counts."""
SHORTEST_GLUED, SHORTEST_NEAR = 5, 6
MOST = 2_000
"""Hits that are looked at, for each reading. A bound of time for texts of megabytes, not of policy."""
LONGEST_TRICKED = 200_000
"""Code points of a text in which spread, glued and misspelt words are looked for; beyond, whole words only."""
LONGEST_COMPARED = 1_000
"""Code points of a text in which misspelt and glued words are looked for: titles and values, not descriptions."""
MOST_COMPARED = 20_000
"""Names that misspellings are compared with: the first of the register. A public list of all brands is no measure."""
GENTLE = frozenset({"invisible", "diacritics", "letter_form"})
ENDINGS = ("s", "es", "ed", "d", "ing", "er", "r", "ers", "y", "ly", "able", "less", "ness", "ish")
REVIEW = frozenset({"misspelling", "glued", "split"})


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
        return "plain" if not self.chain else "near" if not REVIEW.isdisjoint(self.chain) else "tricked"


class Matcher:
    """An index over marks. Built once, safe to share between threads and by fork."""

    def __init__(self, marks: Iterable[Mark], words: frozenset[str] = frozenset()) -> None:
        self.marks = tuple(marks)
        self.words = words
        self._ordinary = {compact(word) for word in words}
        owners: dict[str, list[tuple[int, str]]] = {}
        self._compact: dict[str, tuple[int, str]] = {}
        near: list[tuple[str, int, str]] = []
        for number, mark in enumerate(self.marks):
            for name in mark.names:
                owners.setdefault(pattern(name), []).append((number, name))
                short = compact(name)
                joined = f" {short} "
                if mark.tier == "protected" and " " in key(name):
                    owners.setdefault(joined, []).append((number, name))
                if mark.tier != "unknown":
                    self._compact.setdefault(short, (number, name))
                letters = name.lower()
                if mark.tier == "protected" and len(letters) >= SHORTEST_NEAR and letters.isalpha():
                    near.append((letters, number, name))
        owners.pop("  ", None)
        owners.pop("", None)
        self._owners = list(owners.values())
        self._automaton = automaton(list(owners))
        self._known = frozenset(self._compact)
        self._reversed = frozenset(short[::-1] for short in self._compact)
        self._run_together = automaton(
            sorted(name for name in self._known | self._reversed if len(name) >= SHORTEST_TRICK)
        )
        self._near = Halves(near[:MOST_COMPARED])
        self.is_word = lru_cache(maxsize=50_000)(self._is_word)

    def find(self, text: str, *, near: bool = True) -> list[Found]:
        """Every mark in the text, by its place. Of hits that overlap the plainer, then the longer one stays.

        `near`: misspelt and glued words too, in texts up to LONGEST_COMPARED.
        """
        if not text or self._automaton is None:
            return []
        found: list[Found] = []
        for reading in readings(text):
            seen = view(text, reading)
            found += self._scan(text, seen)
            if len(text) <= LONGEST_TRICKED:
                found += self._words(text, seen, near=near and len(text) <= LONGEST_COMPARED)
        if len(text) <= LONGEST_TRICKED:
            found += self._starred(text)
        return _distinct(found)

    # whole words

    def _scan(self, text: str, seen: View) -> Iterator[Found]:
        spots = matches(self._automaton, seen.text)
        last = len(seen.text) - 1
        taken: dict[int, int] = {}
        for index, begin, stop in spots:
            if taken.get(index, 0) >= MOST:
                continue
            taken[index] = taken.get(index, 0) + 1
            padded = seen.text[begin] == " "
            start = int(seen.origin[begin + 1 if padded else begin])
            end = _end(text, int(seen.origin[min(stop - (2 if padded else 1), last)]), seen)
            for number, name in self._owners[index]:
                hit = self._verified(text, number, name, start, end, seen.reading)
                if hit is not None:
                    yield hit

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
        letters = sum(char.isalnum() for char in name)
        if mark.tier == "unknown" or letters < SHORTEST_TRICK:
            return False
        if mark.tier == "word_like" and set(how) <= {"repeated", "separators"}:
            return False
        if "leet" in how and not any(char.isalpha() for char in written):
            return False
        if (
            how in (("homoglyph",), ("transliteration",))
            and letters < 5
            and not written.isascii()
            and not _mixed(written)
        ):
            return False
        return not self.is_word(written)

    def _is_word(self, text: str) -> bool:
        """An ordinary word of the pack's vocabulary, or a form of one."""
        low = text.lower().strip("-'’. ")
        if low in self.words:
            return True
        for ending in ENDINGS:
            stem = low[: -len(ending)]
            if low.endswith(ending) and len(stem) > 2 and self._is_stem(stem):
                return True
        return False

    def _is_stem(self, stem: str) -> bool:
        return stem in self.words or stem + "e" in self.words or (stem[-1] == stem[-2] and stem[:-1] in self.words)

    # what is spread over words, glued, reversed or misspelt

    def _words(self, text: str, seen: View, *, near: bool) -> Iterator[Found]:
        tokens = seen.text[1:-1].split(" ")
        if tokens == [""]:
            return
        solid = [at for at, token in enumerate(tokens) if token != BREAK]
        candidates = set(self._joined(tokens, solid)) if len(solid) > 1 else set()
        single = set(tokens)
        backward = {token for token in single & self._reversed if len(token) >= SHORTEST_TRICK}
        strange = set()
        if near and seen.reading == "native":
            strange = {token for token in single - self._ordinary if len(token) >= SHORTEST_NEAR} - self._known
        if not candidates and not backward and not strange:
            return
        ends: list[int] | None = None
        for first, stop in sorted(candidates):
            ends = ends or _ends(tokens)
            hit = self._spread(text, seen, ends, [solid[at] for at in range(first, stop)], tokens)
            if hit is not None:
                yield hit
        dull: set[str] = set()
        for at, token in enumerate(tokens):
            if token in backward or token in strange:
                ends = ends or _ends(tokens)
                start, end = _span(text, seen, ends[at] - len(token), ends[at])
                written = text[start:end]
                if written in dull:
                    continue
                hits = list(self._single(written, token, start, end, seen.reading))
                yield from hits
                if not hits:
                    dull.add(written)

    def _joined(self, tokens: Sequence[str], solid: Sequence[int]) -> Iterator[tuple[int, int]]:
        """[first, stop) over `solid` of words that together make a mark: two or three of any length, more of short.

        The words run together go through one scan; a letter that ends one word and begins the next counts once.
        """
        parts: list[str] = []
        last = ""
        for at in solid:
            token = tokens[at]
            parts.append(token[1:] if token[0] == last else token)
            last = token[-1]
        hits = matches(self._run_together, "".join(parts))
        if not hits:
            return
        ends = list(accumulate(map(len, parts)))
        lengths = [len(tokens[at]) for at in solid]
        for _, begin, end in hits:
            final = bisect_left(ends, end)
            if ends[final] != end:
                continue
            first = bisect_right(ends, begin)
            if ends[first] - lengths[first] != begin:  # a word that lost its first letter begins at the letter before
                first += 1
            if first >= final or ends[first] - lengths[first] != begin:
                continue
            if final - first < 3 or max(lengths[first:final]) <= 2:
                yield first, final + 1

    def _spread(
        self, text: str, seen: View, ends: Sequence[int], at: Sequence[int], tokens: Sequence[str]
    ) -> Found | None:
        spans = [_span(text, seen, ends[one] - len(tokens[one]), ends[one]) for one in at]
        start, end = spans[0][0], spans[-1][1]
        joined = squeeze("".join(tokens[one] for one in at))
        backward = joined not in self._compact
        number, name = self._compact[joined[::-1] if backward else joined]
        mark = self.marks[number]
        written = text[start:end]
        across = any(tokens[one] == BREAK for one in range(at[0], at[-1]))
        how = chain(written[::-1] if backward else written, name, is_sound=seen.reading == "sound")
        if how is None or not (how or across or backward) or mark.tier == "unknown" or len(joined) < SHORTEST_TRICK:
            return None
        if " " in written and written.isascii() and ("leet" in how or "homoglyph" in how):
            return None  # numbers and sizes beside each other spell anything
        parts = [text[slice(*one)] for one in spans]
        spaced = " " in key(name)
        if mark.tier == "word_like" and not any(len(part) == 1 for part in parts):
            return None
        if not spaced and not any(len(part) == 1 for part in parts) and sum(map(self.is_word, parts)) * 2 >= len(parts):
            return None
        if backward:
            if len(parts) > 1 and not spaced and max(map(len, parts)) > 2:
                return None
            how = ("reversed", *(one for one in how if one != "separators"))
        elif across:
            if not spaced and (any(map(self.is_word, parts)) or max(map(len, parts)) < 2):
                return None
            how = ("split_over_fields", *(one for one in how if one != "separators"))
        return Found(mark, name, start, end, how)

    def _single(self, written: str, token: str, start: int, end: int, reading: str) -> Iterator[Found]:
        if self.is_word(written):
            return
        backward = token[::-1]
        if backward in self._compact and backward != token:
            number, name = self._compact[backward]
            how = chain(written[::-1], name)
            tier = self.marks[number].tier
            if how is not None and "repeated" not in how and tier == "protected" and _is_turned(written):
                yield Found(self.marks[number], name, start, end, ("reversed", *how))
                return
        if reading != "native" or len(written) < SHORTEST_NEAR or len(written) > 40:
            return
        low = written.lower()
        if any(char.isdigit() for char in low):
            return
        nearest = self._near.nearest(low)
        if nearest is not None:
            number, name = nearest
            yield Found(self.marks[number], name, start, end, ("misspelling",))
            return
        yield from self._glued(written, token, start, end)

    def _glued(self, written: str, token: str, start: int, end: int) -> Iterator[Found]:
        if len(token) != len(written):  # a doubled letter: cut where the original is cut
            token = written.lower()
        for cut in range(2, len(written) - 1):
            for mine, rest, at in ((written[:cut], written[cut:], start), (written[cut:], written[:cut], start + cut)):
                if len(mine) < SHORTEST_GLUED or not (self.is_word(rest) and len(rest) > 2):
                    continue
                known = self._compact.get(compact(mine))
                if known is None or self.marks[known[0]].tier != "protected" or chain(mine, known[1]) is None:
                    continue
                yield Found(self.marks[known[0]], known[1], at, at + len(mine), ("glued",))
                return

    def _starred(self, text: str) -> Iterator[Found]:
        for start, end, candidates in wildcards(text):
            for candidate in candidates:
                known = self._compact.get(candidate)
                if known is None or self.marks[known[0]].tier == "unknown":
                    continue
                yield Found(self.marks[known[0]], known[1], start, end, ("wildcard",))
                break


def _ends(tokens: Sequence[str]) -> list[int]:
    """Where each word of a view ends in it: words are parted by single spaces, and one stands before the first."""
    return list(accumulate([len(token) + 1 for token in tokens]))


def _span(text: str, seen: View, begin: int, stop: int) -> tuple[int, int]:
    return int(seen.origin[begin]), _end(text, int(seen.origin[stop - 1]), seen)


def _end(text: str, last: int, seen: View) -> int:
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
    while end > last + 1 and _zero(text[end - 1]) and not _combining(text[end - 1]):
        end -= 1
    return end


def _parts(char: str, reading: str) -> bool:
    """Whether a sign stands between words under a reading."""
    return not char.isalnum() and not _zero(char) and not letter(char, reading)


def _zero(char: str) -> bool:
    return is_invisible(char)


def _combining(char: str) -> bool:
    return unicodedata.combining(char) != 0


def _is_turned(written: str) -> bool:
    """Whether a word that spells a mark backwards is no chance: it is long, or ends in the capital of the mark.

    "Mars" and "99Gems" are names of their own, and Sram and Smeg marks.
    """
    return (len(written) >= SHORTEST_NEAR and written.isalpha()) or (written[-1].isupper() and written[0].islower())


def _mixed(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return any(char.isascii() for char in letters) and not all(char.isascii() for char in letters)


def _distinct(found: Sequence[Found]) -> list[Found]:
    order = {"plain": 0, "tricked": 1, "near": 2}
    kept: list[Found] = []
    taken: list[tuple[int, int]] = []
    for hit in sorted(found, key=lambda one: (order[one.kind], one.start - one.end, len(one.chain), one.start)):
        if any(hit.start < end and start < hit.end for start, end in taken):
            continue
        kept.append(hit)
        taken.append((hit.start, hit.end))
        if len(taken) > MOST:
            break
    return sorted(kept, key=lambda one: one.start)
