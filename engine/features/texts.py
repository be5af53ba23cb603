"""Every text of a listing, each with the JSON pointer of its place."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from engine.facts import Listing
from engine.features.view import View, derived
from engine.findings import Location


class TextField(NamedTuple):
    """`kind`: title, localized_title, description, mobile_description, localized_description, attribute_name,
    attribute_value, sku, keyword or group."""

    pointer: str
    text: str
    kind: str


def escape(token: str) -> str:
    """A key as a JSON-pointer token (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


SEPARATOR = "\n\x1f\n"
"""Between two texts of the haystack; no listed term holds it, so no hit spans two fields."""


class Corpus:
    """All texts of a listing as one: what cheap questions are asked of, before any single text is looked at.

    `parts` are the texts in the order of `texts(view)`; `haystack` is all of them joined, `lowered` the same in lower
    case with every code point at its place. `plain`: all but the descriptions, joined by spaces.
    """

    __slots__ = ("_starts", "haystack", "is_ascii", "lowered", "parts", "plain")

    def __init__(self, listing: Listing) -> None:
        self.parts = parts = _parts(listing)
        first = 1 if listing.title else 0
        behind = first + bool(listing.description) + bool(listing.mobile_description)
        end = len(parts) - sum(map(bool, listing.descriptions.values())) if listing.descriptions else len(parts)
        self.plain = " ".join(parts[:first] + parts[behind:end])
        self.haystack = SEPARATOR.join(parts)
        self.is_ascii = self.haystack.isascii()
        self.lowered = self.haystack.lower() if self.is_ascii else same_length_lower(self.haystack)
        self._starts: list[int] | None = None

    def place(self, at: int) -> tuple[int, int]:
        """The number of the text that holds a position of the haystack, and where that text begins."""
        if self._starts is None:
            starts = []
            begin = 0
            for part in self.parts:
                starts.append(begin)
                begin += len(part) + len(SEPARATOR)
            self._starts = starts
        number = bisect_right(self._starts, at) - 1
        return number, self._starts[number]


@derived
def corpus(view: View) -> Corpus:
    """The listing's texts joined."""
    return Corpus(view.listing)


def _parts(listing: Listing) -> list[str]:
    """Every non-empty text, in the order of `texts`: the same walk without the pointers, which few listings need."""
    found = [text for text in (listing.title, listing.description, listing.mobile_description) if text]
    for attribute in listing.attributes:
        if attribute.name:
            found.append(attribute.name)
        if attribute.value:
            found.append(attribute.value)
    for sku in listing.skus:
        for item in sku.properties:
            value, label = item.value, item.label
            if value:
                found.append(value)
            if label and label != value:
                found.append(label)
    if listing.keywords:
        found += [text for text in listing.keywords if text]
    if listing.groups:
        found += [text for text in listing.groups if text]
    if listing.titles:
        found += [text for text in listing.titles.values() if text]
    if listing.descriptions:
        found += [text for text in listing.descriptions.values() if text]
    return found


@derived
def texts(view: View) -> tuple[TextField, ...]:
    """All non-empty texts in the order of the listing's fields."""
    listing = view.listing
    found: list[TextField] = []
    add = found.append
    if listing.title:
        add(TextField("/title", listing.title, "title"))
    if listing.description:
        add(TextField("/description", listing.description, "description"))
    if listing.mobile_description:
        add(TextField("/mobile_description", listing.mobile_description, "mobile_description"))
    for index, attribute in enumerate(listing.attributes):
        if attribute.name:
            add(TextField(f"/attributes/{index}/name", attribute.name, "attribute_name"))
        if attribute.value:
            add(TextField(f"/attributes/{index}/value", attribute.value, "attribute_value"))
    for index, sku in enumerate(listing.skus):
        for position, item in enumerate(sku.properties):
            if item.value:
                add(TextField(f"/skus/{index}/properties/{position}/value", item.value, "sku"))
            if item.label and item.label != item.value:
                add(TextField(f"/skus/{index}/properties/{position}/label", item.label, "sku"))
    for index, keyword in enumerate(listing.keywords):
        if keyword:
            add(TextField(f"/keywords/{index}", keyword, "keyword"))
    for index, group in enumerate(listing.groups):
        if group:
            add(TextField(f"/groups/{index}", group, "group"))
    for locale, text in listing.titles.items():
        if text:
            add(TextField(f"/titles/{escape(locale)}", text, "localized_title"))
    for locale, text in listing.descriptions.items():
        if text:
            add(TextField(f"/descriptions/{escape(locale)}", text, "localized_description"))
    return tuple(found)


def span(field: TextField, start: int, end: int) -> Location:
    """The code points [start, end) of a text as a location."""
    return Location(field.pointer, start, end, field.text[start:end])


def same_length_lower(text: str) -> str:
    """`text` in lower case with every code point at its old place (İ and its like keep one code point)."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)
