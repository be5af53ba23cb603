"""Which listings of a catalogue a listing is compared with, so that an edit touches few: a relation kept as an index.

A listing is filed under keys: its rare words, every two words that stand together, its whole title, its pictures and
SKU codes. Two listings are neighbours when they share a key that few have (`RARE`); under a key that many have, whole
titles and pictures still make a listing the neighbour of the next few (`NEXT`) in the order of their numbers. Whoever
has which neighbours depends on nothing else, so after an edit only the owners of the keys that came, went, or
crossed the bound have other neighbours than before.

The index is sorted arrays that can lie in files (mapped, not read), with the changes since beside them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.duplicates.words import MOST_WORDS, words_of
from engine.facts import Listing
from engine.features.duplicates import picture_name

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

RARE = 24
"""Owners up to which a key makes each the neighbour of every other."""
NEXT = 3
"""Under a key that more own: neighbours before and after."""
MOST = 40
"""Neighbours of a listing that are compared, those with most keys in common first."""

_WIDE = 1
"""The lowest bit of a key: set when it holds though many own it (whole titles, pictures, SKU codes)."""


@lru_cache(maxsize=500_000)
def _key(kind: str, *parts: str) -> int:
    """63 bits; the same in every process and year."""
    text = "\x1f".join((kind, *parts)).encode("utf-8", "surrogatepass")
    number = int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 2
    return number << 1 | (_WIDE if kind in ("title", "picture", "sku") else 0)


def keys_of(listing: Listing) -> list[int]:
    """The keys of a listing, each once, in ascending order."""
    words = words_of(listing.title or "")[:MOST_WORDS]
    found = {_key("word", word) for word in words}
    found.update([_key("pair", *sorted(pair)) for pair in pairwise(words)])
    if words:
        found.add(_key.__wrapped__("title", *sorted(words)))
    for image in listing.images:
        if image.url and image.kind == "main":
            found.add(_key.__wrapped__("picture", picture_name(image.url)))
    for sku in listing.skus:
        if sku.code:
            found.add(_key.__wrapped__("sku", sku.code.lower()))
    return sorted(found)


class Neighbours:
    """The index: number of a listing → its keys, key → numbers. Numbers are the caller's (rows, ids of products)."""

    def __init__(self, keys: Array | None = None, owners: Array | None = None) -> None:
        import numpy as np

        self._keys: Array = np.empty(0, np.int64) if keys is None else keys
        self._owners: Array = np.empty(0, np.int64) if owners is None else owners
        self._added: dict[int, list[int]] = {}
        self._gone: dict[int, set[int]] = {}

    @classmethod
    def of(cls, parts: Iterable[tuple[Array, Array]]) -> Neighbours:
        """An index of (keys, owners) in any order."""
        import numpy as np

        found = list(parts)
        if not found:
            return cls()
        keys = np.concatenate([part[0] for part in found])
        owners = np.concatenate([part[1] for part in found])
        order = np.lexsort((owners, keys))
        return cls(keys[order], owners[order])

    @classmethod
    def of_listings(cls, listings: Iterable[tuple[int, Listing]]) -> Neighbours:
        """An index of numbered listings."""
        return cls.of([filed(listings)])

    def save(self, folder: Path) -> None:
        """Write the index, changes included, as files that `load` maps."""
        import numpy as np

        keys, owners = self._merged()
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in (("keys", keys), ("owners", owners)):
            unfinished = folder / f"{name}.tmp.npy"
            np.save(unfinished, array)
            unfinished.replace(folder / f"{name}.npy")

    @classmethod
    def load(cls, folder: Path) -> Neighbours:
        """The index in a folder; it is mapped, so that opening it costs nothing."""
        import numpy as np

        return cls(np.load(folder / "keys.npy", mmap_mode="r"), np.load(folder / "owners.npy", mmap_mode="r"))

    def owners(self, key: int) -> list[int]:
        """The numbers filed under a key, in ascending order."""
        low, high = self._keys.searchsorted(key, "left"), self._keys.searchsorted(key, "right")
        found: list[int] = self._owners[low:high].tolist()
        gone, added = self._gone.get(key), self._added.get(key)
        if gone:
            found = [owner for owner in found if owner not in gone]
        return sorted([*found, *added]) if added else found

    def of_number(self, number: int, keys: Sequence[int]) -> list[int]:
        """The neighbours of a listing with these keys, those with most keys in common first."""
        votes: Counter[int] = Counter()
        for key in keys:
            votes.update(_near(self.owners(key), number, key))
        votes.pop(number, None)
        ranked = sorted((-count, other) for other, count in votes.items())
        return [other for _, other in ranked[:MOST]]

    def around(self, number: int, keys: Sequence[int]) -> set[int]:
        """All that a listing with these keys is, or could be, a neighbour of."""
        found: set[int] = set()
        for key in keys:
            found.update(_near(self.owners(key), number, key))
        found.discard(number)
        return found

    def change(self, number: int, before: Sequence[int], after: Sequence[int]) -> set[int]:
        """File a listing anew; the numbers (its own left out) whose neighbours may be others than before."""
        old, new = set(before), set(after)
        touched: set[int] = set()
        for key in old - new:
            touched.update(self._touched(key, number))
            self._remove(key, number)
            touched.update(self._touched(key, number))
        for key in new - old:
            touched.update(self._touched(key, number))
            self._add(key, number)
            touched.update(self._touched(key, number))
        touched.discard(number)
        return touched

    def _touched(self, key: int, number: int) -> list[int]:
        """Owners of a key for whom one owner more or less is a difference."""
        owners = self.owners(key)
        if len(owners) <= RARE + 1:
            return owners
        return _near(owners, number, key, reach=NEXT + 1)

    def _add(self, key: int, number: int) -> None:
        gone = self._gone.get(key)
        if gone and number in gone:
            gone.discard(number)
        elif number not in (added := self._added.setdefault(key, [])):
            insort(added, number)

    def _remove(self, key: int, number: int) -> None:
        added = self._added.get(key)
        if added and number in added:
            added.remove(number)
        else:
            self._gone.setdefault(key, set()).add(number)

    def _merged(self) -> tuple[Array, Array]:
        import numpy as np

        keys, owners = np.asarray(self._keys), np.asarray(self._owners)
        if self._gone:
            wanted = np.isin(keys, np.fromiter(self._gone, np.int64))
            drop = [at for at in np.flatnonzero(wanted).tolist() if int(owners[at]) in self._gone[int(keys[at])]]
            keys, owners = np.delete(keys, drop), np.delete(owners, drop)
        pairs = [(key, owner) for key, added in self._added.items() for owner in added]
        if pairs:
            more = np.array(pairs, dtype=np.int64)
            keys, owners = np.concatenate([keys, more[:, 0]]), np.concatenate([owners, more[:, 1]])
            order = np.lexsort((owners, keys))
            keys, owners = keys[order], owners[order]
        return keys, owners


def _near(owners: Sequence[int], number: int, key: int, *, reach: int = NEXT) -> list[int]:
    """The owners of a key that are a number's neighbours by it."""
    if len(owners) <= RARE:
        return list(owners)
    if not key & _WIDE:
        return []
    at = bisect_left(owners, number)
    after = at + 1 if at < len(owners) and owners[at] == number else at
    return [*owners[max(0, at - reach) : at], *owners[after : after + reach]]


def filed(listings: Iterable[tuple[int, Listing]]) -> tuple[Array, Array]:
    """(keys, owners) of numbered listings."""
    import numpy as np

    keys: list[int] = []
    owners: list[int] = []
    for number, listing in listings:
        own = keys_of(listing)
        keys += own
        owners += [number] * len(own)
    return np.array(keys, dtype=np.int64), np.array(owners, dtype=np.int64)
