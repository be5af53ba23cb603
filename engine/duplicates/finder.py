"""Duplicates of a whole catalogue: candidates by blocking, compared and scored pair by pair, joined to clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.duplicates.blocking import Candidates, candidates
from engine.duplicates.cards import Card
from engine.duplicates.clusters import clusters
from engine.duplicates.measures import Comparison, Rivals, compare
from engine.duplicates.model import PairModel, Relation, Score
from engine.duplicates.words import WordTable

if TYPE_CHECKING:
    import numpy as np

MOST_RIVALS = 8
"""Other candidates of a listing that a pair is held against."""

CARDS_KEPT = 20_000


class Match(NamedTuple):
    """A pair worth telling: numbers of the two listings in the catalogue (`left` < `right`)."""

    left: int
    right: int
    relation: Relation
    score: Score
    differences: tuple[str, ...]


class Catalogue:
    """Listings by number: their titles, and a way to the card of each (kept for the last few thousand).

    `extra` is (key, listing) arrays of other things in common that make two listings worth comparing: equal pictures,
    SKU codes. Keys are whole numbers ≥ 0.
    """

    def __init__(
        self,
        titles: Iterable[str],
        card: Callable[[int], Card],
        model: PairModel,
        *,
        extra: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None,
    ) -> None:
        self.model = model
        self.table = WordTable(titles)
        self.card = lru_cache(maxsize=CARDS_KEPT)(card)
        self._extra = extra

    @classmethod
    def of(cls, cards: Sequence[Card], model: PairModel) -> Catalogue:
        """A catalogue of cards that are all in memory."""
        return cls((card.title for card in cards), cards.__getitem__, model, extra=shared_things(cards))

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def candidates(self) -> Candidates:
        """The pairs worth comparing."""
        return candidates(self.table, self.model.blocking, extra=self._extra)

    @cached_property
    def _best(self) -> tuple[Any, Any]:
        """(starts, likeness): of each listing its candidates' likeness, most alike first."""
        import numpy as np

        found = self.candidates
        owners = np.concatenate([found.left, found.right])
        likeness = np.concatenate([found.likeness, found.likeness])
        order = np.lexsort((-likeness, owners))
        return np.searchsorted(owners[order], np.arange(len(self) + 1)), likeness[order]

    def rivals(self, number: int) -> Rivals:
        """How alike a listing's other candidates are."""
        starts, likeness = self._best
        return Rivals(likeness[starts[number] : min(starts[number + 1], starts[number] + MOST_RIVALS)].tolist())

    def compare(self, left: int, right: int) -> Comparison:
        """The measures of two listings."""
        rivals = (self.rivals(left), self.rivals(right))
        return compare(self.card(left), self.card(right), self.table.weight, rivals=rivals)

    def matches(self, start: int = 0, stop: int | None = None) -> Iterator[Match]:
        """The candidates from `start` to `stop` that are more than different. Ranges may go to different processes."""
        found = self.candidates
        for left, right in zip(found.left[start:stop].tolist(), found.right[start:stop].tolist(), strict=True):
            if (match := judged(left, right, self.compare(left, right), self.model)) is not None:
                yield match

    def clusters(self, matches: Iterable[Match]) -> list[list[int]]:
        """Groups of listings that are one product."""
        return joined(matches, self.model)


def judged(left: int, right: int, pair: Comparison, model: PairModel) -> Match | None:
    """What the model makes of a comparison; None when the two are different."""
    score = model.score(pair)
    relation = model.relation(pair, score)
    return None if relation == "different" else Match(left, right, relation, score, model.differences(pair))


def joined(matches: Iterable[Match], model: PairModel) -> list[list[int]]:
    """Groups of listings that are one product. Variants and doubtful pairs join nothing by themselves."""
    told = [match for match in matches if match.relation != "variant"]
    sure = {number for match in told if match.relation == "duplicate" for number in (match.left, match.right)}
    groups = clusters([(m.left, m.right, m.score.probability) for m in told], model.join)
    return [group for group in groups if len(sure.intersection(group)) > 1]


def shared_things(cards: Sequence[Card]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(key, listing) of every picture, by its name and by its look, and SKU code."""
    import numpy as np

    numbers: dict[tuple[str, str | int], int] = {}
    keys: list[int] = []
    owners: list[int] = []
    for number, card in enumerate(cards):
        for kind, things in (("picture", card.pictures), ("hash", card.hashes), ("sku", card.sku_codes)):
            for thing in things:
                keys.append(numbers.setdefault((kind, thing), len(numbers)))
                owners.append(number)
    return np.array(keys, dtype=np.int64), np.array(owners, dtype=np.int32)


class Standing(NamedTuple):
    """What speaks for keeping a listing of a cluster."""

    orders: int | None
    score: float | None
    created: str | None


def survivor(members: Sequence[int], standing: Callable[[int], Standing]) -> int:
    """The listing to keep: most orders, then the higher score, then the oldest, then the first."""

    def rank(number: int) -> tuple[Any, ...]:
        known = standing(number)
        return (-(known.orders or 0), -(known.score or 0.0), known.created or "9999", number)

    return min(members, key=rank)
