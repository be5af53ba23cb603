"""The lives of complaints and appeals, by the network and by its twin; windows, attempts and readiness."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.ledger import Notice, Regime
from engine.ledger.charts import APPEAL, CHARTS, COMPLAINT, Chart, Move, drive, rules_of
from engine.ledger.contests import challenge, deadline_of, readiness
from engine.ledger.engines import DurableEngine, Twin, is_available
from engine.ledger.network import lint


@pytest.fixture(scope="module")
def engines() -> Iterator[list[object]]:
    """The twin, and durable_rules where it can be imported."""
    durable = [DurableEngine()] if is_available() else []
    yield [Twin(), *durable]
    for engine in durable:
        engine.close()


def test_a_complaint_lives_from_receipt_to_its_end() -> None:
    events = ["evidence_requested", "counter_notice", "upheld"]
    assert drive(Twin(), COMPLAINT, "received", events) == [
        Move("received", "evidence_requested", "evidence_due"),
        Move("evidence_due", "counter_notice", "counter_noticed"),
        Move("counter_noticed", "upheld", "upheld"),
    ]


def test_an_event_that_a_state_does_not_know_is_refused_and_changes_nothing() -> None:
    events = ["counter_notice", "counter_notice", "withdrawn", "upheld"]
    assert drive(Twin(), COMPLAINT, "received", events) == [
        Move("received", "counter_notice", "counter_noticed"),
        Move("counter_noticed", "counter_notice", None),
        Move("counter_noticed", "withdrawn", "withdrawn"),
        Move("withdrawn", "upheld", None),
    ]
    assert drive(Twin(), APPEAL, "rejected", ["upheld"]) == [Move("rejected", "upheld", None)]
    assert drive(Twin(), APPEAL, "drafted", []) == []


@pytest.mark.parametrize("chart", CHARTS.values(), ids=list(CHARTS))
def test_network_twin_and_table_agree(chart: Chart, engines: list[object]) -> None:
    chance = random.Random(7)
    for _ in range(150):
        state, events = chance.choice(chart.states), chance.choices(chart.events, k=chance.randint(1, 6))
        expected, now = [], state
        for event in events:
            expected.append(Move(now, event, chart.moves.get((now, event))))
            now = expected[-1].to or now
        assert [drive(engine, chart, state, events) for engine in engines] == [expected] * len(engines)


def test_the_charts_are_safe_rules_and_every_state_can_end() -> None:
    for chart in CHARTS.values():
        assert lint(rules_of(chart)) == []
        reachable = {chart.start} | set(chart.moves.values())
        assert set(chart.states) <= reachable
        assert [state for state in chart.states if chart.is_final(state)] != []


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def case(offence: str, when: str, *flags: str) -> Notice:
    return Notice(case="A", at=at(when), known=at(when), offence=offence, flags=flags)


def refusals(regime: Regime, notice: Notice, as_of: str, **more: object) -> list[str]:
    return [r["code"] for r in challenge(regime, notice, at(as_of), **more).refusals]  # type: ignore[arg-type]


def test_an_appeal_has_a_window_attempts_and_kinds_that_are_refused(aliexpress: Regime) -> None:
    notice = case("PTS203", "2026-08-03 04:00")
    state = challenge(aliexpress, notice, at("2026-08-10 03:59"), given=["qualification"])
    assert (state.open, state.deadline, state.attempts_left) == (True, at("2026-08-10 04:00"), 1)
    assert [(e["id"], e["given"]) for e in state.evidence] == [("listing_pictures", False), ("qualification", True)]
    assert refusals(aliexpress, notice, "2026-08-10 04:00") == ["window_closed"]
    assert refusals(aliexpress, notice, "2026-08-04", used=1) == ["no_attempts_left"]
    assert refusals(aliexpress, case("PTS203", "2026-08-03", "from_report"), "2026-08-04") == ["kind_of_record"]
    assert refusals(aliexpress, case("PTS203", "2020-10-01"), "2020-10-02") == ["too_old"]
    assert refusals(aliexpress, case("PTS404", "2026-08-03"), "2026-08-04") == ["no_appeal"]
    assert refusals(aliexpress, notice, "2026-08-04", is_reversed=True) == ["case_reversed"]


def test_working_days_leave_out_the_week_end(aliexpress: Regime) -> None:
    friday = at("2026-08-07 04:00")
    assert deadline_of(aliexpress, "PTS404", "complaint", friday) == friday + timedelta(days=11)
    assert deadline_of(aliexpress, "PTS404", "appeal", friday) is None


def test_readiness_warns_while_root_causes_are_open_or_evidence_is_missing(aliexpress: Regime) -> None:
    notice = case("PTS203", "2026-08-03")
    given = ("listing_pictures", "qualification")
    risky = readiness(challenge(aliexpress, notice, at("2026-08-04"), given=given), 5, 2)
    assert risky == {
        "ready": False,
        "root_causes": 5,
        "still_open": 2,
        "missing_evidence": [],
        "advice": {
            "en": "2 of 5 root causes are still open: appealing now risks the only attempt",
            "zh": "5 个问题中仍有 2 个未解决：现在申诉可能浪费唯一一次机会",
        },
    }
    assert readiness(challenge(aliexpress, notice, at("2026-08-04"), given=given), 5, 0)["ready"] is True
    lacking = readiness(challenge(aliexpress, notice, at("2026-08-04")), 0, 0)
    assert (lacking["ready"], lacking["missing_evidence"]) == (False, ["listing_pictures", "qualification"])
    late = readiness(challenge(aliexpress, notice, at("2026-09-04"), given=given), 1, 0)
    assert late["advice"]["en"] == "the time to appeal ended on 2026-08-10T00:00:00Z"
