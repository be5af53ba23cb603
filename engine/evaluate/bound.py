"""A rule on a day: its parameters resolved, its constants ready to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.conditions.operators import OPERATORS, search, transformed
from engine.evaluate.wording import Wording
from engine.features.registry import Collection, Feature, Registry
from engine.features.resources import WordList
from engine.model.expressions import Comparison, Literal, Many, Other, Param, Ref, Value, Words, refs
from engine.model.rule import CheckRule


class BoundRule:
    """A live rule with the values its parameters have on `as_of`.

    `parameters` maps names to a scalar or, for a list parameter, to a tuple. `fault` names in fingerprints what is
    wrong: the code, and with it the rule where that is not the pack's first of the code.
    """

    __slots__ = ("fault", "fields", "lists", "parameters", "reads", "refs", "registry", "rule", "wording")

    def __init__(self, rule: CheckRule, as_of: date, registry: Registry, lists: Mapping[str, WordList]) -> None:
        self.rule = rule
        self.fault = rule.code
        self.refs = tuple(refs(rule.when))
        self.reads = tuple(ref for ref in self.refs if not ref.item)
        self.registry = registry
        self.lists = lists
        self.parameters: dict[str, Any] = {}
        for name, parameter in rule.parameters.items():
            dated = parameter.at(as_of)
            if dated is not None:
                values = tuple(literal.value for literal in dated.values)
                self.parameters[name] = values if parameter.is_list else values[0]
        self.fields = registry.collections[rule.each.collection.name].item if rule.each else {}
        self.wording = Wording(rule, self.parameters, registry)

    @property
    def beside(self) -> frozenset[str]:
        """What the rule reads besides the listing, in its conditions or its message: "peers", "store.FIELD"."""
        named = [ref for name in self.wording.names if isinstance(ref := self.wording.source(name), Ref)]
        found = [name for ref in (*self.reads, *named) for name in self.feature(ref).beside]
        return frozenset([*found, *(self.collection.beside if self.collection is not None else ())])

    @property
    def collection(self) -> Collection | None:
        """The collection whose items the conditions run over."""
        each = self.rule.each
        return self.registry.collections[each.collection.name] if each else None

    def feature(self, ref: Ref) -> Feature:
        """The feature a reference means."""
        return self.registry.features[ref.name]

    def nullable(self, ref: Ref) -> bool:
        """Whether the value can be unknown."""
        return self.fields[ref.name].nullable if ref.item else self.feature(ref).nullable

    def constant(self, value: Value, op: str) -> Any:
        """What the comparison compares with: a scalar, a frozenset (in), a tuple (contains_…) or a search function.

        `Other` has no constant; its scaled feature is computed from the facts.
        """
        match value:
            case Literal():
                found: Any = value.value
            case Param(name=name):
                found = self.parameters[name]
            case Words(id=list_id):
                found = self.lists[list_id].terms
            case Many(items=items):
                parts = [self.constant(item, "") for item in items]
                found = tuple(part for item in parts for part in (item if isinstance(item, tuple) else (item,)))
            case Other():
                return None
        right = OPERATORS[op].right if op else ""
        if right == "pattern":
            return search(found)
        if right in {"many", "elements"}:
            several = found if isinstance(found, tuple) else (found,)
            return frozenset(several) if right == "many" else several
        return found


def folds_case(test: Comparison) -> bool:
    """Membership in a word list ignores case; every other comparison is exact."""
    return isinstance(test.value, Words)


def holds(test: Comparison, value: Any, constant: Any) -> bool:
    """One comparison of known values: the meaning that the generated code must share."""
    operator = OPERATORS[test.op]
    value = transformed(test.transform, value)
    if test.quantifier is not None:
        answers = (operator.holds(item.lower() if folds_case(test) else item, constant) for item in value)
        return any(answers) if test.quantifier == "any" else all(answers)
    if folds_case(test):
        value = [item.lower() for item in value] if isinstance(value, list | tuple) else value.lower()
    return operator.holds(value, constant)
