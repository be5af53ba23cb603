"""What the intake refuses to read: technical limits that keep any input from taking the machine down.

None of these is a marketplace policy (those are dated parameters in the rule files); a caller may pass its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes are bytes or characters, as named; each is reported by its number when it is passed."""

    max_bytes: int = 128 * 1024 * 1024
    """The file or the body, after gunzip."""
    max_depth: int = 64
    """Nested arrays and objects of a JSON document."""
    max_unpacked_bytes: int = 256 * 1024 * 1024
    """All parts of a workbook together, unpacked."""
    max_cells: int = 20_000_000
    """Rows times columns that a sheet spans."""
    max_cell_chars: int = 16 * 1024 * 1024
    """One field of a CSV file; a description may be long."""
    max_problems: int = 200
    """Problems kept for one listing; the rest are counted."""
    header_search_rows: int = 10
    """The header is looked for in the first rows of a sheet."""
    sample_rows: int = 20
    """Rows that the guess of a column mapping looks at."""


LIMITS = Limits()
