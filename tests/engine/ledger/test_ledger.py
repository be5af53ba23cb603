"""What is true of every ledger: order decides nothing, replay is incremental, reversals undo, forecasts come true."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from engine.ledger import Ledger, Notice, Regime, settle
from engine.ledger.forecast import changes_after, forecast, harmless_from, if_confirmed, points_on, what_if
from engine.ledger.journal import GENESIS, broken_at, open_rows, post
from engine.ledger.risk import PointsAtRisk
from engine.ledger.timeline import Enforcement
from tests.engine.ledger.histories import FIRST, history, moment

PACK = "sha256:test"


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(case: str, when: str, offence: str, **more: object) -> Notice:
    """A notice that is known at once."""
    return Notice(case=case, at=at(when), known=at(when), offence=offence, **more)  # type: ignore[arg-type]


def decided(case: str, when: str, outcome: str, points: str | None = None) -> Notice:
    number = Decimal(points) if points is not None else None
    return Notice(case=case, type="decision", at=at(when), known=at(when), outcome=outcome, points=number)


def state(ledger: Ledger, as_of: datetime) -> bytes:
    """Everything a ledger says at a moment, but for when it was asked."""
    said = ledger.standing(as_of).to_dict() | {"known_as_of": None}
    return msgspec.json.encode([said, ledger.entries, [(p.notice.case, p.reason) for p in ledger.parked]])


def random_cases(regimes: dict[str, Regime], seed: int, count: int):  # type: ignore[no-untyped-def]
    chance = random.Random(seed)
    names = sorted(regimes)
    for _ in range(count):
        regime = regimes[chance.choice(names)]
        yield chance, regime, history(chance, regime)


def test_any_order_of_arrival_gives_the_same_state_for_the_same_knowledge(regimes: dict[str, Regime]) -> None:
    for chance, regime, notices in random_cases(regimes, 1, 120):
        shuffled = [*notices, *chance.sample(notices, len(notices) // 3)]
        chance.shuffle(shuffled)
        for known in (None, moment(chance), moment(chance)):
            as_of = moment(chance)
            assert state(Ledger(regime, notices, known), as_of) == state(Ledger(regime, shuffled, known), as_of)


def test_the_journal_holds_at_every_moment_of_knowledge_what_replay_gives(regimes: dict[str, Regime]) -> None:
    for _, regime, notices in random_cases(regimes, 2, 120):
        rows = []
        heard: list[Notice] = []
        for notice in sorted(notices, key=lambda n: n.known):
            heard.append(notice)
            last = (rows[-1].seq, rows[-1].hash) if rows else (0, GENESIS)
            entries = Ledger(regime, heard).entries
            rows += post(open_rows(rows), entries, known=notice.known, pack=PACK, last=last)
        assert broken_at(rows) is None
        for known in {notice.known for notice in notices}:
            opened = [row.entry for row in open_rows(rows, known).values()]
            replayed = Ledger(regime, notices, known)
            assert sorted(opened, key=lambda e: (e.at, e.case)) == list(replayed.entries)
            again = Ledger.of_entries(regime, opened, replayed.orders)
            for as_of in (known, known + timedelta(days=200)):
                assert [again.pools[name].balance(as_of) for name in regime.ladders] == [
                    replayed.pools[name].balance(as_of) for name in regime.ladders
                ]
                assert again.enforcement(as_of) == replayed.enforcement(as_of)


def test_a_row_that_was_tampered_with_breaks_the_chain(aliexpress: Regime) -> None:
    notices = [told(f"C{n}", f"2026-08-{n + 1:02d}", "PTS204", grade="knives") for n in range(5)]
    rows = post({}, Ledger(aliexpress, notices).entries, known=at("2026-09-01"), pack=PACK)
    assert broken_at(rows) is None
    cheaper = msgspec.structs.replace(rows[2].entry, points=Decimal(1))
    for seq, row in (
        (3, msgspec.structs.replace(rows[2], entry=cheaper)),
        (3, msgspec.structs.replace(rows[2], seq=9)),
    ):
        assert broken_at([*rows[:2], row, *rows[3:]]) in (seq, 9)
    assert broken_at([*rows[:2], *rows[3:]]) == 4


def test_a_reversal_undoes_exactly(regimes: dict[str, Regime]) -> None:
    for chance, regime, notices in random_cases(regimes, 3, 120):
        violations = [n for n in notices if n.type == "violation" and regime.offence(n.offence, n.at.date())]
        if not violations:
            continue
        gone = chance.choice(violations)
        others = [n for n in notices if n.case != gone.case]
        when = gone.at + timedelta(days=9)
        undone = Notice(case=gone.case, type="decision", at=when, known=when, outcome="reversed")
        for as_of in (gone.at, when, when + timedelta(days=100)):
            assert state(Ledger(regime, [*others, gone, undone]), as_of) == state(Ledger(regime, others), as_of)


def test_an_upheld_appeal_lifts_what_followed_and_later_cases_move_up(aliexpress: Regime) -> None:
    notices = [
        told("A", "2026-08-01", "PTS101"),
        told("B", "2026-08-10", "PTS101"),
        told("C", "2026-08-20", "PTS101"),
    ]
    before = Ledger(aliexpress, notices)
    assert [(e.case, e.points) for e in before.entries] == [("A", 0), ("B", 6), ("C", 6)]
    assert [e.action for e in before.enforcement(at("2026-08-21"))] == ["freeze"]
    after = Ledger(aliexpress, [*notices, decided("A", "2026-08-21", "reversed")])
    assert [(e.case, e.points, e.reasons) for e in after.entries] == [("B", 0, ("first_free",)), ("C", 6, ())]
    assert [e.action for e in after.enforcement(at("2026-08-21"))] == ["restrict_products"]
    then = Ledger(aliexpress, [*notices, decided("A", "2026-08-21", "reversed")], known_as_of=at("2026-08-20"))
    assert state(then, at("2026-08-21")) == state(before, at("2026-08-21"))


def test_an_amendment_keeps_the_original_points(aliexpress: Regime) -> None:
    notices = [told("A", "2026-08-01", "PTS204", grade="knives"), decided("A", "2026-08-05", "amended", "0.5")]
    (entry,) = Ledger(aliexpress, notices).entries
    assert (entry.original, entry.points, entry.reasons) == (Decimal(6), Decimal("0.5"), ("amended",))


def test_bad_notices_are_parked_with_their_reason_and_told_twice_is_told_once(aliexpress: Regime) -> None:
    notices = [
        told("A", "2026-08-01", "PTS204", grade="knives"),
        told("A", "2026-08-01", "PTS204", grade="knives"),
        told("A", "2026-08-02", "PTS204", grade="severe"),
        told("B", "2026-08-01", "PTS999"),
        told("D", "2026-08-01", "PTS204", grade="spoons"),
        decided("E", "2026-08-01", "reversed"),
        told("F", "2026-08-01", "PTS204", grade="knives"),
        decided("F", "2026-07-01", "reversed"),
        decided("F", "2026-08-03", "reversed"),
        decided("F", "2026-08-04", "amended", "2"),
        told("G", "2026-01-01", "PTS204", grade="knives"),
        decided("A", "2026-08-09", "forgiven"),
    ]
    ledger = Ledger(aliexpress, notices)
    assert [(e.case, e.points) for e in ledger.entries] == [("A", 6)]
    assert sorted((parked.notice.case, parked.reason) for parked in ledger.parked) == [
        ("A", "contradictory"),
        ("A", "unknown_outcome"),
        ("B", "unknown_offence"),
        ("D", "unknown_grade"),
        ("E", "unknown_case"),
        ("F", "before_the_case"),
        ("F", "case_reversed"),
        ("G", "no_points_known"),
    ]


def test_a_decision_that_came_before_its_case_counts_once_the_case_arrives(aliexpress: Regime) -> None:
    decision, case = decided("A", "2026-08-05", "reversed"), told("A", "2026-08-01", "PTS204", grade="knives")
    assert [p.reason for p in settle([decision]).parked] == ["unknown_case"]
    assert Ledger(aliexpress, [decision, case]).entries == ()


def test_the_forecast_of_today_is_what_the_days_then_bring(regimes: dict[str, Regime]) -> None:
    for chance, regime, notices in random_cases(regimes, 4, 60):
        ledger = Ledger(regime, notices)
        today = moment(chance)
        for pool in ledger.pools.values():
            told_today = {change.at: change.after for change in changes_after(pool, today)}
            for days in range(0, 800, 7):
                then = today + timedelta(days=days)
                later = [balance for when, balance in sorted(told_today.items()) if when <= then]
                expected = later[-1] if later else pool.balance(today)
                assert pool.balance(then) == expected
        daily = forecast(ledger, today, daily=3)
        for pool, entry in zip(ledger.pools.values(), daily["pools"], strict=True):
            assert [float(points_on(pool, datetime.fromisoformat(d["day"]).date())) for d in entry["days"]] == [
                d["balance"] for d in entry["days"]
            ]


def test_the_first_harmless_moment_is_harmless_and_the_ones_before_are_not(regimes: dict[str, Regime]) -> None:
    points = Decimal(6)
    for chance, regime, notices in random_cases(regimes, 5, 60):
        ledger = Ledger(regime, notices)
        today = moment(chance)
        for ladder_id, pool in ledger.pools.items():
            found = harmless_from(pool, today, points)
            for then in (today + timedelta(days=days) for days in range(0, 500, 11)):
                if found is not None and then < found:
                    terms, balance = pool.terms(then), pool.balance(then)
                    after = balance - points if terms.deducts else balance + points
                    nodes = [s.at for s in terms.steps if s.at is not None]
                    between = (after, balance) if terms.deducts else (balance, after)
                    assert any(between[0] <= node <= between[1] for node in nodes) or ladder_id == "LAD104"


def test_the_days_until_a_further_case_is_harmless(aliexpress: Regime) -> None:
    ledger = Ledger(aliexpress, [told("A", "2026-08-01 04:00", "PTS301", grade="serious")])
    pool = ledger.pools["LAD103"]
    assert pool.balance(at("2026-09-01")) == 12
    assert harmless_from(pool, at("2026-09-01"), Decimal(11)) == at("2026-09-01")
    assert harmless_from(pool, at("2026-09-01"), Decimal(12)) is None
    one = Ledger(aliexpress, [told("A", "2026-08-01 04:00", "PTS302", grade="minor")]).pools["LAD103"]
    assert harmless_from(one, at("2026-08-05"), Decimal(6)) == at("2027-08-01 04:00")


def test_overlapping_freezes_block_release_until_the_last_of_them_ends(aliexpress: Regime) -> None:
    notices = [
        told("A", "2026-08-01", "PTS303", grade="serious"),
        told("B", "2026-08-03", "PTS404", points=Decimal(12)),
    ]
    block = Ledger(aliexpress, notices).standing(at("2026-08-04")).release_block
    assert block == Enforcement(
        ladder="LAD103", step="frozen_second", action="freeze", start=at("2026-08-01"), until=at("2026-08-15"),
        cases=("A",),
    )  # fmt: skip
    assert Ledger(aliexpress, notices).standing(at("2026-08-15")).release_block is None


def test_other_stores_of_the_owner_inherit_what_falls_on_them(aliexpress: Regime) -> None:
    notices = [told("A", "2026-08-01", "PTS201", points=Decimal(24))]
    first = Ledger(aliexpress, notices)
    inherited = first.enforcement(at("2026-08-02"), entity=True)
    assert [e.action for e in inherited] == ["no_new_listings", "no_new_stores", "raise_deposit"]
    standing = Ledger(aliexpress, []).standing(at("2026-08-02"), inherited)
    assert standing.release_block is not None
    assert standing.release_block.action == "no_new_listings"
    assert Ledger(aliexpress, []).standing(at("2027-08-01"), inherited).release_block is None


def test_what_if_the_open_findings_were_confirmed(aliexpress: Regime) -> None:
    ledger = Ledger(aliexpress, [told("A", "2026-08-01", "PTS201", points=Decimal(9))])
    findings = [
        ("PROHIBITED_JAMMER", "1"),
        ("PROHIBITED_JAMMER", "2"),
        ("PROHIBITED_JAMMER", "1"),
        ("TITLE_NOISE", "3"),
    ]
    told_now = if_confirmed(ledger, at("2026-08-20"), findings)
    (pool,) = told_now["pools"]
    assert (pool["from"], pool["to"], pool["step"]) == (9, 21, "frozen_first")
    assert [(e["action"], e["until"]) for e in pool["enforcement"]] == [("freeze", "2026-08-27T00:00:00Z")]
    many = if_confirmed(ledger, at("2026-08-20"), [("CATEGORY_MISPLACED", str(n)) for n in range(4)], 100)
    assert [(pool["ladder"], pool["to"]) for pool in many["pools"]] == [("LAD104", 12)]
    assert what_if(ledger, at("2026-08-20"), []) == {"as_of": "2026-08-20T00:00:00Z", "pools": [], "entries": []}


def test_a_finding_says_its_points_at_risk(aliexpress: Regime) -> None:
    ledger = Ledger(aliexpress, [told("A", "2026-08-01", "PTS404", points=Decimal(4))])
    risk = PointsAtRisk(ledger, at("2026-08-20"))
    assert risk.of("CATEGORY_MISPLACED") == {
        "ladder": "product-information", "points": 2, "from": 4, "to": 6, "next_step_at": 12,
    }  # fmt: skip
    assert risk.of("TITLE_NOISE") is None
    assert risk.of("BRAND_UNAUTHORISED") == {
        "ladder": "ip-and-prohibited", "points": 0, "from": 0, "to": 0, "next_step_at": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("when", "zone_end"),
    [("2024-02-29 12:00", "2025-02-28 12:00"), ("2023-03-01 12:00", "2024-02-29 12:00"), ("2025-03-01", "2026-03-01")],
)
def test_365_days_are_days_whatever_the_year(aliexpress: Regime, when: str, zone_end: str) -> None:
    notices = [told("A", when, "PTS201", points=Decimal(2))]
    pool = Ledger(aliexpress, notices).pools["LAD101"]
    assert pool.balance(at(zone_end) - timedelta(microseconds=1)) == 2
    assert pool.balance(at(zone_end)) == 0


def test_a_day_of_the_platform_keeps_its_hour_over_a_change_of_the_clock(regimes: dict[str, Regime]) -> None:
    # 1 March 02:30 in Los Angeles is UTC-8, 180 days later it is summer time, UTC-7: one hour earlier in UTC.
    notices = [told("A", "2027-03-01 10:30", "PTS801", points=Decimal(8))]
    pool = Ledger(regimes["amazon-like"], notices).pools["LAD401"]
    assert (pool.balance(at("2027-08-28 09:29:59")), pool.balance(at("2027-08-28 09:30"))) == (192, 200)


def test_weekly_points_are_issued_on_the_next_monday_and_the_quarter_ends_them(regimes: dict[str, Regime]) -> None:
    pool = Ledger(regimes["shopee"], [told("A", "2026-01-07 10:00", "PTS703")]).pools["LAD301"]
    monday, reset = at("2026-01-11 16:00"), at("2026-03-29 16:00")
    assert [pool.balance(t) for t in (monday - timedelta(seconds=1), monday, reset - timedelta(seconds=1), reset)] == [
        0, 3, 3, 0,
    ]  # fmt: skip


def test_the_first_moment_of_a_history_is_within_the_rules() -> None:
    assert at("2026-07-01") == FIRST


def test_a_report_carries_points_at_risk_only_when_a_ledger_is_given() -> None:
    from datetime import date

    import rules
    from engine import load_pack

    pack = load_pack(rules.path("aliexpress"))
    draft = {"title": "mp3, mp3 player, music mp3 player"}
    risk = PointsAtRisk(Ledger(pack.regime, [told("A", "2026-08-01", "PTS404", points=Decimal(4))]), at("2026-08-20"))
    plain = pack.check(draft, as_of=date(2026, 8, 20), fixes=False)
    given = pack.check(draft, as_of=date(2026, 8, 20), fixes=False, at_risk=risk)
    assert {f.points_at_risk for f in plain.findings} == {None}
    found = {f.code: f.points_at_risk for f in given.findings}
    assert found["TITLE_STACKING"] == {
        "ladder": "product-information", "points": 0, "from": 4, "to": 4, "next_step_at": 12,
    }  # fmt: skip
    without = [finding.to_dict() | {"points_at_risk": None} for finding in given.findings]
    assert without == [finding.to_dict() for finding in plain.findings]
