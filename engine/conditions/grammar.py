"""The `condition` of a rule: `selection and not 1 of filter_*`, read by a small recursive descent.

expr  := term ("or" term)*
term  := factor ("and" factor)*
factor:= "not" factor | "(" expr ")" | ("1" | "any" | "all") "of" (pattern | "them") | name
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from engine.errors import suggestion
from engine.model.expressions import And, Expr, Named, Not, Or

TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9_*]+)")


class ConditionError(ValueError):
    """The condition can't be read; the text says why and what would do."""


def parse_condition(text: str, selections: Mapping[str, Expr]) -> tuple[Expr, set[str]]:
    """The tree of a condition and the names of the selections it uses. Raises ConditionError."""
    parser = _Parser(_tokens(text), selections)
    tree = parser.expression()
    if parser.peek() is not None:
        raise ConditionError(f'"{parser.peek()}" is not expected here; join parts with and, or')
    return tree, parser.used


def _tokens(text: str) -> list[str]:
    found = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = TOKEN.match(stripped, at)
        if match is None:
            raise ConditionError(f'"{stripped[at:].strip()[:20]}" can not be read; use names, and, or, not, 1 of x_*')
        found.append(match.group(1))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str], selections: Mapping[str, Expr]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._selections = selections
        self.used: set[str] = set()

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise ConditionError("the condition ends too early")
        self._at += 1
        return token

    def expression(self) -> Expr:
        items = [self._term()]
        while self.peek() == "or":
            self.take()
            items.append(self._term())
        return items[0] if len(items) == 1 else Or(tuple(items))

    def _term(self) -> Expr:
        items = [self._factor()]
        while self.peek() == "and":
            self.take()
            items.append(self._factor())
        return items[0] if len(items) == 1 else And(tuple(items))

    def _factor(self) -> Expr:
        self._depth += 1
        if self._depth > 30:
            raise ConditionError("nested too deep")
        try:
            token = self.take()
            if token == "not":
                return Not(self._factor())
            if token == "(":
                inner = self.expression()
                if self.take() != ")":
                    raise ConditionError("a closing parenthesis is missing")
                return inner
            if token in {"1", "any", "all"} and self.peek() == "of":
                self.take()
                return self._group(token)
            return self._named(token)
        finally:
            self._depth -= 1

    def _group(self, quantity: str) -> Expr:
        pattern = self.take()
        names = [name for name in self._selections if pattern == "them" or fnmatchcase(name, pattern)]
        if not names:
            raise ConditionError(f'no selection is named like "{pattern}"{suggestion(pattern, self._selections)}')
        items = tuple(self._named(name) for name in names)
        if len(items) == 1:
            return items[0]
        return And(items) if quantity == "all" else Or(items)

    def _named(self, name: str) -> Expr:
        if name not in self._selections:
            raise ConditionError(f'there is no selection "{name}"{suggestion(name, self._selections)}')
        self.used.add(name)
        return Named(name, self._selections[name])
