"""Listings of the same call that look like this one (重复铺货): blocked by words and pictures, then compared.

The index is built once for a call: hand the listings over as `Peers`, and every view of the call shares it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, overload

from engine.facts import Listing
from engine.features.numbers import finite, quotient
from engine.features.registry import Field, collection
from engine.features.tokens import WORD
from engine.features.view import View, derived
from engine.findings import Location

MOST_CANDIDATES = 50
"""Listings compared in full, those with the most rare words in common first."""

COMMON_SHARE = 5
"""A word that more than one in so many listings of the call have blocks nothing (small calls: see `_common`)."""

FEW = 20
"""Up to so many listings share a word before it can count as common."""

LONGEST_TITLE = 400
"""Code points of a title that are compared; the platform's limit is far below."""

_MODEL = re.compile(r"[a-z]*\d[a-z\d]*(?:[.\-/][a-z\d]+)*")


class Card(NamedTuple):
    """What of a listing is compared, made once."""

    listing: Listing
    title: str
    words: frozenset[str]
    models: frozenset[str]
    pictures: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    price: Decimal | None


def card(listing: Listing) -> Card:
    """The card of a listing."""
    title = (listing.title or "")[:LONGEST_TITLE].lower()
    words = frozenset(match.group() for match in WORD.finditer(title))
    prices = [price for sku in listing.skus if (price := finite(sku.price)) is not None]
    return Card(
        listing,
        title,
        words,
        frozenset(word for word in words if _MODEL.fullmatch(word)),
        frozenset(_picture(image.url) for image in listing.images if image.url and image.kind == "main"),
        frozenset((item.name.lower(), item.value.lower()) for item in listing.attributes if item.value),
        min(prices) if prices else finite(listing.price),
    )


def _picture(url: str) -> str:
    """The picture a URL shows: the file's name without size suffix and query."""
    name = url.partition("?")[0].rsplit("/", 1)[-1]
    return name.partition(".")[0]


class Peers(Sequence[Listing]):
    """The listings of one call, with the index that their views share."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = listings

    @overload
    def __getitem__(self, index: int) -> Listing: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Listing]: ...
    def __getitem__(self, index: int | slice) -> Listing | Sequence[Listing]:
        return self._listings[index]

    def __len__(self) -> int:
        return len(self._listings)

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._listings)

    @cached_property
    def lookup(self) -> PeerIndex:
        """The index over all listings, made when it is first asked for."""
        return PeerIndex(self._listings)


class PeerIndex:
    """Word and picture → the listings that have it."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.cards = [card(listing) for listing in listings]
        self._by_word: dict[str, list[int]] = {}
        self._by_picture: dict[str, list[int]] = {}
        for number, entry in enumerate(self.cards):
            for word in entry.words:
                self._by_word.setdefault(word, []).append(number)
            for picture in entry.pictures:
                self._by_picture.setdefault(picture, []).append(number)

    def candidates(self, wanted: Card) -> list[Card]:
        """The listings that share a picture or most rare words, without the listing itself."""
        votes: Counter[int] = Counter()
        for picture in wanted.pictures:
            for number in self._by_picture.get(picture, ())[: MOST_CANDIDATES * 2]:
                votes[number] += len(wanted.words) + 1
        limit = self._common()
        for word in wanted.words:
            owners = self._by_word.get(word, ())
            if len(owners) <= limit:
                votes.update(owners)
        best = [number for number, _ in votes.most_common(MOST_CANDIDATES)]
        return [self.cards[number] for number in best if not _is_same(self.cards[number].listing, wanted.listing)]

    def _common(self) -> int:
        return max(FEW, len(self.cards) // COMMON_SHARE)


def _is_same(one: Listing, other: Listing) -> bool:
    return one is other or (one.id is not None and one.id == other.id)


class Lookalike(NamedTuple):
    """Another listing of the call, compared field by field. Similarities are of 100, overlaps shares of 1."""

    other: str
    other_title: str
    title_similarity: int
    shared_words: int
    models_differ: bool
    same_price: bool | None
    price_difference: Decimal | None
    attribute_overlap: Decimal | None
    shared_images: int
    locations: tuple[Location, ...]


def compare(one: Card, other: Card) -> Lookalike:
    """How like two listings are. A title's similarity is that of its words in any order (token sort ratio)."""
    from rapidfuzz import fuzz

    overlap = None
    if one.attributes and other.attributes:
        shared = len(one.attributes & other.attributes)
        overlap = quotient(shared, len(one.attributes | other.attributes))
    difference = None
    if one.price is not None and other.price is not None and max(one.price, other.price) > 0:
        difference = quotient(abs(one.price - other.price), max(one.price, other.price))
    return Lookalike(
        other.listing.id or other.title,
        other.listing.title or "",
        round(fuzz.token_sort_ratio(one.title, other.title)),
        len(one.words & other.words),
        one.models != other.models,
        None if difference is None else one.price == other.price,
        difference,
        overlap,
        len(one.pictures & other.pictures),
        (Location("/title"), Location("/images")) if one.pictures & other.pictures else (Location("/title"),),
    )


@derived
def _lookalikes(view: View) -> list[Lookalike] | None:
    peers = view.peers
    if peers is None:
        return None
    index = peers.lookup if isinstance(peers, Peers) else PeerIndex(peers)
    own = card(view.listing)
    found = [compare(own, other) for other in index.candidates(own)]
    return sorted(found, key=lambda item: (-item.shared_images, -item.title_similarity, item.other))


@collection(
    "duplicates",
    item={
        "other": Field("str", "Id of the other listing, its title when it has none", "另一商品的ID（无ID时为标题）"),
        "other_title": Field("str", "Title of the other listing", "另一商品的标题"),
        "title_similarity": Field("int", "Similarity of the titles", "标题相似度", unit="of 100"),
        "shared_words": Field("int", "Different words that both titles have", "两个标题共有的不同词数"),
        "models_differ": Field("bool", "The titles name different models, numbers or sizes", "标题中的型号或数字不同"),
        "same_price": Field("bool", "The lowest prices are equal", "最低价是否相同", nullable=True),
        "price_difference": Field(
            "decimal", "Difference of the lowest prices over the higher", "最低价差异比例", nullable=True
        ),
        "attribute_overlap": Field(
            "decimal", "Share of attributes that are the same in both", "相同属性所占比例", nullable=True
        ),
        "shared_images": Field("int", "Main pictures that both have", "相同主图数量"),
    },
    reads=("title", "images", "attributes", "skus", "price"),
    nullable=True,
    en="Other listings of the call that look like this one",
    zh="本次检查中与该商品相似的其他商品",
)
def duplicates(view: View) -> Sequence[Lookalike] | None:
    """None when the call had only this listing; most alike first."""
    return None if view.peers is None else _lookalikes(view)
