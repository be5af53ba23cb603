"""Sheets of an xlsx workbook, after it was made sure that it is one and that it can't take the machine down.

The parts are unpacked once to count (a zip bomb declares small sizes; a sheet of two cells can span 17 billion), and
only then read by calamine, which is imported here because it is needed for workbooks alone.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from engine.errors import IntakeError
from engine.intake.cells import FORMULA
from engine.intake.limits import LIMITS, Limits

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_ERROR = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^<>]*\bt="e"[^<>]*>(?:<f[^<>]*>[^<]*</f>|<f[^<>]*/>)?<v>([^<]{1,16})</v>'
)
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^<>]*><f[^<>]*>[^<]*</f>(?:<v ?/>|<v></v>)?</c>')
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^<>]*")
_RELATION = re.compile(r"<Relationship\b[^<>]*")
_CHUNK = 1 << 20
_OVERLAP = 4096
MAX_MARKS = 100_000
_TAKEN_CARE_OF = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)


Marks = dict[tuple[int, int], str]
"""(row, column), both from 1 → what stands there that calamine reads as blank: an error, or a formula without value."""


class Workbook:
    """An open workbook; raises IntakeError when it is none."""

    def __init__(self, data: bytes, name: str, limits: Limits = LIMITS) -> None:
        self._marks = check_parts(data, name, limits)
        import python_calamine

        self.name = name
        try:
            self._book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
            self.sheets = [str(sheet) for sheet in self._book.sheet_names]
        except BaseException as error:  # calamine's panics are no Exception
            raise _damaged(error, name) from None
        if not self.sheets:
            raise IntakeError("the workbook has no sheet", "工作簿中没有工作表", where=name, code="empty")

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Any]]]:
        """Row numbers as Excel shows them, with the cells from the first used column on; blank cells are ""."""
        marks = self._marks.get(sheet, {})
        try:
            found = self._book.get_sheet_by_name(sheet)
            first = found.start[1] if found.start else 0
            for number, row in enumerate(found.iter_rows(), start=1):
                if marks:
                    for index, value in enumerate(row):
                        if value == "" and (number, first + index + 1) in marks:
                            row[index] = marks[number, first + index + 1]
                yield number, row
        except BaseException as error:
            if isinstance(error, IntakeError):
                raise
            raise _damaged(error, f"{self.name}, sheet {sheet}") from None


def check_parts(data: bytes, name: str, limits: Limits = LIMITS) -> dict[str, Marks]:
    """The marks of every sheet that has some.

    Raises IntakeError for whatever is no sound xlsx, and for one that is too large when unpacked.
    """
    marks: dict[str, Marks] = {}
    if data[:8] == OLE:
        raise _ole(data, name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            infos = parts.infolist()
            names = {info.filename for info in infos}
            if "xl/workbook.xml" not in names:
                raise _no_workbook(names, name)
            if any(info.flag_bits & 1 for info in infos):
                raise _encrypted(name)
            left = limits.max_unpacked_bytes
            for info in infos:
                found: Marks | None = {} if _SHEET_PART.fullmatch(info.filename) else None
                with parts.open(info) as part:
                    left = _count(part, found, left, name, limits)
                if found:
                    marks[info.filename] = found
            return _by_sheet(parts, marks) if marks else {}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise _damaged(error, name) from None


def _by_sheet(parts: zipfile.ZipFile, marks: dict[str, Marks]) -> dict[str, Marks]:
    """Marks by the name of the sheet instead of the part that holds it."""
    relations = parts.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION.findall(relations)}
    found = {}
    for tag in _SHEET.findall(parts.read("xl/workbook.xml").decode("utf-8", "replace")):
        target = targets.get(_attribute(tag, "r:id"), "").lstrip("/")
        part = target if target.startswith("xl/") else f"xl/{target}"
        if part in marks:
            found[html.unescape(_attribute(tag, "name"))] = marks[part]
    return found


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\b{name}="([^"]*)"', tag)
    return match[1] if match else ""


def _count(part: Any, marks: Marks | None, left: int, name: str, limits: Limits) -> int:
    """The bytes left of the limit behind this part; fills `marks` if it is a sheet (not None)."""
    last_row = last_column = 0
    tail = b""
    while chunk := part.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            size = limits.max_unpacked_bytes // 1_000_000
            en, zh = f"the workbook unpacks to more than {size} MB", f"工作簿解压后超过 {size} MB"
            raise IntakeError(en, zh, where=name, code="too_large")
        if marks is not None:
            text = tail + chunk
            for letters, digits in _CELL.findall(text):
                last_row = max(last_row, int(digits))
                last_column = max(last_column, _column(letters))
            if b't="e"' in text and len(marks) < MAX_MARKS:
                for letters, digits, error in _ERROR.findall(text):
                    marks[int(digits), _column(letters)] = error.decode("ascii", "replace")
            if b"<f" in text and len(marks) < MAX_MARKS:
                for letters, digits in _FORMULA.findall(text):
                    marks[int(digits), _column(letters)] = FORMULA
            tail = text[-_OVERLAP:]
    if last_row * last_column > limits.max_cells:
        en = f"a sheet spans {last_row} rows and {last_column} columns, more than {limits.max_cells} cells"
        zh = f"工作表范围为 {last_row} 行 {last_column} 列，超过 {limits.max_cells} 个单元格"
        raise IntakeError(en, zh, where=name, code="too_large")
    return left


@lru_cache(maxsize=20_000)
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _no_workbook(names: set[str], name: str) -> IntakeError:
    if "xl/workbook.bin" in names:
        en, zh = "an .xlsb workbook; save it as .xlsx", "这是 .xlsb 工作簿，请另存为 .xlsx"
    else:
        en, zh = "a zip file without a workbook in it; expected .xlsx", "该 zip 文件中没有工作簿，应为 .xlsx"
    return IntakeError(en, zh, where=name, code="not_xlsx")


def _ole(data: bytes, name: str) -> IntakeError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _encrypted(name)
    en, zh = "an old .xls workbook; save it as .xlsx", "这是旧版 .xls 工作簿，请另存为 .xlsx"
    return IntakeError(en, zh, where=name, code="old_xls")


def _encrypted(name: str) -> IntakeError:
    en, zh = "the workbook is protected by a password; save it without one", "工作簿已加密，请取消密码后重新保存"
    return IntakeError(en, zh, where=name, code="encrypted")


def _damaged(error: BaseException, name: str) -> BaseException:
    if isinstance(error, _TAKEN_CARE_OF):
        return error
    text = " ".join(str(error).split())[:120] or type(error).__name__
    en, zh = f"the workbook is damaged or cut short ({text})", f"工作簿已损坏或不完整（{text}）"
    return IntakeError(en, zh, where=name, code="damaged")
