"""Strict YAML 1.2 with places: every value knows its line and column, and every fault of a file is reported at once.

Refused, each with a fault: duplicate keys (Y002), the YAML 1.1 booleans yes/no/on/off/y/n unquoted (Y003), anchors,
aliases, tags and merge keys (Y004), keys that are no plain text or date (Y005), more than `MAX_DEPTH` levels (Y006).
Numbers with a point become Decimal, dates become datetime.date; everything else unquoted is null, bool, int or text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from engine.errors import Fault

MAX_DEPTH = 40
OLD_BOOLEANS = frozenset({"yes", "no", "on", "off", "y", "n"})
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """A value with its place. `value` is a dict of str or date → Node, a list of Node, or a scalar.

    `line` and `column` count from 1; `keys` gives the place of each key of a mapping.
    """

    value: Any
    line: int
    column: int
    keys: dict[Any, tuple[int, int]]

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, key: str) -> Node | None:
        """The node below `key`, or None when this is no mapping or lacks it."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[tuple[Any, Node]]:
        """The pairs of a mapping; nothing for any other value."""
        return iter(self.value.items()) if isinstance(self.value, dict) else iter(())


def parse(text: str, file: str, faults: list[Fault]) -> Node | None:
    """The document as a Node; faults are appended. None when it is no YAML at all or empty."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        faults.append(Fault(file, line, column, "Y001", f"not YAML: {error.problem or error.context}"))
        return None
    except yaml.YAMLError as error:
        faults.append(Fault(file, 1, 1, "Y001", f"not YAML: {' '.join(str(error).split())}"))
        return None
    if root is None:
        faults.append(Fault(file, 1, 1, "Y001", "the file is empty"))
        return None
    return _Reader(file, faults).node(root, 0)


class _Reader:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self._file = file
        self._faults = faults
        self._seen: set[int] = set()

    def fault(self, node: yaml.Node, code: str, reason: str) -> None:
        mark = node.start_mark
        self._faults.append(Fault(self._file, mark.line + 1, mark.column + 1, code, reason))

    def node(self, node: yaml.Node, depth: int) -> Node:
        mark = node.start_mark
        line, column = mark.line + 1, mark.column + 1
        if depth > MAX_DEPTH:
            self.fault(node, "Y006", f"nested deeper than {MAX_DEPTH} levels")
            return Node(None, line, column, {})
        if id(node) in self._seen:
            self.fault(node, "Y004", "an alias repeats this part of the file; write the value out where it is needed")
            return Node(None, line, column, {})
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return Node(self._scalar(node), line, column, {})
        if isinstance(node, yaml.SequenceNode):
            return Node([self.node(child, depth + 1) for child in node.value], line, column, {})
        return self._mapping(node, line, column, depth)

    def _mapping(self, node: yaml.Node, line: int, column: int, depth: int) -> Node:
        values: dict[Any, Node] = {}
        places: dict[Any, tuple[int, int]] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            value = self.node(value_node, depth + 1)
            if key is None:
                continue
            if key in values:
                first = places[key][0]
                self.fault(key_node, "Y002", f'the key "{key}" stands twice (first in line {first}); keep one')
                continue
            values[key] = value
            places[key] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        return Node(values, line, column, places)

    def _key(self, node: yaml.Node) -> str | date | None:
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, "Y005", "a key must be plain text")
            return None
        if node.tag == "tag:yaml.org,2002:merge" or node.value == "<<":
            self.fault(node, "Y004", "merge keys (<<) are not used; write the fields out")
            return None
        value = self._scalar(node)
        if isinstance(value, str | date) and value != "":
            return value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return str(node.value)
        self.fault(node, "Y005", f'a key must be text, not "{node.value}"; quote it if the text is meant')
        return None

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = str(node.value)
        if node.style:
            return text
        if node.tag and not node.tag.startswith("tag:yaml.org,2002:"):
            self.fault(node, "Y004", f"tags such as {node.tag} are not used")
            return text
        if text in {"", "~", "null", "Null", "NULL"}:
            return None
        lowered = text.lower()
        if lowered in {"true", "false"}:
            return lowered == "true"
        if lowered in OLD_BOOLEANS:
            reason = f'"{text}" is true or false in YAML 1.1 and text in 1.2: write true, false or "{text}"'
            self.fault(node, "Y003", reason)
            return text
        return _number_or_text(text)


def _number_or_text(text: str) -> Any:
    if INTEGER.match(text) and len(text) < 20:
        return int(text)
    if NUMBER.match(text) and len(text) < 40:
        return Decimal(text)
    if DAY.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
