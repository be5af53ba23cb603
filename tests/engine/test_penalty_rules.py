"""Faults of offence and ladder files: each with its place, its code and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import RulePackError, load_pack

LADDER = """\
id: LAD101
name: pool
kind: ladder
status: stable
revision: 1
applies_to: {marketplace: testmarket}
effective: {from: 2026-01-01}
title: {en: Pool, zh: 积分}
why: {en: Why., zh: 原因。}
source:
  - {id: T1, publisher: Test, clause: "1", url: "https://example.com", grade: primary, retrieved: 2026-01-01}
unit: points
timezone: Asia/Shanghai
lapse: {kind: days, days: $life}
params:
  life: {origin: platform, source: T1, unit: days, values: {2026-01-01: 365}}
  low: {origin: platform, source: T1, unit: points, values: {2026-01-01: 2}}
  high: {origin: platform, source: T1, unit: points, values: {2026-01-01: 12}}
steps:
  - id: warned
    title: {en: Warned, zh: 警告}
    at: $low
    actions: [{action: warning, lasts: step}]
  - id: closed
    title: {en: Closed, zh: 关闭}
    at: $high
    actions: [{action: close}]
examples:
  - {name: nothing, entries: [], as_of: 2026-02-01, balance: 0}
  - {name: closed, entries: [{at: 2026-01-05, points: 12}], as_of: 2026-02-01, balance: 12, step: closed, enforcement: [close]}
"""  # noqa: E501  examples stay on one line
OFFENCE = """\
id: PTS101
name: theft
kind: offence
status: stable
revision: 1
applies_to: {marketplace: testmarket}
effective: {from: 2026-01-01}
title: {en: Theft, zh: 盗用}
why: {en: Why., zh: 原因。}
source:
  - {id: T1, publisher: Test, clause: "1", url: "https://example.com", grade: primary, retrieved: 2026-01-01}
ladder: LAD101
params:
  each: {origin: platform, source: T1, unit: points, values: {2026-01-01: 6}}
  window: {origin: platform, source: T1, unit: days, values: {2026-01-01: 3}}
once: {days: $window, for: every}
grades:
  general: {points: $each}
findings: {TITLE_TOO_SHORT: general}
examples:
  - name: one
    cases: [{at: 2026-01-05, points: 6}]
  - name: two
    cases: [{at: 2026-01-05, points: 6}, {at: 2026-01-06, points: 0}]
