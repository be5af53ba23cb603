"""The one error tree of the engine.

    StorewardenError
    ├── RulePackError        a rule pack cannot be loaded; carries every fault of every file
    ├── IntakeError          the input cannot be read as listings at all
    └── UnknownName          a rule, feature or category that does not exist; names the nearest ones

A fault of *one* listing is never an exception: it is a `Problem` (engine.intake) or an `error` result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class StorewardenError(Exception):
    """Base of every error this project raises on purpose; `code` is stable, the text is for people."""

    code = "storewarden_error"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of one rule file. `line` and `column` count from 1; `reason` says the way out as well."""

    file: str
    line: int
    column: int
    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}  {self.code} {self.reason}"


class RulePackError(StorewardenError):
    """The pack has faults. `faults` holds all of them, of all files, in file and line order."""

    code = "rule_pack_invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class IntakeError(StorewardenError):
    """The input is no form of listing that is known; `where` names file, sheet, row or byte, as far as known."""

    code = "input_unreadable"

    def __init__(self, en: str, zh: str, *, where: str = "", code: str = "input_unreadable") -> None:
        self.en, self.zh, self.where, self.code = en, zh, where, code
        super().__init__(f"{where}: {en}" if where else en)


class UnknownName(StorewardenError, KeyError):
    """`name` is not among `known`; the message offers the nearest ones."""

    code = "unknown_name"

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.kind, self.name, self.nearest = kind, name, nearest(name, known)
        super().__init__(f'unknown {kind} "{name}"{suggestion(name, known)}')

    def __str__(self) -> str:
        return str(self.args[0])


def nearest(name: str, known: Iterable[str], *, limit: int = 3) -> list[str]:
    """The names most like `name` (similarity of at least 70 of 100), best first."""
    from rapidfuzz import process

    return [match[0] for match in process.extract(name, list(known), limit=limit, score_cutoff=70)]


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean "a"?` or an empty string: the tail of an error message about an unknown name."""
    names = nearest(name, known, limit=1)
    return f'; did you mean "{names[0]}"?' if names else ""
