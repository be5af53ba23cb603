"""Fit a pair model to labelled pairs: points of the measures by boosted stumps, points of words by logistic regression.

Both are additive, so the fitted score explains itself as the hand-set one does. scikit-learn is needed here only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from engine.duplicates.blocking import Blocking
from engine.duplicates.cards import Card
from engine.duplicates.clusters import clusters
from engine.duplicates.finder import Catalogue
from engine.duplicates.measures import NAMES, Comparison
from engine.duplicates.model import PairModel, Steps
from engine.training.category import TrainingError
from engine.training.stumps import fit_stumps

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

FOLDS = 5
FEWEST = 20
"""Pairs of either kind that must be there to learn from."""

WORD_STRENGTH = 0.3
SEED = 7

FINE = Blocking(rarest=10, rare=100, neighbours=60, likeness=0.2, most=50)
"""Wide blocking for small catalogues; a large one wants fewer candidates."""


class Labelled(NamedTuple):
    """Two listings by their number, and whether they are the same goods."""

    left: int
    right: int
    same: bool


class PairReport(Struct, frozen=True):
    """How well held-out pairs were told (each judged by a model that had not seen its listings)."""

    pairs: int
    same: int
    threshold: float
    precision: float
    recall: float
    f1: float
    join: float
    cluster_f1: float


def fit_pairs(
    cards: Sequence[Card], pairs: Iterable[Labelled], *, blocking: Blocking = FINE
) -> tuple[PairModel, PairReport]:
    """A model of the labelled pairs over the catalogue `cards`. TrainingError when there are too few of either kind."""
    rows = [pair for pair in pairs if pair.left != pair.right]
    counts = Counter(pair.same for pair in rows)
    if min(counts[True], counts[False]) < FEWEST:
        raise TrainingError(
            f"at least {FEWEST} pairs that are the same and {FEWEST} that are not are needed; "
            f"there are {counts[True]} and {counts[False]}"
        )
    catalogue = Catalogue.of(cards, _blank(blocking))
    compared = [catalogue.compare(pair.left, pair.right) for pair in rows]
    return fit_compared(rows, compared, blocking)


def fit_compared(
    rows: Sequence[Labelled], compared: Sequence[Comparison], blocking: Blocking
) -> tuple[PairModel, PairReport]:
    """The same from pairs that are compared already."""
    import numpy as np

    wanted = np.array([row.same for row in rows])
    folds = _folds(rows)
    held_out = np.zeros(len(rows))
    for fold in range(FOLDS):
        learnt = folds != fold
        model = _fit(
            [c for c, keep in zip(compared, learnt, strict=True) if keep], wanted[learnt], folds[learnt], blocking
        )
        for number in np.flatnonzero(~learnt).tolist():
            held_out[number] = model.score(compared[number]).probability
    threshold, precision, recall, f1 = _best_threshold(held_out, wanted)
    join, cluster_f1 = _best_join(rows, held_out)
    model = _fit(list(compared), wanted, folds, blocking)
    fitted = _with(model, duplicate=threshold, review=threshold / 2, join=join)
    report = PairReport(len(rows), int(wanted.sum()), threshold, precision, recall, f1, join, cluster_f1)
    return fitted, report


def candidate_pairs(cards: Sequence[Card], clusters_of: Sequence[str], *, blocking: Blocking = FINE) -> list[Labelled]:
    """Labelled pairs of a catalogue whose clusters are known: its candidates, the same when in one cluster."""
    found = Catalogue.of(cards, _blank(blocking)).candidates
    return [
        Labelled(left, right, clusters_of[left] == clusters_of[right])
        for left, right in zip(found.left.tolist(), found.right.tolist(), strict=True)
    ]


def _with(model: PairModel, **changed: Any) -> PairModel:
    return PairModel(**{name: getattr(model, name) for name in model.__struct_fields__} | changed)


def _blank(blocking: Blocking) -> PairModel:
    return PairModel(
        origin="fitted", note=NOTE, intercept=0, duplicate=1, review=0, join=1, blocking=blocking, measures={}
    )


NOTE = {"en": "Fitted to labelled pairs.", "zh": "由已标注的商品对训练得出。"}


def _folds(rows: Sequence[Labelled]) -> Any:
    """A fold for each pair: pairs of one part of the graph of same pairs stay together."""
    import numpy as np

    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for row in rows:
        if row.same:
            parent[root(row.left)] = root(row.right)
    order = {name: place for place, name in enumerate(sorted({root(row.left) for row in rows}))}
    shuffled = np.random.default_rng(SEED).integers(0, FOLDS, len(order))
    return np.array([shuffled[order[root(row.left)]] for row in rows])


def _fit(compared: Sequence[Comparison], wanted: Any, folds: Any, blocking: Blocking) -> PairModel:
    """One model of all the given pairs."""
    import numpy as np

    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise TrainingError('training needs scikit-learn: pip install "storewarden[train]"') from error

    vectors = DictVectorizer()
    words = vectors.fit_transform([_words(pair) for pair in compared])
    linear = LogisticRegression(C=WORD_STRENGTH, max_iter=1000)
    told = np.zeros(len(compared))
    for fold in np.unique(folds):  # a pair's own label must not speak through its words
        rest = folds != fold
        if len(np.unique(wanted[rest])) == 2:
            told[~rest] = linear.fit(words[rest], wanted[rest]).decision_function(words[~rest])
    linear.fit(words, wanted)
    values = np.column_stack([np.array([pair.values for pair in compared]), told])
    intercept, curves = fit_stumps(values, wanted)
    steps = {
        name: Steps(tuple(curve.edges), tuple(curve.points))
        for name, curve in zip([*NAMES, "words"], curves, strict=True)
        if curve is not None
    }
    points = dict(zip(vectors.get_feature_names_out(), linear.coef_[0].tolist(), strict=True))
    return PairModel(
        origin="fitted",
        note=NOTE,
        intercept=intercept,
        duplicate=0.5,
        review=0.25,
        join=0.5,
        blocking=blocking,
        measures={name: step for name, step in steps.items() if name != "words"},
        words=steps.get("words"),
        words_intercept=float(linear.intercept_[0]),
        apart={
            name[2:]: round(value, 4) for name, value in points.items() if name.startswith("a ") and abs(value) > 0.005
        },
        shared={
            name[2:]: round(value, 4) for name, value in points.items() if name.startswith("s ") and abs(value) > 0.005
        },
    )


def _words(pair: Comparison) -> dict[str, int]:
    return {f"a {word}": 1 for word in pair.apart} | {f"s {word}": 1 for word in pair.shared}


def _best_threshold(scores: Floats, wanted: Any) -> tuple[float, float, float, float]:
    """The probability with the best F1 on held-out pairs, and precision, recall and F1 there."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(wanted[order])
    told = np.arange(1, len(scores) + 1)
    quality = 2 * hits / (told + wanted.sum())
    best = int(np.argmax(quality))
    threshold = float(scores[order][best])
    return threshold, float(hits[best] / told[best]), float(hits[best] / wanted.sum()), float(quality[best])


def _best_join(rows: Sequence[Labelled], scores: Floats) -> tuple[float, float]:
    """The mean probability at which clusters agree best with the labelled pairs, and the F1 over these pairs."""
    best = (0.5, 0.0)
    pairs = [(row.left, row.right, float(score)) for row, score in zip(rows, scores, strict=True)]
    same = sum(row.same for row in rows)
    for join in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7):
        cluster_of = {node: number for number, group in enumerate(clusters(pairs, join)) for node in group}
        told = [row for row in rows if cluster_of.get(row.left, -1) == cluster_of.get(row.right, -2)]
        hits = sum(row.same for row in told)
        f1 = 2 * hits / max(1, len(told) + same)
        if f1 > best[1]:
            best = (join, f1)
    return best
