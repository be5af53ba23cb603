"""The attributes of a listing matched with the attributes of the category tree, once for all features."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.facts import Attribute as Stated
from engine.features.category_of import category
from engine.features.view import View, derived
from engine.findings import Location
from engine.taxonomy import Attribute, AttributeValue, Category, Taxonomy
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


class Meaning:
    """What one attribute of a listing says, worked out once for its name, value and unit in a category.

    `amount`: number and unit of a value that is one number. `is_unlisted`: a list attribute with a part that is not in
    the list. `problem` of a number attribute: "number", there is none; "unit", it is not measured in that.
    """

    __slots__ = ("amount", "id", "is_unlisted", "parts", "problem", "spec", "values")

    def __init__(self, taxonomy: Taxonomy, spec: Attribute, text: str, unit: str | None, read: Parts) -> None:
        self.spec = spec
        self.id = spec.id
        self.parts, self.values = read
        self.amount = _amount(text, unit)
        self.is_unlisted = spec.type == "enum" and None in self.values
        self.problem: str | None = None
        if spec.type == "number" and spec.units:
            if self.amount is None:
                self.problem = None if any(char.isdigit() for char in text) else "number"
            elif self.amount[1] is not None and taxonomy.unit(spec, self.amount[1]) is None:
                self.problem = "unit"


class Filled:
    """The attributes of a listing: `first`, attribute id → (place, meaning) of its first value; `again`, whether one is
    given twice; `odd`, whether a value is not in its list or a number attribute is no such number."""

    __slots__ = ("again", "first", "meanings", "odd")

    def __init__(self) -> None:
        self.meanings: list[tuple[int, Meaning]] = []
        self.first: dict[str, tuple[int, Meaning]] = {}
        self.again = False
        self.odd = False


@derived
def filled(view: View) -> Filled:
    """All attributes that the tree knows and that have a value; an empty or placeholder value is not given."""
    taxonomy = view.resources.taxonomy
    node = category(view)
    where = None if node is None else node.id
    met: dict[tuple[str | None, str, str, str | None], Meaning | None] = taxonomy.values_met
    result = Filled()
    first = result.first
    meanings = result.meanings
    index = -1
    for attribute in view.listing.attributes:
        index += 1
        text = attribute.value
        if not text:
            continue
        key = (where, attribute.name, text, attribute.unit)
        try:
            meaning = met[key]
        except KeyError:
            meaning = _meaning(taxonomy, node, key)
        if meaning is None:
            continue
        placed = (index, meaning)
        meanings.append(placed)
        if first.setdefault(meaning.id, placed) is not placed:
            result.again = True
        if meaning.is_unlisted or meaning.problem is not None:
            result.odd = True
    return result


def _meaning(taxonomy: Taxonomy, node: Category | None, key: tuple[str | None, str, str, str | None]) -> Meaning | None:
    """What a value says; None when the tree does not know the attribute or the value says nothing. Remembered, for
    the same values recur throughout a catalogue."""
    _, name, text, unit = key
    spec = taxonomy.attribute(name, node)
    read = None if spec is None else _read(taxonomy, spec, text)
    found = None if spec is None or read is None else Meaning(taxonomy, spec, text, unit, read)
    if len(text) <= LONGEST_VALUE and len(name) <= LONGEST_VALUE and len(unit or "") <= LONGEST_VALUE:
        met = taxonomy.values_met
        if len(met) >= REMEMBERED:
            met.clear()
        met[key] = found
    return found


@derived
def given(view: View) -> list[Given]:
    """The attributes that are given, in order, with their places and texts."""
    attributes = view.listing.attributes
    return [_given(attributes, placed) for placed in filled(view).meanings]


def _given(attributes: Sequence[Stated], placed: tuple[int, Meaning]) -> Given:
    index, meaning = placed
    return Given(index, meaning.spec, attributes[index].value or "", meaning.parts, meaning.values)


Parts = tuple[tuple[str, ...], tuple[AttributeValue | None, ...]]


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


def items_of(view: View, name: str) -> list[Given]:
    """How one attribute is given, in order; empty when it is not."""
    found = filled(view)
    placed = found.first.get(name)
    if placed is None:
        return []
    return given_by_id(view)[name] if found.again else [_given(view.listing.attributes, placed)]


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
    return _amount(item.text, view.listing.attributes[item.at].unit)


def _amount(text: str, unit: str | None) -> tuple[Decimal, str | None] | None:
    match = NUMBER.match(text)
    if match is None:
        return None
    unit = match.group(2) or unit
    return Decimal(match.group(1)), unit.strip() if unit else None
