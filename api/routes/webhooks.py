"""Webhook endpoints of a legal entity: where events go, with which secret, what was delivered, and sending again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.etags import demand_match, etag, is_unchanged
from api.idempotency import Answer, once
from api.paging import make_token, read_token
from api.problems import ProblemError
from api.resources.document import BODY, COMMON, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, MATCH, ONCE, page_of
from api.resources.document import path_parameters as path_of
from api.routes.prechecks import json_body
from api.webhooks import endpoints, types
from api.webhooks.addresses import UrlRefused, check_url
from store_model.accounts import Store
from store_model.endpoints import DISABLED, Attempt, Delivery, Endpoint
from store_model.leases import STATES
from store_model.outbox import Event

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])
READ = Permit("webhooks:read", whole_entity=True)
WRITE = Permit("webhooks:write", whole_entity=True)
ENTITY = tuple(code for code in COMMON if code != "unknown_store")
ITEM = (*ENTITY, "unknown_item")
MOMENT = types.MOMENT
MOST_ENDPOINTS = 100
Url = Annotated[str, Meta(min_length=1, max_length=2000, description="https, port 443 or 8443, no credentials")]
Filters = Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(min_length=1, max_length=100)]
Stores = Annotated[list[wire.IdText], Meta(min_length=1, max_length=1000)]
Concurrency = Annotated[int, Meta(ge=1, le=64)]
Rate = Annotated[int, Meta(ge=1, le=10_000, description="Calls a second, of all workers together; null: no limit")]


class EndpointIn(wire.Input, kw_only=True):
    """Where events go. `event_types` holds types or groups (`finding.*`); without it, as without stores: all."""

    url: Url
    description: Annotated[str, Meta(max_length=200)] | None = None
    event_types: Filters | None = None
    store_ids: Stores | None = None
    signature: Literal["v1", "v1a"] = "v1"
    max_concurrency: Concurrency = 8
    max_per_second: Rate | None = None


class EndpointChange(wire.Input, kw_only=True):
    """What may change afterwards."""

    url: Url | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=200)] | UnsetType | None = UNSET
    event_types: Filters | UnsetType | None = UNSET
    store_ids: Stores | UnsetType | None = UNSET
    max_concurrency: Concurrency | UnsetType = UNSET
    max_per_second: Rate | UnsetType | None = UNSET


class EndpointOut(wire.Output, kw_only=True):
    """An endpoint; `public_keys` verify `v1a` signatures, `secrets_until` says when each secret that signs ends."""

    id: str
    url: str
    description: str | None
    event_types: list[str] | None
    store_ids: list[str] | None
    signature: str
    max_concurrency: int
    max_per_second: int | None
    state: str
    disabled_reason: str | None
    failing_since: datetime | None
    public_keys: list[str]
    secrets_until: list[str | None]
    version: int
    updated_at: datetime


class SecretOut(EndpointOut, kw_only=True):
    """The endpoint with its new secret, which is never shown again."""

    secret: str


class RotateIn(wire.Input, kw_only=True):
    """For how long the secret before signs along."""

    overlap_hours: Annotated[int, Meta(ge=0, le=168)] = 24


class ReplayIn(wire.Input, kw_only=True):
    """Which events to send again: all that fit everything given. `first` and `last` are numbers of `store_id`."""

    event_ids: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=1000)] | None = None
    store_id: wire.IdText | None = None
    since: datetime | None = None
    until: datetime | None = None
    first: Annotated[int, Meta(ge=1)] | None = None
    last: Annotated[int, Meta(ge=1)] | None = None
    types: Filters | None = None
    only_dead: bool = False


class ReplayOut(wire.Output, kw_only=True):
    """How many are sent again; `continue_after` names the last event when there may be more."""

    deliveries: int
    continue_after: str | None


class EndpointTestOut(wire.Output, kw_only=True):
    """The test event that is on its way."""

    event_id: str


class DeliveryOut(wire.Output, kw_only=True):
    """One event on its way; `next_attempt_at` while it waits. `round` rises with each replay."""

    id: str
    event_id: str
    type: str
    store_id: str
    sequence: int
    round: int
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


class AttemptOut(wire.Output, kw_only=True):
    """One call and what came back; `body_head` is the beginning of the answer."""

    number: int
    at: datetime
    outcome: str
    status: int | None
    milliseconds: int
    request: dict[str, str]
    response: dict[str, str]
    body_head: str | None


class Attempts(wire.Output, kw_only=True):
    items: list[AttemptOut]


ENDPOINT = {
    "id": "3", "url": "https://hooks.example.com/storewarden", "description": None, "event_types": ["finding.*"],
    "store_ids": None, "signature": "v1", "max_concurrency": 8, "max_per_second": None, "state": "enabled",
    "disabled_reason": None, "failing_since": None, "public_keys": [], "secrets_until": [None], "version": 1,
    "updated_at": MOMENT,
}  # fmt: skip
WITH_SECRET = {**ENDPOINT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
DELIVERY = {
    "id": "9", "event_id": "evt_019ab1c2d3e45e5e5e5e5e5e5e5e5e5e", "type": "finding.opened", "store_id": "1",
    "sequence": 42, "round": 0, "state": "done", "attempts": 1, "next_attempt_at": None, "last_error": None,
    "created_at": MOMENT, "finished_at": MOMENT,
}  # fmt: skip
ATTEMPT = {
    "number": 1, "at": MOMENT, "outcome": "delivered", "status": 200, "milliseconds": 41,
    "request": {"webhook-id": "evt_019ab1c2d3e45e5e5e5e5e5e5e5e5e5e"}, "response": {}, "body_head": "ok",
}  # fmt: skip
PAGE = {
    "page_size": query.Parameter("Up to 1000; 50 when left out", int, default=50, least=1, most=1000, example=50),
    "page_token": query.Parameter("next_page_token of the page before"),
}
DELIVERIES = {**PAGE, "state": query.Parameter("Only these; dead: given up", choices=STATES)}


def shown(row: Endpoint, now: datetime) -> dict[str, Any]:
    """An endpoint as answered, without its secrets."""
    holding = endpoints.holding(row.secrets, now)
    given = {
        "public_keys": [entry["public"] for entry in holding if entry["public"] is not None],
        "secrets_until": [entry["expires_at"] for entry in holding],
    }
    return msgspec.to_builtins(wire.show(row, EndpointOut, **given))  # type: ignore[no-any-return]


def _find(session: Session, request: Request) -> Endpoint:
    number = read_id(request.path_params["endpoint_id"])
    found = None if number is None else session.get(Endpoint, number)
    if found is None:
        raise ProblemError("unknown_item")
    return found


def _check(session: Session, request: Request, values: dict[str, Any]) -> None:
    """422 for a URL that can never be called, a type that there is not, a store that is not the caller's."""
    if isinstance(values.get("url"), str):
        try:
            check_url(values["url"], allow_loopback=request.app.state.settings.webhooks_allow_loopback)
        except UrlRefused as refused:
            raise wire.refuse("/url", "url_refused", refused.en, refused.zh) from None
    for index, name in enumerate(values.get("event_types") or ()):
        if not types.known(name):
            raise wire.refuse(f"/event_types/{index}", "unknown_event_type", "is no event type", "没有此事件类型")
    wanted = values.get("store_ids") or []
    if wanted:
        mine = {str(number) for number in session.scalars(select(Store.id))}
        for index, store in enumerate(wanted):
            if store not in mine:
                raise wire.refuse(
                    f"/store_ids/{index}", "unknown_reference", "names nothing of this entity", "不属于该主体"
                )


