"""Marks that are ordinary words as well (Apple, Shell): what in the title speaks for the mark, what for the word.

A word is named as a brand where brands stand, in front of the goods or after "by", and where the words beside it name
the goods. It is a word of its own where it makes a phrase with the next one (apple cider), where goods of its class are
not sold, or where it is a colour, a material or a style (gold, casual).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.features.authorisations import APPROVALS, is_approved
from engine.features.brands import BRANDS, context_of, grammar_of
from engine.features.category_of import category
from engine.features.hit_context import AROUND
from engine.features.mark_hits import MARKS, mark_hits
from engine.features.registry import Field, collection
from engine.features.texts import same_length_lower
from engine.features.tokens import WORD
from engine.features.view import View, derived
from engine.findings import Location
from engine.marks.model import Mark
from engine.taxonomy.nouns import stem

OPENERS, BY, PHRASES, STYLES, CLASSES = "brand_openers", "brand_by", "mark_phrases", "style_words", "nice_classes"
"""Word lists: words before a brand that heads a title, words that name a maker, phrases in which a mark is a word,
styles, Nice classes."""


class WordMark(NamedTuple):
    """A mark that is an ordinary word, in the title. Each field is one piece of evidence."""

    brand: str
    text: str
    context: str
    is_first: bool
    is_after_by: bool
    is_before_goods: bool
    is_phrase: bool
    is_attribute_value: bool
    fits_class: bool | None
    is_approved: bool | None
    locations: tuple[Location, ...]


@collection(
    "brands.word_marks",
    item={
        "brand": Field("str", "The mark", "商标"),
        "text": Field("str", "The word as written in the title", "标题中的原文"),
        "context": Field(
            "str", "plain, compatible (for X) or imitation (X style)", "用法：直接使用、适配用语、仿品用语"
        ),
        "is_first": Field("bool", "It heads the title", "位于标题开头"),
        "is_after_by": Field("bool", "It stands after by, von, par …", "位于 by 等介词之后"),
        "is_before_goods": Field("bool", "The next word tells of goods", "其后的词描述商品"),
        "is_phrase": Field("bool", "It makes a phrase with the word beside it", "与相邻词构成普通词组"),
        "is_attribute_value": Field("bool", "Goods have it as a colour, a material or a style", "可作颜色、材质或款式"),
        "fits_class": Field(
            "bool", "The mark is registered for goods of the industry", "商标注册类别是否符合行业", nullable=True
        ),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
    },
    reads=("title", "category_id", "category_path"),
    beside=(*APPROVALS, *MARKS),
    en="Marks that are ordinary words too, in the title, with what speaks for the mark",
    zh="标题中同时是普通词的商标及其用法依据",
)
def word_marks(view: View) -> Sequence[WordMark]:
    """Every such word of the title that is written as the mark is."""
    return _word_marks(view)


@derived
def _word_marks(view: View) -> list[WordMark]:
    placed = [
        (hit, places)
        for hit, field, places, _ in mark_hits(view)
        if field == "title" and hit.kind == "plain" and hit.mark.tier == "word_like"
    ]
    if not placed:
        return []
    title = view.title or ""
    lowered = same_length_lower(title)
    terms, grammar = view.resources.lists[BRANDS].members, grammar_of(view)
    items = []
    for hit, places in placed:
        start, end = places[0].start or 0, places[0].end or 0
        before, word, after = lowered[:start], lowered[start:end], lowered[end:]
        items.append(
            WordMark(
                brand=hit.name,
                text=title[start:end],
                context=context_of(before[-AROUND:], after[:AROUND], terms, grammar),
                is_first=_heads(view, WORD.findall(before)),
                is_after_by=not _listed(view, BY).isdisjoint(before.split()[-1:]),
                is_before_goods=_tells_of_goods(view, WORD.findall(after[:AROUND])),
                is_phrase=_is_phrase(view, before, word, after),
                is_attribute_value=_is_value(view, word),
                fits_class=_fits_class(view, hit.mark),
                is_approved=is_approved(view, (*hit.mark.names, hit.mark.owner)),
                locations=places,
            )
        )
    return items


def _listed(view: View, list_id: str) -> frozenset[str]:
    found = view.resources.lists.get(list_id)
    return found.members if found is not None else frozenset()


def _heads(view: View, before: Sequence[str]) -> bool:
    return all(word in _listed(view, OPENERS) for word in before)


def _tells_of_goods(view: View, after: Sequence[str]) -> bool:
    """The next word is one of the pack's own: goods, what they are like, whom they are for; or a number; or none."""
    if not after:
        return True
    word, known = after[0], view.resources.matcher.words if view.resources.matcher is not None else frozenset()
    bare = word.replace("\u2019", "'").removesuffix("'s").removesuffix("s'")
    return (
        not known.isdisjoint((word, bare, bare.removesuffix("s")))
        or stem(bare) in view.resources.taxonomy.reading.audience_stems
        or any(char.isdigit() for char in word)
    )


def _is_phrase(view: View, before: str, word: str, after: str) -> bool:
    """With the word before or behind it a phrase that goods are called by, or one of the listed phrases."""
    nouns, listed = view.resources.taxonomy.nouns.phrases, _listed(view, PHRASES)
    last, following = WORD.findall(before[-AROUND:])[-1:], WORD.findall(after[:AROUND])[:1]
    pairs = [(one, word) for one in last] + [(word, one) for one in following]
    return any(f"{stem(a)} {stem(b)}" in nouns or f"{a} {b}" in listed for a, b in pairs)


def _is_value(view: View, word: str) -> bool:
    reading = view.resources.taxonomy.reading
    stems = stem(word)
    return (
        stems in reading.color_words
        or word in reading.color_families
        or stems in reading.material_words
        or word in _listed(view, STYLES)
    )


def _fits_class(view: View, mark: Mark) -> bool | None:
    """None where the category, or what the mark is registered for, is not known."""
    classes, node = view.resources.lists.get(CLASSES), category(view)
    if node is not None and mark.categories:
        return not {node.id, *node.ancestors}.isdisjoint(mark.categories)
    if classes is None or node is None or not mark.classes:
        return None
    told = classes.notes.get(node.industry)
    return None if told is None else not set(mark.classes).isdisjoint(map(int, told.split()))
