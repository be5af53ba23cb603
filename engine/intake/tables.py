"""Where a table begins: which of the first rows is the header, also when it takes two rows with merged cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.intake.columns import BY_NAME, IGNORED, plain
from engine.intake.limits import LIMITS, Limits

MINIMUM = 2
"""Known names that make a row a header; with fewer the first row counts as one."""


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, how many of them are known, and the index of the first row behind the header."""

    names: tuple[str, ...]
    known: int
    data_from: int


def find_header(
    rows: Sequence[Sequence[Any]], given: Mapping[str, str] | None = None, limits: Limits = LIMITS
) -> Header:
    """The header among the first rows of a sheet. `rows` has at least one row that is not blank."""
    names = {plain(name) for name in given or {}}
    best = Header((), -1, 0)
    first: Header | None = None
    for index, row in enumerate(rows[: limits.header_search_rows]):
        texts = [_text(cell) for cell in row]
        if not any(texts):
            continue
        header = Header(tuple(texts), _known(texts, names), index + 1)
        first = first or header
        below = [_text(cell) for cell in rows[index + 1]] if index + 1 < len(rows) else []
        merged = _merged(texts, below, names)
        both = Header(tuple(merged), _known(merged, names), index + 2)
        # Two rows make the header only where the upper one alone leaves gaps.
        if "" in texts and both.known > max(header.known, _known(below, names)):
            header = both
        if header.known > best.known:
            best = header
    if best.known >= MINIMUM or first is None:
        return best
    return best if best.known > 0 and best.names[:1] == first.names[:1] else first


def _text(cell: Any) -> str:
    return " ".join(str(cell).split())[:200] if isinstance(cell, str | int | float) and cell != "" else ""


def _known(texts: Sequence[str], names: set[str]) -> int:
    return sum(1 for text in texts if text and ((name := plain(text)) in BY_NAME or name in IGNORED or name in names))


def _merged(upper: Sequence[str], lower: Sequence[str], names: set[str]) -> list[str]:
    found, group = [], ""
    for index in range(max(len(upper), len(lower))):
        above = upper[index] if index < len(upper) else ""
        below = lower[index] if index < len(lower) else ""
        group = above or group
        both = f"{group} {below}".strip()
        choices = [both, below] if below else [above]
        found.append(next((text for text in choices if _known([text], names)), both if below else above))
    return found
