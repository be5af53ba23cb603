"""What a fix must never lose: numbers, units, pack counts, compatible models and safety words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from engine.features.texts import same_length_lower
from engine.fixes.edits import Cover

NUMBERED = re.compile(r"\b\w+(?:[.,:/×*'\"-]\w+){0,8}", re.ASCII)
"""A word, of which those with a digit count: 2, 10cm, 1/4, 3.5, 20x30, V8, iPhone15."""

DIGIT = re.compile(r"\d")
DIGITS = re.compile(r"\d+")

UNITS = (
    "pcs?|pieces?|packs?|pairs?|sets?|lots?|rolls?|sheets?|units?|dozens?|bags?|boxes|box|bottles?|count|ct|"
    "mm|cm|m|km|inch|inches|in|ft|feet|yards?|yd|mg|g|kg|lbs?|oz|ml|l|liters?|litres?|gal|"
    "w|kw|v|mah|ah|wh|hz|khz|mhz|ghz|gb|tb|mb|mp|k|db|lm|rpm|psi|bar|℃|°c|°f|%|hours?|days?|months?|years?|"
    "个|件|只|条|套|双|对|包|盒|片|张|瓶|支|根|卷|米|厘米|毫米|克|千克|公斤|升|毫升|寸|英寸|瓦|伏|毫安|岁|个月|年"
)
UNIT = re.compile(rf"\s{{0,3}}(?:{UNITS})(?![a-z])", re.IGNORECASE)
COUNTED = re.compile(r"(?:packs?|sets?|lots?|box|bag|pair)\s{1,3}of\s{1,3}(?=\d)", re.IGNORECASE)
FITS = re.compile(
    r"\b(?:for|fits?|fit\s{1,3}for|compatible\s{1,3}(?:with|for)|replacements?\s{1,3}for|suitable\s{1,3}for|"
    r"works?\s{1,3}with)\s{1,3}|适用于?|兼容|适配",
    re.IGNORECASE,
)
MODEL_WORD = re.compile(r"[ \t]{0,3}([A-Za-z0-9][\w.'+-]{0,40})", re.ASCII)
MODEL_WORDS = 5


class Essential(NamedTuple):
    """`key` is what must survive; [start, end) is where it stands."""

    key: str
    start: int
    end: int


def essentials(text: str, safety_words: Iterable[str] = ()) -> list[Essential]:
    """Everything in `text` that a fix must keep, in order of place. Keys ignore case and spaces."""
    found = [*_numbers(text), *_models(text), *_safety(text, safety_words)]
    return sorted(set(found), key=lambda essential: (essential.start, essential.end, essential.key))


def keys(found: Iterable[Essential]) -> Counter[str]:
    """How often each key stands."""
    return Counter(essential.key for essential in found)


def kept(before: Iterable[Essential], after: Iterable[Essential]) -> bool:
    """Whether everything of `before` still stands in `after`, as often as before."""
    return keys(before) <= keys(after)


def outside(found: Iterable[Essential], spans: Sequence[tuple[int, int]]) -> list[Essential]:
    """Those that do not lie wholly inside one of `spans`."""
    cover = Cover(spans)
    return [essential for essential in found if not cover.holds(essential.start, essential.end)]


def _key(text: str) -> str:
    return "".join(text.casefold().split())


def _numbers(text: str) -> Iterator[Essential]:
    """Every number, and with what makes it one thing: V8, 2.5, 10 cm, pack of 3."""
    if DIGIT.search(text) is None:
        return
    counted = {match.end(): match.start() for match in COUNTED.finditer(text)}
    for match in NUMBERED.finditer(text):
        if DIGIT.search(match.group()) is None:
            continue
        start, end = match.span()
        if not match.group().isdecimal():
            yield Essential(_key(match.group()), start, end)
        unit = UNIT.match(text, end)
        if unit is not None:
            yield Essential(_key(text[start : unit.end()]), start, unit.end())
        if start in counted:
            yield Essential(_key(text[counted[start] : end]), counted[start], end)
    for match in DIGITS.finditer(text):
        yield Essential(match.group(), match.start(), match.end())


def _models(text: str) -> Iterator[Essential]:
    """ "for iPhone 15", "compatible with Dyson V8": up to the last word that looks like a model."""
    for lead in FITS.finditer(text):
        at, last = lead.end(), 0
        sure = not lead.group().casefold().startswith("for")
        for _ in range(MODEL_WORDS):
            word = MODEL_WORD.match(text, at)
            if word is None:
                break
            name, start = word.group(1), word.start(1)
            digits = DIGITS.match(text, start)
            if digits is not None and last and UNIT.match(text, digits.end()):
                break  # "for iPhone 15 2 pcs": the count is no part of the model
            at = word.end()
            if (
                DIGIT.search(name)
                or (not name.isupper() and name[1:] != name[1:].lower())
                or (sure and name[:1].isupper())
            ):
                last = at
            elif sure:
                break
        if last:
            yield Essential(_key(text[lead.start() : last]), lead.start(), last)


def _safety(text: str, words: Iterable[str]) -> Iterator[Essential]:
    lower = same_length_lower(text)
    for word in words:
        at = lower.find(word)
        while at >= 0:
            end = at + len(word)
            inside = word[:1].isascii() and (
                (at > 0 and lower[at - 1].isalnum()) or (end < len(lower) and lower[end].isalnum())
            )
            if not inside:
                yield Essential(_key(word), at, end)
            at = lower.find(word, end)
