"""Whether the attributes of a listing are complete and well-formed: missing, not allowed, wrong unit, given twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.features.category_of import category
from engine.features.given_attributes import BRAND, amount, filled, given, given_by_id, items_of, sku_values
from engine.features.registry import Field, collection, feature
from engine.features.view import View
from engine.findings import Location
from engine.taxonomy import Attribute, Category

READS = ("attributes", "skus", "category_id", "category_path")
SHOWN_VALUES = 6
"""As many allowed values are named in a message."""


class Missing(NamedTuple):
    """An attribute that the category asks for. `placeholder`: what stands there instead of a value ("n/a")."""

    id: str
    name: str
    name_zh: str
    examples: str
    examples_zh: str
    placeholder: str | None
    locations: tuple[Location, ...]


MISSING = {
    "id": Field("str", "Our id of the attribute", "属性编号"),
    "name": Field("str", "English name of the attribute", "属性英文名"),
    "name_zh": Field("str", "Chinese name of the attribute", "属性中文名"),
    "examples": Field("str", "What may stand there: some allowed values, or the kind of value", "可填内容（英文）"),
    "examples_zh": Field("str", "The same in Chinese", "可填内容（中文）"),
    "placeholder": Field("str", "What stands there instead of a value", "代替属性值的占位内容", nullable=True),
}


def _missing(view: View, node: Category, wanted: Iterable[str]) -> list[Missing]:
    known = filled(view).first
    taxonomy = view.resources.taxonomy
    lacking = [name for name in wanted if name not in known]
    if lacking and (skus := view.listing.skus):
        # what the first SKU names, nearly always all SKUs do
        said = [taxonomy.attribute(item.name, node) for item in skus[0].properties if item.label or item.value]
        lacking = [name for name in lacking if all(spec is None or spec.id != name for spec in said)]
    if not lacking:
        return []
    by_sku = sku_values(view)
    found = []
    for name in lacking:
        spec = taxonomy.attributes.get(name)
        if name in by_sku or spec is None:
            continue
        empty = [
            index
            for index, attribute in enumerate(view.listing.attributes)
            if (owner := taxonomy.attribute(attribute.name, node)) is not None and owner.id == name
        ]
        text = view.listing.attributes[empty[0]].value if empty else None
        place = Location(f"/attributes/{empty[0]}") if empty else Location("/attributes")
        found.append(
            Missing(
                name,
                name_of(spec),
                name_of(spec, "zh"),
                *_examples(spec),
                text or None,
                (place,),
            )
        )
    return found


def _examples(spec: Attribute) -> tuple[str, str]:
    """What may stand in the attribute, in English and Chinese."""
    if spec.values:
        shown = spec.values[:SHOWN_VALUES]
        names = ", ".join(value.en for value in shown), "、".join(value.name.get("zh", value.en) for value in shown)
        return (names[0] + " …", names[1] + " 等") if len(spec.values) > SHOWN_VALUES else names
    if spec.type == "number":
        units = ", ".join(unit.id for unit in spec.units)
        return (f"a number in {units}", f"数字，单位{units}") if units else ("a number", "数字")
    return ("yes or no", "是或否") if spec.type == "boolean" else ("any text", "任意文本")


def name_of(spec: Attribute, language: str = "en") -> str:
    """The attribute's name in a language, English when it has none there."""
    return spec.name.get(language) or spec.name.get("en") or spec.id


def _leaf(view: View) -> Category | None:
    node = category(view)
    return node if node is not None and node.is_leaf else None


@collection(
    "category.missing_required",
    item=MISSING,
    nullable=True,
    reads=READS,
    en="Required attributes of the category that the listing does not give",
    zh="类目必填属性中未填写的属性",
)
def category_missing_required(view: View) -> Sequence[Missing] | None:
    """None when the category is not known. What SKU properties say counts as given."""
    node = _leaf(view)
    return None if node is None else _missing(view, node, node.required)


