"""How goods are sold (unit, lot), what leaves the title names, and whose brand it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.features.authorisations import APPROVALS
from engine.features.brands import brands_mentions
from engine.features.category_of import category
from engine.features.given_attributes import BRAND, items_of
from engine.features.mark_hits import MARKS
from engine.features.product_noun import head_mention, mentions, names_category, place
from engine.features.registry import Field, collection, feature
from engine.features.value_words import SELLING_UNITS
from engine.features.view import View
from engine.findings import Location
from engine.taxonomy.tree import fold


@feature(
    "listing.selling_unit",
    type="str",
    nullable=True,
    reads=("selling_unit",),
    en="Unit in which the goods are sold",
    zh="销售单位",
    locate=lambda view, value: [Location("/selling_unit")],
    words=SELLING_UNITS,
)
def listing_selling_unit(view: View) -> str | None:
    """In lower case and in the singular."""
    unit = view.listing.selling_unit
    return unit.strip().lower().rstrip("s") if unit and unit.strip() else None


@feature(
    "listing.pieces_per_lot",
    type="int",
    nullable=True,
    reads=("pieces_per_lot",),
    en="Pieces a buyer gets for one price, 1 when not sold by lot",
    zh="每份包含件数，不打包出售为1",
    locate=lambda view, value: [Location("/pieces_per_lot")],
)
def listing_pieces_per_lot(view: View) -> int | None:
    """As given."""
    return view.listing.pieces_per_lot


@feature(
    "title.named_categories",
    type="list[str]",
    reads=("title",),
    en="Ids of the leaf categories that the goods named in the title belong to",
    zh="标题品名词所属叶子类目编号",
    locate=lambda view, value: [place(view, mention)] if (mention := head_mention(view)) else [Location("/title")],
)
def title_named_categories(view: View) -> list[str]:
    """Those of the noun that names the goods; empty when there is none."""
    mention = head_mention(view)
    leaves = view.resources.taxonomy.leaves
    return [leaves[number].id for number in mention.leaves] if mention else []


@feature(
    "title.names_own_category",
    type="bool",
    nullable=True,
    reads=("title", "category_id", "category_path"),
    en="Some noun of the title, wherever it stands, belongs to the listing's own category",
    zh="标题中是否有品名词属于所选类目",
)
def title_names_own_category(view: View) -> bool | None:
    """None when the category is not known."""
    node = category(view)
    if node is None:
        return None
    if names_category(view):
        return True
    own = view.resources.taxonomy.below(node)
    return any(not (own.isdisjoint(mention.leaves) and own.isdisjoint(mention.weaker)) for mention in mentions(view))


class OtherBrand(NamedTuple):
    """A brand in the title that is not the one of the brand attribute."""

    brand: str
    text: str
    attribute: str
    locations: tuple[Location, ...]


@collection(
    "title.other_brands",
    item={
        "brand": Field("str", "The brand that the title names", "标题所述品牌"),
        "text": Field("str", "The words as written in the title", "标题原文"),
        "attribute": Field("str", "The brand attribute", "品牌属性值"),
    },
    nullable=True,
    reads=("title", "attributes"),
    beside=(*APPROVALS, *MARKS),
    en="Known brands in the title, not as what the goods fit, other than the brand attribute",
    zh="标题中出现（非适配用途）且与品牌属性不一致的已知品牌",
)
def title_other_brands(view: View) -> Sequence[OtherBrand] | None:
    """None when the brand attribute is not given."""
    items = items_of(view, BRAND)
    if not items:
        return None
    own = items[0].text.strip()
    folded = fold(own[:100])
    return [
        OtherBrand(mention.brand, mention.text, own, (*mention.locations, items[0].location))
        for mention in brands_mentions(view)
        if mention.field == "title"
        and mention.context == "plain"
        and fold(mention.brand) not in folded
        and fold(mention.text) not in folded
        and folded not in fold(mention.brand)
    ]
