"""The network and its twin: one action log for every history, unsafe forms refused, a crash loses nothing."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engine.ledger import Ledger, Notice, Regime
from engine.ledger.chain import Chain, all_changes
from engine.ledger.engines import DurableEngine, Twin, best_engine, is_available
from engine.ledger.network import NetRule, UnsafeRules, Where, lint, lint_facts
from tests.engine.ledger.histories import history

needs_durable = pytest.mark.skipif(
    not is_available(), reason="durable_rules cannot be imported here: its network is not compared with the twin"
)


@pytest.fixture(scope="module")
def durable() -> Iterator[DurableEngine]:
    """durable_rules in its child process."""
    engine = DurableEngine()
    yield engine
    engine.close()


def compared(regimes: dict[str, Regime], durable: DurableEngine, seeds: range) -> tuple[int, int]:
    """Random histories through both engines; how many were the same, and how many actions they held."""
    chains = {name: (Chain(regime, durable), Chain(regime, Twin())) for name, regime in regimes.items()}
    names = sorted(regimes)
    actions = 0
    for seed in seeds:
        chance = random.Random(seed)
        name = chance.choice(names)
        ledger = Ledger(regimes[name], history(chance, regimes[name], most=8))
        changes = all_changes(ledger)
        one, other = (chain.react(ledger, ledger.entries, changes) for chain in chains[name])
        assert one == other, (name, seed)
        expected = [e for pool in ledger.pools.values() for e in pool.enforcement]
        assert sorted(map(repr, one.enforcement)) == sorted(map(repr, expected)), (name, seed)
        actions += len(one.log)
    assert durable.fallbacks == 0
    return len(seeds), actions


@needs_durable
def test_network_twin_and_timeline_agree(regimes: dict[str, Regime], durable: DurableEngine) -> None:
    count, actions = compared(regimes, durable, range(300))
    assert count == 300
    assert actions > 3000


@needs_durable
@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_network_and_twin_agree_on_ten_thousand_histories(
    regimes: dict[str, Regime], durable: DurableEngine, part: int
) -> None:
    compared(regimes, durable, range(1000 + 2500 * part, 1000 + 2500 * (part + 1)))


def two_cases(regime: Regime) -> Ledger:
    at = [datetime(2026, 8, day, tzinfo=UTC) for day in (1, 9)]
    return Ledger(
        regime,
        [Notice(case=f"C{n}", at=t, known=t, offence="PTS302", grade="medium") for n, t in enumerate(at)],
    )


def test_the_action_log_says_what_follows_from_what(aliexpress: Regime) -> None:
    ledger = two_cases(aliexpress)
    changes = all_changes(ledger)
    reaction = Chain(aliexpress, Twin()).react(ledger, ledger.entries, changes)
    assert [tuple(action) for action in reaction.log] == [
        (1, "entry", "2026-08-01T00:00:00Z", "LAD103", "C0", "12"),
        (1, "entry", "2026-08-09T00:00:00Z", "LAD103", "C1", "12"),
        (2, "step", "2026-08-01T00:00:00Z", "LAD103", "frozen_first", ""),
        (2, "step", "2026-08-09T00:00:00Z", "LAD103", "frozen_second", ""),
        (3, "enforcement", "2026-08-01T00:00:00Z", "LAD103", "frozen_first/freeze", "2026-08-08T00:00:00Z"),
        (3, "enforcement", "2026-08-09T00:00:00Z", "LAD103", "frozen_second/freeze", "2026-08-23T00:00:00Z"),
        (4, "enforcement_started", "2026-08-01T00:00:00Z", "LAD103", "frozen_first/freeze", "2026-08-08T00:00:00Z"),
        (4, "enforcement_started", "2026-08-09T00:00:00Z", "LAD103", "frozen_second/freeze", "2026-08-23T00:00:00Z"),
        (4, "points", "2026-08-01T00:00:00Z", "LAD103", "C0", "12"),
        (4, "points", "2026-08-09T00:00:00Z", "LAD103", "C1", "12"),
        (4, "release_blocked", "2026-08-01T00:00:00Z", "LAD103", "frozen_first/freeze", "2026-08-08T00:00:00Z"),
        (4, "release_blocked", "2026-08-09T00:00:00Z", "LAD103", "frozen_second/freeze", "2026-08-23T00:00:00Z"),
    ]


def test_only_what_is_new_is_chained(aliexpress: Regime) -> None:
    ledger = two_cases(aliexpress)
    before = Ledger(aliexpress, [case.notice for case in ledger.cases[:1]])
    assert all_changes(ledger, before) == {"LAD103": [1]}
    assert all_changes(ledger, ledger) == {}


@needs_durable
def test_a_child_that_is_killed_is_replaced_and_the_run_is_whole(aliexpress: Regime) -> None:
    engine = DurableEngine()
    ledger = two_cases(aliexpress)
    chain, changes = Chain(aliexpress, engine), all_changes(two_cases(aliexpress))
    expected = Chain(aliexpress, Twin()).react(ledger, ledger.entries, changes)
    for _ in range(3):
        assert chain.react(ledger, ledger.entries, changes) == expected
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
    assert chain.react(ledger, ledger.entries, changes) == expected
    assert (engine.restarts, engine.fallbacks) == (3, 0)
    engine.close()


@needs_durable
def test_a_child_that_cannot_be_started_leaves_the_run_to_the_twin(
    aliexpress: Regime, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DurableEngine()
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    ledger = two_cases(aliexpress)
    changes = all_changes(ledger)
    expected = Chain(aliexpress, Twin()).react(ledger, ledger.entries, changes)
    assert Chain(aliexpress, engine).react(ledger, ledger.entries, changes) == expected
    assert engine.fallbacks == 1


@needs_durable
def test_ten_thousand_runs_do_not_grow_the_child(aliexpress: Regime) -> None:
    engine = DurableEngine()
    rules = [NetRule("hit", (Where("kind", "==", "x"), Where("n", "<", 5)))]
    sizes = []
    for number in range(4000):
        facts = [{"id": "a", "kind": "x", "n": number % 9}, {"id": "b", "kind": "y", "n": 1}]
        assert engine.run("s", rules, facts, {}) == ([("hit", "a")] if number % 9 < 5 else [])
        if number in (999, 3999):
            with open(f"/proc/{engine.pid}/statm", encoding="ascii") as file:
                sizes.append(int(file.read().split()[1]) * 4096)
    engine.close()
    assert sizes[1] - sizes[0] < 2_000_000


UNSAFE = {
    "no positive condition": (Where("n", "<", 5),),
    "an unsafe operator": (Where("kind", "==", "x"), Where("name", "mt", ".*")),
    "a float": (Where("kind", "==", "x"), Where("n", "<", 0.5)),
    "a truth value": (Where("kind", "==", "x"), Where("n", "==", True)),
    "an ordered text": (Where("kind", "==", "x"), Where("name", "<", "m")),
    "a text too long": (Where("kind", "==", "x" * 70_000),),
    "a number too great": (Where("kind", "==", "x"), Where("n", "<", 2**60)),
    "a nested field": (Where("kind", "==", "x"), Where("a.b", "<", 3)),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_the_lint_refuses_an_unsafe_form(name: str) -> None:
    rules = [NetRule("r", UNSAFE[name])]
    assert lint(rules) != []
    with pytest.raises(UnsafeRules):
        Twin().run("s", rules, [], {})


def test_the_lint_refuses_too_many_rules_fields_and_doubled_names() -> None:
    many = [NetRule(f"r{n}", (Where("kind", "==", "x"), Where(f"f{n}", "<", 1))) for n in range(61)]
    assert lint(many) == ["61 rules; the network bears 60"]
    wide = [NetRule("r", (Where("kind", "==", "x"), *(Where(f"f{n}", "<", 1) for n in range(251))))]
    assert lint(wide) == ["252 fields; the network bears 250"]
    assert lint([many[0], many[0]]) == ['two rules are named "r0"']


def test_facts_hold_whole_numbers_and_texts_alone() -> None:
    assert lint_facts([{"id": "a", "n": 1}, {"id": "b", "t": "x"}]) == []
    assert len(lint_facts([{"id": "a", "n": 1e-7}, {"id": "a", "n": None}, {"n": 2}])) == 4


def test_the_shipped_ladders_make_safe_rules(regimes: dict[str, Regime]) -> None:
    from engine.ledger.chain import rules_of

    for regime in regimes.values():
        for ladder_id, rule in regime.ladders.items():
            for day in sorted(rule.dates()):
                assert lint(rules_of([regime.ladder(ladder_id, day)])) == []


def test_there_is_always_an_engine() -> None:
    engine = best_engine()
    assert type(engine) is (DurableEngine if is_available() else Twin)


def test_a_ladder_that_the_network_cannot_bear_is_a_fault_of_the_pack() -> None:
    import msgspec

    import rules
    from engine import load_pack
    from engine.loading.hygiene import hygiene_faults

    pack = load_pack(rules.path("lazada"))
    ladder = pack.ladders["LAD201"]
    step = ladder.steps[0]
    many = tuple(msgspec.structs.replace(step, id=f"s{n}") for n in range(70))
    pack.regime.ladders = {"LAD201": msgspec.structs.replace(ladder, steps=many)}  # type: ignore[misc]
    faults = hygiene_faults(pack, pack.examples_as_of)
    assert {fault.code for fault in faults} == {"H003"}
    assert "the network bears 60" in faults[0].reason
