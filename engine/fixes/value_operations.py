"""Operations on values and lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from engine.findings import Location
from engine.fixes.edits import Change, Original, targets
from engine.fixes.operations import operation


def _set(original: Original, pointer: str, value: Any) -> Change | None:
    """A replacement or an addition; None when the value already stands there, or there is no such place."""
    if isinstance(value, Decimal):
        value = str(value)
    current, parent = original.at(pointer), original.at(pointer.rpartition("/")[0])
    if current is None and not isinstance(parent, dict):
        return None
    if current == value and type(current) is type(value):
        return None
    return Change("add" if current is None else "replace", pointer, value)


def _changes(found: Sequence[Change | None]) -> list[Change] | None:
    return [change for change in found if change is not None] or None


@operation("set_value", arguments={"value": "any"}, en="Sets the field to a value", zh="将字段设为指定值")
def set_value(
    original: Original, locations: Sequence[Location], field: str | None, *, value: Any
) -> list[Change] | None:
    return _changes([_set(original, pointer, value) for pointer in targets(original, locations, field)])


@operation(
    "set_attribute",
    arguments={"name": "str", "value": "str"},
    en="Sets a product attribute to a value",
    zh="将商品属性设为指定值",
)
def set_attribute(
    original: Original, locations: Sequence[Location], field: str | None, *, name: str, value: str
) -> list[Change] | None:
    """The attribute of that name gets the value (and loses the platform's id of the old one), or is appended."""
    if not name or not value:
        return None
    for index, attribute in enumerate(original.listing.attributes):
        if attribute.name.casefold() == name.casefold():
            pointer = f"/attributes/{index}"
            changes = [_set(original, f"{pointer}/value", value)]
            if changes[0] is not None and attribute.value_id is not None:
                changes.append(Change("remove", f"{pointer}/value_id"))
            return _changes(changes)
    return _changes(
        [_set(original, "/attributes", [*original.document.get("attributes", ()), {"name": name, "value": value}])]
    )


@operation("set_category", arguments={"id": "str"}, en="Moves the listing to another category", zh="将商品移至其他类目")
def set_category(
    original: Original,
    locations: Sequence[Location],
    field: str | None,
    *,
    id: str,  # noqa: A002  the word of the rule author's reference
) -> list[Change] | None:
    """The path of the old category goes with it."""
    change = _set(original, "/category_id", str(id)) if id else None
    if change is None:
        return None
    stale = [Change("remove", "/category_path")] if original.document.get("category_path") else []
    return [change, *stale]


@operation("drop_items", en="Removes the list items found", zh="删除找到的列表项")
def drop_items(original: Original, locations: Sequence[Location], field: str | None) -> list[Change] | None:
    """The located items of a list; a place inside an item means the item (with `field`: that of the list `field`)."""
    pointers = dict.fromkeys(_item(original, location.pointer, field) for location in locations)
    return _changes([Change("remove", pointer) for pointer in pointers if pointer is not None])


def _item(original: Original, pointer: str, field: str | None) -> str | None:
    parts = pointer.split("/")
    if field is not None:
        prefix = ["", *field.replace(".", "/").strip("/").split("/")]
        if parts[: len(prefix)] != prefix:
            return None
        parts = parts[: len(prefix) + 1]
    while len(parts) > 1 and not parts[-1].isdecimal():
        parts.pop()
    pointer = "/".join(parts)
    return pointer if len(parts) > 1 and original.at(pointer) is not None else None


@operation("drop_duplicate_images", en="Removes images that stand twice", zh="删除重复图片")
def drop_duplicate_images(original: Original, locations: Sequence[Location], field: str | None) -> list[Change] | None:
    """Of images with the same address and kind the first stays."""
    seen: set[tuple[str, str]] = set()
    changes: list[Change] = []
    for index, image in enumerate(original.listing.images):
        if image.url is None:
            continue
        if (image.url, image.kind) in seen:
            changes.append(Change("remove", f"/images/{index}"))
        seen.add((image.url, image.kind))
    return changes or None


@operation(
    "clean_sku_code",
    optional={"limit": "int"},
    en="Writes SKU codes in half-width characters without spaces and angle brackets, cut to the limit",
    zh="SKU 编码改为半角字符，去除空格和尖括号，并截断至上限",
)
def clean_sku_code(
    original: Original, locations: Sequence[Location], field: str | None, *, limit: int | None = None
) -> list[Change] | None:
    """None when two SKUs would get the same code, or one none at all."""
    pointers = {p if p.endswith("/code") else f"{p}/code" for p in targets(original, locations, None)}
    codes: list[str] = []
    changes: list[Change | None] = []
    for index, sku in enumerate(original.listing.skus):
        pointer = f"/skus/{index}/code"
        code = sku.code or ""
        if sku.code and (pointer in pointers or not any(p.startswith("/skus/") for p in pointers)):
            code = _half_width(sku.code)[:limit]
            if not code:
                return None
            changes.append(_set(original, pointer, code))
        codes.append(code)
    given = [code for code in codes if code]
    originals = [sku.code for sku in original.listing.skus if sku.code]
    if len(set(given)) < len(set(originals)):
        return None
    return _changes(changes)


def _half_width(code: str) -> str:
    plain = unicodedata.normalize("NFKC", code)
    return "".join(c for c in plain if c.isascii() and c.isprintable() and c not in " <>")


@operation(
    "round_price",
    optional={"places": "int"},
    en="Rounds the price to the smallest unit of money",
    zh="价格四舍五入到最小货币单位",
)
def round_price(
    original: Original, locations: Sequence[Location], field: str | None, *, places: int = 2
) -> list[Change] | None:
    """Half up, to `places` decimals (2 unless told). None for a price that is no number or would become nothing."""
    changes: list[Change | None] = []
    for pointer in targets(original, locations, field):
        try:
            price = Decimal(str(original.at(pointer)))
            rounded = price.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        except InvalidOperation:
            return None
        if not rounded.is_finite() or (not rounded and price):
            return None
        if rounded != price or rounded.as_tuple().exponent > price.as_tuple().exponent:  # type: ignore[operator]
            changes.append(_set(original, pointer, str(rounded)))
    return _changes(changes)
