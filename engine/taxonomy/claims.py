"""Phrases by which a title says an attribute's value: colours, materials, and what else a title is believed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.taxonomy.model import Attribute
from engine.taxonomy.nouns import split
from engine.taxonomy.reading import Reading

COLOR, MATERIAL = "color", "material"
DISTINCT = 8
"""A single word of fewer letters ("high", "slim", "round") is too little to tell a value of most attributes."""


class Claim(NamedTuple):
    """A phrase says this value of this attribute. `is_firm`: it may contradict; else it only keeps others quiet."""

    attribute: str
    value: str
    is_firm: bool


class ClaimIndex:
    """`first`: first stem → longest phrase in words; `phrases`: stems joined by a space → claims; `named`: phrase → ids
    of the attributes it says something of; `begins`: the first stems."""

    def __init__(self, attributes: Mapping[str, Attribute], reading: Reading) -> None:
        self.phrases: dict[str, tuple[Claim, ...]] = {}
        for name in (COLOR, MATERIAL, *reading.told):
            attribute = attributes.get(name)
            for value in attribute.values if attribute else ():
                for text in (value.en, *value.synonyms):
                    phrase = " ".join(split(text)) if text.isascii() else ""
                    if phrase:
                        self._add(phrase, Claim(name, value.id, self._is_firm(name, phrase, reading)))
        for phrase, family in reading.material_words.items():
            self._add(phrase, Claim(MATERIAL, family, True))
        self.first: dict[str, int] = {}
        for phrase in self.phrases:
            head = phrase.partition(" ")[0]
            self.first[head] = max(self.first.get(head, 0), phrase.count(" ") + 1)
        self.begins = frozenset(self.first)
        self.named = {
            phrase: frozenset([claim.attribute for claim in claims]) for phrase, claims in self.phrases.items()
        }

    @staticmethod
    def _is_firm(name: str, phrase: str, reading: Reading) -> bool:
        if name == COLOR:
            return phrase in reading.color_words
        if name == MATERIAL:
            return phrase in reading.material_words
        return " " in phrase or len(phrase) >= DISTINCT

    def _add(self, phrase: str, claim: Claim) -> None:
        known = self.phrases.get(phrase, ())
        if all(other.attribute != claim.attribute or other.value != claim.value for other in known):
            self.phrases[phrase] = (*known, claim)
