"""API keys and rate limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from api import keys as key_commands
from api.access import Keys
from api.context import Context
from api.limiting import RateLimiter
from api.problems import ProblemError
from api.settings import Settings
from store_model.access import create_key, revoke_key
from store_model.db import Database, open_database

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
DRAFT = {"title": "Striped cotton tea towel"}


def add_key(app: FastAPI, **given: Any) -> str:
    with app.state.database.transaction() as session:
        return create_key(session, **{"name": "test", "now": datetime.now(UTC), **given})[0]


def call(app: FastAPI, headers: dict[str, str] | None = None) -> tuple[int, str | None]:
    answer = TestClient(app).post("/v1/prechecks", json=DRAFT, headers=headers or {})
    return answer.status_code, answer.json().get("code")


def test_without_any_key_the_loopback_service_is_open(make_app: Callable[..., FastAPI]) -> None:
    app = make_app()
    assert call(app) == (200, None)
    assert TestClient(app).get("/").json()["keys"] == "optional"


def test_the_first_key_closes_the_door(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(key_cache_seconds=0.0)
    secret = add_key(app)
    assert call(app) == (401, "key_missing")
    assert call(app, {"authorization": f"Bearer {secret}"}) == (200, None)
    assert call(app, {"x-api-key": secret}) == (200, None)
    assert TestClient(app).get("/").json()["keys"] == "required"


def test_revoking_the_last_key_does_not_open_the_door_again(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(key_cache_seconds=0.0)
    secret = add_key(app)
    with app.state.database.transaction() as session:
        assert revoke_key(session, prefix=secret[:11], now=datetime.now(UTC))
        assert not revoke_key(session, prefix=secret[:11], now=datetime.now(UTC))
    assert call(app) == (401, "key_missing")
    assert call(app, {"x-api-key": secret}) == (401, "key_invalid")


def test_a_wrong_key_is_refused_even_where_none_is_needed(make_app: Callable[..., FastAPI]) -> None:
    app = make_app()
    for wrong in ("sw_00000000_wrong", "", "ÿÿ", "x" * 5000):
        answer = TestClient(app).post("/v1/prechecks", json=DRAFT, headers={b"x-api-key": wrong.encode("latin-1")})  # type: ignore[dict-item]
        assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_ends_on_its_moment(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(require_keys="always")
    secret = add_key(app, now=NOW, expires_at=NOW + timedelta(days=1))
    app.state.keys.now = lambda: NOW + timedelta(days=1) - timedelta(seconds=1)
    assert call(app, {"x-api-key": secret}) == (200, None)
    app.state.keys.now = lambda: NOW + timedelta(days=1)
    assert call(app, {"x-api-key": secret}) == (401, "key_invalid")


def test_a_key_may_only_do_what_its_scopes_say(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(require_keys="always")
    headers = {"x-api-key": add_key(app, scopes=["reference"])}
    client = TestClient(app)
    assert client.get("/v1/rules", headers=headers).status_code == 200
    assert call(app, headers) == (403, "scope_missing")
    assert client.get("/metrics", headers=headers).json()["code"] == "scope_missing"
    assert client.get("/healthz").status_code == 200


def test_a_network_address_asks_for_keys_unless_told_otherwise() -> None:
    assert [Settings(host=host).keys for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.1")] == [
        "optional",
        "optional",
        "optional",
        "always",
        "always",
    ]
    assert Settings(host="0.0.0.0", require_keys="never").keys == "never"


def test_the_secret_is_nowhere_in_the_database(make_app: Callable[..., FastAPI]) -> None:
    app = make_app()
    secret = add_key(app)
    with app.state.database.sessions() as session:
        row = session.execute(text("SELECT * FROM api_key")).one()
    assert secret not in repr(row)
    assert secret[11:] not in repr(row)


def test_a_key_is_asked_of_the_database_once_and_then_remembered(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(require_keys="always", key_cache_seconds=60.0)
    headers = {"x-api-key": add_key(app)}
    assert call(app, headers) == (200, None)
    app.state.keys.database = None  # nothing could be asked any more
    assert call(app, headers) == (200, None)


def test_a_database_that_fails_is_503_and_says_nothing_of_itself(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(require_keys="always")
    with app.state.database.transaction() as session:
        session.execute(text("DROP TABLE api_key"))
    answer = TestClient(app).post("/v1/prechecks", json=DRAFT, headers={"x-api-key": "sw_12345678_x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unreachable")
    assert "api_key" not in answer.text


def test_a_health_check_without_database_is_degraded(
    make_app: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    monkeypatch.setattr(Database, "is_reachable", lambda self: False)
    answer = TestClient(app).get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (200, "degraded", "unreachable")


def test_keys_live_in_a_file_that_is_made_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(data_dir=str(tmp_path / "new" / "folder"))
    secret = key_commands.create(settings, "shop tool", days=30, scopes=["prechecks"])
    (key,) = key_commands.listed(settings)
    assert (key.name, key.prefix, key.scopes) == ("shop tool", secret[:11], frozenset({"prechecks"}))
    assert key_commands.revoke(settings, key.prefix)
    assert not key_commands.revoke(settings, "sw_unknown")
    assert (tmp_path / "new" / "folder" / "storewarden.sqlite3").is_file()


def test_an_unknown_scope_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown scope cook; there are: prechecks, reference, metrics"):
        key_commands.create(Settings(data_dir=str(tmp_path)), "x", scopes=["cook"])


def test_many_unknown_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.access.REMEMBERED", 10)
    database = open_database("sqlite://")
    keys = Keys(database, policy="always", seconds=60)

    async def guess() -> None:
        for number in range(50):
            with pytest.raises(ProblemError, match="key_invalid"):
                await keys.identify({"headers": [(b"x-api-key", b"%d" % number)]}, "prechecks")

    asyncio.run(guess())
    assert len(keys._known) == 10
    database.close()


# Rate limits -----------------------------------------------------------------------------------------------------


def test_the_third_call_of_two_is_refused_and_says_when_to_come_back(make_app: Callable[..., FastAPI]) -> None:
    client = TestClient(make_app(rate_limit="2/minute"))
    answers = [client.post("/v1/prechecks", json=DRAFT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"default";q=2;w=60'] * 3
    assert [answer.headers["ratelimit"].split(";t=")[0] for answer in answers] == [
        '"default";r=1',
        '"default";r=0',
        '"default";r=0',
    ]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert answers[2].json()["code"] == "rate_limited"


def test_callers_have_a_window_each_and_guessing_keys_is_counted(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(rate_limit="1/minute", require_keys="always")
    one, two = add_key(app), add_key(app)
    assert call(app, {"x-api-key": one}) == (200, None)
    assert call(app, {"x-api-key": two}) == (200, None)
    assert call(app, {"x-api-key": one}) == (429, "rate_limited")
    assert call(app, {"x-api-key": "guess"}) == (401, "key_invalid")
    assert call(app, {"x-api-key": "guess again"}) == (429, "rate_limited")


def test_a_window_ends_and_old_callers_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.limiting.REMEMBERED", 3)
    now = [100.0]
    limiter = RateLimiter("1/minute", clock=lambda: now[0])
    limiter.hit("a", Context("x"))
    with pytest.raises(ProblemError, match="rate_limited"):
        limiter.hit("a", Context("x"))
    now[0] += 60
    for caller in "abcdefgh":
        limiter.hit(caller, Context("x"))
    assert len(limiter._windows) <= 3


def test_every_route_under_v1_is_guarded(app: FastAPI) -> None:
    unguarded = []
    for operation in app.openapi()["paths"].items():
        path, methods = operation
        if path.startswith("/v1") and any(not entry["security"] for entry in methods.values()):
            unguarded.append(path)
    assert unguarded == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/prechecks"),
        ("POST", "/v1/rules/LST104/explain"),
        ("GET", "/v1/rules"),
        ("GET", "/v1/rules/LST104"),
        ("GET", "/v1/features"),
        ("GET", "/v1/codes"),
        ("GET", "/metrics"),
    ],
)
def test_guarded_routes_ask_for_a_key_and_count_calls(make_app: Callable[..., FastAPI], method: str, path: str) -> None:
    closed = TestClient(make_app(require_keys="always"))
    assert closed.request(method, path).json()["code"] == "key_missing"
    limited = TestClient(make_app(rate_limit="1/hour"))
    assert "ratelimit" in limited.request(method, path).headers
    assert limited.request(method, path).status_code == 429
