"""What stands around a hit in a text, and which of many hits are worth a look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from engine.features.scan import Hit
from engine.features.texts import same_length_lower, texts
from engine.features.view import View, derived
from engine.findings import Location

AROUND = 48
"""Code points of context on each side of a hit."""

MOST_PLACES = 50
"""Places of one term in one text that are looked at."""

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


@derived
def _by_pointer(view: View) -> dict[str, str]:
    """Every text of the listing by its place."""
    return {field.pointer: field.text for field in texts(view)}


def text_of(view: View, place: Location) -> str:
    """The text that a place stands in."""
    return _by_pointer(view)[place.pointer]


def around(view: View, hit: Hit) -> tuple[str, str]:
    """The lower-case text before and after a hit, within its field."""
    place = hit.locations[0]
    text = _by_pointer(view)[place.pointer]
    start, end = place.start or 0, place.end or 0
    return same_length_lower(text[max(0, start - AROUND) : start]), same_length_lower(text[end : end + AROUND])


def longest(found: Sequence[Hit]) -> list[Hit]:
    """Of hits that overlap only the longest: `apple watch` and not also `watch`.

    Of one term at most `MOST_PLACES` places of one text are kept: a text of megabytes says no more by its thousands.
    """
    if len(found) > MOST_PLACES:
        found = _thinned(found)
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda hit: (hit.locations[0].pointer, hit.locations[0].start, -len(hit.text))):
        last = kept[-1].locations[0] if kept else None
        place = hit.locations[0]
        if last and last.pointer == place.pointer and (place.start or 0) < (last.end or 0):
            continue
        kept.append(hit)
    return kept


def _thinned(found: Sequence[Hit]) -> list[Hit]:
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for hit in found:
        key = (hit.locations[0].pointer, hit.term)
        seen[key] += 1
        if seen[key] <= MOST_PLACES:
            kept.append(hit)
    return kept
