"""`--fix`: the fixed listings, written beside the input and in its own form where that can be done.

A change of one text goes back to the very place it was read from (a JSON value, a cell). What has no such place, or
no longer holds what was read, is written as a list of drafts instead, and said. The input itself is never changed.
"""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from jsonpointer import JsonPointer, JsonPointerException

from api.cli.results import FileResult, RowResult
from api.cli.stdin import STDIN
from engine.findings import Fix
from engine.fixes import apply_patch

WORDS = {
    "en": {
        "none": "--fix: nothing to apply (no {kind} fix that is verified)",
        "wrote": "--fix: {n} listings mended, written to {file}",
        "drafts": "--fix: {n} listings mended; their changes do not fit the form of the input, so {file} holds drafts",
    },
    "zh": {
        "none": "--fix：没有可应用的修复（没有已验证的{kind}修复）",
        "wrote": "--fix：已修复 {n} 个商品，写入 {file}",
        "drafts": "--fix：已修复 {n} 个商品；改动无法按原格式写回，{file} 中为草稿格式",
    },
}


def chosen_plan(row: RowResult, *, suggested: bool) -> Fix | None:
    """The plan of a listing if it is verified: of the safe fixes, or with `suggested` of those too."""
    if row.report is None:
        return None
    plan = row.report.plan if suggested else row.report.safe_plan
    return plan if plan is not None and plan.patch else None


def write_fixed(file: Path, result: FileResult, rows: Sequence[RowResult], *, suggested: bool, lang: str) -> list[str]:
    """Write FILE.fixed.SUFFIX; returns what to tell the user."""
    words = WORDS[lang]
    plans = [(row, plan) for row in rows if (plan := chosen_plan(row, suggested=suggested)) is not None]
    if not plans:
        kind = {"en": ("safe", "suggested"), "zh": ("安全", "建议")}[lang][suggested]
        return [words["none"].format(kind=kind)]
    stem = Path("listings") if str(file) == STDIN else file
    target = stem.with_name(f"{stem.stem}.fixed{stem.suffix or '.json'}")
    data = None if str(file) == STDIN else _in_own_form(file, plans)
    if data is not None:
        target.write_bytes(data)
        return [words["wrote"].format(n=len(plans), file=target)]
    target = target.with_suffix(".json")
    drafts = [apply_patch(row.record.listing, plan.patch) for row, plan in plans if row.record.listing is not None]
    target.write_bytes(msgspec.json.format(msgspec.json.encode(drafts), indent=2) + b"\n")
    return [words["drafts"].format(n=len(plans), file=target)]


def _in_own_form(file: Path, plans: Sequence[tuple[RowResult, Fix]]) -> bytes | None:
    """The input with the changed texts in their places, or None when some change has no place."""
    edits: list[tuple[RowResult, str, str, str]] = []
    for row, plan in plans:
        before: dict[str, Any] = {}
        for step in plan.patch:
            if step["op"] == "test":
                before[step["path"]] = step["value"]
            elif step["op"] == "replace" and isinstance(step["value"], str) and isinstance(before[step["path"]], str):
                edits.append((row, step["path"], before[step["path"]], step["value"]))
            else:
                return None
    match file.suffix.lower():
        case ".json":
            return _json(file, edits)
        case ".csv" | ".tsv":
            return _delimited(file, edits)
        case ".xlsx":
            return _workbook(file, edits)
    return None


def _json(file: Path, edits: Sequence[tuple[RowResult, str, str, str]]) -> bytes | None:
    document = copy.deepcopy(msgspec.json.decode(file.read_bytes()))
    for row, pointer, old, new in edits:
        source = row.record.origin.source(pointer)
        try:
            place = JsonPointer(source)
            if place.resolve(document) != old:
                return None
            place.set(document, new)
        except JsonPointerException:
            return None
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _delimited(file: Path, edits: Sequence[tuple[RowResult, str, str, str]]) -> bytes | None:
    text = file.read_text(encoding="utf-8-sig")
    dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    table = list(csv.reader(io.StringIO(text), dialect))
    changes = _cells(edits)
    if changes is None or not _apply(table, changes):
        return None
    out = io.StringIO()
    csv.writer(out, dialect, quoting=csv.QUOTE_MINIMAL).writerows(table)
    return out.getvalue().encode("utf-8-sig")


def _workbook(file: Path, edits: Sequence[tuple[RowResult, str, str, str]]) -> bytes | None:
    from openpyxl import load_workbook

    book = load_workbook(file)
    for row, pointer, old, new in edits:
        origin = row.record.origin
        sheet = book[origin.sheet] if origin.sheet in book.sheetnames else book.worksheets[0]
        column = origin.source(pointer)
        number = origin.row_of(pointer)
        cells = {
            sheet.cell(line, index).value: index for line in range(1, 11) for index in range(1, sheet.max_column + 1)
        }
        if column not in cells or sheet.cell(number, cells[column]).value != old:
            return None
        sheet.cell(number, cells[column]).value = new
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cells(edits: Sequence[tuple[RowResult, str, str, str]]) -> list[tuple[int, str, str, str]] | None:
    """Row, column name, old and new text of each edit; None when one has no single cell."""
    found = []
    for row, pointer, old, new in edits:
        column = row.record.origin.source(pointer)
        number = row.record.origin.row_of(pointer)
        if not column or not number:
            return None
        found.append((number, column, old, new))
    return found


def _apply(table: list[list[str]], changes: Sequence[tuple[int, str, str, str]]) -> bool:
    headers: Mapping[str, int] = {
        name: index for line in reversed(table[:10]) for index, name in enumerate(line) if name
    }
    for number, column, old, new in changes:
        index = headers.get(column)
        if index is None or number > len(table) or table[number - 1][index] != old:
            return False
        table[number - 1][index] = new
    return True
