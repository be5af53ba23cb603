"""Callbacks: who may send messages about a store, the messages that came, and the door through which they come."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Permit, in_database, read_id
from api.context import context_of
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.resources import Filter, Resource, document
from api.routes.oauth import count
from api.routes.prechecks import json_body
from api.webhooks import incoming, signing
from api.webhooks.types import MOMENT
from store_model.callbacks import APPLIED, FAILED, PENDING, UNKNOWN_TOPIC, Callback, CallbackSource

PREFIX = "/v1/stores/{store_id}"
router = APIRouter()
door = APIRouter(prefix="/v1/callbacks", tags=["webhooks"], dependencies=[Depends(count)])
LARGEST = 1024 * 1024


class CallbackSourceIn(wire.Input, kw_only=True):
    """A sender. `secret` is the platform's app secret; for Standard Webhooks one is made when it is left out."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    scheme: Literal["standard_webhooks", "open_platform"] = "standard_webhooks"
    app_key: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[!-~]+$")] | None = None
    secret: Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^[!-~]+$")] | None = None


class CallbackSourceChange(wire.Input, kw_only=True):
    """What may change of a sender."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class CallbackSourceOut(wire.Output, kw_only=True):
    """A sender; messages go to `path`."""

    id: str
    name: str
    scheme: str
    app_key: str | None
    path: str
    version: int
    updated_at: datetime


class CallbackSourceSecretOut(CallbackSourceOut, kw_only=True):
    """The sender with its secret, which is never shown again."""

    secret: str


class CallbackOut(wire.Output, kw_only=True):
    """A message: pending, applied (`outcome` says to what), of an unknown topic, or failed (`outcome` says why)."""

    id: str
    source_id: str
    message_id: str
    topic: str
    state: str
    received_at: datetime
    applied_at: datetime | None
    outcome: dict[str, Any] | None
    body: str


class CallbackTaken(wire.Output, kw_only=True):
    """The message is kept; sent again, it is this one."""

    id: str
    state: str


SOURCE = {
    "id": "1", "name": "The platform", "scheme": "open_platform", "app_key": "500123",
    "path": "/v1/callbacks/src_5e5e5e5e5e5e5e5e5e5e", "version": 1, "updated_at": MOMENT,
}  # fmt: skip
CALLBACK = {
    "id": "8", "source_id": "1", "message_id": "msg_1", "topic": "order.due", "state": "applied",
    "received_at": MOMENT, "applied_at": MOMENT, "outcome": {"order": "8190000000000001"}, "body": "{}",
}  # fmt: skip


def _source(session: Session, row: CallbackSource) -> CallbackSourceOut:
    return wire.show(row, CallbackSourceOut, path=f"/v1/callbacks/{row.public_id}")


SOURCES = Resource(
    path="callback-sources",
    one="callback_source",
    title=("who may send messages", "回调来源"),
    section="webhooks",
    model=CallbackSource,
    answer=CallbackSourceOut,
    body=CallbackSourceChange,
    operations=("list", "get", "update", "delete"),
    show=_source,
    example=SOURCE,
)
CALLBACKS = Resource(
    path="callbacks",
    one="callback",
    title=("messages that came", "收到的回调消息"),
    section="webhooks",
    model=Callback,
    answer=CallbackOut,
    operations=("list", "get"),
    filters={
        "state": Filter(Callback.state, choices=(PENDING, APPLIED, UNKNOWN_TOPIC, FAILED)),
        "topic": Filter(Callback.topic),
        "source_id": Filter(Callback.source_id),
    },
    default_sort="-id",
    example=CALLBACK,
)


@router.post(
    PREFIX + "/callback-sources",
    tags=["webhooks"],
    operation_id="create_callback_source",
    summary="Let a system send messages about this store",
    description="Its secret is shown once, and again to the same Idempotency-Key. 新增回调来源，密钥仅显示这一次。",
    **openapi.store_operation(
        openapi.answer_schema(CallbackSourceSecretOut),
        status=201,
        example={**SOURCE, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        parameters=[document.STORE_ID, document.IDEMPOTENCY_KEY],
        problems=(*document.COMMON, *document.BODY, *document.ONCE, "answer_unreadable"),
        body=openapi.answer_schema(CallbackSourceIn),
        body_example={"name": "The platform", "scheme": "open_platform", "app_key": "500123", "secret": "0" * 32},
    ),
)
async def create_source(request: Request) -> Response:
    """A new sender."""
    caller = await Permit("webhooks:write")(request)
    body = await json_body(context_of(request.scope), request.receive)
    sent = wire.read_struct(body, CallbackSourceIn)
    if sent.scheme == incoming.PLATFORM and sent.secret is None:
        raise wire.refuse("/secret", "required", "is required for this scheme", "此签名方式必须提供密钥")
    secret = sent.secret or signing.new_secret(signing.V1)
    if sent.scheme == incoming.STANDARD:
        try:
            signing.sign(secret, "msg", 0, b"")
        except ValueError:
            raise wire.refuse(
                "/secret", "invalid_secret", "must be whsec_ and base64", "应为 whsec_ 加 base64"
            ) from None

    def job(session: Session) -> Answer:
        row = CallbackSource(
            store_id=caller.store_id,
            public_id=f"src_{secrets.token_hex(16)}",
            name=sent.name,
            scheme=sent.scheme,
            app_key=sent.app_key,
            secret=request.app.state.sealer.seal(secret, incoming.USE),
        )
        session.add(row)
        session.flush()
        return Answer(201, {**msgspec.to_builtins(_source(session, row)), "secret": secret})

    return await once(request, caller, body, job, sealer=request.app.state.sealer)


@router.post(
    PREFIX + "/callbacks/{callback_id}/replay",
    tags=["webhooks"],
    operation_id="replay_callback",
    summary="Apply a message again",
    description="As when its topic was unknown before. 重新处理一条回调消息。",
    **openapi.store_operation(
        openapi.answer_schema(CallbackOut),
        status=202,
        example={**CALLBACK, "state": "pending"},
        parameters=document.path_parameters(PREFIX + "/callbacks/{callback_id}"),
        problems=(*document.COMMON, "unknown_item", "conflict"),
    ),
)
async def replay_callback(request: Request) -> Response:
    """Once more."""
    caller = await Permit("webhooks:write")(request)

    def job(session: Session) -> Answer:
        number = read_id(request.path_params["callback_id"])
        row = None if number is None else session.get(Callback, number)
        if row is None:
            raise ProblemError("unknown_item")
        row.state = PENDING
        incoming.apply_later(session, row, caller.now(), again=True)
        session.flush()
        return Answer(202, wire.show(row, CallbackOut))

    return (await caller.run(job)).response()


@door.post(
    "/{source}",
    operation_id="receive_callback",
    summary="Take in a message of the platform or another system",
    description=(
        "Signed by Standard Webhooks, or as the Open Platform signs (app_key, timestamp, sign_method=sha256, sign). "
        "Answered once it is kept; an unknown topic is kept too. 接收平台推送或其他系统的事件。"
    ),
    **openapi.open_operation(
        openapi.answer_schema(CallbackTaken),
        example={"id": "8", "state": "pending"},
        problems=(
            "unknown_source", "callback_not_verified", "malformed_json", "unsupported_media_type", "body_too_large",
            "body_timeout", "rate_limited", "internal_error", "database_unreachable", "database_busy", "conflict",
        ),
        body={"type": "object", "additionalProperties": True},
        body_example={"topic": "order.due", "data": {"order_id": "8190000000000001"}},
    ),
)  # fmt: skip
async def receive_callback(request: Request) -> Response:
    """The signature is checked before anything is read from the body."""
    state = request.app.state
    body = await json_body(context_of(request.scope), request.receive)
    if len(body) > LARGEST:
        raise ProblemError("body_too_large", limit=LARGEST)
    now = state.now()

    def work() -> CallbackTaken:
        with state.database.system(actor="system:callbacks") as session:
            wanted = select(CallbackSource).where(CallbackSource.public_id == str(request.path_params["source"])[:40])
            source = session.scalars(wanted).one_or_none()
            if source is None:
                raise ProblemError("unknown_source")
            row = incoming.receive(session, source, _message(request, source, body, now), body, now)
            return CallbackTaken(id=str(row.id), state=row.state)

    return Answer(200, await in_database(state, work)).response()


def _message(request: Request, source: CallbackSource, body: bytes, now: datetime) -> incoming.Message:
    secret = request.app.state.sealer.open(source.secret, incoming.USE)
    if secret is None:
        raise ProblemError("callback_not_verified", reason_en="the secret cannot be opened", reason_zh="密钥无法解封")
    try:
        message_id = incoming.verify(
            source.scheme, secret, source.app_key, headers=dict(request.headers),
            parameters=dict(request.query_params), body=body, now=now,
        )  # fmt: skip
    except signing.NotVerified as refused:
        raise ProblemError("callback_not_verified", reason_en=str(refused), reason_zh=str(refused)) from None
    try:
        return incoming.read_message(body, message_id)
    except (ValueError, RecursionError):
        words = "no JSON object with a topic", "不是带主题的 JSON 对象"
        raise ProblemError("malformed_json", cause_en=words[0], cause_zh=words[1]) from None