def _page(
    session: Session, caller: Caller, request: Request, wanted: dict[str, Any], rows: Select[Any], column: Any
) -> tuple[list[Any], str | None]:
    """A page, the newest first, and the token of the next."""
    filters = {key: value for key, value in wanted.items() if key not in PAGE}
    binding = repr((caller.scope.entity_id, request.url.path, sorted(filters.items(), key=str)))
    secret = request.app.state.secrets.key("page token")
    if wanted["page_token"] is not None:
        rows = rows.where(column < int(read_token(wanted["page_token"], binding=binding, secret=secret)))
    size = wanted["page_size"]
    found = session.execute(rows.order_by(column.desc()).limit(size + 1)).all()
    last = str(found[size - 1][0].id) if len(found) > size else None
    return found[:size], None if last is None else make_token(last, binding=binding, secret=secret)


@router.get(
    "",
    operation_id="list_webhook_endpoints",
    summary="The endpoints of the legal entity",
    description="The newest first. 全部回调地址。",
    **openapi.store_operation(
        openapi.answer_schema(page_of(EndpointOut)),
        example={"items": [ENDPOINT], "next_page_token": None},
        parameters=query.documented(PAGE),
        problems=(*ENTITY, "invalid_parameter", "bad_page_token"),
    ),
)
async def list_endpoints(request: Request) -> Response:
    """All of them."""
    caller = await READ(request)
    wanted = query.read(request, PAGE)

    def job(session: Session) -> Answer:
        rows, token = _page(session, caller, request, wanted, select(Endpoint), Endpoint.id)
        return Answer(200, {"items": [shown(row[0], caller.now()) for row in rows], "next_page_token": token})

    return (await caller.run(job, read_only=True)).response()


