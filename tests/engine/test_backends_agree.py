"""The generated function answers exactly as the plain meaning does, for any condition and any facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate.bound import BoundRule
from engine.evaluate.compile import compile_rules, scopes
from engine.evaluate.interpret import decide
from engine.facts import Listing
from engine.features.registry import Collection, Feature, Field, Registry
from engine.features.resources import Resources, WordList
from engine.features.view import View
from engine.model.expressions import And, Comparison, Expr, Literal, Many, Named, Not, Or, Other, Ref, Words
from engine.model.rule import CheckRule, Each

AS_OF = date(2026, 1, 1)
LISTS = {"fruit": WordList("fruit", ("apple", "pear"), members=frozenset({"apple", "pear"}))}
TYPES = {"number": "int", "price": "decimal", "word": "str", "flag": "bool", "words": "list[str]", "day": "date"}


@dataclass
class Item:
    number: int | None
    word: str | None


def fact(name: str) -> Callable[[View], Any]:
    return lambda view: view.cache["facts"][name]


REGISTRY = Registry()
for name, kind in TYPES.items():
    for nullable in (True, False):
        full = f"maybe.{name}" if nullable else f"sure.{name}"
        REGISTRY.features[full] = Feature(full, kind, fact(full), (), "x", "x", nullable=nullable)
REGISTRY.collections["things"] = Collection(
    "things",
    {"number": Field("int", "x", "x", nullable=True), "word": Field("str", "x", "x", nullable=True)},
    lambda view: view.cache["facts"]["things"],
    (),
    "x",
    "x",
)

NUMBERS = st.integers(-2, 2)
PRICES = st.sampled_from([Decimal("-0.5"), Decimal(0), Decimal("0.1"), Decimal("0.3"), Decimal(2)])
WORDS = st.sampled_from(["", "apple", "Apple", "pear tree", "x"])
DAYS = st.sampled_from([date(2025, 1, 1), date(2026, 1, 1)])
VALUES = {
    "number": NUMBERS,
    "price": PRICES,
    "word": WORDS,
    "flag": st.booleans(),
    "words": st.lists(WORDS, max_size=3),
    "day": DAYS,
}


def literal(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Literal]:
    return strategy.map(Literal.of)


@st.composite
def single(draw: st.DrawFn, *, with_items: bool) -> Comparison:
    kind = draw(st.sampled_from(sorted(TYPES)))
    if with_items and draw(st.booleans()):
        kind = draw(st.sampled_from(["number", "word"]))
        ref = Ref(kind, item=True)
    else:
        ref = Ref(draw(st.sampled_from(["maybe.", "sure."])) + kind)
    if draw(st.integers(0, 9)) == 0:
        return Comparison(ref, "exists", draw(literal(st.booleans())))
    transform = quantifier = None
    if kind == "words":
        choice = draw(st.sampled_from(["contains", "any", "count", "list"]))
        if choice == "contains":
            return Comparison(ref, "contains_any", Many(tuple(draw(st.lists(literal(WORDS), min_size=1, max_size=2)))))
        if choice == "list":
            return Comparison(ref, "in", Words("fruit"), None, draw(st.sampled_from(["any", "all"])))
        if choice == "any":
            return Comparison(ref, "eq", draw(literal(WORDS)), None, draw(st.sampled_from(["any", "all"])))
        transform, kind = "count", "number"
    elif kind == "word":
        choice = draw(st.sampled_from(["eq", "re", "in", "length", "contains", "startswith"]))
        if choice == "re":
            return Comparison(ref, "re", Literal("^[a-p]{1,5}$", "str"))
        if choice == "in":
            return Comparison(ref, draw(st.sampled_from(["in", "not_in"])), Words("fruit"))
        if choice in {"contains", "startswith", "eq"}:
            return Comparison(ref, choice, draw(literal(WORDS)))
        transform, kind = "length", "number"
    if kind == "flag":
        return Comparison(ref, "eq", draw(literal(st.booleans())))
    op = draw(st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]))
    if kind in {"number", "price"} and draw(st.integers(0, 3)) == 0:
        other = Ref(draw(st.sampled_from(["maybe.", "sure."])) + draw(st.sampled_from(["number", "price"])))
        return Comparison(ref, op, Other(other, draw(literal(PRICES)), draw(st.none() | literal(NUMBERS))), transform)
    values = {"number": NUMBERS | PRICES, "price": NUMBERS | PRICES, "day": DAYS}[kind]
    return Comparison(ref, op, draw(literal(values)), transform, quantifier)


def expressions(*, with_items: bool) -> st.SearchStrategy[Expr]:
    return st.recursive(
        single(with_items=with_items),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda items: And(tuple(items))),
            st.lists(inner, min_size=2, max_size=3).map(lambda items: Or(tuple(items))),
            inner.map(Not),
            inner.map(lambda item: Named("part", item)),
        ),
        max_leaves=6,
    )


@st.composite
def fact_sets(draw: st.DrawFn) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name in TYPES:
        facts[f"sure.{name}"] = draw(VALUES[name])
        facts[f"maybe.{name}"] = draw(st.none() | VALUES[name])
    item = st.builds(Item, st.none() | NUMBERS, st.none() | WORDS)
    facts["things"] = draw(st.none() | st.lists(item, max_size=3))
    return facts


def rule(when: Expr, *, over_items: bool) -> CheckRule:
    words = {"en": "x", "zh": "x"}
    return CheckRule(
        id="TST001", name="test", code="TEST", kind="check", status="stable", mode="warn", revision=1,
        section="products", marketplace="test", subject="listing", effective_from=date(2020, 1, 1), severity="info",
        confidence="high", title=words, why=words, sources=(), when=when, message=words, examples=(), file="x",
        each=Each(Ref("things"), "thing") if over_items else None,
    )  # fmt: skip


def view_of(facts: dict[str, Any]) -> View:
    resources: Resources = None  # type: ignore[assignment]  these features read no resources
    view = View(Listing(), resources, as_of=AS_OF)
    view.cache["facts"] = facts
    return view


def expected(bound: BoundRule, facts: dict[str, Any]) -> tuple[list[Any], bool]:
    """The items on which the rule fires (None for the listing itself), and whether anything was unknown."""
    if bound.rule.each is None:
        answer = decide(bound, view_of(facts))
        return ([None] if answer else []), answer is None
    if facts["things"] is None:
        return [], True
    answers = [(item, decide(bound, view_of(facts), item)) for item in facts["things"]]
    return [item for item, answer in answers if answer], any(answer is None for _, answer in answers)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(expressions(with_items=False), min_size=1, max_size=3),
    st.lists(expressions(with_items=True), max_size=3),
    fact_sets(),
)
def test_generated_code_and_plain_meaning_give_the_same_answers(
    plain: list[Expr], over_items: list[Expr], facts: dict[str, Any]
) -> None:
    rules = [rule(when, over_items=False) for when in plain] + [rule(when, over_items=True) for when in over_items]
    bound = [BoundRule(item, AS_OF, REGISTRY, LISTS) for item in rules]
    run, _ = compile_rules(bound, scopes(bound)[0])
    fired: list[Any] = []
    unchecked: list[Any] = []
    failed: list[Any] = []
    run(view_of(facts), (), None, fired, unchecked, failed)
    assert failed == []
    for index, one in enumerate(bound):
        items, unknown = expected(one, facts)
        assert [item for number, item, _ in fired if number == index] == items
        is_unchecked = any(number == index for number, _, _ in unchecked)
        assert is_unchecked == (unknown and (one.rule.each is not None or not items))


def test_a_rule_that_crashes_is_an_error_of_that_rule_alone() -> None:
    registry = Registry()

    def broken(view: View) -> int:
        raise ZeroDivisionError("one by zero")

    registry.features["broken"] = Feature("broken", "int", broken, (), "x", "x")
    registry.features["fine"] = Feature("fine", "int", lambda view: 3, (), "x", "x")
    whens = [Comparison(Ref(name), "gt", Literal("1", "int")) for name in ("fine", "broken", "fine")]
    bound = [BoundRule(rule(when, over_items=False), AS_OF, registry, {}) for when in whens]
    run, _ = compile_rules(bound, scopes(bound)[0])
    fired: list[Any] = []
    failed: list[Any] = []
    run(view_of({}), (), None, fired, [], failed)
    assert [index for index, _, _ in fired] == [0, 2]
    assert [(index, str(error)) for index, error in failed] == [(1, "one by zero")]


def test_a_feature_is_computed_once_and_only_when_a_rule_still_needs_it() -> None:
    calls: list[str] = []
    registry = Registry()

    def counted(name: str, value: int) -> Feature:
        def compute(view: View) -> int:
            calls.append(name)
            return value

        return Feature(name, "int", compute, (), "x", "x")

    registry.features = {name: counted(name, value) for name, value in (("cheap", 0), ("shared", 5), ("dear", 9))}
    one = Literal("1", "int")
    whens: list[Expr] = [
        And((Comparison(Ref("cheap"), "gt", one), Comparison(Ref("dear"), "gt", one))),
        Comparison(Ref("shared"), "gt", one),
        Comparison(Ref("shared"), "lt", one),
    ]
    bound = [BoundRule(rule(when, over_items=False), AS_OF, registry, {}) for when in whens]
    run, _ = compile_rules(bound, scopes(bound)[0])
    run(view_of({}), (), None, [], [], [])
    assert calls == ["cheap", "shared"]


def test_when_time_runs_out_the_rest_is_left_and_said() -> None:
    registry = Registry()
    registry.features["fine"] = Feature("fine", "int", lambda view: 3, (), "x", "x")
    when = Comparison(Ref("fine"), "gt", Literal("1", "int"))
    bound = [BoundRule(rule(when, over_items=False), AS_OF, registry, {}) for _ in range(20)]
    run, _ = compile_rules(bound, scopes(bound)[0])
    fired: list[Any] = []
    begun = run(view_of({}), (), 0.0, fired, [], [])
    assert begun == 8
    assert [index for index, _, _ in fired] == list(range(8))
