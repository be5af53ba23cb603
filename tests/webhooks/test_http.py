"""Endpoints, deliveries, the feed and callbacks over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from api.settings import Settings
from api.webhooks import incoming, types
from api.webhooks.running import make_worker
from api.webhooks.sealing import Sealer
from store_model.accounts import IdempotentRequest
from store_model.callbacks import Callback
from store_model.orders import Order
from store_model.outbox import emit
from tests.api.conftest import make_app, pack
from tests.api.sections import Shop
from tests.tenants import add_tenants, bearer
from tests.webhooks.conftest import Receiver

__all__ = ["make_app", "pack"]


@pytest.fixture(scope="module")
def app(make_app: Callable[..., FastAPI], tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return make_app(webhooks_allow_loopback=True, data_dir=str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def shop(app: FastAPI, make_app: Callable[..., FastAPI], tmp_path: Any) -> Shop:
    fresh = make_app(webhooks_allow_loopback=True, data_dir=str(tmp_path))
    return Shop(fresh, TestClient(fresh), add_tenants(fresh.state.database))


def call(shop: Shop, method: str, path: str, status: int = 200, user: str = "owner", **more: Any) -> Any:
    headers = {**bearer(shop.app, shop.tenants, user), **more.pop("headers", {})}
    answer = shop.client.request(method, path, headers=headers, **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def tell(shop: Shop, kind: str = "finding.opened", store: str = "north", **data: Any) -> str:
    state = shop.app.state
    place = {"entity_id": shop.tenants.one, "store_id": shop.tenants.stores[store]}
    with state.database.scoped(shop.tenants.scope(store)) as session:
        return emit(session, **place, type=kind, data=data, now=state.now()).public_id


def work(shop: Shop) -> None:
    """Deliver and do what is due now."""

    async def run() -> None:
        worker = make_worker(shop.app.state)
        worker.due.run_once()
        await worker.drain()
        await worker.close()

    asyncio.run(run())


def add(shop: Shop, url: str, **more: Any) -> Any:
    return call(shop, "POST", "/v1/webhook-endpoints", 201, json={"url": url, **more})


def test_an_endpoint_is_made_tested_read_and_its_secret_is_shown_once(shop: Shop, receiver: Receiver) -> None:
    made = add(shop, receiver.url, event_types=["finding.*"])
    secret = made.pop("secret")
    path = f"/v1/webhook-endpoints/{made['id']}"
    assert call(shop, "GET", path) == made
    assert call(shop, "GET", "/v1/webhook-endpoints") == {"items": [made], "next_page_token": None}
    sent = call(shop, "POST", f"{path}/test", 202)
    work(shop)
    ((headers, body),) = receiver.got
    assert standardwebhooks.Webhook(secret).verify(body, headers)["id"] == sent["event_id"]
    (delivery,) = call(shop, "GET", f"{path}/deliveries?state=done")["items"]
    (attempt,) = call(shop, "GET", f"{path}/deliveries/{delivery['id']}/attempts")["items"]
    assert (attempt["outcome"], attempt["status"], attempt["body_head"]) == ("delivered", 200, "ok")
    etag = f'"{made["id"]}-{made["version"]}"'
    changed = call(shop, "PATCH", path, json={"event_types": None}, headers={"if-match": etag})
    assert (changed["event_types"], changed["version"]) == (None, made["version"] + 1)
    call(shop, "DELETE", path, 412, headers={"if-match": etag})
    call(shop, "DELETE", path, 204, headers={"if-match": f'"{made["id"]}-{changed["version"]}"'})
    call(shop, "GET", path, 404)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://example.com/"}, "/url"),
        ({"url": "https://user:pw@example.com/"}, "/url"),
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "https://example.com:22/"}, "/url"),
        ({"url": "https://example.com/", "event_types": ["finding.*", "no.such"]}, "/event_types/1"),
        ({"url": "https://example.com/", "store_ids": ["999999"]}, "/store_ids/0"),
        ({"url": "https://example.com/", "max_concurrency": 0}, "/max_concurrency"),
        ({}, "/url"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_with_the_place(shop: Shop, body: Any, pointer: str) -> None:
    problem = call(shop, "POST", "/v1/webhook-endpoints", 422, json=body)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_secret_is_rotated_and_an_endpoint_switched_off_on_and_caught_up(shop: Shop, receiver: Receiver) -> None:
    made = add(shop, receiver.url)
    path = f"/v1/webhook-endpoints/{made['id']}"
    rotated = call(shop, "POST", f"{path}/rotate", json={"overlap_hours": 1})
    assert rotated["secret"] != made["secret"]
    assert [until is None for until in rotated["secrets_until"]] == [True, False]
    assert call(shop, "POST", f"{path}/disable")["disabled_reason"] == "by_request"
    missed = [tell(shop, number=number) for number in range(3)]
    assert call(shop, "POST", f"{path}/test", 409)["code"] == "endpoint_disabled"
    assert call(shop, "POST", f"{path}/enable")["state"] == "enabled"
    assert call(shop, "POST", f"{path}/replay", 422, json={})["code"] == "invalid_body"
    answer = call(shop, "POST", f"{path}/replay", 202, json={"types": ["finding.*"], "since": "2020-01-01T00:00:00Z"})
    assert answer == {"deliveries": 3, "continue_after": None}
    work(shop)
    assert sorted(receiver.ids()) == sorted(missed)


def test_a_lost_secret_is_answered_once_more_to_the_same_key_and_stands_nowhere_in_the_clear(shop: Shop) -> None:
    body = {"url": "https://example.com/hook"}
    key = {"idempotency-key": "make-1"}
    made = call(shop, "POST", "/v1/webhook-endpoints", 201, json=body, headers=key)
    assert call(shop, "POST", "/v1/webhook-endpoints", 201, json=body, headers=key) == made
    assert len(call(shop, "GET", "/v1/webhook-endpoints")["items"]) == 1
    path, again = f"/v1/webhook-endpoints/{made['id']}/rotate", {"idempotency-key": "rotate-1"}
    rotated = call(shop, "POST", path, json={}, headers=again)
    assert call(shop, "POST", path, json={}, headers=again) == rotated
    assert rotated["secret"] != made["secret"]
    with shop.app.state.database.scoped(shop.tenants.scope("north")) as session:
        kept = session.scalars(select(IdempotentRequest.body)).all()
    assert [secret in str(kept) for secret in (made["secret"], rotated["secret"])] == [False, False]
    shop.app.state.sealer = Sealer(Settings(secret_key="another" * 6))
    assert call(shop, "POST", path, 409, json={}, headers=again)["code"] == "answer_unreadable"


def test_the_feed_answers_the_very_bodies_that_are_delivered(shop: Shop, receiver: Receiver) -> None:
    add(shop, receiver.url)
    for store in ("north", "south", "north"):
        tell(shop, store=store, title="标题")
    work(shop)
    first = call(shop, "GET", "/v1/events?limit=2")
    second = call(shop, "GET", f"/v1/events?limit=2&after={first['after']}")
    assert (first["has_more"], second["has_more"]) == (True, False)
    pulled = first["events"] + second["events"]
    delivered = sorted((json.loads(body) for _, body in receiver.got), key=lambda event: event["id"])
    assert sorted(pulled, key=lambda event: event["id"]) == delivered
    north = shop.get("events?after=1")
    assert [event["sequence"] for event in north["events"]] == [2]
    assert north["after"] == "2"
    assert shop.get("events?after=2") == {"events": [], "after": "2", "has_more": False}
    raw = shop.client.get(
        f"/v1/stores/{shop.tenants.stores['north']}/events?after=1", headers=bearer(shop.app, shop.tenants, "owner")
    )
    assert next(body for _, body in receiver.got if json.loads(body) == north["events"][0]) in raw.content


def test_every_type_is_in_the_document_with_an_example_that_fits(app: FastAPI) -> None:
    import jsonschema_rs

    document = app.openapi()
    assert set(document["webhooks"]) == set(types.TYPES)
    for name, hook in document["webhooks"].items():
        content = hook["post"]["requestBody"]["content"]["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(content["example"])
        assert content["example"]["type"] == name


# Callbacks -------------------------------------------------------------------------------------------------------


def source(shop: Shop, **more: Any) -> Any:
    return shop.add("callback-sources", name="sender", **more)


def post(shop: Shop, path: str, body: bytes, headers: dict[str, str], status: int = 200) -> Any:
    answer = shop.client.post(path, content=body, headers={"content-type": "application/json", **headers})
    assert answer.status_code == status, answer.text
    return answer.json()


def platform_call(secret: str, path: str, body: bytes, **more: str) -> str:
    """The URL as the Open Platform signs: worked out here anew, not by our own code."""
    moment = str(int(datetime.now(UTC).timestamp() * 1000))
    given = {"app_key": "500", "timestamp": moment, "sign_method": "sha256", **more}
    content = "".join(name + given[name] for name in sorted(given)).encode() + body
    made = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().upper()
    return path + "?" + "&".join(f"{name}={value}" for name, value in {**given, "sign": made}.items())


def test_an_order_message_of_the_platform_becomes_an_order_that_is_due(shop: Shop) -> None:
    secret = "s" * 32
    made = source(shop, scheme="open_platform", app_key="500", secret=secret)
    # An hour ago, as the platform writes it (its clock is eight hours behind): late orders would tell of more.
    changed = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    data = {
        "order_id": 8190000000000001, "current_status": "WAIT_SELLER_SEND_GOODS", "last_status": "RISK_CONTROL",
        "order_change_time": (changed - timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    topic = "aliexpress_order_WaitSellerSendGoods"
    body = json.dumps({"topic": topic, "content": json.dumps(data)}).encode()
    url = platform_call(secret, made["path"], body)
    kept = post(shop, url, body, {})
    assert kept["state"] == "pending"
    assert post(shop, url, body, {}) == kept
    work(shop)
    shown = shop.get(f"callbacks/{kept['id']}")
    assert (shown["state"], shown["outcome"]["order"]) == ("applied", "8190000000000001")
    with shop.app.state.database.scoped(shop.tenants.scope("north")) as session:
        (order,) = session.scalars(select(Order))
        assert (order.platform_id, order.state) == ("8190000000000001", "WAIT_SELLER_SEND_GOODS")
        assert order.changed_at == changed
        assert order.ship_by is not None
    (event,) = shop.get("events")["events"]
    assert (event["type"], event["data"]["current"]["subject_id"]) == ("order.due", "8190000000000001")
    for spoilt in (url.replace("500", "501"), url[:-1], url + "&extra=1", platform_call("x" * 32, made["path"], body)):
        assert post(shop, spoilt, body, {}, 401)["code"] == "callback_not_verified"
    assert post(shop, "/v1/callbacks/src_none", body, {}, 404)["code"] == "unknown_source"


def standard(secret: str, body: bytes, number: str) -> dict[str, str]:
    moment = datetime.now(UTC)
    signed = standardwebhooks.Webhook(secret).sign(number, moment, body.decode())
    return {"webhook-id": number, "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signed}


def test_other_systems_events_are_taken_once_and_an_unknown_topic_is_kept_and_told(shop: Shop) -> None:
    made = source(shop)
    product = shop.product(platform_id="1005001")
    sent: list[tuple[str, dict[str, Any]]] = [
        ("listing.taken_down", {"listing_id": "1005001", "reason": "counterfeit"}),
        ("complaint.received", {"complaint_id": "C1", "complainant": "buyer", "listing_id": "1005001"}),
        ("message.received", {"message_id": "1", "text": "When?", "buyer": "A. Buyer"}),
        ("weather.changed", {}),
        ("complaint.received", {"complaint_id": "C2", "complainant": "nobody"}),
    ]
    for number, (topic, data) in enumerate(sent):
        body = json.dumps({"type": topic, "data": data}).encode()
        headers = standard(made["secret"], body, f"msg_{number}")
        for _ in range(2):
            post(shop, made["path"], body, headers)
        post(shop, made["path"], body + b" ", headers, 401)
    work(shop)
    items = sorted(shop.get("callbacks")["items"], key=lambda item: int(item["id"]))
    states = ["applied", "applied", "applied", "unknown_topic", "failed"]
    assert [item["state"] for item in items] == states
    assert shop.get(f"products/{product}")["status"] == "offline"
    assert [row["platform_id"] for row in shop.get("complaints")["items"]] == ["C1"]
    assert [row["buyer"] for row in shop.get("conversations?unread=true")["items"]] == ["A. Buyer"]
    told = [event["type"] for event in shop.get("events")["events"]]
    assert told == ["listing.taken_down", "complaint.received", "callback.received"]
    shop.call("POST", f"callbacks/{items[3]['id']}/replay", 202)
    work(shop)
    with shop.app.state.database.scoped(shop.tenants.scope("north")) as session:
        assert session.scalars(select(Callback.state).order_by(Callback.id)).all() == states


def test_what_every_topic_of_the_pack_means_is_something_we_can_do(app: FastAPI) -> None:
    topics = incoming.load_topics(app.state.pack.path)
    assert {topic.effect for topic in topics} == set(incoming.EFFECTS)


def test_a_deadline_that_passes_is_told_once(shop: Shop) -> None:
    body = {
        "platform_id": "IPP-1", "complainant": "rights_holder", "received_at": "2026-01-05T04:00:00Z",
        "offence": "PTS101", "listing": "1005006",
    }  # fmt: skip
    due_at = shop.add("complaints", **body)["evidence_due_at"]
    for _ in range(2):
        work(shop)
    told = [(event["type"], event["data"]["current"]) for event in shop.get("events")["events"]]
    assert told[1:] == [
        ("deadline.passed", {"kind": "complaint", "subject_type": "complaint", "subject_id": "IPP-1", "due_at": due_at})
    ]
