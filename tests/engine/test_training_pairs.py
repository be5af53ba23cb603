"""A pair model fitted to labelled pairs learns what tells them apart, and says how well."""

from __future__ import annotations

import random

import pytest

from engine.duplicates import Card, Catalogue, make_card
from engine.training.category import TrainingError
from engine.training.duplicates import Labelled, candidate_pairs, fit_pairs
from engine.training.stumps import fit_stumps

KINDS = ("drill", "lamp", "kettle", "router", "speaker", "chair", "tent", "scale")
MAKERS = ("acme", "norvella", "tarkin", "ostermo")


def shop(seed: int) -> tuple[list[Card], list[str]]:
    """Products with a model code, each offered two or three times in other words; the colour is noise."""
    chance = random.Random(seed)
    cards, products = [], []
    for number in range(120):
        kind, maker = chance.choice(KINDS), chance.choice(MAKERS)
        code = f"{kind[0]}{chance.randrange(100, 999)}{chance.choice('abc')}"
        for _ in range(chance.choice((2, 3))):
            words = [maker, kind, code, chance.choice(("red", "blue", "grey")), chance.choice(("new", "home", "pro"))]
            chance.shuffle(words)
            cards.append(make_card(str(len(cards)), " ".join(words)))
            products.append(str(number))
    return cards, products


def test_a_fitted_model_finds_the_products_of_another_shop() -> None:
    cards, products = shop(1)
    model, report = fit_pairs(cards, candidate_pairs(cards, products))
    assert (report.f1, report.cluster_f1) >= (0.9, 0.9)
    others, truth = shop(2)
    catalogue = Catalogue.of(others, model)
    found = {frozenset(map(str, group)) for group in catalogue.clusters(catalogue.matches())}
    by_product: dict[str, set[str]] = {}
    for card, product in zip(others, truth, strict=True):
        by_product.setdefault(product, set()).add(card.id)
    right = found & {frozenset(group) for group in by_product.values()}
    assert len(right) >= 0.8 * len(by_product)


def test_too_few_pairs_of_a_kind_are_refused_with_their_numbers() -> None:
    cards, _ = shop(1)
    with pytest.raises(TrainingError, match="there are 1 and 0"):
        fit_pairs(cards, [Labelled(0, 1, True)])


def test_stumps_learn_a_threshold_and_leave_noise_alone() -> None:
    import numpy as np

    chance = np.random.default_rng(3)
    values = chance.random((600, 2))
    start, curves = fit_stumps(values, values[:, 0] > 0.7)
    curve = curves[0]
    assert curve is not None
    low, high = curve.points[0], curve.points[-1]
    assert low < -1
    assert high > 1
    assert (
        abs(curve.edges[max(range(len(curve.edges)), key=lambda n: curve.points[n + 1] - curve.points[n])] - 0.7) < 0.05
    )
    assert start < 0
