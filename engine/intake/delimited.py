"""Rows of CSV and TSV text: encoding, delimiter and quoting as found, not as they should be."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice

from engine.intake.limits import LIMITS, Limits

DELIMITERS = ",\t;|"
BROKEN_LINES = 10
"""Lines with broken quoting that are stepped over before quotes are taken as plain characters."""


def delimiter_of(text: str) -> str:
    """The delimiter that cuts the first lines into most columns, and into the same number each."""
    lines = [line for line in text[:65536].splitlines()[:20] if line.strip()]
    best, most = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        wide = max(widths, default=0)
        if wide > 1:
            alike = sum(width == widths[0] for width in widths) / len(widths)
            best, most = max((best, most), (delimiter, (round(alike, 1) * wide, wide)), key=lambda pair: pair[1])
    return best


def rows(text: str, delimiter: str, limits: Limits = LIMITS) -> Iterator[tuple[int, list[str] | None]]:
    """Line number on which the row begins, and its cells; None for a line whose quoting is broken."""
    csv.field_size_limit(limits.max_cell_chars)
    lines = text.removesuffix("\n").split("\n")
    start, broken = 0, 0
    while start < len(lines):
        source = (line + "\n" for line in islice(lines, start, None))
        if broken < BROKEN_LINES:
            reader = csv.reader(source, delimiter=delimiter, strict=True)
        else:
            reader = csv.reader(source, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        done = 0
        try:
            for row in reader:
                yield start + done + 1, row
                done = reader.line_num
            return
        except csv.Error:
            broken += 1
            yield start + done + 1, None
            start += done + 1
