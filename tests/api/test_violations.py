"""Violations over HTTP: notices in, balance and forecast out, appeals and complaints, and a frozen store's release."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from store_model import penalty_forecasts
from store_model.accounts import Store
from store_model.bulk import Place
from tests.tenants import Tenants, add_tenants, bearer

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    made = make_app(require_keys="always", key_cache_seconds=0.0)
    made.state.now = lambda: NOW
    return made


@pytest.fixture
def tenants(app: FastAPI) -> Tenants:
    return add_tenants_once(app)


def add_tenants_once(app: FastAPI) -> Tenants:
    if not hasattr(app.state, "test_tenants"):
        app.state.test_tenants = add_tenants(app.state.database)
    return app.state.test_tenants  # type: ignore[no-any-return]


class Shop:
    """One store of a new tenant's, called by its owner."""

    def __init__(self, app: FastAPI, tenants: Tenants, store: str = "north", user: str = "owner") -> None:
        self.client = TestClient(app)
        self.headers = bearer(app, tenants, user)
        self.root = f"/v1/stores/{tenants.stores[store]}"

    def get(self, path: str) -> Any:
        return self.client.get(self.root + path, headers=self.headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(self.root + path, json=body, headers={**self.headers, **headers})


@pytest.fixture
def shop(app: FastAPI) -> Shop:
    """A store of its own, of a tenant of its own."""
    from store_model.accounts import Grant, LegalEntity, Store, User

    with app.state.database.system(actor="system:test") as session:
        entity = LegalEntity(name="Fresh Ltd")
        session.add(entity)
        session.flush()
        stores = [Store(entity_id=entity.id, platform="aliexpress", name=name) for name in ("Main", "Second")]
        user = User(entity_id=entity.id, email=f"owner{entity.id}@example.com", name="Owner")
        session.add_all([*stores, user])
        session.flush()
        session.add(Grant(entity_id=entity.id, user_id=user.id, store_id=None, role="owner"))
        ids = {"north": stores[0].id, "south": stores[1].id}
        tenants = Tenants(entity.id, entity.id, ids, {"owner": user.id})
    return Shop(app, tenants)


def notice(case: str, at: str = "2026-08-09T04:00:00Z", **more: Any) -> dict[str, Any]:
    return {"case_no": case, "at": at, "offence": "PTS302", "grade": "medium", **more}


def pool(answer: Any, ladder: str = "LAD103") -> dict[str, Any]:
    return next(entry for entry in answer.json()["pools"] if entry["ladder"] == ladder)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_notice_is_taken_in_once_and_shows_everywhere(shop: Shop) -> None:
    taken = shop.post("/notices", {"items": [notice("C-1")]})
    assert taken.status_code == 200
    body = taken.json()
    assert body["items"] == [{"case_no": "C-1", "outcome": "booked", "reason": None}]
    assert [(e["kind"], e["points"]) for e in body["entries"]] == [("entry", 12)]
    assert [(e["action"], e["until"]) for e in body["started"]] == [("freeze", "2026-08-16T04:00:00Z")]
    again = shop.post("/notices", {"items": [notice("C-1")]}).json()
    assert (again["items"][0]["outcome"], again["entries"], again["started"]) == ("known", [], [])
    (found,) = shop.get("/violations?state=active&ladder=LAD103&from=2026-08-01T00:00:00Z").json()["items"]
    assert (found["case_no"], found["points"], found["lapses_at"]) == ("C-1", "12.00", "2027-08-09T04:00:00Z")
    assert shop.get("/violations?state=reversed").json()["items"] == []
    (row,) = shop.get("/ledger").json()["items"]
    assert (row["sequence"], row["kind"], row["previous_hash"]) == (1, "entry", "0" * 64)
    assert (pool(shop.get("/balance"))["balance"], pool(shop.get("/balance"))["next_step_at"]) == (12, 24)
    assert pool(shop.get("/balance?as_of=2027-08-09"))["balance"] == 12
    assert pool(shop.get("/balance?as_of=2027-08-09T04:00:00Z"))["balance"] == 0
    assert pool(shop.get("/balance?known_as_of=2026-08-10T11:59:59Z"))["balance"] == 0


def test_an_offence_may_be_called_by_its_name_or_title(shop: Shop) -> None:
    items = [notice("C-1", offence="credit-speculation"), notice("C-2", offence="信用及销量炒作")]
    shop.post("/notices", {"items": items})
    assert {entry["offence"] for entry in shop.get("/violations").json()["items"]} == {"PTS302"}


def test_bad_notices_are_parked_in_both_languages_and_can_be_accepted(shop: Shop) -> None:
    ahead = notice("C-9", at="2026-08-11T00:00:00Z")
    answer = shop.post("/notices", {"items": [notice("C-1", offence="PTS999"), ahead, notice("C-2")]}).json()
    assert [(i["outcome"], (i["reason"] or {}).get("code")) for i in answer["items"]] == [
        ("parked", "unknown_offence"), ("parked", "from_the_future"), ("booked", None),
    ]  # fmt: skip
    assert sorted(answer["items"][0]["reason"]["message"]) == ["en", "zh"]
    waiting = shop.get("/notices?is_parked=true").json()["items"]
    assert [(n["case_no"], n["parked"], n["hold"]) for n in waiting] == [
        ("C-1", "unknown_offence", None), ("C-9", None, "from_the_future"),
    ]  # fmt: skip
    accepted = shop.post(f"/notices/{waiting[1]['id']}/accept", None)
    assert accepted.json()["items"] == [{"case_no": "C-9", "outcome": "booked", "reason": None}]
    assert code(shop.post("/notices/999999/accept", None)) == (404, "unknown_item")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"at": "2026-08-09T04:00:00"}, "/items/0/at"),
        ({"at": "0001-01-01T00:00:00Z"}, "/items/0/at"),
        ({"points": "NaN"}, "/items/0/points"),
        ({"points": -1}, "/items/0/points"),
        ({"points": "0.00001"}, "/items/0/points"),
        ({"share": 2}, "/items/0/share"),
        ({"offence": None}, "/items/0/offence"),
        ({"type": "decision"}, "/items/0/outcome"),
        ({"type": "decision", "outcome": "amended"}, "/items/0/points"),
        ({"products": 0}, "/items"),
        ({"case_no": "with blank"}, "/items"),
    ],
)
def test_a_fault_of_a_notice_names_its_place(shop: Shop, change: dict[str, Any], pointer: str) -> None:
    answer = shop.post("/notices", {"items": [notice("C-1") | change]})
    assert code(answer) == (422, "invalid_body")
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert shop.get("/notices").json()["items"] == []


