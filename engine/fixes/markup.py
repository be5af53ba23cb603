"""The tags of an HTML text with their places. Linear in the text, whatever the text; no tree is built."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
MARK = re.compile(r"[>\"']")
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
RAW = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
UNSEEN = frozenset({"script", "style", "iframe", "object", "embed", "template", "noscript"})
"""Elements whose content is no text for a buyer."""


class Tag(NamedTuple):
    """One tag, or a comment with the name "!--". `start` and `end` are its place in the text."""

    name: str
    closing: bool
    start: int
    end: int


class Element(NamedTuple):
    """An element from the start of its opening tag to the end of its closing tag."""

    name: str
    start: int
    end: int
    open_end: int
    close_start: int


def read_tags(text: str) -> tuple[Tag, ...]:
    """Every tag and comment in order. Tags inside a script or style are not tags."""
    found: list[Tag] = []
    at, absent = 0, set[str]()
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            close = text.find("-->", at + 4)
            end = len(text) if close < 0 else close + 3
            found.append(Tag("!--", False, at, end))
            at = end
            continue
        match = NAME.match(text, at)
        if match is None:
            at += 1
            continue
        end = _tag_end(text, match.end(), absent)
        if end < 0:
            break
        name, closing = match.group(2).lower(), bool(match.group(1))
        found.append(Tag(name, closing, at, end))
        at = end
        if name in RAW and not closing and text[end - 2] != "/":
            close_tag = RAW[name].search(text, end)
            at = len(text) if close_tag is None else close_tag.start()
    return tuple(found)


def _tag_end(text: str, at: int, absent: set[str]) -> int:
    """The place after the ">" that ends a tag, quoted values skipped; -1 when it never ends."""
    while (mark := MARK.search(text, at)) is not None:
        if mark.group() == ">":
            return mark.end()
        close = -1 if mark.group() in absent else text.find(mark.group(), mark.end())
        if close < 0:
            absent.add(mark.group())  # so that a text of open quotes is not searched again and again
        at = max(close + 1, mark.end())
    return -1


def elements(tags: Sequence[Tag]) -> list[Element]:
    """The closed elements and the void ones. An element that is never closed is left out."""
    opened: dict[str, list[Tag]] = {}
    found: list[Element] = []
    for tag in tags:
        if tag.name in VOID or tag.name == "!--":
            found.append(Element(tag.name, tag.start, tag.end, tag.end, tag.end))
        elif not tag.closing:
            opened.setdefault(tag.name, []).append(tag)
        elif opened.get(tag.name):
            start = opened[tag.name].pop()
            found.append(Element(tag.name, start.start, tag.end, start.end, tag.start))
    return found


def enclosing(found: Sequence[Element], start: int, end: int, name: str | None = None) -> Element | None:
    """The smallest element (called `name`) that holds the span [start, end)."""
    holding = [e for e in found if e.start <= start and end <= e.end and name in {None, e.name}]
    return min(holding, key=lambda element: element.end - element.start, default=None)


def visible(text: str, tags: Sequence[Tag], fill: str = " ") -> str:
    """`text` with tags, comments and the content of unseen elements filled up; as long as `text`."""
    if not tags:
        return text
    hidden = [(tag.start, tag.end) for tag in tags]
    hidden += [(element.start, element.end) for element in elements(tags) if element.name in UNSEEN]
    parts: list[str] = []
    at = 0
    for start, end in sorted(hidden):
        if end <= at:
            continue
        begin = max(start, at)
        parts += (text[at:begin], fill * (end - begin))
        at = end
    parts.append(text[at:])
    return "".join(parts)
