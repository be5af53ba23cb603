"""What a source yields: records in the order of the file, each with what of it was refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.intake.records import Origin, Problem

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record or value that was not taken, with its place in the user's own file."""

    code: str
    reason: Text
    place: Text
    sheet: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    is_whole_record: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "place": self.place,
            "code": self.code,
            "reason": self.reason,
            "value": self.value,
            "is_whole_record": self.is_whole_record,
        }


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a file and where it stands. `value` None: nothing of it was taken, and the refusals say why."""

    value: Any
    refusals: tuple[Refusal, ...] = ()
    sheet: str = ""
    row: int = 0
    place: Text = field(default_factory=dict)


def refusal_of(problem: Problem, origin: Origin, *, row: int, is_whole_record: bool) -> Refusal:
    """A problem of the intake as a refusal of the report. `row` counts where the origin itself knows no row."""
    row = origin.row_of(problem.pointer) or row
    column = origin.source(problem.pointer) or problem.pointer
    return Refusal(
        problem.code, dict(problem.message), dict(problem.place), origin.sheet, row, column, problem.value,
        is_whole_record,
    )  # fmt: skip