@router.post(
    "",
    operation_id="create_webhook_endpoint",
    summary="Add an endpoint; its secret is shown this once",
    description=(
        "An answer that got lost is given once more, with the secret, to the same Idempotency-Key within 24 hours; "
        "after that make a new secret with rotate. 新建回调地址，密钥仅显示这一次。"
    ),
    **openapi.store_operation(
        openapi.answer_schema(SecretOut),
        status=201,
        example=WITH_SECRET,
        parameters=[IDEMPOTENCY_KEY],
        problems=(*ENTITY, *BODY, *ONCE, "answer_unreadable", "limit_reached"),
        body=openapi.answer_schema(EndpointIn),
        body_example={"url": ENDPOINT["url"], "event_types": ["finding.*"]},
    ),
)
async def create_endpoint(request: Request) -> Response:
    """A new endpoint."""
    caller = await WRITE(request)
    body = await json_body(context_of(request.scope), request.receive)
    sent = wire.read_struct(body, EndpointIn)

    def job(session: Session) -> Answer:
        values = msgspec.to_builtins(sent)
        _check(session, request, values)
        if len(session.scalars(select(Endpoint.id)).all()) >= MOST_ENDPOINTS:
            raise ProblemError(
                "limit_reached",
                limit=MOST_ENDPOINTS,
                what_en="endpoints of a legal entity",
                what_zh="回调地址（每主体）",
            )
        secret, kept = endpoints.new_sealed(request.app.state.sealer, sent.signature, caller.now())
        row = Endpoint(**values, secrets=[kept], state="enabled")
        session.add(row)
        session.flush()
        return Answer(201, {**shown(row, caller.now()), "secret": secret}, {"etag": etag(row)})

    return await once(request, caller, body, job, sealer=request.app.state.sealer)


@router.get(
    "/{endpoint_id}",
    operation_id="get_webhook_endpoint",
    summary="Read an endpoint",
    description="With the ETag that a change needs. 查看回调地址。",
    **openapi.store_operation(
        openapi.answer_schema(EndpointOut),
        example=ENDPOINT,
        parameters=[*path_of("{endpoint_id}"), IF_NONE_MATCH],
        problems=ITEM,
        may_be_unchanged=True,
    ),
)
async def get_endpoint(request: Request) -> Response:
    """One endpoint."""
    caller = await READ(request)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        headers = {"etag": etag(row)}
        return (
            Answer(304, None, headers) if is_unchanged(request, row) else Answer(200, shown(row, caller.now()), headers)
        )

    return (await caller.run(job, read_only=True)).response()


@router.patch(
    "/{endpoint_id}",
    operation_id="update_webhook_endpoint",
    summary="Change an endpoint",
    description="A JSON merge patch. 修改回调地址。",
    **openapi.store_operation(
        openapi.answer_schema(EndpointOut),
        example=ENDPOINT,
        parameters=[*path_of("{endpoint_id}"), IF_MATCH],
        problems=(*ITEM, *BODY, *MATCH),
        body=openapi.answer_schema(EndpointChange),
        body_example={"event_types": ["finding.*", "violation.recorded"]},
    ),
)
async def update_endpoint(request: Request) -> Response:
    """What was sent changes, the rest stays."""
    caller = await WRITE(request)
    change = wire.read_struct(await json_body(context_of(request.scope), request.receive), EndpointChange)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        demand_match(request.headers.get("if-match"), row)
        values = msgspec.to_builtins(change)
        _check(session, request, values)
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        return Answer(200, shown(row, caller.now()), {"etag": etag(row)})

    return (await caller.run(job)).response()


