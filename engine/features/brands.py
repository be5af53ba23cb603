"""Protected brands with their company in the sentence.

A hit is a candidate. What stands around it decides: `for`, `compatible with` excuse a brand, `style`, `inspired by`
make it worse.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from engine.features.authorisations import is_approved, is_known
from engine.features.hit_context import WORD, around, longest
from engine.features.registry import Field, collection, feature
from engine.features.scan import Hit, hits
from engine.features.view import View, derived
from engine.findings import Location

BRANDS = "protected_brands"
"""The word list of protected marks; an entry's note names the brand that owns the term."""

BRAND_ATTRIBUTES = frozenset({"brand", "brand name", "品牌", "品牌名称"})
READS = ("title", "titles", "description", "mobile_description", "descriptions", "attributes", "skus", "keywords")

_COMPATIBLE = frozenset({"for", "fit", "fits", "fitting", "compatible", "suit", "suits", "suitable", "para", "для"})
_COMPATIBLE_ZH = ("适用于", "适用", "适配", "兼容", "适合")
_LINKING = frozenset(
    {
        "with",
        "to",
        "and",
        "or",
        "all",
        "the",
        "new",
        "models",
        "model",
        "series",
        "phone",
        "phones",
        "mobile",
        "pro",
        "max",
        "plus",
        "mini",
        "ultra",
        "air",
        "lite",
        "note",
        "fold",
        "flip",
        "galaxy",
        "redmi",
        "poco",
        "mate",
        "nova",
        "pixel",
        "watch",
        "tab",
        "pad",
        "se",
        "fe",
        "generation",
        "gen",
        "tv",
        "console",
        "switch",
        "printer",
        "camera",
    }
)
_WORSE_AFTER = re.compile(
    r"\s?-?(?:style|inspired|look|looking|like|alike|type|dupe|design copy|同款|风格|风)(?![a-z])"
)
_WORSE_BEFORE = re.compile(r"(?:inspired by|similar to|same as|copy of|dupe of|alternative to|looks? like|仿)\s?$")
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
def _mentions(view: View) -> list[BrandMention]:
    found = hits(view).get(BRANDS)
    if not found:
        return []
    notes = view.resources.lists[BRANDS].notes
    terms = view.resources.lists[BRANDS].members
    mentions = []
    for hit in longest(found):
        brand = notes.get(hit.term, hit.term)
        allowed = is_approved(view, (brand, hit.term))
        is_brand = hit.field == "attribute_value" and _attribute_name(view, hit) in BRAND_ATTRIBUTES
        context = _context(*around(view, hit), terms)
        mentions.append(BrandMention(brand, hit.text, hit.field, context, is_brand, allowed, hit.locations))
    return mentions


def _attribute_name(view: View, hit: Hit) -> str:
    index = hit.locations[0].pointer.split("/")[2]
    return view.listing.attributes[int(index)].name.strip().lower()


def _context(before: str, after: str, terms: frozenset[str]) -> str:
    if _WORSE_AFTER.match(after) or _WORSE_BEFORE.search(before):
        return "imitation"
    clause = _BREAK.split(before)[-1]
    if any(word in clause for word in _COMPATIBLE_ZH):
        return "compatible"
    for word in reversed(WORD.findall(clause)):
        if word in _COMPATIBLE:
            return "compatible"
        if word not in _LINKING and word not in terms and not any(char.isdigit() for char in word):
            return "plain"
    return "plain"


@collection(
    "brands.mentions",
    item={
        "brand": Field("str", "The protected brand", "受保护的品牌"),
        "text": Field("str", "The words as written in the listing", "商品中的原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型"),
        "context": Field(
            "str", "plain, compatible (for X) or imitation (X style)", "用法：直接使用、适配用语、仿品用语"
        ),
        "is_brand_attribute": Field("bool", "It stands in the brand attribute", "是否位于品牌属性"),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
    },
    reads=READS,
    en="Protected brands in the texts of the listing",
    zh="商品文本中出现的受保护品牌",
)
def brands_mentions(view: View) -> Sequence[BrandMention]:
    """Every mention of a mark of the list `protected_brands`."""
    return _mentions(view)


@feature(
    "brands.approvals_known",
    type="bool",
    reads=("store_id",),
    en="The store's approved brands are known",
    zh="店铺品牌授权是否已知",
)
def brands_approvals_known(view: View) -> bool:
    """Whether the call said which brands the store may sell, by name or by authorisation."""
    return is_known(view)
