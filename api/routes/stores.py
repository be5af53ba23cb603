"""The stores of a legal entity, and the audit of what was done to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Caller, Permit
from api.context import context_of
from api.etags import demand_match, etag, is_unchanged
from api.idempotency import Answer, once
from api.paging import make_token, read_token
from api.problems import ProblemError, bad_parameter
from api.resources.document import (
    BODY,
    COMMON,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    MATCH,
    ONCE,
    page_of,
    path_parameters,
)
from api.routes.prechecks import json_body
from store_model.accounts import Store
from store_model.audit import AuditEntry, verify

router = APIRouter(prefix="/v1", tags=["access"])
KNOWN = Permit(None)
READ = Permit("store:read")
WRITE = Permit("store:write")
CREATE = Permit("admin:write", whole_entity=True)
AUDIT = Permit("admin:read", whole_entity=True)
ENTITY = tuple(code for code in COMMON if code != "unknown_store")
PAGE_SIZE, MAX_PAGE = 50, 1000


class StoreIn(wire.Input):
    """A new store. `platform_id` is the platform's own number of it."""

    name: wire.Line
    platform: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{1,39}$")]
    platform_id: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^\S+$")] | None = None


class StoreChange(wire.Input):
    """What may change of a store here; its settings are in the section store."""

    name: wire.Line | UnsetType = UNSET
    platform_id: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^\S+$")] | UnsetType | None = UNSET


class StoreView(wire.Output):
    """A store and what the caller may do there."""

    id: str
    name: str
    platform: str
    platform_id: str | None
    level: str | None
    type: str | None
    permissions: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


class Stores(wire.Output):
    items: list[StoreView]


