"""All fixes of one listing as one atomic patch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.fixes.edits import Change, Edit, Original, TextEdit, identity
from engine.fixes.patch import Patch, to_patch
from engine.fixes.proposal import MAX_EDITS, Proposal, loses_nothing


class Plan(NamedTuple):
    """`patch` mends the findings `included`; those `left_out` wait for the next check."""

    patch: Patch
    included: tuple[str, ...]
    left_out: tuple[str, ...]


def plan(original: Original, proposals: Iterable[Proposal]) -> Plan:
    """One patch of as many proposals as go together, whatever order they come in.

    Equal edits are made once; deletions that overlap become one; of two other edits that overlap, the more severe
    finding's wins, and the other finding's fix is left out as a whole.
    """
    taken: list[Edit] = []
    exempt: list[tuple[str, int, int]] = []
    included: list[str] = []
    left_out: list[str] = []
    for proposal in sorted(proposals, key=lambda p: (-p.rank, p.id, sorted(map(identity, p.edits)))):
        together = _together(taken, proposal.edits)
        allowed = [*exempt, *proposal.exempt]
        if together is None or len(together) > MAX_EDITS or not loses_nothing(original, together, allowed):
            left_out.append(proposal.id)
            continue
        taken, exempt = together, allowed
        included.append(proposal.id)
    return Plan(to_patch(original, _ordered(taken)), tuple(sorted(included)), tuple(sorted(left_out)))


def _together(taken: Sequence[Edit], edits: Sequence[Edit]) -> list[Edit] | None:
    """`taken` and `edits` in one; None when they cannot both be made."""
    result = list(taken)
    for edit in edits:
        joined = _with_text(result, edit) if isinstance(edit, TextEdit) else _with_change(result, edit)
        if joined is None:
            return None
        result = joined
    return result


def _with_text(taken: Sequence[Edit], edit: TextEdit) -> list[Edit] | None:
    result: list[Edit] = []
    for other in taken:
        if isinstance(other, Change):
            if _covers(other.pointer, edit.pointer):
                # The text goes away with its item; another new value for it does not go together with this edit.
                return list(taken) if other.op == "remove" else None
            result.append(other)
        elif other.pointer != edit.pointer or not _overlap(other, edit):
            result.append(other)
        elif other == edit:
            return list(taken)
        elif not other.replacement and not edit.replacement:
            edit = TextEdit(edit.pointer, min(other.start, edit.start), max(other.end, edit.end), "")
        elif not edit.replacement.strip() and _within(edit, other):
            return list(taken)  # spaces inside what is replaced anyway
        elif other.replacement.strip() or not _within(other, edit):
            return None
    return [*result, edit]


def _with_change(taken: Sequence[Edit], change: Change) -> list[Edit] | None:
    result: list[Edit] = []
    for other in taken:
        if other == change:
            return list(taken)
        if _covers(change.pointer, other.pointer):
            if change.op != "remove" or (isinstance(other, Change) and other.pointer == change.pointer):
                return None
            continue  # what was to be changed inside a removed item goes with it
        if isinstance(other, Change) and _covers(other.pointer, change.pointer):
            if other.op != "remove":
                return None
            return list(taken)
        result.append(other)
    return [*result, change]


def _covers(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}/")


def _overlap(one: TextEdit, other: TextEdit) -> bool:
    if one.start == one.end or other.start == other.end:  # an insertion
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _within(inner: TextEdit, outer: TextEdit) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _ordered(edits: Sequence[Edit]) -> list[Edit]:
    """In an order that does not depend on how they came together."""
    return sorted(edits, key=identity)
