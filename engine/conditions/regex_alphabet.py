"""Character sets as bit masks over sample characters, so that two sets overlap exactly when their masks do.

Every ASCII character is a sample of its own. Beyond ASCII, each stretch between two characters that the pattern names
gives one sample of each kind it holds (digit, other word character, space, other). Two more bits stand for "start of
text" and "end of text".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any

ASCII_SIZE = 128
LAST = 0x10FFFF
TABLE_END = 0x20000  # above it there are no digits and no spaces, only letters and unassigned characters
KINDS = tuple(re.compile(kind) for kind in (r"\d", r"[^\W\d]", r"\s", r"[^\w\s]"))
CASE_ODDITIES = "\u0130\u0131\u017f\u1e9e\u212a\u212b\u00df\u00b5\u03bc"  # match an ASCII or far-off letter under (?i)


@lru_cache(maxsize=1)
def _table() -> str:
    return "".join(map(chr, range(TABLE_END)))


@lru_cache(maxsize=512)
def _samples(low: int, high: int) -> str:
    """One character of each kind that occurs from `low` to `high` (both inclusive)."""
    if low == high:
        return chr(low)
    found = (kind.search(_table(), low, min(high + 1, TABLE_END)) for kind in KINDS)
    samples = "".join(match.group() for match in found if match)
    if high >= TABLE_END:
        samples += chr(max(low, TABLE_END)) + chr(high)
    return samples


def _points(tree: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """Every literal and range (low, high) that the parsed pattern names, at any depth."""
    for op, value in tree:
        if op in (sre.LITERAL, sre.NOT_LITERAL):
            yield value, value
        elif op is sre.RANGE:
            yield value
        elif op is sre.IN:
            yield from _points(value)
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from _points(branch)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT, sre.SUBPATTERN):
            yield from _points(value[-1])
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _points(value[1])
        elif op is sre.ATOMIC_GROUP:
            yield from _points(value)


@lru_cache(maxsize=4096)
def _cases(character: str) -> frozenset[str]:
    """The single characters that case-insensitive matching may treat as equal to `character`."""
    near = {character, character.lower(), character.upper(), character.swapcase()}
    near |= {form for each in tuple(near) for form in (each.lower(), each.upper())}
    return frozenset(form for form in near if len(form) == 1)


class Alphabet:
    """The samples one parsed pattern needs, and the mask of each of its character sets."""

    def __init__(self, tree: Iterable[Any]) -> None:
        cuts = {ASCII_SIZE}
        for low, high in [*_points(tree), *((ord(odd), ord(odd)) for odd in CASE_ODDITIES)]:
            for end in (low, high):
                for form in _cases(chr(end)):
                    cuts |= {ord(form), ord(form) + 1}
        starts = sorted(cut for cut in cuts if ASCII_SIZE <= cut <= LAST)
        characters = list(map(chr, range(ASCII_SIZE)))
        for low, high in zip(starts, [*(start - 1 for start in starts[1:]), LAST], strict=True):
            characters += dict.fromkeys(_samples(low, high))
        self.characters = characters
        self._bit = {character: 1 << index for index, character in enumerate(characters)}
        self.start = 1 << len(characters)
        self.end = self.start << 1
        self.any = self.start - 1
        self.newline = self._bit["\n"]

    def _where(self, test: Any) -> int:
        return sum(bit for character, bit in self._bit.items() if test(character))

    def category(self, name: Any, flags: int) -> int:
        """The mask of a class such as backslash-w."""
        text = str(name)
        ascii_only = bool(flags & re.ASCII)
        pattern = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[text.rsplit("_", 1)[1]]
        matches = re.compile(pattern, re.ASCII if ascii_only else 0).match
        mask = self._where(matches)
        return self.any & ~mask if "NOT" in text else mask

    def span(self, low: int, high: int, flags: int) -> int:
        """The mask of the characters from `low` to `high`, both inclusive."""
        if low == high and not flags & re.IGNORECASE:
            return self._bit[chr(low)]
        if flags & re.IGNORECASE:
            return self._where(lambda character: any(low <= ord(form) <= high for form in _cases(character)))
        return self._where(lambda character: low <= ord(character) <= high)

    def mask(self, op: Any, value: Any, flags: int) -> int:
        """The mask of one leaf of the parsed pattern."""
        if op is sre.ANY:
            return self.any if flags & re.DOTALL else self.any & ~self.newline
        if op is sre.LITERAL:
            return self.span(value, value, flags)
        if op is sre.NOT_LITERAL:
            return self.any & ~self.span(value, value, flags)
        if op is sre.CATEGORY:
            return self.category(value, flags)
        if op is sre.RANGE:
            return self.span(value[0], value[1], flags)
        negated, mask = False, 0
        for item, argument in value:
            if item is sre.NEGATE:
                negated = True
            else:
                mask |= self.mask(item, argument, flags)
        return self.any & ~mask if negated else mask