@router.delete(
    "/{endpoint_id}",
    operation_id="delete_webhook_endpoint",
    summary="Delete an endpoint with its deliveries",
    description="Its log goes with it. 删除回调地址及其推送记录。",
    **openapi.store_operation(
        None, status=204, parameters=[*path_of("{endpoint_id}"), IF_MATCH], problems=(*ITEM, *MATCH)
    ),
)
async def delete_endpoint(request: Request) -> Response:
    """Gone for good."""
    caller = await WRITE(request)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        demand_match(request.headers.get("if-match"), row)
        session.delete(row)
        session.flush()
        return Answer(204)

    return (await caller.run(job)).response()


@router.post(
    "/{endpoint_id}/rotate",
    operation_id="rotate_webhook_secret",
    summary="Make a new secret; the one before signs along for a while",
    description="Shown this once, and once more to the same Idempotency-Key. 轮换密钥，旧密钥在重叠期内仍同时签名。",
    **openapi.store_operation(
        openapi.answer_schema(SecretOut),
        example={**WITH_SECRET, "secrets_until": [None, "2026-11-24T12:00:00+00:00"]},
        parameters=[*path_of("{endpoint_id}"), IDEMPOTENCY_KEY],
        problems=(*ITEM, *BODY, *ONCE, "answer_unreadable", "changed_meanwhile"),
        body=openapi.answer_schema(RotateIn),
        body_example={"overlap_hours": 24},
    ),
)
async def rotate_secret(request: Request) -> Response:
    """Rotation."""
    caller = await WRITE(request)
    body = await json_body(context_of(request.scope), request.receive)
    sent = wire.read_struct(body, RotateIn)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        overlap = timedelta(hours=sent.overlap_hours)
        secret = endpoints.rotate(row, request.app.state.sealer, now=caller.now(), overlap=overlap)
        session.flush()
        return Answer(200, {**shown(row, caller.now()), "secret": secret}, {"etag": etag(row)})

    return await once(request, caller, body, job, sealer=request.app.state.sealer)


def _switch(name: str, summary: str, zh: str) -> dict[str, Any]:
    return {
        "operation_id": name,
        "summary": summary,
        "description": f"Doing it again changes nothing. {zh}",
        **openapi.store_operation(
            openapi.answer_schema(EndpointOut),
            example=ENDPOINT,
            parameters=path_of("{endpoint_id}"),
            problems=(*ITEM, "changed_meanwhile", "conflict"),
        ),
    }


@router.post("/{endpoint_id}/enable", **_switch("enable_webhook_endpoint", "Send events there again", "启用回调地址。"))
async def enable_endpoint(request: Request) -> Response:
    """From now on; a replay sends what was missed."""
    caller = await WRITE(request)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        endpoints.enable(row)
        session.flush()
        return Answer(200, shown(row, caller.now()), {"etag": etag(row)})

    return (await caller.run(job)).response()


@router.post("/{endpoint_id}/disable", **_switch("disable_webhook_endpoint", "Send nothing there", "停用回调地址。"))
async def disable_endpoint(request: Request) -> Response:
    """What is on its way is given up, and can be sent again."""
    caller = await WRITE(request)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        endpoints.disable(session, row, reason="by_request", now=caller.now())
        session.flush()
        return Answer(200, shown(row, caller.now()), {"etag": etag(row)})

    return (await caller.run(job)).response()


@router.post(
    "/{endpoint_id}/test",
    operation_id="test_webhook_endpoint",
    summary="Send a test event there",
    description="Whatever it listens to. 发送测试事件。",
    **openapi.store_operation(
        openapi.answer_schema(EndpointTestOut),
        status=202,
        example={"event_id": DELIVERY["event_id"]},
        parameters=[*path_of("{endpoint_id}"), IDEMPOTENCY_KEY],
        problems=(*ITEM, *ONCE, "endpoint_disabled", "conflict"),
    ),
)
async def test_endpoint(request: Request) -> Response:
    """A test."""
    caller = await WRITE(request)

    def job(session: Session) -> Answer:
        row = _enabled(session, request)
        event = endpoints.send_test(session, row, now=caller.now())
        if event is None:
            raise ProblemError("unknown_item")
        return Answer(202, EndpointTestOut(event_id=event.public_id))

    return await once(request, caller, b"", job)


def _enabled(session: Session, request: Request) -> Endpoint:
    row = _find(session, request)
    if row.state == DISABLED:
        raise ProblemError("endpoint_disabled")
    return row


