"""The register of operations: what a rule's `fix` may name, its arguments, and its words for the reference.

An operation is a pure function of the original listing, the finding's locations and the rule's arguments. It answers
edits in terms of the original, an empty list when there is nothing to do, and None when no machine can do it (the fix
is then manual).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.findings import Location
from engine.fixes.edits import Edit, Original, identity

Run = Callable[..., Sequence[Edit] | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """`run(original, locations, field, **arguments)`; `arguments` maps names to types, `required` is a part of them.

    `removes_located`: the located text itself is what has to go, essential or not.
    """

    name: str
    run: Run
    arguments: Mapping[str, str]
    en: str
    zh: str
    required: frozenset[str] = field(default=frozenset())
    removes_located: bool = False


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    *,
    en: str,
    zh: str,
    arguments: Mapping[str, str] | None = None,
    optional: Mapping[str, str] | None = None,
    removes_located: bool = False,
) -> Callable[[Run], Run]:
    """Register the decorated function. A name taken twice is a programming error."""

    def register(run: Run) -> Run:
        if name in OPERATIONS:
            raise ValueError(f"operation {name} is registered twice")
        known = {**(arguments or {}), **(optional or {})}
        OPERATIONS[name] = Operation(name, run, known, en, zh, frozenset(arguments or {}), removes_located)
        return run

    return register


def run_operation(
    name: str,
    original: Original,
    locations: Sequence[Location],
    *,
    target: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> list[Edit] | None:
    """The edits of an operation. KeyError for a name that is not registered (the rule lint knows them all)."""
    edits = OPERATIONS[name].run(original, locations, target, **(arguments or {}))
    return None if edits is None else list({identity(edit): edit for edit in edits}.values())
