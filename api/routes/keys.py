"""API keys of a legal entity: made here, shown once, kept as a hash, ended at once. For owners."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Caller, Permit, in_database
from api.context import context_of
from api.idempotency import Answer
from api.problems import ErrorAt, ProblemError
from api.resources.document import BODY, COMMON
from api.routes.prechecks import json_body
from store_model import audit
from store_model.access import PERMISSIONS, SCOPES, Key, create_key, list_keys, revoke_key
from store_model.accounts import Store

router = APIRouter(prefix="/v1/api_keys", tags=["access"])
READ = Permit("admin:read", whole_entity=True)
WRITE = Permit("admin:write", whole_entity=True)
ADMIN = tuple(code for code in COMMON if code != "unknown_store")


class KeyIn(wire.Input):
    """A new key: what it may do, in which stores (none named: all), and until when (never, if left out)."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    scopes: Annotated[list[str], Meta(min_length=1, max_length=50)]
    store_ids: Annotated[list[wire.IdText], Meta(min_length=1, max_length=100)] | None = None
    expires_at: datetime | None = None


class KeyOut(wire.Output):
    """A key without its secret."""

    prefix: str
    name: str
    scopes: list[str]
    store_ids: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewKey(wire.Output):
    """The one time that the key itself is shown."""

    key: str
    details: KeyOut


class Keys(wire.Output):
    items: list[KeyOut]


KEY = {
    "prefix": "sw_12ab34cd", "name": "ERP", "scopes": ["products:read"], "store_ids": ["1"],
    "created_at": "2026-08-22T12:00:00Z", "expires_at": None, "revoked_at": None,
}  # fmt: skip


def shown(key: Key) -> KeyOut:
    """A key as answered."""
    stores = None if key.store_ids is None else [str(store) for store in sorted(key.store_ids)]
    return wire.show(key, KeyOut, scopes=sorted(key.scopes), store_ids=stores)


@router.get(
    "",
    operation_id="list_api_keys",
    summary="The API keys of the legal entity",
    **openapi.store_operation(openapi.answer_schema(Keys), example={"items": [KEY]}, problems=ADMIN),
)
async def list_api_keys(request: Request) -> Response:
    """Revoked and expired ones too."""
    caller = await READ(request)

    def work() -> Answer:
        with request.app.state.database.transaction() as session:
            return Answer(200, Keys(items=[shown(key) for key in list_keys(session, caller.scope.entity_id)]))

    return (await in_database(request.app.state, work)).response()


@router.post(
    "",
    operation_id="create_api_key",
    summary="Make an API key",
    **openapi.store_operation(
        openapi.answer_schema(NewKey),
        status=201,
        example={"key": "sw_12ab34cd_…", "details": KEY},
        problems=(*ADMIN, *BODY),
        body=openapi.answer_schema(KeyIn),
        body_example={"name": "ERP", "scopes": ["products:read"], "store_ids": ["1"]},
    ),
)
async def create_api_key(request: Request) -> Response:
    """`scopes` are permissions (`products:read`) and the rights of the service (`prechecks`, `reference`)."""
    caller = await WRITE(request)
    sent = wire.read_struct(await json_body(context_of(request.scope), request.receive), KeyIn)

    def job(session: Session) -> Answer:
        stores = _checked(session, caller, sent)
        secret, key = create_key(
            session,
            name=sent.name,
            now=caller.now(),
            scopes=sent.scopes,
            expires_at=sent.expires_at,
            entity_id=caller.scope.entity_id,
            store_ids=stores,
            created_by=caller.actor,
        )
        _record(session, caller, "insert", key)
        return Answer(201, NewKey(key=secret, details=shown(key)), {"cache-control": "no-store"})

    return await _as_system(request, caller, job)


@router.delete(
    "/{prefix}",
    operation_id="revoke_api_key",
    summary="End an API key",
    **openapi.store_operation(
        None,
        status=204,
        parameters=[
            {"name": "prefix", "in": "path", "required": True, "description": "As the list shows it",
             "schema": {"type": "string", "maxLength": 20}, "example": "sw_12ab34cd"},
        ],
        problems=(*ADMIN, "unknown_item"),
    ),
)  # fmt: skip
async def revoke_api_key(request: Request) -> Response:
    """At once here; other processes of the service may take it for STOREWARDEN_KEY_CACHE_SECONDS more."""
    caller = await WRITE(request)
    prefix = request.path_params["prefix"]

    def job(session: Session) -> Answer:
        found = [key for key in list_keys(session, caller.scope.entity_id) if key.prefix == prefix]
        if not found or not revoke_key(session, prefix=prefix, now=caller.now()):
            raise ProblemError("unknown_item")
        _record(session, caller, "delete", found[0])
        return Answer(204)

    response = await _as_system(request, caller, job)
    request.app.state.keys.forget()
    request.app.state.principals.forget()
    return response


async def _as_system(request: Request, caller: Caller, job: object) -> Response:
    """Keys are found before their tenant is known, so their table has none; the entity is checked here by hand."""

    def work() -> Answer:
        with request.app.state.database.system(actor=caller.actor) as session:
            return job(session)  # type: ignore[operator, no-any-return]

    return (await in_database(request.app.state, work)).response()


def _checked(session: Session, caller: Caller, sent: KeyIn) -> list[int] | None:
    """The stores a key is bound to, when scopes, stores and the end are right."""
    errors: list[ErrorAt] = []
    known = (*SCOPES, *PERMISSIONS)
    for index, scope in enumerate(sent.scopes):
        if scope not in known:
            names = ", ".join(known)
            errors.append(
                wire.fault(f"/scopes/{index}", "not_allowed", f"must be one of {names}", f"必须为以下之一：{names}")
            )
    stores = None if sent.store_ids is None else sorted({int(store) for store in sent.store_ids})
    own = set(session.scalars(select(Store.id).where(Store.entity_id == caller.scope.entity_id)))
    for index, store in enumerate(sent.store_ids or ()):
        if int(store) not in own:
            place = f"/store_ids/{index}"
            errors.append(wire.fault(place, "unknown_reference", "is no store of yours", "不是您的店铺"))
    if sent.expires_at is not None and (sent.expires_at.tzinfo is None or sent.expires_at <= caller.now()):
        errors.append(
            wire.fault("/expires_at", "out_of_range", "must lie in the future, with its zone", "应为未来的时间并带时区")
        )
    if errors:
        raise ProblemError("invalid_body", errors=errors)
    return stores


def _record(session: Session, caller: Caller, action: str, key: Key) -> None:
    facts = {"name": key.name, "scopes": sorted(key.scopes), "store_ids": sorted(key.store_ids or ()) or None}
    before, after = (None, facts) if action == "insert" else (facts, None)
    audit.note(session, audit.Change(caller.scope.entity_id, action, "api_key", key.prefix, None, before, after))
