"""Every text of a listing, each with the JSON pointer of its place."""

from __future__ import annotations

from typing import NamedTuple

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
