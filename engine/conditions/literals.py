"""A text that every match of a pattern must hold: looked for first, because `in` costs a tenth of a search."""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

SHORTEST = 2
"""Shorter literals are too common to spare a search."""


def required_literal(pattern: str) -> str | None:
    """The longest run of plain characters that no match can do without; None when there is none, or case is ignored."""
    tree = parser.parse(pattern)
    if tree.state.flags & re.IGNORECASE:
        return None
    longest = max(_runs(tree), key=len, default="")
    return longest if len(longest) >= SHORTEST else None


def _runs(items: Iterable[tuple[Any, Any]]) -> list[str]:
    """The runs of literals of a sequence, those of plain groups among them; what is optional ends a run."""
    runs = [""]
    for op, argument in items:
        if op is sre.LITERAL:
            runs[-1] += chr(argument)
        elif op is sre.SUBPATTERN and not argument[1] & re.IGNORECASE:
            runs += [*_runs(argument[3]), ""]
        elif op is not sre.AT:
            runs.append("")
    return runs
