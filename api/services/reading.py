"""The body of a pre-check → what to check. Every form is told apart by its own member names:

    a draft                        {"title": …}                          our own JSON
    an Open Platform answer        {"…_response": {"result": …}}         one product, or a page of them
    an envelope                    {"listing": …, "store": …, "as_of": …}
    an overlay                     {"existing": …, "changes": …}         changes: merge patch or JSON Patch
    a batch                        [item, …] or {"items": [item, …], "store": …, "as_of": …}

An item of a batch is any of the first four. What is wrong with one item is kept with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from api.problems import ErrorAt, ProblemError
from api.services.patching import PatchFault, apply
from engine.errors import IntakeError
from engine.facts import Listing, Store
from engine.intake import Record, own, read_json
from engine.intake.parse import parse_json
from engine.intake.records import Origin, Problem, Sink

REFUSED = (msgspec.MsgspecError, ValueError, RecursionError)
SINGLE = ("listing", "store", "as_of")
OVERLAY = ("existing", "changes", "store", "as_of")
BATCH = ("items", "store", "as_of")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MANY_PRODUCTS = ErrorAt(
    "several_products",
    {
        "en": "this item holds several products; make each an item of the batch",
        "zh": "该项包含多个商品，请将每个商品作为批次中的单独一项",
    },
    pointer="",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One listing to check. `notes` are values that were read after a correction, or, when asked, left out.

    `not_carried` names the fields that the body's form has no place for: what is not there is not known.
    """

    listing: Listing
    store: Store | None = None
    as_of: date | None = None
    notes: tuple[Problem, ...] = ()
    not_carried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """All that one call asks for, in order. A ProblemError stands for an item that cannot be checked."""

    entries: tuple[Entry | ProblemError, ...]
    is_batch: bool


_encode_plain = msgspec.json.Encoder(decimal_format="number").encode
_decode_plain = msgspec.json.Decoder(float_hook=Decimal).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def read_body(body: bytes, *, strict: bool, max_items: int) -> Work:
    """What to check. ProblemError when the body as a whole is no JSON, or nothing that can be checked."""
    listing = own.read_fast(body)
    if listing is not None:
        return Work((Entry(listing),), is_batch=False)
    if body.lstrip()[:1] == b"[":
        try:  # each item stays bytes, so that a clean draft is read in one step
            items: list[Any] = [bytes(raw) for raw in _decode_list(body)]
        except REFUSED:
            items = _parsed(body)
        return _batch(items, "", None, None, strict=strict, max_items=max_items)
    document = _parsed(body)
    if isinstance(document, list):
        return _batch(document, "", None, None, strict=strict, max_items=max_items)
    if isinstance(document, Mapping) and "items" in document:
        _refuse_others(document, BATCH)
        if not isinstance(document["items"], list):
            raise invalid("not_a_list", "items must be a list", "items 应为列表", "/items")
        store, as_of = _surroundings(document)
        return _batch(document["items"], "/items", store, as_of, strict=strict, max_items=max_items)
    entries = _read(document, "", strict=strict)
    if len(entries) > max_items:
        raise ProblemError("batch_too_large", limit=max_items, count=len(entries))
    if len(entries) == 1:
        if isinstance(entries[0], ProblemError):
            raise entries[0]
        return Work(tuple(entries), is_batch=False)
    return Work(tuple(entries), is_batch=True)


def read_one(body: bytes, *, strict: bool) -> Entry:
    """The one listing of a body. ProblemError when there is none, or several."""
    work = read_body(body, strict=strict, max_items=1)
    if work.is_batch:
        raise invalid("not_one_listing", "one listing is expected here", "此处应只有一个商品")
    entry = work.entries[0]
    assert isinstance(entry, Entry)
    return entry


