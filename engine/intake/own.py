"""Our own draft form: the field names of `engine.facts.Listing`.

The fast way is one msgspec call. Whatever it refuses goes the tolerant way, which reads field by field: it keeps
every good value and reports every bad one, so that a draft with one bad field is still checked. Lists keep their
length (a bad item becomes an empty one), so JSON pointers into the draft stay right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from engine.errors import nearest
from engine.facts import Fact, Image, Listing, Store
from engine.intake import values
from engine.intake.parse import Repeated
from engine.intake.records import Sink

F = TypeVar("F", bound=Fact)

REFUSALS = (msgspec.MsgspecError, ValueError, TypeError, RecursionError, OverflowError, NotImplementedError)
"""What msgspec raises for input that is no draft (UnicodeError is a ValueError)."""


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """Drafts with what the caller knows of their store."""

    listing: Listing | None = None
    listings: tuple[Listing, ...] | None = None
    store: Store | None = None


class Body(NamedTuple):
    """What one JSON document held: its listings, the store, and the JSON pointer of the listing or of their list."""

    listings: tuple[Listing, ...]
    store: Store | None
    base: str
    many: bool


_decode = msgspec.json.Decoder(Listing).decode
_decode_list = msgspec.json.Decoder(tuple[Listing, ...]).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_HIGH, _LOW = Decimal(values.LARGEST), -Decimal(values.LARGEST)
_PARTS_OF_TEXT: dict[type[Fact], str] = {Image: "url"}
MAX_PREVIOUS = 1
"""A draft may hold what stands in the store now; that one holds no other."""


def read_fast(data: bytes | str) -> Listing | None:
    """The draft in `data` if it has no fault at all, None for anything else."""
    try:
        listing = _decode(data)
    except REFUSALS:
        return None
    return None if _has_nul(data) or not is_sound(listing) else listing


def _has_nul(data: bytes | str) -> bool:
    """Whether an escaped NUL stands in JSON that msgspec took (it takes no other)."""
    if isinstance(data, str):
        return "\\u0000" in data
    # The search for one byte is many times as fast as that for six, and most drafts escape little.
    at = data.find(b"\\")
    for _ in range(12):
        if at < 0:
            return False
        if data[at : at + 6] == b"\\u0000":
            return True
        at = data.find(b"\\", at + 2)
    return b"\\u0000" in data


def read_body_fast(data: bytes | str) -> Body | None:
    """Several drafts, or drafts with their store, if there is no fault at all in them."""
    opening = data[:100].lstrip()[:1]
    try:
        if opening in (b"[", "["):
            body = Body(_decode_list(data), None, "", True)
        elif opening in (b"{", "{"):
            read = _decode_envelope(data)
            if (read.listing is None) == (read.listings is None):
                return None
            if read.listing is not None:
                body = Body((read.listing,), read.store, "/listing", False)
            else:
                body = Body(read.listings or (), read.store, "/listings", True)
        else:
            return None
    except REFUSALS:
        return None
    return body if not _has_nul(data) and all(map(is_sound, body.listings)) else None


def convert_fast(data: Mapping[str, Any]) -> Listing | None:
    """The draft in plain Python values if it has no fault at all."""
    try:
        listing = msgspec.convert(data, Listing)
        encoded = msgspec.json.encode(listing)
    except REFUSALS:
        return None
    return listing if b"\\u0000" not in encoded and is_sound(listing) else None


def is_sound(listing: Listing) -> bool:
    """Whether every decimal is finite and of a size that can be worked with (msgspec lets "NaN" and 1e999999 pass)."""
    low, high = _LOW, _HIGH
    try:
        if (price := listing.price) is not None and not low < price < high:
            return False
        # One loop without calls: this runs for every listing that is checked.
        for sku in listing.skus:
            if (price := sku.price) is not None and not low < price < high:
                return False
            if (price := sku.discount_price) is not None and not low < price < high:
                return False
            if (price := sku.weight) is not None and not low < price < high:
                return False
        for image in listing.images:
            if (area := image.product_area) is not None and not low < area < high:
                return False
        if (package := listing.package) is not None:
            for side in (package.length, package.width, package.height, package.weight):
                if side is not None and not low < side < high:
                    return False
        for freight in listing.freight:
            if (price := freight.amount) is not None and not low < price < high:
                return False
        for country in listing.country_prices:
            if (price := country.value) is not None and not low < price < high:
                return False
    except InvalidOperation:  # the comparison of a NaN
        return False
    return listing.previous is None or (listing.previous.previous is None and is_sound(listing.previous))


def read_listing(data: Mapping[str, Any], sink: Sink) -> Listing:
    """The tolerant way: never fails."""
    return read_fact(Listing, data, "", sink)


def read_fact(kind: type[F], data: Mapping[str, Any], pointer: str, sink: Sink, depth: int = 0) -> F:
    """One fact from an object; what can't be read is left out and reported."""
    known = fields(kind)
    found: dict[str, Any] = {}
    if isinstance(data, Repeated):
        for name in data.names:
            key = values.shown(name)
            en, zh = f'the key "{key}" stands more than once; the last value counts', f"键“{key}”重复，以最后一个为准"
            sink.add(f"{pointer}/{escape(name)}", "repeated_key", en, zh, used=True)
    for key, value in data.items():
        name = key if isinstance(key, str) else str(key)
        at = f"{pointer}/{escape(name)}"
        if name not in known:
            _unknown(name, known, at, value, sink)
        elif value is not None:
            try:
                found[name] = _read(known[name][0], value, at, sink, depth)
            except values.Unreadable as error:
                sink.refuse(at, error, value)
    for name, (_, required) in known.items():
        if required and name not in found:
            # An empty one keeps the item, and with it the positions of the others.
            found[name] = ""
            if name not in data:
                sink.add(f"{pointer}/{name}", "missing_field", f'"{name}" is missing', f"缺少“{name}”")
    return kind(**found)


