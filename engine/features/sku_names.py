"""What the names of the SKUs say: placeholders, kinds of goods, pieces and units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.features.registry import LISTING, collection, feature
from engine.features.skus import READS, SkuItem, sku_table, variants
from engine.features.tokens import WORD
from engine.features.view import View, derived
from engine.findings import Location

LONGEST_PHRASE = 4
"""Listed phrases are looked up in up to this many words in a row."""

LONGEST_TITLE = 4000
"""A title is read for piece counts up to this many characters; far longer than any platform takes."""

SHORT_NAME = 60
"""Names of up to so many characters are remembered."""

LONGEST_NAME = 400
"""A SKU name is read up to this many characters; more is no name."""


_UNITS = {
    "piece": ("pc", "pcs", "pce", "pces", "piece", "pieces", "个", "件", "只", "片", "支", "张", "枚", "条", "根"),
    "pair": ("pair", "pairs", "prs", "双", "对"),
    "set": ("set", "sets", "套"),
    "pack": ("pack", "packs", "包", "袋", "盒"),
    "lot": ("lot", "lots"),
    "roll": ("roll", "rolls", "卷"),
    "sheet": ("sheet", "sheets"),
    "dozen": ("dozen", "打"),
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words}
_UNIT_PATTERN = "|".join(sorted(_UNIT, key=len, reverse=True))
_UNIT_STARTS = "".join(sorted({word[0] for word in _UNIT}))
QUANTITY = re.compile(
    r"(\d(?<![\w.,/]\d)\d{0,5})(?!\d)(?:\s?[-~–]\s?(\d{1,6})(?!\d))?\s?[-x×]?\s?"
    rf"(?=[{_UNIT_STARTS}])({_UNIT_PATTERN})(?![a-z])",
    re.IGNORECASE,
)
"""`10 pcs`, `1-4 Pcs`, `2-Pack`, `1 pair`, `10个`. A decimal or a part of a model number is no count.

