"""Cells that hold several values: picture lists, attributes, and the price information of the 店小秘 export."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import IntakeError
from engine.facts import Attribute, Sku, SkuProperty
from engine.intake import values
from engine.intake.envelope import squash
from engine.intake.parse import parse_json
from engine.intake.records import Sink

FORMULA = "#FORMULA"
"""Stands in a cell whose formula was never computed (the workbook was written by a program)."""

_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_IMAGE_BREAK = re.compile(r"[;|\s]+|,(?=\s*(?:https?:)?//)")
_LIST_BREAK = re.compile(r"[;；|\n]+")
_PAIR_BREAK = re.compile(r"[;；|\n]+")
_PAIR = re.compile(r"\s*([^:：=]{1,200})\s*[:：=]\s*(.*)", re.DOTALL)

_SKU_LISTS = ("skuarray", "sku", "skus", "skulist", "list")
_SKU_FIELDS: dict[str, tuple[str, ...]] = {
    "price": ("价格", "price", "skuprice", "零售价", "售价"),
    "discount_price": ("折扣价", "discountprice", "skudiscountprice", "促销价"),
    "stock": ("库存", "qty", "stock", "skuqty", "quantity", "ipmskustock"),
    "code": ("商品编码", "skucode", "code", "sku", "商家编码"),
    "id": ("id", "skuid", "skuattrid"),
    "barcode": ("条码", "barcode", "ean", "eancode"),
    "weight": ("重量", "weight"),
    "ship_from": ("发货地", "shipsfrom", "shipfrom"),
}
_SKU_READERS: dict[str, Callable[[Any], tuple[Any, str]]] = {
    "price": values.number,
    "discount_price": values.number,
    "stock": values.whole,
    "code": values.text,
    "id": values.text,
    "barcode": values.identifier,
    "weight": lambda value: values.number(value, "kg"),
    "ship_from": values.text,
}
_PROPERTIES = ("属性", "attrs", "attributes", "props", "properties", "skuattr", "规格")
_IMAGE = ("图片", "image", "skuimage", "img")


def checked(value: Any) -> Any:
    """The value of one cell: Excel's `="123"` unwrapped; an error value raises Unreadable."""
    if isinstance(value, str):
        text = value.strip()
        if text == FORMULA:
            en = "the cell holds a formula without its result; open the file in Excel and save it"
            raise values.Unreadable(en, "单元格为未计算的公式；请用 Excel 打开并保存", "cell_formula")
        if text in _ERRORS:
            raise values.Unreadable("the cell holds an Excel error", "单元格为 Excel 错误值", "cell_error")
        if text.startswith('="') and text.endswith('"') and len(text) > 2:
            return text[2:-1]
    return value


def split_urls(text: str) -> list[str]:
    """Picture addresses, however they are separated."""
    return [part for part in _IMAGE_BREAK.split(text.strip()) if part]


def split_list(text: str) -> list[str]:
    """Words separated by ; or | or line breaks, by commas if there is none of them."""
    parts = _LIST_BREAK.split(text) if _LIST_BREAK.search(text) else text.split(",")
    return [part.strip() for part in parts if part.strip()]


def split_path(text: str) -> tuple[str, ...]:
    """A category path: A > B > C."""
    return tuple(part.strip() for part in re.split(r"\s*(?:->|>>|>|»)\s*", text.strip()) if part.strip())


