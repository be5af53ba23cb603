"""Sub-accounts, roles, API keys and stores of a legal entity, as its owner manages them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from store_model.db import Database
from tests.api.test_sign_in import CHEAP
from tests.tenants import Tenants, add_tenants, bearer


@pytest.fixture
def app(make_app: Callable[..., FastAPI], database: Database) -> Iterator[FastAPI]:
    made = make_app(database_url=database.engine.url.render_as_string(hide_password=False), key_cache_seconds=0.0)
    made.state.passwords._hash = CHEAP
    yield made
    made.state.database.close()


@pytest.fixture
def tenants(app: FastAPI) -> Tenants:
    return add_tenants(app.state.database)


@pytest.fixture
def owner(app: FastAPI, tenants: Tenants) -> TestClient:
    return TestClient(app, headers=bearer(app, tenants, "owner"))


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


NEW = {"email": "Ann@Example.com", "name": "Ann", "grants": [{"role": "operator"}]}


def test_an_invited_user_chooses_a_password_once_and_signs_in(owner: TestClient, app: FastAPI) -> None:
    made = owner.post("/v1/users", json=NEW)
    assert made.status_code == 201
    user, invitation = made.json()["user"], made.json()["invitation"]
    assert (user["email"], user["is_invited"], user["grants"]) == (
        "ann@example.com",
        True,
        [{"role": "operator", "store_id": None}],
    )
    assert code(owner.post("/v1/users", json=NEW)) == (409, "conflict")
    anyone = TestClient(app)
    sent = {"invitation": invitation, "password": "battery staple 7"}
    weak = anyone.post("/v1/oauth/invitations", json={**sent, "password": "short"})
    assert weak.json()["errors"][0]["pointer"] == "/password"
    accepted = anyone.post("/v1/oauth/invitations", json=sent)
    me = {"authorization": f"Bearer {accepted.json()['access_token']}"}
    assert anyone.get("/v1/account", headers=me).json()["email"] == "ann@example.com"
    assert code(anyone.post("/v1/oauth/invitations", json=sent)) == (401, "key_invalid")
    assert code(anyone.post("/v1/oauth/invitations", json={**sent, "invitation": "x"})) == (401, "key_invalid")
    form = {"grant_type": "password", "username": "ann@example.com", "password": "battery staple 7"}
    assert anyone.post("/v1/oauth/token", data=form).status_code == 200


def test_an_invitation_ends_after_a_week(owner: TestClient, app: FastAPI) -> None:
    invitation = owner.post("/v1/users", json=NEW).json()["invitation"]
    later = app.state.now() + timedelta(days=7)
    app.state.now = lambda: later
    sent = {"invitation": invitation, "password": "battery staple 7"}
    assert code(TestClient(app).post("/v1/oauth/invitations", json=sent)) == (401, "key_invalid")


def test_faults_of_a_new_user_are_all_named(owner: TestClient, tenants: Tenants) -> None:
    grants = [{"role": "king"}, {"role": "owner", "store_id": str(tenants.stores["west"])}]
    answer = owner.post("/v1/users", json={"email": "x", "name": "", "grants": grants})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/email", "/name"]
    answer = owner.post("/v1/users", json={**NEW, "grants": grants})
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/grants/0/role", "not_allowed"),
        ("/grants/1/store_id", "unknown_reference"),
    ]


def edit(client: TestClient, user: int, **change: Any) -> Any:
    tag = client.get(f"/v1/users/{user}").headers["etag"]
    return client.patch(f"/v1/users/{user}", json=change, headers={"if-match": tag})


def test_roles_change_at_once(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    analyst = TestClient(app, headers=bearer(app, tenants, "analyst"))
    north, south = tenants.stores["north"], tenants.stores["south"]
    assert len(analyst.get("/v1/stores").json()["items"]) == 2
    changed = edit(owner, tenants.users["analyst"], grants=[{"role": "operator", "store_id": str(south)}])
    assert changed.json()["grants"] == [{"role": "operator", "store_id": str(south)}]
    assert [store["id"] for store in analyst.get("/v1/stores").json()["items"]] == [str(south)]
    assert code(analyst.get(f"/v1/stores/{north}")) == (404, "unknown_store")
    stale = owner.patch(f"/v1/users/{tenants.users['analyst']}", json={"name": "x"}, headers={"if-match": '"4-1"'})
    assert code(stale) == (412, "changed_meanwhile")


def test_a_disabled_user_is_out_at_once_and_may_come_back(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    headers = bearer(app, tenants, "operator")
    assert edit(owner, tenants.users["operator"], is_disabled=True).json()["is_disabled"] is True
    assert code(TestClient(app).get("/v1/account", headers=headers)) == (401, "key_invalid")
    assert edit(owner, tenants.users["operator"], is_disabled=False).json()["is_disabled"] is False


def test_the_last_owner_stays(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    me = tenants.users["owner"]
    assert code(edit(owner, me, is_disabled=True)) == (409, "last_owner")
    assert code(edit(owner, me, grants=[{"role": "analyst"}])) == (409, "last_owner")
    for_one_store = [{"role": "owner", "store_id": str(tenants.stores["north"])}]
    assert code(edit(owner, me, grants=for_one_store)) == (409, "last_owner")
    assert edit(owner, tenants.users["operator"], grants=[{"role": "owner"}]).status_code == 200
    assert edit(owner, me, grants=[{"role": "analyst"}]).status_code == 200
    assert code(owner.get("/v1/users")) == (403, "permission_missing")


def test_two_owners_cannot_remove_each_other_at_once(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    edit(owner, tenants.users["operator"], grants=[{"role": "owner"}])
    other = TestClient(app, headers=bearer(app, tenants, "operator"))
    jobs = [(owner, tenants.users["operator"]), (other, tenants.users["owner"])]
    with ThreadPoolExecutor(2) as threads:
        found = [answer.status_code for answer in threads.map(lambda job: edit(job[0], job[1], is_disabled=True), jobs)]
    assert sorted(found)[0] == 200
    assert sorted(found)[1] in (401, 409)


def test_inviting_anew_takes_password_factor_and_devices_away(
    owner: TestClient, app: FastAPI, tenants: Tenants
) -> None:
    headers = bearer(app, tenants, "analyst")
    user = tenants.users["analyst"]
    tag = owner.get(f"/v1/users/{user}").headers["etag"]
    assert code(owner.post(f"/v1/users/{user}/invitation")) == (428, "precondition_missing")
    first = owner.post(f"/v1/users/{user}/invitation", headers={"if-match": tag})
    assert code(TestClient(app).get("/v1/account", headers=headers)) == (401, "key_invalid")
    second = owner.post(f"/v1/users/{user}/invitation", headers={"if-match": first.headers["etag"]})
    for invitation, status in ((first, 401), (second, 200)):
        sent = {"invitation": invitation.json()["invitation"], "password": "battery staple 7"}
        assert TestClient(app).post("/v1/oauth/invitations", json=sent).status_code == status


def test_only_owners_of_the_whole_entity_manage_it(app: FastAPI, owner: TestClient, tenants: Tenants) -> None:
    edit(owner, tenants.users["guest"], grants=[{"role": "owner", "store_id": str(tenants.stores["south"])}])
    for user in ("operator", "compliance_officer", "analyst", "read_only", "guest"):
        client = TestClient(app, headers=bearer(app, tenants, user))
        for answer in (
            client.get("/v1/users"),
            client.post("/v1/users", json=NEW),
            client.get("/v1/api_keys"),
            client.post("/v1/stores", json={"name": "X", "platform": "example"}),
            client.get("/v1/audit"),
        ):
            assert code(answer) == (403, "permission_missing"), (user, answer.request.url)
    other = TestClient(app, headers=bearer(app, tenants, "other_owner"))
    assert code(other.get(f"/v1/users/{tenants.users['analyst']}")) == (404, "unknown_item")
    assert [user["email"] for user in other.get("/v1/users").json()["items"]] == ["other_owner@example.com"]


# Keys ------------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_reaches_what_it_names(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    north, south = str(tenants.stores["north"]), str(tenants.stores["south"])
    made = owner.post("/v1/api_keys", json={"name": "ERP", "scopes": ["store:read"], "store_ids": [north]})
    secret, details = made.json()["key"], made.json()["details"]
    assert (made.status_code, details["scopes"], details["store_ids"]) == (201, ["store:read"], [north])
    assert owner.get("/v1/api_keys").json() == {"items": [details]}
    client = TestClient(app, headers={"x-api-key": secret})
    assert client.get(f"/v1/stores/{north}").json()["name"] == "North"
    assert code(client.get(f"/v1/stores/{south}")) == (404, "unknown_store")
    refused = client.patch(f"/v1/stores/{north}", json={"name": "X"}, headers={"if-match": '"1-1"'})
    assert code(refused) == (403, "permission_missing")
    assert code(client.get("/v1/api_keys")) == (403, "permission_missing")
    other = TestClient(app, headers=bearer(app, tenants, "other_owner"))
    assert code(other.delete(f"/v1/api_keys/{details['prefix']}")) == (404, "unknown_item")
    assert other.get("/v1/api_keys").json() == {"items": []}
    assert owner.delete(f"/v1/api_keys/{details['prefix']}").status_code == 204
    assert code(client.get(f"/v1/stores/{north}")) == (401, "key_invalid")
    assert code(owner.delete(f"/v1/api_keys/{details['prefix']}")) == (404, "unknown_item")
    recorded = owner.get("/v1/audit", params={"subject_type": "api_key"}).json()["items"]
    assert [(entry["action"], entry["subject_id"]) for entry in recorded] == [
        ("delete", details["prefix"]),
        ("insert", details["prefix"]),
    ]
    assert secret not in str(recorded)


def test_a_key_ends_on_its_moment_and_faults_are_named(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    ends = app.state.now() + timedelta(hours=1)
    made = owner.post("/v1/api_keys", json={"name": "x", "scopes": ["store:read"], "expires_at": ends.isoformat()})
    path, headers = f"/v1/stores/{tenants.stores['north']}", {"x-api-key": made.json()["key"]}
    assert TestClient(app).get(path, headers=headers).status_code == 200
    usual, app.state.now = app.state.now, lambda: ends
    assert code(TestClient(app).get(path, headers=headers)) == (401, "key_invalid")
    app.state.now = usual
    bad = {
        "name": "x",
        "scopes": ["cook"],
        "store_ids": [str(tenants.stores["west"])],
        "expires_at": "2020-01-01T00:00:00Z",
    }
    answer = owner.post("/v1/api_keys", json=bad)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/scopes/0", "/store_ids/0", "/expires_at"]


# Stores and the audit --------------------------------------------------------------------------------------------


def test_stores_are_added_changed_and_seen_at_once(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    new = {"name": "East", "platform": "example", "platform_id": "77"}
    made = owner.post("/v1/stores", json=new, headers={"idempotency-key": "e"})
    again = owner.post("/v1/stores", json=new, headers={"idempotency-key": "e"})
    assert (made.status_code, again.json()) == (201, made.json())
    assert code(owner.post("/v1/stores", json=new)) == (409, "conflict")
    place = made.headers["location"]
    read = owner.get(place)
    assert owner.get(place, headers={"if-none-match": read.headers["etag"]}).status_code == 304
    assert code(owner.patch(place, json={"name": "Far east"})) == (428, "precondition_missing")
    changed = owner.patch(place, json={"name": "Far east"}, headers={"if-match": read.headers["etag"]})
    assert (changed.json()["name"], changed.json()["platform_id"]) == ("Far east", "77")
    assert [store["name"] for store in owner.get("/v1/stores").json()["items"]] == ["North", "South", "Far east"]
    other = TestClient(app, headers=bearer(app, tenants, "other_owner"))
    assert other.post("/v1/stores", json=new).status_code == 201


def test_the_audit_is_read_page_by_page_and_verified(owner: TestClient, app: FastAPI, tenants: Tenants) -> None:
    owner.post("/v1/stores", json={"name": "East", "platform": "example"})
    found, token = [], None
    while True:
        query = {"page_size": 4, **({"page_token": token} if token else {})}
        answer = owner.get("/v1/audit", params=query).json()
        found += answer["items"]
        token = answer["next_page_token"]
        if token is None:
            break
    assert [entry["sequence"] for entry in found] == list(range(len(found), 0, -1))
    assert (found[0]["actor"], found[0]["subject_type"], found[0]["after"]["name"]) == (
        f"user:{tenants.users['owner']}",
        "store",
        "East",
    )
    chain = owner.get("/v1/audit/chain").json()
    assert chain == {
        "records": len(found),
        "head": found[0]["hash"],
        "is_intact": True,
        "broken_at": None,
        "reason": None,
    }
    mine = owner.get("/v1/audit", params={"actor": f"user:{tenants.users['owner']}"}).json()["items"]
    assert [entry["subject_type"] for entry in mine] == ["store"]
    for query in ({"cook": "1"}, {"page_size": "0"}, {"actor": "\0"}):
        assert code(owner.get("/v1/audit", params=query)) == (422, "invalid_parameter")
    assert code(owner.get("/v1/audit", params={"page_token": "x"})) == (400, "bad_page_token")


def test_roles_are_data(owner: TestClient, app: FastAPI) -> None:
    found = {role["name"]: role for role in owner.get("/v1/roles").json()["items"]}
    assert set(found) == {"owner", "operator", "compliance_officer", "analyst", "read_only"}
    assert found["analyst"]["title"] == {"en": "Analyst", "zh": "数据分析"}
    with app.state.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM role")) == 5
