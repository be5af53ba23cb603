"""Boosted stumps: an additive model of step functions, fitted by Newton steps on binned values.

scikit-learn's fast booster does the same but keeps its trees to itself, and its slow one takes minutes where this
takes seconds; the sum of the stumps is all that is wanted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

ROUNDS = 500
RATE = 0.1
BINS = 64
PENALTY = 2.0
ROWS = 0.7
COLUMNS = 0.4
SEED = 7


class Curve(NamedTuple):
    """A step function: up to and including `edges[0]` it is `points[0]`, … above the last edge `points[-1]`."""

    edges: list[float]
    points: list[float]


def fit_stumps(values: Floats, wanted: Any) -> tuple[float, list[Curve | None]]:
    """Intercept and a curve for each column (None: not used); their sum is the logarithm of the odds of `wanted`."""
    import numpy as np

    chance = np.random.default_rng(SEED)
    edges = [_edges(values[:, column]) for column in range(values.shape[1])]
    codes = np.column_stack([np.searchsorted(e, values[:, c], side="left") for c, e in enumerate(edges)]).astype(
        np.uint8
    )
    points = [np.zeros(len(e) + 1) for e in edges]
    share = float(np.clip(np.mean(wanted), 1e-6, 1 - 1e-6))
    start = float(np.log(share / (1 - share)))
    odds = np.full(len(values), start)
    usable = [column for column, e in enumerate(edges) if len(e)]
    for _ in range(ROUNDS):
        probability = 1 / (1 + np.exp(-odds))
        rows = chance.random(len(values)) < ROWS
        slope, curvature = (wanted - probability) * rows, probability * (1 - probability) * rows
        columns = [column for column in usable if chance.random() < COLUMNS]
        stumps = [(*_best_cut(codes[:, c], len(edges[c]) + 1, slope, curvature), c) for c in columns]
        if not stumps:
            continue
        _, cut, low, high, column = max(stumps, key=lambda stump: stump[0])
        step = np.where(np.arange(len(points[column])) <= cut, low, high) * RATE
        points[column] += step
        odds += step[codes[:, column]]
    return start, [
        Curve(e.tolist(), [round(point, 5) for point in p.tolist()]) if p.any() else None
        for e, p in zip(edges, points, strict=True)
    ]


def _edges(column: Floats) -> Floats:
    """Values at which a column may be cut: all different ones, or as many quantiles."""
    import numpy as np

    different = np.unique(column)
    if len(different) > BINS:
        different = np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)))
    return different[:-1]


def _best_cut(codes: Any, bins: int, slope: Floats, curvature: Floats) -> tuple[float, int, float, float]:
    """(gain, last bin of the lower side, its value, value of the upper side) of the best stump of one column."""
    import numpy as np

    slopes = np.cumsum(np.bincount(codes, slope, bins))
    curvatures = np.cumsum(np.bincount(codes, curvature, bins))
    low_s, low_c = slopes[:-1], curvatures[:-1] + PENALTY
    high_s, high_c = slopes[-1] - low_s, curvatures[-1] - curvatures[:-1] + PENALTY
    gain = low_s**2 / low_c + high_s**2 / high_c
    cut = int(np.argmax(gain))
    return float(gain[cut]), cut, float(low_s[cut] / low_c[cut]), float(high_s[cut] / high_c[cut])
