"""The words of a title as keywords: one form for plural and case, and what a word beside another means for counting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.features.tokens import Token
from engine.features.view import View

IGNORED, STOP, SYNONYMS = "title_spec_words", "title_stop_words", "title_synonyms"
DOUBLE_NAMES, DIGIT_WORDS, DOUBLING_FAULTS = "double_names", "digit_words", "doubling_faults"
ENGLISH_STOP = frozenset({"for", "fits", "fit", "compatible", "suitable"})
JOINERS = frozenset({"and", "to", "by", "or", "n", "vs", "on", "in", "y", "e", "et", "und", "и"})
MODEL_SUFFIXES = frozenset(
    {"ii", "iii", "iv", "v", "vi", "mini", "pro", "plus", "max", "air", "se", "lite", "ultra", "retina"}
)
VERSION_LEADS = frozenset({"from", "upgrade"})
HAN = re.compile(r"[\u3400-\u9fff]")
GAP = frozenset({" ", "-", "\u00a0", "  "})
LIST_GAP = re.compile(r"\s*[,;|/，、；]\s*\Z")


IRREGULAR = {
    "women": "woman", "men": "man", "knives": "knife", "shelves": "shelf", "scarves": "scarf", "feet": "foot",
    **{word: word for word in ("thermos", "lens", "gas", "canvas", "bias", "atlas", "jeans", "always", "series")},
}  # fmt: skip


class Keyword(NamedTuple):
    """One counted word of a title: its stem, and its span [start, end) in the title."""

    stem: str
    start: int
    end: int


class Repetition(NamedTuple):
    """`term` as first written in lower case, and the spans of every counted place."""

    term: str
    spans: tuple[tuple[int, int], ...]


NOTHING = Repetition("", ())


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """One form for singular, plural and possessive: "boxes", "box", "box's" → "box"."""
    word = word.replace("’", "'")
    word = word.removesuffix("'s").removesuffix("'")
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def words_of(view: View, list_id: str) -> frozenset[str]:
    found = view.resources.lists.get(list_id)
    return found.members or frozenset(found.terms) if found is not None else frozenset()


def groups_of(view: View) -> Mapping[str, str]:
    found = view.resources.lists.get(SYNONYMS)
    return found.notes if found is not None else {}


def keywords(tokens: Iterable[Token]) -> list[Keyword]:
    """Every word as (stem, start, end). Chinese runs are segmented (rjieba, loaded when first met)."""
    found: list[Keyword] = []
    for word, start, end in tokens:
        if not word.isascii() and HAN.search(word):
            import rjieba

            at = start
            for part in rjieba.cut(word):
                found.append(Keyword(part, at, at + len(part)))
                at += len(part)
        elif "/" in word or "&" in word or "+" in word:
            found.extend(Keyword(stem(m.group()), start + m.start(), start + m.end()) for m in PART.finditer(word))
        else:
            found.append(Keyword(stem(word), start, end))
    return found


PART = re.compile(r"[^/&+]+")
JOINED = frozenset("/&+")


def has_digit(word: str) -> bool:
    return not word.isalpha() and any(char.isdigit() for char in word)


def names_a_model(word: str, digit_words: frozenset[str]) -> bool:
    """A number, a model ("mp450"), a single letter or a suffix ("pro"): the word before is a series, not a repeat."""
    return (
        (len(word) == 1 and word.isascii()) or word in MODEL_SUFFIXES or (has_digit(word) and word not in digit_words)
    )


def counts_as_keyword(key: str, ignored: frozenset[str], digit_words: frozenset[str]) -> bool:
    return (
        len(key) > 1 and key not in ignored and key not in ENGLISH_STOP and (key in digit_words or not has_digit(key))
    )


def is_measure(words: Sequence[Keyword], index: int, ignored: frozenset[str]) -> bool:
    """A number with its unit ("750 ml", "750ml") says a size and makes no series of the word before."""
    word = words[index].stem
    if word.isdecimal():
        return index + 1 < len(words) and words[index + 1].stem in ignored
    return word[:1].isdecimal() and word.lstrip("0123456789.") in ignored


def follower(title: str, words: Sequence[Keyword], index: int) -> Keyword | None:
    """The word at `index` when nothing but a space parts it from the one before."""
    if index >= len(words) or title[words[index - 1].end : words[index].start] not in GAP:
        return None
    return words[index]


def opens_item(title: str, words: Sequence[Keyword], index: int) -> bool:
    """A comma or the like parts the word at `index` from the one before."""
    return LIST_GAP.match(title[words[index - 1].end : words[index].start]) is not None