def _parsed(body: bytes) -> Any:
    """The JSON of a body; 400 names line and column."""
    if not body.strip():
        raise ProblemError("malformed_json", cause_en="it is empty", cause_zh="正文为空")
    try:
        return parse_json(body, "")
    except IntakeError as error:
        raise ProblemError("malformed_json", cause_en=error.en, cause_zh=error.zh) from None


def _batch(
    items: list[Any], base: str, store: Store | None, as_of: date | None, *, strict: bool, max_items: int
) -> Work:
    if len(items) > max_items:
        raise ProblemError("batch_too_large", limit=max_items, count=len(items))
    if not items:
        raise invalid("empty_batch", "the batch holds no listing", "批次中没有商品", base)
    entries = [_batch_item(item, f"{base}/{index}", strict=strict) for index, item in enumerate(items)]
    return Work(tuple(_surrounded(entry, store, as_of) for entry in entries), is_batch=True)


def _batch_item(item: Any, pointer: str, *, strict: bool) -> Entry | ProblemError:
    try:
        if isinstance(item, bytes):
            if (listing := own.read_fast(item)) is not None:
                return Entry(listing)
            item = _parsed(item)
        entries = _read(item, pointer, strict=strict)
    except ProblemError as error:
        return error
    return (
        entries[0]
        if len(entries) == 1
        else ProblemError("invalid_input", errors=[replace_pointer(MANY_PRODUCTS, pointer)])
    )


def _surrounded(entry: Entry | ProblemError, store: Store | None, as_of: date | None) -> Entry | ProblemError:
    if isinstance(entry, ProblemError) or (store is None and as_of is None):
        return entry
    return replace(entry, store=entry.store or store, as_of=entry.as_of or as_of)


def _read(document: Any, pointer: str, *, strict: bool) -> list[Entry | ProblemError]:
    """An item in any single form. A page of the platform gives several entries, at least one."""
    if isinstance(document, Mapping) and "existing" in document:
        return [_overlay(document, pointer, strict=strict)]
    store, as_of, inner = None, None, pointer
    if isinstance(document, Mapping) and "listing" in document:
        _refuse_others(document, SINGLE, pointer)
        store, as_of = _surroundings(document, pointer)
        document, inner = document["listing"], f"{pointer}/listing"
        if isinstance(document, Mapping) and not {"listing", "listings", "existing", "items"}.isdisjoint(document):
            raise invalid("nested_envelope", "a listing is expected here", "此处应为商品", inner)
    elif isinstance(document, Mapping) and "listings" in document:
        raise invalid(
            "unknown_field", 'put several listings into "items"', "多个商品请放入“items”", f"{pointer}/listings"
        )
    records = _records(document, inner)
    if not records:
        raise invalid("no_product", "there is no product in it", "其中没有商品", inner)
    return [_entry(record, inner, store, as_of, strict=strict) for record in records]


def _records(document: Any, pointer: str) -> tuple[Record, ...]:
    if not isinstance(document, Mapping):
        raise invalid("not_a_listing", "a listing (an object) is expected here", "此处应为商品（对象）", pointer)
    try:
        return read_json(document).records
    except IntakeError as error:
        raise invalid(error.code, error.en, error.zh, pointer) from None


def _entry(
    record: Record, pointer: str, store: Store | None, as_of: date | None, *, strict: bool
) -> Entry | ProblemError:
    """A record that may be checked, or why not. Strict: a value that had to be left out is refused."""
    refused = [problem for problem in record.problems if not problem.used]
    if record.listing is None or (strict and refused):
        return ProblemError("invalid_input", errors=[_error_at(problem, record.origin, pointer) for problem in refused])
    return Entry(record.listing, store, as_of, record.problems, record.origin.not_carried)


