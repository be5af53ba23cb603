"""Marks of the register in the texts of a listing, however they are spelt, with their places."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from html import unescape
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from engine.features.markup import ENTITY_OR_TAG, TAGS, has_split_words, readable
from engine.features.texts import SEPARATOR, TextField, span, texts
from engine.features.view import View, derived
from engine.findings import Location

if TYPE_CHECKING:
    from engine.marks.found import Found
    from engine.marks.matcher import Matcher
    from engine.marks.model import Mark

MARKS = ("store.marks",)
"""What the hits read of the store."""
LONG = frozenset({"description", "mobile_description", "localized_description"})
CODED = re.compile(r"&(?!(?:amp|nbsp|lt|gt|quot|apos|copy|reg|times|deg|[lr][sd]quo|[nm]dash|bull|#39|#160);)[#A-Za-z]")
"""The start of an entity that writers of HTML have no need of."""
CUT = "\x00"
_CUT = re.compile(rf"[^\W_]{CUT}+[^\W_]")


class Placed(NamedTuple):
    """A hit, the kind of text it begins in, and its places: several when it is split over fields. `is_own`: the mark
    is of the store's own register.
    """

    hit: Found
    field: str
    places: tuple[Location, ...]
    is_own: bool


@derived
def mark_hits(view: View) -> list[Placed]:
    """Every hit of a mark in force, plain ones too, of the pack's register and then of the store's own. Short texts are
    read as one, each description by itself.
    """
    found: list[Placed] = []
    for matcher, is_own in matchers(view):
        found += _hits(view, matcher, is_own=is_own)
    return found


def matchers(view: View) -> Iterator[tuple[Matcher, bool]]:
    """The pack's register and the store's own marks, each with whether it is the store's own."""
    shipped = view.resources.matcher
    if shipped is not None:
        yield shipped, False
    if view.store is not None and view.store.marks:
        yield own_matcher(view.store.marks, shipped), True


_OWN: OrderedDict[int, tuple[tuple[Mark, ...], Matcher | None, Matcher]] = OrderedDict()
_MOST_OWN = 64


def own_matcher(marks: tuple[Mark, ...], shipped: Matcher | None) -> Matcher:
    """An index over a store's own marks, remembered for the stores that were checked last.

    Known by the tuple itself, which the entry keeps alive: to hash thousands of marks costs more than a check.
    """
    from engine.marks.matcher import Matcher

    known = _OWN.get(id(marks))
    if known is not None and known[0] is marks and known[1] is shipped:
        return known[2]
    same = next((key for key, one in list(_OWN.items()) if one[1] is shipped and one[0] == marks), None)
    known = _OWN.pop(same, None) if same is not None else None  # the same marks read anew: one entry for both
    made = known[2] if known is not None else Matcher(marks, like=shipped)
    _OWN[id(marks)] = (marks, shipped, made)
    while len(_OWN) > _MOST_OWN:
        _OWN.popitem(last=False)
    return made


def _hits(view: View, matcher: Matcher, *, is_own: bool) -> list[Placed]:
    fields = texts(view)
    short = [field for field in fields if field.kind not in LONG]
    found = _placed(view, matcher, short, near=True, is_own=is_own)
    for field in fields:
        if field.kind in LONG:
            found += _placed(view, matcher, [field], near=False, is_own=is_own)
        if ("&" in field.text and CODED.search(field.text)) or ("<" in field.text and has_split_words(field.text)):
            found += _decoded(view, matcher, field, found, is_own=is_own)
    return found


def _decoded(view: View, matcher: Matcher, field: TextField, known: list[Placed], *, is_own: bool) -> list[Placed]:
    """Marks that show only when entities are decoded and tags taken out: N&#105;ke, Ni<b></b>ke."""
    shown, taken = readable(field.text), [place for one in known for place in one.places]
    here = [(place.start or 0, place.end or 0) for place in taken if place.pointer == field.pointer]
    found = []
    for hit in matcher.find(shown.text, near=False):
        start, end = shown.source(hit.start), _end(field.text, shown.source(hit.end - 1), shown.text[hit.end - 1])
        written = field.text[start:end]
        if written == shown.text[hit.start : hit.end] or any(start < last and first < end for first, last in here):
            continue
        if hit.mark.in_force(view.as_of):
            how = ("markup", *hit.chain) if _is_coded(written) else hit.chain
            found.append(Placed(hit._replace(chain=how), field.kind, (span(field, start, end),), is_own))
    return found


def _end(source: str, at: int, char: str) -> int:
    """Where what stands for one readable character ends in the source."""
    entity = ENTITY_OR_TAG.match(source, at) if source[at] == "&" != char else None
    return entity.end() if entity is not None else at + 1


def _is_coded(written: str) -> bool:
    """A tag stands inside a word, or an entity for a letter that needs none: é and ' may be written as one."""
    if _CUT.search(TAGS.sub(CUT, written)):
        return True
    coded = (match.group() for match in ENTITY_OR_TAG.finditer(written) if match.lastgroup == "entity")
    return any(len(char) == 1 and char.isascii() and char.isalnum() for char in map(unescape, coded))


def _placed(view: View, matcher: Matcher, fields: list[TextField], *, near: bool, is_own: bool) -> list[Placed]:
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
        found.append(Placed(hit, fields[first].kind, places, is_own))
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
