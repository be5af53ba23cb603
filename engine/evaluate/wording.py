"""The words of a rule on a day, cut at their placeholders once, so that a finding only puts its values in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from engine.features.registry import Field, Registry
from engine.loading.messages import PLACEHOLDER, placeholders
from engine.loading.selections import split_argument
from engine.model.expressions import Ref
from engine.model.rule import CheckRule

LONGEST_SHOWN = 300
"""Code points of one value in a message; the location holds all of it."""


Named = Mapping[str, str]
"""What values are called in one language; a value that it does not hold stands for itself."""

_JOINED = {"zh": "、"}
"""How a language parts the items of a list; others by a comma."""


class Piece(NamedTuple):
    """Words that always stand there, and the placeholder after them (None at the end) with its number format.

    `called`: the words for its values; `joiner` parts the items of a list.
    """

    words: str
    name: str | None
    form: str | None
    called: Named | None
    joiner: str


class Wording:
    """`messages`: the pieces of each language, parameters put in; `names`: placeholders that are no parameters.

    `sources` says what a name means: a field of the item (text) or a feature (Ref).
    """

    __slots__ = ("_fields", "_registry", "messages", "names", "prefix", "sorted_names", "sources")

    def __init__(self, rule: CheckRule, parameters: Mapping[str, Any], registry: Registry) -> None:
        self.prefix = f"{rule.each.item}." if rule.each else ""
        self._registry = registry
        self._fields: Mapping[str, Field] = registry.collections[rule.each.collection.name].item if rule.each else {}
        self.sources: dict[str, str | Ref] = {}
        self.messages = {language: self._cut(text, parameters, language) for language, text in rule.message.items()}
        self.names = tuple(name for name in placeholders(rule.message["en"]) if name not in parameters)
        self.sorted_names = tuple(sorted(self.names))

    def source(self, name: str) -> str | Ref:
        """The field of the item, or the feature, that a name means."""
        found = self.sources.get(name)
        if found is None:
            field = name[len(self.prefix) :]
            is_field = self.prefix and name.startswith(self.prefix) and field in self._fields
            found = self.sources[name] = field if is_field else Ref(*split_argument(name))
        return found

    def _cut(self, text: str, parameters: Mapping[str, Any], language: str) -> Sequence[Piece]:
        joiner = _JOINED.get(language, ", ")
        pieces: list[Piece] = []
        words, at = "", 0
        for match in PLACEHOLDER.finditer(text):
            words += text[at : match.start()]
            at = match.end()
            name, form = match.group(1), match.group(2)
            if name in parameters:
                words += shown(parameters[name], form, None, joiner)
            else:
                pieces.append(Piece(words, name, form, self._called(name, language), joiner))
                words = ""
        return (*pieces, Piece(words + text[at:], None, None, None, joiner))

    def _called(self, name: str, language: str) -> Named | None:
        source = self.source(name)
        measure = self._fields.get(source) if isinstance(source, str) else self._registry.features.get(source.name)
        if measure is None or measure.words is None:
            return None
        return {value: texts[language == "zh"] for value, texts in measure.words.items()}


def shown(value: Any, form: str | None = None, called: Named | None = None, joiner: str = ", ") -> str:
    """A value as a reader wants to see it."""
    if value is None:
        return "—"
    if isinstance(value, list | tuple | set | frozenset):
        return shown(joiner.join(shown(item, None, called) for item in islice(value, LONGEST_SHOWN)))
    if called is not None and value in called:
        return called[value]
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
