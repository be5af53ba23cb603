"""The category of a listing: what is known of it, and whether the title belongs there."""

from __future__ import annotations

from decimal import Decimal

from engine.features.category_of import category
from engine.features.category_scores import Verdict, agrees
from engine.features.category_scores import verdict as plain_verdict
from engine.features.fitted import fitted_verdict
from engine.features.product_noun import head_mention, mentions, place
from engine.features.registry import feature
from engine.features.value_words import SELLING_UNITS
from engine.features.view import View, derived
from engine.findings import Location
from engine.taxonomy import Category

READS = ("category_id", "category_path")
BOTH = ("title", *READS)
DIGITS = Decimal("0.001")
NONE = Decimal("0.000")


def category_place(view: View) -> Location:
    """Where the listing says its category."""
    return Location("/category_id" if view.listing.category_id is not None else "/category_path")


def _at_category(view: View, value: object) -> list[Location]:
    return [category_place(view)]


def _at_both(view: View, value: object) -> list[Location]:
    """The noun of the title and the category."""
    mention = head_mention(view)
    return [*([place(view, mention)] if mention else [Location("/title")]), category_place(view)]


@feature(
    "category.is_given",
    type="bool",
    reads=READS,
    en="The listing says its category",
    zh="是否填写类目",
    locate=_at_category,
)
def category_is_given(view: View) -> bool:
    """By id or by path."""
    return bool(view.listing.category_id) or any(part.strip() for part in view.listing.category_path)


@feature(
    "category.is_known",
    type="bool",
    nullable=True,
    reads=READS,
    en="The category is in the category tree",
    zh="类目是否存在于类目树中",
    locate=_at_category,
)
def category_is_known(view: View) -> bool | None:
    """None when none is given."""
    return category(view) is not None if category_is_given(view) else None


@feature(
    "category.is_leaf",
    type="bool",
    nullable=True,
    reads=READS,
    en="The category is a leaf, in which goods can be published",
    zh="是否为可发布商品的叶子类目",
    locate=_at_category,
)
def category_is_leaf(view: View) -> bool | None:
    """None when the category is not known."""
    node = category(view)
    return None if node is None else node.is_leaf


def _text(name: str, en: str, zh: str) -> None:
    """A feature that passes on a text of the category."""

    @feature(f"category.{name}", type="str", nullable=True, reads=READS, en=en, zh=zh, locate=_at_category)
    def compute(view: View) -> str | None:
        node = category(view)
        if node is None:
            return None
        if name == "name":
            return node.name.get("en", node.id)
        if name == "name_zh":
            return node.name.get("zh") or node.name.get("en", node.id)
        value: str = getattr(node, name)
        return value


_text("id", "Our id of the category", "类目在本类目树中的编号")
_text("name", "English name of the category", "类目英文名")
_text("name_zh", "Chinese name of the category", "类目中文名")
_text("industry", "Industry of the category", "类目所属行业")
_text("group", "Group of the category", "类目所属分组")


@feature(
    "category.given",
    type="str",
    nullable=True,
    reads=READS,
    en="The category as the listing says it",
    zh="商品填写的类目原文",
    locate=_at_category,
)
def category_given(view: View) -> str | None:
    """The id, else the path."""
    listing = view.listing
    return listing.category_id or " > ".join(listing.category_path) or None


@feature(
    "category.is_special",
    type="bool",
    nullable=True,
    reads=READS,
    en="The category is a Special Category for links that only take a payment",
    zh="是否为特殊类目（Special Category）",
    locate=_at_category,
)
def category_is_special(view: View) -> bool | None:
    """None when the category is not known."""
    node = category(view)
    return None if node is None else node.special


@feature(
    "category.selling_units",
    type="list[str]",
    nullable=True,
    reads=READS,
    en="Units in which goods of the category are sold",
    zh="该类目常用销售单位",
    locate=_at_category,
    words=SELLING_UNITS,
)
def category_selling_units(view: View) -> list[str] | None:
    """None when the tree does not say."""
    node = category(view)
    return None if node is None or not node.selling_unit else list(node.selling_unit)


@feature(
    "category.selling_unit_fits",
    type="bool",
    nullable=True,
    reads=("selling_unit", *READS),
    en="The selling unit is one in which such goods are sold",
    zh="销售单位是否符合该类目",
    locate=lambda view, value: [Location("/selling_unit")],
)
def category_selling_unit_fits(view: View) -> bool | None:
    """Lots, packs and sets of the unit fit too. None when unit or category is not known."""
    units = category_selling_units(view)
    unit = view.listing.selling_unit
    if units is None or not unit:
        return None
    word = unit.strip().lower().rstrip("s")
    return word in units or word in {"lot", "set", "pack", "bag", "box", "bundle"}


