"""Files → records: the form is told by the content first, by the name second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

from engine.errors import IntakeError, suggestion
from engine.intake import delimited
from engine.intake.forms import read_json
from engine.intake.limits import LIMITS, Limits
from engine.intake.mapping import MappingResult, guess_mapping, require
from engine.intake.parse import check_size, decode_text
from engine.intake.records import Intake, Origin, Record, Tally
from engine.intake.row_fields import DIANXIAOMI
from engine.intake.rows import FoundRow, RowReader
from engine.intake.tables import find_header

_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHER_BINARIES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff\xe0", b"Rar!", b"7z\xbc\xaf")
OpenRows = Callable[[], Iterator[FoundRow]]
"""Begins to read a table."""

_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".xls")
_JSON_NAMES = (".json", ".ndjson", ".jsonl")
_TABLE_NAMES = (".csv", ".tsv", ".txt")


def read_file(
    path: Path | str, *, mapping: Mapping[str, str] | None = None, sheet: str | None = None, limits: Limits = LIMITS
) -> Intake:
    """A file of any accepted form (.json, .ndjson, .jsonl, .xlsx, .csv, .tsv, each also .gz).

    `mapping` (header → field, "" for none) overrides the guess of columns, `sheet` names the sheet. Raises IntakeError.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > limits.max_bytes:
            raise _too_large(size, str(path), limits)
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise IntakeError(
            f"cannot read the file: {reason}", f"无法读取文件：{reason}", where=str(path), code="no_file"
        ) from None
    except ValueError:
        raise IntakeError("not a file name", "文件名无效", where=repr(path)[:100], code="no_file") from None
    return read_bytes(data, name=path.name, mapping=mapping, sheet=sheet, limits=limits)


def read_bytes(
    data: bytes,
    *,
    name: str = "",
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
    limits: Limits = LIMITS,
) -> Intake:
    """The content of a file, uploaded or read; `name` helps to tell the form and stands in messages."""
    if data[:2] == _GZIP:
        data, name = _gunzip(data, name, limits), name.removesuffix(".gz")
    check_size(data, name, limits)
    suffix = Path(name.replace("\0", "")).suffix.lower()
    if data[:4] in (_ZIP, _OLE):
        return _read_workbook(data, name, mapping, sheet, limits)
    if suffix in _WORKBOOK_NAMES:
        raise _not_a_workbook(data, name)
    head = decode_text(data[:512])[0].lstrip("\ufeff \t\r\n")[:1]
    if suffix in _JSON_NAMES or (suffix not in _TABLE_NAMES and head in {"{", "["}):
        return read_json(data, name=name, limits=limits)
    if suffix not in _TABLE_NAMES and _is_binary(data):
        raise _unknown_form(name)
    return _read_text_table(data, name, mapping, limits)


def _gunzip(data: bytes, name: str, limits: Limits) -> bytes:
    import gzip
    import io
    import zlib

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            found = stream.read(limits.max_bytes + 1)
    except (OSError, EOFError, zlib.error):
        en, zh = "the gzip file is damaged or cut short", "gzip 文件已损坏或不完整"
        raise IntakeError(en, zh, where=name, code="damaged") from None
    if len(found) > limits.max_bytes:
        raise _too_large(len(found), name, limits)
    return found


def _read_workbook(
    data: bytes, name: str, given: Mapping[str, str] | None, wanted: str | None, limits: Limits
) -> Intake:
    from engine.intake.workbook import Workbook

    book = Workbook(data, name, limits)
    if wanted is not None and wanted not in book.sheets:
        sheets = ", ".join(book.sheets[:10])
        raise IntakeError(
            f'there is no sheet "{wanted}"; the sheets are {sheets}{suggestion(wanted, book.sheets)}',
            f"没有名为“{wanted}”的工作表；现有工作表：{sheets}",
            where=name,
            code="no_sheet",
        )
    failure: IntakeError | None = None
    for sheet in [wanted] if wanted is not None else book.sheets:
        try:
            return _read_table(partial(book.rows, sheet), name, sheet, given, limits)
        except IntakeError as error:
            # The first sheet's failure says most: it is the one that people look at.
            if failure is None or failure.code == "empty":
                failure = error
    assert failure is not None
    raise failure


