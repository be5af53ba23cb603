"""From a finding's fix to edits that lose nothing essential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.findings import Location
from engine.fixes.edits import Edit, Original, TextEdit, edited, is_html, texts_edited
from engine.fixes.essentials import essentials, kept, outside
from engine.fixes.markup import read_tags, visible
from engine.fixes.operations import OPERATIONS, run_operation
from engine.fixes.patch import PatchRefused, apply_patch, to_patch
from engine.fixes.removal import SEPARATORS, SPACES

SAFETY_WORDS = "safety_words"

MAX_EDITS = 1000
"""Of one fix or plan; what needs more is for a person, and no listing can stall a check."""

LONGEST_MENDED = 250_000
"""Code points of a text that is mended by machine; the platform's limits are far below."""

Spans = Mapping[str, Sequence[tuple[int, int]]]


class Proposal(NamedTuple):
    """The edits that would mend one finding.

    `rank`: the more severe finding has the higher one. `exempt`: located text that has to go, by pointer.
    """

    id: str
    rank: int
    edits: tuple[Edit, ...]
    exempt: tuple[tuple[str, int, int], ...] = ()


def propose(
    original: Original,
    operation: str,
    locations: Sequence[Location],
    *,
    target: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    id: str = "",  # noqa: A002
    rank: int = 0,
) -> Proposal | None:
    """The edits of `operation` for a finding at `locations`; None when there is no fix by machine.

    `target` is the rule's `fix.field`, `arguments` its `fix.with` with values for "$param". A fix that would lose a
    number, a unit, a count, a compatible model or a safety word outside the located text is not offered.
    """
    if len(locations) > MAX_EDITS or _is_too_long(original, target, locations):
        return None
    edits = run_operation(operation, original, locations, target=target, arguments=arguments)
    if not edits or len(edits) > MAX_EDITS:
        return None
    if not _fits(original, edits):
        return None
    removes = OPERATIONS[operation].removes_located
    places = (
        (place.pointer, place.start, place.end)
        for place in locations
        if removes and place.start is not None and place.end is not None
    )
    exempt = tuple(dict.fromkeys([*places, *(_repeats(original, edits, locations) if removes else ())]))
    return Proposal(id, rank, tuple(edits), exempt) if loses_nothing(original, edits, exempt) else None


def _is_too_long(original: Original, target: str | None, locations: Sequence[Location]) -> bool:
    pointers = {place.pointer for place in locations} | ({f"/{target}"} if target else set())
    return any(isinstance(text := original.at(at), str) and len(text) > LONGEST_MENDED for at in pointers)


def _repeats(
    original: Original, edits: Sequence[Edit], locations: Sequence[Location]
) -> Iterator[tuple[str, int, int]]:
    """Edits that remove one more occurrence of a located text, such as the third "mp3"."""
    wanted = {(place.pointer, place.text.casefold()) for place in locations if place.text}
    for edit in edits:
        if isinstance(edit, TextEdit):
            gone = original.text(edit.pointer)[edit.start : edit.end].strip(SPACES + SEPARATORS)
            if (edit.pointer, gone.casefold()) in wanted:
                yield edit.pointer, edit.start, edit.end


def _fits(original: Original, edits: Sequence[Edit]) -> bool:
    """Whether changed values leave a listing: a price of "y" or a stock below a title does not."""
    if all(isinstance(edit, TextEdit) for edit in edits):
        return True
    try:
        apply_patch(original.listing, to_patch(original, edits))
    except PatchRefused:
        return False
    return True


def loses_nothing(original: Original, edits: Sequence[Edit], exempt: Sequence[tuple[str, int, int]]) -> bool:
    """Whether all essentials of the edited texts survive, those inside `exempt` spans apart."""
    words = original.words.get(SAFETY_WORDS, frozenset())
    for pointer, text_edits in texts_edited(edits).items():
        spans = [(start, end) for place, start, end in exempt if place == pointer]
        before = outside(essentials(original.visible(pointer), words), spans)
        if before and not kept(before, essentials(_seen(pointer, original, text_edits), words)):
            return False
    return True


def _seen(pointer: str, original: Original, edits: Sequence[TextEdit]) -> str:
    text = edited(original.text(pointer), edits)
    return visible(text, read_tags(text)) if is_html(pointer) and "<" in text else text
