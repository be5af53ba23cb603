"""RFC 9457: every kind of problem, in both languages, and nothing of an exception in any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import schemas
from api.catalogue import KINDS
from api.languages import choose
from engine import Pack

JSON = {"content-type": "application/json"}


def test_a_problem_has_every_member_and_the_request_id(client: TestClient) -> None:
    answer = client.get("/v1/rules/LST999", headers={"x-request-id": "my-own-id-1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "my-own-id-1"
    found = msgspec.json.decode(answer.content, type=schemas.ProblemOut)
    assert (found.type, found.status, found.code, found.instance) == (
        "/problems/unknown-rule",
        404,
        "unknown_rule",
        "my-own-id-1",
    )


@pytest.mark.parametrize("sent", ["short", "a" * 65, 'x"y z{}<>12', "数数数数"])
def test_a_request_id_that_could_do_harm_in_a_log_is_replaced(client: TestClient, sent: str) -> None:
    answer = client.get("/healthz", headers={b"x-request-id": sent.encode()})  # type: ignore[dict-item]
    assert answer.headers["x-request-id"] != sent
    assert len(answer.headers["x-request-id"]) == 32


def test_problems_speak_the_language_that_is_asked_for(client: TestClient) -> None:
    chinese = client.get("/nowhere", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    english = client.get("/nowhere", headers={"accept-language": "fr, en;q=0.5"})
    assert (chinese.json()["title"], chinese.headers["content-language"]) == ("地址不存在", "zh")
    assert (english.json()["title"], english.headers["content-language"]) == ("There is nothing at this address", "en")
    assert chinese.json()["detail_i18n"] == english.json()["detail_i18n"]
    assert chinese.json()["detail"] == chinese.json()["detail_i18n"]["zh"]


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("zh", "zh"), ("zh-TW;q=0.1", "zh"), ("en;q=0.2, zh;q=0.3", "zh"), ("*", "en"), ("zh;q=x", "en")],
)
def test_accept_language_is_read_with_its_weights(header: str, language: str) -> None:
    assert choose(header) == language


def refused(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    msgspec.json.decode(answer.content, type=schemas.ProblemOut)
    return answer.status_code, answer.json()["code"]


def test_unknown_paths_methods_and_media_types_are_problems(client: TestClient) -> None:
    assert refused(client.get("/v1/nothing")) == (404, "not_found")
    assert refused(client.get("/v1/rules/")) == (404, "not_found")
    wrong = client.get("/v1/prechecks")
    assert refused(wrong) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    assert refused(client.post("/v1/prechecks", content=b"{}")) == (415, "unsupported_media_type")
    for headers in (
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ):
        assert refused(client.post("/v1/prechecks", content=b"{}", headers=headers)) == (415, "unsupported_media_type")
    for media in ("application/json; charset=UTF-8", "application/vnd.listing+json"):
        assert client.post("/v1/prechecks", content=b"{}", headers={"content-type": media}).status_code == 200


def test_a_body_that_is_too_large_is_refused_by_its_length_and_by_its_bytes(make_app: Callable[..., FastAPI]) -> None:
    client = TestClient(make_app(max_body_bytes=1024))
    body = b'{"title": "' + b"x" * 2000 + b'"}'
    declared = client.post("/v1/prechecks", content=body, headers=JSON)
    assert refused(declared) == (413, "body_too_large")
    assert declared.headers["connection"] == "close"
    assert "1024 bytes" in declared.json()["detail"]
    chunked = client.post("/v1/prechecks", content=iter([body[:900], body[900:]]), headers=JSON)
    assert refused(chunked) == (413, "body_too_large")


def test_a_body_that_does_not_arrive_is_given_up(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(body_timeout_seconds=0.05)
    sent: list[Any] = []
    parts = [{"type": "http.request", "body": b'{"title"', "more_body": True}]

    async def receive() -> Any:
        if parts:
            return parts.pop()
        await asyncio.sleep(5)
        return None

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/prechecks",
        "raw_path": b"/v1/prechecks",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 3))
    assert sent[0]["status"] == 408
    assert msgspec.json.decode(sent[1]["body"])["code"] == "body_timeout"


def test_a_failure_of_ours_says_nothing_of_its_cause(
    make_app: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    app = make_app()

    def fail(*args: Any, **given: Any) -> Any:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(Pack, "check", fail)
    answer = TestClient(app).post("/v1/prechecks", json={"title": "x"})
    assert refused(answer) == (500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.json()["instance"] == answer.headers["x-request-id"]


def test_a_rule_that_crashes_tells_its_kind_alone(
    make_app: Callable[..., FastAPI], pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.evaluate.report import Report, RuleError

    crashed = property(lambda self: (RuleError("LST104", "KeyError: 'secret of ours'"),))
    monkeypatch.setattr(Report, "errors", crashed)
    answer = TestClient(make_app()).post("/v1/prechecks", json={"title": "x"})
    assert answer.status_code == 200
    assert answer.json()["errors"] == [{"rule": "LST104", "cause": "KeyError"}]
    assert "secret" not in answer.text


def test_the_type_of_every_problem_leads_to_its_explanation(client: TestClient) -> None:
    for kind in KINDS.values():
        answer = client.get(kind.type)
        assert answer.status_code == 200
        assert msgspec.json.decode(answer.content, type=schemas.ProblemKind).code == kind.code
    assert refused(client.get("/problems/no-such")) == (404, "not_found")
    assert refused(client.get("/problems/not_found")) == (404, "not_found")


def test_every_kind_says_the_same_placeholders_in_both_languages() -> None:
    import string

    def names(text: str) -> set[str]:
        found = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        return {name.removesuffix("_en").removesuffix("_zh") for name in found}

    assert [kind.code for kind in KINDS.values() if names(kind.detail["en"]) != names(kind.detail["zh"])] == []
