"""`marks/*.csv` of a pack, the form in which marks are imported: a row a mark, every fault with its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date

from engine.errors import suggestion
from engine.loading.fields import Faults
from engine.marks.model import RISKS, STATUSES, TIERS, Mark

COLUMNS = (
    "name", "aliases", "zh", "ru", "owner", "classes", "categories", "territories", "tier", "status", "since", "until",
    "risk", "patterns", "source",
)  # fmt: skip
"""Several values in one cell are parted by "|"."""

CODE = "P005"
LONGEST = {"name": 200, "owner": 200, "source": 300, "patterns": 2000, "aliases": 2000, "zh": 2000, "ru": 2000}
"""Characters of a cell."""
NICE = range(1, 46)
_HAN, _CYRILLIC = re.compile("[\u2e80-\u9fff]"), re.compile("[\u0400-\u04ff]")


def read_marks(content: bytes, faults: Faults) -> list[Mark]:
    """The marks of one file. A row with a fault is left out."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.at((line, 1), CODE, "the file is not UTF-8; save it as CSV UTF-8")
        return []
    rows = csv.reader(io.StringIO(text, newline=""), strict=False)
    header = [cell.strip().lower() for cell in next(rows, [])]
    for column, name in enumerate(header, 1):
        if name not in COLUMNS:
            faults.at((1, column), CODE, f'no column "{name}"{suggestion(name, COLUMNS)}; known: {", ".join(COLUMNS)}')
    for needed in ("name", "owner"):
        if needed not in header:
            faults.at((1, 1), CODE, f'the column "{needed}" is missing')
            return []
    found: list[Mark] = []
    first: dict[str, int] = {}
    for cells in rows:
        line = rows.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            faults.at((line, len(header) + 1), CODE, f"the row has {len(cells)} cells, the header {len(header)}")
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        mark = _Row(row, header, line, faults).mark()
        if mark is None:
            continue
        name = mark.names[0].lower()
        if name in first:
            faults.at((line, 1), CODE, f'"{mark.names[0]}" already stands in line {first[name]}; make it one row')
            continue
        first[name] = line
        found.append(mark)
    return found


class _Row:
    def __init__(self, row: Mapping[str, str], header: list[str], line: int, faults: Faults) -> None:
        self._row = row
        self._header = header
        self._line = line
        self._faults = faults
        self._clean = True

    def mark(self) -> Mark | None:
        """The mark, or None after a fault."""
        name, owner = self._row.get("name", ""), self._row.get("owner", "")
        if not any(char.isalnum() for char in name):
            self._fault("name", "a mark needs a name with letters or digits")
        if not owner:
            self._fault("owner", "the owner is missing")
        for column, most in LONGEST.items():
            if len(self._row.get(column, "")) > most:
                self._fault(column, f"the cell has more than {most} characters")
        names = dict.fromkeys((name, *self._many("aliases"), *self._many("zh"), *self._many("ru")))
        mark = Mark(
            names=tuple(names),
            owner=owner,
            classes=tuple(self._classes()),
            categories=tuple(self._many("categories")),
            territories=tuple(self._territories()),
            tier=self._choice("tier", TIERS),
            status=self._choice("status", STATUSES),
            since=self._day("since"),
            until=self._day("until"),
            risk=self._choice("risk", RISKS) if self._row.get("risk") else "",
            patterns=self._row.get("patterns", ""),
            source=self._row.get("source", ""),
        )
        if mark.since and mark.until and mark.until < mark.since:
            self._fault("until", "the last day lies before the first")
        return mark if self._clean else None

    def _fault(self, column: str, reason: str) -> None:
        self._clean = False
        at = self._header.index(column) + 1 if column in self._header else 1
        self._faults.at((self._line, at), CODE, reason)

    def _many(self, column: str) -> list[str]:
        return [part.strip() for part in self._row.get(column, "").split("|") if part.strip()]

    def _classes(self) -> list[int]:
        found = []
        for part in self._many("classes"):
            if part.isdecimal() and int(part) in NICE:
                found.append(int(part))
            else:
                self._fault("classes", f'"{part}" is no Nice class; they are 1 to 45, parted by "|"')
        return found

    def _territories(self) -> list[str]:
        found = []
        for part in self._many("territories"):
            if len(part) == 2 and part.isascii() and part.isupper():
                found.append(part)
            else:
                self._fault("territories", f'"{part}" is no country code such as US or DE')
        return found

    def _choice(self, column: str, choices: tuple[str, ...]) -> str:
        value = self._row.get(column) or choices[0]
        if value not in choices:
            self._fault(column, f'must be one of {", ".join(choices)}, not "{value}"{suggestion(value, choices)}')
            return choices[0]
        return value

    def _day(self, column: str) -> date | None:
        value = self._row.get(column)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self._fault(column, f'"{value}" is no day such as 2026-11-23')
            return None


def write_marks(marks: Iterable[Mark]) -> str:
    """The same form, to be read back: a header and a row a mark. Names in Han or Cyrillic have columns of their own."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for mark in marks:
        first, *others = mark.names
        zh = [name for name in others if _HAN.search(name)]
        ru = [name for name in others if _CYRILLIC.search(name)]
        told = [name for name in others if name not in zh and name not in ru]
        rows.writerow([
            first, *("|".join(part) for part in (told, zh, ru)), mark.owner, "|".join(map(str, mark.classes)),
            "|".join(mark.categories), "|".join(mark.territories), mark.tier, mark.status, mark.since or "",
            mark.until or "", mark.risk, mark.patterns, mark.source,
        ])  # fmt: skip
    return out.getvalue()