def pairs(value: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Names with values, from `Material: Silicone; Color: Black` or JSON; and the parts that are no pair."""
    text = str(value).strip()
    if text[:1] in {"[", "{"}:
        try:
            return _pairs_of_json(parse_json(text, "")), []
        except IntakeError:
            pass
    found, rest = [], []
    for part in _PAIR_BREAK.split(text):
        match = _PAIR.fullmatch(part)
        if match:
            found.append((match[1].strip(), match[2].strip()))
        elif part.strip():
            rest.append(part.strip())
    return found, rest


def _pairs_of_json(document: Any) -> list[tuple[str, str]]:
    if isinstance(document, Mapping) and not {"attrname", "name", "attrvalue"} & {squash(str(key)) for key in document}:
        return [(str(key), _scalar(value)) for key, value in document.items()]
    found = []
    for item in document if isinstance(document, list) else [document]:
        if isinstance(item, Mapping):
            by_name = {squash(str(key)): value for key, value in item.items()}
            name = next((by_name[key] for key in ("attrname", "name", "attrnameid") if by_name.get(key)), "")
            value = next((by_name[key] for key in ("attrvalue", "value", "attrvalueid") if by_name.get(key)), "")
            found.append((_scalar(name), _scalar(value)))
    return found


def _scalar(value: Any) -> str:
    return values.shown(value, 2000) if isinstance(value, Mapping | list | None) else str(value)


def attributes_of(value: Any, first: int, custom: bool, sink: Sink) -> list[Attribute]:
    """The attributes in a cell; `first` is the index that the first of them gets in the listing."""
    found, rest = pairs(value)
    for part in rest:
        sink.refuse(
            f"/attributes/{first}",
            values.Unreadable("expected name: value; …", "应为“属性名: 属性值; …”", "bad_pair"),
            part,
        )
    return [
        Attribute(name=values.clean(name)[0], value=values.clean(text)[0] or None, custom=custom)
        for name, text in found
    ]


def skus_of(value: Any, sink: Sink) -> tuple[list[Sku], str | None]:
    """The SKUs in a 价格信息 cell (JSON with skuArray or sku) and the currency it names."""
    text = value if isinstance(value, str) else str(value)
    expected = values.Unreadable(
        'expected JSON like {"skuArray": […]}', '应为 {"skuArray": […]} 形式的 JSON', "not_json"
    )
    try:
        document = parse_json(text, "")
    except IntakeError:
        sink.refuse("/skus", expected, text)
        return [], None
    currency = None
    if isinstance(document, Mapping):
        by_name = {squash(str(key)): item for key, item in document.items()}
        currency = next((by_name[key] for key in ("currency", "currencycode", "币种") if by_name.get(key)), None)
        listed = next((by_name[name] for name in _SKU_LISTS if isinstance(by_name.get(name), list)), None)
        document = [document] if listed is None and "price" in by_name else listed
    if not isinstance(document, list):
        sink.refuse("/skus", expected, text)
        return [], None
    skus = [_sku(item, f"/skus/{index}", sink) for index, item in enumerate(document)]
    return skus, currency if isinstance(currency, str) else None


def _sku(item: Any, at: str, sink: Sink) -> Sku:
    if not isinstance(item, Mapping):
        sink.refuse(at, values.Unreadable("expected an object", "应为对象"), item)
        return Sku()
    by_name = {squash(str(key)): value for key, value in item.items()}
    found: dict[str, Any] = {}
    for field, names in _SKU_FIELDS.items():
        value = next((by_name[name] for name in names if by_name.get(name) not in (None, "")), None)
        if value is not None:
            read = read_into(sink, f"{at}/{field}", _SKU_READERS[field], value)
            if read is not None:
                found[field] = read
    image = next((by_name[name] for name in _IMAGE if isinstance(by_name.get(name), str)), None)
    listed = next((by_name[name] for name in _PROPERTIES if by_name.get(name)), None)
    parts = pairs(listed)[0] if isinstance(listed, str) else _pairs_of_json(listed) if listed else []
    properties = [SkuProperty(name=values.clean(n)[0], value=values.clean(v)[0] or None) for n, v in parts]
    if image and properties:
        first = properties[0]
        properties[0] = SkuProperty(name=first.name, value=first.value, image=image)
    return Sku(**found, properties=tuple(properties))


def read_into(sink: Sink, at: str, reader: Callable[[Any], tuple[Any, str]], value: Any) -> Any:
    """`value` through `reader`; reports what can't be read and what was guessed or replaced."""
    try:
        found, how = reader(checked(value))
    except values.Unreadable as error:
        sink.refuse(at, error, value)
        return None
    sink.converted(at, how, found, value)
    if isinstance(found, str):
        found, bad = values.clean(found)
        if bad:
            sink.replaced(at, bad, found)
    return found