"""


def pack_of(write_pack, ladder: str = LADDER, offence: str = OFFENCE) -> Path:  # type: ignore[no-untyped-def]
    return write_pack(files={"mini/p/LAD101_pool.yaml": ladder, "mini/p/PTS101_theft.yaml": offence})


CASES = {
    "a number without a date": (
        OFFENCE, "{points: $each}", "{points: 6}",
        [(18, 21, "R008", "6 is a policy number without a date: name it in params and write $name here"),
         (14, 3, "R015", 'the parameter "each" is used nowhere')],
    ),
    "an unknown parameter": (
        OFFENCE, "{points: $each}", "{points: $eech}",
        [(18, 21, "R009", 'unknown parameter "$eech"; did you mean "each"?'),
         (14, 3, "R015", 'the parameter "each" is used nowhere')],
    ),
    "an unknown ladder": (
        OFFENCE, "ladder: LAD101", "ladder: LAD102",
        [(12, 9, "R014", 'there is no ladder "LAD102"; did you mean "LAD101"?')],
    ),
    "an unknown code": (
        OFFENCE, "TITLE_TOO_SHORT: general", "TITLE_SHORT: general",
        [(19, 12, "R018", 'unknown code "TITLE_SHORT"; did you mean "TITLE_TOO_SHORT"?; see codes.yaml')],
    ),
    "a window that says not when": (
        OFFENCE, ", for: every", "",
        [(16, 7, "R002", '"once" lacks "for"')],
    ),
    "too few examples": (
        OFFENCE, "  - name: one\n    cases: [{at: 2026-01-05, points: 6}]\n", "",
        [(1, 1, "R023", "an offence needs at least two examples")],
    ),
    "an unknown field": (
        OFFENCE, "once:", "onse:",
        [(16, 1, "R001", 'an offence has no field "onse"; did you mean "once"?'),
         (15, 3, "R015", 'the parameter "window" is used nowhere')],
    ),
    "a moment that is none": (
        OFFENCE, "cases: [{at: 2026-01-05, points: 6}]", "cases: [{at: 5 January, points: 6}]",
        [(22, 18, "R003", '"at" must be a day or a moment such as 2026-11-23 or "2026-11-23 10:30"')],
    ),
    "steps in the wrong order": (
        LADDER, "{2026-01-01: 2}", "{2026-01-01: 20}",
        [(20, 3, "R022", "on 2026-01-01 the steps do not grow graver one by one: [20, 12]")],
    ),
    "an unknown action": (
        LADDER, "action: close", "action: closed",
        [(27, 24, "R003", None)],
    ),
    "an unknown time zone": (
        LADDER, "timezone: Asia/Shanghai", "timezone: Asia/Nowhere",
        [(13, 11, "R003", '"Asia/Nowhere" is no time zone, such as Asia/Shanghai')],
    ),
    "a lapse without days": (
        LADDER, "{kind: days, days: $life}", "{kind: days}",
        [(14, 8, "R002", '"lapse" lacks "days"'), (16, 3, "R015", 'the parameter "life" is used nowhere')],
    ),
    "an example of an unknown step": (
        LADDER, "step: closed,", "step: shut,",
        [(30, 5, "R014", 'there is no step "shut"')],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_with_place_code_and_way_out(name, write_pack) -> None:  # type: ignore[no-untyped-def]
    text, before, after, expected = CASES[name]
    assert before in text
    changed = text.replace(before, after, 1)
    folder = pack_of(write_pack, changed) if text is LADDER else pack_of(write_pack, offence=changed)
    with pytest.raises(RulePackError) as caught:
        load_pack(folder, use_cache=False)
    found = [(fault.line, fault.column, fault.code, fault.reason) for fault in caught.value.faults]
    if expected[0][3] is None:
        assert [fault[:3] for fault in found] == [expected[0][:3]]
    else:
        assert sorted(found) == sorted(expected)


def test_one_finding_is_at_risk_of_one_offence(write_pack) -> None:  # type: ignore[no-untyped-def]
    other = OFFENCE.replace("PTS101", "PTS102")
    folder = pack_of(write_pack)
    (folder / "p" / "PTS102_theft.yaml").write_text(other, encoding="utf-8")
    with pytest.raises(RulePackError) as caught:
        load_pack(folder, use_cache=False)
    assert [fault.code for fault in caught.value.faults] == ["R026"]


def test_a_pack_keeps_its_offences_and_ladders_through_the_cache(write_pack, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("STOREWARDEN_CACHE", str(tmp_path / "cache"))
    folder = pack_of(write_pack)
    fresh, again = load_pack(folder), load_pack(folder)
    assert (dict(fresh.offences), dict(fresh.ladders)) == (dict(again.offences), dict(again.ladders))
    assert (list(again.offences), list(again.ladders)) == (["PTS101"], ["LAD101"])


def test_examples_that_lie_are_found(write_pack) -> None:  # type: ignore[no-untyped-def]
    from engine.loading.example_run import run_examples

    lying = OFFENCE.replace("{at: 2026-01-06, points: 0}", "{at: 2026-01-06, points: 6}")
    pack = load_pack(
        pack_of(write_pack, LADDER.replace("as_of: 2026-02-01, balance: 0", "as_of: 2026-02-01, balance: 1"), lying),
        use_cache=False,
    )
    outcomes = {outcome.label: outcome.problems for outcome in run_examples(pack, ["PTS101", "LAD101"])}
    assert outcomes == {
        "PTS101/cases/one": (),
        "PTS101/cases/two": ("case 2: points is 0, not 6 (counted_once)",),
        "LAD101/entries/nothing": ("balance is 0, not 1",),
        "LAD101/entries/closed": (),
    }
