"""The findings of a diagnosis in the form that somebody wants: NDJSON, Parquet, xlsx, CSV or SARIF.

The parts are written in their order, whatever the order they were done in: the same input gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from api.cli.machine import safe_cell
from api.diagnosis.forms import FORMS, Form
from api.diagnosis.state import Outcome
from engine import Pack
from engine.errors import StorewardenError
from engine.evaluate.catalogue import ERROR, FAIL, documents, schema

SHEET_ROWS = 1_048_575
"""Rows of an xlsx sheet below its header; what is more goes to a further sheet."""

Parts = Iterable[tuple[Outcome, pa.Table]]


class UnknownForm(StorewardenError):
    """The file's name says no form of results."""

    code = "unknown_form"


def form_of(path: Path) -> Form:
    """The form that a file's name asks for. Raises UnknownForm."""
    suffix = path.suffix.lower().removeprefix(".")
    known: dict[str, Form] = {**{form: form for form in FORMS}, "jsonl": "ndjson", "json": "ndjson"}
    if suffix not in known:
        raise UnknownForm(f"{path}: the name must end in one of .{', .'.join(FORMS)}")
    return known[suffix]


def write(form: Form, parts: Parts, stream: BinaryIO, *, pack: Pack, as_of: date, lang: str) -> None:
    """Write all findings to a stream."""
    writers: dict[Form, Callable[..., None]] = {
        "ndjson": _ndjson, "parquet": _parquet, "xlsx": _xlsx, "csv": _csv, "sarif": _sarif,
    }  # fmt: skip
    writers[form](parts, stream, pack, as_of, lang)


def _ndjson(parts: Parts, stream: BinaryIO, pack: Pack, as_of: date, lang: str) -> None:
    for outcome, table in parts:
        numbers = table.column("row").to_pylist()
        for number, document in zip(numbers, documents(table, pack, as_of=as_of), strict=True):
            stream.write(msgspec.json.encode({"part": outcome.name, "row": number, **document}) + b"\n")


def _parquet(parts: Parts, stream: BinaryIO, pack: Pack, as_of: date, lang: str) -> None:
    given = schema().insert(0, pa.field("part", pa.string()))
    with pq.ParquetWriter(stream, given, compression="zstd") as writer:
        for outcome, table in parts:
            name = pa.array([outcome.name] * len(table), pa.string())
            writer.write_table(table.add_column(0, given.field("part"), name))


COLUMNS = (
    "part", "row", "listing", "result", "severity", "mode", "rule", "code", "message", "pointer", "start", "end",
    "text", "evidence", "fingerprint",
)  # fmt: skip


def _rows(parts: Parts, lang: str) -> Iterator[list[Any]]:
    """A row for each finding, with its first place."""
    for outcome, table in parts:
        for row in table.to_pylist():
            place = (row["locations"] or [{}])[0]
            known = {**row, **{name: place.get(name) for name in ("pointer", "start", "end", "text")}}
            known |= {"part": outcome.name, "message": row[f"message_{lang}"]}
            yield [safe_cell(known[name]) for name in COLUMNS]


def _csv(parts: Parts, stream: BinaryIO, pack: Pack, as_of: date, lang: str) -> None:
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(parts, lang))
    text.detach()


def _xlsx(parts: Parts, stream: BinaryIO, pack: Pack, as_of: date, lang: str) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    # the same findings give the same file, whenever it is written
    moment = _moment(as_of)
    book.properties.created = book.properties.modified = moment
    sheet, used = None, SHEET_ROWS
    for row in _rows(parts, lang):
        if used >= SHEET_ROWS:
            sheet, used = book.create_sheet("findings" if sheet is None else None), 0
            sheet.append(list(COLUMNS))
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("�", v)[:32_767] if isinstance(v, str) else v for v in row])
        used += 1
    if sheet is None:
        book.create_sheet("findings").append(list(COLUMNS))
    book.save(stream)


def _moment(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, day.month, day.day)


LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def _sarif(parts: Parts, stream: BinaryIO, pack: Pack, as_of: date, lang: str) -> None:
    """One run, written result by result: a million findings are never held at once."""

    def dump(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode()

    driver = {
        "name": "storewarden",
        "semanticVersion": "0.1.0",
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.title[lang]},
                "fullDescription": {"text": rule.why[lang]},
                "helpUri": rule.sources[0].url,
                "defaultConfiguration": {"level": LEVELS[rule.severity]},
            }
            for rule in pack.rules.values()
        ],
        "properties": {"pack": pack.id, "packVersion": pack.version, "digest": pack.digest, "asOf": as_of.isoformat()},
    }
    head = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0"}
    stream.write(dump(head)[:-1] + b',"runs":[{"tool":{"driver":' + dump(driver))
    stream.write(b'},"columnKind":"unicodeCodePoints","results":[')
    first = True
    notices = []
    for outcome, table in parts:
        if outcome.why is not None:
            notices.append(_notice(outcome.name, getattr(outcome.why, lang)))
        for row in table.to_pylist():
            if row["result"] == FAIL:
                stream.write((b"\n" if first else b",\n") + dump(_result(outcome.name, row, lang)))
                first = False
            elif row["result"] == ERROR:
                notices.append(_notice(outcome.name, row[f"message_{lang}"]))
    done = {"executionSuccessful": not notices, "toolExecutionNotifications": notices}
    stream.write(b'],"invocations":[' + dump(done) + b"]}]}\n")


def _notice(name: str, text: str) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": _uri(name)}}}
    return {"level": "error", "message": {"text": text}, "locations": [place]}


def _result(name: str, row: dict[str, Any], lang: str) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": _uri(name)}, "region": {"startLine": row["row"] + 1}}
    places = [
        {
            "physicalLocation": physical,
            "logicalLocations": [
                {
                    "fullyQualifiedName": f"{row['listing'] or ''}{place['pointer']}",
                    "kind": "member",
                    "properties": {key: value for key, value in place.items() if value is not None},
                }
            ],
        }
        for place in row["locations"]
    ]
    return {
        "ruleId": row["rule"],
        "level": LEVELS[row["severity"]],
        "message": {"text": row[f"message_{lang}"]},
        "locations": places,
        "partialFingerprints": {"storewarden/v1": row["fingerprint"]},
        "properties": {"code": row["code"], "mode": row["mode"], "listing": row["listing"]},
    }


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name.partition(", rows ")[0])
