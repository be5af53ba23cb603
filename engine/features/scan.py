"""One Aho-Corasick pass over all texts of a listing for the terms of every list that says `scan: true`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.automata import automaton, matches
from engine.features.registry import Field, collection, feature
from engine.features.resources import WordList
from engine.features.texts import TextField, corpus, span, texts
from engine.features.value_words import TEXT_KINDS
from engine.features.view import View, derived
from engine.findings import Location


class Hit(NamedTuple):
    """A listed term found in a text. `text` is as written there, `term` as in the list."""

    list: str
    term: str
    field: str
    locations: tuple[Location]

    @property
    def text(self) -> str:
        """The words as they stand in the listing."""
        return self.locations[0].text or ""


MAX_TERM, MAX_LIST = 1_000, 5_000
"""Hits of one term and of one list that are kept. A bound of time for texts of megabytes, not of policy."""


PIECE, DENSE = 300_000, 30_000
"""Code points of a text that are scanned at once, and hits in them that are too many to go on like that."""


class Span(NamedTuple):
    list: str
    term: str
    field: TextField
    start: int
    end: int


BOUNDARIES = {"none": 0, "letters": 1, "word": 2}
"""How freely a term of a list has to stand, by the list's `boundary`; `_stands` answers in the same numbers."""


class Scanner:
    """The automaton of all scanned lists. Built once for a pack, shared by threads."""

    def __init__(self, lists: Iterable[WordList]) -> None:
        owners: dict[str, list[tuple[str, int]]] = {}
        for words in lists:
            if words.scan:
                for term in words.terms:
                    owners.setdefault(term, []).append((words.id, BOUNDARIES[words.boundary]))
        self._terms = list(owners)
        self._owners = list(owners.values())
        self._longest = max(map(len, self._terms), default=0)
        self.automaton: Any = automaton(self._terms) if owners else None

    def found(self, lowered: str) -> list[tuple[str, str, int, int]]:
        """List, term, start and end of every hit in a lower-case text, in order; at most MAX_TERM and MAX_LIST."""
        if self.automaton is None:
            return []
        kept: list[tuple[str, str, int, int]] = []
        of_term: dict[int, int] = {}
        short = len(lowered) <= PIECE
        spots = matches(self.automaton, lowered) if short else self._in_pieces(lowered, of_term)
        of_list: dict[str, int] = {}
        verdicts: dict[tuple[int, str, str], int] = {}
        for index, start, end in spots:
            if index in of_term and of_term[index] >= MAX_TERM:
                continue
            beside = (index, lowered[start - 1] if start else " ", lowered[end : end + 1])
            stands = verdicts.get(beside)
            if stands is None:
                stands = verdicts[beside] = _stands(lowered, start, end)
            for list_id, needed in self._owners[index]:
                if stands >= needed and of_list.get(list_id, 0) < MAX_LIST:
                    kept.append((list_id, self._terms[index], start, end))
                    of_list[list_id] = of_list.get(list_id, 0) + 1
                    of_term[index] = of_term.get(index, 0) + 1
        return kept

    def _in_pieces(self, lowered: str, of_term: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
        """The matches of a very long text, piece by piece. Terms that a piece is full of are not looked for in the
        pieces behind it, whether they counted (often enough) or were part of longer words: a text of megabytes of one
        term takes no longer than any.
        """
        index_of, indexes = self.automaton, list(range(len(self._terms)))
        for begin in range(0, len(lowered), PIECE):
            piece = lowered[begin : begin + PIECE + self._longest - 1]
            found = matches(index_of, piece)
            for index, start, end in found:
                if start < PIECE:
                    yield indexes[index], begin + start, begin + end
            if len(found) > DENSE and begin + PIECE < len(lowered):
                seen = Counter([indexes[index] for index, _, _ in found])
                indexes = [one for one in indexes if of_term.get(one, 0) < MAX_TERM and seen[one] < DENSE]
                if not indexes:
                    return
                index_of = automaton([self._terms[index] for index in indexes])

    def spans(self, field: TextField) -> list[Span]:
        """Every hit in one text that is no field of the listing (a decoded one, say)."""
        return [Span(name, term, field, start, end) for name, term, start, end in self.found(field.text.lower())]


def _stands(text: str, start: int, end: int) -> int:
    """2: no letter or digit joins the hit on either side. 1: a digit follows it (iPhone15). 0: it is part of a word.

    A Chinese neighbour does not join, words there have no gaps; nor does a Korean one join a Latin word (iPhone용).
    """
    if start and _joins(text[start - 1], text[start]):
        return 0
    if end >= len(text) or not _joins(text[end - 1], text[end]):
        return 2
    return 1 if text[end].isdigit() else 0


def _joins(left: str, right: str) -> bool:
    """Whether two characters beside each other belong to one word."""
    if not (left.isalnum() and right.isalnum()) or _is_han(left) or _is_han(right):
        return False
    return _is_hangul(left) == _is_hangul(right)


def _is_han(char: str) -> bool:
    return "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"


def _is_hangul(char: str) -> bool:
    return "\uac00" <= char <= "\ud7af"


NO_HITS: Mapping[str, list[Hit]] = {}


@derived
def hits(view: View) -> Mapping[str, list[Hit]]:
    """List id → its hits in this listing, in the order of the texts."""
    whole = corpus(view)
    raw = view.resources.scanner.found(whole.lowered)
    if not raw:
        return NO_HITS
    found: dict[str, list[Hit]] = {}
    fields = texts(view)
    for list_id, term, start, end in raw:
        number, base = whole.place(start)
        field = fields[number]
        place = span(field, start - base, end - base)
        found.setdefault(list_id, []).append(Hit(list_id, term, field.kind, (place,)))
    return found


READS = (
    "title", "titles", "description", "mobile_description", "descriptions", "attributes", "skus", "keywords", "groups",
)  # fmt: skip


@collection(
    "text.terms",
    argument="scanned list",
    item={
        "term": Field("str", "The listed term", "词表中的词"),
        "text": Field("str", "The words as written in the listing", "商品中的原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
    },
    reads=READS,
    en="Where a listed term stands in any text of the listing",
    zh="词表中的词在商品任何文本中的出现位置",
)
def text_terms(view: View, list_id: str) -> Sequence[Hit]:
    """Every hit of one scanned list; empty when there is none."""
    return hits(view).get(list_id, ())


@feature(
    "text.has_term",
    type="bool",
    argument="scanned list",
    reads=READS,
    en="Whether any text holds a term of the list",
    zh="任何文本是否含有词表中的词",
    locate=lambda view, value, list_id: [hit.locations[0] for hit in text_terms(view, list_id)],
)
def text_has_term(view: View, list_id: str) -> bool:
    """True when the list has a hit."""
    return list_id in hits(view)
