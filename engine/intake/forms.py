"""Which form a JSON document has, and the listings in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from engine.errors import IntakeError
from engine.facts import Listing, Store
from engine.intake import envelope, own, parse
from engine.intake.limits import LIMITS, Limits
from engine.intake.open_platform import read_product
from engine.intake.records import Intake, Origin, Record, Sink
from engine.intake.values import Unreadable, shown

DRAFT = "draft"
LINES = "ndjson"
_ENVELOPE = ("listing", "listings", "store")


def one_listing(data: Any) -> Listing:
    """The one listing in `data`: a Listing, JSON of any accepted form, or plain Python values.

    Fields that could not be read are left out; who wants to know them takes `one_record`. Raises IntakeError.
    """
    kind = type(data)
    if kind is Listing:
        return data  # type: ignore[no-any-return]
    if kind is bytes or kind is str:
        listing = own.read_fast(data)
        if listing is not None:
            return listing
    record = one_record(data)
    assert record.listing is not None
    return record.listing


def one_record(data: Any, *, name: str = "") -> Record:
    """The one listing in `data` with its problems and origin. Raises IntakeError when there is none, or several."""
    found = read_json(data, name=name).records
    if len(found) != 1:
        en, zh = f"expected one listing, found {len(found)}", f"应只有一个商品，实际为 {len(found)} 个"
        raise IntakeError(en, zh, where=name, code="not_one_listing")
    if found[0].listing is None:
        problem = found[0].problems[0]
        raise IntakeError(problem.text("en"), problem.text("zh"), where=name, code=problem.code)
    return found[0]


def read_json(data: Any, *, name: str = "", limits: Limits = LIMITS) -> Intake:
    """One or many listings in any accepted JSON form: bytes, text, or plain Python values. Raises IntakeError."""
    if isinstance(data, Listing):
        return Intake(DRAFT, (Record(data, (), Origin(DRAFT, name)),), file=name)
    if isinstance(data, bytes | bytearray | memoryview | str):
        return _read_text(bytes(data) if not isinstance(data, str | bytes) else data, name, limits)
    if isinstance(data, Mapping):
        listing = own.convert_fast(data)
        if listing is not None:
            return Intake(DRAFT, (Record(listing, (), Origin(DRAFT, name)),), file=name)
        data = dict(data)
    if isinstance(data, dict | Sequence):
        parse.check_depth(data, name, limits)
        return _read_value(data, name)
    raise _no_listing(data, name)


def _read_text(data: bytes | str, name: str, limits: Limits) -> Intake:
    parse.check_size(data, name, limits)
    listing = own.read_fast(data)
    if listing is not None:
        return Intake(DRAFT, (Record(listing, (), Origin(DRAFT, name)),), file=name)
    body = own.read_body_fast(data)
    if body is not None:
        records = (
            Record(found, (), Origin(DRAFT, name, base=f"{body.base}/{index}" if body.many else body.base))
            for index, found in enumerate(body.listings)
        )
        return Intake(DRAFT, tuple(records), file=name, store=body.store)
    answer = _decode_answer(data)
    if answer is not None:
        parse.check_depth(answer, name, limits)
        return _read_value(answer, name)
    try:
        value = parse.parse_json(data, name, limits)
    except IntakeError as error:
        if error.code == "not_json" and _is_lines(data, name):
            return Intake(LINES, tuple(read_lines(data, name, limits)), file=name)
        raise
    return _read_value(value, name)


def _decode_answer(data: bytes | str) -> Any:
    """An answer of the platform that is sound JSON, without the slower tolerant way; None for anything else."""
    marks = (b'_response"', b'"subject', b'"aeop') if isinstance(data, bytes) else ('_response"', '"subject', '"aeop')
    if not any(mark in data for mark in marks):  # type: ignore[operator]
        return None
    try:
        value = msgspec.json.decode(data)
    except own.REFUSALS:
        return None
    return value if envelope.is_platform(value) else None


def _is_lines(data: bytes | str, name: str) -> bool:
    """Whether every line is a document of its own: by the name, or because the first one is complete."""
    if name.lower().endswith((".ndjson", ".jsonl")):
        return True
    lines = parse.json_lines(data)
    first, second = (next(lines, (0, ""))[1].strip() for _ in range(2))
    return first[:1] == "{" and first[-1:] == "}" and second[:1] == "{"


def read_lines(data: bytes | str, name: str, limits: Limits = LIMITS) -> Iterator[Record]:
    """One record a line; a line that can't be read is a record without listing."""
    for number, line in parse.json_lines(data):
        listing = own.read_fast(line)
        if listing is not None:
            yield Record(listing, (), Origin(DRAFT, name, line=number))
            continue
        try:
            value = parse.parse_json(line.strip(), "", limits)
            yield from _records(value, "", name, number)
        except IntakeError as error:
            sink = Sink()
            sink.add("", error.code, error.en, error.zh, value=line[:100])
            origin = Origin(DRAFT, name, line=number)
            yield Record(None, sink.problems(origin), origin)


