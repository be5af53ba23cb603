"""Addresses in descriptions: whose they are, and whether they are links, pictures or text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from engine.features.description import MAX_PLACES, html_fields
from engine.features.registry import Field, collection
from engine.features.texts import corpus, span
from engine.features.view import View, derived
from engine.findings import Location

MAX_ADDRESSES = 20_000
"""Addresses of one description that are looked at. A bound of time, not of policy."""
MAX_HOST = 81
MAX_BEFORE = 16
"""Characters before an address that say how it is used."""
HOST = re.compile(r"//([A-Za-z0-9][A-Za-z0-9.-]{2,80})")
WHOLE_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{2,80}\Z")
SECOND_LEVEL = frozenset({"co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "gen"})
IMAGE_ENDING = re.compile(r"[^\s\"'<>?#]{0,400}\.(?:jpe?g|png|gif|webp|avif|bmp|svg)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """The domain somebody registered: "ae01.alicdn.com" → "alicdn.com", "www.abc.co.uk" → "abc.co.uk"."""
    labels = [label for label in host.lower().split(".") if label]
    size = 3 if len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return ".".join(labels[-size:])


class Link:
    """All addresses of one domain used in one way. `kind`: link, image or text (an address to read)."""

    __slots__ = ("_view", "domain", "kind", "times")

    def __init__(self, kind: str, domain: str, times: int, view: View) -> None:
        self.kind = kind
        self.domain = domain
        self.times = times
        self._view = view

    @property
    def locations(self) -> tuple[Location, ...]:
        """The first MAX_PLACES of them; looked for only when a rule shows them."""
        return tuple(_places(self._view)[1][self.kind, self.domain])


Use = tuple[str, str]
"""Kind and domain."""


@derived
def _links(view: View) -> Sequence[Link]:
    if "//" not in corpus(view).haystack:
        return ()
    counts = _counts(view)
    if counts is None:
        counts = _places(view)[0]
    return [Link(kind, domain, times, view) for (kind, domain), times in counts.items()]


def _counts(view: View) -> dict[Use, int] | None:
    """How often each domain is used, told from the characters beside each "//" alone; None when they do not tell."""
    counts: dict[Use, int] = {}
    for field in html_fields(view):
        parts = field.text.split("//", MAX_ADDRESSES)
        if len(parts) > MAX_ADDRESSES:
            return None
        before = parts[0][-MAX_BEFORE:]
        for part in parts[1:]:
            use = _use_between(before, part[:MAX_HOST].partition("/")[0])
            if use is None:
                return None
            counts[use] = counts.get(use, 0) + 1
            before = part[-MAX_BEFORE:]
            if len(before) < MAX_BEFORE:
                return None
    counts.pop(NO_USE, None)
    return counts


NO_USE = ("", "")


@lru_cache(maxsize=1024)
def _use_between(before: str, host: str) -> Use | None:
    """The use of the address `host` behind `before`, NO_USE for what is no address, None when that takes more text."""
    if WHOLE_HOST.match(host) is None:
        return None
    kind = _use_told_by(before)
    if kind is None or "." not in host:
        return NO_USE
    return (kind, registrable(host)) if kind else None


@derived
def _places(view: View) -> tuple[dict[Use, int], dict[Use, list[Location]]]:
    """How often each domain is used, and where."""
    places: dict[Use, list[Location]] = {}
    counts: dict[Use, int] = {}
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
    return counts, places


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
