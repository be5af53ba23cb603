"""Listings of the same call that look like this one (重复铺货): blocked by words and pictures, then compared.

The index is built once for a call: hand the listings over as `Peers`, and every view of the call shares it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache, cached_property
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

MOST_VOTES = 4000
"""Places in the index that are looked at for one listing, rare words first: what bounds the work in a large call."""

FEW = 20
"""Up to so many listings share a word before it can count as common."""

LONGEST_TITLE = 400
"""Code points of a title that are compared; the platform's limit is far below."""

TITLE = (Location("/title"),)
TITLE_AND_IMAGES = (*TITLE, Location("/images"))
_MODEL = re.compile(r"[a-z]*\d[a-z\d]*(?:[.\-/][a-z\d]+)*")


class Card(NamedTuple):
    """What of a listing is compared, made once."""

    listing: Listing
    title: str
    sorted_title: str
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
        " ".join(sorted(title.split())),
        words,
        frozenset(word for word in words if _MODEL.fullmatch(word)),
        frozenset(picture_name(image.url) for image in listing.images if image.url and image.kind == "main"),
        frozenset((item.name.lower(), item.value.lower()) for item in listing.attributes if item.value),
        min(prices) if prices else finite(listing.price),
    )


def picture_name(url: str) -> str:
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
        left = MOST_VOTES
        for owners in self._rare_first(wanted.words):
            votes.update(owners[:left])
            left -= len(owners)
            if left <= 0:
                break
        return [self.cards[n] for n in _most_voted(votes) if not _is_same(self.cards[n].listing, wanted.listing)]

    def _rare_first(self, words: Iterable[str]) -> list[list[int]]:
        """The owners of each word that is not common, those of the rarest first."""
        limit = self._common()
        known = [(len(owners), word) for word in words if len(owners := self._by_word.get(word, [])) <= limit]
        return [self._by_word[word] for count, word in sorted(known) if count]

    def _common(self) -> int:
        return max(FEW, len(self.cards) // COMMON_SHARE)


def _most_voted(votes: Counter[int]) -> list[int]:
    """At most `MOST_CANDIDATES` listings, most votes first, of equal ones the earlier in the index."""
    if len(votes) > MOST_CANDIDATES:
        least = sorted(votes.values(), reverse=True)[MOST_CANDIDATES - 1]
        ranked = [(-count, number) for number, count in votes.items() if count >= least]
    else:
        ranked = [(-count, number) for number, count in votes.items()]
    return [number for _, number in sorted(ranked)[:MOST_CANDIDATES]]


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
    overlap = difference = same_price = None
    if one.attributes and other.attributes:
        shared = len(one.attributes & other.attributes)
        overlap = quotient(shared, len(one.attributes) + len(other.attributes) - shared)
    price, its_price = one.price, other.price
    if price is not None and its_price is not None:
        higher = max(price, its_price)
        difference = quotient(abs(price - its_price), higher) if higher > 0 else None
        same_price = None if difference is None else price == its_price
    shared_images = len(one.pictures & other.pictures)
    return Lookalike(
        other.listing.id or other.title,
        other.listing.title or "",
        round(_ratio()(one.sorted_title, other.sorted_title)) if one.sorted_title else 0,
        len(one.words & other.words),
        one.models != other.models,
        same_price,
        difference,
        overlap,
        shared_images,
        TITLE_AND_IMAGES if shared_images else TITLE,
    )


@cache
def _ratio() -> Callable[[str, str], float]:
    """Likeness of two texts, of 100; of titles with their words in order that is the token sort ratio."""
    from rapidfuzz import fuzz

    return fuzz.ratio


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
    beside=("peers",),
    en="Other listings of the call that look like this one",
    zh="本次检查中与该商品相似的其他商品",
)
def duplicates(view: View) -> Sequence[Lookalike] | None:
    """None when the call had only this listing; most alike first."""
    return None if view.peers is None else _lookalikes(view)
