"""The attributes of a listing matched with the attributes of the category tree, once for all features."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from engine.features.category_of import category
from engine.features.view import View, derived
from engine.findings import Location
from engine.taxonomy import Attribute, AttributeValue, Taxonomy
from engine.taxonomy.tree import fold

PARTS = re.compile(r"\s*(?:[,;|、，；/+]|\band\b|&)\s*")
SHARE = re.compile(r"^\d{1,3}(?:\.\d{1,2})?\s?%\s?")
"""The share before a part of a composition: 95% cotton."""

NUMBER = re.compile(r"^\s*(\d{1,9}(?:\.\d{1,4})?)\s?([^\d\s.,;/()+~x*-][^\d.,;/()+~]{0,20})?\s*$")
"""A number with or without a unit, and nothing else."""

LONGEST_VALUE = 300
REMEMBERED = 20_000
BRAND = "brand"


class Given(NamedTuple):
    """An attribute as given: its place, what it is, its parts, and which allowed values these are (None: not one)."""

    at: int
    spec: Attribute
    text: str
    parts: tuple[str, ...]
    values: tuple[AttributeValue | None, ...]

    @property
    def location(self) -> Location:
        """The whole value."""
        return Location(f"/attributes/{self.at}/value", 0, len(self.text), self.text)


@derived
def given(view: View) -> list[Given]:
    """All attributes that the tree knows and that have a value; an empty or placeholder value is not given."""
    taxonomy = view.resources.taxonomy
    node = category(view)
    found = []
    for index, attribute in enumerate(view.listing.attributes):
        text = attribute.value
        if not text:
            continue
        spec = taxonomy.attribute(attribute.name, node)
        if spec is None:
            continue
        parts = _parts(taxonomy, spec, text)
        if parts is not None:
            found.append(Given(index, spec, text, *parts))
    return found


Parts = tuple[tuple[str, ...], tuple[AttributeValue | None, ...]]


def _parts(taxonomy: Taxonomy, spec: Attribute, text: str) -> Parts | None:
    """The parts of a value and what they mean; None when it says nothing. Values recur, so they are remembered."""
    met: dict[tuple[str, str], Parts | None] = taxonomy.values_met
    key = (spec.id, text)
    try:
        return met[key]
    except KeyError:
        pass
    found = _read(taxonomy, spec, text)
    if len(text) <= LONGEST_VALUE:
        if len(met) >= REMEMBERED:
            met.clear()
        met[key] = found
    return found


def _read(taxonomy: Taxonomy, spec: Attribute, text: str) -> Parts | None:
    if not text.strip():
        return None
    whole = taxonomy.value(spec, text) if spec.values else None
    if whole is None and is_placeholder(taxonomy, spec, text):
        return None
    if whole is not None or not spec.values or len(text) > LONGEST_VALUE:
        return (text,), (whole,)
    parts = tuple(SHARE.sub("", part) for part in PARTS.split(text.strip()) if part)
    return parts, tuple(taxonomy.value(spec, part) for part in parts)


def is_placeholder(taxonomy: Taxonomy, spec: Attribute, text: str) -> bool:
    """ "other", "n/a": says nothing. A brand of "none" is the platform's word for goods without a brand."""
    return spec.id != BRAND and fold(text[:LONGEST_VALUE]) in taxonomy.reading.empty_values


@derived
def given_by_id(view: View) -> Mapping[str, list[Given]]:
    """Attribute id → how it is given, in order."""
    found: dict[str, list[Given]] = {}
    for item in given(view):
        found.setdefault(item.spec.id, []).append(item)
    return found


@derived
def sku_values(view: View) -> Mapping[str, dict[str, int]]:
    """Attribute id → the values that SKU properties say (lower case) → the first SKU that does."""
    taxonomy = view.resources.taxonomy
    node = category(view)
    found: dict[str, dict[str, int]] = {}
    names: dict[str, str | None] = {}
    for index, sku in enumerate(view.listing.skus):
        for item in sku.properties:
            name = item.name
            if name not in names:
                spec = taxonomy.attribute(name, node)
                names[name] = None if spec is None else spec.id
            known = names[name]
            text = item.label or item.value
            if known is not None and text:
                found.setdefault(known, {}).setdefault(text[:LONGEST_VALUE].strip().lower(), index)
    return found


def amount(view: View, item: Given) -> tuple[Decimal, str | None] | None:
    """Number and unit as written in a number attribute; None when the value is not one number."""
    match = NUMBER.match(item.text)
    if match is None:
        return None
    unit = match.group(2) or view.listing.attributes[item.at].unit
    return Decimal(match.group(1)), unit.strip() if unit else None
