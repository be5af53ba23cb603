"""A file → its kind and its records in order. What a file is, is told by its content; its name only helps.

NDJSON (also .gz) is read line by line. A workbook, a text table or one JSON document is held in memory, within the
limits of the intake; its records are made one at a time.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from api.importing import analytics_tables, assessment_tables, tables, trade_json, trade_tables, violation_tables
from api.importing.records import Item, Refusal, refusal_of
from api.importing.trade_columns import COLUMNS, kind_of
from engine.errors import IntakeError
from engine.facts import Listing
from engine.intake import LIMITS, Limits, Record, read_bytes
from engine.intake.forms import read_lines
from engine.intake.parse import parse_json
from engine.ledger import Notice
from store_model.products import OFFLINE_REASONS, STATUSES

PRODUCTS = "products"
KINDS = (PRODUCTS, "orders", "assessments", "disputes", "evaluations", "analytics", "violations")
TABLES_ALONE = ("assessments", "analytics", "violations")
"""Kinds that come as tables only."""
LONGEST_ID = 40
_GZIP = b"\x1f\x8b"
_LINES = (".ndjson", ".jsonl")
_NAMES = {name for columns in COLUMNS.values() for names in columns.values() for name in names}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was looked into. `items` reads it; each call begins anew."""

    kind: str
    name: str
    items: Callable[[], Iterator[Item]]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_source(
    path: Path,
    *,
    name: str,
    zone: tzinfo,
    kind: str | None = None,
    limits: Limits = LIMITS,
    offence: Callable[[str], str | None] = str,
) -> Source:
    """What a file holds. `kind` None: as found. Raises IntakeError when it is nothing known, or of another kind.

    `offence` gives the rule behind the name of a violation.
    """
    try:
        with _open(path) as stream:
            head = stream.read(65_536)
    except (OSError, EOFError):
        raise IntakeError("the file cannot be read", "无法读取文件", where=name, code="no_file") from None
    plain_name = name.removesuffix(".gz")
    if not head.strip():
        raise IntakeError("the file is empty", "文件为空", where=name, code="empty")
    if kind not in TABLES_ALONE and (plain_name.lower().endswith(_LINES) or _is_lines(head)):
        found = _lines_kind(head, kind)
        return Source(found, name, lambda: _lines(path, plain_name, found, zone, limits))
    data = _whole(path, name, limits)
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if kind not in TABLES_ALONE and first in (b"{", b"["):
        document = parse_json(data, name, limits)
        found = kind or trade_json.kind_of(document) or PRODUCTS
        if found == PRODUCTS:
            return _products(data, plain_name, limits)
        return Source(found, name, lambda: trade_json.read(document, found, zone))
    for table in tables.tables_of(data, plain_name, _NAMES, limits=limits):
        found = kind_of(table.headers) or ""
        if found and kind in (None, found):
            return Source(found, name, _table_items(table, found, zone, offence))
    if kind not in (None, PRODUCTS):
        raise tables.no_table(name, str(kind))
    return _products(data, plain_name, limits)


def _table_items(
    table: tables.Table, kind: str, zone: tzinfo, offence: Callable[[str], str | None]
) -> Callable[[], Iterator[Item]]:
    if kind == "analytics":
        return lambda: analytics_tables.read(table)
    if kind == "assessments":
        return lambda: assessment_tables.read(table, zone)
    if kind == "violations":
        return lambda: violation_tables.read(table, zone, offence)
    return lambda: trade_tables.read(table, kind, zone)


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        is_packed = stream.read(2) == _GZIP
    return gzip.open(path) if is_packed else path.open("rb")  # type: ignore[return-value]


def _whole(path: Path, name: str, limits: Limits) -> bytes:
    with _open(path) as stream:
        data = stream.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        most = limits.max_bytes // 1_000_000
        raise IntakeError(
            f"the file has more than {most} MB; NDJSON of any size is read line by line",
            f"文件超过 {most} MB；NDJSON 可逐行读取，不限大小",
            where=name,
            code="too_large",
        )
    return data


