"""The register of features and collections: everything a rule can name, with its type and its words.

A feature is a function from a `View` to a value (or None: not known). It knows no threshold. A collection returns
items, over which a rule runs its conditions with `each: NAME as ITEM`; an item's fields are its Python attributes.

    @feature("title.length", type="int", unit="characters", reads=("title",),
             en="Code points in the title", zh="标题的字符数")
    def title_length(view: View) -> int | None: ...

    @collection("skus", item={"price": Field("decimal", en=…, zh=…)}, reads=("skus",), en=…, zh=…)
    def skus(view: View) -> Sequence[SkuItem]: ...

`name[argument]` features take one argument, checked at load against `argument` ("list", "attribute", "code" …).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.features.value_words import Words
from engine.findings import Location

TYPES = ("bool", "int", "decimal", "str", "date", "list[str]", "list[int]", "list[decimal]")
"""int and decimal compare with each other, exactly; a float never leaves a feature."""


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a collection's items. `nullable`: may be None.

    A `position` is where the item stands, which says nothing about what it is: fingerprints take the item's `identity`
    (text or None) in its place. `words`: what its values are called in a message.
    """

    type: str
    en: str
    zh: str
    unit: str | None = None
    nullable: bool = False
    position: bool = False
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A named measure. `locate(view, value)` gives the places to show when a rule that reads it fires.

    `beside`: what it reads besides the listing: "peers", or "store.FIELD". After a change of that, it is measured anew.
    `words`: what its values are called in a message.
    """

    name: str
    type: str
    compute: Callable[..., Any]
    reads: tuple[str, ...]
    en: str
    zh: str
    unit: str | None = None
    nullable: bool = False
    locate: Callable[..., Sequence[Location]] | None = None
    argument: str | None = None
    beside: tuple[str, ...] = ()
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A named sequence of items. Each item has the declared fields and `locations` (a tuple of Location).

    A collection that is not known at all is None (the rule is then not checked); an empty one is a fact.
    """

    name: str
    item: Mapping[str, Field]
    compute: Callable[..., Any]
    reads: tuple[str, ...]
    en: str
    zh: str
    nullable: bool = False
    argument: str | None = None
    beside: tuple[str, ...] = ()


@dataclass(slots=True)
class Registry:
    """Features and collections of one subject type."""

    features: dict[str, Feature] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)


LISTING = Registry()
STORE = Registry()
SUBJECTS: Mapping[str, Registry] = {"listing": LISTING, "store": STORE}


def feature(
    name: str,
    *,
    type: str,  # noqa: A002  the word of the rule author's reference
    reads: tuple[str, ...],
    en: str,
    zh: str,
    unit: str | None = None,
    nullable: bool = False,
    locate: Callable[..., Sequence[Location]] | None = None,
    argument: str | None = None,
    beside: tuple[str, ...] = (),
    words: Words | None = None,
    subject: str = "listing",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a feature. A name taken twice, or an unknown type, is a programming error."""
    if type not in TYPES:
        raise ValueError(f"{name}: type {type!r} is none of {TYPES}")

    def register(compute: Callable[..., Any]) -> Callable[..., Any]:
        known = SUBJECTS[subject].features
        if name in known:
            raise ValueError(f"feature {name} is registered twice")
        known[name] = Feature(name, type, compute, reads, en, zh, unit, nullable, locate, argument, beside, words)
        return compute

    return register


def collection(
    name: str,
    *,
    item: Mapping[str, Field],
    reads: tuple[str, ...],
    en: str,
    zh: str,
    nullable: bool = False,
    argument: str | None = None,
    beside: tuple[str, ...] = (),
    subject: str = "listing",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a collection."""

    def register(compute: Callable[..., Any]) -> Callable[..., Any]:
        known = SUBJECTS[subject].collections
        if name in known:
            raise ValueError(f"collection {name} is registered twice")
        known[name] = Collection(name, item, compute, reads, en, zh, nullable, argument, beside)
        return compute

    return register
