"""The store's own marks: kept, imported, learned, and found in its checks."""

from __future__ import annotations

from typing import Any

from tests.sections.conftest import Caller

TITLE = "Z0rvik Stainless Steel Insulated Water Bottle 750 ml"


def codes(caller: Caller, clean: dict[str, Any], title: str = TITLE) -> list[str]:
    answer = caller.post("/prechecks", {"listing": {**clean, "title": title}, "as_of": "2026-11-23"}).json()
    return [one["code"] for one in answer["findings"] if one["code"].startswith("BRAND_")]


def test_a_mark_of_the_store_is_found_in_its_checks_and_in_no_other_store_s(
    south: Caller, west: Caller, clean: dict[str, Any]
) -> None:
    assert codes(south, clean) == []
    made = south.post("/marks", {"name": "Zorvik", "owner": "Zorvik AG", "classes": [21], "aliases": ["左维克"]})
    assert made.status_code == 201, made.text
    assert codes(south, clean) == ["BRAND_DISGUISED"]
    assert codes(west, clean) == []
    found = south.get("/marks?q=zorv").json()
    assert [one["name"] for one in found["items"]] == ["Zorvik"]
    etag = south.get(f"/marks/{made.json()['id']}").headers["etag"]
    ended = south.send("PATCH", f"/marks/{made.json()['id']}", {"until": "2026-11-22"}, if_match=etag)
    assert ended.status_code == 200, ended.text
    assert codes(south, clean) == []


def test_what_cannot_be_a_mark_is_refused_with_its_place(north: Caller) -> None:
    assert north.post("/marks", {"name": "Velmora", "owner": "V"}).status_code == 201
    assert north.post("/marks", {"name": "velmora", "owner": "V"}).json()["code"] == "conflict"
    for body, pointer in (
        ({"name": "***", "owner": "V"}, "/name"),
        ({"name": "Ostrek", "owner": "V", "since": "2026-02-01", "until": "2026-01-01"}, "/until"),
        ({"name": "Ostrek", "owner": "V", "classes": [46]}, "/classes/0"),
    ):
        answer = north.post("/marks", body)
        assert answer.status_code in (400, 422), answer.text
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_a_register_is_imported_row_by_row(north: Caller) -> None:
    csv = "name,owner,classes,zh\nOstrek,Ostrek SA,21,奥斯特\nFaulty,Nobody,99,\n"
    first = north.post("/marks/import", {"csv": csv}).json()
    assert first == {
        "added": 1, "updated": 0, "unchanged": 0,
        "refused": [{"line": 3, "column": 3, "message": '"99" is no Nice class; they are 1 to 45, parted by "|"'}],
    }  # fmt: skip
    again = north.post("/marks/import", {"csv": csv.replace("21", "25")}).json()
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 1, 0)
    assert north.post("/marks/import", {"csv": csv.replace("21", "25")}).json()["unchanged"] == 1


def test_a_mark_is_learned_from_a_violation(north: Caller) -> None:
    notice = {"case_no": "MARK-1", "at": "2026-11-20T00:00:00Z", "offence": "PTS208", "listing": "1005009"}
    taken = north.post("/notices", {"items": [notice]})
    assert taken.status_code == 200, taken.text
    [violation] = north.get("/violations?case_no=MARK-1").json()["items"]
    learned = north.post(f"/violations/{violation['id']}/mark", {"name": "Brumel"})
    assert learned.status_code == 201, learned.text
    answer = learned.json()
    assert (answer["name"], answer["source"], answer["violation_id"], answer["risk"]) == (
        "Brumel", "violation MARK-1", violation["id"], "high",
    )  # fmt: skip
    known = {"name": "Kestrol", "owner": "Kestrol AG", "classes": [21], "aliases": ["凯思"], "tier": "word_like"}
    assert north.post("/marks", known).status_code == 201
    again = north.post(f"/violations/{violation['id']}/mark", {"name": "kestrol", "aliases": ["Kestrola"]}).json()
    assert {name: again[name] for name in ("owner", "classes", "aliases", "tier", "risk", "source")} == {
        "owner": "Kestrol AG", "classes": [21], "aliases": ["凯思", "Kestrola"], "tier": "word_like", "risk": "high",
        "source": "violation MARK-1",
    }  # fmt: skip
    assert north.post("/violations/999999/mark", {"name": "Brumel"}).status_code == 404