def _is_lines(head: bytes) -> bool:
    """Whether the first two lines are documents of their own."""
    lines = [line for line in head.split(b"\n")[:3] if line.strip()]
    return len(lines) >= 2 and all(_object(line) is not None for line in lines[:2])


def _object(line: bytes) -> Any:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _lines_kind(head: bytes, kind: str | None) -> str:
    if kind is not None:
        return kind
    document = _object(head.partition(b"\n")[0])
    return (trade_json.kind_of(document) if document is not None else None) or PRODUCTS


def _lines(path: Path, name: str, kind: str, zone: tzinfo, limits: Limits) -> Iterator[Item]:
    with _open(path) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            if kind == PRODUCTS:
                for record in read_lines(line, name, limits):
                    yield product_item(_at_line(record, number))
                continue
            try:
                document = parse_json(line, name, limits)
            except IntakeError as error:
                yield _bad_line(error, number)
                continue
            items = list(trade_json.read(document, kind, zone, line=number))
            yield from items or [_bad_line(_nothing(kind), number)]


def _at_line(record: Record, number: int) -> Record:
    """A record of a single line, as it stands in its file."""
    origin = replace(record.origin, line=number)
    problems = tuple(replace(problem, place=origin.place(problem.pointer)) for problem in record.problems)
    return Record(record.listing, problems, origin)


def _nothing(kind: str) -> IntakeError:
    return IntakeError(f"the line holds none of the {kind}", f"该行不含 {kind} 数据", code="incomplete")


def _bad_line(error: IntakeError, number: int) -> Item:
    place = {"en": f"line {number}", "zh": f"第 {number} 行"}
    return Item(None, (Refusal(error.code, {"en": error.en, "zh": error.zh}, place, "", number, is_whole_record=True),))


def _products(data: bytes, name: str, limits: Limits) -> Source:
    intake = read_bytes(data, name=name, limits=limits)
    return Source(PRODUCTS, name, lambda: (product_item(record) for record in intake))


def product_item(record: Record) -> Item:
    """A record of the intake, made fit for the store: a known status, an id that the store can hold."""
    sheet, row = record.origin.sheet, record.origin.row or record.origin.line
    refusals = [
        refusal_of(problem, record.origin, row=row, is_whole_record=record.listing is None)
        for problem in record.problems
        if not problem.used
    ]
    listing = record.listing
    if listing is None:
        return Item(None, tuple(refusals))

    def refuse(pointer: str, code: str, en: str, zh: str, value: str, whole: bool) -> None:
        refusals.append(
            Refusal(
                code, {"en": en, "zh": zh}, record.origin.place(pointer), sheet, row, record.origin.source(pointer),
                value[:60], whole,
            )
        )  # fmt: skip

    if listing.id is not None and not 0 < len(listing.id) <= LONGEST_ID:
        refuse(
            "/id",
            "bad_id",
            f"an id has 1 to {LONGEST_ID} characters",
            f"ID 应为 1 至 {LONGEST_ID} 个字符",
            listing.id,
            True,
        )
        return Item(None, tuple(refusals))
    changes: dict[str, Any] = {}
    if listing.status is not None and listing.status not in STATUSES:
        known = ", ".join(STATUSES)
        refuse("/status", "unknown_status", f"expected one of {known}", f"应为 {known} 之一", listing.status, False)
        changes["status"] = None
    if listing.offline_reason is not None and listing.offline_reason not in OFFLINE_REASONS:
        known = ", ".join(OFFLINE_REASONS)
        refuse(
            "/offline_reason", "unknown_reason", f"expected one of {known}", f"应为 {known} 之一",
            listing.offline_reason, False,
        )  # fmt: skip
        changes["offline_reason"] = None
    elif listing.offline_reason is not None and listing.status is None:
        changes["status"] = "offline"  # a reason for being offline says that it is
    listing = msgspec.structs.replace(listing, **changes) if changes else listing
    return Item(listing, tuple(refusals), sheet, row, record.origin.place(""))


def key_of(value: Any) -> str | None:
    """The id by which a record is known in the store; None for one without."""
    if isinstance(value, Notice):
        return value.case
    return value.id if isinstance(value, Listing) else value.platform_id
