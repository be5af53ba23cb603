"""Recorded pre-checks: the same answer as the open one, kept before it goes out."""

from __future__ import annotations

from typing import Any

from tests.sections.conftest import Caller, code

TITLE = "mp3, mp3 player, music mp3 player"


def test_the_answer_is_the_open_ones_and_names_its_record(north: Caller, clean: dict[str, Any]) -> None:
    draft = {**clean, "title": TITLE}
    recorded = north.post("/prechecks?as_of=2026-11-23", draft).json()
    row = north.get(f"/prechecks/{recorded['recorded']}").json()
    assert (row["verdict"], row["as_of"], row["listing_id"]) == (recorded["verdict"], "2026-11-23", None)
    assert [one["fingerprint"] for one in row["findings"]] == [one["fingerprint"] for one in recorded["findings"]]
    assert row["caller"].startswith("user:")
    assert north.get("/findings?rule=LST104").json()["items"] == []  # of no product of the store


def test_the_findings_of_a_product_become_its_own_and_are_fixed_when_gone(
    north: Caller, west: Caller, clean: dict[str, Any]
) -> None:
    product = north.post("/products", {**clean, "id": "p77"}).json()
    north.post("/prechecks", {**clean, "id": "p77", "title": TITLE})
    found = north.get(f"/findings?product_id={product['id']}").json()["items"]
    assert "LST104" in [one["rule"] for one in found]
    assert {one["state"] for one in found} == {"open"}
    assert north.get(f"/products/{product['id']}").json()["open_findings"] == len(found)
    north.post("/prechecks", {**clean, "id": "p77"})
    after = {one["rule"]: one["state"] for one in north.get(f"/findings?product_id={product['id']}").json()["items"]}
    assert after["LST104"] == "fixed"
    assert west.get("/findings").json()["items"] == []


def test_a_batch_records_each_of_its_listings(north: Caller, west: Caller, clean: dict[str, Any]) -> None:
    answer = north.post(
        "/prechecks", [{**clean, "title": f"Towel {number} cotton"} for number in range(5)] + [{"titel": "x"}]
    )
    ids = [item["report"]["recorded"] for item in answer.json()["items"][:5]]
    assert len(set(ids)) == 5
    assert answer.json()["items"][5]["problem"]["code"] == "invalid_input"
    assert [north.get(f"/prechecks/{one}").status_code for one in ids] == [200] * 5
    assert code(west.get(f"/prechecks/{ids[0]}")) == (404, "unknown_item")
    assert code(north.get("/prechecks/nothing")) == (404, "unknown_item")


def test_odd_texts_are_recorded_too(north: Caller) -> None:
    product = north.post("/products", {"id": "odd", "title": "odd"}).json()
    odd = {"id": "odd", "title": "tab\\t and \\\\ back\nslash \u0000 nul 😀 \\N 微信：abc"}
    assert north.post("/prechecks?strict=false", odd).status_code == 200
    assert len(north.get(f"/findings?product_id={product['id']}").json()["items"]) > 0


def test_findings_say_what_they_put_at_risk_in_this_store(north: Caller, west: Caller, clean: dict[str, Any]) -> None:
    draft = {**clean, "title": TITLE}
    code_of = "TITLE_STACKING"

    def risk(caller: Caller) -> Any:
        found = {one["code"]: one for one in caller.post("/prechecks", draft).json()["findings"]}
        return found[code_of]["points_at_risk"]

    before = risk(north)
    regime = north.client.app.state.pack.regime  # type: ignore[attr-defined]
    offence = regime.by_code[code_of]
    notice = {
        "case_no": "RISK-1", "at": "2026-11-20T00:00:00Z", "offence": offence.id, "points": 4,
        "grade": offence.grades[0].id,
    }  # fmt: skip
    assert north.post("/notices", {"items": [notice]}).status_code == 200
    after = risk(north)
    assert (before["from"], after["from"]) == (0, 4)
    assert after["to"] == after["from"] + after["points"]
    assert after["ladder"] == before["ladder"] == regime.ladders[offence.ladder].name
    assert risk(west) == before


def test_a_recorded_pre_check_is_told(north: Caller, clean: dict[str, Any]) -> None:
    recorded = north.post("/prechecks", {**clean, "title": TITLE, "id": "told"}).json()["recorded"]
    events = north.get("/events?limit=500").json()["events"]
    (event,) = [
        one["data"]["current"]
        for one in events
        if one["type"] == "listing.prechecked" and one["data"]["current"]["precheck_id"] == recorded
    ]
    assert event == {
        "precheck_id": recorded, "listing_id": "told", "verdict": "valid", "codes": event["codes"],
    }  # fmt: skip
    assert "TITLE_STACKING" in event["codes"]
