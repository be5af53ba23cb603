"""Tables of a file, row by row, under their own headers: workbooks and delimited text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from api.importing.records import Item, Refusal
from engine.errors import IntakeError
from engine.intake import delimited
from engine.intake.limits import LIMITS, Limits
from engine.intake.parse import decode_text
from engine.intake.records import cell_place
from engine.intake.tables import find_header
from engine.intake.values import Unreadable, clean, shown

Rows = Callable[[], Iterator[tuple[int, list[Any] | None]]]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its headers, and a way to read its rows (number in the sheet, cells) behind them."""

    sheet: str
    headers: list[str]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Cells:
    """One row under its headers; what cannot be read is noted with its cell."""

    table: Table
    number: int
    cells: list[Any]
    columns: dict[str, int]
    refusals: list[Refusal]

    def raw(self, field: str) -> Any:
        """The cell of a field; None when blank or when there is no such column."""
        index = self.columns.get(field)
        if index is None or index >= len(self.cells):
            return None
        value = self.cells[index]
        return None if value is None or (isinstance(value, str) and not value.strip()) else value

    def read(self, field: str, reader: Callable[[Any], tuple[Any, str]]) -> Any:
        """The value of a field, None when blank or unreadable."""
        value = self.raw(field)
        if value is None:
            return None
        try:
            found = reader(value)[0]
        except Unreadable as error:
            self.refuse(error, field)
            return None
        return clean(found)[0].strip() or None if isinstance(found, str) else found

    def item(self, value: Any, refusals: tuple[Refusal, ...]) -> Item:
        """The record that begins in this row."""
        place = cell_place(self.table.sheet, self.number)
        return Item(value, refusals, self.table.sheet, self.number, place)

    def refuse(self, error: Unreadable, field: str, *, whole_record: bool = False) -> None:
        """Note that a cell (or with `whole_record` the row) was not taken."""
        value = shown(self.raw(field)) if self.raw(field) is not None else ""
        column = self.table.headers[self.columns[field]] if field in self.columns else field
        tail_en, tail_zh = (f", got {value}", f"，实际为 {value}") if value else ("", "")
        self.refusals.append(
            Refusal(
                error.code,
                {"en": error.en + tail_en, "zh": error.zh + tail_zh},
                cell_place(self.table.sheet, self.number, column),
                self.table.sheet,
                self.number,
                column,
                value,
                whole_record,
            )
        )


def tables_of(data: bytes, name: str, known: set[str], *, limits: Limits = LIMITS) -> Iterator[Table]:
    """Every table of a workbook (one a sheet), or the one of a text. `known` are headers that mark the header row.

    Raises IntakeError when the file is neither.
    """
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        from engine.intake.workbook import Workbook

        book = Workbook(data, name, limits)
        for sheet in book.sheets:
            table = _table(partial(book.rows, sheet), sheet, known, limits)
            if table is not None:
                yield table
        return
    text = decode_text(data)[0].replace("\r\n", "\n").replace("\r", "\n")
    delimiter = "\t" if name.lower().endswith(".tsv") else delimited.delimiter_of(text)
    table = _table(partial(delimited.rows, text, delimiter, limits), "", known, limits)
    if table is not None:
        yield table


def _table(open_rows: Rows, sheet: str, known: set[str], limits: Limits) -> Table | None:
    first = list(islice(open_rows(), limits.header_search_rows + limits.sample_rows))
    if not any(any(cell not in (None, "") for cell in row or ()) for _, row in first):
        return None
    header = find_header([row or [] for _, row in first], dict.fromkeys(known, ""), limits)

    def rows() -> Iterator[tuple[int, list[Any] | None]]:
        return islice(open_rows(), header.data_from, None)

    return Table(sheet, list(header.names), rows)


def no_table(name: str, kinds: str) -> IntakeError:
    """No table of the file has the columns of any kind that is known."""
    return IntakeError(
        f"no table has the columns of {kinds}",
        f"没有任何表格包含所需的列（{kinds}）",
        where=name,
        code="missing_column",
    )