# --- title against category -------------------------------------------------------------------------------------------


@derived
def verdict(view: View) -> Verdict | None:
    """By the model fitted to the seller's catalogue where there is one that knows the category, else out of the box."""
    if "category_model" in view.resources.settings:
        found = fitted_verdict(view)
        if found is not None:
            return found
    return plain_verdict(view)


@derived
def suggested(view: View) -> Category | None:
    """The best other category; None when the title fits the one given, or names nothing."""
    found = verdict(view)
    if found is None or found.best is None:
        return None
    return view.resources.taxonomy.leaves[found.best]


@feature(
    "category.title_agrees",
    type="bool",
    nullable=True,
    reads=BOTH,
    en="A noun that names the goods in the title belongs to the category or one beside it",
    zh="标题品名词是否属于所选类目或其同组类目",
    locate=_at_both,
)
def category_title_agrees(view: View) -> bool | None:
    """None when title or category is not known."""
    return agrees(view)


@feature(
    "category.noun_elsewhere",
    type="bool",
    nullable=True,
    reads=BOTH,
    en="The title names goods, but none of the category, its group or its industry",
    zh="标题品名词不属于所选类目、其同组或同行业",
    locate=_at_both,
)
def category_noun_elsewhere(view: View) -> bool | None:
    """None when title or category is not known, or the title names no goods."""
    node = category(view)
    if node is None or not view.listing.title:
        return None
    if agrees(view):
        return False
    found = mentions(view)
    if not found:
        return None
    own = view.resources.taxonomy.below(view.resources.taxonomy.nodes[node.industry])
    return all(own.isdisjoint(mention.leaves) and own.isdisjoint(mention.weaker) for mention in found)


@feature(
    "category.margin",
    type="decimal",
    nullable=True,
    reads=BOTH,
    en="How far the best other category beats the listing's own for this title (0 to 1)",
    zh="最佳类目相对所选类目的领先幅度（0至1）",
    locate=_at_both,
)
def category_margin(view: View) -> Decimal | None:
    """Probability of the best other category less that of the own one; 0 when the own one leads."""
    found = verdict(view)
    if found is None:
        return None
    return Decimal(found.margin).quantize(DIGITS) if found.margin else NONE


@feature(
    "category.own_share",
    type="decimal",
    nullable=True,
    reads=BOTH,
    en="How likely the listing's own category is by the title (0 to 1)",
    zh="标题属于所选类目的可能性（0至1）",
    locate=_at_both,
)
def category_own_share(view: View) -> Decimal | None:
    """Its group counts half."""
    found = verdict(view)
    return None if found is None else Decimal(found.own).quantize(DIGITS)


def _suggestion(name: str, en: str, zh: str) -> None:
    @feature(f"category.{name}", type="str", nullable=True, reads=BOTH, en=en, zh=zh, locate=_at_category)
    def compute(view: View) -> str | None:
        leaf = suggested(view)
        if leaf is None:
            return None
        if name == "suggested":
            return leaf.id
        return " > ".join(view.resources.taxonomy.path(leaf, "zh" if name.endswith("zh") else "en"))


_suggestion("suggested", "Id of the category that fits the title better", "更符合标题的类目编号")
_suggestion("suggested_name", "English path of the category that fits the title better", "更符合标题的类目英文路径")
_suggestion("suggested_name_zh", "Chinese path of the category that fits the title better", "更符合标题的类目中文路径")


@feature(
    "category.evidence",
    type="list[str]",
    nullable=True,
    reads=BOTH,
    en="Words of the title that speak for the better category",
    zh="支持更优类目的标题词",
    locate=_at_both,
)
def category_evidence(view: View) -> list[str] | None:
    """As written, in order; None when nothing better is known."""
    leaf = suggested(view)
    if leaf is None:
        return None
    title = view.listing.title or ""
    said = [
        title[mention.start : mention.end]
        for mention in mentions(view)
        if leaf.index in mention.leaves or leaf.index in mention.weaker
    ]
    if said:
        return list(dict.fromkeys(said))
    from engine.features.product_noun import title_words

    postings = view.resources.taxonomy.linear.postings
    return [
        title[word.start : word.end]
        for word in title_words(view)
        if word.stem in postings and leaf.index in postings[word.stem][0]
    ]
