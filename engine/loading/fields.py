"""Reading the fields of one mapping of a rule file: each read notes what is missing, of the wrong type or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from engine.errors import Fault, suggestion
from engine.loading.strict_yaml import Node
from engine.model.rule import LANGUAGES


class Faults:
    """The faults of one file, in the order they were found. `name` is the file's name within the pack."""

    def __init__(self, file: str, found: list[Fault], *, name: str | None = None) -> None:
        self.file = file
        self.name = name if name is not None else file
        self._found = found
        self._before = len(found)

    def at(self, node: Node | tuple[int, int], code: str, reason: str) -> None:
        """Note a fault at a node or a (line, column)."""
        line, column = (node.line, node.column) if isinstance(node, Node) else node
        self._found.append(Fault(self.file, line, column, code, reason))

    @property
    def clean(self) -> bool:
        """No fault since this file was begun."""
        return len(self._found) == self._before


class Fields:
    """The fields of one mapping. `close()` reports those nobody asked for."""

    def __init__(self, node: Node, faults: Faults, what: str) -> None:
        self.node = node
        self.faults = faults
        self.what = what
        self._asked: set[str] = set()
        if not isinstance(node.value, dict):
            faults.at(node, "R003", f"{what} must be a mapping (name: value), not {_kind(node.value)}")

    def optional(self, key: str) -> Node | None:
        """The node below a key, or None when it is missing or null."""
        self._asked.add(key)
        node = self.node.get(key)
        return None if node is None or node.value is None else node

    def required(self, key: str) -> Node | None:
        """The node below a key; a missing one is a fault."""
        node = self.optional(key)
        if node is None and isinstance(self.node.value, dict):
            self.faults.at(self.node, "R002", f'{self.what} lacks "{key}"')
        return node

    def scalar(self, key: str, types: type | tuple[type, ...], words: str, *, required: bool = True) -> Any:
        """A value of the given type, or None after a fault (or when it is optional and missing)."""
        node = self.required(key) if required else self.optional(key)
        if node is None:
            return None
        if not isinstance(node.value, types) or (isinstance(node.value, bool) and types is int):
            self.faults.at(node, "R003", f'"{key}" must be {words}, not {_kind(node.value)}')
            return None
        return node.value

    def text(self, key: str, *, required: bool = True) -> str | None:
        """A text that is not empty."""
        value: str | None = self.scalar(key, str, "text", required=required)
        if value is not None and not value.strip():
            self.faults.at(self.node.value[key], "R003", f'"{key}" is empty')
            return None
        return value

    def day(self, key: str, *, required: bool = True) -> date | None:
        """A date as 2026-11-23."""
        value: date | None = self.scalar(key, date, "a date such as 2026-11-23", required=required)
        return value

    def integer(self, key: str, *, required: bool = True) -> int | None:
        """A whole number."""
        value: int | None = self.scalar(key, int, "a whole number", required=required)
        return value

    def choice(self, key: str, choices: Sequence[str], *, required: bool = True) -> str | None:
        """One of a closed set of words."""
        value = self.text(key, required=required)
        if value is not None and value not in choices:
            node = self.node.value[key]
            reason = f'"{key}" must be one of {", ".join(choices)}, not "{value}"{suggestion(value, choices)}'
            self.faults.at(node, "R003", reason)
            return None
        return value

    def wording(self, key: str, *, required: bool = True) -> dict[str, str] | None:
        """A text in every language."""
        node = self.required(key) if required else self.optional(key)
        return None if node is None else wording(node, self.faults, f'"{key}"')

    def texts(self, key: str) -> list[tuple[str, Node]]:
        """A list of texts with their nodes; a single text stands for a list of one."""
        node = self.optional(key)
        if node is None:
            return []
        nodes = node.value if isinstance(node.value, list) else [node]
        found = []
        for item in nodes:
            if isinstance(item.value, str):
                found.append((item.value, item))
            else:
                self.faults.at(item, "R003", f'"{key}" must hold texts, not {_kind(item.value)}')
        return found

    def entries(self, key: str, *, required: bool = False) -> Iterator[Node]:
        """The nodes of a list."""
        node = self.required(key) if required else self.optional(key)
        if node is None:
            return iter(())
        if not isinstance(node.value, list):
            self.faults.at(node, "R003", f'"{key}" must be a list, not {_kind(node.value)}')
            return iter(())
        return iter(node.value)

    def close(self) -> None:
        """Report every field that is not known here."""
        for key in self.node.keys:
            if key not in self._asked:
                reason = f'{self.what} has no field "{key}"{suggestion(str(key), sorted(self._asked))}'
                self.faults.at(self.node.keys[key], "R001", reason)


def wording(node: Node, faults: Faults, what: str) -> dict[str, str] | None:
    """{en: …, zh: …}; a missing or empty language is a fault (R006)."""
    if not isinstance(node.value, dict):
        faults.at(node, "R006", f"{what} must be given in every language: {{en: …, zh: …}}")
        return None
    complete = True
    for language in LANGUAGES:
        item = node.get(language)
        if item is None or not isinstance(item.value, str) or not item.value.strip():
            faults.at(item or node, "R006", f"{what} lacks the language {language}")
            complete = False
    for key in node.keys:
        if key not in LANGUAGES:
            faults.at(node.keys[key], "R001", f'{what} has no language "{key}"; known are {", ".join(LANGUAGES)}')
    return {language: node.value[language].value for language in LANGUAGES} if complete else None


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f'"{value}"'
