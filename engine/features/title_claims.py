"""What a title says about the attributes: colour, material, and the values and numbers it is believed on.

Built to be silent rather than wrong: a word that may mean something else, two values of a kind, or a word in what the
goods are for or made with, and the title says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from engine.features.product_noun import Word, heads, title_words
from engine.features.view import View, derived
from engine.taxonomy import Attribute
from engine.taxonomy.claims import COLOR, MATERIAL, Claim

JOINS = frozenset("&/+,")
"""Marks that join a colour with another word: "black/white", "beige & red"."""


class Said(NamedTuple):
    """A value that the title says: `start`, `end` its code points; `is_firm` it may contradict an attribute."""

    value: str
    start: int
    end: int
    is_firm: bool


@derived
def said(view: View) -> Mapping[str, list[Said]]:
    """Attribute id → every value the title names, left to right; the longest phrase at each place."""
    title = view.listing.title
    if not title:
        return {}
    taxonomy = view.resources.taxonomy
    index = taxonomy.claims
    words = title_words(view)
    first, phrases = index.first, index.phrases
    found: dict[str, list[Said]] = {}
    flags: list[bool] | None = None
    count = len(words)
    at = 0
    while at < count:
        longest = first.get(words[at].stem)
        step = 1
        for length in range(min(longest or 0, count - at), 0, -1):
            phrase = words[at].stem if length == 1 else " ".join([word.stem for word in words[at : at + length]])
            claims = phrases.get(phrase)
            if claims:
                if flags is None:
                    flags = heads(title, words, taxonomy.reading)
                for claim in claims:
                    firm = claim.is_firm and flags[at] and not _excused(view, claim, words, at, at + length)
                    start, end = words[at].start, words[at + length - 1].end
                    found.setdefault(claim.attribute, []).append(Said(claim.value, start, end, firm))
                step = length
                break
        at += step
    return found


def _excused(view: View, claim: Claim, words: Sequence[Word], start: int, end: int) -> bool:
    """Whether a word beside the phrase gives it another meaning."""
    reading = view.resources.taxonomy.reading
    if claim.attribute == COLOR:
        excuses = reading.color_excuses
        last = words[end - 1]
        if last.end - last.start != len(last.stem):
            return True  # "blues": a plural is a name
        title = view.listing.title or ""
        if not JOINS.isdisjoint(
            title[max(0, words[start].start - 2) : words[start].start] + title[last.end : last.end + 2]
        ):
            return True
    elif claim.attribute == MATERIAL:
        excuses = reading.material_excuses
    else:
        return False
    before = words[start - 1].stem if start else ""
    after = words[end].stem if end < len(words) else ""
    return before in excuses or after in excuses


class Measure(NamedTuple):
    """A number with a unit in the title, in the attribute's first unit."""

    amount: Decimal
    start: int
    end: int


@lru_cache(maxsize=256)
def _pattern(aliases: tuple[str, ...]) -> re.Pattern[str]:
    units = "|".join(re.escape(alias) for alias in sorted(aliases, key=len, reverse=True))
    return re.compile(rf"(?<![\w.,/~x*×-])(\d{{1,7}}(?:\.\d{{1,3}})?)\s?-?({units})(?![\w/])", re.IGNORECASE)


def measures(view: View, attribute: Attribute) -> list[Measure]:
    """Numbers of the title in units of the attribute; none when a word beside one gives it another meaning."""
    title = view.listing.title
    if not title or not any(char.isdigit() for char in title):
        return []
    reading = view.resources.taxonomy.reading
    short = reading.short_units
    aliases = tuple(
        dict.fromkeys(
            alias
            for unit in attribute.units
            for alias in (unit.id.replace("_", " "), *unit.aliases)
            if len(alias) > 1 or alias.lower() in short
        )
    )
    if not aliases:
        return []
    found = []
    for match in _pattern(aliases).finditer(title):
        value = view.resources.taxonomy.convert(attribute, Decimal(match.group(1)), match.group(2))
        if value is None:
            continue
        before = title[: match.start()].rsplit(None, 2)[-1:]
        after = title[match.end() :].split(None, 2)[:1]
        beside = {word.lower().strip(",.()[]") for word in (*before, *after)}
        if attribute.id == "memory":
            if "ram" not in {word.lower() for word in after}:
                return []
        elif not beside.isdisjoint(reading.number_excuses) or title[match.end() : match.end() + 1] in {"-", "~", "+"}:
            return []
        found.append(Measure(value, match.start(), match.end()))
    return found
