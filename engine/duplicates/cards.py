"""What of a listing is compared with another one, made once per listing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.duplicates.words import LONGEST_TITLE, words_of
from engine.facts import Listing
from engine.features.duplicates import picture_name
from engine.features.numbers import finite
from engine.hashes import bits_of

MOST_TEXT = 4_000
"""Code points of a description that are looked through for the other title's words."""

MOST_HASHES = 12
"""Main pictures whose hashes are compared; the platform takes six."""
_EVEN_BITS = 2
"""A hash has a bit for each pattern that is stronger than half of them; fewer bits than this: a surface without any."""

_TAG = re.compile(r"<[^<>]{0,500}>")
_NUMBER = re.compile(r"\d+")
_SIZED = re.compile(
    r"\d+(?:gb|mb|tb|in|inch|mm|cm|m|w|v|hz|ghz|mhz|mp|oz|lb|lbs|kg|g|l|ml|pk|pc|pcs|x|p|th|st|nd|rd|d|ct|mah|ft|yd|k)"
)
_CODE_LENGTH = 3
_PACK = re.compile(
    r"(?:\b(?:pack|set|lot|box|case) of (\d{1,4})\b)"
    r"|(?:\b(\d{1,4})[ -]?(?:pcs?|pieces?|packs?|pk|pairs?|sets?|count|ct|rolls?)\b)"
    r"|(?:(\d{1,4}) ?[只件个個套双雙片支条條包盒张張卷])"
)


@dataclass(frozen=True, slots=True)
class Wording:
    """Words that name a variant: colours, and sizes that are words ("xl", "large")."""

    colours: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()


NO_WORDING = Wording()


@dataclass(frozen=True, slots=True)
class Card:
    """A listing as the comparison sees it. Sets are of words as `words_of` gives them.

    `sizes`, `colours` and `packs` (how many in one) are what the title says; `price` is the lowest, in one currency.
    `pictures` are names of the main pictures, `hashes` their perceptual hashes; an even surface has none.
    """

    id: str
    title: str
    ordered: str
    words: tuple[str, ...]
    bag: frozenset[str]
    compact: str
    described: frozenset[str]
    codes: frozenset[str]
    numbers: frozenset[str]
    sizes: frozenset[str]
    colours: frozenset[str]
    packs: frozenset[str]
    brand: str
    price: float | None
    pictures: frozenset[str]
    sku_codes: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    hashes: tuple[int, ...] = ()


def card_of(listing: Listing, wording: Wording = NO_WORDING) -> Card:
    """The card of a listing."""
    prices = [price for sku in listing.skus if (price := finite(sku.price)) is not None and price > 0]
    price = min(prices) if prices else finite(listing.price)
    values = {item.name.lower(): str(item.value) for item in listing.attributes if item.value}
    brand = next((values[name] for name in ("brand name", "brand", "manufacturer", "品牌") if name in values), "")
    return make_card(
        listing.id or "",
        listing.title or "",
        text=listing.description or "",
        brand=brand,
        price=None if price is None else float(price),
        pictures=(picture_name(image.url) for image in listing.images if image.url and image.kind == "main"),
        sku_codes=(sku.code.lower() for sku in listing.skus if sku.code),
        attributes=values,
        hashes=(image.phash for image in listing.images if image.phash and image.kind == "main"),
        wording=wording,
    )


def make_card(
    key: str,
    title: str,
    *,
    text: str = "",
    brand: str = "",
    price: float | None = None,
    pictures: Iterable[str] = (),
    sku_codes: Iterable[str] = (),
    attributes: Mapping[str, str] | None = None,
    hashes: Iterable[str] = (),
    wording: Wording = NO_WORDING,
) -> Card:
    """A card of plain values; what is not known is left empty. A price that is not above 0 counts as unknown."""
    words = tuple(words_of(title))
    bag = frozenset(words)
    given = attributes or {}
    described = frozenset(words_of_text(text)) | {word for value in given.values() for word in words_of(value)} | bag
    shown = title[:LONGEST_TITLE].lower()
    return Card(
        id=key,
        title=shown,
        ordered=" ".join(sorted(shown.split())),
        words=words,
        bag=bag,
        compact="".join(words),
        described=described,
        codes=frozenset(word for word in bag if _is_code(word)),
        numbers=frozenset(word.lstrip("0") or "0" for word in bag if word.isdecimal()),
        sizes=frozenset(word for word in bag if _SIZED.fullmatch(word)) | (bag & wording.sizes),
        colours=bag & wording.colours,
        packs=frozenset(number.lstrip("0") for groups in _PACK.findall(shown) for number in groups if number),
        brand=" ".join(words_of(brand)),
        price=price if price is not None and price > 0 and math.isfinite(price) else None,
        pictures=frozenset(pictures),
        sku_codes=frozenset(sku_codes),
        attributes=frozenset((name.lower(), value.lower()) for name, value in given.items()),
        hashes=_told_hashes(hashes),
    )


def _told_hashes(hashes: Iterable[str]) -> tuple[int, ...]:
    """The first different hashes that say something, in ascending order."""
    found: set[int] = set()
    for phash in hashes:
        bits = bits_of(phash)
        if bits is not None and bits.bit_count() >= _EVEN_BITS:
            found.add(bits)
        if len(found) == MOST_HASHES:
            break
    return tuple(sorted(found))


def words_of_text(text: str) -> list[str]:
    """The words of a description, its tags left out."""
    return words_of_long(_TAG.sub(" ", text[:MOST_TEXT])) if text else []


def words_of_long(text: str) -> list[str]:
    """The words of a text of any length, a title's worth at a time."""
    return [
        word for start in range(0, len(text), LONGEST_TITLE) for word in words_of(text[start : start + LONGEST_TITLE])
    ]


@lru_cache(maxsize=65_536)
def _is_code(word: str) -> bool:
    """A model code: letters and digits together, and not a size such as 32gb."""
    if len(word) < _CODE_LENGTH or word.isdecimal() or not _NUMBER.search(word) or _SIZED.fullmatch(word):
        return False
    return any(sign.isalpha() for sign in word)
