"""What a title says about the attributes: colour, material, and the values and numbers it is believed on.

Built to be silent rather than wrong: a word that may mean something else, two values of a kind, or a word in what the
goods are for or made with, and the title says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.features.product_noun import Word, longest_phrases, title_heads, title_stems, title_words
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
def claim_spots(view: View) -> list[tuple[int, int, str]]:
    """(first word, after the last word, phrase) of every phrase of the title that says a value of an attribute."""
    index = view.resources.taxonomy.claims
    stems = title_stems(view)
    return [] if index.begins.isdisjoint(stems) else longest_phrases(stems, index.first, index.phrases)


@derived
def claimed(view: View) -> frozenset[str]:
    """Ids of the attributes of which the title may say a value."""
    named = view.resources.taxonomy.claims.named
    spots = claim_spots(view)
    if len(spots) == 1:
        return named[spots[0][2]]
    return frozenset().union(*[named[spot[2]] for spot in spots])


@derived
def said(view: View) -> Mapping[str, list[Said]]:
    """Attribute id → every value the title names, left to right; the longest phrase at each place."""
    title = view.title
    if not title:
        return {}
    taxonomy = view.resources.taxonomy
    index = taxonomy.claims
    found: dict[str, list[Said]] = {}
    spots = claim_spots(view)
    if not spots:
        return found
    words = title_words(view)
    flags = title_heads(view)
    for at, after, phrase in spots:
        for claim in index.phrases[phrase]:
            firm = claim.is_firm and flags[at] and not _excused(view, claim, words, at, after)
            found.setdefault(claim.attribute, []).append(Said(claim.value, words[at].start, words[after - 1].end, firm))
    return found


def _excused(view: View, claim: Claim, words: Sequence[Word], start: int, end: int) -> bool:
    """Whether a word beside the phrase gives it another meaning."""
    reading = view.resources.taxonomy.reading
    if claim.attribute == COLOR:
        excuses = reading.color_excuses
        last = words[end - 1]
        if last.end - last.start != len(last.stem):
            return True  # "blues": a plural is a name
        title = view.title or ""
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


DIGIT = re.compile(r"[0-9]")
MEMORY = "memory"
"""The one attribute whose unit says too little: GB is memory only beside the word RAM."""


class Measure(NamedTuple):
    """A number with a unit in the title, in the attribute's first unit."""

    amount: Decimal
    start: int
    end: int


def measures(view: View, attribute: Attribute) -> list[Measure]:
    """Numbers of the title in units of the attribute; none when a word beside one gives it another meaning."""
    title = view.title
    taxonomy = view.resources.taxonomy
    pattern = taxonomy.unit_pattern(attribute) if title and first_digit(view) >= 0 else None
    if pattern is None or not title:
        return []
    excuses = taxonomy.reading.number_excuses
    found = []
    for match in pattern.finditer(title, first_digit(view)):
        value = taxonomy.convert(attribute, Decimal(match.group(1)), match.group(2))
        if value is None:
            continue
        before = title[: match.start()].rsplit(None, 1)[-1:]
        after = title[match.end() :].split(None, 1)[:1]
        beside = {word.lower().strip(",.()[]") for word in (*before, *after)}
        if attribute.id == MEMORY:
            if "ram" not in beside:
                return []
        elif not beside.isdisjoint(excuses) or title[match.end() : match.end() + 1] in {"-", "~", "+"}:
            return []
        found.append(Measure(value, match.start(), match.end()))
    return found


@derived
def first_digit(view: View) -> int:
    """Where the first digit of the title stands; -1 without one."""
    match = DIGIT.search(view.title or "")
    return -1 if match is None else match.start()