def _read_text_table(data: bytes, name: str, given: Mapping[str, str] | None, limits: Limits) -> Intake:
    text = decode_text(data)[0].replace("\r\n", "\n").replace("\r", "\n")
    delimiter = "\t" if name.lower().endswith(".tsv") else delimited.delimiter_of(text)
    return _read_table(partial(delimited.rows, text, delimiter, limits), name, "", given, limits)


def _read_table(
    open_rows: OpenRows,
    name: str,
    sheet: str,
    given: Mapping[str, str] | None,
    limits: Limits,
) -> Intake:
    """One sheet or text table; `open_rows` begins to read it anew."""
    first = list(islice(open_rows(), limits.header_search_rows + limits.sample_rows))
    where = f"{name}, sheet {sheet}" if sheet else name
    if not any(any(cell not in (None, "") for cell in row or ()) for _, row in first):
        raise IntakeError("no row holds anything", "没有任何数据行", where=where, code="empty")
    cells = [row or [] for _, row in first]
    header = find_header(cells, given, limits)
    mapping = guess_mapping(header.names, cells[header.data_from : header.data_from + limits.sample_rows], given=given)
    require(mapping, f"{where}, row {first[header.data_from - 1][0]}")
    form = DIANXIAOMI if mapping.is_dianxiaomi else "table"
    tally = Tally()
    records = _Records(open_rows, header.data_from, mapping, Origin(form, name, sheet), tally)
    return Intake(form, records, file=name, mapping=mapping, tally=tally)


class _Records:
    """The records of a table, read anew by each iteration."""

    def __init__(self, open_rows: OpenRows, data_from: int, mapping: MappingResult, origin: Origin, tally: Tally):
        self.open_rows, self.data_from, self.mapping = open_rows, data_from, mapping
        self.origin, self.tally = origin, tally

    def __iter__(self) -> Iterator[Record]:
        tally = self.tally
        tally.rows = tally.used = tally.refused = tally.empty = tally.records = 0
        reader = RowReader(self.mapping, self.origin, tally)
        yield from reader.records(islice(self.open_rows(), self.data_from, None))


def _is_binary(data: bytes) -> bool:
    head = data[:1024]
    return data[:4] in _OTHER_BINARIES or (head.count(0) > 0 and decode_text(head)[1] != "utf-16")


def _not_a_workbook(data: bytes, name: str) -> IntakeError:
    head = decode_text(data[:2048])[0].lstrip("\ufeff \t\r\n").lower()
    if head.startswith(("<html", "<table", "<!doctype", "<meta", "<style")):
        en, zh = "an HTML page that is named like a workbook", "这是以工作簿命名的 HTML 页面"
    elif _is_binary(data):
        en, zh = "not an .xlsx workbook although it is named so", "文件名为 .xlsx，但内容不是工作簿"
    else:
        en, zh = "text that is named like a workbook (a CSV file?)", "这是以工作簿命名的文本文件（CSV？）"
    en, zh = f"{en}; open it and save it as .xlsx, or name it .csv", f"{zh}；请打开后另存为 .xlsx，或改名为 .csv"
    return IntakeError(en, zh, where=name, code="not_xlsx")


def _unknown_form(name: str) -> IntakeError:
    en = "no known form; expected JSON, NDJSON, .xlsx, CSV or TSV"
    return IntakeError(en, "无法识别的文件格式；应为 JSON、NDJSON、.xlsx、CSV 或 TSV", where=name, code="unknown_form")


def _too_large(size: int, name: str, limits: Limits) -> IntakeError:
    most = limits.max_bytes // 1_000_000
    en, zh = f"the file has more than {most} MB ({size} bytes)", f"文件超过 {most} MB（{size} 字节）"
    return IntakeError(en, zh, where=name, code="too_large")
