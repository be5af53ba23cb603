"""The router that looks at few routes leads where the whole one leads."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Match
from starlette.testclient import TestClient

from api.routing import ByFirstWord, first_word


@pytest.fixture(scope="module")
def narrow(app: FastAPI) -> ByFirstWord:
    return ByFirstWord(app.router)


def chosen(router: Any, app: FastAPI, method: str, path: str) -> list[int]:
    """The routes of the app that would take a request."""
    scope = {"type": "http", "method": method.upper(), "path": path, "root_path": "", "app": app, "headers": []}
    return [id(route) for route in router.routes if route.matches(dict(scope))[0] == Match.FULL]


def test_every_operation_is_found_among_the_few(app: FastAPI, narrow: ByFirstWord) -> None:
    for template, methods in app.openapi()["paths"].items():
        path = re.sub(r"{\w+}", "1", template)
        few = narrow.few.get(first_word(path), narrow.whole)
        for method in methods:
            found = chosen(few, app, method, path)
            assert found == chosen(narrow.whole, app, method, path) != [], (method, path)


def test_there_are_few(narrow: ByFirstWord) -> None:
    assert max(len(router.routes) for word, router in narrow.few.items()) < len(narrow.whole.routes) / 4


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/stores/1/nothing-here", 404),
        ("/v1/nothing", 404),
        ("/", 200),
        ("/healthz", 200),
        ("/v1/rules/LST104", 200),
    ],
)
def test_paths_that_are_known_and_unknown_are_answered_alike(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_method_that_a_path_does_not_have_is_405(client: TestClient) -> None:
    answer = client.delete("/v1/rules")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
