"""Imports over HTTP: the report, what is no file, and what a tenant may see of another's."""

from __future__ import annotations

import json

from fastapi import FastAPI

from tests.sections.conftest import Caller, code
from tests.tenants import Tenants, bearer

LINES = "\n".join(json.dumps({"id": str(number), "title": f"Lamp {number}"}) for number in range(3)).encode()


def test_a_file_is_imported_and_reported_and_the_same_again_changes_nothing(north: Caller, west: Caller) -> None:
    first = north.post("/imports?name=lamps.ndjson&status=offline", LINES + b'\n{"id": "x"\n')
    assert first.status_code == 200, first.text
    report = first.json()
    assert {name: report[name] for name in ("kind", "state", "done", "inserted", "unchanged", "refused")} == {
        "kind": "products", "state": "done", "done": 4, "inserted": 3, "unchanged": 0, "refused": 1,
    }  # fmt: skip
    assert [(one["row"], one["is_whole_record"]) for one in report["refusals"]] == [(4, True)]
    again = north.post("/imports?name=lamps.ndjson", LINES).json()
    assert (again["inserted"], again["unchanged"]) == (0, 3)
    below = north.get(f"/imports/{report['id']}/refusals?is_whole_record=true").json()["items"]
    assert below == report["refusals"]
    assert report["id"] in [one["id"] for one in north.get("/imports?kind=products").json()["items"]]
    assert code(west.get(f"/imports/{report['id']}")) == (404, "unknown_item")
    assert code(west.get(f"/imports/{report['id']}/refusals")) == (404, "unknown_item")
    assert len(north.get("/products?status=offline&q=lamp").json()["items"]) == 3


def test_what_is_no_file_of_a_kind_is_refused_in_both_languages(north: Caller) -> None:
    refused = north.post("/imports?name=x.png", b"\x89PNG\r\n\x1a\n\x00\x00")
    assert code(refused) == (422, "import_unreadable")
    assert refused.json()["detail_i18n"]["zh"] != refused.json()["detail_i18n"]["en"]
    assert code(north.post("/imports?name=orders.csv&kind=orders", b"a,b\n1,2\n")) == (422, "import_unreadable")
    assert code(north.post("/imports?kind=pictures", b"{}")) == (422, "invalid_parameter")
    assert code(north.post("/imports", b"")) == (422, "import_unreadable")


def test_a_file_larger_than_a_body_may_be_imported(app: FastAPI, north: Caller) -> None:
    big = "\n".join(
        json.dumps({"id": f"b{n}", "title": "Rug", "description": "x" * 70_000}) for n in range(200)
    ).encode()
    assert len(big) > app.state.settings.max_body_bytes
    assert north.post("/imports?name=big.ndjson", big).json()["inserted"] == 200
    assert code(north.post("/products", {"title": "x", "description": "y" * 13_000_000})) == (413, "body_too_large")


def test_a_role_that_may_only_read_may_not_import(app: FastAPI, north: Caller, tenants: Tenants) -> None:
    reader = Caller(north.client, north.base, bearer(app, tenants, "read_only"))
    assert code(reader.post("/imports", LINES)) == (403, "permission_missing")


def test_a_violation_list_is_booked_in_the_ledger_once(north: Caller, app: FastAPI, tenants: Tenants) -> None:
    data = "违规编号,违规类型,处罚时间,扣分,商品ID\nV1,虚假发货,2026-11-01 10:00:00,2,\nV2,,2026-11-01,2,\n".encode()
    first = north.post("/imports?name=violations.csv", data).json()
    assert (first["kind"], first["inserted"], first["refused"]) == ("violations", 1, 1)
    again = north.post("/imports?name=violations.csv", data).json()
    assert (again["inserted"], again["unchanged"]) == (0, 1)
    (booked,) = north.get("/violations").json()["items"]
    assert (booked["case_no"], booked["offence"], booked["at"]) == ("V1", "PTS305", "2026-11-01T18:00:00Z")
    operator = Caller(north.client, north.base, bearer(app, tenants, "operator"))
    assert code(operator.post("/imports?name=violations.csv", data)) == (403, "permission_missing")


def test_a_store_assessment_marks_orders_that_the_list_finds(north: Caller) -> None:
    data = "订单号,虚假发货,物流上网超时,剩余时间\n88001,是,否,1天\n88002,否,是,\n88003,?,是,\n".encode()
    report = north.post("/imports?name=assessment.csv", data).json()
    assert (report["kind"], report["inserted"], report["refused"]) == ("assessments", 2, 1)
    assert (report["refusals"][0]["row"], report["refusals"][0]["column"]) == (4, "虚假发货")
    (false,) = north.get("/orders?is_false_shipment=true").json()["items"]
    assert (false["platform_id"], false["is_online_late"], false["online_by"][-1]) == ("88001", False, "Z")
    (late,) = north.get("/orders?is_online_late=true").json()["items"]
    assert (late["platform_id"], late["is_false_shipment"], late["online_by"]) == ("88002", False, None)
