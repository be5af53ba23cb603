"""The plain meaning of a condition, step by step: true, false or unknown, with the values that were read.

Slow and easy to check. Explanations use it, and a property test holds the generated code to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.evaluate.bound import BoundRule, holds
from engine.features.view import View
from engine.model.expressions import And, Comparison, Expr, Literal, Named, Not, Or, Other, Param, Ref


@dataclass(slots=True)
class Step:
    """One comparison that was made: what was read, with what it was compared, and the answer (None: unknown)."""

    test: Comparison
    value: Any
    against: Any
    answer: bool | None
    selection: str | None


@dataclass(slots=True)
class Trace:
    """Every comparison in the order it was made."""

    steps: list[Step] = field(default_factory=list)


def read(bound: BoundRule, ref: Ref, view: View, item: Any) -> Any:
    """The value of a feature or an item's field; a feature is computed once for a view."""
    if ref.item:
        return getattr(item, ref.name) if ref.name else item
    key = ("feature", ref.name, ref.argument)
    cache = view.cache
    if key not in cache:
        compute = bound.feature(ref).compute
        cache[key] = compute(view) if ref.argument is None else compute(view, ref.argument)
    return cache[key]


def items(bound: BoundRule, view: View) -> Any:
    """The items of the rule's collection; None when it is unknown."""
    each = bound.rule.each
    assert each is not None
    key = ("collection", each.collection.name, each.collection.argument)
    if key not in view.cache:
        compute = bound.registry.collections[each.collection.name].compute
        argument = each.collection.argument
        view.cache[key] = compute(view) if argument is None else compute(view, argument)
    return view.cache[key]


def decide(bound: BoundRule, view: View, item: Any = None, trace: Trace | None = None) -> bool | None:
    """Whether the rule's condition holds for the view (and item). None: a fact it needs is unknown."""
    return _Decision(bound, view, item, trace).of(bound.rule.when, None)


@dataclass(slots=True)
class _Decision:
    bound: BoundRule
    view: View
    item: Any
    trace: Trace | None

    def of(self, expr: Expr, selection: str | None) -> bool | None:
        match expr:
            case Named(name=name, item=inner):
                return self.of(inner, name)
            case Not(item=inner):
                answer = self.of(inner, selection)
                return None if answer is None else not answer
            case And(items=parts):
                return self._join(parts, selection, decisive=False)
            case Or(items=parts):
                return self._join(parts, selection, decisive=True)
            case Comparison():
                return self._test(expr, selection)

    def _join(self, parts: Sequence[Expr], selection: str | None, *, decisive: bool) -> bool | None:
        """Kleene's and (`decisive` false) and or (`decisive` true): one decisive part settles it."""
        unknown = False
        for part in parts:
            answer = self.of(part, selection)
            if answer is decisive:
                return decisive
            unknown = unknown or answer is None
        return None if unknown else not decisive

    def _test(self, test: Comparison, selection: str | None) -> bool | None:
        value = read(self.bound, test.ref, self.view, self.item)
        against = _against(test, self.bound, self.view, self.item)
        answer = _compare(test, value, against)
        if self.trace is not None:
            self.trace.steps.append(Step(test, value, against, answer, selection))
        return answer


def _against(test: Comparison, bound: BoundRule, view: View, item: Any) -> Any:
    if not isinstance(test.value, Other):
        return bound.constant(test.value, test.op)
    other = read(bound, test.value.ref, view, item)
    if other is None:
        return None
    if test.value.times is not None:
        other = other * _scalar(test.value.times, bound)
    if test.value.plus is not None:
        other = other + _scalar(test.value.plus, bound)
    return other


def _scalar(value: Literal | Param, bound: BoundRule) -> Any:
    return bound.constant(value, "")


def _compare(test: Comparison, value: Any, against: Any) -> bool | None:
    if test.op == "exists":
        return bool((value is not None) == against)
    if value is None or (isinstance(test.value, Other) and against is None):
        return None
    return holds(test, value, against)
