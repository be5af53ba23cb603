"""Tenants are kept apart: every route of the app, asked by everyone who may not; and each wall is needed.

The routes come from the app itself. A new one is covered at once; a new path parameter needs a line in
`tests/sample_ids.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.testclient import TestClient

from api.callers import Caller, Permit
from api.problems import ProblemError
from store_model.access import PERMISSIONS, create_key, expand, revoke_key
from store_model.accounts import Store
from store_model.db import Database
from store_model.row_security import SYSTEM_ROLE, TENANT_ROLE, enter
from store_model.schema import roles
from store_model.sessions import OPTION
from store_model.tenancy import EntityItself, EntityRow, Scope, StoreItself, StoreRow, System, criteria
from tests.api.conftest import make_app, pack
from tests.databases import Databases
from tests.sample_ids import OTHERS, SAMPLES, class_of, tenant_models
from tests.tenants import ROLES
from tests.world import World, make_world, operations_of

__all__ = ["make_app", "pack"]

OPEN = {
    "GET /",
    "GET /healthz",
    "GET /problems/{name}",
    "GET /openapi.json",
    "GET /docs",
    "POST /v1/callbacks/{source}",
    "POST /v1/oauth/token",
    "POST /v1/oauth/revoke",
    "POST /v1/oauth/invitations",
}
"""Routes that ask nobody who they are."""

UNCOUNTED = {"GET /", "GET /healthz", "GET /problems/{name}", "GET /openapi.json", "GET /docs"}
"""Routes without a rate limit: they cost nothing and hold nothing of anybody."""

OWN = {
    "GET /v1/account",
    "PATCH /v1/account",
    "POST /v1/account/password",
    "POST /v1/account/second_factor",
    "POST /v1/account/second_factor/confirm",
    "POST /v1/account/second_factor/disable",
    "GET /v1/account/sign_ins",
    "GET /v1/account/devices",
    "DELETE /v1/account/devices/{device_id}",
    "POST /v1/account/sign_out",
    "POST /v1/account/sign_out_everywhere",
    "GET /v1/roles",
    "GET /v1/stores",
}
"""Routes for anybody who is known: they show and change what is one's own."""

ONLY_ASKS = {
    "POST /v1/stores/{store_id}/what-if",  # supposes, and keeps nothing
    "POST /v1/stores/{store_id}/performance/what-if",
    "POST /v1/stores/{store_id}/violations/{violation_id}/rule-draft",  # answers two texts, and keeps nothing
    "POST /v1/stores/{store_id}/performance/plan",
    "POST /v1/stores/{store_id}/notifications/read",  # what one has read oneself
}
"""Routes that are no GET and yet need no more than reading."""

SERVICE = "/v1/prechecks", "/v1/rules", "/v1/features", "/v1/codes", "/metrics"
"""Routes of the service itself; `tests/api/test_access.py` is about their scopes."""


@pytest.fixture(scope="module")
def world(make_app: Callable[..., FastAPI], databases: Databases) -> World:
    """For what is decided before the database is asked for rows."""
    return make_world(make_app, databases.opened("sqlite"))


@pytest.fixture(scope="module")
def each_world(make_app: Callable[..., FastAPI], module_database: Database) -> World:
    """On each kind of database."""
    return make_world(make_app, module_database)


def seen(answer: Any) -> tuple[int, str | None]:
    """Status and code of an answer."""
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    return answer.status_code, answer.json()["code"] if is_problem else None


def in_store(operation: str) -> bool:
    return "/v1/stores/{store_id}" in operation


def test_the_document_holds_every_route_but_its_own_pages(world: World) -> None:
    paths = world.app.openapi()["paths"]
    described = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert set(world.operations) - described == {"GET /openapi.json", "GET /docs"}
    assert described - set(world.operations) == set()


