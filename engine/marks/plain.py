"""The register's marks as words to be found as they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.features.resources import WordList
from engine.marks.model import Mark

SHORTEST, SHORTEST_HAN = 4, 2
"""Letters of a name that is looked for in plain text; shorter ones are units, sizes and abbreviations as well."""


def with_marks(words: WordList | None, marks: Iterable[Mark], list_id: str) -> WordList:
    """A list of brands with the coined marks of a register; a term that the list has already keeps its note."""
    words = words or WordList(list_id, (), scan=True)
    notes = dict(words.notes)
    terms = list(words.terms)
    known = set(terms)
    for mark in marks:
        if mark.tier != "protected" or mark.status != "registered":
            continue
        owner = notes.get(mark.names[0].lower(), mark.names[0].lower())
        for name in mark.names:
            term = name.lower()
            shortest = SHORTEST if term.isascii() else SHORTEST_HAN
            if term in known or len(term) < shortest:
                continue
            known.add(term)
            terms.append(term)
            if term != owner:
                notes[term] = owner
    return replace(words, terms=tuple(terms), notes=notes, members=frozenset(known))
