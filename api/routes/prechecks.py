"""POST /v1/prechecks and POST /v1/rules/{id}/explain: raw bodies, msgspec, no pydantic on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from api import openapi
from api.context import Context, context_of
from api.guard import Guard
from api.languages import choose
from api.parameters import read_options
from api.problems import ProblemError
from api.routing import RawRoute
from api.services.prechecks import Options, Prechecks
from api.services.reading import Work, read_body, read_one
from engine import Pack, UnknownName

T = TypeVar("T")
JSON = b"application/json"

GUARD = Guard("prechecks")

router = APIRouter(prefix="/v1", tags=["pre-check"], dependencies=[Depends(GUARD)], route_class=RawRoute)


@router.post(
    "/prechecks", operation_id="precheck", summary="Check drafts before they are published", **openapi.PRECHECK
)
async def precheck(request: Request) -> Response:
    """One draft or a batch in, findings out. Faults of a listing are an answer (200), not an error."""
    return Response(await check(request.scope, request.receive), media_type="application/json")


async def admit_and_check(scope: Scope, receive: Receive) -> bytes:
    """The same for `Edge`, which asks before the framework does."""
    await GUARD.admit(scope)
    return await check(scope, receive)


HOT = {"/v1/prechecks": admit_and_check}


async def check(scope: Scope, receive: Receive) -> bytes:
    """The JSON of the answer. Large bodies and batches go to a thread."""
    context = context_of(scope)
    options = read_options(scope["query_string"])
    body = await json_body(context, receive)
    state = scope["app"].state
    settings = state.settings
    if len(body) > settings.inline_bytes:
        return await in_thread(state, lambda: _run(context, state, read(body, options, settings), options))
    work = read(body, options, settings)
    if len(work.entries) > settings.inline_items:
        return await in_thread(state, lambda: _run(context, state, work, options))
    return _run(context, state, work, options)


@router.post(
    "/rules/{rule_id}/explain", operation_id="explain", summary="Why a rule fires, or why not", **openapi.EXPLAIN
)
async def explain(request: Request) -> Response:
    """The outcome of one rule for one draft, with the values that were read and what decided."""
    rule_id = request.path_params["rule_id"]
    options = read_options(request.scope["query_string"])
    body = await json_body(context_of(request.scope), request.receive)
    pack: Pack = request.app.state.pack

    def run() -> bytes:
        entry = read_one(body, strict=options.strict)
        as_of = entry.as_of or options.as_of
        try:
            found = pack.explain(entry.listing, rule_id, store=entry.store, as_of=as_of)
        except UnknownName as error:
            raise unknown_rule(error.nearest) from None
        answer: dict[str, Any] = {**msgspec.to_builtins(found), "as_of": as_of, "pack": msgspec.to_builtins(pack.ref)}
        if answer["outcome"] == "error":
            answer["reason"] = {"en": "The rule crashed; it is logged.", "zh": "规则执行出错，已记录日志。"}
        if options.lang is not None:
            answer["reason"] = {options.lang: answer["reason"][options.lang]}
        return msgspec.json.encode(answer)

    heavy = len(body) > request.app.state.settings.inline_bytes
    return Response(await in_thread(request.app.state, run) if heavy else run(), media_type="application/json")


def read(body: bytes, options: Options, settings: Any) -> Work:
    """The work in a body."""
    return read_body(body, strict=options.strict, max_items=settings.max_batch_items)


def _run(context: Context, state: Any, work: Work, options: Options) -> bytes:
    def describe(problem: ProblemError) -> dict[str, Any]:
        return problem.to_dict(choose(context.accept_language), context.request_id)

    service: Prechecks = state.prechecks
    answer = service.run(work, options, describe)
    context.noted["listings"] = len(work.entries)
    return answer


async def json_body(context: Context, receive: Receive) -> bytes:
    """The whole body; 415 unless it is said to be plain JSON.

    The media type is asked for because a web page can post anything else to a loopback service unasked.
    """
    media = context.received.get(b"content-type", b"")
    if (media != JSON and not _is_json(media)) or context.received.get(b"content-encoding", b"identity") != b"identity":
        raise ProblemError("unsupported_media_type")
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        return bytes(message["body"])
    chunks = []
    while message["type"] == "http.request":
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
    raise ClientDisconnect


def _is_json(value: bytes) -> bool:
    media, _, parameters = value.lower().partition(b";")
    media = media.strip()
    is_json = media == JSON or (media.startswith(b"application/") and media.endswith(b"+json"))
    charset = parameters.replace(b" ", b"").replace(b'"', b"")
    return is_json and (b"charset=" not in charset or b"charset=utf-8" in charset)


async def in_thread(state: Any, job: Callable[[], T]) -> T:
    """Run what would hold up the others in a thread of its own; 503 when even that takes too long."""
    seconds = state.settings.time_budget_seconds
    task = asyncio.get_running_loop().run_in_executor(state.threads, job)
    try:
        # The work minds the budget itself, between rules and items; this is for what it cannot see.
        return await asyncio.wait_for(asyncio.shield(task), 2 * seconds)
    except TimeoutError:
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise ProblemError("time_budget_spent", seconds=f"{seconds:g}", headers={"retry-after": "5"}) from None


def unknown_rule(nearest: list[str]) -> ProblemError:
    """404 that offers what may have been meant."""
    names = ", ".join(nearest)
    return ProblemError(
        "unknown_rule",
        nearest_en=f"; did you mean {names}?" if names else "",
        nearest_zh=f"；是否应为 {names}？" if names else "",
    )
