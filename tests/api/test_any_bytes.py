"""Whatever is sent, the answer is 2xx or a problem: never a 5xx, a traceback or a hang."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api import examples, schemas
from engine.facts import Listing

JSON = {"content-type": "application/json"}
PATHS = ("/v1/prechecks", "/v1/rules/LST104/explain")
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def accepted(client: TestClient, body: bytes, path: str = "/v1/prechecks") -> int:
    """The status; fails on a 5xx, on an answer of another shape, and on a rule that crashed."""
    answer = client.post(path, content=body, headers=JSON)
    assert answer.status_code in (200, 400, 413, 422), (answer.status_code, body[:300])
    if answer.status_code != 200:
        msgspec.json.decode(answer.content, type=schemas.ProblemOut)
        assert answer.headers["content-type"] == "application/problem+json"
    elif path == "/v1/prechecks":
        if "summary" in answer.json():
            batch = msgspec.json.decode(answer.content, type=schemas.BatchOut)
            reports = [item.report for item in batch.items if item.report is not None]
            assert [item.status for item in batch.items if item.status >= 500] == []
        else:
            reports = [msgspec.json.decode(answer.content, type=schemas.ReportOut)]
        assert [report.errors for report in reports if report.errors] == []
    return answer.status_code


CORPUS: dict[str, bytes] = {
    "nothing": b"",
    "blank": b" \n\t",
    "nul": b"\0",
    "nul in a text": b'{"title": "a\\u0000b"}',
    "raw nul in a text": b'{"title": "a\0b"}',
    "high surrogate": b'{"title": "\\ud800"}',
    "low surrogate": b'{"title": "\\udc00 x"}',
    "surrogates the wrong way round": b'{"title": "\\udc00\\ud800"}',
    "surrogate as a key": b'{"\\ud800": 1}',
    "not utf-8": b'{"title": "\xff\xfe"}',
    "utf-16": '{"title": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"title": "x"}',
    "nan": b'{"price": NaN}',
    "nan as text": b'{"price": "NaN"}',
    "signalling nan": b'{"price": "sNaN"}',
    "infinity": b'{"price": Infinity}',
    "minus infinity as text": b'{"price": "-Infinity"}',
    "huge exponent": b'{"price": 1e999999999}',
    "huge exponent as text": b'{"price": "1e999999999"}',
    "tiny exponent": b'{"price": 1e-999999999}',
    "many digits": b'{"price": ' + b"9" * 5000 + b"}",
    "whole number of many digits": b'{"handling_days": ' + b"9" * 5000 + b"}",
    "large stock": b'{"skus": [{"stock": 99999999999999999999999999}]}',
    "negative everything": b'{"price": -1, "handling_days": -5, "skus": [{"price": -3, "stock": -9}]}',
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "deep previous": b'{"previous":' * 1000 + b"{}" + b"}" * 1000,
    "repeated keys": b'{"title": "a", "title": "b", "items": [], "items": [{}]}',
    "trailing text": b'{"title": "a"} x',
    "two lines": b'{"title": "a"}\n{"title": "b"}\n',
    "empty object": b"{}",
    "list of nothing": b'[[], {}, null, 0, false, ""]',
    "batch in a batch": b'{"items": [{"items": [{}]}]}',
    "envelope in an envelope": b'{"listing": {"listing": {"title": "x"}}}',
    "overlay in an overlay": b'{"existing": {"existing": {}, "changes": {}}, "changes": {}}',
    "patch of the root": b'{"existing": {}, "changes": [{"op": "replace", "path": "", "value": [1]}]}',
    "patch to nothing": b'{"existing": {}, "changes": [{"op": "remove", "path": ""}]}',
    "patch to text": b'{"existing": {}, "changes": [{"op": "replace", "path": "", "value": "{}"}]}',
    "merge patch that grows deep": b'{"existing": {}, "changes": ' + b'{"a":' * 60 + b"1" + b"}" * 61,
    "platform error": b'{"error_response": {"code": 15, "msg": "x"}}',
    "platform without product": b'{"aliexpress_offer_product_query_response": {"result": {}}}',
    "platform nonsense": b'{"subject": 5, "aeop_ae_product_s_k_us": "[[[", "product_id": {}}',
    "every type wrong": json.dumps({name: {"a": [1]} for name in Listing.__struct_fields__}).encode(),
}


@pytest.mark.parametrize("name", list(CORPUS))
@pytest.mark.parametrize("query", ["", "?strict=false"])
def test_the_corpus_is_answered(client: TestClient, name: str, query: str) -> None:
    for path in PATHS:
        accepted(client, CORPUS[name], path + query)


@given(st.binary(max_size=300))
@shared
def test_any_bytes_are_answered(client: TestClient, body: bytes) -> None:
    accepted(client, body)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.decimals().map(str)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
known = st.sampled_from([*Listing.__struct_fields__, "listing", "items", "existing", "changes", "store", "as_of"])


@given(st.dictionaries(known, values, max_size=8), st.sampled_from(["", "?strict=false"]))
@shared
def test_any_json_under_known_names_is_answered(client: TestClient, body: dict[str, Any], query: str) -> None:
    accepted(client, json.dumps(body).encode(), "/v1/prechecks" + query)


@given(st.data())
@shared
def test_a_good_draft_with_any_bytes_knocked_out_is_answered(client: TestClient, data: st.DataObject) -> None:
    body = bytearray(msgspec.json.encode(data.draw(st.sampled_from([v for _, v in examples.REQUESTS.values()]))))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    accepted(client, bytes(body))


@given(values, values)
@shared
def test_any_changes_over_any_listing_are_answered(client: TestClient, existing: Any, changes: Any) -> None:
    accepted(client, json.dumps({"existing": existing, "changes": changes}).encode())


def test_two_thousand_spoilt_bodies_never_meet_a_fault_of_ours(app: FastAPI) -> None:
    rng = random.Random(20261124)
    drafts = [msgspec.json.encode(example) for _, example in examples.REQUESTS.values()]
    statuses: Counter[int] = Counter()
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses[message["status"]] += 1

    async def post_all() -> None:
        nonlocal body
        for _ in range(2000):
            body = spoilt(rng.choice(drafts), rng)
            query = rng.choice((b"fixes=false", b"fixes=false&strict=false", b"fixes=false&lang=zh", b"strict=false"))
            headers = [(b"content-type", b"application/json")]
            scope = {"type": "http", "method": "POST", "path": PATHS[0], "query_string": query, "headers": headers}
            await app(scope, receive, send)

    asyncio.run(post_all())
    assert sum(statuses.values()) == 2000
    assert set(statuses) == {200, 400, 422}


def spoilt(draft: bytes, rng: random.Random) -> bytes:
    """Cut, doubled, overwritten, or with a value replaced."""
    at, end = sorted((rng.randrange(len(draft)), rng.randrange(len(draft))))
    match rng.randrange(5):
        case 0:
            return draft[:at]
        case 1:
            return draft[:at] + draft[end:]
        case 2:
            return draft[:end] + draft[at:]
        case 3:
            return draft[:at] + rng.randbytes(rng.randrange(1, 9)) + draft[at + 1 :]
        case _:
            value = rng.choice((b"null", b"[]", b"{}", b'"\\u0000"', b'"\\ud800"', b"-1", b"1e999", b'"NaN"', b"true"))
            return re.sub(rb'(?<=":)("[^"]{0,40}"|-?[0-9.]+)', lambda _: value, draft, count=rng.randrange(1, 6))


texts = st.text(max_size=200)


@given(texts, texts, texts)
@shared
def test_any_words_are_checked_in_any_script(client: TestClient, title: str, description: str, brand: str) -> None:
    body = {
        "title": title,
        "description": description,
        "attributes": [{"name": "Brand Name", "value": brand}],
        "keywords": [brand, title],
    }
    assert accepted(client, json.dumps(body).encode()) in (200, 422)


@given(st.binary(max_size=60))
@shared
def test_any_query_is_answered(client: TestClient, query: bytes) -> None:
    answer = client.post("/v1/prechecks?" + "".join(f"%{byte:02x}" for byte in query), json={"title": "x"})
    assert answer.status_code in (200, 422)


@pytest.mark.slow
def test_ten_megabytes_and_ten_thousand_skus_are_answered(client: TestClient) -> None:
    long = {"title": "x", "description": "<p>" + "soft cotton towel " * 600_000 + "</p>"}
    assert accepted(client, json.dumps(long).encode()) == 200
    many = {"title": "x", "skus": [{"code": str(n), "price": "1.00", "stock": n} for n in range(10_000)]}
    assert accepted(client, json.dumps(many).encode()) == 200
    assert accepted(client, b'{"title": "' + b"x" * 13_000_000 + b'"}') == 413
    assert accepted(client, b"[" + b"{}," * 150 + b"{}]") == 200
