"""Protected brands with their company in the sentence.

A hit is a candidate. What stands around it decides: `for`, `compatible with` excuse a brand, `style`, `inspired by`
make it worse.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.features.authorisations import APPROVALS, is_approved, is_known
from engine.features.hit_context import WORD, around, longest
from engine.features.mark_hits import MARKS, mark_hits
from engine.features.registry import Field, collection, feature
from engine.features.scan import READS, Hit, hits
from engine.features.value_words import TEXT_KINDS, TRANSFORMS
from engine.features.view import View, derived
from engine.findings import Location

BRANDS = "protected_brands"
"""The word list of protected marks; an entry's note names the brand that owns the term."""

BRAND_ATTRIBUTES = frozenset({"brand", "brand name", "品牌", "品牌名称"})

BEFORE, AFTER, LINKING = "brand_reference_before", "brand_reference_after", "brand_linking"
IMITATES_BEFORE, IMITATES_AFTER = "brand_imitation_before", "brand_imitation_after"
"""The word lists that say what a brand is named for, language by language."""

NEAR = 12
"""Code points behind a brand in which a word of a script without spaces still belongs to it."""
NEVER = r"(?!)"
Words = tuple[str, ...]
_UNSPACED = re.compile("[\u2e80-\u9fff\uac00-\ud7af]")
_BREAK = re.compile(r"[.;!?。；！？|<>\n]")


class BrandMention(NamedTuple):
    """A protected mark in a text. `context`: plain, compatible (for X) or imitation (X style, inspired by X)."""

    brand: str
    text: str
    field: str
    context: str
    is_brand_attribute: bool
    is_approved: bool | None
    locations: tuple[Location, ...]


@derived
def mentions(view: View) -> list[BrandMention]:
    """Every mention of a mark of the list `protected_brands`, and of the store's own marks."""
    found = hits(view).get(BRANDS, [])
    own = _own(view) if view.store is not None and view.store.marks else []
    if not found and not own:
        return []
    notes = view.resources.lists[BRANDS].notes
    terms = view.resources.lists[BRANDS].members
    grammar = grammar_of(view)
    items = []
    for hit in longest(found):
        brand = notes.get(hit.term, hit.term)
        allowed = is_approved(view, (brand, hit.term))
        is_brand = hit.field == "attribute_value" and _attribute_name(view, hit) in BRAND_ATTRIBUTES
        context = context_of(*around(view, hit), terms, grammar)
        items.append(BrandMention(brand, hit.text, hit.field, context, is_brand, allowed, hit.locations))
    taken = {(mention.locations[0].pointer, mention.locations[0].start) for mention in items}
    for hit, owner in own:
        place = hit.locations[0]
        if (place.pointer, place.start) in taken:
            continue
        is_brand = hit.field == "attribute_value" and _attribute_name(view, hit) in BRAND_ATTRIBUTES
        context = context_of(*around(view, hit), terms, grammar)
        allowed = is_approved(view, (hit.term, owner))
        items.append(BrandMention(hit.term, hit.text, hit.field, context, is_brand, allowed, hit.locations))
    return items


def _own(view: View) -> list[tuple[Hit, str]]:
    """Marks of the store's own register as they are written, each with its owner; ordinary words are left out."""
    return [
        (Hit(BRANDS, hit.mark.names[0], field, places[:1]), hit.mark.owner)  # type: ignore[arg-type]
        for hit, field, places, is_own in mark_hits(view)
        if is_own and hit.kind == "plain" and hit.mark.tier != "word_like"
    ]


def grammar_of(view: View) -> Grammar:
    """The words of the pack that say what a brand is named for."""
    return _grammar(*(_terms(view, name) for name in (BEFORE, AFTER, LINKING, IMITATES_BEFORE, IMITATES_AFTER)))


def _terms(view: View, list_id: str) -> Words:
    found = view.resources.lists.get(list_id)
    return found.terms if found is not None else ()


def _attribute_name(view: View, hit: Hit) -> str:
    index = hit.locations[0].pointer.split("/")[2]
    return view.listing.attributes[int(index)].name.strip().lower()


class Grammar(NamedTuple):
    """The lists as they are asked. Words of scripts without spaces are looked for anywhere in the clause."""

    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    unspaced_before: tuple[str, ...]
    unspaced_after: tuple[str, ...]
    linking: frozenset[str]
    imitates_before: re.Pattern[str]
    imitates_after: re.Pattern[str] | None


