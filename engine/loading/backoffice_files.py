"""The files of a pack that say what a back office allows: dated limits like those of rules, and tables of moves.

`rules/PACK/backoffice/SECTION.yaml`: id, title, source, params (as in a rule file), and for products `moves`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import Struct

from engine.errors import Fault, RulePackError, UnknownName
from engine.loading.fields import Faults, Fields
from engine.loading.header import read_parameters
from engine.loading.strict_yaml import parse
from engine.model.rule import Parameter


class MoveRow(Struct, frozen=True):
    """One row of the table of moves. `to` None: the status stays; `checked`: the pre-check must let it pass."""

    move: str
    sources: tuple[str, ...]
    to: str | None
    reason: str | None
    barred: tuple[str, ...]
    checked: bool
    title: dict[str, str]


class Backoffice(Struct, frozen=True):
    """One section's file."""

    id: str
    title: dict[str, str]
    parameters: Mapping[str, Parameter]
    moves: tuple[MoveRow, ...]

    def value(self, name: str, as_of: date) -> Any:
        """The number or text of a parameter on a day; a tuple for a list; None before its first date.

        Raises UnknownName with the names there are.
        """
        parameter = self.parameters.get(name)
        if parameter is None:
            raise UnknownName("parameter", name, list(self.parameters))
        dated = parameter.at(as_of)
        if dated is None:
            return None
        values = tuple(literal.value for literal in dated.values)
        return values if parameter.is_list else values[0]


def read_backoffice(file: Path) -> Backoffice:
    """One file. Raises RulePackError with every fault in it, each with line and column."""
    found: list[Fault] = []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise RulePackError([Fault(str(file), 1, 1, "P001", "the file is missing or not UTF-8")]) from None
    root = parse(text, str(file), found)
    if root is None:
        raise RulePackError(found)
    faults = Faults(str(file), found)
    fields = Fields(root, faults, "a back-office file")
    section, title = fields.text("id"), fields.wording("title")
    fields.optional("source")
    parameters = read_parameters(fields)
    moves = [row for node in fields.entries("moves") if (row := _move(Fields(node, faults, "a move"))) is not None]
    fields.close()
    if found or section is None or title is None:
        raise RulePackError(found)
    return Backoffice(section, title, parameters, tuple(moves))


def _move(fields: Fields) -> MoveRow | None:
    move, title = fields.text("move"), fields.wording("title")
    sources = tuple(text for text, _ in fields.texts("from"))
    barred = tuple(text for text, _ in fields.texts("barred"))
    to, reason = fields.text("to", required=False), fields.text("reason", required=False)
    checked = fields.scalar("checked", bool, "true or false", required=False) or False
    fields.close()
    if move is None or title is None or not sources:
        return None
    return MoveRow(move, sources, to, reason, barred, checked, title)