def _overlay(document: Mapping[str, Any], pointer: str, *, strict: bool) -> Entry | ProblemError:
    """The changed listing, with what stands in the store now as its `previous`."""
    _refuse_others(document, OVERLAY, pointer)
    if "changes" not in document:
        raise invalid("missing_field", '"changes" is missing', "缺少“changes”", f"{pointer}/changes")
    store, as_of = _surroundings(document, pointer)
    records = _records(document["existing"], f"{pointer}/existing")
    if len(records) != 1:
        raise invalid("not_one_listing", "one listing is expected here", "此处应只有一个商品", f"{pointer}/existing")
    existing = _entry(records[0], f"{pointer}/existing", None, None, strict=strict)
    if isinstance(existing, ProblemError):
        return existing
    before = msgspec.structs.replace(existing.listing, previous=None)
    try:
        after = apply(_decode_plain(_encode_plain(before)), document["changes"])
    except PatchFault as fault:
        place = "" if fault.index is None else f"/{fault.index}"
        place += f"/{fault.member}" if fault.member else ""
        raise invalid("patch_failed", fault.en, fault.zh, f"{pointer}/changes{place}") from None
    except RecursionError:
        raise invalid("too_deep", "nested too deep", "嵌套过深", f"{pointer}/changes") from None
    changed = _records(after, f"{pointer}/changes")
    if len(changed) != 1:
        raise invalid("not_one_listing", "one listing is expected here", "此处应只有一个商品", f"{pointer}/changes")
    entry = _entry(changed[0], f"{pointer}/changes", store, as_of, strict=strict)
    if isinstance(entry, ProblemError):
        return entry
    return replace(
        entry,
        listing=msgspec.structs.replace(entry.listing, previous=before),
        notes=existing.notes + entry.notes,
        not_carried=frozenset(
            name for name in existing.not_carried if getattr(entry.listing, name) == getattr(before, name)
        ),
    )


def _surroundings(document: Mapping[str, Any], pointer: str = "") -> tuple[Store | None, date | None]:
    """The store and the day beside a listing."""
    store, as_of = None, None
    if document.get("store") is not None:
        sink = Sink(exact=True)
        if not isinstance(document["store"], Mapping):
            raise invalid("not_an_object", "store must be an object", "store 应为对象", f"{pointer}/store")
        store = own.read_fact(Store, document["store"], "", sink)
        origin = Origin("draft")
        if faults := [problem for problem in sink.problems(origin) if not problem.used]:
            raise ProblemError(
                "invalid_input", errors=[_error_at(fault, origin, f"{pointer}/store") for fault in faults]
            )
    if document.get("as_of") is not None:
        as_of = read_day(document["as_of"])
        if as_of is None:
            raise invalid(
                "not_a_date",
                "as_of must be a day, such as 2026-08-22",
                "as_of 应为日期，例如 2026-08-22",
                f"{pointer}/as_of",
            )
    return store, as_of


def read_day(value: object) -> date | None:
    """A day as YYYY-MM-DD; None for anything else."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _refuse_others(document: Mapping[str, Any], known: tuple[str, ...], pointer: str = "") -> None:
    errors = [
        ErrorAt(
            "unknown_field",
            {"en": f"unknown here; known are {', '.join(known)}", "zh": f"此处无此字段；可用字段为 {'、'.join(known)}"},
            pointer=f"{pointer}/{own.escape(str(name))}",
        )
        for name in document
        if name not in known
    ]
    if errors:
        raise ProblemError("invalid_input", errors=errors[:20])


def _error_at(problem: Problem, origin: Origin, pointer: str) -> ErrorAt:
    """The problem at its place in the body; the platform's own field names where the body is the platform's."""
    place = origin.source(problem.pointer)
    return ErrorAt(problem.code, dict(problem.message), pointer=pointer + place)


def replace_pointer(error: ErrorAt, pointer: str) -> ErrorAt:
    """The same error at another place."""
    return msgspec.structs.replace(error, pointer=pointer)


def invalid(code: str, en: str, zh: str, pointer: str = "") -> ProblemError:
    """A 422 with one fault."""
    return ProblemError("invalid_input", errors=[ErrorAt(code, {"en": en, "zh": zh}, pointer=pointer)])
