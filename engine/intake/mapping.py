"""Which column of a table means what: guessed from the headers and the cells, with a confidence, and always shown.

A known name counts 1.0; the same name with a number or unit behind it 0.95; a similar name what RapidFuzz says of it,
from 0.85; cells that look like pictures, HTML or prices 0.6. A column that stays unclear is listed as unmapped, and
the caller may say what it means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import IntakeError, nearest, suggestion
from engine.intake.columns import BY_ID, BY_NAME, DIANXIAOMI_MARKS, IGNORED, REQUIRED, plain

SIMILAR = 85
"""RapidFuzz ratio from which a header counts as a misspelt known one; found by trying on the names above."""
BY_CONTENT = 0.6

_URL = re.compile(r"\s*(?:https?:)?//\S+", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif)\b|alicdn|aliimg", re.IGNORECASE)
_HTML = re.compile(r"<(?:p|div|br|img|span|table|ul|h\d)\b", re.IGNORECASE)
_PRICE = re.compile(r"\s*(?:US\s?)?[$€£¥]\s?\d[\d., ]*\s*|\s*\d[\d.,]*\s?(?:USD|EUR|CNY|RUB)\s*")
_TRAILING = re.compile(r"(?:\d+|usd|kg|cm|kgs|eur|cny)$")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `index` from 0, its `header`, the `field` it means (None: unmapped), how sure, and why.

    `why` is name, similar, content, given, known (a column known to have no place in a listing) or unknown.
    """

    index: int
    header: str
    field: str | None
    confidence: float
    why: str
    sample: str = ""


@dataclass(frozen=True, slots=True)
class MappingResult:
    """All columns of a table as they were understood."""

    columns: tuple[Column, ...]

    @property
    def mapped(self) -> tuple[Column, ...]:
        """The columns that will be read."""
        return tuple(column for column in self.columns if column.field)

    @property
    def unmapped(self) -> tuple[Column, ...]:
        """The columns that nothing will be read from, and that are not known to be of no use."""
        return tuple(column for column in self.columns if not column.field and column.why == "unknown")

    @property
    def fields(self) -> dict[str, list[int]]:
        """Field → the indexes of its columns."""
        found: dict[str, list[int]] = {}
        for column in self.mapped:
            found.setdefault(column.field or "", []).append(column.index)
        return found

    @property
    def is_dianxiaomi(self) -> bool:
        """Whether these are the columns of the 店小秘 export."""
        names = {plain(column.header) for column in self.columns}
        return "店小秘产品id" in names or sum(mark in names for mark in DIANXIAOMI_MARKS) >= 4

    def to_dict(self) -> list[dict[str, Any]]:
        """Plain values, one entry a column, in order."""
        return [
            {
                "column": column.header,
                "field": column.field,
                "confidence": column.confidence,
                "why": column.why,
                "sample": column.sample,
            }
            for column in self.columns
        ]


def guess_mapping(
    headers: Sequence[Any], sample_rows: Sequence[Sequence[Any]] = (), *, given: Mapping[str, str] | None = None
) -> MappingResult:
    """The meaning of every column.

    `given` (header → field, or "" for none) overrides the guess; names that do not exist raise IntakeError.
    """
    names = [str(header).strip() if header is not None else "" for header in headers]
    orders = _checked(given or {}, names)
    guesses = []
    for index, header in enumerate(names):
        cells = [row[index] for row in sample_rows if index < len(row) and row[index] not in (None, "")]
        sample = " ".join(str(cells[0])[:80].split())[:40] if cells else ""
        if header in orders:
            guesses.append(Column(index, header, orders[header] or None, 1.0, "given", sample))
            continue
        field, confidence, why = _by_name(header)
        if field is None and why == "unknown":
            field, confidence, why = _by_content(cells)
        guesses.append(Column(index, header, field, confidence, why, sample))
    return MappingResult(tuple(_without_rivals(guesses)))


def require(mapping: MappingResult, where: str) -> None:
    """Raises IntakeError when a column is missing without which no listing can be read."""
    fields = mapping.fields
    missing = [field for field in REQUIRED if field not in fields]
    if not missing:
        return
    found = [column.header for column in mapping.columns if column.header]
    expected = BY_ID[missing[0]].names
    near = next((names[0] for name in expected if (names := nearest(name, found, limit=1))), "")
    en, zh = (f'; the nearest is "{near}"', f"；最接近的是“{near}”") if near else ("", "")
    shown = ", ".join(found[:12]) or "none"
    examples = f"{', '.join(expected[:3])} or {expected[-2]}"
    raise IntakeError(
        f"no column holds the {missing[0]}; expected one named {examples}; found {shown}{en}",
        f"缺少“{BY_ID[missing[0]].zh}”列；应有名为 {'、'.join(expected[-4:])} 的列；实际列为 {shown}{zh}",
        where=where,
        code="missing_column",
    )


def _checked(given: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    orders = {}
    for header, field in given.items():
        if header.strip() not in names:
            hint = suggestion(header, names)
            en, zh = f'the mapping names a column "{header}" that is not there{hint}', f"映射中的列“{header}”不存在"
            raise IntakeError(en, zh, code="unknown_column")
        if field and field not in BY_ID:
            hint = suggestion(field, BY_ID)
            en, zh = f'the mapping names an unknown field "{field}"{hint}', f"映射中的字段“{field}”不存在"
            raise IntakeError(en, zh, code="unknown_field")
        orders[header.strip()] = field
    return orders


def _by_name(header: str) -> tuple[str | None, float, str]:
    name = plain(header[:200])
    if not name:
        return None, 0.0, "unknown"
    if name in BY_NAME:
        return BY_NAME[name], 1.0, "name"
    if name in IGNORED:
        return None, 1.0, "known"
    stem = _TRAILING.sub("", name)
    if stem in BY_NAME:
        return BY_NAME[stem], 0.95, "name"
    from rapidfuzz import fuzz, process

    best = process.extractOne(name, list(BY_NAME), scorer=fuzz.ratio, score_cutoff=SIMILAR)
    if best is not None:
        return BY_NAME[best[0]], round(best[1] / 100, 2), "similar"
    return None, 0.0, "unknown"


def _by_content(cells: Sequence[Any]) -> tuple[str | None, float, str]:
    texts = [cell for cell in cells if isinstance(cell, str)]
    if texts and len(texts) * 2 > len(cells):
        most = len(texts) * 0.6
        if sum(bool(_URL.match(text) and _PICTURE.search(text)) for text in texts) > most:
            return "images", BY_CONTENT, "content"
        if sum(bool(_HTML.search(text[:2000])) for text in texts) > most:
            return "description", BY_CONTENT, "content"
        if sum(bool(_PRICE.fullmatch(text[:40])) for text in texts) > most:
            return "sku_price", BY_CONTENT, "content"
    return None, 0.0, "unknown"


def _without_rivals(columns: list[Column]) -> list[Column]:
    """Of several columns for one field the surest is kept (the first of equals), unless the field may have many."""
    best: dict[str, Column] = {}
    for column in columns:
        if column.field and (column.field not in best or column.confidence > best[column.field].confidence):
            best[column.field] = column
    return [
        column
        if not column.field or BY_ID[column.field].many or best[column.field] is column
        else Column(column.index, column.header, None, 0.0, "unknown", column.sample)
        for column in columns
    ]
