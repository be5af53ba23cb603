"""The OpenAPI document: every operation and error described, with examples that hold; schemathesis over all of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import examples
from tests.api.test_sign_in import CHEAP
from tests.databases import Databases
from tests.sample_ids import NOT_OF_COLUMNS
from tests.world import make_world


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})


def test_every_operation_has_words_an_example_and_its_errors(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["operationId"], name
        assert "500" in operation["responses"], name
        (success,) = [status for status in operation["responses"] if status.startswith("2")]
        content = operation["responses"][success].get("content", {})
        if success != "204" and operation["operationId"] not in ("list_features", "list_codes", "get_problem"):
            assert any("example" in media for media in content.values()), name
        for parameter in operation["parameters"]:
            assert parameter["schema"], (name, parameter["name"])


def test_every_error_is_a_problem_with_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    problem = validator(document, {"$ref": "#/components/schemas/Problem"})
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status.startswith(("2", "3")):
                continue
            (media,) = response["content"]
            assert media == "application/problem+json", (name, status)
            for example in response["content"][media]["examples"].values():
                assert problem.is_valid(example["value"]), (name, status)
                assert str(example["value"]["status"]) == status


def test_examples_of_answers_fit_their_schemas(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            media = response.get("content", {}).get("application/json", {})
            if status.startswith("2") and "example" in media:
                validator(document, media["schema"]).validate(media["example"]), name


def test_examples_of_requests_fit_the_schema_and_run(client: TestClient, document: dict[str, Any]) -> None:
    for path, template in (
        ("/v1/prechecks", "/v1/prechecks"),
        ("/v1/rules/LST104/explain", "/v1/rules/{rule_id}/explain"),
    ):
        operation = document["paths"][template]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        accepts = validator(document, content["schema"])
        answers = validator(document, operation["responses"]["200"]["content"]["application/json"]["schema"])
        assert len(content["examples"]) >= 4
        for name, example in content["examples"].items():
            accepts.validate(example["value"])
            answer = client.post(path, json=example["value"])
            assert answer.status_code == 200, (name, answer.text)
            answers.validate(answer.json())


def test_the_schema_of_a_draft_is_the_engines_own(document: dict[str, Any]) -> None:
    from engine.facts import Listing

    schema = document["components"]["schemas"]["Listing"]
    assert set(schema["properties"]) == set(Listing.__struct_fields__)
    assert schema["additionalProperties"] is False
    listing = validator(document, {"$ref": "#/components/schemas/Listing"})
    assert listing.is_valid(examples.DRAFT)
    assert listing.is_valid({"price": 6.9})
    assert not listing.is_valid({"titel": "x"})


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    missing = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            ref = value.get("$ref")
            if isinstance(ref, str) and ref.rpartition("/")[2] not in document["components"]["schemas"]:
                missing.append(ref)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    assert missing == []


def test_the_documentation_page_shows_every_operation_in_both_languages(
    client: TestClient, document: dict[str, Any]
) -> None:
    for lang in ("en", "zh"):
        page = client.get("/docs", headers={"accept-language": lang}).text
        assert f'lang="{lang}"' in page
        for path in document["paths"]:
            assert path in page


CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


def try_any_request(
    app: FastAPI, *, is_wanted: Callable[[dict[str, Any]], bool], examples: int, prepare: Callable[[Any], None]
) -> int:
    """Send requests made from the document, good and bad, and hold each answer against it; how many were sent.

    All operations are tried before the faults are told."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis import checks
    from schemathesis.core.failures import Failure, FailureGroup

    wanted = [getattr(schemathesis.checks, name, None) or getattr(checks, name) for name in CHECKS]
    tried, wrong = 0, []

    def send(case: Any) -> None:
        nonlocal tried
        tried += 1
        prepare(case)
        case.call_and_validate(checks=wanted)

    for result in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        operation = result.ok()
        if is_wanted(operation.definition.raw):
            limits = settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,  # the same requests every time: a gate does not fail by chance
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            try:
                limits(given(case=operation.as_strategy())(send))()
            except (FailureGroup, Failure) as found:
                wrong.append(f"{operation.label}: {found}")
    assert wrong == []
    return tried


@pytest.mark.slow
def test_anybodys_requests_get_no_answer_that_the_document_does_not_promise(make_app: Callable[..., FastAPI]) -> None:
    def is_open(operation: dict[str, Any]) -> bool:
        return {} in operation["security"] or not operation["security"]

    assert try_any_request(make_app(), is_wanted=is_open, examples=25, prepare=lambda case: None) > 100


@pytest.mark.slow
def test_an_owners_requests_get_no_answer_that_the_document_does_not_promise(
    make_app: Callable[..., FastAPI], databases: Databases
) -> None:
    world = make_world(make_app, databases.opened("sqlite"), without=NOT_OF_COLUMNS)
    world.app.state.passwords._hash = CHEAP
    turn = itertools.count()

    def prepare(case: Any) -> None:
        """A device that is signed in; and every other time the ids of what is there."""
        case.headers = {**(case.headers or {}), **world.headers("owner")}
        if next(turn) % 2:
            case.path_parameters = {name: world.fill(name, "north") for name in case.path_parameters or {}}

    def is_closed(operation: dict[str, Any]) -> bool:
        return operation["security"] == [{"bearer": []}, {"api_key": []}]

    assert try_any_request(world.app, is_wanted=is_closed, examples=4, prepare=prepare) > 500