def test_the_forecast_says_when_points_lapse_and_when_a_case_is_harmless(shop: Shop) -> None:
    shop.post("/notices", {"items": [notice("C-1", grade="minor")]})
    answer = shop.get("/forecast?points=6&daily=3")
    found = pool(answer)
    assert found["changes"] == [{"at": "2027-08-09T04:00:00Z", "day": "2027-08-09", "balance": 0, "step": None}]
    assert found["harmless"] == {"points": 6, "from": "2027-08-09T04:00:00Z"}
    assert [day["balance"] for day in found["days"]] == [6, 6, 6]
    assert code(shop.get("/forecast?points=many")) == (422, "invalid_parameter")
    assert code(shop.get("/forecast?days=3")) == (422, "invalid_parameter")
    assert code(shop.get("/balance?as_of=yesterday")) == (422, "invalid_parameter")


def test_what_if_stores_nothing(shop: Shop) -> None:
    shop.post("/notices", {"items": [notice("C-1", grade="minor")]})
    answer = shop.post("/what-if", {"items": [{"offence": "PTS302", "grade": "minor"}]}).json()
    assert [(p["ladder"], p["from"], p["to"], p["step"]) for p in answer["pools"]] == [
        ("LAD103", 6, 12, "frozen_first")
    ]
    by_code = shop.post("/what-if", {"items": [{"code": "CATEGORY_MISPLACED", "products": 3}]}).json()
    assert by_code["entries"] == [
        {"offence": "PTS401", "points": 6, "ladder": "LAD104", "reasons": ["share_not_known"]}
    ]
    assert code(shop.post("/what-if", {"items": [{"offence": "PTS999"}]})) == (422, "invalid_body")
    assert shop.post("/what-if", {"open_findings": True}).json()["pools"] == []
    assert pool(shop.get("/balance"))["balance"] == 6


