"""POST /v1/prechecks: every form of input, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import examples, schemas
from engine import Pack

JSON = {"content-type": "application/json"}
STUFFED = "mp3, mp3 player, music mp3 player"


def rules_of(report: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in report["findings"]]


def check(client: TestClient, body: Any, query: str = "") -> dict[str, Any]:
    answer = client.post(f"/v1/prechecks{query}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(client: TestClient, body: Any, query: str = "") -> tuple[int, str, list[str | None]]:
    """Status, code and pointers of what is refused."""
    if isinstance(body, bytes):
        answer = client.post(f"/v1/prechecks{query}", content=body, headers=JSON)
    else:
        answer = client.post(f"/v1/prechecks{query}", json=body)
    data = answer.json()
    return answer.status_code, data["code"], [error.get("pointer") for error in data.get("errors", [])]


def test_a_clean_listing_is_valid_and_names_the_pack(client: TestClient, pack: Pack, clean: dict[str, Any]) -> None:
    report = check(client, clean, "?as_of=2026-08-22")
    assert report == {
        "subject": {"type": "listing", "id": clean.get("id")},
        "verdict": "valid",
        "findings": [],
        "waived": [],
        "not_checked": report["not_checked"],
        "errors": [],
        "plan": None,
        "as_of": "2026-08-22",
        "pack": {"id": pack.id, "version": pack.version, "digest": pack.digest},
        "input_notes": [],
    }


def test_a_stuffed_title_is_found_at_its_place_with_words_in_both_languages(
    client: TestClient, clean: dict[str, Any]
) -> None:
    report = check(client, {**clean, "title": STUFFED})
    finding = next(finding for finding in report["findings"] if finding["rule"] == "LST104")
    place = finding["locations"][0]
    assert place["pointer"] == "/title"
    assert STUFFED[place["start"] : place["end"]].lower() == place["text"].lower() == "mp3"
    assert set(finding["message"]) == {"en", "zh"}


def test_a_listing_without_title_is_answered_with_200_and_invalid(client: TestClient, clean: dict[str, Any]) -> None:
    report = check(client, {**clean, "title": ""})
    assert report["verdict"] == "invalid"
    assert "LST101" in rules_of(report)


@pytest.mark.parametrize("name", sorted(examples.REQUESTS))
def test_every_example_of_a_request_is_answered_in_the_declared_shape(client: TestClient, name: str) -> None:
    answer = client.post("/v1/prechecks", json=examples.REQUESTS[name][1])
    assert answer.status_code == 200
    shape = schemas.BatchOut if name == "batch" else schemas.ReportOut
    msgspec.json.decode(answer.content, type=shape)


@pytest.mark.parametrize("sample", sorted(examples.SAMPLES.iterdir()), ids=lambda sample: sample.name)
def test_the_examples_are_the_samples_that_ship_with_the_project(sample: Path) -> None:
    assert sample.read_bytes() == (Path(__file__).parents[2] / "samples" / sample.name).read_bytes()


def test_the_examples_show_findings_with_verified_fixes(client: TestClient) -> None:
    for example in (examples.DRAFT, examples.PLATFORM):
        report = check(client, example)
        assert report["verdict"] == "invalid"
        assert [fix for finding in report["findings"] for fix in finding["fixes"] if fix["verified"]]
        assert report["plan"]["patch"]


def test_what_a_list_of_the_platform_has_no_place_for_is_not_found_missing(client: TestClient) -> None:
    item = {
        "product_id": 1005009000000301,
        "subject": "Bamboo Cutting Board with Juice Groove for Kitchen",
        "image_u_r_ls": "https://ae01.alicdn.com/kf/list1-1.jpg",
        "product_min_price": "12.40",
        "product_max_price": "19.90",
    }
    found = check(client, item)
    absent = {entry["rule"]: entry["missing"] for entry in found["not_checked"] if entry["reason"] == "not_in_source"}
    assert absent["LST401"] == ["description"]
    assert "LST401" not in rules_of(found)
    assert "LST401" not in rules_of(check(client, {"existing": item, "changes": {"title": "Bamboo Cutting Board"}}))
    assert "LST401" in rules_of(check(client, {"existing": item, "changes": {"description": "<p></p>"}}))


def test_the_engine_and_the_service_find_the_same(client: TestClient, pack: Pack) -> None:
    from datetime import date

    report = check(client, examples.DRAFT, "?as_of=2026-08-22")
    own = json.loads(pack.check(examples.DRAFT, as_of=date(2026, 8, 22)).to_json())
    assert report["findings"] == own["findings"]
    assert report["plan"] == own["plan"]


def test_an_envelope_brings_store_and_day(client: TestClient, clean: dict[str, Any]) -> None:
    report = check(client, {"listing": clean, "store": {"id": "s-1"}, "as_of": "2026-08-22"})
    assert (report["as_of"], report["verdict"]) == ("2026-08-22", "valid")


def test_the_day_in_the_body_comes_before_the_day_in_the_query(client: TestClient, clean: dict[str, Any]) -> None:
    report = check(client, {"listing": clean, "as_of": "2026-08-22"}, "?as_of=2026-01-01")
    assert report["as_of"] == "2026-08-22"


def test_lang_keeps_one_language_and_the_shape(client: TestClient) -> None:
    report = check(client, examples.DRAFT, "?lang=zh")
    both = check(client, examples.DRAFT)
    assert report["findings"]
    assert [finding["message"] for finding in report["findings"]] == [
        {"zh": finding["message"]["zh"]} for finding in both["findings"]
    ]
    msgspec.convert(report, schemas.ReportOut)


def test_min_severity_hides_findings_but_not_the_verdict(client: TestClient, clean: dict[str, Any]) -> None:
    body = {**clean, "title": STUFFED, "price": "-1"}
    everything = check(client, body)
    errors = check(client, body, "?min_severity=error")
    assert errors["findings"] == [f for f in everything["findings"] if f["severity"] == "error"]
    assert errors["verdict"] == everything["verdict"]


def test_fixes_can_be_left_out(client: TestClient, clean: dict[str, Any]) -> None:
    body = {**clean, "title": STUFFED}
    assert any(finding["fixes"] for finding in check(client, body)["findings"])
    lean = check(client, body, "?fixes=false")
    assert [finding["fixes"] for finding in lean["findings"]] == [[] for _ in lean["findings"]]
    assert lean["plan"] is None


# Batches ---------------------------------------------------------------------------------------------------------


def test_a_bad_item_does_not_sink_the_others_and_order_is_kept(client: TestClient, clean: dict[str, Any]) -> None:
    items = [clean, {"title": "y", "titel": "x"}, "nonsense", {**clean, "title": "", "id": "2"}, {"price": []}]
    answer = check(client, {"items": items})
    assert [(item["index"], item["status"]) for item in answer["items"]] == [
        (0, 200),
        (1, 422),
        (2, 422),
        (3, 200),
        (4, 422),
    ]
    assert [item["problem"]["errors"][0]["pointer"] for item in answer["items"] if "problem" in item] == [
        "/items/1/titel",
        "/items/2",
        "/items/4/price",
    ]
    assert answer["summary"]["items"] == 5
    assert answer["summary"]["not_checked"] == 3
    assert answer["summary"]["valid"] + answer["summary"]["invalid"] == 2
    msgspec.convert(answer, schemas.BatchOut)


def test_a_json_array_is_a_batch(client: TestClient, clean: dict[str, Any]) -> None:
    answer = check(client, [clean, {"titel": "x"}])
    assert [item["status"] for item in answer["items"]] == [200, 422]


def test_items_may_be_of_different_forms(client: TestClient, clean: dict[str, Any]) -> None:
    items = [clean, examples.PLATFORM, {"listing": clean, "as_of": "2026-08-22"}, examples.OVERLAY]
    answer = check(client, {"items": items, "as_of": "2026-06-01"})
    assert [item["status"] for item in answer["items"]] == [200, 200, 200, 200]
    assert [item["report"]["as_of"] for item in answer["items"]] == [
        "2026-06-01",
        "2026-06-01",
        "2026-08-22",
        "2026-06-01",
    ]


def test_an_empty_batch_and_one_that_is_too_large_say_what_to_do(
    make_app: Callable[..., FastAPI], clean: dict[str, Any]
) -> None:
    client = TestClient(make_app(max_batch_items=2))
    assert problem(client, []) == (422, "invalid_input", [""])
    assert problem(client, {"items": []}) == (422, "invalid_input", ["/items"])
    assert problem(client, [clean] * 3) == (413, "batch_too_large", [])
    detail = client.post("/v1/prechecks", json=[clean] * 3).json()["detail"]
    assert "at most 2 listings" in detail
    assert "several calls" in detail


def test_a_large_batch_in_a_thread_gives_the_same_answer(
    make_app: Callable[..., FastAPI], client: TestClient, clean: dict[str, Any]
) -> None:
    items = [{**clean, "id": str(number)} for number in range(30)]
    threaded = TestClient(make_app(inline_items=1, inline_bytes=10))
    assert check(threaded, items, "?as_of=2026-08-22") == check(client, items, "?as_of=2026-08-22")


def test_items_beyond_the_time_budget_are_told_so(make_app: Callable[..., FastAPI], clean: dict[str, Any]) -> None:
    client = TestClient(make_app(time_budget_seconds=0.0))
    answer = check(client, [clean, clean])
    assert [item["problem"]["code"] for item in answer["items"]] == ["time_budget_spent"] * 2


def test_a_crash_on_one_item_is_a_problem_of_that_item_alone(
    make_app: Callable[..., FastAPI], clean: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(make_app())
    real = Pack.check

    def fragile(self: Pack, listing: Any, **given: Any) -> Any:
        if listing.id == "bad":
            raise ZeroDivisionError("a secret of ours")
        return real(self, listing, **given)

    monkeypatch.setattr(Pack, "check", fragile)
    answer = client.post("/v1/prechecks", json=[clean, {**clean, "id": "bad"}])
    assert [item["status"] for item in answer.json()["items"]] == [200, 500]
    assert "secret" not in answer.text


# Overlays --------------------------------------------------------------------------------------------------------


def test_an_overlay_checks_the_changed_listing_against_the_published_one(client: TestClient, pack: Pack) -> None:
    report = check(client, examples.OVERLAY)
    assert report["subject"]["id"] == examples.EXISTING["id"]
    assert "PRODUCT_SWAPPED" in [finding["code"] for finding in report["findings"]]


def test_a_merge_patch_and_operations_that_do_the_same_are_answered_the_same(client: TestClient) -> None:
    title = "Cotton tea towel with blue stripes"
    merged = check(client, {"existing": examples.EXISTING, "changes": {"title": title}})
    assert merged == check(client, examples.OVERLAY_OPERATIONS)
    assert "PRODUCT_SWAPPED" not in [finding["code"] for finding in merged["findings"]]


def test_null_in_a_merge_patch_removes(client: TestClient, clean: dict[str, Any]) -> None:
    report = check(client, {"existing": clean, "changes": {"title": None}})
    assert "LST101" in rules_of(report)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ("text", "/changes"),
        ([{"op": "replace", "path": "/nothing/here", "value": 1}], "/changes/0/path"),
        ([{"op": "test", "path": "/title", "value": "other"}], "/changes/0/value"),
        ([{"op": "fly", "path": "/title"}], "/changes/0/op"),
        ([{"op": "add", "path": "title", "value": 1}], "/changes/0/path"),
        ([{"op": "add", "path": "/title"}], "/changes/0/value"),
        ([{"op": "move", "path": "/skus/0", "from": "/skus"}], "/changes/0/path"),
        ([7], "/changes/0"),
        ({"titel": "x"}, "/changes/titel"),
        ({"price": []}, "/changes/price"),
    ],
)
def test_changes_that_cannot_be_applied_are_refused_at_their_place(
    client: TestClient, changes: Any, pointer: str
) -> None:
    status, code, pointers = problem(client, {"existing": examples.EXISTING, "changes": changes})
    assert (status, code) == (422, "invalid_input")
    assert pointers == [pointer]


def test_copies_that_double_and_double_are_stopped(client: TestClient) -> None:
    changes = [{"op": "copy", "from": "", "path": "/skus/-"}] * 60
    answer = client.post("/v1/prechecks", json={"existing": examples.EXISTING, "changes": changes})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail_i18n"]["en"] == "the patch copies too much"


def test_an_overlay_without_changes_is_refused(client: TestClient) -> None:
    assert problem(client, {"existing": examples.EXISTING}) == (422, "invalid_input", ["/changes"])


# What cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "malformed_json", [])),
        (b"{", (400, "malformed_json", [])),
        (b"\xff\xfe\x00", (400, "malformed_json", [])),
        (b"[" * 100_000, (400, "malformed_json", [])),
        (b"null", (422, "invalid_input", [""])),
        (b"3", (422, "invalid_input", [""])),
        (b'"text"', (422, "invalid_input", [""])),
        (b'{"titel": "x", "title": "y"}', (422, "invalid_input", ["/titel"])),
        (b'{"title": "x", "skus": [{"price": []}]}', (422, "invalid_input", ["/skus/0/price"])),
        (b'{"items": {}}', (422, "invalid_input", ["/items"])),
        (b'{"items": [], "other": 1}', (422, "invalid_input", ["/other"])),
        (b'{"listing": {"title": "x"}, "as_of": "soon"}', (422, "invalid_input", ["/as_of"])),
        (b'{"listing": {"title": "x"}, "as_of": "2026-02-30"}', (422, "invalid_input", ["/as_of"])),
        (b'{"listing": {"title": "x"}, "store": []}', (422, "invalid_input", ["/store"])),
        (b'{"listing": {"title": "x"}, "store": {"levl": "1"}}', (422, "invalid_input", ["/store/levl"])),
        (b'{"listing": {"title": "x"}, "a/b~": 1}', (422, "invalid_input", ["/a~1b~0"])),
        (b'{"listing": {"listing": {}}}', (422, "invalid_input", ["/listing"])),
        (b'{"listings": [{"title": "x"}]}', (422, "invalid_input", ["/listings"])),
    ],
)
def test_what_cannot_be_checked_is_refused_at_its_place(
    client: TestClient, body: bytes, expected: tuple[int, str, list[str]]
) -> None:
    assert problem(client, body) == expected


def test_strict_false_checks_what_can_be_read_and_lists_the_rest(client: TestClient, clean: dict[str, Any]) -> None:
    report = check(client, {**clean, "titel": "x"}, "?strict=false")
    assert [(note["pointer"], note["code"], note["used"]) for note in report["input_notes"]] == [
        ("/titel", "unknown_field", False)
    ]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?as_of=tomorrow", "as_of"),
        ("?lang=fr", "lang"),
        ("?min_severity=fatal", "min_severity"),
        ("?fixes=maybe", "fixes"),
        ("?colour=red", "colour"),
        ("?as_of=%ff", "query"),
    ],
)
def test_a_query_that_cannot_be_used_names_the_parameter(client: TestClient, query: str, parameter: str) -> None:
    answer = client.post(f"/v1/prechecks{query}", json={"title": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_every_query_fault_is_told_at_once(client: TestClient) -> None:
    answer = client.post("/v1/prechecks?lang=fr&fixes=2", json={"title": "x"})
    assert [error["parameter"] for error in answer.json()["errors"]] == ["lang", "fixes"]
