"""Recorded pre-checks of a store: the answer goes out after the commit that keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from api import examples, openapi, wire
from api.callers import Caller, Permit
from api.context import context_of
from api.idempotency import Answer
from api.languages import choose
from api.middleware import STORES
from api.parameters import read_options
from api.problems import ProblemError
from api.resources import document
from api.routes.prechecks import in_thread, json_body, read
from api.routes.section_docs import reads
from api.services.authorised import with_own
from api.services.prechecks import Options, Prechecks
from api.services.reading import Entry
from api.services.recording import Recorded, record_of
from engine import Report
from store_model.findings import Precheck

PERMIT = Permit("products:write")
Checker = Annotated[Caller, Depends(PERMIT)]
Reader = Annotated[Caller, Depends(Permit("products:read"))]
router = APIRouter(prefix="/v1/stores/{store_id}", tags=["pre-check"])


class RecordedPrecheckOut(wire.Output):
    """What was asked and answered."""

    id: str
    listing_id: str | None
    listing_digest: str
    verdict: str
    pack: str
    pack_version: str
    pack_digest: str
    as_of: date
    checked_at: datetime
    caller: str
    findings: list[dict[str, str]]


SAMPLE = {
    "id": "0198d0c3a1f0" + "5e" * 10,
    "listing_id": "1005006012345678",
    "listing_digest": "ab" * 32,
    "verdict": "valid",
    "pack": "aliexpress",
    "pack_version": "2026.11.0",
    "pack_digest": "sha256:" + "cd" * 32,
    "as_of": "2026-08-22",
    "checked_at": "2026-08-22T12:00:00Z",
    "caller": "key:sw_1a2b3c4d",
    "findings": [
        {
            "fingerprint": "f1:0123456789abcdef01234567",
            "rule": "LST104",
            "code": "TITLE_STACKING",
            "severity": "warning",
            "mode": "warn",
        }
    ],
}


@router.post(
    "/prechecks",
    operation_id="record_precheck",
    summary="Check drafts and record it",
    **openapi.store_operation(
        {"anyOf": [{"$ref": openapi.REF + "Report"}, {"$ref": openapi.REF + "BatchReport"}]},
        parameters=[document.STORE_ID, *openapi.PRECHECK_QUERY],
        problems=(
            *document.COMMON,
            "malformed_json",
            "body_timeout",
            "body_too_large",
            "unsupported_media_type",
            "invalid_input",
            "invalid_parameter",
            "batch_too_large",
            "time_budget_spent",
        ),
        body=openapi.PRECHECK["openapi_extra"]["requestBody"]["content"]["application/json"]["schema"],
        body_example=examples.DRAFT,
    ),
)
async def record_precheck(request: Request, caller: Checker) -> Response:
    """As POST /v1/prechecks, for a listing of this store; `recorded` in each report names what was kept.

    The answer goes out after the commit. Of a listing that is a product of the store, the findings become the
    product's own; those that are gone are fixed.
    """
    return Response(await record(request.scope, request.receive, caller), media_type="application/json")


async def admit_and_record(scope: Scope, receive: Receive) -> bytes:
    """The same for `Edge`, which asks before the framework's router does: that costs more than the check."""
    store_id = scope["path"].removeprefix(STORES).partition("/")[0]
    return await record(scope, receive, await PERMIT(Request({**scope, "path_params": {"store_id": store_id}})))


HOT = {f"{STORES}{{store_id}}/prechecks": admit_and_record}


async def record(scope: Scope, receive: Receive, caller: Caller) -> bytes:
    """The JSON of the answer, once what it says is committed."""
    context, state = context_of(scope), scope["app"].state
    options = read_options(scope["query_string"])
    body = await json_body(context, receive)
    records: list[Recorded] = []
    answer = await _check(state, caller, body, options, records, _describe(context))
    await state.recorder.put(records)
    return answer


def _describe(context: Any) -> Any:
    return lambda problem: problem.to_dict(choose(context.accept_language), context.request_id)


async def _check(
    state: Any, caller: Caller, body: bytes, options: Options, records: list[Recorded], describe: Any
) -> bytes:
    settings = state.settings
    assert caller.store_id is not None
    store_id, now = caller.store_id, caller.now()
    at_risk = await state.at_risk.of(caller)
    own = await state.own_marks.of(caller)

    def keep(entry: Entry, report: Report, answer: dict[str, Any]) -> None:
        record = record_of(report, entry.listing, scope=caller.scope, store_id=store_id, caller=caller.actor, now=now)
        records.append(record)
        answer["recorded"] = record.row.id

    def run() -> bytes:
        work = read(body, options, settings)
        entries = tuple(
            replace(
                entry,
                listing=msgspec.structs.replace(entry.listing, store_id=str(store_id)),
                store=with_own(entry.store, own),
            )
            if isinstance(entry, Entry)
            else entry
            for entry in work.entries
        )
        service: Prechecks = state.prechecks
        return service.run(replace(work, entries=entries), options, describe, keep, at_risk)

    if len(body) > settings.inline_bytes or body.lstrip()[:1] == b"[":
        return await in_thread(state, run)
    return run()


@router.get(
    "/prechecks/{precheck_id}",
    operation_id="get_recorded_precheck",
    summary="Read a recorded pre-check",
    **reads("/prechecks/{precheck_id}", RecordedPrecheckOut, SAMPLE, problems=("unknown_item",)),
)
async def get_recorded_precheck(request: Request, caller: Reader) -> Response:
    """What was asked, when, by whom, and what the pack of that day answered."""
    wanted = request.path_params["precheck_id"]

    def job(session: Session) -> Answer:
        row = session.scalar(select(Precheck).where(Precheck.id == wanted[:32])) if len(wanted) == 32 else None
        if row is None:
            raise ProblemError("unknown_item")
        return Answer(200, wire.show(row, RecordedPrecheckOut))

    return (await caller.run(job, read_only=True)).response()
