"""Operations on HTML descriptions."""

from __future__ import annotations

from collections.abc import Sequence

from engine.findings import Location
from engine.fixes.edits import Original, TextEdit, spans
from engine.fixes.markup import Tag, elements, enclosing
from engine.fixes.operations import operation
from engine.fixes.removal import tidy_removals

MAX_WORK = 5_000_000
"""Locations × tags; beyond it a fix is left to a person, so that no description can stall a check."""


@operation(
    "strip_html_elements",
    removes_located=True,
    en="Removes the HTML elements found, with their content",
    zh="删除找到的 HTML 元素及其内容",
)
def strip_html_elements(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    """The element that begins at a location, else the smallest one around it. None for one that is never closed."""
    edits: list[TextEdit] = []
    for pointer, places in spans(original, locations, field).items():
        tags = original.tags(pointer)
        known = elements(tags)
        if len(places) * len(tags) > MAX_WORK:
            return None
        begin = {element.start: element for element in known}
        opened = {tag.start for tag in tags}
        for start, end in places:
            element = begin.get(start) if start in opened else enclosing(known, start, end)
            if element is None:
                return None
            edits.append(TextEdit(pointer, element.start, max(element.end, end), ""))
    return _outermost(edits) or None


@operation(
    "unlink",
    removes_located=True,
    en="Takes the link away and keeps its words",
    zh="去掉链接，保留文字",
)
def unlink(original: Original, locations: Sequence[Location], field: str | None) -> list[TextEdit] | None:
    """A link loses its tags; an address in plain text is removed; an address of an image or a frame is not for us."""
    edits: list[TextEdit] = []
    for pointer, places in spans(original, locations, field).items():
        text, tags = original.text(pointer), original.tags(pointer)
        if len(places) * len(tags) > MAX_WORK:
            return None
        known = elements(tags)
        plain: list[tuple[int, int]] = []
        for start, end in places:
            link = enclosing(known, start, end, "a")
            if link is not None:
                edits.append(TextEdit(pointer, link.start, link.open_end, ""))
                edits.append(TextEdit(pointer, link.close_start, link.end, ""))
            elif _tag_around(tags, start, end) is not None:
                return None
            else:
                plain.append((start, end))
        edits += (TextEdit(pointer, *place) for place in tidy_removals(text, plain))
    return list(dict.fromkeys(edits)) or None


def _tag_around(tags: Sequence[Tag], start: int, end: int) -> Tag | None:
    return next((tag for tag in tags if tag.start < end and start < tag.end), None)


def _outermost(edits: Sequence[TextEdit]) -> list[TextEdit]:
    """Without edits that lie inside another."""
    found: list[TextEdit] = []
    for edit in sorted(edits, key=lambda edit: (edit.pointer, edit.start, -edit.end)):
        if not (found and found[-1].pointer == edit.pointer and edit.end <= found[-1].end):
            found.append(edit)
    return found
