"""Signing in and out: passwords, refresh tokens, second factors, devices, guesses, invitations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from starlette.testclient import TestClient

from api.passwords import Passwords
from api.services.signing_in import Guesses
from store_model.accounts import RefreshToken, User
from store_model.audit import AuditEntry
from store_model.db import Database
from tests.tenants import Tenants, add_tenants, bearer, key_headers

START = datetime(2026, 8, 22, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def pass_time(self, **given: float) -> None:
        self.moment += timedelta(**given)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(make_app: Callable[..., FastAPI], database: Database, clock: Clock) -> Iterator[FastAPI]:
    url = database.engine.url.render_as_string(hide_password=False)
    made = make_app(database_url=url, key_cache_seconds=0.0)
    made.state.now = clock
    made.state.passwords._hash = CHEAP
    yield made
    made.state.database.close()


@pytest.fixture
def tenants(app: FastAPI) -> Tenants:
    found = add_tenants(app.state.database)
    with app.state.database.system(actor="system:test") as session:
        for user in session.scalars(select(User)):
            user.password_hash = CHEAP.hash(PASSWORD)
    return found


@pytest.fixture
def client(app: FastAPI, tenants: Tenants) -> TestClient:
    return TestClient(app, headers={"user-agent": "Firefox"})


def sign_in(client: TestClient, user: str = "owner", password: str = PASSWORD, **more: str) -> Any:
    form = {"grant_type": "password", "username": f"{user}@example.com", "password": password, **more}
    return client.post("/v1/oauth/token", data=form)


def refresh(client: TestClient, token: str) -> Any:
    return client.post("/v1/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token})


def headers(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_password_opens_the_account_and_a_wrong_one_does_not_say_why(client: TestClient) -> None:
    answer = sign_in(client, "OWNER")
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    account = client.get("/v1/account", headers=headers(answer)).json()
    assert (account["email"], account["entity"]["name"]) == ("owner@example.com", "First Trading Ltd")
    assert [store["name"] for store in account["stores"]] == ["North", "South"]
    refused = [sign_in(client, password="wrong"), sign_in(client, "nobody")]
    assert [{**answer.json(), "instance": ""} for answer in refused] == [
        {**refused[0].json(), "instance": ""} for _ in refused
    ]
    assert (code(refused[0]), refused[0].json()["error"]) == ((400, "sign_in_failed"), "invalid_grant")


def test_an_access_token_ends_after_a_quarter_of_an_hour_and_changes_are_noticed(
    client: TestClient, clock: Clock
) -> None:
    token = sign_in(client).json()["access_token"]
    clock.pass_time(seconds=899)
    assert client.get("/v1/stores", headers={"authorization": f"Bearer {token}"}).status_code == 200
    for wrong in (token[:-3] + "abc", token.split(".")[0] + ".e30.", "eyJhbGciOiJub25lIn0.e30."):
        assert code(client.get("/v1/stores", headers={"authorization": f"Bearer {wrong}"})) == (401, "key_invalid")
    clock.pass_time(seconds=1)
    assert code(client.get("/v1/stores", headers={"authorization": f"Bearer {token}"})) == (401, "key_invalid")


def test_a_refresh_token_works_once_and_its_second_use_ends_the_device(client: TestClient) -> None:
    first = sign_in(client).json()["refresh_token"]
    second = refresh(client, first)
    assert client.get("/v1/account", headers=headers(second)).status_code == 200
    assert code(refresh(client, first)) == (400, "sign_in_failed")
    assert code(client.get("/v1/account", headers=headers(second))) == (401, "key_invalid")
    assert code(refresh(client, second.json()["refresh_token"])) == (400, "sign_in_failed")
    assert code(refresh(client, "swr_unknown")) == (400, "sign_in_failed")


def test_of_refreshes_at_once_one_holds(app: FastAPI, client: TestClient) -> None:
    token = sign_in(client).json()["refresh_token"]
    with ThreadPoolExecutor(4) as threads:
        found = sorted(
            answer.status_code for answer in threads.map(lambda _: refresh(TestClient(app), token), range(4))
        )
    assert found == [200, 400, 400, 400]


def test_a_device_that_is_not_used_for_a_month_is_signed_out(client: TestClient, clock: Clock) -> None:
    token = sign_in(client).json()["refresh_token"]
    clock.pass_time(days=29)
    token = refresh(client, token).json()["refresh_token"]
    clock.pass_time(days=30)
    assert code(refresh(client, token)) == (400, "sign_in_failed")


def test_revoking_either_token_signs_the_device_out(client: TestClient) -> None:
    for name in ("access_token", "refresh_token"):
        answer = sign_in(client)
        assert client.post("/v1/oauth/revoke", data={"token": answer.json()[name]}).status_code == 200
        assert code(client.get("/v1/account", headers=headers(answer))) == (401, "key_invalid")
        assert code(refresh(client, answer.json()["refresh_token"])) == (400, "sign_in_failed")
    assert client.post("/v1/oauth/revoke", data={"token": "unknown"}).json() == {}


def test_tokens_and_passwords_are_kept_as_hashes_alone(app: FastAPI, client: TestClient) -> None:
    answer = sign_in(client).json()
    with app.state.database.system(actor="system:test") as session:
        kept = repr([row.token_hash for row in session.scalars(select(RefreshToken))])
        kept += repr([row.password_hash for row in session.scalars(select(User))])
        recorded = repr([(row.before, row.after) for row in session.scalars(select(AuditEntry))])
    assert answer["refresh_token"] not in kept + recorded
    assert PASSWORD not in kept + recorded
    assert ("$argon2" in recorded, "'password_hash': '(hidden)'" in recorded) == (False, True)
    assert Passwords().hash_now("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ({"x": "y"}, (400, "unsupported_grant")),
        ({"grant_type": "client_credentials"}, (400, "unsupported_grant")),
        ({"grant_type": "password", "username": "x"}, (422, "invalid_parameter")),
        ({"grant_type": "refresh_token"}, (422, "invalid_parameter")),
    ],
)
def test_forms_that_lack_something(client: TestClient, form: dict[str, str], wanted: tuple[int, str]) -> None:
    assert code(client.post("/v1/oauth/token", data=form)) == wanted


def test_a_token_request_that_is_no_form_is_refused(client: TestClient) -> None:
    assert code(client.post("/v1/oauth/token", json={"grant_type": "password"})) == (415, "unsupported_media_type")
    raw = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/v1/oauth/token", content=b"\xff" * 50, headers=raw).status_code == 422
    assert code(client.post("/v1/oauth/token", content=b"a=" + b"x" * 30_000, headers=raw)) == (413, "body_too_large")


# Guesses ---------------------------------------------------------------------------------------------------------


def test_guessing_is_stopped_for_known_and_unknown_accounts_alike(app: FastAPI, client: TestClient) -> None:
    app.state.guesses = Guesses(most=3)
    for user in ("owner", "nobody"):
        found = [sign_in(client, user, "wrong") for _ in range(4)]
        assert [answer.status_code for answer in found] == [400, 400, 400, 429]
        assert 1 <= int(found[-1].headers["retry-after"]) <= 900
    assert code(sign_in(client)) == (429, "too_many_attempts")
    assert sign_in(client, "analyst").status_code == 200


def test_guesses_are_counted_across_processes_by_the_history(app: FastAPI, client: TestClient, clock: Clock) -> None:
    for _ in range(10):
        app.state.guesses = Guesses()
        assert sign_in(client, password="wrong").status_code == 400
    app.state.guesses = Guesses()
    assert code(sign_in(client)) == (429, "too_many_attempts")
    clock.pass_time(minutes=16)
    app.state.guesses = Guesses()
    assert sign_in(client).status_code == 200


def test_the_history_shows_every_attempt_with_where_it_came_from(client: TestClient) -> None:
    sign_in(client, password="wrong")
    found = client.get("/v1/account/sign_ins", headers=headers(sign_in(client))).json()["items"]
    assert [(entry["outcome"], entry["device"], entry["address"]) for entry in found] == [
        ("ok", "Firefox", "testclient"),
        ("wrong_password", "Firefox", "testclient"),
    ]


# Second factor ---------------------------------------------------------------------------------------------------


@pytest.fixture
def enrolled(client: TestClient, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """The owner with a second factor: the app, and the recovery codes."""
    me = headers(sign_in(client))
    begun = client.post("/v1/account/second_factor", json={"password": PASSWORD}, headers=me).json()
    totp = pyotp.TOTP(begun["secret"])
    assert begun["uri"].startswith("otpauth://totp/Storewarden:owner%40example.com?")
    assert sign_in(client).status_code == 200  # not in force before it is confirmed
    wrong = client.post("/v1/account/second_factor/confirm", json={"code": "000000"}, headers=me)
    assert code(wrong) == (403, "wrong_secret")
    done = client.post("/v1/account/second_factor/confirm", json={"code": totp.at(clock.moment)}, headers=me)
    clock.pass_time(seconds=30)
    return totp, done.json()["recovery_codes"]


def test_a_code_is_needed_and_works_once(
    client: TestClient, clock: Clock, enrolled: tuple[pyotp.TOTP, list[str]]
) -> None:
    totp, _ = enrolled
    needed = sign_in(client)
    assert (code(needed), needed.json()["error"]) == ((400, "second_factor_needed"), "mfa_required")
    assert code(sign_in(client, otp="000000")) == (400, "sign_in_failed")
    now = totp.at(clock.moment)
    assert sign_in(client, otp=now).status_code == 200
    assert code(sign_in(client, otp=now)) == (400, "sign_in_failed")
    clock.pass_time(seconds=60)
    assert sign_in(client, otp=totp.at(clock.moment - timedelta(seconds=30))).status_code == 200
    assert code(sign_in(client, otp=totp.at(clock.moment - timedelta(seconds=60)))) == (400, "sign_in_failed")


def test_a_recovery_code_works_once(client: TestClient, enrolled: tuple[pyotp.TOTP, list[str]]) -> None:
    codes = enrolled[1]
    assert (len(codes), len(set(codes))) == (10, 10)
    assert sign_in(client, otp=codes[0].upper()).status_code == 200
    assert code(sign_in(client, otp=codes[0])) == (400, "sign_in_failed")
    assert sign_in(client, otp=codes[1]).status_code == 200


def test_giving_the_second_factor_up_takes_password_and_code(
    client: TestClient, clock: Clock, enrolled: tuple[pyotp.TOTP, list[str]]
) -> None:
    totp, _ = enrolled
    me = headers(sign_in(client, otp=totp.at(clock.moment)))
    clock.pass_time(seconds=30)
    path = "/v1/account/second_factor/disable"
    for proof in ({"password": "wrong", "code": totp.at(clock.moment)}, {"password": PASSWORD}):
        assert code(client.post(path, json=proof, headers=me)) == (403, "wrong_secret")
    proof = {"password": PASSWORD, "code": totp.at(clock.moment)}
    assert client.post(path, json=proof, headers=me).status_code == 200
    assert sign_in(client).status_code == 200


def test_the_secret_of_a_second_factor_is_sealed(
    app: FastAPI, tenants: Tenants, enrolled: tuple[pyotp.TOTP, list[str]]
) -> None:
    with app.state.database.system(actor="system:test") as session:
        user = session.get_one(User, tenants.users["owner"])
        assert enrolled[0].secret not in str(user.totp_secret)
        assert app.state.second_factor.open(user.totp_secret) == enrolled[0].secret


# Devices and passwords -------------------------------------------------------------------------------------------


def test_devices_are_listed_and_signed_out_one_by_one_or_all(client: TestClient) -> None:
    here, there = headers(sign_in(client)), headers(sign_in(client))
    listed = client.get("/v1/account/devices", headers=here).json()["items"]
    assert [device["is_this"] for device in listed] == [False, True]
    path = f"/v1/account/devices/{listed[0]['id']}"
    assert client.delete(path, headers=here).status_code == 204
    assert code(client.delete(path, headers=here)) == (404, "unknown_item")
    assert code(client.get("/v1/account", headers=there)) == (401, "key_invalid")
    assert client.post("/v1/account/sign_out", headers=here).json() == {"devices": 1}
    assert code(client.get("/v1/account", headers=here)) == (401, "key_invalid")
    many = [headers(sign_in(client)) for _ in range(3)]
    assert client.post("/v1/account/sign_out_everywhere", headers=many[0]).json() == {"devices": 3}
    assert [client.get("/v1/account", headers=one).status_code for one in many] == [401] * 3


def test_nobody_signs_out_somebody_elses_device(client: TestClient) -> None:
    mine, theirs = headers(sign_in(client)), headers(sign_in(client, "analyst"))
    (device,) = client.get("/v1/account/devices", headers=theirs).json()["items"]
    assert code(client.delete(f"/v1/account/devices/{device['id']}", headers=mine)) == (404, "unknown_item")
    assert client.get("/v1/account", headers=theirs).status_code == 200


def test_a_new_password_signs_other_devices_out(client: TestClient) -> None:
    here, there = headers(sign_in(client)), headers(sign_in(client))
    path = "/v1/account/password"
    wrong = client.post(path, json={"current": "wrong", "password": "battery staple 7"}, headers=here)
    assert code(wrong) == (403, "wrong_secret")
    for weak in ("short", "owner@example.com", "aaaaaaaaaaaa", "x" * 129):
        answer = client.post(path, json={"current": PASSWORD, "password": weak}, headers=here)
        assert (code(answer), answer.json()["errors"][0]["pointer"]) == ((422, "invalid_body"), "/password")
    done = client.post(path, json={"current": PASSWORD, "password": "battery staple 7"}, headers=here)
    assert done.json() == {"devices": 1}
    assert client.get("/v1/account", headers=here).status_code == 200
    assert code(client.get("/v1/account", headers=there)) == (401, "key_invalid")
    assert code(sign_in(client)) == (400, "sign_in_failed")
    assert sign_in(client, password="battery staple 7").status_code == 200


def test_ones_own_name_and_language(client: TestClient) -> None:
    me = headers(sign_in(client))
    read = client.get("/v1/account", headers=me)
    changed = client.patch("/v1/account", json={"language": "zh"}, headers={**me, "if-match": read.headers["etag"]})
    assert (changed.json()["language"], changed.json()["name"]) == ("zh", "Owner")
    again = client.patch("/v1/account", json={"name": "X"}, headers={**me, "if-match": read.headers["etag"]})
    assert code(again) == (412, "changed_meanwhile")
    assert code(client.patch("/v1/account", json={"email": "x@y.zz"}, headers=me)) == (422, "invalid_body")


def test_a_key_is_no_person(app: FastAPI, client: TestClient, tenants: Tenants) -> None:
    key = key_headers(app, tenants, ["home:read"], ["south"])
    account = client.get("/v1/account", headers=key).json()
    assert (account["user_id"], [store["name"] for store in account["stores"]]) == (None, ["South"])
    assert code(client.get("/v1/account/devices", headers=key)) == (403, "user_needed")


def test_an_access_token_also_opens_the_routes_of_the_service(
    make_app: Callable[..., FastAPI], database: Database
) -> None:
    app = make_app(
        database_url=database.engine.url.render_as_string(hide_password=False),
        require_keys="always",
        key_cache_seconds=0,
    )
    tenants = add_tenants(app.state.database)
    client = TestClient(app)
    assert client.get("/v1/rules", headers=bearer(app, tenants, "read_only")).status_code == 200
    assert code(client.get("/metrics", headers=bearer(app, tenants, "read_only"))) == (403, "scope_missing")
    assert client.get("/metrics", headers=bearer(app, tenants, "owner")).status_code == 200
    assert code(client.get("/v1/rules", headers={"authorization": "Bearer eyJ"})) == (401, "key_invalid")
