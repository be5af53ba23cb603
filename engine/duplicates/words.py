"""The words of titles as numbers: what blocking and comparison count with.

A word is NFKC, lower case, without the marks inside it (`kdl-46`, `kdl46` and `KDL 46` share what they can); a run of
Chinese, Japanese or Korean is cut into pairs of characters, because it has no spaces to cut at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Ints = np.ndarray[Any, np.dtype[np.int32]]

LONGEST_TITLE = 400
"""Code points of a title that are compared; the platform's limit is far below."""

MOST_WORDS = 64
"""Different words of a title that are compared."""

_PIECE = re.compile(r"[^\W_]+(?:[.\-/'’][^\W_]+)*")
_MARKS = re.compile(r"[.\-/'’]")
_EAST_ASIAN = re.compile(r"[぀-ヿ㐀-鿿가-힯]+")


def words_of(text: str) -> list[str]:
    """The words of a text in order."""
    text = text[:LONGEST_TITLE]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    found = [piece if piece.isalnum() else _MARKS.sub("", piece) for piece in _PIECE.findall(text.lower())]
    if text.isascii():
        return found
    return [part for word in found for part in _parts(word)]


@lru_cache(maxsize=65_536)
def _parts(word: str) -> tuple[str, ...]:
    if word.isascii() or not _EAST_ASIAN.search(word):
        return (word,)
    parts: list[str] = []
    end = 0
    for run in _EAST_ASIAN.finditer(word):
        if run.start() > end:
            parts.append(word[end : run.start()])
        signs = run.group()
        parts += [signs[i : i + 2] for i in range(max(1, len(signs) - 1))]
        end = run.end()
    if end < len(word):
        parts.append(word[end:])
    return tuple(parts)


def inverse_frequency(spread: Any, titles: int) -> Any:
    """How rare words are that so many of the titles have: float32, 1.0 for one that a single title has."""
    import numpy as np

    whole = titles + 1
    return (np.log(whole / np.maximum(spread, 1)) / np.log(max(whole, 2))).astype(np.float32)


class WordTable:
    """The different words of every title as numbers: title `n` has `ids[starts[n]:starts[n + 1]]`, in ascending order.

    `spread[id]` is how many titles have the word; `weights[id]` how rare it is, 0..1: its inverse
    document frequency over that of a word that one title has, so that catalogues of any size compare.
    """

    def __init__(self, titles: Iterable[str]) -> None:
        import numpy as np

        self.numbers: dict[str, int] = {}
        number_of = self.numbers.setdefault
        flat: list[Any] = []
        starts = [0]
        chunk: list[int] = []
        total = 0
        for title in titles:
            found = sorted({number_of(word, len(self.numbers)) for word in words_of(title)[:MOST_WORDS]})
            chunk += found
            total += len(found)
            starts.append(total)
            if len(chunk) > 1_000_000:
                flat.append(np.array(chunk, dtype=np.int32))
                chunk = []
        flat.append(np.array(chunk, dtype=np.int32))
        self.ids = np.concatenate(flat)
        self.starts = np.array(starts, dtype=np.int64)
        self.spread = np.bincount(self.ids, minlength=len(self.numbers)).astype(np.int32)
        self.weights = inverse_frequency(self.spread, len(self))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def weight(self, word: str) -> float:
        """How rare a word is, 0..1: its inverse document frequency over that of a word seen once, or never."""
        number = self.numbers.get(word)
        return 1.0 if number is None else float(self.weights[number])
