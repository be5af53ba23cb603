"""How the cells of a table are read: field by field, with the words that programs use for units and states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.intake import platform_codes, values

DIANXIAOMI = "dianxiaomi"

STATUSES = {
    **platform_codes.STATUSES,
    "正在销售": "onSelling",
    "在售": "onSelling",
    "上架": "onSelling",
    "active": "onSelling",
    "已下架": "offline",
    "下架": "offline",
    "审核中": "auditing",
    "审核不通过": "editingRequired",
    "草稿": "draft",
    "待发布": "draft",
    "draft": "draft",
}
UNITS = {
    "件": "piece",
    "个": "piece",
    "件/个": "piece",
    "双": "pair",
    "套": "set",
    "包": "pack",
    "袋": "bag",
    "打": "dozen",
    "箱": "carton",
    "米": "meter",
    "pieces": "piece",
    "pairs": "pair",
    "sets": "set",
    "packs": "pack",
    "bags": "bag",
}
STOCK_RULES = {
    "下单减库存": "place_order_withhold",
    "付款减库存": "payment_success_deduct",
    "支付减库存": "payment_success_deduct",
}


def _word(table: dict[str, str]) -> Callable[[Any], tuple[Any, str]]:
    def read(value: Any) -> tuple[str, str]:
        text, how = values.text(value)
        word = text.strip()
        return table.get(word, table.get(word.lower(), table.get(word.partition("(")[0].strip(), word))), how

    return read


def _kg(value: Any) -> tuple[Any, str]:
    return values.number(value, "kg")


def _cm(value: Any) -> tuple[Any, str]:
    return values.number(value, "cm")


SIMPLE: dict[str, Callable[[Any], tuple[Any, str]]] = {
    "id": values.identifier,
    "title": values.text,
    "category_id": values.identifier,
    "currency": values.text,
    "mobile_description": values.text,
    "selling_unit": _word(UNITS),
    "pieces_per_lot": values.whole,
    "stock_rule": _word(STOCK_RULES),
    "handling_days": values.whole,
    "valid_days": values.whole,
    "freight_template_id": values.identifier,
    "eu_responsible_id": values.identifier,
    "status": _word(STATUSES),
    "offline_reason": values.text,
    "created": values.day,
    "modified": values.day,
    "last_sold": values.day,
    "orders_30d": values.whole,
}
PACKAGE = {"package_weight": ("weight", _kg), "package_length": ("length", _cm)} | {
    "package_width": ("width", _cm),
    "package_height": ("height", _cm),
}
SKU: dict[str, tuple[str, Callable[[Any], tuple[Any, str]]]] = {
    "sku_id": ("id", values.identifier),
    "sku_code": ("code", values.identifier),
    "sku_price": ("price", values.number),
    "sku_discount_price": ("discount_price", values.number),
    "sku_stock": ("stock", values.whole),
    "sku_barcode": ("barcode", values.identifier),
    "sku_ship_from": ("ship_from", values.text),
}
PICTURES = (
    ("images", "main"),
    ("marketing_long", "marketing_long"),
    ("marketing_square", "marketing_square"),
    ("white_background", "white_background"),
)
OWN_OF_SKU = ("sku_id", "sku_code", "sku_color", "sku_size")
DIMENSIONS = {"sku_color": "Color", "sku_size": "Size"}
