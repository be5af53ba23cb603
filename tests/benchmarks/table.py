"""A table of measurements, as text and as JSON."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Table:
    """Rows under columns, with notes below."""

    title: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: Any) -> None:
        """One row."""
        self.rows.append(list(cells))

    def note(self, text: str) -> None:
        """One line below the table."""
        self.notes.append(text)

    def text(self) -> str:
        """Aligned columns."""
        cells = [self.columns, *[["" if cell is None else str(cell) for cell in row] for row in self.rows]]
        widths = [max(len(row[index]) for row in cells) for index in range(len(self.columns))]
        lines = [
            "  ".join(
                cell.ljust(width) if index == 0 else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([self.title, *lines, *self.notes])

    def data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "title": self.title,
            "python": platform.python_version(),
            "columns": self.columns,
            "rows": self.rows,
            "notes": self.notes,
        }


def _fitted(cell: str, width: int, index: int) -> str:
    return cell.rjust(width) if index else cell.ljust(width)
