"""Marks that machines read and buyers do not: in hidden text of descriptions, alt texts, names of pictures."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote

from engine.features.authorisations import APPROVALS, is_approved
from engine.features.description import hidden
from engine.features.hit_context import text_of
from engine.features.mark_hits import LONG, MARKS, mark_hits, matchers
from engine.features.registry import Field, collection
from engine.features.texts import SEPARATOR
from engine.features.value_words import UNSEEN
from engine.features.view import View, derived
from engine.findings import Location

_ENDING = re.compile(r"\.\w{2,5}$")
LONGEST_NAME = 300
"""Code points of a picture's address that are its name; what is longer is no name that anybody gave."""


class UnseenMark(NamedTuple):
    """A mark of the register. `where`: hidden_text, alt_text or image_name."""

    brand: str
    text: str
    where: str
    is_approved: bool | None
    locations: tuple[Location, ...]


@derived
def _unseen(view: View) -> list[UnseenMark]:
    return [*_in_descriptions(view), *_in_image_names(view)]


def _in_descriptions(view: View) -> Iterator[UnseenMark]:
    parts = [part.locations[0] for part in hidden(view)]
    for hit, kind, places, _ in mark_hits(view):
        place = places[0]
        if kind not in LONG or hit.kind == "near" or hit.mark.tier != "protected":
            continue
        start, end = place.start or 0, place.end or 0
        if any(part.pointer == place.pointer and (part.start or 0) <= start < (part.end or 0) for part in parts):
            where = "hidden_text"
        elif _is_in_tag(text_of(view, place), start):
            where = "alt_text"
        else:
            continue
        allowed = is_approved(view, (*hit.mark.names, hit.mark.owner))
        yield UnseenMark(hit.name, text_of(view, place)[start:end], where, allowed, places)


def _is_in_tag(text: str, at: int) -> bool:
    """`mark_hits` gives places in a tag only where they are its alt or title."""
    opened = text.rfind("<", max(0, at - 2_000), at)
    return opened >= 0 and text.rfind(">", opened, at) < 0


class _Name(NamedTuple):
    """The last part of a picture's address: where it begins there, as it is written, and as it is shown."""

    number: int
    address: str
    base: int
    bare: str
    shown: str


def _names(view: View) -> Iterator[_Name]:
    for number, image in enumerate(view.listing.images):
        address = (image.url or "").partition("?")[0]
        name = address.rpartition("/")[2]
        if name and len(name) <= LONGEST_NAME and "/" in address:
            bare = _ENDING.sub("", name)
            yield _Name(number, address, len(address) - len(name), bare, unquote(bare) if "%" in bare else bare)


def _in_image_names(view: View) -> Iterator[UnseenMark]:
    """Whole words of the names of pictures, plainly written: a name by chance is no disguise. All are read at once."""
    names = list(_names(view))
    whole = SEPARATOR.join([name.shown for name in names])
    starts = [0, *accumulate(len(name.shown) + len(SEPARATOR) for name in names)]
    for hit in (hit for matcher, _ in matchers(view) for hit in matcher.plain(whole)):
        at = bisect_right(starts, hit.start) - 1
        if hit.end > starts[at] + len(names[at].shown):
            continue
        if hit.mark.tier != "protected" or not hit.mark.in_force(view.as_of):
            continue
        number, address, base, bare, shown = names[at]
        first = base - starts[at]
        start, end = (first + hit.start, first + hit.end) if shown == bare else (base, base + len(bare))
        place = Location(f"/images/{number}/url", start, end, address[start:end])
        allowed = is_approved(view, (*hit.mark.names, hit.mark.owner))
        yield UnseenMark(hit.name, address[start:end], "image_name", allowed, (place,))


@collection(
    "brands.unseen",
    item={
        "brand": Field("str", "The mark", "商标"),
        "text": Field("str", "The words as written", "原文"),
        "where": Field(
            "str", "hidden_text, alt_text or image_name", "位置：隐藏文字、替代文字、图片文件名", words=UNSEEN
        ),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
    },
    reads=("description", "mobile_description", "descriptions", "images"),
    beside=(*APPROVALS, *MARKS),
    en="Marks of the register where buyers do not see them: hidden text, alt texts, names of pictures",
    zh="买家看不到之处的商标：隐藏文字、图片替代文字、图片文件名",
)
def brands_unseen(view: View) -> list[UnseenMark]:
    """Every such mark."""
    return _unseen(view)
