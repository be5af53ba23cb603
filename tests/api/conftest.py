"""The app on the shipped pack, with a database in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import rules
from api.app import create_app
from api.settings import Settings
from engine import Pack, load_pack


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The shipped pack."""
    return load_pack(rules.path("aliexpress"))


@pytest.fixture(scope="session")
def make_app(pack: Pack) -> Iterator[Callable[..., FastAPI]]:
    """Makes apps with settings of one's own; they are closed at the end."""
    made: list[FastAPI] = []

    def make(**settings: Any) -> FastAPI:
        given = {"database_url": "sqlite://", "rate_limit": "", "access_log": False, **settings}
        app = create_app(Settings(**given), pack=pack)
        made.append(app)
        return app

    yield make
    for app in made:
        app.state.threads.shutdown(wait=True)
        app.state.database_threads.shutdown(wait=True)
        app.state.database.close()


@pytest.fixture(scope="session")
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    """An app that needs no key and has no rate limit."""
    return make_app()


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    """A caller; what the app raises is raised in the test as well."""
    return TestClient(app)


@pytest.fixture
def clean(pack: Pack) -> dict[str, Any]:
    """The clean listing of the pack: every rule passes."""
    return dict(pack.baseline["listing"])
