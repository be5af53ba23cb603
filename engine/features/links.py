"""Addresses in descriptions: whose they are, and whether they are links, pictures or text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.features.description import MAX_PLACES, html_fields
from engine.features.registry import Field, collection
from engine.features.texts import corpus, span
from engine.features.view import View, derived
from engine.findings import Location

MAX_ADDRESSES = 20_000
"""Addresses of one description that are looked at. A bound of time, not of policy."""
MAX_BEFORE = 16
"""Characters before an address that say how it is used."""
HOST = re.compile(r"//([A-Za-z0-9][A-Za-z0-9.-]{2,80})")
SECOND_LEVEL = frozenset({"co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "gen"})
IMAGE_ENDING = re.compile(r"[^\s\"'<>?#]{0,400}\.(?:jpe?g|png|gif|webp|avif|bmp|svg)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """The domain somebody registered: "ae01.alicdn.com" → "alicdn.com", "www.abc.co.uk" → "abc.co.uk"."""
    labels = [label for label in host.lower().split(".") if label]
    size = 3 if len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return ".".join(labels[-size:])


class Link(NamedTuple):
    """All addresses of one domain used in one way. `kind`: link, image or text (an address to read)."""

    kind: str
    domain: str
    times: int
    locations: tuple[Location, ...]


@derived
def _links(view: View) -> Sequence[Link]:
    if "//" not in corpus(view).haystack:
        return ()
    places: dict[tuple[str, str], list[Location]] = {}
    counts: dict[tuple[str, str], int] = {}
    for field in html_fields(view):
        text = field.text
        end = 0
        for _ in range(MAX_ADDRESSES):
            at = text.find("//", end)  # a search for two letters is cheaper than one for a pattern
            match = HOST.search(text, at) if at >= 0 else None
            if match is None:
                break
            start, end = match.span()
            host = match.group(1)
            if "." not in host:
                continue
            kind = _use_told_by(text[max(0, start - MAX_BEFORE) : start])
            if kind is None:
                continue
            key = (kind or _use_told_behind(text, end), registrable(host))
            if key in counts:
                counts[key] += 1
                found = places[key]
            else:
                counts[key] = 1
                found = places[key] = []
            if len(found) < MAX_PLACES:
                found.append(span(field, start, end))
    return [Link(kind, domain, counts[kind, domain], tuple(found)) for (kind, domain), found in places.items()]


@lru_cache(maxsize=1024)
def _use_told_by(before: str) -> str | None:
    """How an address behind these words is used: None for a namespace, which nobody opens, "" when they do not say."""
    before = before.lower()
    if "xmlns" in before or "doctype" in before or "dtd" in before:
        return None
    if "href" in before or "action" in before:
        return "link"
    if "src" in before or "url(" in before or "background" in before or "image" in before or "poster" in before:
        return "image"
    return ""


def _use_told_behind(text: str, end: int) -> str:
    return "image" if IMAGE_ENDING.match(text, end) else "text"


@collection(
    "description.links",
    item={
        "kind": Field("str", "link, image, or text (an address to read)", "link 链接、image 图片或 text 文字网址"),
        "domain": Field("str", "The registered domain", "注册域名"),
        "times": Field("int", "How often it is used so", "使用次数", unit="occurrences"),
    },
    reads=("description", "mobile_description", "descriptions"),
    en="Addresses in the description, one item for each domain and use",
    zh="详情描述中的网址，按域名和用途各一项",
)
def description_links(view: View) -> Sequence[Link]:
    """Own and foreign ones alike; a rule says which domains are allowed."""
    return _links(view)