@cache
def fields(kind: type[Fact]) -> dict[str, tuple[Any, bool]]:
    """Field name → (type without None, whether it is required)."""
    hints = get_type_hints(kind)
    return {field.name: (_without_none(hints[field.name]), field.required) for field in msgspec.structs.fields(kind)}


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is UnionType or type(None) in get_args(hint):
        return next(part for part in get_args(hint) if part is not NoneType)
    return hint


def _read(hint: Any, value: Any, at: str, sink: Sink, depth: int) -> Any:
    if hint is str:
        return _text(value, at, sink)
    if get_origin(hint) is tuple:
        return _items(get_args(hint)[0], value, at, sink, depth)
    if get_origin(hint) is dict:
        return _texts(get_args(hint)[1], value, at, sink, depth)
    if isinstance(hint, type) and issubclass(hint, Fact):
        return _fact(hint, value, at, sink, depth)
    if hint is Decimal:
        found, how = values.number(value, _UNITS.get(at.rpartition("/")[2], ""))
    else:
        found, how = _READERS[hint](value)
    sink.converted(at, how, found, value)
    return found


def _text(value: Any, at: str, sink: Sink) -> str:
    found, how = values.identifier(value) if isinstance(value, float | Decimal) else values.text(value)
    sink.converted(at, how, found, value)
    found, bad = values.clean(found)
    if bad:
        sink.replaced(at, bad, found)
    return found


def _items(hint: Any, value: Any, at: str, sink: Sink, depth: int) -> tuple[Any, ...]:
    is_fact = isinstance(hint, type) and issubclass(hint, Fact)
    if isinstance(value, Mapping) and is_fact:
        value = [value]
        if sink.exact:
            en, zh = "expected a list; the one object was taken", "应为列表，已按单个对象读取"
            sink.add(at, "converted", en, zh, used=True)
    elif isinstance(value, str) and not is_fact:
        value = [part.strip() for part in value.split(";") if part.strip()]
        if sink.exact:
            sink.add(at, "converted", "expected a list; the text was split at ;", "应为列表，已按“;”拆分", used=True)
    if not isinstance(value, list | tuple):
        raise values.Unreadable("expected a list", "应为列表")
    found = []
    for index, item in enumerate(value):
        where = f"{at}/{index}"
        try:
            found.append(_read(hint, item, where, sink, depth))
        except values.Unreadable as error:
            sink.refuse(where, error, item)
            found.append(_empty(hint))
    return tuple(found)


def _texts(hint: Any, value: Any, at: str, sink: Sink, depth: int) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise values.Unreadable("expected an object", "应为对象")
    found = {}
    for key, item in value.items():
        where = f"{at}/{escape(str(key))}"
        try:
            found[values.clean(str(key))[0]] = _read(hint, item, where, sink, depth)
        except values.Unreadable as error:
            sink.refuse(where, error, item)
    return found


def _fact(hint: type[Fact], value: Any, at: str, sink: Sink, depth: int) -> Fact:
    if isinstance(value, str) and hint in _PARTS_OF_TEXT:
        text: Any = _text(value, at, sink)
        return hint(**{_PARTS_OF_TEXT[hint]: text})
    if not isinstance(value, Mapping):
        raise values.Unreadable("expected an object", "应为对象")
    if hint is Listing:
        if depth >= MAX_PREVIOUS:
            raise values.Unreadable(
                "nested too deep: only one previous version is read", "嵌套过深：仅读取一个历史版本", "too_deep"
            )
        depth += 1
    return read_fact(hint, value, at, sink, depth)


def _empty(hint: Any) -> Any:
    """What stands for an item that can't be read."""
    if isinstance(hint, type) and issubclass(hint, Fact):
        return hint(**{name: "" for name, (_, required) in fields(hint).items() if required})
    return "" if hint is str else hint()


def _unknown(name: str, known: Mapping[str, Any], at: str, value: Any, sink: Sink) -> None:
    if sink.is_full:
        sink.dropped += 1
        return
    near = nearest(name[:100], known, limit=1)
    name = values.shown(name)
    en, zh = f'unknown field "{name}" was not read', f"未知字段“{name}”未读取"
    if near:
        en, zh = f'{en}; did you mean "{near[0]}"?', f"{zh}；是否应为“{near[0]}”？"
    sink.add(at, "unknown_field", en, zh, value=value)


@lru_cache(maxsize=8192)
def escape(name: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901)."""
    name = values.clean(name)[0] if len(name) <= 200 else values.shown(name, 200)
    return name.replace("~", "~0").replace("/", "~1")


_UNITS = {"weight": "kg", "length": "cm", "width": "cm", "height": "cm"}
"""Decimal fields that are measures; an image's width and height are whole pixels and not meant."""

_READERS: dict[Any, Any] = {
    int: values.whole,
    bool: values.flag,
    date: values.day,
}
