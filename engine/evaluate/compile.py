"""A pack on a day becomes one Python function per subject type.

The function is generated from the parsed model, never from the text of a rule: names of features become numbered
variables, values become constants of its namespace. Each feature is computed at most once and only when a rule that
applies still needs it; rules over the same collection share one loop; each rule stands in its own `try`, so that a
crash is an error of that rule alone.

For a condition two expressions are generated: one is true exactly when the condition is true, the other exactly when
it is false. When neither holds, a fact is unknown and the rule is not checked (Kleene's three-valued logic).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any

from engine.conditions.literals import required_literal
from engine.conditions.operators import ELEMENT, FAMILY, OPERATORS
from engine.evaluate.bound import BoundRule, folds_case
from engine.model.expressions import (
    And,
    Comparison,
    Expr,
    Literal,
    Named,
    Not,
    Or,
    Other,
    Param,
    Ref,
    comparisons,
    refs,
)

Fired = tuple[int, Any, tuple[Any, ...]]
"""Number of the rule, the item it fired on (None without `each`), and the features that were read (`read_features`)."""
Unchecked = Fired
"""The same for a rule that could not be decided: the first item on which that was so, None when no item is known."""
Failed = tuple[int, BaseException]
Run = Callable[..., int | None]
"""run(view, scopes, deadline, fired, unchecked, failed) → None, or the number of rules begun when time ran out."""

_RULES_BETWEEN_CLOCKS = 8


class _Unset:
    """Marks a feature that was not computed yet; unlike None, which is a computed "unknown"."""

    def __repr__(self) -> str:
        return "<not computed>"


UNSET = _Unset()


def _contains_any(value: Any, wanted: Sequence[Any]) -> bool:
    return any(item in value for item in wanted)


def _contains_all(value: Any, wanted: Sequence[Any]) -> bool:
    return all(item in value for item in wanted)


def compile_rules(rules: Sequence[BoundRule], scope_of: Sequence[int | None]) -> tuple[Run, str]:
    """The function for these rules, and its source. `scope_of[i]`: number of rule i's scope, None for everywhere."""
    writer = _Writer(rules, scope_of)
    source = writer.source()
    namespace = writer.namespace
    exec(compile(source, "<storewarden rules>", "exec"), namespace)
    run: Run = namespace["run"]
    return run, source


