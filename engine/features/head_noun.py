"""The slow way to the goods of a title: spaCy's words, a grammar of titles, and RapidFuzz on the nouns of the tree.

Runs only when the quick look-up of `product_noun` did not find the listing's own category in the title.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.features.product_noun import title_words
from engine.features.spacy_lite import read
from engine.features.view import View, derived
from engine.taxonomy.nouns import stem
from engine.taxonomy.reading import Reading

Pattern = list[list[dict[str, Any]]]

LIKE = 86.0
"""RapidFuzz ratio (0..100) from which a phrase counts as a misspelt or joined noun of the tree."""

FEWEST_LETTERS = 5
"""Shorter phrases are not compared: at four letters one letter makes another word."""


class Near(NamedTuple):
    """A noun of the tree that the head of the title resembles: `likeness` 0..1."""

    phrase: str
    likeness: float
    leaves: tuple[int, ...]


def patterns(rule: Reading) -> dict[str, Pattern]:
    """The grammar of titles as spaCy Matcher patterns.

    complement  what the goods are for or made with begins ("for", "compatible with", "fits")
    measure     the goods come after it ("set of", "pack of 3", "2 pcs of")
    joined      "top and skirt set": both nouns are the goods
    """
    words = [word for word in rule.openers if word != "of"]
    number: dict[str, Any] = {"LIKE_NUM": True}
    return {
        "complement": [
            [{"LOWER": {"IN": ["compatible", "suitable", "designed", "made"]}}, {"LOWER": {"IN": ["with", "for"]}}],
            [{"LOWER": {"IN": words}}],
            [{"LOWER": {"NOT_IN": list(rule.measures)}, "IS_PUNCT": False}, {"LOWER": "of"}],
        ],
        "measure": [
            [{"LOWER": {"IN": list(rule.measures)}}, {"LOWER": "of"}],
            [{"LOWER": {"IN": list(rule.measures)}}, {"LOWER": "of"}, number],
            [number, {"LOWER": {"IN": list(rule.measures)}}, {"LOWER": "of"}],
        ],
        "joined": [
            [
                {"IS_ALPHA": True},
                {"LOWER": {"IN": ["and", "&", "+", "with"]}},
                {"IS_ALPHA": True},
                {"LOWER": {"IN": ["set", "suit", "kit", "combo"]}},
            ]
        ],
    }


@derived
def head_words(view: View) -> tuple[str, ...]:
    """The stems of the noun phrase that names the goods, in order: all words before the first complement (or, where a
    title begins with one, the rest), without numbers. Empty without a title."""
    title = view.listing.title
    if not title:
        return ()
    rule = view.resources.taxonomy.reading
    words, found = read(title[:2_000], "title-grammar", patterns(rule))
    return tuple(stem(words[number][0]) for number in _head_span(words, found) if words[number][0].isalpha())


def _head_span(words: Sequence[tuple[str, int, int]], found: Sequence[tuple[str, int, int]]) -> range:
    """Which words make up the head phrase."""
    measured = {end - 1 for name, _, end in found if name == "measure"}
    joined = {at for name, begin, end in found if name == "joined" for at in range(begin, end)}
    cuts = sorted(
        begin if words[begin][0] != "of" and words[end - 1][0] != "of" else end - 1
        for name, begin, end in found
        if name == "complement" and (end - 1) not in measured and begin not in joined
    )
    if not cuts:
        return range(len(words))
    return range(cuts[0]) if cuts[0] > 0 else range(1, len(words))


@derived
def near_nouns(view: View) -> list[Near]:
    """Nouns of the tree that the last words of the head resemble, best first; for titles without an exact noun."""
    from rapidfuzz import fuzz, process

    words = head_words(view) or tuple(word.stem for word in title_words(view))
    phrases = view.resources.taxonomy.nouns.phrases
    names = view.resources.taxonomy.noun_list
    found: dict[str, float] = {}
    for length in (3, 2, 1):
        for begin in range(max(0, len(words) - length - 4), len(words) - length + 1):
            wanted = " ".join(words[begin : begin + length])
            if len(wanted) < FEWEST_LETTERS:
                continue
            for phrase, score, _ in process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=LIKE, limit=3):
                found[phrase] = max(found.get(phrase, 0.0), score / 100)
    ranked = sorted(found.items(), key=lambda item: -item[1])[:8]
    return [Near(phrase, likeness, phrases[phrase]) for phrase, likeness in ranked]
