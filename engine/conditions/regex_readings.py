"""Counts in how many ways a pattern can have read the text up to one position, for any text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.conditions.regex_alphabet import Alphabet
from engine.conditions.regex_shape import HUGE, forward, is_bounded, is_nullable
from engine.conditions.regex_tree import UNBOUNDED, Alt, Anchor, Chars, Look, Node, Repeat, Seq, Unsafe

DEPTH = 10  # how many characters back a reading is remembered
MAX_MARKS = 24  # characters that are known to stand somewhere before
MAX_ENTRIES = 48
MAX_VISITS = 20_000  # of pattern points, so that the check itself stays fast


Marks = tuple[tuple[int, int], ...]


class _Entry(NamedTuple):
    """At most `readings` stand here at one position, after the characters `past` (nearest first), before `ahead`."""

    past: tuple[int, ...]
    ahead: int
    readings: int
    marks: Marks = ()
    """(mask, distance): at most so many characters back stands one of `mask`, for sure."""


def _meet(one: _Entry, other: _Entry) -> bool:
    """Can both stand at the same position of some text?"""
    if not one.ahead & other.ahead:
        return False
    return all(mine & theirs for mine, theirs in zip(one.past, other.past, strict=True))


def _weight(entries: Sequence[_Entry]) -> int:
    """A bound of the readings at one position: those that meet one entry include every set that meets pairwise."""
    if len(entries) < 2:
        return sum(entry.readings for entry in entries)
    return max(sum(other.readings for other in entries if other is entry or _meet(entry, other)) for entry in entries)


def _joined(entries: Sequence[_Entry], count: int) -> _Entry:
    pasts, aheads = zip(*((entry.past, entry.ahead) for entry in entries), strict=True)
    past = tuple(_union(masks) for masks in zip(*pasts, strict=True))
    return _Entry(past, _union(aheads), count, _common(entries))


def _common(entries: Sequence[_Entry]) -> Marks:
    """The marks that all have, at the greatest distance."""
    if len(entries) == 1:
        return entries[0].marks
    others = [dict(entry.marks) for entry in entries[1:]]
    return tuple(
        (mask, max(distance, *(marks[mask] for marks in others)))
        for mask, distance in entries[0].marks
        if all(mask in marks for marks in others)
    )


def _marked(marks: Marks, mask: int, read: int) -> Marks:
    """`marks` after `read` more characters, the last of which is one of `mask`."""
    older = ((known, distance + read) for known, distance in marks if known != mask)
    return ((mask, 0), *older)[:MAX_MARKS]


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _tidy(entries: Iterable[_Entry]) -> list[_Entry]:
    """Without impossible entries, equal ones added up, and never more than MAX_ENTRIES."""
    counts: dict[tuple[tuple[int, ...], int, Marks], int] = {}
    for past, ahead, count, marks in entries:
        if past[0] and ahead:
            counts[past, ahead, marks] = counts.get((past, ahead, marks), 0) + count
    tidy = [_Entry(past, ahead, count, marks) for (past, ahead, marks), count in counts.items()]
    if len(tidy) <= MAX_ENTRIES:
        return tidy
    groups: dict[int, list[_Entry]] = {}
    for entry in tidy:
        groups.setdefault(entry.past[0], []).append(entry)
    merged = [_joined(group, _weight(group)) for group in groups.values()]
    return merged if len(merged) <= MAX_ENTRIES else [_joined(merged, _weight(merged))]


def _distance(entry: _Entry, mask: int) -> int | None:
    """How many characters before `entry` may belong to a repeat of `mask`; None: any number, as far as is known."""
    near = next((index for index, past in enumerate(entry.past) if not past & mask), None)
    return near if near is not None else min((far for known, far in entry.marks if not known & mask), default=None)


def _after_run(entry: _Entry, mask: int, low: int, high: int) -> _Entry:
    """What stands after `low` (at least one) to `high` characters of `mask`, read from `entry` on."""
    past = (entry.ahead & mask, *entry.past)
    turns = range(low, min(high, low + DEPTH) + 1)
    after = _joined([_Entry(((mask,) * (turn - 1) + past)[:DEPTH], entry.ahead, 0) for turn in turns], 0)
    return after._replace(marks=_marked(entry.marks if high != UNBOUNDED else (), mask, high))


class Counter:
    """Walks the pattern once from left to right; `steps` adds up the readings at every point."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.any = alphabet.any | alphabet.end
        self.unknown = alphabet.any | alphabet.start
        self.steps = 0
        self.visits = 0
        self.before: Node | None = None

    def count(self, tree: Node) -> int:
        self.walk(tree, [_Entry((self.unknown,) * DEPTH, self.any, 1)])
        return self.steps

    def walk(self, node: Node, entries: list[_Entry]) -> list[_Entry]:
        """The entries after `node`, given those before it."""
        self.visits += 1
        if self.visits > MAX_VISITS:
            raise Unsafe("the pattern is too involved to prove that it runs in linear time; split it into several")
        weight = _weight(entries)
        if weight > HUGE:
            raise Unsafe(f"{node.text} can be reached in too many ways; give the repeats before it smaller bounds")
        self.steps += weight
        if not entries:
            return entries
        match node:
            case Chars(mask):
                return self.step(mask, entries)
            case Seq(items):
                for item in items:
                    entries = self.walk(item, entries)
                    self.before = item
                return entries
            case Alt(branches):
                return self.alternatives(node, branches, entries, weight)
            case Anchor(pairs):
                return _tidy(
                    entry._replace(past=(entry.past[0] & before, *entry.past[1:]), ahead=entry.ahead & after)
                    for entry in entries
                    for before, after in pairs
                )
            case Look(_, _, body):
                self.steps += weight * forward(body).work
                return entries
            case Repeat(_, _, Chars(mask)):
                return self.run(node, mask, entries)
            case Repeat():
                return self.repeat(node, entries)

    def step(self, mask: int, entries: list[_Entry]) -> list[_Entry]:
        return _tidy(
            _Entry(
                (entry.ahead & mask, *entry.past[: DEPTH - 1]),
                self.any,
                entry.readings,
                _marked(entry.marks, entry.ahead & mask, 1),
            )
            for entry in entries
            if entry.ahead & mask
        )

    def alternatives(self, node: Node, branches: Sequence[Node], entries: list[_Entry], weight: int) -> list[_Entry]:
        steps, before = self.steps, self.before
        after: list[_Entry] = []
        for branch in branches:
            self.before = before
            after += self.walk(branch, entries)
        if is_bounded(node):
            self.steps = min(self.steps, steps + weight * forward(node).work)
        return _tidy(after)

    def run(self, node: Repeat, mask: int, entries: list[_Entry]) -> list[_Entry]:
        """A repeat of single characters: readings that entered the same run of text at different places add up."""
        after: list[_Entry] = []
        shortest = max(node.low, 1)
        if node.low == 0:
            rest = self.any & ~mask if node.possessive and node.high else self.any
            after += (entry._replace(ahead=entry.ahead & rest) for entry in entries)
        rest = self.any & ~mask if node.possessive and node.high == UNBOUNDED else self.any
        unique: list[_Entry] = []
        for entry in entries:
            if not entry.ahead & mask or node.high < shortest:
                continue
            distance = _distance(entry, mask)
            if distance == 0:
                unique.append(entry)
                continue
            if distance is None and node.high == UNBOUNDED:
                raise self.overlapping(node, entry)
            inside = node.high if distance is None else min(node.high, distance + 1)
            self.steps += entry.readings * inside
            exits = min(node.high - shortest + 1, inside)
            out = _after_run(entry, mask, shortest, node.high)
            after.append(out._replace(ahead=rest, readings=entry.readings * exits))
        if unique:
            # They all entered where the run begins, so those that cannot meet there never run together.
            weight = _weight(unique)
            self.steps += weight
            out = _joined([_after_run(entry, mask, shortest, node.high) for entry in unique], weight)
            after.append(out._replace(ahead=rest))
        return _tidy(after)

    def overlapping(self, node: Repeat, entry: _Entry) -> Unsafe:
        if set(entry.past) == {self.unknown}:
            return Unsafe(
                f"the search tries {node.text} anew at every place of a run that it matches, which is quadratic; begin "
                "the pattern with ^, \\b, a lookbehind such as (?<!\\d) or a character the repeat cannot contain, or "
                "bound the repeat, such as {1,40}"
            )
        if isinstance(self.before, Repeat):
            return Unsafe(
                f"two repeats in a row can match the same text: {self.before.text} and {node.text}; make the "
                "first possessive (such as \\w++), bound both, such as {1,40}, or separate them by a character neither "
                "contains"
            )
        before = f" ({self.before.text})" if self.before else ""
        return Unsafe(
            f"what stands before {node.text}{before} can stand inside it as well, so every such place begins a new "
            "long run, which is quadratic; keep that character out of the repeat, or bound the repeat, such as {1,40}"
        )

    def repeat(self, node: Repeat, entries: list[_Entry]) -> list[_Entry]:
        """A repeated group: proved to be read in one way only, or else (when bounded) written out."""
        low, high, body = node.low, node.high, node.body
        if high <= 1:
            once = self.walk(body, entries) if high else []
            return _tidy([*entries, *once] if low == 0 else once)
        if high == UNBOUNDED and is_nullable(body):
            raise Unsafe(f"{node.text} repeats something that may be empty; let its content match at least a character")
        steps = self.steps
        try:
            return self.loop(node, entries)
        except Unsafe:
            if high == UNBOUNDED:
                raise
        self.steps = steps
        after = list(entries) if low == 0 else []
        for turn in range(1, high + 1):
            entries = self.walk(body, entries)
            if self.steps > HUGE:
                raise Unsafe(f"{node.text} can be read in too many ways; give it smaller bounds")
            if turn >= low:
                after = _tidy([*after, *entries])
        return after

    def loop(self, node: Repeat, entries: list[_Entry]) -> list[_Entry]:
        """A group of which each reading has one way only: one predecessor at each position, one place of entry."""
        weight = _weight(entries)
        enter = _joined(entries, 1)
        again: _Entry | None = None
        steps = self.steps
        for _ in range(2 * DEPTH):
            self.steps = steps
            head = enter if again is None else _joined((enter, again), 1)
            after = self.walk(node.body, [head])
            if _weight(after) > 1:
                raise self.ambiguous(node)
            if not after:
                return entries if node.low == 0 else []
            new = _joined(after if again is None else [*after, again], 1)
            if again is not None:  # a mark that moves away with each turn is none
                new = new._replace(marks=tuple(mark for mark in new.marks if mark in again.marks))
            if new == again:
                break
            again = new
        else:
            raise self.ambiguous(node)
        if any(_meet(entry, again) for entry in entries):
            raise Unsafe(
                f"{node.text} can begin in the middle of text that it matches, which is quadratic; put something "
                "before it that it cannot end with, such as ^ or \\b, or bound it, such as {1,5}"
            )
        self.steps = steps + (self.steps - steps) * weight
        out = again._replace(readings=weight)
        return _tidy([*entries, out] if node.low == 0 else [out])

    def ambiguous(self, node: Repeat) -> Unsafe:
        return Unsafe(
            f"{node.text} can split the same text in several ways, which may take exponential time; let its "
            "alternatives begin and end differently, and end each turn with something that stands nowhere else in it"
        )