class _Writer:
    def __init__(self, rules: Sequence[BoundRule], scope_of: Sequence[int | None]) -> None:
        self._rules = rules
        self._scope_of = scope_of
        self._variables: dict[tuple[str, str, str | None], str] = {}
        self._lines: list[str] = []
        self._helpers: dict[str, str] = {}
        self._computed: set[str] = set()
        self.namespace: dict[str, Any] = {
            "UNSET": UNSET,
            "clock": perf_counter,
            "_contains_any": _contains_any,
            "_contains_all": _contains_all,
        }

    def source(self) -> str:
        """The text of the function."""
        body = self._body()
        helpers = [f"def {name}(x): return {text}" for text, name in self._helpers.items()]
        scopes = sorted({scope for scope in self._scope_of if scope is not None})
        head = ["def run(V, S, D, fired, unchecked, failed):"]
        if scopes:
            head.append(f"    {', '.join(f's{scope}' for scope in range(max(scopes) + 1))}, = S")
        if self._variables:
            head.append(f"    {' = '.join(self._variables.values())} = UNSET")
        return "\n".join([*helpers, *head, *body, "    return None", ""])

    def _body(self) -> list[str]:
        shared: dict[tuple[str, str | None], list[int]] = {}
        for index, bound in enumerate(self._rules):
            if bound.rule.each is not None:
                ref = bound.rule.each.collection
                shared.setdefault((ref.name, ref.argument), []).append(index)
        done: set[tuple[str, str | None]] = set()
        for index, bound in enumerate(self._rules):
            each = bound.rule.each
            if each is None:
                self._single(index, bound)
            elif (each.collection.name, each.collection.argument) not in done:
                key = (each.collection.name, each.collection.argument)
                done.add(key)
                self._emit(1, f"if D is not None and clock() > D: return {index}")
                self._loop(key, shared[key])
            if index % _RULES_BETWEEN_CLOCKS == _RULES_BETWEEN_CLOCKS - 1:
                self._emit(1, f"if D is not None and clock() > D: return {index + 1}")
        return self._lines

    def _emit(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)

    def _single(self, index: int, bound: BoundRule) -> None:
        scope = self._scope_of[index]
        depth = 2
        self._emit(1, "try:")
        if scope is not None:
            self._emit(2, f"if s{scope}:")
            depth = 3
        condition = _Condition(self, bound, None)
        first = comparisons(bound.rule.when)[0].ref
        variable = self.variable(first)
        if variable not in self._computed:
            self._emit(depth, f"if {variable} is UNSET: {variable} = {self.call(bound, first)}")
            if scope is None:
                self._computed.add(variable)
        condition.ready.add(first)
        true, values = condition.true(bound.rule.when), condition.values()
        self._emit(depth, f"if {true}: fired.append(({index}, None, {values}))")
        unknown = condition.may_be_unknown()
        if unknown:
            false = condition.false(bound.rule.when)
            self._emit(depth, f"elif ({unknown}) and not ({false}): unchecked.append(({index}, None, {values}))")
        self._emit(1, f"except Exception as error: failed.append(({index}, error))")

    def _loop(self, key: tuple[str, str | None], indexes: Sequence[int]) -> None:
        name, argument = key
        collection = self._rules[indexes[0]].collection
        assert collection is not None
        function = self._constant(collection.compute, f"collection {name}")
        call = f"{function}(V)" if argument is None else f"{function}(V, {argument!r})"
        wanted = [f"s{scope}" for index in indexes if (scope := self._scope_of[index]) is not None]
        depth = 1
        if len(wanted) == len(indexes):
            self._emit(1, f"if {' or '.join(dict.fromkeys(wanted))}:")
            depth = 2
        self._emit(depth, "try:")
        self._emit(depth + 1, f"items = {call}")
        numbers = ", ".join(map(str, indexes))
        self._emit(depth, f"except Exception as error: failed.extend((number, error) for number in ({numbers},))")
        self._emit(depth, "else:")
        self._emit(depth + 1, f"if items is None: unchecked.extend((number, None, ()) for number in ({numbers},))")
        self._emit(depth + 1, "elif items:")
        self._items(depth + 2, indexes)

    def _items(self, depth: int, indexes: Sequence[int]) -> None:
        conditions = {index: _Condition(self, self._rules[index], "I") for index in indexes}
        bodies: list[str] = []
        flags: list[int] = []
        for index in indexes:
            condition, bound, scope = conditions[index], self._rules[index], self._scope_of[index]
            guard = f"s{scope} and " if scope is not None else ""
            true = condition.true(bound.rule.when)
            unknown = condition.may_be_unknown()
            bodies += ["try:", f"    if {guard}{true}: fired.append(({index}, I, {condition.values()}))"]
            if unknown:
                flags.append(index)
                false = condition.false(bound.rule.when)
                mark = f"u{index} = u{index} or ({index}, I, {condition.values()})"
                bodies.append(f"    elif {guard}({unknown}) and not ({false}): {mark}")
            bodies.append(f"except Exception as error: failed.append(({index}, error))")
        if flags:
            self._emit(depth, f"{' = '.join(f'u{index}' for index in flags)} = None")
        self._emit(depth, "for I in items:")
        for body in bodies:
            self._emit(depth + 1, body)
        for index in flags:
            self._emit(depth, f"if u{index}: unchecked.append(u{index})")

    def variable(self, ref: Ref) -> str:
        """The variable that holds a feature's value."""
        key = ("feature", ref.name, ref.argument)
        return self._variables.setdefault(key, f"f{len(self._variables)}")

    def call(self, bound: BoundRule, ref: Ref) -> str:
        """The text that computes a feature."""
        function = self._constant(bound.feature(ref).compute, f"feature {ref.name}")
        return f"{function}(V)" if ref.argument is None else f"{function}(V, {ref.argument!r})"

    def helper(self, text: str) -> str:
        """A function of x beside `run`; a comprehension in `run` itself would turn its variables into cells."""
        return self._helpers.setdefault(text, f"q{len(self._helpers)}")

    def _constant(self, value: Any, key: str) -> str:
        names = self.namespace.setdefault("names", {})
        if key not in names:
            names[key] = f"c{len(names)}"
            self.namespace[names[key]] = value
        return str(names[key])

    def constant(self, value: Any) -> str:
        """A value as text: small ones written out, the rest named in the namespace."""
        if value is True or value is False or type(value) is int or type(value) is str:
            return repr(value)
        if isinstance(value, Decimal):
            return self._constant(value, f"decimal {value}")
        if isinstance(value, date):
            return self._constant(value, f"date {value}")
        return self._constant(value, f"object {id(value)}")


