"""Duplicates (重复铺货) of a whole catalogue: blocked, compared, scored, clustered. See `Catalogue`."""

from __future__ import annotations

from engine.duplicates.cards import Card, Wording, card_of, make_card
from engine.duplicates.finder import Catalogue, Match, Standing, survivor
from engine.duplicates.measures import MEASURES
from engine.duplicates.model import PairModel, PairModelError, Relation

__all__ = [
    "MEASURES",
    "Card",
    "Catalogue",
    "Match",
    "PairModel",
    "PairModelError",
    "Relation",
    "Standing",
    "Wording",
    "card_of",
    "make_card",
    "survivor",
]