@collection(
    "category.missing_key",
    item=MISSING,
    nullable=True,
    reads=READS,
    en="Key attributes of the category that the listing does not give",
    zh="类目关键属性中未填写的属性",
)
def category_missing_key(view: View) -> Sequence[Missing] | None:
    """None when the category is not known. What SKU properties say counts as given."""
    node = _leaf(view)
    return None if node is None else _missing(view, node, node.key)


@feature(
    "category.key_fill_rate",
    type="decimal",
    nullable=True,
    reads=READS,
    en="Share of the category's required and key attributes that are given (0 to 1)",
    zh="类目必填及关键属性填写率（0至1）",
    locate=lambda view, value: [Location("/attributes")],
)
def category_key_fill_rate(view: View) -> Decimal | None:
    """None when the category is not known or asks for none."""
    node = _leaf(view)
    if node is None or not (node.required or node.key):
        return None
    wanted = len(node.required) + len(node.key)
    lacking = len(_missing(view, node, node.required)) + len(_missing(view, node, node.key))
    return (Decimal(wanted - lacking) / wanted).quantize(Decimal("0.01"))


class Odd(NamedTuple):
    """A value that is none of the allowed ones; `likeness` (0..1) of the nearest allowed one, `suggestion`."""

    attribute: str
    attribute_zh: str
    value: str
    suggestion: str
    suggestion_zh: str
    likeness: Decimal
    locations: tuple[Location, ...]


@collection(
    "attributes.unlisted_values",
    item={
        "attribute": Field("str", "English name of the attribute", "属性英文名"),
        "attribute_zh": Field("str", "Chinese name of the attribute", "属性中文名"),
        "value": Field("str", "The value as given", "所填属性值"),
        "suggestion": Field("str", "The nearest allowed value", "最接近的可选值（英文）"),
        "suggestion_zh": Field("str", "The nearest allowed value in Chinese", "最接近的可选值（中文）"),
        "likeness": Field("decimal", "How alike the two are (0 to 1)", "两者相似度（0至1）"),
    },
    reads=("attributes", "category_id", "category_path"),
    en="Values of list attributes that are not in the list (custom attributes left out)",
    zh="不在可选值范围内的枚举属性值（自定义属性除外）",
)
def attributes_unlisted_values(view: View) -> Sequence[Odd]:
    """Each part of a composition counts by itself."""
    if not filled(view).odd:
        return ()
    found = []
    for item in given(view):
        if item.spec.type != "enum" or None not in item.values or view.listing.attributes[item.at].custom:
            continue
        for part, value in zip(item.parts, item.values, strict=True):
            if value is None and (odd := _nearest(view, item.at, item.text, item.spec, part)) is not None:
                found.append(odd)
    return found


def _nearest(view: View, index: int, text: str, spec: Attribute, part: str) -> Odd | None:
    best = view.resources.taxonomy.nearest_value(spec, part)
    start = text.find(part)
    if best is None or start < 0:
        return None
    value, ratio = best
    place = Location(f"/attributes/{index}/value", start, start + len(part), part)
    likeness = (Decimal(ratio) / 100).quantize(Decimal("0.01"))
    return Odd(name_of(spec), name_of(spec, "zh"), part, value.en, value.name.get("zh", value.en), likeness, (place,))


class BadNumber(NamedTuple):
    """A number attribute without a number (`problem` "number") or in a unit it is not measured in ("unit")."""

    attribute: str
    attribute_zh: str
    value: str
    problem: str
    units: str
    locations: tuple[Location, ...]


