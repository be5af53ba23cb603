"""Listed terms with the words around them.

A hit is a candidate. What stands around it decides: a rule's own filters (passport *holder*, hidden camera *detector*)
take harmless goods out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.features.hit_context import WORD, around, longest
from engine.features.registry import Field, collection
from engine.features.scan import READS, Hit, hits
from engine.features.value_words import TEXT_KINDS
from engine.features.view import View
from engine.findings import Location


class TermInContext(NamedTuple):
    """A listed term, with the words around it."""

    term: str
    text: str
    field: str
    words: list[str]
    around: str
    locations: tuple[Location, ...]


@collection(
    "text.terms_in_context",
    argument="list",
    item={
        "term": Field("str", "The listed term", "词表中的词"),
        "text": Field("str", "The words as written in the listing", "商品中的原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
        "words": Field("list[str]", "The words and pairs of words around it, lower case", "上下文中的词和词组"),
        "around": Field("str", "The text before and after it, lower case", "前后的文本（小写）"),
    },
    reads=READS,
    en="Where a listed term stands, with the words around it",
    zh="词表中的词的出现位置及其上下文",
)
def text_terms_in_context(view: View, list_id: str) -> Sequence[TermInContext]:
    """Every hit of one scanned list; empty when there is none. Of overlapping hits only the longest."""
    found = hits(view).get(list_id)
    if not found:
        return ()
    items = []
    for hit in longest(found):
        before, after = around(view, hit)
        words, beside = _words(before, hit, after), f"{before}\n{after}"
        items.append(TermInContext(hit.term, hit.text, hit.field, words, beside, hit.locations))
    return items


def _words(before: str, hit: Hit, after: str) -> list[str]:
    """Words and pairs of neighbouring words of a hit and what stands around it."""
    words = WORD.findall(f"{before}{hit.text.lower()}{after}")
    return words + [f"{one} {other}" for one, other in pairwise(words)]