It begins with the digit and looks back from there, so a text is passed over as fast as digits are looked for; what it
looks ahead for (no further digit, the first letter of a unit) spares it the tries that can't succeed.
"""


class Quantity(NamedTuple):
    """`low` to `high` of a unit, and where it stands in its text."""

    low: int
    high: int
    unit: str
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """Every piece count in a text."""
    found = []
    for match in QUANTITY.finditer(text):
        low = int(match.group(1))
        high = int(match.group(2)) if match.group(2) else low
        found.append(Quantity(min(low, high), max(low, high), _UNIT[match.group(3).casefold()], *match.span()))
    return found


class Name(NamedTuple):
    """What the name of a SKU property says, in lower case."""

    lowered: str
    words: frozenset[str]
    quantities: tuple[Quantity, ...]


def _name(text: str) -> Name:
    """A name read. Names recur from listing to listing, so short ones are remembered."""
    return _remembered(text) if len(text) <= SHORT_NAME else _remembered.__wrapped__(text)


@lru_cache(maxsize=8192)
def _remembered(text: str) -> Name:
    lowered = text[:LONGEST_NAME].strip().lower()
    counts = tuple(quantities(lowered)) if any(char.isdigit() for char in lowered) else ()
    return Name(lowered, frozenset(WORD.findall(lowered)), counts)


@derived
def _spoken(view: View) -> tuple[set[str], set[str], bool]:
    """All names in lower case, all their words, and whether any says a number of pieces."""
    names: set[str] = set()
    words: set[str] = set()
    counts = False
    for text in variants(view).names:
        if text:
            name = _name(text)
            names.add(name.lowered)
            words |= name.words
            if name.quantities:
                counts = True
    return names, words, counts


@derived
def _names(view: View) -> dict[str, list[int]]:
    """Name of a SKU property in lower case → the SKUs that have it."""
    found: dict[str, list[int]] = {}
    for index, sku in enumerate(view.listing.skus):
        for item in sku.properties:
            text = item.label or item.value
            if text:
                found.setdefault(_name(text).lowered, []).append(index)
    return found


@collection(
    "skus.named",
    argument="list",
    item=LISTING.collections["skus"].item,
    reads=READS,
    en="SKUs one of whose names is a term of the list",
    zh="名称恰为词表中词的SKU",
)
def skus_named(view: View, list_id: str) -> Sequence[SkuItem]:
    """The SKUs with a name that is, as a whole, a listed term."""
    members = view.resources.lists[list_id].members
    if members.isdisjoint(_spoken(view)[0]):
        return ()
    names = _names(view)
    matched = names.keys() & members
    items = sku_table(view).items
    return [items[index] for index in sorted({index for name in matched for index in names[name]})]


@derived
def _phrases(view: View) -> list[frozenset[str]]:
    """For each SKU the words and short phrases of its names, lower case."""
    known: dict[str, frozenset[str]] = {}
    found: list[set[str]] = [set() for _ in view.listing.skus]
    for name, indexes in _names(view).items():
        if name not in known:
            known[name] = frozenset(_grams(name))
        for index in indexes:
            found[index] |= known[name]
    return [frozenset(phrases) for phrases in found]


def _grams(name: str) -> list[str]:
    words = [match.group() for match in WORD.finditer(name)]
    grams = [
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_PHRASE + 1)
        for start in range(len(words) - length + 1)
    ]
    return [name, *grams]


@lru_cache(maxsize=256)
def _first_words(members: frozenset[str]) -> frozenset[str]:
    """The first word of each listed term."""
    return frozenset(match.group() for term in members if (match := WORD.search(term)))


@derived
def _said(view: View) -> dict[str, list[int]]:
    """A cache: list id → the SKUs whose names say one of its terms."""
    return {}


def _saying(view: View, list_id: str) -> list[int]:
    members = view.resources.lists[list_id].members
    if _first_words(members).isdisjoint(_spoken(view)[1]):
        return []
    known = _said(view)
    if list_id not in known:
        known[list_id] = [index for index, phrases in enumerate(_phrases(view)) if not members.isdisjoint(phrases)]
    return known[list_id]


@feature(
    "sku.count_named",
    type="int",
    argument="list",
    reads=READS,
    en="SKUs whose names say a term of the list",
    zh="名称含词表中词的SKU数量",
    locate=lambda view, value, list_id: [Location(f"/skus/{index}") for index in _saying(view, list_id)],
)
def sku_count_named(view: View, list_id: str) -> int:
    """How many SKUs say one of the listed words or phrases (of at most four words)."""
    return len(_saying(view, list_id))


# --- pieces and units -------------------------------------------------------------------------------------------------


@derived
def _counts(view: View) -> list[Quantity]:
    """The piece counts that SKU names say, those of each name once."""
    if not _spoken(view)[2]:
        return []
    return [count for text in variants(view).names if text for count in _name(text).quantities]


@derived
def _sku_quantities(view: View) -> list[tuple[int, Quantity]]:
    """SKU → the piece counts its names say."""
    if not _spoken(view)[2]:
        return []
    found = []
    for name, indexes in _names(view).items():
        for quantity in _name(name).quantities:
            found += [(index, quantity) for index in indexes]
    return found


@derived
def _title_quantities(view: View) -> list[Quantity]:
    """The piece counts in the title."""
    return quantities(view.title[:LONGEST_TITLE]) if view.title else []


def _quantity_places(view: View, value: object) -> list[Location]:
    return [Location(f"/skus/{index}") for index in sorted({index for index, _ in _sku_quantities(view)})]


def _title_places(view: View, value: object) -> list[Location]:
    title = view.title or ""
    return [
        Location("/title", quantity.start, quantity.end, title[quantity.start : quantity.end])
        for quantity in _title_quantities(view)
    ]


@feature(
    "sku.quantities",
    type="list[str]",
    reads=READS,
    en="Different piece counts that SKU names say",
    zh="SKU名称中出现的不同件数",
    locate=_quantity_places,
)
def sku_quantities(view: View) -> list[str]:
    """Each count once with its unit, smallest first: ["1 piece", "10 piece"]."""
    found = _counts(view)
    if not found:
        return []
    distinct = {(quantity.high, quantity.unit) for quantity in found}
    return [f"{count} {unit}" for count, unit in sorted(distinct)]


@feature(
    "sku.pieces_min",
    type="int",
    nullable=True,
    reads=READS,
    en="Fewest pieces that a SKU name says",
    zh="SKU名称中的最少件数",
    locate=_quantity_places,
)
def sku_pieces_min(view: View) -> int | None:
    """None when no name says a number of pieces."""
    found = _counts(view)
    return min(quantity.low for quantity in found) if found else None


@feature(
    "sku.pieces_max",
    type="int",
    nullable=True,
    reads=READS,
    en="Most pieces that a SKU name says",
    zh="SKU名称中的最多件数",
    locate=_quantity_places,
)
def sku_pieces_max(view: View) -> int | None:
    """None when no name says a number of pieces."""
    found = _counts(view)
    return max(quantity.high for quantity in found) if found else None


@feature(
    "sku.title_pieces_min",
    type="int",
    reads=("title",),
    en="Fewest pieces that the title says, 0 when none",
    zh="标题中的最少件数，未写为0",
    locate=_title_places,
)
def sku_title_pieces_min(view: View) -> int:
    """The low end of the title's range of pieces."""
    found = _title_quantities(view)
    return min(quantity.low for quantity in found) if found else 0


@feature(
    "sku.title_pieces_max",
    type="int",
    reads=("title",),
    en="Most pieces that the title says, 0 when none",
    zh="标题中的最多件数，未写为0",
    locate=_title_places,
)
def sku_title_pieces_max(view: View) -> int:
    """The high end of the title's range of pieces."""
    found = _title_quantities(view)
    return max(quantity.high for quantity in found) if found else 0
