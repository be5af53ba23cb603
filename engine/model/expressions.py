"""The condition of a rule as a tree: tests joined by and, or, not. Everything is frozen and can be stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Union

from msgspec import Struct

Scalar = Union[bool, int, Decimal, date, str]  # noqa: UP007  msgspec reads it
"""A literal of a rule file."""


class Node(Struct, frozen=True, tag_field="is", omit_defaults=True):
    """Base of the tree; a node is told apart by its tag."""


class Ref(Struct, frozen=True, omit_defaults=True):
    """A feature `name[argument]`, or with `item` a field of the `each` item."""

    name: str
    argument: str | None = None
    item: bool = False

    def __str__(self) -> str:
        return f"{self.name}[{self.argument}]" if self.argument else self.name


class Literal(Node, frozen=True, tag="literal"):
    """A value written in the rule. Decimal and date are kept as text in a stored pack, hence `kind`."""

    text: str
    kind: str  # bool, int, decimal, date, str

    @property
    def value(self) -> Scalar:
        """The value in its own type."""
        match self.kind:
            case "bool":
                return self.text == "true"
            case "int":
                return int(self.text)
            case "decimal":
                return Decimal(self.text)
            case "date":
                return date.fromisoformat(self.text)
            case _:
                return self.text

    @staticmethod
    def of(value: Scalar) -> Literal:
        """The literal for a value."""
        if isinstance(value, bool):
            return Literal("true" if value else "false", "bool")
        for kind, cls in (("int", int), ("decimal", Decimal), ("date", date)):
            if isinstance(value, cls):
                return Literal(str(value), kind)
        return Literal(str(value), "str")


class Param(Node, frozen=True, tag="param"):
    """`$name`: the value of a dated parameter."""

    name: str


class Words(Node, frozen=True, tag="words"):
    """`@id`: the terms of a word list."""

    id: str


class Other(Node, frozen=True, tag="other"):
    """{feature: name, times: …, plus: …}: another feature, scaled."""

    ref: Ref
    times: Literal | Param | None = None
    plus: Literal | Param | None = None


class Many(Node, frozen=True, tag="many"):
    """A list of literals and parameters."""

    items: tuple[Literal | Param, ...]


Value = Union[Literal, Param, Words, Other, Many]  # noqa: UP007


class Comparison(Node, frozen=True, tag="comparison"):
    """One comparison. `transform` count or length is applied first; `quantifier` any or all then asks each element."""

    ref: Ref
    op: str
    value: Value
    transform: str | None = None
    quantifier: str | None = None
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        steps = [str(self.ref), self.transform, self.quantifier, self.op]
        return "|".join(step for step in steps if step)


class And(Node, frozen=True, tag="and"):
    items: tuple[Expr, ...]


class Or(Node, frozen=True, tag="or"):
    items: tuple[Expr, ...]


class Not(Node, frozen=True, tag="not"):
    item: Expr


class Named(Node, frozen=True, tag="named"):
    """A named selection: what an explanation calls this part."""

    name: str
    item: Expr


Expr = Union[Comparison, And, Or, Not, Named]  # noqa: UP007


def comparisons(expr: Expr) -> list[Comparison]:
    """All comparisons of a tree, in the order they are written."""
    match expr:
        case Comparison():
            return [expr]
        case And(items=items) | Or(items=items):
            return [test for item in items for test in comparisons(item)]
        case Not(item=item) | Named(item=item):
            return comparisons(item)


def refs(expr: Expr) -> list[Ref]:
    """All features and item fields a tree reads, without repeats, in the order they are written."""
    found: dict[Ref, None] = {}
    for test in comparisons(expr):
        found[test.ref] = None
        if isinstance(test.value, Other):
            found[test.value.ref] = None
    return list(found)
