"""The words of a rule on a day, cut at their placeholders once, so that a finding only puts its values in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from engine.loading.messages import PLACEHOLDER, placeholders
from engine.loading.selections import split_argument
from engine.model.expressions import Ref
from engine.model.rule import CheckRule

LONGEST_SHOWN = 300
"""Code points of one value in a message; the location holds all of it."""


class Piece(NamedTuple):
    """Words that always stand there, and the placeholder after them (None at the end) with its number format."""

    words: str
    name: str | None
    form: str | None


class Wording:
    """`messages`: the pieces of each language, parameters put in; `names`: placeholders that are no parameters.

    `sources` says what a name means: a field of the item (text) or a feature (Ref).
    """

    __slots__ = ("_item", "messages", "names", "prefix", "sorted_names", "sources")

    def __init__(self, rule: CheckRule, parameters: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        self.prefix = f"{rule.each.item}." if rule.each else ""
        self.messages = {language: _cut(text, parameters) for language, text in rule.message.items()}
        self.names = tuple(name for name in placeholders(rule.message["en"]) if name not in parameters)
        self.sorted_names = tuple(sorted(self.names))
        self.sources: dict[str, str | Ref] = {}
        self._item = frozenset(fields)

    def source(self, name: str) -> str | Ref:
        """The field of the item, or the feature, that a name means."""
        found = self.sources.get(name)
        if found is None:
            field = name[len(self.prefix) :]
            is_field = self.prefix and name.startswith(self.prefix) and field in self._item
            found = self.sources[name] = field if is_field else Ref(*split_argument(name))
        return found


def _cut(text: str, parameters: Mapping[str, Any]) -> Sequence[Piece]:
    pieces: list[Piece] = []
    words, at = "", 0
    for match in PLACEHOLDER.finditer(text):
        words += text[at : match.start()]
        at = match.end()
        name, form = match.group(1), match.group(2)
        if name in parameters:
            words += shown(parameters[name], form)
        else:
            pieces.append(Piece(words, name, form))
            words = ""
    return (*pieces, Piece(words + text[at:], None, None))


def shown(value: Any, form: str | None = None) -> str:
    """A value as a reader wants to see it."""
    if value is None:
        return "—"
    if isinstance(value, list | tuple | set | frozenset):
        return shown(", ".join(shown(item) for item in islice(value, LONGEST_SHOWN)))
    if form and isinstance(value, int | Decimal):
        return format(value, form)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else str(value)
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def plain(value: Any) -> Any:
    """A value as JSON data: Decimal and date as text, tuples and sets as lists."""
    if value.__class__ is str or value.__class__ is int:
        return value
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
