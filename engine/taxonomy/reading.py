"""How titles are read: the `reading:` section of the taxonomy files, compiled once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.taxonomy.nouns import split, stem

Families = Mapping[str, frozenset[str]]
"""A word or value id → the families it belongs to."""


def _stems(words: Iterable[Any] | None) -> frozenset[str]:
    return frozenset(stem(str(word).lower()) for word in words or ())


def _phrases(words: Iterable[Any] | None) -> frozenset[str]:
    return frozenset(" ".join(split(str(word))) for word in words or ())


def _families(listed: Mapping[str, Iterable[Any]] | None) -> Families:
    found: dict[str, set[str]] = {}
    for family, values in (listed or {}).items():
        for value in values:
            found.setdefault(str(value), set()).add(family)
    return {value: frozenset(families) for value, families in found.items()}


class Reading:
    """Words that open complements, words for audiences, colour and material families, and what excuses them."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self.openers = frozenset(str(word) for word in plain.get("complement_openers") or ())
        self.purposes = frozenset(str(word) for word in plain.get("purpose_openers") or ())
        self.openers_zh = tuple(plain.get("complement_openers_zh") or ())
        self.measures = _stems(plain.get("measure_words")) | frozenset(plain.get("measure_words") or ())
        self.never_nouns = _phrases(plain.get("never_nouns"))
        self.audiences: Mapping[str, str] = {
            stem(str(word)): audience
            for audience, words in (plain.get("audience_words") or {}).items()
            for word in words
        }
        self.audience_stems = frozenset(self.audiences)
        self.audience_conflicts: Mapping[str, frozenset[str]] = {
            audience: frozenset(others) for audience, others in (plain.get("audience_conflicts") or {}).items()
        }
        self.audience_excuses = _stems(plain.get("audience_excuses"))
        self.color_families = _families(plain.get("color_families"))
        self.color_any = frozenset(plain.get("color_any") or ())
        self.color_words = _phrases(plain.get("color_words"))
        self.color_excuses = _stems(plain.get("color_excuses"))
        self.color_never_with = _stems(plain.get("color_never_with"))
        self.material_families = _families(plain.get("material_families"))
        self.material_words: Mapping[str, str] = {
            " ".join(split(str(word))): family
            for family, words in (plain.get("material_words") or {}).items()
            for word in words
        }
        self.material_told = frozenset(self.material_words.values())
        self.material_excuses = _stems(plain.get("material_excuses"))
        self.agreeing: Mapping[str, tuple[frozenset[str], ...]] = {
            attribute: tuple(frozenset(group) for group in groups)
            for attribute, groups in (plain.get("agreeing_values") or {}).items()
        }
        self.told = tuple(plain.get("told_by_title") or ())
        self.numbers = tuple(plain.get("numbers_told_by_title") or ())
        self.told_names = frozenset(self.told)
        self.number_names = frozenset(self.numbers)
        self.short_units = frozenset(plain.get("short_units") or ())
        self.number_excuses = frozenset(str(word) for word in plain.get("number_excuses") or ())
        self.empty_values = frozenset(str(value) for value in plain.get("empty_values") or ())

    def conflicting(self, one: str, other: str) -> bool:
        """Whether goods for the one audience are not for the other. Women and girls, men and boys overlap."""
        return other in self.audience_conflicts.get(one, ())
