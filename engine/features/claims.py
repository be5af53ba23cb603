"""Words that change what naming a brand means: signs of a copy (1:1, AAA) and claims of leave (authorised reseller).

Such words are harmless by themselves. What counts is how many words part them from a brand of the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.features.authorisations import APPROVALS, is_approved
from engine.features.brands import BRANDS, context_of, grammar_of, mentions
from engine.features.hit_context import WORD, around, longest, text_of
from engine.features.mark_hits import MARKS, mark_hits
from engine.features.registry import Field, collection
from engine.features.scan import READS, Hit, hits
from engine.features.value_words import CLAIMS, TEXT_KINDS
from engine.features.view import View, derived
from engine.findings import Location

COPY_SIGNS, CLAIM_WORDS = "copy_signs", "authorisation_claims"
FAR = 99
"""The number of words between where more than LONGEST code points are, or another text."""
LONGEST = 100
MOST = 50
"""Signs and claims of one listing that are looked at. A bound of time, not of policy."""


class NearCopy(NamedTuple):
    """A brand named outright and the nearest sign of a copy. `distance`: words between the two."""

    brand: str
    text: str
    sign: str
    distance: int
    words: list[str]
    field: str
    locations: tuple[Location, ...]


class Claim(NamedTuple):
    """A claim to sell with a brand's leave, and the nearest brand. `claims`: seller, store or genuine."""

    text: str
    claims: str
    brand: str
    distance: int
    context: str
    is_approved: bool | None
    field: str
    locations: tuple[Location, ...]


class _Named(NamedTuple):
    """A brand at a place: what it is called, and every name that an authorisation may bear."""

    brand: str
    names: tuple[str, ...]
    place: Location


def _distance(view: View, one: Location, other: Location) -> int:
    """Words between two places of one text; FAR when they overlap or stand in two texts."""
    if one.pointer != other.pointer:
        return FAR
    first, last = sorted((place.start or 0, place.end or 0) for place in (one, other))
    if first[1] > last[0] or last[0] - first[1] > LONGEST:
        return FAR
    return len(WORD.findall(text_of(view, one)[first[1] : last[0]]))


@collection(
    "brands.near_copy_signs",
    item={
        "brand": Field("str", "The brand", "品牌"),
        "text": Field("str", "The brand as written in the listing", "商品中的品牌原文"),
        "sign": Field("str", "The sign of a copy as written", "仿品标记原文"),
        "distance": Field("int", "Words between the two", "两者之间的词数"),
        "words": Field("list[str]", "The words around the sign, lower case", "标记前后的词（小写）"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
    },
    reads=READS,
    beside=(*APPROVALS, *MARKS),
    en="Brands named outright, each with the nearest sign that the goods are a copy",
    zh="直接使用的品牌及其最近的仿品标记",
)
def near_copy_signs(view: View) -> Sequence[NearCopy]:
    """One item a brand that has such a sign in its text."""
    signs = longest(hits(view).get(COPY_SIGNS, ()))[:MOST]
    if not signs:
        return ()
    found = []
    for mention in mentions(view):
        if mention.context != "plain":
            continue
        place = mention.locations[0]
        sign = min(signs, key=lambda hit: _distance(view, hit.locations[0], place))
        distance = _distance(view, sign.locations[0], place)
        if distance < FAR:
            places = (place, *sign.locations)
            found.append(
                NearCopy(mention.brand, mention.text, sign.text, distance, _around(view, sign), mention.field, places)
            )
    return found


def _around(view: View, hit: Hit) -> list[str]:
    before, after = around(view, hit)
    return WORD.findall(before) + WORD.findall(after)


@collection(
    "brands.claims",
    item={
        "text": Field("str", "The claim as written in the listing", "商品中的声明原文"),
        "claims": Field("str", "seller, store or genuine", "声明类型：经销商、官方店、正品", words=CLAIMS),
        "brand": Field("str", "The nearest brand", "最近的品牌"),
        "distance": Field("int", "Words between the two", "两者之间的词数"),
        "context": Field(
            "str", "plain, compatible (for X) or imitation (X style)", "用法：直接使用、适配用语、仿品用语"
        ),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
    },
    reads=READS,
    beside=(*APPROVALS, *MARKS),
    en="Claims to sell with the leave of a brand, each with the nearest brand of its text",
    zh="自称获得品牌授权的用语及其最近的品牌",
)
def brands_claims(view: View) -> Sequence[Claim]:
    """One item a claim that has a brand in its text."""
    claims = longest(hits(view).get(CLAIM_WORDS, ()))[:MOST]
    if not claims:
        return ()
    named, notes = _named(view), view.resources.lists[CLAIM_WORDS].notes
    terms, grammar = view.resources.lists[BRANDS].members, grammar_of(view)
    found = []
    for hit in claims:
        place = hit.locations[0]
        nearest = min(named, key=lambda one: _distance(view, one.place, place), default=None)
        distance = FAR if nearest is None else _distance(view, nearest.place, place)
        if nearest is None or distance == FAR:
            continue
        beside = Hit(BRANDS, nearest.brand, hit.field, (nearest.place,))
        found.append(
            Claim(
                hit.text,
                notes.get(hit.term, "genuine"),
                nearest.brand,
                distance,
                context_of(*around(view, beside), terms, grammar),
                is_approved(view, nearest.names),
                hit.field,
                (*hit.locations, nearest.place),
            )
        )
    return found


@derived
def _named(view: View) -> list[_Named]:
    """Brands of the list and plainly written marks of the register, ordinary words too: the claim is their evidence."""
    listed: Iterable[_Named] = (
        _Named(mention.brand, (mention.brand, mention.text), mention.locations[0]) for mention in mentions(view)
    )
    registered = (
        _Named(hit.name, (*hit.mark.names, hit.mark.owner), places[0])
        for hit, _, places, _ in mark_hits(view)
        if hit.kind == "plain" and hit.mark.tier != "unknown"
    )
    return [*listed, *registered]
