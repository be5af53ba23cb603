"""The closed set of operators: what each may compare, what it means, and the Python text it compiles to.

A comparison is asked only of known values; an unknown side makes it unknown (three-valued logic), except for
`exists`, which asks just that. Numbers are exact (int and Decimal), text length is code points, text compares case
by case, and membership in a word list (`@id`) ignores case. `any` of an empty list is false, `all` of one is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NUMBER = "number"
FAMILY = {
    "int": NUMBER,
    "decimal": NUMBER,
    "str": "text",
    "bool": "bool",
    "date": "date",
    "list[str]": "list of text",
    "list[int]": "list of number",
    "list[decimal]": "list of number",
}
"""The type of a feature → its family; only the same families compare."""

ELEMENT = {"list of text": "text", "list of number": NUMBER}
TRANSFORMS = ("count", "length")
QUANTIFIERS = ("any", "all")


@dataclass(frozen=True, slots=True)
class Operator:
    """`left`: families it accepts. `right`: "same", "many" (a list of the same), "text", "pattern", "element",
    "elements" or "bool". `template`: Python over {x} and {c}. `holds`: the same as a function."""

    left: frozenset[str]
    right: str
    template: str
    holds: Callable[[Any, Any], bool]
    en: str
    zh: str


ORDERED = frozenset({NUMBER, "date"})
SCALAR = frozenset({NUMBER, "date", "text", "bool"})
TEXT = frozenset({"text"})
LISTS = frozenset(ELEMENT)

OPERATORS: dict[str, Operator] = {
    "eq": Operator(SCALAR, "same", "{x} == {c}", lambda x, c: x == c, "equals", "等于"),
    "ne": Operator(SCALAR, "same", "{x} != {c}", lambda x, c: x != c, "differs from", "不等于"),
    "gt": Operator(ORDERED, "same", "{x} > {c}", lambda x, c: x > c, "is more than", "大于"),
    "gte": Operator(ORDERED, "same", "{x} >= {c}", lambda x, c: x >= c, "is at least", "大于等于"),
    "lt": Operator(ORDERED, "same", "{x} < {c}", lambda x, c: x < c, "is less than", "小于"),
    "lte": Operator(ORDERED, "same", "{x} <= {c}", lambda x, c: x <= c, "is at most", "小于等于"),
    "in": Operator(SCALAR, "many", "{x} in {c}", lambda x, c: x in c, "is one of", "属于"),
    "not_in": Operator(SCALAR, "many", "{x} not in {c}", lambda x, c: x not in c, "is none of", "不属于"),
    "contains": Operator(TEXT | LISTS, "element", "{c} in {x}", lambda x, c: c in x, "contains", "包含"),
    "contains_any": Operator(
        TEXT | LISTS,
        "elements",
        "_contains_any({x}, {c})",
        lambda x, c: any(item in x for item in c),
        "contains one of",
        "包含任一",
    ),
    "contains_all": Operator(
        TEXT | LISTS,
        "elements",
        "_contains_all({x}, {c})",
        lambda x, c: all(item in x for item in c),
        "contains all of",
        "包含全部",
    ),
    "startswith": Operator(TEXT, "text", "{x}.startswith({c})", lambda x, c: x.startswith(c), "starts with", "以…开头"),
    "endswith": Operator(TEXT, "text", "{x}.endswith({c})", lambda x, c: x.endswith(c), "ends with", "以…结尾"),
    "re": Operator(
        TEXT, "pattern", "{c}({x}) is not None", lambda x, c: c(x) is not None, "matches the pattern", "匹配模式"
    ),
    "exists": Operator(SCALAR | LISTS, "bool", "", lambda x, c: (x is not None) == c, "is known", "已知"),
}


def transformed(transform: str | None, value: Any) -> Any:
    """The value after `count` or `length`."""
    return value if transform is None else len(value)


def search(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """What `re` compiles to: a search anywhere in the text."""
    return re.compile(pattern).search
