"""Everything that is measured: the only home of spaCy and RapidFuzz.

Importing this package registers every feature and collection.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.features import (
    attributes,
    brands,
    category,
    characters,
    claims,
    contacts,
    contradictions,
    description,
    duplicates,
    freight,
    images,
    language,
    lifecycle,
    package,
    pictures,
    prices,
    scan,
    screening,
    selling,
    sku_names,
    skus,
    store,
    stuffing,
    title,
    unseen_marks,
    word_marks,
)

SUBJECT_ARGUMENTS: Mapping[str, frozenset[str]] = {}
"""Closed sets of `[arguments]` that features take besides lists and attributes: kind → names."""

__all__ = [
    "SUBJECT_ARGUMENTS",
    "attributes",
    "brands",
    "category",
    "characters",
    "claims",
    "contacts",
    "contradictions",
    "description",
    "duplicates",
    "freight",
    "images",
    "language",
    "lifecycle",
    "package",
    "pictures",
    "prices",
    "scan",
    "screening",
    "selling",
    "sku_names",
    "skus",
    "store",
    "stuffing",
    "title",
    "unseen_marks",
    "word_marks",
]
