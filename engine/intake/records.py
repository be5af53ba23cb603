"""What the intake hands over: records with their origin and problems, and the intake that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.facts import Listing, Store
from engine.intake.limits import LIMITS, Limits
from engine.intake.values import EXACT, GUESSED, Unreadable, shown

if TYPE_CHECKING:
    from engine.intake.mapping import MappingResult

Text = dict[str, str]
"""A wording in both languages: {"en": …, "zh": …}."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that could not be read as meant.

    `pointer` is the field in *our* listing, `place` the place in the user's own file ({en, zh}). `used` tells whether
    the value was read all the same, after a correction that the message names, or was left out. `value` is the
    value as found, shortened.
    """

    pointer: str
    code: str
    message: Text
    place: Text
    value: str = ""
    used: bool = False

    def text(self, lang: str = "en") -> str:
        """Place and message in one line: `sheet Sheet1, row 7, column Weight: expected …`."""
        place = self.place[lang]
        return f"{place}: {self.message[lang]}" if place else self.message[lang]

    def __str__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "pointer": self.pointer,
            "code": self.code,
            "message": dict(self.message),
            "place": dict(self.place),
            "value": self.value,
            "used": self.used,
        }


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a listing came from.

    `pointers` maps our JSON pointers to the source: a JSON pointer of the original document, or a column name.
    `rows` maps pointer prefixes to the rows they came from, when a product takes several rows. `base` is the JSON
    pointer of this listing in its document. `ignored` names source fields that have no place in a listing.
    `not_carried` names fields of a listing that this source has no place for: there a missing value says nothing of
    the product.
    """

    form: str
    file: str = ""
    sheet: str = ""
    row: int = 0
    line: int = 0
    base: str = ""
    pointers: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    not_carried: frozenset[str] = frozenset()

    def source(self, pointer: str) -> str:
        """The source pointer or column of our `pointer`, or of the nearest thing around it that is known."""
        if not self.pointers and not self.row:
            return self.base + pointer
        while pointer:
            if pointer in self.pointers:
                return self.pointers[pointer]
            pointer = pointer.rpartition("/")[0]
        return "" if self.row else self.base

    def row_of(self, pointer: str) -> int:
        """The sheet row that holds `pointer`; counted from 1, 0 when the source is no sheet."""
        while pointer:
            if pointer in self.rows:
                return self.rows[pointer]
            pointer = pointer.rpartition("/")[0]
        return self.row

    def place(self, pointer: str) -> Text:
        """The place of `pointer` in the user's own terms, in both languages."""
        if self.row:
            return cell_place(self.sheet, self.row_of(pointer), self.source(pointer))
        source = self.source(pointer)
        if self.line:
            tail = f", {source}" if source else ""
            return {"en": f"line {self.line}{tail}", "zh": f"第 {self.line} 行{tail.replace(', ', '，')}"}
        return {"en": source, "zh": source}


def cell_place(sheet: str, row: int, column: str = "") -> Text:
    """`sheet Sheet1, row 7, column Weight`, with what is unknown left out."""
    en = [f"sheet {sheet}"] if sheet else []
    zh = f"工作表“{sheet}”" if sheet else ""
    if row:
        en.append(f"row {row}")
        zh += f"第 {row} 行"
    if column:
        en.append(f"column {column}")
        zh += f"“{column}”列"
    return {"en": ", ".join(en), "zh": zh}


@dataclass(frozen=True, slots=True)
class Record:
    """One product of the input. `listing` is None only if nothing of it could be read; the problems say why."""

    listing: Listing | None
    problems: tuple[Problem, ...]
    origin: Origin


@dataclass(slots=True)
class Tally:
    """Counts of what was read; complete once the records were all taken. rows == used + refused + empty."""

    rows: int = 0
    used: int = 0
    refused: int = 0
    empty: int = 0
    records: int = 0