@collection(
    "attributes.bad_numbers",
    item={
        "attribute": Field("str", "English name of the attribute", "属性英文名"),
        "attribute_zh": Field("str", "Chinese name of the attribute", "属性中文名"),
        "value": Field("str", "The value with its unit", "所填数值及单位"),
        "problem": Field(
            "str", "unit: not one of its units; number: no number in it", "unit为单位不符，number为不含数字"
        ),
        "units": Field("str", "The units it takes", "可用单位"),
    },
    reads=("attributes", "category_id", "category_path"),
    en="Number attributes that hold no number, or a unit in which they are not measured",
    zh="不含数字或单位不符的数值属性",
)
def attributes_bad_numbers(view: View) -> Sequence[BadNumber]:
    """Ranges and several numbers in one value are left alone; custom attributes too."""
    if not filled(view).odd:
        return ()
    found = []
    taxonomy = view.resources.taxonomy
    for item in given(view):
        if item.spec.type != "number" or not item.spec.units or view.listing.attributes[item.at].custom:
            continue
        read = amount(view, item)
        if read is None:
            if any(char.isdigit() for char in item.text):
                continue
            problem, shown = "number", item.text
        else:
            number, unit = read
            if unit is None or taxonomy.unit(item.spec, unit) is not None:
                continue
            problem, shown = "unit", f"{number} {unit}"
        units = ", ".join(unit.id for unit in item.spec.units)
        places = (item.location,)
        found.append(BadNumber(name_of(item.spec), name_of(item.spec, "zh"), shown[:100], problem, units, places))
    return found


class Repeated(NamedTuple):
    """An attribute of which goods have one value, given twice with two values."""

    attribute: str
    attribute_zh: str
    first: str
    second: str
    locations: tuple[Location, ...]


@collection(
    "attributes.repeated",
    item={
        "attribute": Field("str", "English name of the attribute", "属性英文名"),
        "attribute_zh": Field("str", "Chinese name of the attribute", "属性中文名"),
        "first": Field("str", "The value given first", "第一次填写的值"),
        "second": Field("str", "The other value", "再次填写的不同值"),
    },
    reads=("attributes", "category_id", "category_path"),
    en="Attributes with one possible value that are given twice with different values",
    zh="单值属性被重复填写且值不同",
)
def attributes_repeated(view: View) -> Sequence[Repeated]:
    """The same allowed value in two wordings is no difference."""
    if not filled(view).again:
        return ()
    found = []
    for items in given_by_id(view).values():
        first = items[0]
        if len(items) < 2 or not first.spec.exclusive:
            continue
        for other in items[1:]:
            same = first.text.strip().lower() == other.text.strip().lower()
            if not same and (first.values != other.values or None in first.values):
                names = name_of(first.spec), name_of(first.spec, "zh")
                found.append(Repeated(*names, first.text[:100], other.text[:100], (first.location, other.location)))
                break
    return found


@feature(
    "attributes.brand",
    type="str",
    nullable=True,
    reads=("attributes",),
    en="The brand attribute",
    zh="品牌属性值",
    locate=lambda view, value: [item.location for item in items_of(view, BRAND)][:1],
)
def attributes_brand(view: View) -> str | None:
    """As given; None when it is not."""
    items = items_of(view, BRAND)
    return items[0].text.strip() if items else None


@feature(
    "attributes.values",
    type="list[str]",
    nullable=True,
    argument="attribute",
    reads=("attributes", "category_id", "category_path"),
    en="Ids of the allowed values that an attribute is given, or its text in lower case",
    zh="某属性所填的可选值编号，或其小写文本",
    locate=lambda view, value, name: [item.location for item in items_of(view, name)],
)
def attributes_values(view: View, name: str) -> list[str] | None:
    """None when the attribute is not given."""
    items = items_of(view, name)
    if not items:
        return None
    return [
        value.id if value is not None else part.strip().lower()
        for item in items
        for part, value in zip(item.parts, item.values, strict=True)
    ]


@feature(
    "attributes.number",
    type="decimal",
    nullable=True,
    argument="attribute",
    reads=("attributes", "category_id", "category_path"),
    en="A number attribute in its first unit",
    zh="数值属性换算为基准单位后的值",
    locate=lambda view, value, name: [item.location for item in items_of(view, name)][:1],
)
def attributes_number(view: View, name: str) -> Decimal | None:
    """None when it is not given, is not one number or has a unit it does not take; without a unit, as it stands."""
    items = items_of(view, name)
    read = amount(view, items[0]) if items else None
    if read is None or not items:
        return None
    number, unit = read
    return number if unit is None else view.resources.taxonomy.convert(items[0].spec, number, unit)
