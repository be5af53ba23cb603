"""What can be said of a pattern by its shape: nullable, bounded, its sure tail, and the cost of one bounded attempt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.conditions.regex_tree import UNBOUNDED, Alt, Chars, Look, Node, Repeat, Seq, Unsafe

MAX_STEPS = 1000
"""Steps for each character of the text that a pattern may take at worst."""

HUGE = 10**5  # counts stop here


def is_nullable(node: Node) -> bool:
    match node:
        case Chars():
            return False
        case Seq(items):
            return all(map(is_nullable, items))
        case Alt(branches):
            return any(map(is_nullable, branches))
        case Repeat(low, _, body):
            return low == 0 or is_nullable(body)
    return True


def is_bounded(node: Node) -> bool:
    match node:
        case Seq(parts) | Alt(parts):
            return all(map(is_bounded, parts))
        case Repeat(_, high, body):
            return high != UNBOUNDED and is_bounded(body)
        case Look(_, _, body):
            return is_bounded(body)
    return True


def refuse_unbounded_lookarounds(node: Node) -> None:
    match node:
        case Seq(parts) | Alt(parts):
            for part in parts:
                refuse_unbounded_lookarounds(part)
        case Repeat(_, _, body):
            refuse_unbounded_lookarounds(body)
        case Look(_, _, body, text) if not is_bounded(body):
            raise Unsafe(f"the lookaround {text} may read any length of text at each place; bound it, such as {{0,40}}")


def without_sure_tail(node: Node) -> Node:
    """The pattern without what cannot fail any more: a repeat at the very end is read once, and the search is over."""
    match node:
        case Alt(branches, text):
            return Alt(tuple(map(without_sure_tail, branches)), text)
        case Seq(items, text):
            kept, tail = list(items), list[Node]()
            while kept:
                tail.insert(0, without_sure_tail(kept.pop()))
                if not _always_matches(tail[0]):
                    break
            return Seq((*kept, *tail), text)
        case Repeat(low, _, Chars() as body, possessive, text):
            return Repeat(low, low, body, possessive, text) if low else Seq((), "")
        case Repeat(0, 1, body, possessive, text):
            return Repeat(0, 1, without_sure_tail(body), possessive, text)
        case Repeat(low, high, body, possessive, text) if high == UNBOUNDED and not is_nullable(body):
            turn = without_sure_tail(body)
            if not is_bounded(turn) or forward(turn).work > MAX_STEPS:
                return node
            more = Repeat(0, 1, turn, possessive, text)  # what a turn reads stays read, and the last attempt is short
            if low > 1:
                return Seq((Repeat(low - 1, low - 1, body, possessive, text), turn, more), text)
            return Seq((turn, more), text) if low else more
    return node


def _always_matches(node: Node) -> bool:
    """Whether the node can match nothing at any place."""
    match node:
        case Seq(items):
            return all(map(_always_matches, items))
        case Alt(branches):
            return any(map(_always_matches, branches))
        case Repeat(low, _, body):
            return low == 0 or _always_matches(body)
    return False


class Attempt(NamedTuple):
    """From one place: at most `work` steps, `exits` ways out, and the characters it can begin with."""

    work: int
    exits: int
    first: int
    nullable: bool


def forward(node: Node) -> Attempt:
    """What one attempt at a bounded node costs at worst."""
    match node:
        case Chars(mask):
            return Attempt(1, 1, mask, False)
        case Seq(items):
            work, exits, first, nullable = 1, 1, 0, True
            for item in items:
                ahead = forward(item)
                work = min(work + exits * ahead.work, HUGE)
                exits = min(exits * ahead.exits, HUGE)
                if nullable:
                    first |= ahead.first
                    nullable = ahead.nullable
            return Attempt(work, exits, first, nullable)
        case Alt(branches):
            parts = list(map(forward, branches))
            tests = len(parts)
            work, exits = _worst_overlap(parts)
            nullable = any(part.nullable for part in parts)
            first = 0
            for part in parts:
                first |= part.first
            return Attempt(min(tests + work, HUGE), exits, first, nullable)
        case Repeat(low, high, Chars(mask)):
            return Attempt(high + 1, high - low + 1, mask, low == 0)
        case Repeat(low, high, body):
            part = forward(body)
            work, exits, paths = 1, int(low == 0), 1
            for turn in range(1, high + 1):
                work = work + paths * (part.work + 1)
                paths *= part.exits
                exits += paths if turn >= low else 0
                if work > HUGE:
                    return Attempt(HUGE, HUGE, part.first, low == 0 or part.nullable)
            return Attempt(work, exits, part.first, low == 0 or part.nullable)
        case Look(_, _, body):
            return Attempt(1 + forward(body).work, 1, 0, True)
    return Attempt(1, 1, 0, True)


def _worst_overlap(parts: Sequence[Attempt]) -> tuple[int, int]:
    """The most (steps, exits) that branches which can begin with the same character cost together."""
    always = [part for part in parts if part.nullable]
    steps, exits = sum(part.work for part in always), sum(part.exits for part in always)
    heads = [part for part in parts if not part.nullable]
    groups: dict[int, tuple[int, int]] = {}  # by first characters, so that thousands of branches stay quick
    for part in heads:
        work, ways = groups.get(part.first, (0, 0))
        groups[part.first] = (work + part.work, ways + part.exits)
    worst_steps = worst_exits = 0
    for first in groups:
        # A set of branches that share one character is among those that overlap with each member of it.
        near = [costs for other, costs in groups.items() if other & first]
        worst_steps = max(worst_steps, sum(work for work, _ in near))
        worst_exits = max(worst_exits, sum(ways for _, ways in near))
    return min(steps + worst_steps, HUGE), min(exits + worst_exits, HUGE)
