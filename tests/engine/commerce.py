"""Small builders that the tests of the commerce features share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from engine.facts import Listing, Store
from engine.features.registry import LISTING
from engine.features.resources import Resources, WordList
from engine.features.scan import Scanner
from engine.features.view import View

AS_OF = date(2026, 11, 23)


class OneCategory:
    """A category tree that answers every question with the same category (or none)."""

    def __init__(self, category: Any = None) -> None:
        self._category = category

    def resolve(self, category_id: str | None, path: Sequence[str] = ()) -> Any:
        return self._category


def words(list_id: str, *terms: str, scan: bool = False, notes: Mapping[str, str] | None = None) -> WordList:
    return WordList(list_id, terms, notes or {}, scan, "word", frozenset(terms))


def view(
    *lists: WordList,
    category: Any = None,
    store: Mapping[str, Any] | None = None,
    peers: Sequence[Listing] | None = None,
    as_of: date = AS_OF,
    **fields: Any,
) -> View:
    """A view of the listing with these fields."""
    resources = Resources({item.id: item for item in lists}, OneCategory(category), Scanner(lists))  # type: ignore[arg-type]
    known = None if store is None else msgspec.convert(dict(store), Store)
    return View(listing(**fields), resources, as_of=as_of, store=known, peers=peers)


def listing(**fields: Any) -> Listing:
    return msgspec.convert(fields, Listing)


def measure(name: str, seen: View, *arguments: str) -> Any:
    """The value of a registered feature."""
    return LISTING.features[name].compute(seen, *arguments)


def places(name: str, seen: View, *arguments: str) -> list[str]:
    """The pointers a feature shows for its value."""
    locate = LISTING.features[name].locate
    assert locate is not None
    return [place.pointer for place in locate(seen, measure(name, seen, *arguments), *arguments)]


def members(name: str, seen: View, *arguments: str) -> Any:
    """The items of a registered collection."""
    return LISTING.collections[name].compute(seen, *arguments)


def sku(price: Any = None, stock: int | None = None, *names: str, image: bool = False, **fields: Any) -> dict[str, Any]:
    """A SKU whose properties Color, Size, Style have these names."""
    properties = [
        {"name": kind, "value": name, **({"image": "https://ae01.alicdn.com/kf/a.jpg"} if image else {})}
        for kind, name in zip(("Color", "Size", "Style"), names, strict=False)
    ]
    return {"price": price, "stock": stock, "properties": properties, **fields}
