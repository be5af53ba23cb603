"""Which of a million listings may be the same: pairs that share a rare word, or two of their rarest words.

Each listing is filed under its rarest words and under every two of them; listings in one file are paired with their
next few neighbours, so the work is linear in the number of listings however often a title repeats. What is paired is
then held against the share of (weighted) words that the two titles have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from engine.duplicates.words import WordTable

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """How candidates are found; the values stand in the pair model (`blocking`).

    `rarest`: words of a title that file it; `rare`: a word that at most so many titles have files alone; `neighbours`:
    listings after it in one file that a listing is paired with; `likeness`: the least share of words in common
    (cosine of inverse document frequencies, 0..1); `most`: pairs kept of one listing, the most alike first.
    """

    rarest: int
    rare: int
    neighbours: int
    likeness: float
    most: int


class Candidates(NamedTuple):
    """Pairs of listings (`left` < `right`, numbers in the table) and how alike their words are (0..1)."""

    left: Array
    right: Array
    likeness: Array


def candidates(table: WordTable, how: Blocking, *, extra: tuple[Array, Array] | None = None) -> Candidates:
    """The pairs worth comparing, in order. `extra`: (key, listing) arrays of other things in common, as pictures."""
    import numpy as np

    rare_words, strengths = _rarest(table, how.rarest)
    keys, owners = _keys(table, rare_words, how.rare)
    if extra is not None:
        # other keys are kept apart from those of words by their sign
        keys, owners = np.concatenate([keys, -1 - extra[0]]), np.concatenate([owners, extra[1].astype(np.int32)])
    left, right = _pairs(keys, owners, how.neighbours, len(table))
    del keys, owners, strengths
    alike = likeness(table, left, right)
    kept = alike >= how.likeness
    return _most_alike(Candidates(left[kept], right[kept], alike[kept]), how.most)


def _rarest(table: WordTable, amount: int) -> tuple[Array, Array]:
    """titles × amount: the rarest words that another title has too, rarest first; -1 where there are fewer."""
    import numpy as np

    counts = np.diff(table.starts)
    owners = np.repeat(np.arange(len(table), dtype=np.int32), counts)
    shared = table.spread[table.ids] > 1
    ids, owners = table.ids[shared], owners[shared]
    order = np.lexsort((ids, table.spread[ids], owners))
    ids, owners = ids[order], owners[order]
    firsts = np.searchsorted(owners, np.arange(len(table), dtype=np.int32))
    place = np.arange(len(ids)) - firsts[owners]
    kept = place < amount
    found = np.full((len(table), amount), -1, dtype=np.int32)
    found[owners[kept], place[kept]] = ids[kept]
    return found, place


def _keys(table: WordTable, rarest: Array, rare: int) -> tuple[Array, Array]:
    """(key, listing): a rare word alone as its number, two words as one number above all words'."""
    import numpy as np

    vocabulary = np.int64(len(table.spread))
    numbers = np.arange(len(rarest), dtype=np.int32)
    keys, owners = [], []
    for column in range(rarest.shape[1]):
        ids = rarest[:, column]
        known = ids >= 0
        alone = known.copy()
        alone[known] = table.spread[ids[known]] <= rare
        keys.append(ids[alone].astype(np.int64))
        owners.append(numbers[alone])
    for one, other in combinations(range(rarest.shape[1]), 2):
        both = rarest[:, other] >= 0
        low, high = (
            np.minimum(rarest[both, one], rarest[both, other]),
            np.maximum(rarest[both, one], rarest[both, other]),
        )
        keys.append((low.astype(np.int64) + 1) * vocabulary + high)
        owners.append(numbers[both])
    return np.concatenate(keys), np.concatenate(owners)


_MOST_WAITING = 1 << 24
"""Pairs held before those met twice are dropped: 128 MB."""


def _pairs(keys: Array, owners: Array, neighbours: int, amount: int) -> tuple[Array, Array]:
    """Every listing with its next neighbours of the same key, each pair once."""
    import numpy as np

    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    again = np.flatnonzero(keys[1:] == keys[:-1])
    met = [np.empty(0, dtype=np.int64)]
    waiting = 0
    for step in range(1, neighbours + 1):
        if step > 1:
            again = again[again < len(keys) - step]
            again = again[keys[again] == keys[again + step]]
        if not again.size:
            break
        one, other = owners[again].astype(np.int64), owners[again + step].astype(np.int64)
        met.append(np.minimum(one, other) * amount + np.maximum(one, other))
        waiting += len(again)
        if waiting > _MOST_WAITING:
            met, waiting = [_distinct(np.concatenate(met))], 0
    left, right = np.divmod(_distinct(np.concatenate(met)), amount)
    apart = left != right
    return left[apart].astype(np.int32), right[apart].astype(np.int32)


def _distinct(pairs: Array) -> Array:
    """The different values in ascending order; sorting beats numpy's own hash table several times over."""
    import numpy as np

    pairs.sort()
    return pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])] if len(pairs) else pairs


_CHUNK = 1 << 17


class Weighed(Protocol):
    """What of a `WordTable` likeness is measured by."""

    ids: Array
    starts: Array
    spread: Array
    weights: Array


def likeness(table: Weighed, left: Array, right: Array) -> Array:
    """Cosine of the weighted words of each pair. What else is in the table makes no difference, to the last bit."""
    import numpy as np

    counts = np.diff(table.starts)
    owners = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    squares = table.weights[table.ids].astype(np.float64) ** 2
    norms = np.sqrt(np.bincount(owners, weights=squares, minlength=len(counts)))
    del owners, squares
    norms[norms == 0] = 1.0
    found = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), _CHUNK):
        one, other = left[start : start + _CHUNK], right[start : start + _CHUNK]
        found[start : start + _CHUNK] = _common_weight(table, one, other) / (norms[one] * norms[other])
    return found


def _common_weight(table: Weighed, one: Array, other: Array) -> Array:
    """The squared weights of the words that both titles of each pair have, added up.

    The words of a title are in ascending order, so the words of both laid in one row and sorted bring equal ones
    together; words of different pairs are kept apart by the pair's number.
    """
    import numpy as np

    vocabulary = np.int64(len(table.spread))
    pair_a, ids_a = _laid_out(table, one)
    pair_b, ids_b = _laid_out(table, other)
    both = np.concatenate([pair_a * vocabulary + ids_a, pair_b * vocabulary + ids_b])
    both.sort()
    shared = both[1:][both[1:] == both[:-1]]
    pairs, ids = np.divmod(shared, vocabulary)
    return np.bincount(pairs, weights=table.weights[ids].astype(np.float64) ** 2, minlength=len(one))


def _laid_out(table: Weighed, rows: Array) -> tuple[Array, Array]:
    import numpy as np

    starts, counts = table.starts[rows], np.diff(table.starts)[rows]
    pair = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
    first = np.repeat(np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return pair, table.ids[np.arange(len(pair)) - first + np.repeat(starts, counts)].astype(np.int64)


def _most_alike(found: Candidates, most: int) -> Candidates:
    """A pair stays when it is among the `most` best of either of its listings."""
    import numpy as np

    kept = np.zeros(len(found.left), dtype=bool)
    for side in (found.left, found.right):
        order = np.lexsort((-found.likeness, side))
        ordered = side[order]
        firsts = np.searchsorted(ordered, ordered)
        kept[order[np.arange(len(order)) - firsts < most]] = True
    return Candidates(found.left[kept], found.right[kept], found.likeness[kept])