class _Condition:
    """The two expressions of one rule's condition. `ready` holds the features that are surely computed by then."""

    def __init__(self, writer: _Writer, bound: BoundRule, item: str | None) -> None:
        self._writer = writer
        self._bound = bound
        self._item = item
        self._constants: dict[int, str] = {}
        self.ready: set[Ref] = set()

    def true(self, expr: Expr) -> str:
        """Text that is true exactly when the expression is true."""
        match expr:
            case Named(item=inner):
                return self.true(inner)
            case Not(item=inner):
                return self.false(inner)
            case And(items=parts):
                return f"({' and '.join(map(self.true, parts))})"
            case Or(items=parts):
                return f"({' or '.join(map(self.true, parts))})"
            case Comparison():
                return self._test(expr, wanted=True)

    def false(self, expr: Expr) -> str:
        """Text that is true exactly when the expression is false."""
        match expr:
            case Named(item=inner):
                return self.false(inner)
            case Not(item=inner):
                return self.true(inner)
            case And(items=parts):
                return f"({' or '.join(map(self.false, parts))})"
            case Or(items=parts):
                return f"({' and '.join(map(self.false, parts))})"
            case Comparison():
                return self._test(expr, wanted=False)

    def may_be_unknown(self) -> str:
        """Text that is true when a value that was read is unknown; empty when none can be."""
        used = {test.ref for test in comparisons(self._bound.rule.when) if test.op != "exists"}
        used |= {test.value.ref for test in comparisons(self._bound.rule.when) if isinstance(test.value, Other)}
        names = [self._plain(ref) for ref in refs(self._bound.rule.when) if ref in used and self._bound.nullable(ref)]
        return " or ".join(f"{name} is None" for name in names)

    def values(self) -> str:
        """Text of the tuple of features the condition reads, computed or not, in the order of `read_features`."""
        names = [self._writer.variable(ref) for ref in read_features(self._bound)]
        return f"({', '.join(names)},)" if names else "()"

    def _plain(self, ref: Ref) -> str:
        return f"{self._item}.{ref.name}" if ref.item else self._writer.variable(ref)

    def _read(self, ref: Ref) -> str:
        """Text that gives a value, computing the feature if nobody has."""
        if ref.item or ref in self.ready:
            return self._plain(ref)
        variable = self._writer.variable(ref)
        call = self._writer.call(self._bound, ref)
        return f"({variable} if {variable} is not UNSET else ({variable} := {call}))"

    def _test(self, test: Comparison, *, wanted: bool) -> str:
        if test.op == "exists":
            known = self._bound.constant(test.value, "eq") == wanted
            return f"({self._read(test.ref)} is {'not ' if known else ''}None)"
        checks = []
        read = self._read(test.ref)
        if self._bound.nullable(test.ref):
            checks.append(f"{read} is not None")
            read = self._plain(test.ref)
        right = self._right(test, checks)
        comparison = self._comparison(test, read, right)
        checks.append(comparison if wanted else f"not ({comparison})")
        return f"({' and '.join(checks)})"

    def _right(self, test: Comparison, checks: list[str]) -> str:
        if not isinstance(test.value, Other):
            return self._named_constant(test)
        other = self._read(test.value.ref)
        if self._bound.nullable(test.value.ref):
            checks.append(f"{other} is not None")
            other = self._plain(test.value.ref)
        if test.value.times is not None:
            other = f"{other} * {self._scalar(test.value.times)}"
        if test.value.plus is not None:
            other = f"{other} + {self._scalar(test.value.plus)}"
        return f"({other})"

    def _scalar(self, value: Literal | Param) -> str:
        return self._writer.constant(self._bound.constant(value, ""))

    def _named_constant(self, test: Comparison) -> str:
        if id(test) not in self._constants:
            self._constants[id(test)] = self._writer.constant(self._bound.constant(test.value, test.op))
        return self._constants[id(test)]

    def _comparison(self, test: Comparison, read: str, right: str) -> str:
        template = OPERATORS[test.op].template
        if test.op == "re" and isinstance(test.value, Literal) and (literal := required_literal(test.value.text)):
            template = f"{literal!r} in {{x}} and {template}"
            if test.quantifier is None:
                return f"{literal!r} in {read} and {right}({self._plain(test.ref)}) is not None"
        if test.transform is not None:
            read = f"len({read})"
        if test.quantifier is not None:
            item = "e.lower()" if folds_case(test) else "e"
            helper = self._writer.helper(f"{test.quantifier}({template.format(x=item, c=right)} for e in x)")
            return f"{helper}({read})"
        if folds_case(test):
            is_list = FAMILY[self._type(test.ref)] in ELEMENT
            read = f"{self._writer.helper('[e.lower() for e in x]')}({read})" if is_list else f"{read}.lower()"
        return template.format(x=read, c=right)

    def _type(self, ref: Ref) -> str:
        return self._bound.fields[ref.name].type if ref.item else self._bound.feature(ref).type


def scopes(rules: Sequence[BoundRule]) -> tuple[list[int | None], list[tuple[frozenset[str], frozenset[str]]]]:
    """Rule → number of its scope, and what each scope is: the categories it is for, and those it is not for."""
    numbers: list[int | None] = []
    known: dict[tuple[frozenset[str], frozenset[str]], int] = {}
    for bound in rules:
        key = (frozenset(bound.rule.categories), frozenset(bound.rule.not_categories))
        numbers.append(known.setdefault(key, len(known)) if key[0] or key[1] else None)
    return numbers, list(known)


def read_features(bound: BoundRule) -> tuple[Ref, ...]:
    """The features a rule's condition reads, items' fields left out: the order of a fired rule's values."""
    return bound.reads
