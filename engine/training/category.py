"""Fit a category model to (title, category) rows: TF-IDF of words and characters, linear support vectors, pruned.

scikit-learn is needed here only (the `train` extra); the model file is read without it.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from engine.errors import StorewardenError
from engine.training.ngrams import char_grams, word_grams, words
from engine.training.predictor import CategoryModel

HELD_OUT = 0.2
SWAPPED = 0.05
FEWEST_ROWS = 5
"""A category with fewer titles is not learnt: its rows could not even be split."""

MOST_GRAMS = 60_000
MOST_CELLS = 12_000_000
"""Upper bounds of a model file: n-grams, and n-grams × categories."""

SEED = 7


class TrainingError(StorewardenError):
    """The rows cannot be learnt from: too few, or of one category only."""


class TrainingReport(Struct, frozen=True):
    """What was learnt and how well: measured on the fifth of the rows that was held out, by a model fitted to the rest.

    `swap_auc`: how well a wrong category is told from a right one when 5 % of the held-out rows get another one
    (1.0 perfect, 0.5 chance); None with fewer than two swapped rows. The saved model is fitted to all rows.
    """

    rows: int
    categories: int
    left_out: dict[str, int]
    grams: int
    held_out: int
    accuracy: float
    macro_f1: float
    swap_auc: float | None
    bytes: int


def train_category(rows: Iterable[tuple[str, str]], out: Path) -> TrainingReport:
    """Fit to (title, category) rows and write the model to `out`. Titles that occur twice in a category count once.

    Raises TrainingError when fewer than two categories have enough titles, or scikit-learn is not installed.
    """
    distinct = sorted({(title.strip(), label.strip()) for title, label in rows if title.strip() and label.strip()})
    amounts = Counter(label for _, label in distinct)
    left_out = {label: amount for label, amount in amounts.items() if amount < FEWEST_ROWS}
    kept = [(title, label) for title, label in distinct if label not in left_out]
    if len(amounts) - len(left_out) < 2:
        raise TrainingError(f"at least two categories with {FEWEST_ROWS} different titles each are needed to train")
    training, judged = _split(kept)
    trial = _fit(training)
    accuracy, macro_f1 = _quality(trial, judged)
    auc = swap_auc(trial, judged)
    model = _fit(kept)
    model.save(out)
    return TrainingReport(
        rows=len(kept),
        categories=len(model.labels),
        left_out=left_out,
        grams=len(model._grams),
        held_out=len(judged),
        accuracy=accuracy,
        macro_f1=macro_f1,
        swap_auc=auc,
        bytes=out.stat().st_size,
    )


def _split(rows: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Four fifths and one fifth, in each category."""
    chance = random.Random(SEED)
    by_label: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        by_label.setdefault(row[1], []).append(row)
    training, judged = [], []
    for _, group in sorted(by_label.items()):
        chance.shuffle(group)
        cut = max(1, round(len(group) * HELD_OUT))
        judged += group[:cut]
        training += group[cut:]
    return training, judged


def _fit(rows: Sequence[tuple[str, str]]) -> CategoryModel:
    try:
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise TrainingError('training needs scikit-learn: pip install "storewarden[train]"') from error
    import numpy as np

    blocks = [_grams(title) for title, _ in rows]
    spread = Counter(gram for both in blocks for block in both for gram in set(block))
    vocabulary = {gram: number for number, gram in enumerate(sorted(g for g, n in spread.items() if n > 1))}
    idf = np.array([math.log((1 + len(rows)) / (1 + spread[gram])) + 1 for gram in vocabulary], dtype=np.float32)
    data, columns, starts = [], [], [0]
    for both in blocks:
        for block in both:
            counts = Counter(vocabulary[gram] for gram in block if gram in vocabulary)
            numbers = np.fromiter(counts, dtype=np.int32, count=len(counts))
            values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[numbers]
            data.append(values / (np.linalg.norm(values) or 1.0))
            columns.append(numbers)
        starts.append(starts[-1] + sum(map(len, columns[-2:])))
    matrix = csr_matrix((np.concatenate(data), np.concatenate(columns), starts), shape=(len(rows), len(vocabulary)))
    labels = sorted({label for _, label in rows})
    wanted = np.array([labels.index(label) for _, label in rows])
    machine = LinearSVC(C=1.0, random_state=SEED).fit(matrix, wanted)
    weights, bias = machine.coef_.T, machine.intercept_
    if len(labels) == 2:
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return _pruned(labels, list(vocabulary), idf, weights, bias)


def _grams(title: str) -> tuple[list[str], list[str]]:
    found = words(title)
    return word_grams(found), [gram for word in found for gram in char_grams(word)]


def _pruned(labels: list[str], grams: list[str], idf: Any, weights: Any, bias: Any) -> CategoryModel:
    """The n-grams that move a decision most."""
    import numpy as np

    most = min(MOST_GRAMS, max(1_000, MOST_CELLS // len(labels)))
    strength = np.abs(weights).max(axis=1) * idf
    kept = np.sort(np.argsort(-strength)[:most])
    return CategoryModel(
        labels,
        [grams[number] for number in kept],
        idf[kept],
        weights[kept].astype(np.float16),
        bias.astype(np.float32),
        STEEP,
    )


STEEP = 4.0
"""Softmax of this many times the decision values: about the log-odds that held-out titles of real catalogues show."""


def _quality(model: CategoryModel, rows: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Accuracy and macro-F1."""
    names = list(model.labels)
    hits: Counter[str] = Counter()
    told: Counter[str] = Counter()
    real = Counter(label for _, label in rows)
    for title, label in rows:
        answer = names[int(model.decisions(title).argmax())]
        told[answer] += 1
        hits[label] += answer == label
    scores = [2 * hits[label] / (real[label] + told[label]) for label in real]
    return sum(hits.values()) / len(rows), sum(scores) / len(scores)


def swap_auc(model: CategoryModel, rows: Sequence[tuple[str, str]]) -> float | None:
    """Area under the curve of "best other label less the own one" for rows of which 5 % got another label."""
    chance = random.Random(SEED)
    names = list(model.labels)
    wrong: list[float] = []
    right: list[float] = []
    for title, label in rows:
        is_swapped = chance.random() < SWAPPED
        given = chance.choice([name for name in names if name != label]) if is_swapped else label
        values = model.decisions(title).tolist()
        own = values.pop(model.labels[given])
        (wrong if is_swapped else right).append(max(values) - own)
    return area(wrong, right)


def area(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Area under the ROC curve, ties half; None with fewer than two of either."""
    from bisect import bisect_left, bisect_right

    if len(positives) < 2 or len(negatives) < 2:
        return None
    ordered = sorted(negatives)
    wins = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in positives)
    return wins / 2 / len(positives) / len(ordered)
