"""The `when` of a rule: selections with their comparisons, type-checked against the features, and the condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from engine.conditions.grammar import ConditionError, parse_condition
from engine.conditions.operators import ELEMENT, FAMILY, NUMBER, OPERATORS, QUANTIFIERS, TRANSFORMS
from engine.conditions.regex_safety import check_regex
from engine.errors import suggestion
from engine.features.registry import Field, Registry
from engine.loading.fields import Faults
from engine.loading.strict_yaml import Node
from engine.model.expressions import And, Comparison, Expr, Literal, Many, Or, Other, Param, Ref, Value, Words
from engine.model.rule import Parameter

FREE_NUMBERS = (-1, 0, 1)
"""Numbers a condition may hold itself; any other is a policy number and belongs into `params` with its date."""


@dataclass(slots=True)
class Scope:
    """What names a rule's conditions and messages may use."""

    registry: Registry
    lists: frozenset[str]
    parameters: Mapping[str, Parameter]
    item: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    arguments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    used_parameters: set[str] = field(default_factory=set)

    def names(self) -> list[str]:
        """Every name a rule can read here."""
        own = [f"{self.item}.{name}" for name in self.fields] if self.item else []
        return own + list(self.registry.features)

    def resolve(self, text: str, node: Node | tuple[int, int], faults: Faults) -> tuple[Ref, str] | None:
        """`name` or `name[argument]` → the reference and its type; a fault (R012) when there is none."""
        name, argument = split_argument(text)
        if self.item and name.startswith(f"{self.item}."):
            known = self.fields.get(name[len(self.item) + 1 :])
            if known is not None and argument is None:
                return Ref(name[len(self.item) + 1 :], item=True), known.type
        feature = self.registry.features.get(name)
        if feature is None:
            if name in self.registry.collections:
                faults.at(node, "R012", f'"{name}" is a collection: read its items with `each: {name} as item`')
            else:
                faults.at(node, "R012", f'unknown feature "{name}"{suggestion(name, self.names())}')
            return None
        if not self.check_argument(name, feature.argument, argument, node, faults):
            return None
        return Ref(name, argument), feature.type

    def check_argument(
        self, name: str, kind: str | None, argument: str | None, node: Node | tuple[int, int], faults: Faults
    ) -> bool:
        """Whether `name[argument]` has an argument exactly where one is wanted, and one that exists."""
        if kind is None:
            if argument is not None:
                faults.at(node, "R012", f'"{name}" takes no [argument]')
            return argument is None
        if argument is None:
            faults.at(node, "R012", f'"{name}" needs a {kind}: {name}[…]')
            return False
        known = self.lists if kind == "list" else self.arguments.get(kind)
        if known is not None and argument not in known:
            faults.at(node, "R010", f'unknown {kind} "{argument}"{suggestion(argument, known)}')
            return False
        return True


def split_argument(text: str) -> tuple[str, str | None]:
    """`name[argument]` in its two parts."""
    if text.endswith("]") and "[" in text:
        name, _, argument = text[:-1].partition("[")
        return name, argument
    return text, None


def read_when(node: Node, scope: Scope, faults: Faults) -> Expr | None:
    """The whole `when`, or None after a fault."""
    if not isinstance(node.value, dict):
        faults.at(node, "R003", '"when" must be a mapping of selections and a condition')
        return None
    selections: dict[str, Expr] = {}
    complete = True
    for name, selection in node.value.items():
        if name == "condition":
            continue
        tree = _selection(selection, scope, faults)
        if tree is None:
            complete = False
        else:
            selections[name] = tree
    if not complete:
        return None
    condition = node.get("condition")
    if condition is None:
        if len(selections) == 1:
            name = next(iter(selections))
            return parse_condition(name, selections)[0]
        faults.at(node, "R014", '"when" needs a condition that joins its selections')
        return None
    try:
        tree, used = parse_condition(str(condition.value), selections)
    except ConditionError as error:
        faults.at(condition, "R014", f"condition: {error}")
        return None
    for name in selections.keys() - used:
        faults.at(node.keys[name], "R015", f'the selection "{name}" is not used by the condition')
    return tree


def _selection(node: Node, scope: Scope, faults: Faults) -> Expr | None:
    """A mapping joins its comparisons with and; a list of mappings joins them with or."""
    if isinstance(node.value, list):
        parts = [_selection(child, scope, faults) for child in node.value]
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            if not parts:
                faults.at(node, "R003", "a selection is empty")
            return None
        return known[0] if len(known) == 1 else Or(tuple(known))
    if not isinstance(node.value, dict) or not node.value:
        faults.at(node, "R003", "a selection must map features to what they are compared with")
        return None
    tests = [_test(str(key), node.keys[key], value, scope, faults) for key, value in node.value.items()]
    known_tests = [test for test in tests if test is not None]
    if len(known_tests) < len(tests):
        return None
    return known_tests[0] if len(known_tests) == 1 else And(tuple(known_tests))


