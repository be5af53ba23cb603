"""The resource kit, on a table of its own: what every plain section of the back office can rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import jsonschema_rs
import pytest
from fastapi import FastAPI
from msgspec import field
from sqlalchemy import JSON, ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column
from starlette.testclient import TestClient

from api.problems import ProblemError
from api.resources import Change, Filter, Resource
from api.wire import IdText, Input, Line, Money, Output
from store_model.audit import AuditEntry
from store_model.columns import Base
from store_model.db import Database
from store_model.row_security import protect
from store_model.tenancy import TENANT_TABLES, Id, StoreRow, System, Versioned
from tests.databases import KINDS, Databases, postgres_server
from tests.tenants import Tenants, add_tenants, bearer, key_headers


class ThingIn(Input):
    name: Line
    colour: Literal["red", "blue"] = "red"
    price: Money | None = None
    parent_id: IdText | None = None
    words: dict[str, str] = field(default_factory=dict)


class ThingOut(Output):
    id: str
    name: str
    colour: str
    price: Money | None
    parent_id: str | None
    words: dict[str, str]
    version: int
    updated_at: datetime


EXAMPLE = {
    "id": "7",
    "name": "Towel",
    "colour": "red",
    "price": "6.90",
    "parent_id": None,
    "words": {"en": "Towel"},
    "version": 1,
    "updated_at": "2026-08-22T12:00:00Z",
}
seen: list[Change] = []


def refuse_bad(change: Change) -> None:
    if change.action != "delete" and change.row.name == "bad":
        raise ProblemError("conflict")


@pytest.fixture(scope="module")
def thing(databases: Databases) -> Iterator[Any]:
    """A table that is declared for these tests alone, after the templates of databases were made without it."""
    for kind in KINDS if postgres_server() is not None else KINDS[:1]:
        databases.url(kind)

    class Thing(StoreRow, Versioned, Base):
        __tablename__ = "test_thing"
        __table_args__ = (Index("ix_test_thing", "entity_id", "store_id", "name", unique=True),)
        id: Mapped[int] = mapped_column(Id, primary_key=True)
        name: Mapped[str] = mapped_column(String(200))
        colour: Mapped[str] = mapped_column(String(10))
        price: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
        parent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("test_thing.id"))
        words: Mapped[dict[str, str]] = mapped_column(JSON)

    yield Thing
    TENANT_TABLES.pop(Thing.__table__)  # type: ignore[arg-type]
    Base.metadata.remove(Thing.__table__)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def app(make_app: Callable[..., FastAPI], module_database: Database, thing: Any) -> FastAPI:
    resource = Resource(
        path="things",
        one="thing",
        title=("thing", "物品"),
        section="products",
        model=thing,
        answer=ThingOut,
        body=ThingIn,
        filters={
            "colour": Filter(thing.colour, choices=("red", "blue")),
            "min_price": Filter(thing.price, op="ge"),
            "has_parent": Filter(thing.parent_id, op="is_null"),
        },
        sorts={"name": thing.name, "updated_at": thing.updated_at},
        search=lambda statement, words: statement.where(thing.name.contains(words, autoescape=True)),
        before_change=refuse_bad,
        after_change=seen.append,
        example=EXAMPLE,
    )
    below = Resource(
        path="things/{parent_id}/parts",
        one="part",
        title=("part", "部件"),
        section="products",
        model=thing,
        answer=ThingOut,
        body=ThingIn,
        parents={"parent_id": thing.parent_id},
        operations=("list", "get", "create"),
        example=EXAMPLE,
    )
    url = module_database.engine.url.render_as_string(hide_password=False)
    made = make_app(database_url=url, require_keys="always", key_cache_seconds=0.0)
    with made.state.database.engine.connect() as connection:
        connection.execution_options(storewarden_session={"access": System("test")})
        with connection.begin():
            thing.__table__.create(connection)
            protect(connection)
    made.include_router(resource.router())
    made.include_router(below.router())
    return made


@pytest.fixture(scope="module")
def tenants(app: FastAPI) -> Tenants:
    return add_tenants(app.state.database)


@pytest.fixture(scope="module")
def owner(app: FastAPI, tenants: Tenants) -> dict[str, str]:
    return bearer(app, tenants, "owner")


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture(scope="module")
def things(tenants: Tenants) -> str:
    return f"/v1/stores/{tenants.stores['north']}/things"


@pytest.fixture(autouse=True)
def empty(app: FastAPI, thing: Any) -> Iterator[None]:
    yield
    seen.clear()
    with app.state.database.system(actor="system:test") as session:
        for row in session.query(thing).order_by(thing.id.desc()):
            session.delete(row)
            session.flush()


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_is_created_is_read_changed_and_deleted(client: TestClient, owner: dict[str, str], things: str) -> None:
    made = client.post(things, json={"name": "Towel", "price": "6.9", "words": {"en": "Towel"}}, headers=owner)
    body = made.json()
    assert made.status_code == 201
    assert {name: body[name] for name in ("name", "colour", "price", "parent_id", "version")} == {
        "name": "Towel",
        "colour": "red",
        "price": "6.90",
        "parent_id": None,
        "version": 1,
    }
    place, tag = made.headers["location"], made.headers["etag"]
    read = client.get(place, headers=owner)
    assert (read.json(), read.headers["etag"]) == (body, tag)
    unchanged = client.get(place, headers={**owner, "if-none-match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    patch = {"price": None, "words": {"zh": "毛巾"}}
    changed = client.patch(place, json=patch, headers={**owner, "if-match": tag})
    assert (changed.json()["price"], changed.json()["words"], changed.json()["version"]) == (
        None,
        {"en": "Towel", "zh": "毛巾"},
        2,
    )
    assert client.delete(place, headers={**owner, "if-match": changed.headers["etag"]}).status_code == 204
    assert code(client.get(place, headers=owner)) == (404, "unknown_item")
    assert [change.action for change in seen] == ["create", "update", "delete"]
    assert seen[1].previous == {"price": Decimal("6.9000"), "words": {"en": "Towel"}}


def test_a_change_without_the_etag_or_with_an_old_one_is_refused(
    client: TestClient, owner: dict[str, str], things: str
) -> None:
    made = client.post(things, json={"name": "Towel"}, headers=owner)
    place, tag = made.headers["location"], made.headers["etag"]
    assert code(client.patch(place, json={"name": "A"}, headers=owner)) == (428, "precondition_missing")
    assert code(client.delete(place, headers={**owner, "if-match": "*"})) == (428, "precondition_missing")
    assert client.patch(place, json={"name": "A"}, headers={**owner, "if-match": tag}).status_code == 200
    for answer in (
        client.patch(place, json={"name": "B"}, headers={**owner, "if-match": tag}),
        client.delete(place, headers={**owner, "if-match": tag}),
    ):
        assert code(answer) == (412, "changed_meanwhile")
    assert client.get(place, headers=owner).json()["name"] == "A"


def test_of_many_edits_at_once_one_wins_and_none_is_lost_unsaid(
    app: FastAPI, owner: dict[str, str], things: str
) -> None:
    made = TestClient(app).post(things, json={"name": "Towel"}, headers=owner)
    headers = {**owner, "if-match": made.headers["etag"]}

    def edit(number: int) -> int:
        return TestClient(app).patch(made.headers["location"], json={"name": f"N{number}"}, headers=headers).status_code

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(edit, range(6))) == [200, 412, 412, 412, 412, 412]


def test_every_fault_of_a_body_is_named_with_its_pointer(
    client: TestClient, owner: dict[str, str], things: str
) -> None:
    body = {"colour": "green", "price": "many", "nmae": "x", "words": {"en": 1}, "parent_id": "0"}
    answer = client.post(things, json=body, headers=owner)
    assert code(answer) == (422, "invalid_body")
    assert [(error["pointer"], error["code"], error["detail"]) for error in answer.json()["errors"]] == [
        ("/nmae", "unknown_field", "nmae is not a field here; did you mean name?"),
        ("/name", "required", "name is required"),
        ("/colour", "not_allowed", "colour must be one of red, blue"),
        ("/price", "wrong_type", 'price must be a decimal as text, such as "6.90"'),
        ("/parent_id", "wrong_form", "parent_id does not have the form that is asked for"),
        ("/words/...", "wrong_type", "... must be text"),
    ]
    for price in ("NaN", "-Infinity", "1e20", "0.00001"):
        answer = client.post(things, json={"name": "x", "price": price}, headers=owner)
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/price", "out_of_range")]
    for wrong in ([], "x", 5):
        assert code(client.post(things, json=wrong, headers=owner)) == (422, "invalid_body")
    for raw in (b"{", b"\xff", b"[" * 100_000):
        answer = client.post(things, content=raw, headers={**owner, "content-type": "application/json"})
        assert code(answer) == (400, "malformed_json")
    assert code(client.post(things, content=b"name=x", headers=owner)) == (415, "unsupported_media_type")


def test_what_a_hook_or_the_database_refuses_is_a_problem(
    client: TestClient, owner: dict[str, str], things: str
) -> None:
    assert code(client.post(things, json={"name": "bad"}, headers=owner)) == (409, "conflict")
    assert client.post(things, json={"name": "Towel"}, headers=owner).status_code == 201
    assert code(client.post(things, json={"name": "Towel"}, headers=owner)) == (409, "conflict")
    unknown = client.post(things, json={"name": "Child", "parent_id": "999"}, headers=owner)
    assert unknown.json()["errors"][0]["pointer"] == "/parent_id"
    assert unknown.json()["errors"][0]["code"] == "unknown_reference"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "updated_at", "-updated_at"])
def test_pages_hold_everything_once_in_order(
    client: TestClient, app: FastAPI, owner: dict[str, str], things: str, sort: str
) -> None:
    start, usual = app.state.now(), app.state.now
    wanted = []
    for number in (3, 1, 2, 5, 4):
        app.state.now = lambda number=number: start + timedelta(seconds=number // 2)
        client.post(things, json={"name": f"N{number}"}, headers=owner)
        wanted.append(f"N{number}")
    app.state.now = usual
    if sort.endswith("name"):
        wanted.sort()
    if sort.endswith("updated_at"):
        wanted.sort(key=lambda name: int(name[1]) // 2)
    if sort.startswith("-"):
        wanted.reverse()
    found: list[str] = []
    query: dict[str, Any] = {"page_size": 2, "sort": sort}
    while True:
        answer = client.get(things, params=query, headers=owner)
        found += names(answer)
        query["page_token"] = answer.json()["next_page_token"]
        if query["page_token"] is None:
            break
    assert found == wanted


def test_a_page_token_is_good_for_its_tenant_filters_and_sort_alone(
    client: TestClient, app: FastAPI, owner: dict[str, str], things: str, tenants: Tenants
) -> None:
    for number in range(3):
        client.post(things, json={"name": f"N{number}"}, headers=owner)
    given = client.get(things, params={"page_size": 1}, headers=owner).json()["next_page_token"]
    assert names(client.get(things, params={"page_token": given, "page_size": 5}, headers=owner)) == ["N1", "N2"]
    other = f"/v1/stores/{tenants.stores['south']}/things"
    foreign = f"/v1/stores/{tenants.stores['west']}/things"
    for place, query, headers in (
        (things, {"colour": "red"}, owner),
        (things, {"sort": "name"}, owner),
        (things, {"q": "N"}, owner),
        (other, {}, owner),
        (foreign, {}, bearer(app, tenants, "other_owner")),
    ):
        answer = client.get(place, params={**query, "page_token": given}, headers=headers)
        assert code(answer) == (400, "bad_page_token"), (place, query)
    for wrong in (given[:-2] + "AA", "x", "", "ÿ", given * 3):
        answer = client.get(things, params={"page_token": wrong}, headers=owner)
        assert code(answer) == (400, "bad_page_token"), wrong


def test_filters_search_and_unknown_parameters(client: TestClient, owner: dict[str, str], things: str) -> None:
    first = client.post(things, json={"name": "Red towel", "price": "5"}, headers=owner).json()
    client.post(things, json={"name": "Blue towel", "colour": "blue", "price": "7.5"}, headers=owner)
    client.post(things, json={"name": "100% cotton", "colour": "blue", "parent_id": first["id"]}, headers=owner)
    for query, wanted in (
        ({"colour": "blue"}, ["Blue towel", "100% cotton"]),
        ({"colour": ["blue", "red"], "min_price": "7.5"}, ["Blue towel"]),
        ({"has_parent": "false"}, ["100% cotton"]),
        ({"q": "towel", "colour": "red"}, ["Red towel"]),
        ({"q": "100%"}, ["100% cotton"]),
    ):
        assert names(client.get(things, params=query, headers=owner)) == wanted, query
    wrong = {"colour": "green", "min_price": "x", "has_parent": "y", "sort": "price", "page_size": "0", "cook": "1"}
    answer = client.get(things, params=wrong, headers=owner)
    assert code(answer) == (422, "invalid_parameter")
    assert {error["parameter"] for error in answer.json()["errors"]} == set(wrong)


def test_a_post_that_is_sent_again_is_done_once(client: TestClient, owner: dict[str, str], things: str) -> None:
    headers = {**owner, "idempotency-key": '"a-1"'}
    first = client.post(things, json={"name": "Towel"}, headers=headers)
    again = client.post(things, json={"name": "Towel"}, headers={**owner, "idempotency-key": "a-1"})
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert code(client.post(things, json={"name": "Other"}, headers=headers)) == (422, "idempotency_key_reused")
    bad = client.post(things, json={"name": "Other"}, headers={**owner, "idempotency-key": "a b"})
    assert code(bad) == (400, "bad_idempotency_key")
    assert names(client.get(things, headers=owner)) == ["Towel"]


def test_a_key_belongs_to_its_caller_and_path_and_lasts_a_day(
    client: TestClient, app: FastAPI, owner: dict[str, str], things: str, tenants: Tenants
) -> None:
    other = {**bearer(app, tenants, "operator"), "idempotency-key": "b"}
    mine = {**owner, "idempotency-key": "b"}
    assert client.post(things, json={"name": "One"}, headers=mine).status_code == 201
    assert client.post(things, json={"name": "Two"}, headers=other).status_code == 201
    usual, later = app.state.now, app.state.now() + timedelta(hours=24, minutes=1)
    key = key_headers(app, tenants, ["products:write"])
    assert client.post(things, json={"name": "Three"}, headers={**key, "idempotency-key": "b"}).status_code == 201
    app.state.now = lambda: later
    again = client.post(things, json={"name": "Four"}, headers={**key, "idempotency-key": "b"})
    app.state.now = usual
    assert again.status_code == 201


def test_requests_with_one_key_at_once_make_one_thing(
    app: FastAPI, client: TestClient, owner: dict[str, str], things: str
) -> None:
    headers = {**owner, "idempotency-key": "c"}

    def send(number: int) -> int:
        return TestClient(app).post(things, json={"name": "Towel"}, headers=headers).status_code

    with ThreadPoolExecutor(6) as threads:
        found = set(threads.map(send, range(6)))
    assert found <= {201, 409}
    assert 201 in found
    assert names(client.get(things, headers=owner)) == ["Towel"]


def test_a_refused_post_leaves_its_key_free(client: TestClient, owner: dict[str, str], things: str) -> None:
    headers = {**owner, "idempotency-key": "d"}
    assert client.post(things, json={"name": "bad"}, headers=headers).status_code == 409
    assert client.post(things, json={"name": "good"}, headers=headers).status_code == 201


def test_bulk_answers_for_each_item_and_one_fault_stops_no_other(
    client: TestClient, app: FastAPI, owner: dict[str, str], things: str, tenants: Tenants
) -> None:
    made = client.post(things, json={"name": "Towel"}, headers=owner)
    number, tag = made.json()["id"], made.headers["etag"]
    items = [
        {"op": "create", "data": {"name": "Cup"}},
        {"op": "create", "data": {"name": "Cup"}},
        {"op": "create", "data": {"colour": "green"}},
        {"op": "update", "id": number, "if_match": tag, "data": {"name": "Big towel"}},
        {"op": "update", "id": number, "if_match": tag, "data": {"name": "Small towel"}},
        {"op": "update", "id": number, "data": {"name": "Small towel"}},
        {"op": "delete", "id": "999", "if_match": tag},
        {"op": "delete"},
        {"op": "cook"},
        5,
    ]
    answer = client.post(f"{things}/bulk", json={"items": items}, headers=owner)
    found = answer.json()["items"]
    assert [item["status"] for item in found] == [201, 409, 422, 200, 412, 428, 404, 422, 422, 422]
    assert found[0]["item"]["name"] == "Cup"
    assert [error["pointer"] for error in found[2]["problem"]["errors"]] == [
        "/items/2/data/name",
        "/items/2/data/colour",
    ]
    assert found[8]["problem"]["errors"][0]["pointer"] == "/items/8/op"
    assert names(client.get(things, headers=owner)) == ["Big towel", "Cup"]
    with app.state.database.scoped(tenants.scope(), read_only=True) as session:
        recorded = session.query(AuditEntry).filter_by(subject_type="test_thing").order_by(AuditEntry.sequence)
        assert [entry.action for entry in recorded][-3:] == ["insert", "insert", "update"]
    many = client.post(f"{things}/bulk", json={"items": [{"op": "delete"}] * 1001}, headers=owner)
    assert code(many) == (413, "bulk_too_large")


def test_things_below_a_parent_are_found_there_alone(client: TestClient, owner: dict[str, str], things: str) -> None:
    one, two = (client.post(things, json={"name": name}, headers=owner).headers["location"] for name in ("A", "B"))
    part = client.post(f"{one}/parts", json={"name": "Part"}, headers=owner)
    assert part.json()["parent_id"] == one.rpartition("/")[2]
    assert names(client.get(f"{one}/parts", headers=owner)) == ["Part"]
    assert names(client.get(f"{two}/parts", headers=owner)) == []
    assert code(client.get(f"{two}/parts/{part.json()['id']}", headers=owner)) == (404, "unknown_item")
    assert code(client.get(f"{things}/999/parts", headers=owner)) == (404, "unknown_item")
    assert code(client.get(f"{things}/x/parts", headers=owner)) == (404, "unknown_item")


def test_another_tenants_store_and_things_are_as_if_they_were_not_there(
    client: TestClient, app: FastAPI, owner: dict[str, str], things: str, tenants: Tenants
) -> None:
    other = bearer(app, tenants, "other_owner")
    mine = client.post(things, json={"name": "Towel"}, headers=owner).json()["id"]
    theirs = f"/v1/stores/{tenants.stores['west']}/things"
    problems = [
        {**client.get(place, headers=headers).json(), "instance": ""}
        for place, headers in (
            (things, other),
            ("/v1/stores/999999/things", other),
            ("/v1/stores/x/things", other),
            (things, bearer(app, tenants, "guest")),
            (things, key_headers(app, tenants, ["products:read"], ["south"])),
        )
    ]
    assert problems[0]["code"] == "unknown_store"
    assert problems == problems[:1] * len(problems)
    assert code(client.get(f"{theirs}/{mine}", headers=other)) == (404, "unknown_item")
    refused = client.post(theirs, json={"name": "Child", "parent_id": mine}, headers=other)
    assert refused.json()["errors"][0]["code"] == "unknown_reference"
    assert client.post(theirs, json={"name": "Towel"}, headers=other).status_code == 201


def test_permissions_by_role_and_by_key(client: TestClient, app: FastAPI, things: str, tenants: Tenants) -> None:
    found = {}
    for role in ("owner", "operator", "compliance_officer", "analyst", "read_only"):
        headers = bearer(app, tenants, role)
        read = client.get(things, headers=headers).status_code
        found[role] = (read, client.post(things, json={"name": role}, headers=headers).status_code)
    assert found == {
        "owner": (200, 201),
        "operator": (200, 201),
        "compliance_officer": (200, 403),
        "analyst": (200, 403),
        "read_only": (200, 403),
    }
    reading = key_headers(app, tenants, ["products:read"], ["north"])
    assert client.get(things, headers=reading).status_code == 200
    assert code(client.post(things, json={"name": "x"}, headers=reading)) == (403, "permission_missing")
    assert code(client.get(things)) == (401, "key_missing")
    assert code(client.get(things, headers={"authorization": "Bearer eyJ.x.y"})) == (401, "key_invalid")


def test_the_document_describes_what_is_answered(
    client: TestClient, app: FastAPI, owner: dict[str, str], things: str
) -> None:
    app.openapi_schema = None
    document = app.openapi()
    template = "/v1/stores/{store_id}/things"
    paths = document["paths"]
    assert {method for path in paths if path.startswith(template) for method in paths[path]} == {
        "get",
        "post",
        "patch",
        "delete",
    }
    created = paths[template]["post"]
    assert created["operationId"] == "create_thing"
    schema = {**created["requestBody"]["content"]["application/json"]["schema"], "components": document["components"]}
    accepts = jsonschema_rs.Draft202012Validator(schema)
    assert accepts.is_valid({"name": "Towel", "price": "6.90"})
    assert not accepts.is_valid({"name": "Towel", "cook": 1})
    answer = client.post(things, json={"name": "Towel"}, headers=owner).json()
    for operation, given in ((created["responses"]["201"], answer), (created["responses"]["201"], EXAMPLE)):
        schema = {**operation["content"]["application/json"]["schema"], "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(given)