@router.post(
    "/{endpoint_id}/replay",
    operation_id="replay_events",
    summary="Send events again",
    description="By id, range, time, type, or those given up; the ids stay, so a receiver knows them. 重新推送事件。",
    **openapi.store_operation(
        openapi.answer_schema(ReplayOut),
        status=202,
        example={"deliveries": 12, "continue_after": None},
        parameters=[*path_of("{endpoint_id}"), IDEMPOTENCY_KEY],
        problems=(*ITEM, *BODY, *ONCE, "endpoint_disabled"),
        body=openapi.answer_schema(ReplayIn),
        body_example={"store_id": "1", "first": 30, "last": 42},
    ),
)
async def replay(request: Request) -> Response:
    """Up to 10,000 events of one call."""
    caller = await WRITE(request)
    body = await json_body(context_of(request.scope), request.receive)
    sent = wire.read_struct(body, ReplayIn)
    for name in ("since", "until"):
        moment = getattr(sent, name)
        if moment is not None and moment.tzinfo is None:
            raise wire.refuse(f"/{name}", "wrong_type", "must be a time with its zone", "应为带时区的时间")
    if (sent.first or sent.last) and sent.store_id is None:
        raise wire.refuse("/store_id", "required", "is required with first or last", "与 first 或 last 同用时必填")
    if all(value is None or value is False for value in msgspec.structs.asdict(sent).values()):
        raise wire.refuse("", "required", "must say which events", "须指明要重新推送的事件")

    def job(session: Session) -> Answer:
        given = msgspec.structs.asdict(sent)
        given["store_id"] = None if sent.store_id is None else int(sent.store_id)
        count, last = endpoints.replay(session, _enabled(session, request), now=caller.now(), **given)
        return Answer(202, ReplayOut(deliveries=count, continue_after=last))

    return await once(request, caller, body, job)


@router.get(
    "/{endpoint_id}/deliveries",
    operation_id="list_deliveries",
    summary="What is, was or could not be delivered there",
    description="The newest first. 推送记录。",
    **openapi.store_operation(
        openapi.answer_schema(page_of(DeliveryOut)),
        example={"items": [DELIVERY], "next_page_token": None},
        parameters=[*path_of("{endpoint_id}"), *query.documented(DELIVERIES)],
        problems=(*ITEM, "invalid_parameter", "bad_page_token"),
    ),
)
async def list_deliveries(request: Request) -> Response:
    """`state=dead` are the dead letters."""
    caller = await READ(request)
    wanted = query.read(request, DELIVERIES)

    def job(session: Session) -> Answer:
        row = _find(session, request)
        rows = select(Delivery, Event).join(Event, Event.id == Delivery.event_id).where(Delivery.endpoint_id == row.id)
        if wanted["state"] is not None:
            rows = rows.where(Delivery.state == wanted["state"])
        found, token = _page(session, caller, request, wanted, rows, Delivery.id)
        items = [_delivery(delivery, event) for delivery, event in found]
        return Answer(200, {"items": items, "next_page_token": token})

    return (await caller.run(job, read_only=True)).response()


def _delivery(row: Delivery, event: Event) -> DeliveryOut:
    given = {
        "event_id": event.public_id,
        "type": event.type,
        "sequence": event.sequence,
        "next_attempt_at": row.due_at if row.state == "waiting" else None,
    }
    return wire.show(row, DeliveryOut, **given)


@router.get(
    "/{endpoint_id}/deliveries/{delivery_id}/attempts",
    operation_id="list_attempts",
    summary="Every call of a delivery",
    description="In their order: what was sent, what came back, how long it took. 每次调用的记录。",
    **openapi.store_operation(
        openapi.answer_schema(Attempts),
        example={"items": [ATTEMPT]},
        parameters=path_of("{endpoint_id}/{delivery_id}"),
        problems=ITEM,
    ),
)
async def list_attempts(request: Request) -> Response:
    """The log."""
    caller = await READ(request)

    def job(session: Session) -> Answer:
        endpoint = _find(session, request)
        number = read_id(request.path_params["delivery_id"])
        delivery = None if number is None else session.get(Delivery, number)
        if delivery is None or delivery.endpoint_id != endpoint.id:
            raise ProblemError("unknown_item")
        rows = session.scalars(select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.id))
        return Answer(200, Attempts(items=[wire.show(row, AttemptOut) for row in rows]))

    return (await caller.run(job, read_only=True)).response()