class Intake:
    """All listings of one input, to be iterated.

    JSON is held in memory; the rows of a sheet stream, and are read anew by each iteration. `store` is what the input
    said of the store, `mapping` the columns as they were understood, `problems` what is wrong with the input as a
    whole, `tally` the counts of the last complete iteration.
    """

    def __init__(
        self,
        form: str,
        records: Iterable[Record],
        *,
        file: str = "",
        store: Store | None = None,
        mapping: MappingResult | None = None,
        problems: tuple[Problem, ...] = (),
        tally: Tally | None = None,
    ) -> None:
        self.form = form
        self.file = file
        self.store = store
        self.mapping = mapping
        self.problems = problems
        self.tally = tally if tally is not None else Tally()
        self._records = records

    def __iter__(self) -> Iterator[Record]:
        if not isinstance(self._records, tuple):
            return iter(self._records)
        count = len(self._records)
        refused = sum(record.listing is None for record in self._records)
        self.tally = Tally(rows=count, used=count - refused, refused=refused, records=count)
        return iter(self._records)

    @property
    def records(self) -> tuple[Record, ...]:
        """All records at once."""
        if not isinstance(self._records, tuple):
            self._records = tuple(self._records)
        return self._records

    @property
    def listings(self) -> list[Listing]:
        """The listings that could be read, in order."""
        return [record.listing for record in self.records if record.listing is not None]


class Sink:
    """Collects the problems of one listing, up to the limit, and counts the rest.

    With `exact`, a value that had to be converted ("12,50" for 12.50) is reported as used; without, only guesses are.
    """

    def __init__(self, *, exact: bool = False, limits: Limits = LIMITS) -> None:
        self.exact = exact
        self.limits = limits
        self.dropped = 0
        self.entries: list[tuple[str, str, str, str, str, bool]] = []

    def add(self, pointer: str, code: str, en: str, zh: str, *, value: object = "", used: bool = False) -> None:
        """Note one problem at our `pointer`."""
        if self.is_full:
            self.dropped += 1
            return
        self.entries.append((pointer, code, en, zh, shown(value) if value != "" else "", used))

    @property
    def is_full(self) -> bool:
        """Whether further problems are only counted."""
        return len(self.entries) >= self.limits.max_problems

    def refuse(self, pointer: str, error: Unreadable, value: object) -> None:
        """Note that the value at our `pointer` is not what was expected, and was left out."""
        if self.is_full:
            self.dropped += 1
            return
        text = shown(value)
        text = f"'{text}'" if isinstance(value, str) else text
        self.add(pointer, error.code, f"{error.en}, got {text}", f"{error.zh}，实际为 {text}", value=value)

    def replaced(self, pointer: str, count: int, value: str) -> None:
        """Note that characters which no text may hold were replaced."""
        en = f"{count} characters that no text may hold (NUL or half of a pair) were replaced"
        zh = f"{count} 个非法字符（NUL 或不完整代理对）已被替换"
        self.add(pointer, "bad_characters", en, zh, value=value, used=True)

    def converted(self, pointer: str, how: str, found: object, value: object) -> None:
        """Note a value that was converted (only with `exact`) or guessed."""
        if how == GUESSED:
            en, zh = f"can be read in two ways; read as {found}", f"存在两种读法，已读作 {found}"
            self.add(pointer, "guessed", en, zh, value=value, used=True)
        elif how != EXACT and self.exact:
            self.add(pointer, "converted", f"read as {found}", f"已读作 {found}", value=value, used=True)

    def problems(self, origin: Origin) -> tuple[Problem, ...]:
        """What was collected, with the places that `origin` knows."""
        found = [
            Problem(pointer, code, {"en": en, "zh": zh}, origin.place(pointer), value, used)
            for pointer, code, en, zh, value, used in self.entries
        ]
        if self.dropped:
            text = {"en": f"{self.dropped} more problems not listed", "zh": f"另有 {self.dropped} 个问题未列出"}
            found.append(Problem("", "more_problems", text, origin.place("")))
        return tuple(found)