def test_nobody_gets_in_without_a_key_or_with_one_that_does_not_hold(world: World) -> None:
    state = world.app.state
    with state.database.transaction() as session:
        secret, key = create_key(
            session, name="x", now=state.now(), scopes=PERMISSIONS, entity_id=world.tenants.one, store_ids=None
        )
        revoke_key(session, prefix=key.prefix, now=state.now())
    wanted = {
        "none": ({}, (401, "key_missing")),
        "a guess": ({"x-api-key": "sw_12345678_guess"}, (401, "key_invalid")),
        "a forged token": ({"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, (401, "key_invalid")),
        "a revoked key": ({"x-api-key": secret}, (401, "key_invalid")),
    }
    before = world.recorded()
    wrong = [
        (operation, who, seen(answer))
        for operation in world.operations
        for who, (headers, expected) in wanted.items()
        if operation not in OPEN and seen(answer := world.call(operation, headers=headers)) != expected
    ]
    assert wrong == []
    assert world.recorded() == before


def test_a_store_that_is_not_ones_own_is_as_if_it_were_not_there(world: World) -> None:
    state = world.app.state
    with state.database.transaction() as session:
        secret, _ = create_key(
            session,
            name="south alone",
            now=state.now(),
            scopes=PERMISSIONS,
            entity_id=world.tenants.one,
            store_ids=[world.tenants.stores["south"]],
        )
        own, _ = create_key(session, name="the service's own", now=state.now())
    callers = {
        "another tenant's owner": world.headers("other_owner"),
        "somebody of another store of the entity": world.headers("guest"),
        "a key of another store of the entity": {"x-api-key": secret},
        "a key of the service itself": {"x-api-key": own},
    }
    unknown = world.call("GET /v1/stores/{store_id}", headers=world.headers("owner"), store_id="999999999")
    before, wrong = world.recorded(), []
    for operation in filter(in_store, world.operations):
        for who, headers in callers.items():
            answer = world.call(operation, headers=headers)
            is_same = {**answer.json(), "instance": ""} == {**unknown.json(), "instance": ""}
            if seen(answer) != (404, "unknown_store") or not is_same:
                wrong.append((operation, who, seen(answer)))
    assert wrong == []
    assert world.recorded() == before


def test_things_of_another_tenant_or_store_are_not_found_in_ones_own(each_world: World) -> None:
    world = each_world
    before, wrong = world.recorded(), []
    callers = [(who, store, world.headers(who)) for who, store in (("other_owner", "west"), ("owner", "south"))]
    for operation in filter(in_store, world.operations):
        if set(re.findall(r"{(\w+)}", operation)) - set(OTHERS) == {"store_id"}:
            continue
        for who, store, headers in callers:
            answer = world.call(operation, store=store, headers=headers)
            refused = (
                answer.status_code == 404 if operation.startswith("GET") else answer.status_code in (404, 415, 422)
            )
            if not refused:
                wrong.append((operation, who, seen(answer)))
    for operation in ("GET /v1/users/{user_id}", "PATCH /v1/users/{user_id}", "POST /v1/users/{user_id}/invitation"):
        answer = world.call(operation, headers=callers[0][2])
        if answer.status_code not in (404, 422):
            wrong.append((operation, "other_owner", seen(answer)))
    assert wrong == []
    assert world.recorded() == before


@pytest.fixture(scope="module")
def permissions(world: World) -> dict[str, set[str | None]]:
    """What each route asks for, learned by calling it as an owner; its work is not done."""
    found: dict[str, set[str | None]] = {}
    allow, current = Permit.__call__, [""]

    async def ask(self: Permit, request: Request) -> Caller:
        await allow(self, request)
        found.setdefault(current[0], set()).add(self.permission)
        raise ProblemError("internal_error")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Permit, "__call__", ask)
        headers = world.headers("owner")
        for operation in world.operations:
            if operation not in OPEN and not operation.split()[1].startswith(SERVICE):
                current[0] = operation
                world.call(operation, headers=headers)
    return found


def test_every_route_asks_for_a_permission_that_fits_what_it_does(
    world: World, permissions: dict[str, set[str | None]]
) -> None:
    asked = {operation for operation in world.operations if operation not in OPEN}
    asked = {operation for operation in asked if not operation.split()[1].startswith(SERVICE)}
    assert asked - set(permissions) == set(), "these routes ask nobody for a permission"
    assert {operation for operation, names in permissions.items() if None in names} == OWN
    wrong = [
        (operation, names)
        for operation, names in permissions.items()
        if operation not in OWN
        and {str(name).partition(":")[2] for name in names}
        != {"read" if operation.startswith("GET") or operation in ONLY_ASKS else "write"}
    ]
    assert wrong == []


def test_a_role_does_what_its_permissions_say_and_no_more(
    world: World, permissions: dict[str, set[str | None]]
) -> None:
    before, wrong = world.recorded(), []
    headers = {role: world.headers(role) for role in ROLES}
    for operation, names in permissions.items():
        if operation in OWN:
            continue
        (needed,) = names
        for role in ROLES:
            may = needed in expand(roles()[role]["permissions"])
            if may:
                continue
            answer = world.call(operation, headers=headers[role])
            if seen(answer) != (403, "permission_missing"):
                wrong.append((operation, role, seen(answer)))
    assert wrong == []
    assert world.recorded() == before


def test_a_key_with_one_permission_reaches_nothing_else(world: World, permissions: dict[str, set[str | None]]) -> None:
    wrong = []
    for allowed in ("home:read", "products:write"):
        state = world.app.state
        with state.database.transaction() as session:
            secret, _ = create_key(
                session, name="x", now=state.now(), scopes=[allowed], entity_id=world.tenants.one, store_ids=None
            )
        for operation, names in permissions.items():
            if operation not in OWN and allowed not in names:
                answer = world.call(operation, headers={"x-api-key": secret})
                if seen(answer) != (403, "permission_missing"):
                    wrong.append((operation, allowed, seen(answer)))
    assert wrong == []


def test_every_route_has_a_rate_limit_with_standard_headers(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(rate_limit="100000/minute", require_keys="always")
    client, wrong = TestClient(app), []
    for operation in operations_of(app):
        method, _, path = operation.partition(" ")
        answer = client.request(method, re.sub(r"{\w+}", "1", path))
        policy, left = answer.headers.get("ratelimit-policy"), answer.headers.get("ratelimit", "")
        is_limited = policy == '"default";q=100000;w=60' and re.fullmatch(r'"default";r=\d+;t=\d+', left) is not None
        if is_limited == (operation in UNCOUNTED):
            wrong.append((operation, policy, left))
    assert wrong == []


# Each wall is needed ---------------------------------------------------------------------------------------------
#
# Two probes look for what a scope must not see; then each predicate and each policy is taken away in turn, and the
# probes have to notice.

MODELS = tenant_models()
STORE_MODELS = [model for model in MODELS if issubclass(model, StoreRow)]


def names(models: Iterable[type[Any]]) -> set[str]:
    return {model.__tablename__ for model in models}


def visible(world: World, scope: Scope, model: type[Any]) -> bool:
    """Whether a session of this scope sees the sample row, which belongs to the store north of entity one."""
    keys = zip(inspect(model).primary_key, world.rows[model.__tablename__], strict=True)
    wanted = [getattr(model, column.key) == value for column, value in keys]
    with world.app.state.database.scoped(scope, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(model).where(*wanted)) == 1


def seen_by_another_tenant(world: World) -> set[str]:
    scope = world.tenants.entity_scope(world.tenants.two)
    return names(model for model in MODELS if visible(world, scope, model))


def seen_from_another_store(world: World) -> set[str]:
    return names(model for model in (*STORE_MODELS, Store) if visible(world, world.tenants.scope("south"), model))


def test_there_is_a_sample_row_of_every_table_and_its_owner_sees_it(each_world: World) -> None:
    assert names(MODELS) == set(each_world.rows)
    assert [name for name, table in SAMPLES.items() if class_of(table) not in MODELS] == []
    scope = each_world.tenants.scope("north")
    assert [model.__tablename__ for model in MODELS if not visible(each_world, scope, model)] == []


def test_no_other_scope_sees_a_row_of_any_table(each_world: World) -> None:
    assert (seen_by_another_tenant(each_world), seen_from_another_store(each_world)) == (set(), set())


PREDICATES = {
    EntityRow: (names(model for model in MODELS if issubclass(model, EntityRow)), set()),
    EntityItself: ({"legal_entity"}, set()),
    StoreRow: (set(), names(STORE_MODELS)),
    StoreItself: (set(), {"store"}),
}
"""What another tenant, and another store, would see without the predicate of each kind of row."""


@pytest.mark.parametrize("kind", PREDICATES, ids=lambda kind: kind.__name__)
def test_without_a_predicate_rows_are_seen_unless_the_database_holds_them_back(
    each_world: World, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fewer(scope: Scope) -> tuple[Any, ...]:
        return tuple(option for option in criteria(scope) if option.root_entity is not kind)

    monkeypatch.setattr("store_model.sessions.criteria", fewer)
    found = seen_by_another_tenant(each_world), seen_from_another_store(each_world)
    by_tenant, by_store = PREDICATES[kind]
    is_walled_twice = each_world.app.state.database.engine.dialect.name == "postgresql"
    assert found == ((set(), set()) if is_walled_twice else (by_tenant, by_store))


@pytest.fixture(scope="module")
def postgres_world(make_app: Callable[..., FastAPI], databases: Databases) -> World:
    return make_world(make_app, databases.opened("postgresql"))


def rows_seen(connection: Connection, scope: Scope, model: type[Any]) -> int:
    """How many rows raw SQL sees in this scope, with no predicate of ours: the policies alone."""
    connection.execute(text("RESET ROLE"))
    enter(connection, scope)
    found = connection.scalar(text(f'SELECT count(*) FROM "{model.__tablename__}"'))
    connection.execute(text("RESET ROLE"))
    return int(found or 0)


@pytest.fixture
def connection(postgres_world: World) -> Iterator[Connection]:
    """A connection whose changes are rolled back."""
    with postgres_world.app.state.database.engine.connect() as opened:
        opened.execution_options(**{OPTION: {"access": System("test")}})
        yield opened
        opened.rollback()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__tablename__)
def test_each_policy_holds_and_is_needed(postgres_world: World, connection: Connection, model: type[Any]) -> None:
    """Taken away (default: nothing is seen), opened, or not enforced: each is noticed."""
    tenants, table = postgres_world.tenants, f'"{model.__tablename__}"'
    owner, other = tenants.entity_scope(), tenants.entity_scope(tenants.two)
    probe = [rows_seen(connection, owner, model), rows_seen(connection, other, model)]
    everything = sum(probe)
    assert probe[0] >= 1
    forced = text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)")
    assert tuple(connection.execute(forced, {"name": table}).one()) == (True, True)
    for mutation, seen_then in (
        (f"DROP POLICY tenant ON {table}", [0, 0]),
        (f"ALTER POLICY tenant ON {table} USING (true)", [everything, everything]),
        (f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", [everything, everything]),
    ):
        savepoint = connection.begin_nested()
        connection.execute(text(mutation))
        assert [rows_seen(connection, scope, model) for scope in (owner, other)] == seen_then, mutation
        savepoint.rollback()
        assert [rows_seen(connection, scope, model) for scope in (owner, other)] == probe
    if issubclass(model, StoreRow | StoreItself):
        assert rows_seen(connection, tenants.scope("south"), model) == (1 if model is Store else 0)
    if issubclass(model, EntityRow):
        enter(connection, owner)
        moved = text(f"UPDATE {table} SET entity_id = {tenants.two}")
        with pytest.raises(DBAPIError, match=r"row-level security|permission denied|append-only"):
            connection.execute(moved)


def test_without_a_tenant_the_database_answers_with_an_error_not_with_everything(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL ROLE {TENANT_ROLE}"))
    with pytest.raises(DBAPIError, match=r"app\.entity_id|invalid input syntax"):
        connection.execute(text("SELECT * FROM store"))


def test_a_pooled_connection_carries_no_tenant_over(postgres_world: World) -> None:
    database = postgres_world.app.state.database
    with database.scoped(postgres_world.tenants.scope()) as session:
        assert session.scalar(text("SELECT current_user")) == TENANT_ROLE
    with database.transaction() as session:
        assert session.scalar(text("SELECT current_user")) not in (TENANT_ROLE, SYSTEM_ROLE)
        assert session.scalar(text("SELECT current_setting('app.entity_id', true)")) in (None, "")
