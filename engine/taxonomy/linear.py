"""A small linear model over word and character n-grams, built from the tree itself: names, nouns, hints and the values
of the attributes that each leaf asks for. No product data goes into it.

Each leaf is a TF-IDF vector of length 1; the score of a title is its dot product with the leaf's vector. Features that
nearly every leaf has weigh next to nothing (inverse document frequency) and are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from engine.taxonomy.model import Category
from engine.taxonomy.nouns import split

GRAMS = (4,)
"""Lengths of the character n-grams, the word's borders included."""

COMMON = 0.2
"""Features of more than this share of leaves are left out."""

CHAR_WEIGHT = 0.35
"""What a character n-gram counts beside a word."""

NAME, NOUN, HINT, ABOVE, VALUE = 1.5, 2.0, 1.0, 0.6, 0.15
"""What a word counts by where it stands in the tree."""


@lru_cache(maxsize=1 << 14)
def grams(word: str) -> tuple[str, ...]:
    """Character n-grams of a stem with its borders: "dress" → "<dre", "dres", …; none for very short words."""
    if len(word) < 4:
        return ()
    bordered = f"<{word}>"
    return tuple("#" + bordered[at : at + size] for size in GRAMS for at in range(len(bordered) - size + 1))


def with_grams(words: dict[str, float]) -> dict[str, float]:
    """Words and pairs of words with their weights → the same, with the character n-grams of the words."""
    found = dict(words)
    for word, weight in words.items():
        if " " not in word:
            share = weight * CHAR_WEIGHT
            for gram in grams(word):
                found[gram] = found.get(gram, 0.0) + share
    return found


def bag(words: Sequence[str], weight: float, into: dict[str, float]) -> None:
    """Add the stems of a phrase and the pairs of them."""
    before = ""
    for word in words:
        into[word] = into.get(word, 0.0) + weight
        if before:
            pair = before + " " + word
            into[pair] = into.get(pair, 0.0) + weight
        before = word


class LinearModel:
    """`postings`: feature → the leaves that have it with their weights, inverse document frequency included."""

    __slots__ = ("leaves", "postings")

    def __init__(
        self,
        leaves: Sequence[Category],
        above: Mapping[str, Sequence[str]],
        values: Mapping[str, Sequence[str]],
    ) -> None:
        self.leaves = leaves
        bags = [self._bag(leaf, above, values) for leaf in leaves]
        spread: dict[str, int] = {}
        for features in bags:
            for name in features:
                spread[name] = spread.get(name, 0) + 1
        count = max(len(leaves), 1)
        most = max(COMMON * count, 3)
        log = math.log
        rarity = {
            name: log(1 + count / leaves_with) * _kind(name)
            for name, leaves_with in spread.items()
            if leaves_with <= most
        }
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for leaf, features in zip(leaves, bags, strict=True):
            weighed = {
                name: (1 + log(1 + amount)) * rarity[name] for name, amount in features.items() if name in rarity
            }
            norm = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
            for name, weight in weighed.items():
                if name not in postings:
                    postings[name] = ([], [])
                numbers, weights = postings[name]
                numbers.append(leaf.index)
                weights.append(weight / norm * rarity[name])
        self.postings = postings

    @staticmethod
    def _bag(
        leaf: Category, above: Mapping[str, Sequence[str]], values: Mapping[str, Sequence[str]]
    ) -> dict[str, float]:
        """Names and nouns give words, pairs and character n-grams; hints words and pairs; the rest words alone."""
        features: dict[str, float] = {}
        bag(split(leaf.name.get("en", "")), NAME, features)
        for noun in leaf.nouns.get("en", ()):
            bag(split(noun), NOUN, features)
        features = with_grams(features)
        for hint in leaf.hints.get("en", ()):
            bag(split(hint), HINT, features)
        for ancestor in leaf.ancestors:
            for word in above.get(ancestor, ()):
                features[word] = features.get(word, 0.0) + ABOVE
        for attribute in (*leaf.required, *leaf.key):
            for word in values.get(attribute, ()):
                features[word] = features.get(word, 0.0) + VALUE
        return features

    def scores(self, words: Sequence[str]) -> dict[int, float]:
        """Leaf → cosine with the title's words (0..1); leaves that share nothing are absent."""
        features: dict[str, float] = {}
        bag(list(dict.fromkeys(words)), 1.0, features)
        features = with_grams(features)
        found: dict[int, float] = {}
        norm = 0.0
        for name in features:
            posting = self.postings.get(name)
            if posting is None:
                continue
            norm += _kind(name)
            for number, weight in zip(*posting, strict=True):
                found[number] = found.get(number, 0.0) + weight
        scale = 1 / math.sqrt(norm) if norm else 0.0
        return {number: score * scale for number, score in found.items()}


def _kind(name: str) -> float:
    return CHAR_WEIGHT if name[0] == "#" else 1.0


def stems(texts: Iterable[str]) -> list[str]:
    """The stems of all texts, each once."""
    return list(dict.fromkeys(word for text in texts for word in split(text)))