def test_an_appeal_from_draft_to_upheld_lifts_the_freeze(shop: Shop) -> None:
    shop.post("/notices", {"items": [notice("C-1")]})
    (violation,) = shop.get("/violations").json()["items"]
    drafted = shop.post(
        "/appeals", {"case_no": "C-1", "root_causes": [{"what": "orders"}, {"what": "x", "open": False}]}
    )
    assert (drafted.status_code, drafted.json()["state"], drafted.json()["attempt"]) == (201, "drafted", 1)
    state = shop.get(f"/violations/{violation['id']}/appeal").json()
    assert (state["open"], state["deadline"], state["attempts_left"]) == (True, "2026-08-16T04:00:00Z", 1)
    assert state["readiness"]["advice"]["en"].startswith(
        "1 of 2 root causes are still open: appealing now risks the only attempt"
    )
    place = f"/appeals/{drafted.json()['id']}/events"
    assert code(shop.post(place, {"event": "upheld"})) == (409, "move_refused")
    assert shop.post(place, {"event": "submitted", "evidence": ["waybill"]}).json()["state"] == "submitted"
    refused = shop.post("/appeals", {"case_no": "C-1"})
    assert (code(refused), refused.json()["errors"][0]["code"]) == ((409, "appeal_refused"), "no_attempts_left")
    upheld = shop.post(place, {"event": "upheld"}).json()
    assert [line["state"] for line in upheld["history"]] == ["drafted", "submitted", "upheld"]
    assert shop.get("/enforcement").json()["release_block"] is None
    assert [row["kind"] for row in shop.get("/ledger?sort=sequence").json()["items"]] == ["entry", "reversal"]
    assert shop.get("/violations").json()["items"][0]["state"] == "reversed"
    assert code(shop.post("/appeals", {"case_no": "C-7"})) == (422, "invalid_body")


def test_a_complaint_lives_with_its_deadline(shop: Shop) -> None:
    body = {
        "platform_id": "IPP-1", "complainant": "rights_holder", "received_at": "2026-08-07T04:00:00Z",
        "offence": "PTS101", "listing": "1005006",
    }  # fmt: skip
    made = shop.post("/complaints", body)
    assert (made.status_code, made.json()["state"]) == (201, "evidence_due")
    assert made.json()["evidence_due_at"] == "2026-08-14T04:00:00Z"
    assert shop.post("/complaints", body).json()["id"] == made.json()["id"]
    place = f"/complaints/{made.json()['id']}/events"
    assert shop.post(place, {"event": "counter_notice", "evidence": ["authorisation"]}).json()["evidence"] == [
        "authorisation"
    ]
    assert code(shop.post(place, {"event": "counter_notice"})) == (409, "move_refused")
    assert shop.post(place, {"event": "withdrawn"}).json()["state"] == "withdrawn"
    assert len(shop.get("/complaints?state=withdrawn").json()["items"]) == 1


def test_a_frozen_store_may_not_release_and_is_told_until_when(shop: Shop) -> None:
    made = shop.post("/products", {"title": "Steel Water Bottle, Insulated Bottle 750 ml for Hiking"})
    assert made.status_code == 201, made.text
    place = f"/products/{made.json()['id']}/moves"
    shop.post("/notices", {"items": [notice("C-1")]})
    refused = shop.post(place, {"move": "release"})
    assert code(refused) == (409, "store_frozen")
    assert "until 2026-08-16T04:00:00Z" in refused.json()["detail"]
    in_chinese = shop.post(place, {"move": "release"}, **{"accept-language": "zh"})
    assert "冻结账户" in in_chinese.json()["detail"]


def test_other_stores_of_the_owner_inherit_what_falls_on_them(shop: Shop, app: FastAPI) -> None:
    shop.post("/notices", {"items": [notice("C-1", offence="PTS201", grade=None, points=24)]})
    other = shop.root.rsplit("/", 1)[0] + "/" + str(int(shop.root.rsplit("/", 1)[1]) + 1)
    found = shop.client.get(f"{other}/enforcement", headers=shop.headers).json()
    assert sorted(e["action"] for e in found["inherited"]) == ["no_new_listings", "no_new_stores", "raise_deposit"]
    assert found["release_block"]["action"] == "no_new_listings"
    assert found["items"] == []