def _read_value(value: Any, name: str) -> Intake:
    store, sink = None, Sink(exact=True)
    if isinstance(value, Mapping) and ("listing" in value or "listings" in value) and value.get("store") is not None:
        if isinstance(value["store"], Mapping):
            store = own.read_fact(Store, value["store"], "", sink)
        else:
            sink.refuse("", Unreadable("expected an object", "应为对象"), value["store"])
    records = tuple(_records(value, "", name, 0))
    form = records[0].origin.form if records else DRAFT
    return Intake(form, records, file=name, store=store, problems=sink.problems(Origin("store", name, base="/store")))


def _records(value: Any, pointer: str, name: str, line: int) -> Iterator[Record]:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if isinstance(item, dict) and envelope.is_platform(item):
                yield from _platform(item, f"{pointer}/{index}", name, line)
            else:
                yield _draft(item, f"{pointer}/{index}", name, line)
    elif isinstance(value, dict) and envelope.is_platform(value):
        yield from _platform(value, pointer, name, line)
    elif isinstance(value, Mapping) and ("listing" in value or "listings" in value):
        key = "listing" if "listing" in value else "listings"
        unknown = [str(other) for other in value if other not in _ENVELOPE]
        for record in _records(value[key], f"{pointer}/{key}", name, line):
            yield _with_unknown(record, unknown) if unknown else record
    elif isinstance(value, Mapping):
        yield _draft(value, pointer, name, line)
    else:
        raise _no_listing(value, name)


def _with_unknown(record: Record, unknown: list[str]) -> Record:
    sink = Sink()
    for key in unknown[:20]:
        text = shown(key)
        en = f'"{text}" beside the listing was not read; known are listing, listings, store'
        sink.add("", "unknown_field", en, f"listing 旁的“{text}”未读取；可用字段为 listing、listings、store")
    return Record(record.listing, (*record.problems, *sink.problems(record.origin)), record.origin)


def _platform(value: Mapping[str, Any], pointer: str, name: str, line: int) -> Iterator[Record]:
    for product, at in envelope.products(value, name):
        yield read_product(product, pointer + at, name, line=line)


def _draft(value: Any, pointer: str, name: str, line: int) -> Record:
    origin = Origin(DRAFT, name, base=pointer, line=line)
    sink = Sink(exact=True)
    if not isinstance(value, Mapping):
        sink.refuse("", Unreadable("expected a listing (an object)", "应为商品对象"), value)
        return Record(None, sink.problems(origin), origin)
    listing = own.read_listing(value, sink)
    known = own.fields(Listing)
    if value and not any(key in known for key in value):
        sink = Sink()
        names = ", ".join(shown(key) for key in list(value)[:5])
        en, zh = f"none of its fields is one of a listing: {names}", f"其中没有任何商品字段：{names}"
        sink.add("", "no_listing_fields", en, zh)
        return Record(None, sink.problems(origin), origin)
    return Record(listing, sink.problems(origin), origin)


def _no_listing(value: Any, name: str) -> IntakeError:
    text = shown(value)
    return IntakeError(
        f"expected a listing, a list of listings, or an answer of the Open Platform; got {text}",
        f"应为商品、商品列表或开放平台返回；实际为 {text}",
        where=name,
        code="not_a_listing",
    )
