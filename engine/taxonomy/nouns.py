"""The dictionary of product nouns: which words name which categories, plural-aware, English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.taxonomy.model import Category

IRREGULAR = {
    "knives": "knife", "scarves": "scarf", "shelves": "shelf", "wives": "wife", "leaves": "leaf", "halves": "half",
    "loaves": "loaf", "feet": "foot", "teeth": "tooth", "mice": "mouse", "children": "child", "men": "men",
    "women": "women", "man": "men", "woman": "women", "mens": "men", "womens": "women", "kids": "kid",
    "glasses": "glasses", "clothes": "clothes", "jeans": "jeans", "shoes": "shoe", "series": "series",
    "colour": "color", "jewellery": "jewelry", "jewelery": "jewelry", "grey": "gray", "tyre": "tire", "tyres": "tire",
    "axes": "axe", "lenses": "lens", "lens": "lens", "chess": "chess", "bus": "bus", "gas": "gas", "toes": "toe",
    "tees": "tee", "horseshoes": "horseshoe", "aluminium": "aluminum", "pyjamas": "pajama", "pyjama": "pajama",
    "pajamas": "pajama", "moulds": "mold", "mould": "mold", "cosy": "cozy", "yoghurt": "yogurt", "is": "is",
    "movies": "movie", "cookies": "cookie", "hoodies": "hoodie", "onesies": "onesie", "selfies": "selfie",
    "beanies": "beanie", "bikinis": "bikini", "ties": "tie", "bowties": "bowtie", "neckties": "necktie",
    "dies": "die", "pies": "pie", "birdies": "birdie", "barbies": "barbie", "genies": "genie", "aprons": "apron",
    "shorts": "shorts", "tights": "tights", "flats": "flats", "slacks": "slacks", "undies": "undies",
    "walkies": "walkie", "talkies": "talkie", "brownies": "brownie", "smoothies": "smoothie",
}  # fmt: skip
SHORTEST = 3
"""Two letters ("rc", "ar") are more often a model than a noun."""

LONGEST = 5
"""Nouns of more words than this are not looked up."""


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A lower-case word without possessive and plural: "men's" → men, "dresses" → dress, "batteries" → battery."""
    if word.endswith(("'s", "’s", "s'", "s’")):
        word = word[:-2] if word[-1] == "s" else word[:-1]
    known = IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) < 4 or word[-1] != "s":
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zzes")):
        return word[:-2]
    if word[-2] in "su" or word.endswith("is"):
        return word
    return word[:-1]


def is_han(text: str) -> bool:
    """Whether a text holds a Chinese character."""
    return not text.isascii() and any("\u4e00" <= char <= "\u9fff" for char in text)


def split(text: str) -> list[str]:
    """The stems of an English phrase; hyphens, slashes and the like part words."""
    for mark in "-/&+.,()":
        text = text.replace(mark, " ")
    return [stem(word) for word in text.lower().split()]


class Noun(NamedTuple):
    """What a phrase names: `leaves`; `weaker`, the leaves that only its last words name; the `groups` of the leaves."""

    leaves: tuple[int, ...]
    weaker: tuple[int, ...]
    groups: frozenset[str]


class NounIndex:
    """`phrases`: stems joined by a space → numbers of the leaves it names. `first`: first stem → longest phrase that
    begins with it, in words. `chinese`: Chinese noun → leaves."""

    __slots__ = ("_known", "chinese", "chinese_longest", "first", "leaves", "phrases", "spelled")

    def __init__(self, leaves: Sequence[Category], never: frozenset[str]) -> None:
        self.leaves = leaves
        self._known: dict[str, Noun] = {}
        phrases: dict[str, dict[int, None]] = {}
        chinese: dict[str, dict[int, None]] = {}
        spelled: dict[str, str] = {}
        for leaf in leaves:
            for noun in leaf.nouns.get("en", ()):
                words = split(noun)
                phrase = " ".join(words)
                if len(phrase) >= SHORTEST and len(words) <= LONGEST and phrase not in never:
                    phrases.setdefault(phrase, {})[leaf.index] = None
                    spelled.setdefault(phrase, noun)
            for noun in leaf.nouns.get("zh", ()):
                chinese.setdefault(noun.lower(), {})[leaf.index] = None
        for phrase in list(phrases):
            joined = phrase.replace(" ", "")
            if " " in phrase and phrase.count(" ") == 1 and len(joined) > 6 and joined not in phrases:
                phrases[joined] = phrases[phrase]
                spelled[joined] = spelled[phrase]
        self.phrases = {phrase: tuple(owners) for phrase, owners in phrases.items()}
        self.spelled = spelled
        first: dict[str, int] = {}
        for phrase in self.phrases:
            head, _, rest = phrase.partition(" ")
            length = 2 + rest.count(" ") if rest else 1
            if length > first.get(head, 0):
                first[head] = length
        self.first = first
        self.chinese = {noun: tuple(owners) for noun, owners in chinese.items()}
        self.chinese_longest = max(map(len, self.chinese), default=0)

    def noun(self, phrase: str) -> Noun:
        """What a phrase of the dictionary names; worked out when it is first met."""
        known = self._known.get(phrase)
        if known is None:
            leaves = self.phrases[phrase]
            weaker: list[int] = []
            _, _, rest = phrase.partition(" ")
            while rest:
                weaker.extend(leaf for leaf in self.phrases.get(rest, ()) if leaf not in leaves and leaf not in weaker)
                _, _, rest = rest.partition(" ")
            groups = frozenset(self.leaves[leaf].group for leaf in leaves)
            known = self._known[phrase] = Noun(leaves, tuple(weaker), groups)
        return known
