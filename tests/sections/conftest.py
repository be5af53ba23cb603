"""The app on each kind of database with two tenants, and a caller who owns the store `north`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from store_model.db import Database
from tests.api.conftest import make_app, pack
from tests.tenants import Tenants, add_tenants, bearer

__all__ = ["make_app", "pack"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(make_app: Callable[..., FastAPI], module_database: Database) -> FastAPI:
    url = module_database.engine.url.render_as_string(hide_password=False)
    made = make_app(database_url=url, require_keys="always", key_cache_seconds=0.0)
    made.state.now = lambda: NOW
    return made


@pytest.fixture(scope="module")
def tenants(app: FastAPI) -> Tenants:
    return add_tenants(app.state.database)


@dataclass
class Caller:
    """One who calls the routes of one store."""

    client: TestClient
    base: str
    headers: dict[str, str]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request; names of headers are written with _."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.client.request(method, self.base + path, headers={**self.headers, **named}, **content)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture(scope="module")
def north(app: FastAPI, client: TestClient, tenants: Tenants) -> Caller:
    """The owner of the store `north`."""
    return Caller(client, f"/v1/stores/{tenants.stores['north']}", bearer(app, tenants, "owner"))


@pytest.fixture(scope="module")
def south(app: FastAPI, client: TestClient, tenants: Tenants) -> Caller:
    """The same owner in another store of the same legal entity."""
    return Caller(client, f"/v1/stores/{tenants.stores['south']}", bearer(app, tenants, "owner"))


@pytest.fixture(scope="module")
def west(app: FastAPI, client: TestClient, tenants: Tenants) -> Caller:
    """The owner of another tenant's store."""
    return Caller(client, f"/v1/stores/{tenants.stores['west']}", bearer(app, tenants, "other_owner"))


@pytest.fixture
def clean(pack: Any) -> dict[str, Any]:
    """The clean listing of the pack, without an id of its own: every rule passes."""
    return {name: value for name, value in pack.baseline["listing"].items() if name not in ("id", "status")}


def code(answer: Any) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]
