"""A parsed regular expression as a small tree: flags resolved, character sets as masks, each node with its own text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from engine.conditions.regex_alphabet import Alphabet

UNBOUNDED = int(parser.MAXREPEAT)

CLASSES = {"DIGIT": r"\d", "NOT_DIGIT": r"\D", "SPACE": r"\s", "NOT_SPACE": r"\S", "WORD": r"\w", "NOT_WORD": r"\W"}
ANCHORS = {
    sre.AT_BEGINNING: "^",
    sre.AT_BEGINNING_STRING: r"\A",
    sre.AT_BOUNDARY: r"\b",
    sre.AT_NON_BOUNDARY: r"\B",
    sre.AT_END: "$",
    sre.AT_END_STRING: r"\Z",
}


class Unsafe(Exception):
    """The pattern is refused; the text is the reason with the way out."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of `mask`."""

    mask: int
    text: str


@dataclass(frozen=True, slots=True)
class Seq:
    items: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Alt:
    branches: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """`low` to `high` (UNBOUNDED) times `body`; `possessive` gives nothing back."""

    low: int
    high: int
    body: Node
    possessive: bool
    text: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """Needs the character before in one of `before` and, pairwise, the character after in `after`."""

    pairs: tuple[tuple[int, int], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead, or a lookbehind when `behind`."""

    behind: bool
    negative: bool
    body: Node
    text: str


Node = Chars | Seq | Alt | Repeat | Anchor | Look


def read(pattern: str, flags: int) -> tuple[Node, Alphabet]:
    """Parse `pattern` as Python's `re` does. `re.error` and friends pass through; Unsafe for what is never allowed."""
    tree = parser.parse(pattern, flags)
    alphabet = Alphabet(tree)
    return _Reader(alphabet).sequence(tree, tree.state.flags), alphabet


class _Reader:
    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.everything = alphabet.any | alphabet.start | alphabet.end

    def sequence(self, tree: Any, flags: int) -> Node:
        items = tuple(self.node(op, value, flags) for op, value in tree)
        if len(items) == 1:
            return items[0]
        return Seq(items, "".join(item.text for item in items))

    def node(self, op: Any, value: Any, flags: int) -> Node:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN, sre.RANGE, sre.CATEGORY):
            return Chars(self.alphabet.mask(op, value, flags), _leaf_text(op, value))
        if op is sre.BRANCH:
            branches = tuple(self.sequence(branch, flags) for branch in value[1])
            return Alt(branches, f"(?:{'|'.join(branch.text for branch in branches)})")
        if op is sre.SUBPATTERN:
            _, added, removed, tree = value
            return _grouped(self.sequence(tree, (flags | added) & ~removed))
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            low, high, tree = value
            body = self.sequence(tree, flags)
            suffix = {sre.MAX_REPEAT: "", sre.MIN_REPEAT: "?", sre.POSSESSIVE_REPEAT: "+"}[op]
            text = f"{_atom(body)}{_bounds(int(low), int(high))}{suffix}"
            return Repeat(int(low), int(high), body, op is sre.POSSESSIVE_REPEAT, text)
        if op is sre.AT:
            return self.anchor(value, flags)
        if op in (sre.ASSERT, sre.ASSERT_NOT):
            body = self.sequence(value[1], flags)
            return self.look(value[0] < 0, op is sre.ASSERT_NOT, body)
        if op is sre.ATOMIC_GROUP:
            inner = self.sequence(value, flags)
            if isinstance(inner, Repeat) and isinstance(inner.body, Chars):
                return Repeat(inner.low, inner.high, inner.body, True, f"(?>{inner.text})")
            return inner
        if op in (sre.GROUPREF, sre.GROUPREF_EXISTS):
            raise Unsafe("a backreference cannot be matched in linear time; spell out what it may repeat")
        if op is sre.FAILURE:
            return Chars(0, "(?!)")
        raise Unsafe(f"the construct {op} is not known to run in linear time; write the pattern without it")

    def anchor(self, where: Any, flags: int) -> Anchor:
        start, end, newline = self.alphabet.start, self.alphabet.end, self.alphabet.newline
        if where in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
            lines = where is sre.AT_BEGINNING and flags & re.MULTILINE
            pairs: tuple[tuple[int, int], ...] = ((start | newline if lines else start, self.everything),)
        elif where is sre.AT_END:
            pairs = ((self.everything, end | newline),)
        elif where is sre.AT_END_STRING:
            pairs = ((self.everything, end),)
        else:
            word = self.alphabet.category("CATEGORY_WORD", flags)
            other = self.everything & ~word
            pairs = ((word, other), (other, word)) if where is sre.AT_BOUNDARY else ((word, word), (other, other))
        return Anchor(pairs, ANCHORS.get(where, str(where)))

    def look(self, behind: bool, negative: bool, body: Node) -> Node:
        """A lookaround; of one single character it is as good as an anchor."""
        text = f"(?{'<' if behind else ''}{'!' if negative else '='}{body.text})"
        if isinstance(body, Chars):
            mask = self.everything & ~body.mask if negative else body.mask
            return Anchor(((mask, self.everything) if behind else (self.everything, mask),), text)
        return Look(behind, negative, body, text)


def _grouped(node: Node) -> Node:
    if isinstance(node, Seq):
        return Seq(node.items, f"({node.text})")
    if isinstance(node, Alt):
        return Alt(node.branches, f"({node.text[3:-1]})" if node.text.startswith("(?:") else node.text)
    return node


def _atom(node: Node) -> str:
    if isinstance(node, Seq) and not node.text.startswith("("):
        return f"(?:{node.text})"
    return f"(?:{node.text})" if isinstance(node, Repeat) else node.text


def _bounds(low: int, high: int) -> str:
    if high == UNBOUNDED:
        return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
    if (low, high) == (0, 1):
        return "?"
    return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def _leaf_text(op: Any, value: Any) -> str:
    if op is sre.ANY:
        return "."
    if op is sre.LITERAL:
        return re.escape(chr(value))
    if op is sre.NOT_LITERAL:
        return f"[^{re.escape(chr(value))}]"
    if op is sre.CATEGORY:
        return CLASSES.get(str(value).removeprefix("CATEGORY_"), str(value))
    if op is sre.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    if len(value) == 1 and value[0][0] is sre.CATEGORY:
        return _leaf_text(*value[0])
    return "[" + "".join("^" if item is sre.NEGATE else _leaf_text(item, argument) for item, argument in value) + "]"
