"""The same 40 conditions by us and by general rule engines, side by side on one core, with equal findings.

Every engine starts from the JSON text of a listing and ends with the ids of the rules that fired. The others are given
the 25 measures ready-made (by the same Python that our features run, the patterns too where an engine has none). Needs
the extra `bench`; an engine that is not installed is said to be missing.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import msgspec

from engine import Listing
from engine.features.view import View
from tests.benchmarks.common_rules import AS_OF, Condition, common_program, conditions, measure, python_patterns
from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

ROUNDS = 4
SECONDS = 0.6
Engine = Callable[[bytes], list[str]]
SYMBOLS = {"gt": ">", "lt": "<", "eq": "=="}
_decode = msgspec.json.Decoder(Listing).decode


def run() -> list[Table]:
    """All 40 conditions, then the 32 without patterns."""
    return [_compare(40, patterns=True), _compare(32, patterns=False)]


def _compare(count: int, *, patterns: bool) -> Table:
    drafts = encoded(120)
    found = conditions(count, patterns=patterns)
    engines: dict[str, Engine] = {"storewarden": _ours(count, patterns=patterns)}
    missing = []
    for name, build in (("ZEN", _zen), ("CEL (Rust)", _cel), ("JSON logic", _json_logic), ("durable_rules", _durable)):
        try:
            engines[name] = build(found)
        except ImportError as error:
            missing.append(f"{name} is not installed ({error.name})")
    expected = [engines["storewarden"](draft) for draft in drafts]
    differ = {
        name: sum(sorted(engine(draft)) != want for draft, want in zip(drafts[:60], expected, strict=False))
        for name, engine in engines.items()
    }
    cost = _measure(engines, drafts)
    table = Table(
        f"{count} conditions, {'8' if patterns else 'none'} with patterns (parse and measures included)",
        ["engine", "µs a listing", "listings/s", "× ours", "differing of 60"],
    )
    for name, micros in cost.items():
        ratio = round(micros / cost["storewarden"], 1)
        table.add(name, round(micros, 1), round(1e6 / micros), ratio, differ[name])
    for text in missing:
        table.note(text)
    table.note(f"{sum(map(len, expected)) / len(expected):.2f} findings a listing.")
    if patterns:
        table.note("Target: ZEN at least 15 ×, durable_rules 5 ×, JSON logic and CEL 10 ×, no differing listing.")
    else:
        table.note("Target: ahead of ZEN.")
    return table


def _measure(engines: dict[str, Engine], drafts: list[bytes]) -> dict[str, float]:
    """µs a listing as in a batch: whole passes over the listings, the least time of each listing, their mean."""
    best = {name: [float("inf")] * len(drafts) for name in engines}
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            least = best[name]
            started = perf_counter()
            while perf_counter() - started < SECONDS:
                for number, draft in enumerate(drafts):
                    start = perf_counter()
                    engine(draft)
                    least[number] = min(least[number], perf_counter() - start)
    return {name: sum(least) / len(drafts) * 1e6 for name, least in best.items()}


def _ours(count: int, *, patterns: bool) -> Engine:
    program, resources = common_program(count, patterns=patterns)
    run, ids = program.run, [bound.rule.id for bound in program.rules]

    def check(draft: bytes) -> list[str]:
        fired: list[Any] = []
        run(View(_decode(draft), resources, as_of=AS_OF), (), None, fired, [], [])
        return [ids[index] for index, _, _ in fired]

    return check


def _ids(answers: Any) -> list[str]:
    return [f"R{index:04}" for index, answer in enumerate(answers) if answer]


def _joined(condition: Condition, joiner: str, matches: Callable[[str, str], str]) -> str:
    parts = [
        matches(name, value) if op == "re" else f"{name} {SYMBOLS[op]} {value!r}".replace("'", '"')
        for name, op, value in condition
    ]
    return joiner.join(parts)


def _zen(found: list[Condition]) -> Engine:
    import zen

    parts = [_joined(condition, " and ", lambda name, value: f"matches({name}, '{value}')") for condition in found]
    expression = zen.compile_expression(f"[{', '.join(parts)}]")
    return lambda draft: _ids(expression.evaluate(measure(_decode(draft))))


def _cel(found: list[Condition]) -> Engine:
    import cel

    parts = [_joined(condition, " && ", lambda name, value: f"{name}.matches('{value}')") for condition in found]
    program = cel.compile(f"[{', '.join(_as_double(part) for part in parts)}]")
    return lambda draft: _ids(program.execute(measure(_decode(draft))))


def _as_double(part: str) -> str:
    """CEL compares like with like: the measures that are floats are compared with floats."""
    words = part.split(" ")
    for index, word in enumerate(words[:-2]):
        if word in {"price", "sku_price_min", "sku_price_max", "weight", "longest_side"}:
            words[index + 2] += ".0"
    return " ".join(words)


def _json_logic(found: list[Condition]) -> Engine:
    from json_logic import add_operation, jsonLogic

    patterns = python_patterns(found)
    add_operation("matches", lambda text, pattern: patterns[pattern](text) is not None)
    names = {"gt": ">", "lt": "<", "eq": "==", "re": "matches"}
    rules = [{"and": [{names[op]: [{"var": name}, value]} for name, op, value in condition]} for condition in found]

    def check(draft: bytes) -> list[str]:
        facts = measure(_decode(draft))
        return _ids(jsonLogic(rule, facts) for rule in rules)

    return check


def _durable(found: list[Condition]) -> Engine:
    from durable.lang import assert_fact, m, retract_fact, ruleset, when_all

    patterns = python_patterns(found)
    flags = {pattern: f"pattern_{index}" for index, pattern in enumerate(patterns)}
    fired: list[str] = []
    rules_name = f"bench{len(found)}"

    def action(rule_id: str) -> Callable[[Any], None]:
        def note(context: Any) -> None:
            fired.append(rule_id)

        return note

    operators: dict[str, Callable[[Any, Any], Any]] = {
        "gt": lambda left, right: left > right,
        "lt": lambda left, right: left < right,
        "eq": lambda left, right: left == right,
    }
    with ruleset(rules_name):
        for index, condition in enumerate(found):
            parts: Iterator[Any] = (
                getattr(m, flags[value]) == True if op == "re" else operators[op](getattr(m, name), value)  # noqa: E712
                for name, op, value in condition
            )
            whole = next(parts)
            for part in parts:
                whole = whole & part
            when_all(whole)(action(f"R{index:04}"))

    def check(draft: bytes) -> list[str]:
        fired.clear()
        facts = measure(_decode(draft))
        for pattern, name in flags.items():
            facts[name] = patterns[pattern](facts["title"]) is not None
        facts |= {"id": 1, "sid": "0"}
        try:
            assert_fact(rules_name, facts)
        except Exception as error:
            if type(error).__name__ != "MessageNotHandledException":
                raise
        else:
            retract_fact(rules_name, facts)  # delete_state after a fact that matched nothing corrupts the heap
        return sorted(set(fired))

    return check
