"""Tests of columns in an indicator file: `stars|gte: $positive`, `sent|missed: due`, `{of: paid, hours: $limit}`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import suggestion
from engine.loading.amounts import Amounts
from engine.loading.fields import Faults, Fields
from engine.loading.strict_yaml import Node
from engine.model.expressions import Literal
from engine.model.indicator import MOMENT_TESTS, SPANS, TESTS, Span, Test, Tests
from engine.scoring.sources import MOMENT, NUMBER, SET, RowKind

ORDERED = ("lt", "lte", "gt", "gte")
FOR_SETS = ("has", "exists")


def read_tests(node: Node | None, kind: RowKind, amounts: Amounts, faults: Faults) -> Tests:
    """The tests of one mapping; all of them must hold. Every fault is noted."""
    if node is None:
        return ()
    if not isinstance(node.value, dict):
        faults.at(node, "R003", "tests are a mapping such as {state|in: $ended, sent|missed: due}")
        return ()
    found = []
    for key, child in node.items():
        test = _test(str(key), child, node.keys[key], kind, amounts, faults)
        if test is not None:
            found.append(test)
    return tuple(found)


def read_groups(node: Node | None, what: str, kind: RowKind, amounts: Amounts, faults: Faults) -> Mapping[str, Tests]:
    """Name → tests."""
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        faults.at(node, "R003", f'"{what}" maps names to tests')
        return {}
    return {str(name): read_tests(child, kind, amounts, faults) for name, child in node.items()}


def _test(key: str, node: Node, place: tuple[int, int], kind: RowKind, amounts: Amounts, faults: Faults) -> Test | None:
    column, _, op = key.partition("|")
    op = op or "eq"
    if column not in kind.columns:
        reason = f'there is no column "{column}"{suggestion(column, kind.columns)}; known are {", ".join(kind.columns)}'
        faults.at(place, "R012", reason)
        return None
    if op not in TESTS:
        faults.at(place, "R010", f'there is no test "{op}"{suggestion(op, TESTS)}; known are {", ".join(TESTS)}')
        return None
    wanted = kind.columns[column]
    fits = {
        **dict.fromkeys(MOMENT_TESTS, wanted == MOMENT),
        **dict.fromkeys(ORDERED, wanted == NUMBER),
        "has": wanted == SET,
        "exists": True,
    }.get(op, wanted not in (SET, MOMENT))
    if not fits:
        faults.at(place, "R013", f'"{column}" is a {wanted}, which "{op}" does not test')
        return None
    if op in MOMENT_TESTS:
        span = _span(node, kind, amounts, faults)
        return Test(column, op, span=span) if span is not None else None
    if op == "exists":
        if not isinstance(node.value, bool):
            faults.at(node, "R003", '"exists" is true or false')
            return None
        return Test(column, op, (Literal.of(node.value),))
    if isinstance(node.value, str) and node.value.startswith("$"):
        kinds = ("int", "decimal") if wanted == NUMBER else ("str",)
        name = amounts.named(node, kinds)
        return Test(column, op, parameter=name) if name is not None else None
    if wanted == NUMBER:
        amounts.named(node)  # notes that a number needs a date
        return None
    items = node.value if isinstance(node.value, list) else [node]
    if any(not isinstance(item.value, str) for item in items):
        faults.at(node, "R003", f'"{column}" is compared with texts or with the values of a parameter')
        return None
    return Test(column, op, tuple(Literal.of(item.value) for item in items))


def _span(node: Node, kind: RowKind, amounts: Amounts, faults: Faults) -> Span | None:
    """`due`, or {of: due, days: $late}."""
    if isinstance(node.value, str):
        return Span(node.value) if _is_moment(node.value, node, kind, faults) else None
    fields = Fields(node, faults, "a span")
    of = fields.text("of")
    given = [(unit, amounts.of(fields, unit, kinds=("int",))) for unit in SPANS]
    fields.close()
    named = [(unit, name) for unit, name in given if name is not None]
    if len(named) != 1:
        faults.at(node, "R002", f"a span has one of {', '.join(SPANS)}")
        return None
    if of is None or not _is_moment(of, node, kind, faults):
        return None
    return Span(of, named[0][1], named[0][0])


def _is_moment(name: str, node: Node, kind: RowKind, faults: Faults) -> bool:
    if name in kind.moments:
        return True
    faults.at(node, "R012", f'there is no moment "{name}"{suggestion(name, kind.moments)}; known are {kind.moments}')
    return False
