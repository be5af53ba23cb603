"""Scores: sums add up exactly, better measures never cost points, plans are the cheapest, what is fast is the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from engine import load_pack
from engine.scoring import days, plan, series
from engine.scoring.actions import Action, Change
from engine.scoring.board import windows_of
from engine.scoring.costs import split
from engine.scoring.counting import Counts, Place
from engine.scoring.fast import Many
from engine.scoring.intervals import of_share
from engine.scoring.judging import judge
from engine.scoring.outlook import Outlook, Settings
from engine.scoring.trends import modified_z
from engine.scoring.words import says

AS_OF = date(2026, 11, 23)
TODAY = days.number(AS_OF)
PERFORMANCE = load_pack(rules.path("aliexpress")).performance
FORCE = PERFORMANCE.on(AS_OF)
FORMULAS = [formula for formula in FORCE.formulas.values() if formula.rule.method == "sum"]
SETTINGS = Settings(Decimal("0.95"), 28)
VALUES = st.decimals(0, 100, places=4) | st.decimals(0, 1, places=4) | st.decimals(1, 5, places=2)


@given(st.data(), st.sampled_from(FORMULAS))
def test_the_points_of_the_items_add_up_to_the_score(data: st.DataObject, formula: object) -> None:
    measured = {bound.item.of: data.draw(st.none() | VALUES) for bound in formula.items}
    scored = formula.score(measured)
    if scored.score is not None:
        assert sum((share.points for share in scored.items), Decimal(0)) + scored.scaling + scored.cut == scored.score
        assert formula.least <= scored.score <= formula.most
    for share in scored.items:
        assert share.least <= share.points <= share.most
        assert share.value is None or share.lost == share.most - share.points


@given(st.data(), st.sampled_from(FORMULAS))
def test_a_better_measure_never_lowers_a_score(data: st.DataObject, formula: object) -> None:
    measured = {bound.item.of: data.draw(VALUES) for bound in formula.items}
    name = data.draw(st.sampled_from(sorted(measured)))
    other = data.draw(VALUES)
    terms = FORCE.terms.get(name)
    lower = terms is not None and terms.rule.direction == "lower_is_better"
    worse, better = sorted((measured[name], other), reverse=lower)
    scores = [formula.score({**measured, name: value}).score for value in (worse, better)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] <= scores[1]


@given(part=st.integers(0, 200), more=st.integers(0, 200))
def test_the_interval_holds_what_was_seen_and_narrows_with_more_rows(part: int, more: int) -> None:
    whole = part + more
    interval = of_share(part, whole, Decimal("0.95"))
    if whole == 0:
        assert interval is None
        return
    assert interval is not None
    assert 0 <= interval.low <= Decimal(part) / whole + Decimal("0.000001")
    assert Decimal(part) / whole - Decimal("0.000001") <= interval.high <= 1
    wider = of_share(part * 4, whole * 4, Decimal("0.95"))
    assert wider is not None
    assert wider.high - wider.low <= interval.high - interval.low + Decimal("0.000002")


def test_wilson_as_printed_in_the_textbooks() -> None:
    """10 of 20: 0.2993 to 0.7007; 0 of 10: 0 to 0.2775 (Newcombe 1998, table I)."""
    assert [round(float(end), 4) for end in of_share(10, 20, Decimal("0.95")) or ()] == [0.2993, 0.7007]
    assert [round(float(end), 4) for end in of_share(0, 10, Decimal("0.95")) or ()] == [0.0, 0.2775]


def test_few_rows_cannot_tell_yet() -> None:
    terms = FORCE.terms["SVC101"]
    few = judge(terms, {30: {}, 90: {"SVC101.assessed": 9, "SVC101.not_shipped": 2}}, Decimal("0.95"))
    assert (few.value, few.band, says(terms.rule, few)["en"]) == (
        None,
        "not_assessed",
        "2 of 9 orders: cannot tell yet, too few",
    )
    some = judge(terms, {30: {}, 90: {"SVC101.assessed": 40, "SVC101.not_shipped": 1}}, Decimal("0.95"))
    assert (some.band, some.certain, some.possible) == ("at_risk", False, ("good", "at_risk", "breach"))
    assert says(terms.rule, some)["zh"] == "40个订单中1个：尚不能断定（良好至不达标）"


@given(
    st.dictionaries(st.text("abc", min_size=1), st.decimals(0, 50, places=2), min_size=1), st.decimals(0, 100, places=2)
)
def test_points_shared_out_add_up_to_the_cent(shares: dict[str, Decimal], total: Decimal) -> None:
    found = split(total, shares)
    assert sum(found.values(), Decimal(0)) == (total if any(shares.values()) else 0)


def counts_of(bad: int) -> Counts:
    """Sixty days of ten orders, `bad` disputes among them spread over the last days, of two listings."""
    found: Counts = {}
    for back in range(1, 80):
        for listing in ("good", "poor"):
            sums = {"SVC103.checked": 5, "SVC101.assessed": 5, "SVC104.scored": 5, "SVC104.scored:description": 25}
            if listing == "poor":
                sums |= {"SVC104.scored:description": 19, "SVC103.disputed": 1 if back % 4 == 0 and bad else 0}
            found[Place("1", listing, TODAY - back)] = sums
    return found


def outlook(bad: int = 1) -> Outlook:
    return Outlook(PERFORMANCE, counts_of(bad), AS_OF, SETTINGS, score="SVC501", level="SVC503")


def withdrawal(index: int, back: int, cost: str) -> Change:
    return Change(Action("withdraw_dispute", f"D{index}", Decimal(cost)), {TODAY - back: {"SVC103.disputed": -1}})


CHANGES = [
    withdrawal(1, 4, "7"), withdrawal(2, 8, "3"), withdrawal(3, 12, "5"), withdrawal(4, 16, "3"),
    Change(Action("take_offline", "poor", Decimal(9)), {}, frozenset({"poor"})),
]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(chosen=st.sets(st.sampled_from(range(len(CHANGES)))), ahead=st.integers(0, 40))
def test_the_fast_way_says_what_the_plain_way_says(chosen: set[int], ahead: int) -> None:
    store = outlook()
    picked = sorted(chosen)
    plain = store.see([CHANGES[index] for index in picked], on=days.day(TODAY + ahead))
    assert Many(store, CHANGES, [TODAY + ahead]).scores(picked) == {TODAY + ahead: plain.on.score}


@pytest.mark.parametrize("wanted", ["60", "75", "88", "90", "91", "93", "96", "100"])
def test_a_plan_is_as_cheap_as_the_cheapest_of_all_sets(wanted: str) -> None:
    store, by = outlook(), days.day(TODAY + 10)
    found = plan.cheapest(store, plan.Aim(by, score=Decimal(wanted)), CHANGES)
    costs = []
    for taken in product((False, True), repeat=len(CHANGES)):
        chosen = [change for change, is_in in zip(CHANGES, taken, strict=True) if is_in]
        score = store.see(chosen, on=by).on.score
        if score is not None and score >= Decimal(wanted):
            costs.append(sum((change.action.cost for change in chosen), Decimal(0)))
    assert found.is_cheapest
    assert found.reached == bool(costs)
    if costs:
        assert found.cost == min(costs)


def test_a_plan_for_a_level_is_as_cheap_as_the_cheapest_of_all_sets() -> None:
    store = outlook()
    by = date(2027, 1, 1)
    decision = store.next_decision(by)
    bound = FORCE.formula("SVC503").bound_of("excellent")
    found = plan.cheapest(store, plan.Aim(by, level="excellent"), CHANGES)
    costs = []
    for taken in product((False, True), repeat=len(CHANGES)):
        chosen = [change for change, is_in in zip(CHANGES, taken, strict=True) if is_in]
        seen = store.see(chosen, on=by, decision=decision)
        assert seen.level is not None
        assert seen.level.scored.score is not None
        if seen.level.scored.score >= (bound or 0):
            costs.append(sum((change.action.cost for change in chosen), Decimal(0)))
    assert (found.reached, found.is_cheapest) == (bool(costs), True)
    assert not costs or found.cost == min(costs)


def test_windows_moved_on_day_by_day_are_the_windows_of_each_day() -> None:
    daily = outlook().daily
    for day, windows in series.rolling(daily, TODAY - 20, TODAY + 5, [30, 90]):
        fresh = windows_of(daily, day, [30, 90])
        assert {w: {k: v for k, v in s.items() if v} for w, s in windows.items()} == {
            w: {k: v for k, v in s.items() if v} for w, s in fresh.items()
        }


def test_the_level_is_decided_on_the_third_and_said_with_what_is_still_possible() -> None:
    store = outlook()
    current, projected = store.current(), store.see().level
    assert current is not None
    assert projected is not None
    assert (current.decided_on, current.month, current.known, current.of) == (
        date(2026, 11, 3),
        date(2026, 10, 1),
        31,
        31,
    )
    assert (projected.decided_on, projected.month, projected.known, projected.of) == (
        date(2026, 12, 3), date(2026, 11, 1), 23, 30)  # fmt: skip
    assert projected.low is not None
    assert projected.low <= (projected.scored.score or 0) <= (projected.high or 0)


def test_an_unusual_day_is_told_by_the_modified_z_score() -> None:
    """The example of the method: 0.6745 · (20 − 5) ÷ 1; and the mean deviation where the median one is nothing."""
    assert modified_z(20, [4, 5, 5, 6, 4, 6, 5]) == (0.6745 * 15, 5, 1)
    assert round(modified_z(3, [0, 0, 0, 0, 0, 0, 1])[0], 3) == round(3 / (1.253314 / 7), 3)
    assert modified_z(2, [2, 2, 2])[0] == 0
