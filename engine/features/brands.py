"""Protected brands with their company in the sentence.

A hit is a candidate. What stands around it decides: `for`, `compatible with` excuse a brand, `style`, `inspired by`
make it worse.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from engine.features.authorisations import is_approved, is_known
from engine.features.hit_context import WORD, around, longest
from engine.features.registry import Field, collection, feature
from engine.features.scan import Hit, hits
from engine.features.texts import SEPARATOR, span, texts
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
    beside=("store.approved_brands",),
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
    beside=("store.approved_brands",),
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


LONG = frozenset({"description", "mobile_description", "localized_description"})


@derived
def _disguised(view: View) -> list[Disguised]:
    matcher = view.resources.matcher
    if matcher is None:
        return []
    short = [field for field in texts(view) if field.kind not in LONG]
    groups = [short, *([field] for field in texts(view) if field.kind in LONG)]
    items = []
    for fields in groups:
        whole = SEPARATOR.join(field.text for field in fields)
        starts = []
        begin = 0
        for field in fields:
            starts.append(begin)
            begin += len(field.text) + len(SEPARATOR)
        for hit in matcher.find(whole, near=fields is short):
            if hit.kind == "plain" or not hit.mark.in_force(view.as_of) or _in_markup(whole, hit.start, fields[0].kind):
                continue
            first = bisect_right(starts, hit.start) - 1
            last = bisect_right(starts, hit.end - 1) - 1
            places = tuple(
                span(
                    fields[number],
                    max(0, hit.start - starts[number]),
                    min(len(fields[number].text), hit.end - starts[number]),
                )
                for number in range(first, last + 1)
            )
            allowed = is_approved(view, (*hit.mark.names, hit.mark.owner))
            written = " ".join(place.text or "" for place in places)
            items.append(Disguised(hit.name, written, fields[first].kind, hit.kind, list(hit.chain), allowed, places))
    return items


def _in_markup(text: str, at: int, kind: str) -> bool:
    """Inside a tag, but in no text of it that a reader meets (alt, title)."""
    if kind not in LONG:
        return False
    opened = text.rfind("<", max(0, at - 2_000), at)
    if opened < 0 or text.rfind(">", opened, at) >= 0:
        return False
    attribute = text[opened:at].rpartition("=")[0].rstrip().rpartition(" ")[2].lower()
    return attribute not in ("alt", "title")


@collection(
    "brands.disguised",
    item={
        "brand": Field("str", "The mark", "商标"),
        "text": Field("str", "The words as written in the listing", "商品中的原文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型"),
        "kind": Field("str", "tricked or near (likeness to look at)", "变形写法或近似写法"),
        "how": Field("list[str]", "The transforms that lead to the mark", "还原为商标所经的变换"),
        "is_approved": Field("bool", "The store may sell the brand", "店铺是否有该品牌授权", nullable=True),
    },
    reads=(*READS, "groups"),
    en="Marks of the register that are not spelt plainly",
    zh="以变形或近似写法出现的商标",
)
def brands_disguised(view: View) -> Sequence[Disguised]:
    """Every such mark; plain spellings are `brands.mentions`."""
    return _disguised(view)