@lru_cache(maxsize=16)
def _grammar(before: Words, after: Words, linking: Words, imitates_before: Words, imitates_after: Words) -> Grammar:
    def spaced(terms: Words) -> str:
        return "|".join(sorted(map(re.escape, (term for term in terms if not _UNSPACED.search(term))), key=len)[::-1])

    def unspaced(terms: Words) -> tuple[str, ...]:
        return tuple(term for term in terms if _UNSPACED.search(term))

    def any_of(terms: Words) -> str:
        return "|".join(sorted(map(re.escape, terms), key=len)[::-1])

    return Grammar(
        re.compile(rf"(?<!\w)(?:{spaced(before)})(?!\w)") if spaced(before) else None,
        re.compile(rf"(?<!\w)(?:{spaced(after)})(?!\w)") if spaced(after) else None,
        unspaced(before),
        unspaced(after),
        frozenset(linking),
        re.compile(
            rf"(?:(?<!\w)(?:{spaced(imitates_before) or NEVER})|{any_of(unspaced(imitates_before)) or NEVER})\s?$"
        ),
        re.compile(rf"\s?-?(?:{any_of(imitates_after)})(?![a-zà-ɏа-яё])") if imitates_after else None,
    )


def context_of(before: str, after: str, terms: frozenset[str], grammar: Grammar) -> str:
    """plain, compatible or imitation, by what stands on both sides of a brand within its clause."""
    if grammar.imitates_after is not None and grammar.imitates_after.match(after):
        return "imitation"
    if grammar.imitates_before.search(before):
        return "imitation"
    clause, following = _BREAK.split(before)[-1], _BREAK.split(after)[0]
    if any(word in clause for word in grammar.unspaced_before):
        return "compatible"
    if any(word in following[:NEAR] for word in grammar.unspaced_after):
        return "compatible"
    found = None
    if grammar.before is not None:
        for found in grammar.before.finditer(clause):  # noqa: B007 - the last one is the nearest
            pass
    if found is not None and _links(clause[found.end() :], terms, grammar):
        return "compatible"
    behind = grammar.after.search(following) if grammar.after is not None else None
    if behind is not None and _links(following[: behind.start()], terms, grammar):
        return "compatible"
    return "plain"


def _links(between: str, terms: frozenset[str], grammar: Grammar) -> bool:
    """Whether nothing but linking words, brands and models stands there."""
    return all(
        word in grammar.linking or word in terms or any(char.isdigit() for char in word)
        for word in WORD.findall(between)
    )


@collection(
    "brands.mentions",
    item={
        "brand": Field("str", "The protected brand", "受保护的品牌"),
        "text": Field("str", "The words as written in the listing", "商品中的原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
        "context": Field(
            "str", "plain, compatible (for X) or imitation (X style)", "用法：直接使用、适配用语、仿品用语"
        ),
        "is_brand_attribute": Field("bool", "It stands in the brand attribute", "是否位于品牌属性"),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
    },
    reads=READS,
    beside=(*APPROVALS, *MARKS),
    en="Protected brands in the texts of the listing",
    zh="商品文本中出现的受保护品牌",
)
def brands_mentions(view: View) -> Sequence[BrandMention]:
    """Every mention of a mark of the list `protected_brands`."""
    return mentions(view)


@feature(
    "brands.approvals_known",
    type="bool",
    reads=("store_id",),
    beside=APPROVALS,
    en="The store's approved brands are known",
    zh="店铺品牌授权是否已知",
)
def brands_approvals_known(view: View) -> bool:
    """Whether the call said which brands the store may sell, by name or by authorisation."""
    return is_known(view)


# --- marks however they are spelt -------------------------------------------------------------------------------------


class Disguised(NamedTuple):
    """A mark of the register that is not spelt plainly. `kind`: tricked or near; `how`: the transforms, in order."""

    brand: str
    text: str
    field: str
    kind: str
    how: list[str]
    is_approved: bool | None
    locations: tuple[Location, ...]


@derived
def _disguised(view: View) -> list[Disguised]:
    items = []
    for hit, kind, places, _ in mark_hits(view):
        if hit.kind == "plain":
            continue
        allowed = is_approved(view, (*hit.mark.names, hit.mark.owner))
        written = " ".join(place.text or "" for place in places)
        items.append(Disguised(hit.name, written, kind, hit.kind, list(hit.chain), allowed, places))
    return items


@collection(
    "brands.disguised",
    item={
        "brand": Field("str", "The mark", "商标"),
        "text": Field("str", "The words as written in the listing", "商品中的原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
        "kind": Field("str", "tricked or near (likeness to look at)", "变形写法或近似写法"),
        "how": Field("list[str]", "The transforms that lead to the mark", "还原为商标所经的变换", words=TRANSFORMS),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
    },
    reads=READS,
    beside=(*APPROVALS, *MARKS),
    en="Marks of the register that are not spelt plainly",
    zh="以变形或近似写法出现的商标",
)
def brands_disguised(view: View) -> Sequence[Disguised]:
    """Every such mark; plain spellings are `brands.mentions`."""
    return _disguised(view)
