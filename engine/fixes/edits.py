"""What an operation answers: edits of texts and changes of values, all in terms of the original listing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from engine.facts import Listing
from engine.findings import Location
from engine.fixes.markup import Tag, read_tags, visible

Words = Mapping[str, frozenset[str]]
"""Word lists of the pack by id: `safety_words`, `acronyms`, `title_stop_words`."""


class TextEdit(NamedTuple):
    """Replace the code points [start, end) of the original text at `pointer`."""

    pointer: str
    start: int
    end: int
    replacement: str


class Change(NamedTuple):
    """One RFC 6902 operation on the original document: `op` is add, replace or remove; indices are the original's."""

    op: str
    pointer: str
    value: Any = None


Edit = TextEdit | Change


def identity(edit: Edit) -> tuple[str, int, int, str]:
    """A sortable key that two edits share only when they are equal."""
    if isinstance(edit, TextEdit):
        return edit
    return edit.pointer, -1, -1, f"{edit.op} {edit.value!r}"


def as_json(listing: Listing) -> dict[str, Any]:
    """The listing as plain JSON data: dicts and lists, Decimal and date as text, defaults left out."""
    document: dict[str, Any] = _listed(msgspec.to_builtins(listing))
    return document


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(child) for key, child in value.items()}
    return [_listed(child) for child in value] if isinstance(value, list | tuple) else value


class Original:
    """A listing to be mended, with its own JSON form and what was already read of it."""

    def __init__(self, listing: Listing, words: Words | None = None) -> None:
        self.listing = listing
        self.words: Words = words or {}
        self._tags: dict[str, tuple[Tag, ...]] = {}

    @cached_property
    def document(self) -> dict[str, Any]:
        """The listing's own JSON form."""
        return as_json(self.listing)

    def at(self, pointer: str) -> Any:
        """The value at a JSON pointer; None when there is none."""
        value: Any = self.document
        for token in tokens(pointer):
            if isinstance(value, dict):
                value = value.get(token)
            elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
                value = value[int(token)]
            else:
                return None
        return value

    def text(self, pointer: str) -> str:
        """The text at a JSON pointer; empty when there is none."""
        value = self.at(pointer)
        return value if isinstance(value, str) else ""

    def tags(self, pointer: str) -> tuple[Tag, ...]:
        """The HTML tags of the text at a pointer; none for a text that is not HTML."""
        found = self._tags.get(pointer)
        if found is None:
            text = self.text(pointer)
            found = self._tags[pointer] = read_tags(text) if is_html(pointer) and "<" in text else ()
        return found

    def visible(self, pointer: str, fill: str = " ") -> str:
        """The text with each character of its markup replaced by `fill`, so that places stay the same."""
        return visible(self.text(pointer), self.tags(pointer), fill)


def is_html(pointer: str) -> bool:
    """Whether the text at a pointer is HTML by the form of a listing."""
    return pointer.startswith(("/description", "/mobile_description"))


def tokens(pointer: str) -> list[str]:
    """The unescaped tokens of a JSON pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def edited(text: str, edits: Sequence[TextEdit]) -> str:
    """`text` with `edits` carried out; they must not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += (text[at : edit.start], edit.replacement)
        at = edit.end
    parts.append(text[at:])
    return "".join(parts)


def texts_edited(edits: Sequence[Edit]) -> dict[str, list[TextEdit]]:
    """The text edits by pointer."""
    found: dict[str, list[TextEdit]] = {}
    for edit in edits:
        if isinstance(edit, TextEdit):
            found.setdefault(edit.pointer, []).append(edit)
    return found


def targets(original: Original, locations: Sequence[Location], field: str | None) -> list[str]:
    """The pointers that an operation on `field` means: those located, or the field itself.

    A location on an item (`/skus/3`) with `field: price` means `/skus/3/price`.
    """
    if field is None:
        return list(dict.fromkeys(location.pointer for location in locations if location.pointer))
    name = field.replace(".", "/").strip("/")
    last = name.rsplit("/", 1)[-1]
    found: list[str] = []
    for location in locations:
        pointer = location.pointer
        if pointer == f"/{name}" or pointer.startswith(f"/{name}/") or pointer.rsplit("/", 1)[-1] == last:
            found.append(pointer)
        elif pointer.rsplit("/", 1)[-1].isdecimal() and isinstance(original.at(pointer), dict):
            found.append(f"{pointer}/{last}")
    return list(dict.fromkeys(found)) or [f"/{name}"]


def spans(original: Original, locations: Sequence[Location], field: str | None) -> dict[str, list[tuple[int, int]]]:
    """The located code-point spans by pointer, in order and without repeats; those of other fields are left out."""
    wanted = set(targets(original, locations, field))
    found: dict[str, list[tuple[int, int]]] = {}
    for location in locations:
        if location.pointer not in wanted or location.start is None or location.end is None:
            continue
        end = min(location.end, len(original.text(location.pointer)))
        if 0 <= location.start < end:
            found.setdefault(location.pointer, []).append((location.start, end))
    return {pointer: merged(places) for pointer, places in found.items()}


class Cover:
    """Spans that answer quickly what they touch and hold."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, places: Sequence[tuple[int, int]]) -> None:
        joined = merged(places)
        self._starts = [start for start, _ in joined]
        self._ends = [end for _, end in joined]

    def touches(self, start: int, end: int) -> bool:
        """Whether a character of [start, end) is covered."""
        index = bisect_left(self._starts, end) - 1
        return index >= 0 and self._ends[index] > start

    def holds(self, start: int, end: int) -> bool:
        """Whether all of [start, end) is covered by one span."""
        index = bisect_right(self._starts, start) - 1
        return index >= 0 and self._ends[index] >= end


def merged(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, overlapping ones as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