class AuditOut(wire.Output):
    """One change: who, what, from what to what, when; `hash` follows from it and from the record before it."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: str
    store_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous_hash: str
    hash: str


class ChainOut(wire.Output):
    """Whether the chain of records holds; `head` is where it ends, to be noted elsewhere and compared later."""

    records: int
    head: str
    is_intact: bool
    broken_at: int | None
    reason: str | None


STORE = {
    "id": "1", "name": "North", "platform": "example", "platform_id": "1100", "level": None, "type": None,
    "permissions": ["home:read"], "version": 1, "created_at": "2026-08-22T12:00:00Z",
    "updated_at": "2026-08-22T12:00:00Z",
}  # fmt: skip
HASH = "9f" * 32
ENTRY = {
    "sequence": 7, "at": "2026-08-22T12:00:00Z", "actor": "user:1", "action": "update", "subject_type": "store",
    "subject_id": "1", "store_id": None, "before": {"name": "N"}, "after": {"name": "North"}, "previous_hash": HASH,
    "hash": HASH,
}  # fmt: skip


def shown(store: Store, caller: Caller) -> StoreView:
    """A store as answered."""
    return wire.show(store, StoreView, permissions=sorted(caller.principal.permissions(store.id)))


@router.get(
    "/stores",
    operation_id="list_stores",
    summary="The stores that are open to the caller",
    **openapi.store_operation(openapi.answer_schema(Stores), example={"items": [STORE]}, problems=ENTITY),
)
async def list_stores(request: Request) -> Response:
    """With what the caller may do in each."""
    caller = await KNOWN(request)

    def job(session: Session) -> Answer:
        rows = session.scalars(select(Store).order_by(Store.id))
        return Answer(200, Stores(items=[shown(row, caller) for row in rows if caller.principal.permissions(row.id)]))

    return (await caller.run(job, read_only=True)).response()


@router.post(
    "/stores",
    operation_id="create_store",
    summary="Add a store to the legal entity",
    **openapi.store_operation(
        openapi.answer_schema(StoreView),
        status=201,
        example=STORE,
        parameters=[IDEMPOTENCY_KEY],
        problems=(*ENTITY, *BODY, *ONCE),
        body=openapi.answer_schema(StoreIn),
        body_example={"name": "North", "platform": "example", "platform_id": "1100"},
    ),
)
async def create_store(request: Request) -> Response:
    """For owners."""
    caller = await CREATE(request)
    body = await json_body(context_of(request.scope), request.receive)
    sent = wire.read_struct(body, StoreIn)

    def job(session: Session) -> Answer:
        store = Store(name=sent.name, platform=sent.platform, platform_id=sent.platform_id)
        session.add(store)
        session.flush()
        return Answer(201, shown(store, caller), {"etag": etag(store), "location": f"/v1/stores/{store.id}"})

    response = await once(request, caller, body, job)
    request.app.state.principals.forget()
    return response


@router.get(
    "/stores/{store_id}",
    operation_id="get_store",
    summary="Read a store",
    **openapi.store_operation(
        openapi.answer_schema(StoreView),
        example=STORE,
        parameters=[*path_parameters("{store_id}"), IF_NONE_MATCH],
        problems=COMMON,
        may_be_unchanged=True,
    ),
)
async def get_store(request: Request) -> Response:
    """With the ETag that a change needs."""
    caller = await READ(request)

    def job(session: Session) -> Answer:
        store = session.get_one(Store, caller.store_id)
        headers = {"etag": etag(store)}
        return (
            Answer(304, None, headers) if is_unchanged(request, store) else Answer(200, shown(store, caller), headers)
        )

    return (await caller.run(job, read_only=True)).response()


@router.patch(
    "/stores/{store_id}",
    operation_id="update_store",
    summary="Change a store's name or number",
    **openapi.store_operation(
        openapi.answer_schema(StoreView),
        example=STORE,
        parameters=[*path_parameters("{store_id}"), IF_MATCH],
        problems=(*COMMON, *BODY, *MATCH),
        body=openapi.answer_schema(StoreChange),
        body_example={"name": "North"},
    ),
)
async def update_store(request: Request) -> Response:
    """A JSON merge patch."""
    caller = await WRITE(request)
    change = wire.read_struct(await json_body(context_of(request.scope), request.receive), StoreChange)

    def job(session: Session) -> Answer:
        store = session.get_one(Store, caller.store_id)
        demand_match(request.headers.get("if-match"), store)
        for name in ("name", "platform_id"):
            if getattr(change, name) is not UNSET:
                setattr(store, name, getattr(change, name))
        session.flush()
        return Answer(200, shown(store, caller), {"etag": etag(store)})

    return (await caller.run(job)).response()


# Audit -----------------------------------------------------------------------------------------------------------

AUDIT_FILTERS = {
    "subject_type": "The table that was changed, such as product",
    "subject_id": "The id of what was changed",
    "actor": "Who did it, such as user:1",
    "page_size": "Up to 1000; 50 when left out",
    "page_token": "next_page_token of the page before",
}


@router.get(
    "/audit",
    operation_id="list_audit",
    summary="What was changed, by whom, when; the newest first",
    **openapi.store_operation(
        openapi.answer_schema(page_of(AuditOut)),
        example={"items": [ENTRY], "next_page_token": None},
        parameters=[
            {"name": name, "in": "query", "description": note, "schema": {"type": "string", "maxLength": 500}}
            if name != "page_size"
            else {"name": name, "in": "query", "description": note, "schema": {"type": "integer", "minimum": 1}}
            for name, note in AUDIT_FILTERS.items()
        ],
        problems=(*ENTITY, "invalid_parameter", "bad_page_token"),
    ),
)
async def list_audit(request: Request) -> Response:
    """Of the whole legal entity; for owners."""
    caller = await AUDIT(request)
    given = dict(request.query_params)
    if unknown := sorted(set(given) - set(AUDIT_FILTERS)):
        names = ", ".join(AUDIT_FILTERS)
        shown_name = unknown[0][:40] if unknown[0].isprintable() else "?"
        raise ProblemError(
            "invalid_parameter",
            errors=[bad_parameter(shown_name, f"is unknown; known are {names}", f"未知；可用参数为 {names}")],
        )
    raw = given.get("page_size", str(PAGE_SIZE))
    if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and int(raw) > 0):
        raise ProblemError(
            "invalid_parameter",
            errors=[bad_parameter("page_size", "must be a whole number above 0", "必须为大于 0 的整数")],
        )
    size = min(int(raw), MAX_PAGE)
    wanted = {name: given[name] for name in ("subject_type", "subject_id", "actor") if name in given}
    if any("\0" in value for value in wanted.values()):
        raise ProblemError("invalid_parameter", errors=[bad_parameter("query", "cannot be read", "无法读取")])
    binding, secret = (
        repr((caller.scope.entity_id, sorted(wanted.items()))),
        request.app.state.secrets.key("audit page"),
    )
    before = read_token(given["page_token"], binding=binding, secret=secret) if "page_token" in given else None

    def job(session: Session) -> Answer:
        query = select(AuditEntry).where(*(getattr(AuditEntry, name) == value for name, value in wanted.items()))
        if before is not None:
            query = query.where(AuditEntry.sequence < int(before))
        rows = list(session.scalars(query.order_by(AuditEntry.sequence.desc()).limit(size + 1)))
        more = len(rows) > size
        token = make_token(str(rows[size - 1].sequence), binding=binding, secret=secret) if more else None
        return Answer(200, {"items": [wire.show(row, AuditOut) for row in rows[:size]], "next_page_token": token})

    return (await caller.run(job, read_only=True)).response()


@router.get(
    "/audit/chain",
    operation_id="verify_audit",
    summary="Whether the audit is whole",
    **openapi.store_operation(
        openapi.answer_schema(ChainOut),
        example={"records": 7, "head": HASH, "is_intact": True, "broken_at": None, "reason": None},
        problems=ENTITY,
    ),
)
async def verify_audit(request: Request) -> Response:
    """Follows the whole chain; `storewarden audit verify` does the same for every entity."""
    caller = await AUDIT(request)

    def job(session: Session) -> Answer:
        found = verify(session)
        if not found:
            return Answer(200, ChainOut(records=0, head="0" * 64, is_intact=True, broken_at=None, reason=None))
        one = found[0]
        broken = one.broken
        return Answer(
            200,
            ChainOut(
                records=one.records,
                head=one.head,
                is_intact=broken is None,
                broken_at=None if broken is None else broken.sequence,
                reason=None if broken is None else broken.reason,
            ),
        )

    return (await caller.run(job, read_only=True)).response()
