"""The transaction section over HTTP: orders and what is due, answers, evaluations, funds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sections.conftest import Caller, code

ORDERS = [
    {"order_id": 1, "order_status": "WAIT_SELLER_SEND_GOODS", "gmt_pay": "2026-11-20 10:00:00",
     "pay_amount": {"amount": "20.00", "currency_code": "USD"},
     "product_list": [{"child_id": 11, "product_id": 7001, "goods_prepare_time": 1, "product_count": 1}]},
    {"order_id": 2, "order_status": "IN_CANCEL", "gmt_pay": "2026-11-22 10:00:00", "gmt_update": "2026-11-23 00:00:00",
     "cancel_request_reason": "too slow"},
    {"order_id": 3, "order_status": "FINISH", "gmt_trade_end": "2026-11-01 00:00:00",
     "pay_amount": {"amount": "4.99", "currency_code": "USD"}},
]  # fmt: skip
DISPUTES = [
    {"issue_id": 61, "order_id": 1, "issue_status": "processing", "gmt_create": "2026-11-22 00:00:00"},
    {"issue_id": 62, "order_id": 1, "issue_status": "processing", "gmt_create": "2026-11-01 00:00:00"},
]
EVALUATIONS = [
    {"order_id": 1, "buyer_evaluation": 5, "buyer_fb_date": "2026-11-20 00:00:00"},
    {"order_id": 3, "buyer_evaluation": 1, "buyer_fb_date": "2026-11-20 00:00:00"},
]


@pytest.fixture(scope="module")
def store(north: Caller) -> Caller:
    """The store with orders, disputes and evaluations imported over HTTP."""
    for name, records in (("orders", ORDERS), ("disputes", DISPUTES), ("evaluations", EVALUATIONS)):
        answer = north.post(f"/imports?name={name}.json", json.dumps(records).encode())
        assert answer.status_code == 200, answer.text
        assert (answer.json()["kind"], answer.json()["inserted"]) == (name, len(records))
    return north


def one(store: Caller, path: str) -> tuple[dict[str, Any], str]:
    """The only item of a list, and its ETag."""
    (item,) = store.get(path).json()["items"]
    return item, store.get(f"{path.partition('?')[0]}/{item['id']}").headers["etag"]


def test_the_summary_says_what_is_due_and_overdue(store: Caller) -> None:
    found = store.get("/transactions/summary").json()
    assert found["orders"] == {"FINISH": 1, "IN_CANCEL": 1, "WAIT_SELLER_SEND_GOODS": 1}
    assert found["deadlines"] == {
        "ship": {"overdue": 1, "due_today": 0, "later": 0},
        "scan": {"overdue": 0, "due_today": 0, "later": 0},
        "answer_cancellation": {"overdue": 0, "due_today": 0, "later": 1},
        "answer_dispute": {"overdue": 1, "due_today": 0, "later": 1},
    }
    assert found["today_ends_at"] == "2026-11-24T08:00:00Z"


def test_orders_are_found_by_state_deadline_and_product(store: Caller) -> None:
    order, _ = one(store, "/orders?state=WAIT_SELLER_SEND_GOODS")
    assert (order["platform_id"], order["ship_by"], order["amount"]) == ("1", "2026-11-22T18:00:00Z", "20.00")
    for query in ("ship_before=2026-11-22T18:00:01Z", "product=7001", "platform_id=1"):
        assert [found["id"] for found in store.get(f"/orders?{query}").json()["items"]] == [order["id"]], query
    assert store.get("/orders?ship_before=2026-11-22T18:00:00Z").json()["items"] == []


def test_declaring_a_parcel_moves_the_order_on_and_sets_when_it_has_to_be_scanned(store: Caller, west: Caller) -> None:
    order, _ = one(store, "/orders?platform_id=1")
    parcel = {"order_id": order["id"], "carrier": "Post", "tracking_number": "T1"}
    assert code(west.post("/shipments", parcel)) == (422, "invalid_body")  # another tenant's order
    made = store.post("/shipments", parcel).json()
    assert (made["declared_at"], made["scan_by"]) == ("2026-11-23T12:00:00Z", "2026-11-28T12:00:00Z")
    after = store.get(f"/orders/{order['id']}").json()
    assert (after["state"], after["ship_by"]) == ("WAIT_BUYER_ACCEPT_GOODS", None)


def test_a_cancellation_is_answered_once(store: Caller) -> None:
    asked, tag = one(store, "/cancellations?state=requested")
    assert (asked["reason"], asked["answer_by"]) == ("too slow", "2026-11-25T08:00:00Z")
    path = f"/cancellations/{asked['id']}/answer"
    assert code(store.post(path, {"accept": True})) == (428, "precondition_missing")
    done = store.post(path, {"accept": True}, if_match=tag)
    assert (done.json()["state"], done.json()["answered_at"]) == ("accepted", "2026-11-23T12:00:00Z")
    assert code(store.post(path, {"accept": False}, if_match=done.headers["etag"])) == (409, "already_decided")
    assert store.get(f"/orders/{asked['order_id']}").json()["end_reason"] == "cancelled"


def test_a_dispute_is_answered_before_its_time_out_alone(store: Caller) -> None:
    late, running = sorted(store.get("/disputes").json()["items"], key=lambda found: found["timeout_at"])
    tags = {found["id"]: store.get(f"/disputes/{found['id']}").headers["etag"] for found in (late, running)}
    refused = store.post(f"/disputes/{late['id']}/answer", {"answer": "accept"}, if_match=tags[late["id"]])
    assert code(refused) == (409, "already_decided")
    done = store.post(f"/disputes/{running['id']}/answer", {"answer": "reject"}, if_match=tags[running["id"]])
    assert (done.json()["state"], done.json()["answer"], done.json()["timeout_at"]) == ("processing", "reject", None)


def test_evaluations_count_by_what_their_orders_say(store: Caller) -> None:
    assert store.get("/evaluations/counts").json() == {
        "positive": 1,
        "neutral": 0,
        "negative": 0,
        "positive_rate": "1.0000",
        "dsr": {"description": None, "communication": None, "delivery": None},
        "left_out": {"below_minimum": 1},
    }
    evaluation, tag = one(store, "/evaluations?stars=1")
    replied = store.send("PUT", f"/evaluations/{evaluation['id']}/reply", {"reply": "Sorry!"}, if_match=tag)
    assert replied.json()["reply"] == "Sorry!"


def test_money_moves_in_balanced_movements_that_are_only_ever_reversed(store: Caller) -> None:
    available, sales = (
        store.post("/fund-accounts", {"kind": kind, "name": kind, "currency": "USD"}).json()["id"]
        for kind in ("available", "sales")
    )

    def sides(there: str, back: str) -> list[dict[str, str]]:
        return [{"account_id": available, "amount": there}, {"account_id": sales, "amount": back}]

    lopsided = store.post("/fund-movements", {"kind": "sale", "reference": "r0", "postings": sides("2", "-1.99")})
    assert code(lopsided) == (422, "not_balanced")
    assert "0.01 USD" in lopsided.json()["detail"]
    sale = {"kind": "sale", "reference": "r1", "postings": sides("23.80", "-23.80")}
    made = store.post("/fund-movements", sale, idempotency_key="k1")
    again = store.post("/fund-movements", sale, idempotency_key="k1")
    assert (made.status_code, again.json()["id"], again.headers["idempotent-replayed"]) == (
        201, made.json()["id"], "true",
    )  # fmt: skip
    assert code(store.post("/fund-movements", sale)) == (409, "conflict")

    def balances() -> dict[str, str]:
        return {row["kind"]: row["balance"] for row in store.get("/fund-balances").json()["balances"]}

    assert balances() == {"available": "23.80", "sales": "-23.80"}
    path = f"/fund-movements/{made.json()['id']}/reversal"
    assert store.post(path, {"reference": "r1-undone"}).json()["reverses_id"] == made.json()["id"]
    assert code(store.post(path, {"reference": "r1-again"})) == (409, "already_decided")
    assert balances() == {"available": "0.00", "sales": "0.00"}


def test_logistics_settings_are_kept(store: Caller) -> None:
    body = {"name": "US", "carrier": "Standard", "ship_from": "CN", "handling_days": 3, "countries": ["US"]}
    assert store.post("/logistics-settings", body).status_code == 201
    assert code(store.post("/logistics-settings", {**body, "handling_days": -1})) == (422, "invalid_body")
