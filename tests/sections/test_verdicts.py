"""Officers judge findings; violations are traced back to the findings that said so before."""

from __future__ import annotations

from typing import Any

from tests.sections.conftest import Caller, code
from tests.sections.test_products import create

SPY = "<p>A spy pen with two hours of video. It keeps water cold for a full day and hot for many hours at work.</p>"


def found_in(caller: Caller, clean: dict[str, Any], listing_id: str) -> dict[str, Any]:
    """A listing with a disguised camera, checked: its finding."""
    create(caller, clean, id=listing_id, title=f"Bottle {listing_id}", description=SPY)
    listing = {**clean, "id": listing_id, "title": f"Bottle {listing_id}", "description": SPY}
    assert caller.post("/prechecks", {"listing": listing}).status_code == 200
    items = caller.get(f"/findings?listing_id={listing_id}&rule=PRO104").json()["items"]
    return items[0]


def test_the_last_verdict_on_a_finding_counts_for_its_rule(north: Caller, west: Caller, clean: dict[str, Any]) -> None:
    one, other = (found_in(north, clean, name) for name in ("1009001", "1009002"))
    path = f"/findings/{one['id']}/verdicts"
    first = north.post(path, {"verdict": "upheld", "reason": "a camera"})
    assert first.status_code == 201, first.text
    assert (first.json()["rule"], first.json()["revision"]) == ("PRO104", 1)
    assert first.json()["officer"].startswith("user:")
    north.post(f"/findings/{other['id']}/verdicts", {"verdict": "upheld", "reason": "a camera"})
    north.post(path, {"verdict": "false_positive", "reason": "a pen without a lens"})
    assert [item["verdict"] for item in north.get(path).json()["items"]] == ["upheld", "false_positive"]
    precision = {"rule": "PRO104", "n": 2, "upheld": 1, "precision": 0.5, "low": 0.0945, "high": 0.9055}
    assert north.get("/rule-precision?rule=PRO104").json() == {"items": [precision]}
    assert west.get("/rule-precision").json() == {"items": []}
    assert code(west.post(path, {"verdict": "upheld", "reason": "x"})) == (404, "unknown_item")
    assert code(north.post(path, {"verdict": "maybe", "reason": "x"})) == (422, "invalid_body")


def trace_of(caller: Caller, case: str, listing: str, offence: str, at: str) -> dict[str, Any]:
    notice = {"case_no": case, "at": at, "offence": offence, "listing": listing}
    taken = caller.post("/notices", {"items": [notice]})
    assert taken.status_code == 200, taken.text
    (row,) = caller.get(f"/violations?case_no={case}").json()["items"]
    return caller.get(f"/violations/{row['id']}/trace").json()


def test_a_violation_is_traced_to_the_finding_that_said_so_before(north: Caller, clean: dict[str, Any]) -> None:
    finding = found_in(north, clean, "1009003")
    caught = trace_of(north, "T-1", "1009003", "PTS208", "2026-11-23T12:01:00Z")
    assert (caught["outcome"], caught["findings"], caught["rules"]) == ("caught", [finding["id"]], ["PRO104"])
    early = trace_of(north, "T-2", "1009003", "PTS208", "2026-11-20T00:00:00Z")
    assert (early["outcome"], early["findings"], "PRO104" in early["rules"]) == ("not_fired", [], True)
    unruled = trace_of(north, "T-3", "1009003", "PTS318", "2026-11-23T12:01:00Z")
    assert (unruled["outcome"], unruled["rules"]) == ("no_rule", [])


def test_a_false_positive_becomes_a_waiver_in_one_step(north: Caller, clean: dict[str, Any]) -> None:
    one, other = (found_in(north, clean, name) for name in ("1009011", "1009012"))
    path = f"/findings/{one['id']}/verdicts"
    wanted = {"verdict": "false_positive", "reason": "no lens", "waive_until": "2026-12-31T00:00:00Z"}
    assert north.post(path, wanted).status_code == 201
    made = [item for item in north.get("/waivers").json()["items"] if item["reason"] == "no lens"]
    assert [(item["fingerprint"], item["rule"], item["ends_at"], item["covers"]) for item in made] == [
        (one["fingerprint"], None, "2026-12-31T00:00:00Z", 1)
    ]
    found = {item["id"]: item["waiver_id"] for item in north.get("/findings?rule=PRO104").json()["items"]}
    assert (found[one["id"]], found[other["id"]]) == (made[0]["id"], None)
    caught = trace_of(north, "T-9", "1009011", "PTS208", "2026-11-23T12:01:00Z")
    assert (caught["outcome"], caught["waivers"]) == ("waived", [made[0]["id"]])
    path = f"/findings/{other['id']}/verdicts"
    assert north.post(path, {**wanted, "waive_scope": "listing", "reason": "listing"}).status_code == 201
    made = [item for item in north.get("/waivers").json()["items"] if item["reason"] == "listing"]
    assert [(item["rule"], item["listing_id"], item["covers"]) for item in made] == [("PRO104", "1009012", 1)]
    assert code(north.post(path, {**wanted, "verdict": "upheld"})) == (422, "invalid_body")
    assert code(north.post(path, {**wanted, "waive_until": "2026-01-01T00:00:00Z"})) == (422, "invalid_body")


def test_a_violation_that_no_rule_told_of_becomes_the_draft_of_one(north: Caller, west: Caller, clean: Any) -> None:
    found_in(north, clean, "1009021")
    trace_of(north, "T-21", "1009021", "PTS302", "2026-11-23T12:01:00Z")
    (row,) = north.get("/violations?case_no=T-21").json()["items"]
    path, wanted = f"/violations/{row['id']}/rule-draft", {"rule_id": "PRO950", "name": "own-goods"}
    made = north.post(path, wanted)
    assert made.status_code == 422, made.text  # its title is a bottle, as an ordinary one is
    assert "has no word that tells it apart" in made.text
    create(north, clean, id="1009022", title="Zorvik samovar for the sauna")
    trace_of(north, "T-22", "1009022", "PTS302", "2026-11-23T12:01:00Z")
    (row,) = north.get("/violations?case_no=T-22").json()["items"]
    path = f"/violations/{row['id']}/rule-draft"
    made = north.post(path, wanted).json()
    assert (made["rule_file"], made["list_file"]) == ("PRO950_own_goods.yaml", "own_own_goods.yaml")
    assert made["words"].splitlines()[-3:] == ['  - "zorvik"', '  - "samovar"', '  - "sauna"']
    assert "code: CREDIT_SPECULATION" in made["rule"]
    assert code(west.post(path, wanted)) == (404, "unknown_item")
    assert code(north.post(path, {**wanted, "rule_id": "PRO104"})) == (422, "invalid_body")
    assert code(north.post(path, {**wanted, "code": "NO_SUCH_CODE"})) == (422, "invalid_body")
    assert code(north.post(path, {**wanted, "name": "Own Goods"})) == (422, "invalid_body")
    assert code(north.post(path, {**wanted, "name": "own-goods\n"})) == (422, "invalid_body")
