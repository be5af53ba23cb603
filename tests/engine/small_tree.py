"""A tree of a few leaves for the tests of categories and attributes. Its brands are invented."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.facts import Listing
from engine.features.resources import Resources
from engine.features.scan import Scanner
from engine.features.view import View
from engine.taxonomy import Taxonomy

AS_OF = date(2026, 11, 23)


def _value(name: str, zh: str, *synonyms: str) -> dict[str, Any]:
    return {
        "id": name.lower().replace(" ", "_").replace("-", "_"),
        "en": name,
        "zh": zh,
        "synonyms": {"en": [*synonyms]},
    }


ATTRIBUTES: dict[str, Any] = {
    "attributes": [
        {
            "id": "brand",
            "name": {"en": "Brand", "zh": "品牌"},
            "aliases": {"en": ["Brand Name"]},
            "type": "text",
            "exclusive": True,
        },
        {
            "id": "gender",
            "name": {"en": "Gender", "zh": "性别"},
            "type": "enum",
            "exclusive": True,
            "values": [_value("Men", "男", "male"), _value("Women", "女", "ladies"), _value("Unisex", "中性")],
        },
        {
            "id": "color",
            "name": {"en": "Color", "zh": "颜色"},
            "aliases": {"en": ["Colour"]},
            "type": "enum",
            "values": [
                _value("Black", "黑色"),
                _value("Blue", "蓝色"),
                _value("Navy Blue", "藏青色", "navy"),
                _value("Red", "红色"),
                _value("Multicolor", "彩色"),
            ],
        },
        {
            "id": "material",
            "name": {"en": "Material", "zh": "材质"},
            "type": "enum",
            "values": [
                _value("Cotton", "棉"),
                _value("Polyester", "涤纶"),
                _value("Genuine Leather", "真皮"),
                _value("PU Leather", "PU", "faux leather"),
            ],
        },
        {
            "id": "neckline",
            "name": {"en": "Neckline", "zh": "领型"},
            "aliases": {"en": ["Collar"]},
            "type": "enum",
            "exclusive": True,
            "values": [
                _value("O-Neck", "圆领", "round neck", "crew neck"),
                _value("V-Neck", "V领"),
                _value("U-Neck", "U领"),
            ],
        },
        {
            "id": "capacity",
            "name": {"en": "Capacity", "zh": "容量"},
            "type": "number",
            "exclusive": True,
            "units": [
                {"id": "ml", "aliases": ["milliliter"], "factor": 1},
                {"id": "l", "aliases": ["liter", "litre"], "factor": 1000},
            ],
        },
        {
            "id": "quantity",
            "name": {"en": "Quantity", "zh": "数量"},
            "type": "number",
            "exclusive": True,
            "units": [{"id": "piece", "aliases": ["pcs"], "factor": 1}],
        },
        {
            "id": "strap_width",
            "name": {"en": "Strap Width", "zh": "带宽"},
            "aliases": {"en": ["Width"]},
            "type": "number",
            "units": [{"id": "mm", "factor": 1}],
        },
        {
            "id": "item_width",
            "name": {"en": "Item Width", "zh": "宽度"},
            "aliases": {"en": ["Width"]},
            "type": "number",
            "units": [{"id": "cm", "factor": 1}],
        },
    ]
}


def _leaf(name: str, en: str, zh: str, nouns: list[str], zh_nouns: list[str], **more: Any) -> dict[str, Any]:
    return {"id": name, "name": {"en": en, "zh": zh}, "nouns": {"en": nouns, "zh": zh_nouns}, **more}


FASHION: dict[str, Any] = {
    "industry": {"id": "fashion", "name": {"en": "Fashion", "zh": "服装"}},
    "defaults": {"required": ["brand"], "key": ["material"], "selling_unit": "piece", "typical_price_usd": [3, 90]},
    "groups": [
        {
            "id": "womens_group",
            "name": {"en": "Women's Clothing", "zh": "女装"},
            "categories": [
                _leaf(
                    "womens_dresses",
                    "Dresses",
                    "连衣裙",
                    ["dress", "gown", "maxi dress"],
                    ["连衣裙", "长裙"],
                    hints={"en": ["floral", "summer"]},
                    required=["neckline"],
                    key=["color"],
                ),
                _leaf(
                    "womens_tshirts",
                    "Women's T-shirts",
                    "女式T恤",
                    ["t-shirt", "tee"],
                    ["T恤"],
                    platform_ids=["200000783"],
                ),
            ],
        },
        {
            "id": "mens_group",
            "name": {"en": "Men's Clothing", "zh": "男装"},
            "categories": [_leaf("mens_tshirts", "Men's T-shirts", "男式T恤", ["t-shirt", "tee"], ["T恤"])],
        },
        {
            "id": "shoes_group",
            "name": {"en": "Shoes", "zh": "鞋"},
            "categories": [
                _leaf(
                    "sneakers",
                    "Sneakers",
                    "运动鞋",
                    ["sneaker", "sneakers", "running shoe"],
                    ["运动鞋"],
                    selling_unit="pair",
                )
            ],
        },
    ],
}

GOODS: dict[str, Any] = {
    "industry": {"id": "goods", "name": {"en": "Phones & Home", "zh": "手机与家居"}},
    "groups": [
        {
            "id": "phones_group",
            "name": {"en": "Phones", "zh": "手机"},
            "categories": [_leaf("phones", "Mobile Phones", "手机", ["phone", "smartphone", "iphone"], ["手机"])],
        },
        {
            "id": "cases_group",
            "name": {"en": "Phone Protection", "zh": "手机保护"},
            "categories": [_leaf("phone_cases", "Phone Cases", "手机壳", ["case", "phone cover"], ["手机壳"])],
        },
        {
            "id": "drink_group",
            "name": {"en": "Drinkware", "zh": "杯壶"},
            "categories": [
                _leaf(
                    "bottles",
                    "Water Bottles",
                    "水杯",
                    ["bottle", "water bottle", "battery flask"],
                    ["水杯"],
                    key=["capacity"],
                )
            ],
        },
        {
            "id": "links_group",
            "name": {"en": "Special Category", "zh": "特殊类目"},
            "categories": [_leaf("freight_link", "Freight Link", "运费链接", ["freight link"], [], special=True)],
        },
    ],
}

READING: dict[str, Any] = {
    "reading": {
        "complement_openers": ["for", "with", "of", "by", "compatible"],
        "purpose_openers": ["for", "with", "compatible"],
        "complement_openers_zh": ["适用于"],
        "measure_words": ["set", "pack", "pcs"],
        "audience_words": {"men": ["men", "male"], "women": ["women", "ladies"], "kids": ["kids"]},
        "audience_conflicts": {"men": ["women", "kids"], "women": ["men", "kids"]},
        "audience_excuses": ["gift"],
        "color_families": {"black": ["black"], "blue": ["blue", "navy_blue"], "red": ["red"]},
        "color_any": ["multicolor"],
        "color_words": ["black", "blue", "navy blue", "red"],
        "color_excuses": ["wine", "light", "stripes"],
        "color_never_with": ["perfume"],
        "material_families": {
            "cotton": ["cotton"],
            "polyester": ["polyester"],
            "genuine_leather": ["genuine_leather"],
            "pu_leather": ["pu_leather"],
        },
        "material_words": {
            "cotton": ["cotton"],
            "genuine_leather": ["genuine leather"],
            "pu_leather": ["pu leather", "faux leather"],
        },
        "material_excuses": ["strap", "lining"],
        "agreeing_values": {"neckline": [["o_neck", "u_neck"]]},
        "told_by_title": ["neckline"],
        "numbers_told_by_title": ["capacity"],
        "short_units": ["l"],
        "number_excuses": ["for", "up"],
        "empty_values": ["n/a", "none", "other"],
    }
}

DOCUMENTS = [ATTRIBUTES, FASHION, GOODS, READING]
TREE = Taxonomy.from_documents(DOCUMENTS)
RESOURCES = Resources({}, TREE, Scanner([]))


def view(title: str | None = None, category: str | None = None, **facts: Any) -> View:
    """A listing of the small tree."""
    return View(Listing(title=title, category_id=category, **facts), RESOURCES, as_of=AS_OF)
