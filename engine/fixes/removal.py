"""Taking words out of a text so that what stays reads well: no doubled spaces, orphaned commas or empty brackets."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from engine.fixes.edits import merged

SPACES = " \t\u00a0\u3000"
SEPARATORS = ",;|/·、，；"
HAN_BEGINS = "\u2e80"  # from here on words are written without spaces
BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】"}


def tidy_removals(text: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """(start, end, replacement) for the removal of `places`; beyond them only spaces and separators are touched."""
    joined: list[tuple[int, int]] = []
    for start, end in merged(places):
        # What stands between two removed words goes with them when it only separated them.
        if joined and not text[joined[-1][1] : start].strip(SPACES + SEPARATORS):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    widened = [_widened(text, start, end) for start, end in joined]
    return _without_overlap(widened)


def _widened(text: str, start: int, end: int) -> tuple[int, int, str]:
    """The removal of [start, end) with the spaces and separators that it makes superfluous."""
    while start > 0 and end < len(text) and BRACKETS.get(text[start - 1]) == text[end]:
        start, end = start - 1, end + 1
    left = _back(text, start, SPACES)
    right = _on(text, end, SPACES)
    if left == 0 or text[left - 1] == "\n" or (left == start and text[left - 1] == ">"):
        return left, _on(text, end, SPACES + SEPARATORS), ""
    if right == len(text) or text[right] == "\n" or (right == end and text.startswith("</", right)):
        return _back(text, start, SPACES + SEPARATORS), right, ""
    if text[right] in SEPARATORS:
        # "a, x, b": of the two separators the second stays; "a x, b" has only one.
        return _back(text, left, SPACES + SEPARATORS) if text[left - 1] in SEPARATORS else left, end, ""
    if left < start and right > end:
        return start, right, ""
    if left < start and not text[end].isalnum():
        return left, end, ""
    if left == start and right == end and _would_join(text, start, end):
        return start, end, " "
    return start, end, ""


def _would_join(text: str, start: int, end: int) -> bool:
    """Whether two words would become one: "【Norvella】Steel", but not for an invisible character or Chinese."""
    before, after = text[start - 1], text[end]
    if not (before.isalnum() and after.isalnum()) or max(before, after) >= HAN_BEGINS:
        return False
    return any(unicodedata.category(character)[0] != "C" for character in text[start:end])


def _back(text: str, at: int, characters: str) -> int:
    while at > 0 and text[at - 1] in characters:
        at -= 1
    return at


def _on(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at


def _without_overlap(found: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    clean: list[tuple[int, int, str]] = []
    for start, end, replacement in sorted(found):
        if clean and start < clean[-1][1]:
            clean[-1] = (clean[-1][0], max(end, clean[-1][1]), clean[-1][2])
        else:
            clean.append((start, end, replacement))
    return clean