def _test(key: str, place: tuple[int, int], value: Node, scope: Scope, faults: Faults) -> Comparison | None:
    name, *steps = key.split("|")
    resolved = scope.resolve(name, place, faults)
    if resolved is None:
        return None
    ref, kind = resolved
    family = FAMILY[kind]
    transform = quantifier = None
    if steps and steps[0] in TRANSFORMS:
        transform = steps.pop(0)
        if (transform == "count") != (family in ELEMENT) or (transform == "length" and family != "text"):
            faults.at(place, "R013", f'"{transform}" can not be taken of "{ref}", which is {kind}')
            return None
        family = NUMBER
    if steps and steps[0] in QUANTIFIERS and family in ELEMENT:
        quantifier = steps.pop(0)
        family = ELEMENT[family]
    op_name = "_".join(steps) if steps else ("in" if isinstance(value.value, list) else "eq")
    operator = OPERATORS.get(op_name)
    if operator is None:
        known = [*OPERATORS, *TRANSFORMS, *QUANTIFIERS]
        faults.at(place, "R011", f'unknown operator "{"|".join(steps)}"{suggestion(op_name, known)}')
        return None
    if family not in operator.left:
        faults.at(place, "R013", f'"{op_name}" does not compare {family} such as "{ref}"')
        return None
    right = _value(value, op_name, family, scope, faults)
    return None if right is None else Comparison(ref, op_name, right, transform, quantifier, *place)


def _value(node: Node, op: str, family: str, scope: Scope, faults: Faults) -> Value | None:
    operator = OPERATORS[op]
    wanted = {"bool": "bool", "element": ELEMENT.get(family, family), "elements": ELEMENT.get(family, family)}.get(
        operator.right, "text" if operator.right in {"text", "pattern"} else family
    )
    if operator.right == "pattern":
        return _pattern(node, faults)
    if isinstance(node.value, dict):
        if operator.right == "same":
            return _other(node, family, scope, faults)
        _refuse(node, op, faults)
        return None
    if isinstance(node.value, list):
        if operator.right not in {"many", "elements"}:
            _refuse(node, op, faults)
            return None
        items = [_single(item, wanted, scope, faults) for item in node.value]
        if any(item is None or isinstance(item, Words) for item in items) or not items:
            if not items:
                faults.at(node, "R003", "the list is empty")
            return None
        return Many(tuple(item for item in items if isinstance(item, Literal | Param)))
    single = _single(node, wanted, scope, faults, many=operator.right in {"many", "elements"})
    if isinstance(single, Literal) and operator.right in {"many", "elements"}:
        return Many((single,))
    return single


def _refuse(node: Node, op: str, faults: Faults) -> None:
    faults.at(node, "R013", f'"{op}" compares with one value; use in, contains_any or contains_all for several')


def _single(
    node: Node, family: str, scope: Scope, faults: Faults, *, many: bool = False
) -> Literal | Param | Words | None:
    value = node.value
    if isinstance(value, str) and value.startswith("$"):
        return _parameter(node, value[1:], family, scope, faults, many=many)
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in scope.lists:
            faults.at(node, "R010", f'unknown list "{value[1:]}"{suggestion(value[1:], scope.lists)}')
            return None
        if not many or family != "text":
            faults.at(node, "R013", f'the list "{value}" holds texts: compare it with in, not_in or contains_any')
            return None
        return Words(value[1:])
    actual = family_of(value)
    if actual != family:
        faults.at(node, "R013", f'"{value}" is {actual}, but {family} is compared here')
        return None
    if family == NUMBER and value not in FREE_NUMBERS:
        reason = f"{value} is a policy number without a date: name it in params and write $name here"
        faults.at(node, "R008", reason)
        return None
    return Literal.of(value)


def _parameter(node: Node, name: str, family: str, scope: Scope, faults: Faults, *, many: bool) -> Param | None:
    parameter = scope.parameters.get(name)
    if parameter is None:
        faults.at(node, "R009", f'unknown parameter "${name}"{suggestion(name, scope.parameters)}')
        return None
    scope.used_parameters.add(name)
    actual = family_of(parameter.history[0].values[0].value)
    if actual != family:
        faults.at(node, "R013", f'the parameter "${name}" is {actual}, but {family} is compared here')
        return None
    if parameter.is_list and not many:
        faults.at(node, "R013", f'the parameter "${name}" is a list: compare it with in, not_in or contains_any')
        return None
    return Param(name)


def _other(node: Node, family: str, scope: Scope, faults: Faults) -> Other | None:
    """{feature: name, times: $factor, plus: $margin}"""
    name = node.get("feature")
    if name is None or not isinstance(name.value, str):
        faults.at(node, "R003", "to compare with another feature write {feature: name, times: $factor}")
        return None
    resolved = scope.resolve(name.value, name, faults)
    if resolved is None:
        return None
    if FAMILY[resolved[1]] != family:
        faults.at(name, "R013", f'"{name.value}" is {FAMILY[resolved[1]]}, but {family} is compared here')
        return None
    scaled: dict[str, Literal | Param | None] = {"times": None, "plus": None}
    for key, child in node.items():
        if key == "feature":
            continue
        if key not in scaled or family != NUMBER:
            faults.at(node.keys[key], "R001", f'"{key}" is not known here; use feature, times, plus (numbers only)')
            return None
        number = _single(child, NUMBER, scope, faults)
        if number is None or isinstance(number, Words):
            return None
        scaled[key] = number
    return Other(resolved[0], scaled["times"], scaled["plus"])


def _pattern(node: Node, faults: Faults) -> Literal | None:
    if not isinstance(node.value, str):
        faults.at(node, "R016", "a pattern must be text; quote it")
        return None
    reason = check_regex(node.value)
    if reason is not None:
        faults.at(node, "R016", f"the pattern is refused: {reason}")
        return None
    return Literal.of(node.value)


def family_of(value: object) -> str:
    """The family of a literal: number, text, bool, date; or the kind of thing it is instead."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | Decimal):
        return NUMBER
    if isinstance(value, date):
        return "date"
    return "text" if isinstance(value, str) else type(value).__name__
