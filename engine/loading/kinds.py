"""The kinds of rule. One entry here tells the whole engine of a kind: where its file is read, kept, locked and proved.

To add a kind: its type in engine/model, its reader in engine/loading, a field of `Contents` (pack_files.py) and this
entry; then its examples in `example_run.runner` and its page in `api.rule_pages.PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import suggestion
from engine.loading.fields import Faults
from engine.loading.header import Context
from engine.loading.indicators import read_indicator
from engine.loading.ladders import read_ladder
from engine.loading.offences import read_offence
from engine.loading.reader import read_rule
from engine.loading.scores import read_score
from engine.loading.strict_yaml import Node


@dataclass(frozen=True, slots=True)
class Kind:
    """`collection` names the field of Contents and the attribute of Pack; `behaviour` the fields that the lock holds.

    Wording, sources and examples are no behaviour: they may change within a revision.
    """

    collection: str
    read: Callable[[Node, Context, Faults], Any]
    behaviour: tuple[str, ...]


KINDS = {
    "check": Kind(
        "rules",
        read_rule,
        (
            "code", "mode", "severity", "confidence", "subject", "marketplace", "categories", "not_categories",
            "effective_from", "effective_until", "each", "when", "parameters", "fix",
        ),
    ),
    "offence": Kind(
        "offences",
        read_offence,
        (
            "marketplace", "effective_from", "effective_until", "ladder", "family", "counts", "grades", "parameters",
            "memory", "once", "cap", "raises", "multiplies", "month_start", "codes", "appeal", "complaint",
        ),
    ),
    "ladder": Kind(
        "ladders",
        read_ladder,
        (
            "marketplace", "effective_from", "effective_until", "unit", "direction", "timezone", "lapse", "steps",
            "parameters", "life", "reset", "issue", "start", "least", "most", "earn",
        ),
    ),
    "indicator": Kind(
        "indicators",
        read_indicator,
        (
            "marketplace", "effective_from", "effective_until", "over", "day", "timezone", "rows", "where", "left_out",
            "once", "counts", "value", "window", "unit", "direction", "bands", "parameters",
        ),
    ),
    "score": Kind(
        "scores",
        read_score,
        (
            "marketplace", "effective_from", "effective_until", "subject", "method", "most", "least", "missing",
            "items", "of_score", "levels", "evaluated", "module", "parameters",
        ),
    ),
}  # fmt: skip


def kind_of(root: Node, faults: Faults) -> Kind | None:
    """The kind that a file says it is of; a check when it says none (whose reader then asks for it). None: unknown."""
    node = root.get("kind")
    if node is None or not isinstance(node.value, str):
        return KINDS["check"]
    kind = KINDS.get(node.value)
    if kind is None:
        reason = f'"kind" must be one of {", ".join(KINDS)}, not "{node.value}"{suggestion(node.value, KINDS)}'
        faults.at(node, "R003", reason)
    return kind
