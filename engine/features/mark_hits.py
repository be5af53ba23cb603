"""Marks of the register in the texts of a listing, however they are spelt, with their places."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from engine.features.texts import SEPARATOR, TextField, span, texts
from engine.features.view import View, derived
from engine.findings import Location

if TYPE_CHECKING:
    from engine.marks.matcher import Found

LONG = frozenset({"description", "mobile_description", "localized_description"})


class Placed(NamedTuple):
    """A hit, the kind of text it begins in, and its places: several when it is split over fields."""

    hit: Found
    field: str
    places: tuple[Location, ...]


@derived
def mark_hits(view: View) -> list[Placed]:
    """Every hit of a mark in force, plain ones too. Short texts are read as one, each description by itself."""
    matcher = view.resources.matcher
    if matcher is None:
        return []
    fields = texts(view)
    short = [field for field in fields if field.kind not in LONG]
    found = _placed(view, short, near=True)
    for field in fields:
        if field.kind in LONG:
            found += _placed(view, [field], near=False)
    return found


def _placed(view: View, fields: list[TextField], *, near: bool) -> list[Placed]:
    matcher = view.resources.matcher
    assert matcher is not None
    whole = SEPARATOR.join([field.text for field in fields])
    hits = matcher.find(whole, near=near)
    if not hits:
        return []
    starts = [0, *accumulate(len(field.text) + len(SEPARATOR) for field in fields[:-1])]
    found = []
    for hit in hits:
        if not hit.mark.in_force(view.as_of) or _in_markup(whole, hit.start, fields[0].kind):
            continue
        first, last = bisect_right(starts, hit.start) - 1, bisect_right(starts, hit.end - 1) - 1
        places = tuple(
            span(
                fields[number],
                max(0, hit.start - starts[number]),
                min(len(fields[number].text), hit.end - starts[number]),
            )
            for number in range(first, last + 1)
        )
        found.append(Placed(hit, fields[first].kind, places))
    return found


def _in_markup(text: str, at: int, kind: str) -> bool:
    """Inside a tag, but in no text of it that a reader meets (alt, title)."""
    if kind not in LONG:
        return False
    opened = text.rfind("<", max(0, at - 2_000), at)
    if opened < 0 or text.rfind(">", opened, at) >= 0:
        return False
    attribute = text[opened:at].rpartition("=")[0].rstrip().rpartition(" ")[2].lower()
    return attribute not in ("alt", "title")