def test_rights_and_tenants_are_kept_apart(app: FastAPI, tenants: Tenants) -> None:
    north, reader = Shop(app, tenants), Shop(app, tenants, user="read_only")
    north.post("/notices", {"items": [notice("T-1", grade="minor")]})
    assert reader.get("/balance").status_code == 200
    assert code(reader.post("/notices", {"items": [notice("T-2")]})) == (403, "permission_missing")
    stranger = Shop(app, tenants, user="other_owner")
    for path in ("/balance", "/violations", "/ledger", "/forecast", "/enforcement", "/notices", "/appeals"):
        assert code(stranger.get(path)) == (404, "unknown_store")
    west = Shop(app, tenants, store="west", user="other_owner")
    assert west.get("/violations").json()["items"] == []


def test_what_happens_is_told_as_events_in_the_same_transaction(shop: Shop, app: FastAPI) -> None:
    from sqlalchemy import select

    from api.webhooks.types import TYPES
    from store_model.outbox import Event

    shop.post("/notices", {"items": [notice("C-1")]})
    shop.post("/appeals", {"case_no": "C-1"})
    appeal = shop.get("/appeals").json()["items"][0]["id"]
    for event in ("submitted", "upheld"):
        shop.post(f"/appeals/{appeal}/events", {"event": event})
    store_id = int(shop.root.rsplit("/", 1)[1])
    with app.state.database.system(actor="system:test", read_only=True) as session:
        told = session.execute(
            select(Event.type, Event.body).where(Event.store_id == store_id).order_by(Event.sequence)
        ).all()
    assert [row.type for row in told] == [
        "violation.recorded", "points.added", "step.changed", "enforcement.started",
        "appeal.opened", "appeal.decided", "points.reversed", "step.changed", "enforcement.ended",
    ]  # fmt: skip
    for row in told:
        data = json.loads(row.body)["data"]["current"]
        assert set(data) == set(TYPES[row.type].fields), row.type
    steps = [json.loads(row.body)["data"] for row in told if row.type == "step.changed"]
    assert [(s["previous"]["step"], s["current"]["step"]) for s in steps] == [
        ("none", "frozen_first"), ("frozen_first", "none"),
    ]  # fmt: skip


def test_the_steps_ahead_of_all_stores_are_listed_soonest_first_page_by_page(shop: Shop, app: FastAPI) -> None:
    other = app.state.database
    shop.post("/notices", {"items": [notice("F-1")]})
    south = Shop.__new__(Shop)
    south.client, south.headers, south.root = (
        shop.client,
        shop.headers,
        f"/v1/stores/{int(shop.root.split('/')[-1]) + 1}",
    )
    south.post("/notices", {"items": [notice("F-2", at="2026-08-08T04:00:00Z")]})
    with other.system(actor="system:test") as session:
        for store in (shop, south):
            place = Place(
                session.get_one(Store, int(store.root.split("/")[-1])).entity_id, int(store.root.split("/")[-1])
            )
            book = app.state.penalties.of_store(session, place)
            penalty_forecasts.forecast_store(session, place, book.ledger(session, place), NOW)

    def listed(query: str) -> tuple[list[tuple[str, str, str | None]], str | None]:
        answer = shop.client.get(f"/v1/penalty-forecasts?{query}", headers=shop.headers).json()
        rows = [(item["store_name"], item["ladder"], item["next_step_at"]) for item in answer["items"]]
        return rows, answer["next_page_token"]

    first = ("Second", "LAD103", "2027-08-08T04:00:00Z")
    second = ("Main", "LAD103", "2027-08-09T04:00:00Z")
    assert listed("cause=time") == ([first, second], None)
    assert listed("within_days=363") == ([first], None)
    assert listed("cause=open_findings") == ([], None)
    page, token = listed("cause=time&page_size=1")
    assert page == [first]
    assert listed(f"cause=time&page_size=1&page_token={token}") == ([second], None)
    assert len(listed("page_size=1000")[0]) == 8
    answer = shop.client.get(f"/v1/penalty-forecasts?cause=open_findings&page_token={token}", headers=shop.headers)
    assert code(answer) == (400, "bad_page_token")
