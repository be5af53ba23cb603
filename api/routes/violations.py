"""Notices in, the state of the ledger out: balance, enforcement, forecast, what-if; complaints and appeals moved."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.etags import etag
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.routes import violation_documents as documents
from api.routes.prechecks import json_body
from api.routes.violation_queries import days, moment, points_of, read_query
from api.routes.violation_shapes import (
    AppealIn,
    AppealMove,
    AppealOut,
    ComplaintIn,
    ComplaintMove,
    ComplaintOut,
    NoticesIn,
    WhatIfIn,
    to_notice,
)
from api.services import cases, penalties
from engine.ledger.book import number, shown
from store_model.bulk import Place
from store_model.penalty_book import PenaltyBook, Receipt
from store_model.violations import Appeal, Complaint, PlatformNotice, Violation

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["violations"])

Reader = Annotated[Caller, Depends(Permit("violations:read"))]
Writer = Annotated[Caller, Depends(Permit("violations:write"))]
Job = Callable[[Session, Place, PenaltyBook], Any]


@router.post("/notices", operation_id="take_notices", summary="Take in notices of the platform", **documents.NOTICES)
async def take_notices(request: Request, caller: Writer) -> Response:
    """Each is booked, parked with a reason, or known before; sending one again changes nothing."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, NoticesIn)

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        notices = [
            to_notice(item, penalties.offence_id(book.regime, item.offence), f"/items/{index}")
            for index, item in enumerate(given.items)
        ]
        holds = penalties.unknown_listings(session, place, notices)
        receipt = book.receive(session, place, notices, now=caller.now(), holds=holds)
        return Answer(200, _receipt(receipt))

    return await once(request, caller, body, job)


@router.post(
    "/notices/{notice_id}/accept",
    operation_id="accept_notice",
    summary="Accept a notice that is held",
    **documents.ACCEPT,
)
async def accept_notice(request: Request, caller: Writer, notice_id: str) -> Response:
    """It counts from now on; one that is not held stays as it is."""

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        row = _find(session, PlatformNotice, notice_id)
        return Answer(200, _receipt(book.accept(session, place, row, now=caller.now(), actor=caller.actor)))

    return await once(request, caller, b"", job)


@router.get("/balance", operation_id="get_balance", summary="Points, steps and enforcement", **documents.BALANCE)
async def balance(request: Request, caller: Reader) -> Response:
    """At any moment, as known at any other: what was true then, and what was known then."""
    given = read_query(request, as_of=moment, known_as_of=moment)
    as_of, known = given.get("as_of", caller.now()), given.get("known_as_of")
    return await _answer(caller, lambda s, p, book: penalties.standing(book, s, p, as_of, known, replay=False))


@router.get("/enforcement", operation_id="get_enforcement", summary="What the platform does", **documents.ENFORCEMENT)
async def enforcement(request: Request, caller: Reader) -> Response:
    """Of this store's own points and of other stores of its owner; and what forbids publishing."""
    as_of = read_query(request, as_of=moment).get("as_of", caller.now())
    return await _answer(caller, lambda s, p, book: penalties.enforcement(book, s, p, as_of))


@router.get("/forecast", operation_id="get_forecast", summary="Points on every future day", **documents.FORECAST)
async def forecast(request: Request, caller: Reader) -> Response:
    """Each day on which a balance changes, the next lapse, and from when a further case of `points` is harmless."""
    given = read_query(request, as_of=moment, daily=days, points=points_of)
    as_of, daily = given.get("as_of", caller.now()), given.get("daily", 0)
    points = given.get("points", Decimal(6))
    return await _answer(caller, lambda s, p, book: penalties.outlook(book, s, p, as_of, daily=daily, points=points))


@router.post("/what-if", operation_id="what_if", summary="Suppose further cases", **documents.WHAT_IF)
async def suppose(request: Request, caller: Reader) -> Response:
    """Nothing is stored: what further cases, or all open findings if they were confirmed now, would bring."""
    body = wire.read_struct(await json_body(context_of(request.scope), request.receive), WhatIfIn)
    now = caller.now()

    return await _answer(caller, lambda s, p, book: cases.suppose(s, p, book, body, now))


@router.get(
    "/violations/{violation_id}/appeal",
    operation_id="get_appeal_readiness",
    summary="Whether to appeal now",
    **documents.READINESS,
)
async def appeal_readiness(request: Request, caller: Reader, violation_id: str) -> Response:
    """The window, the attempts left, the evidence, and how many root causes are still open."""
    as_of = read_query(request, as_of=moment).get("as_of", caller.now())

    def job(session: Session, place: Place, book: PenaltyBook) -> Any:
        return cases.appeal_now(session, place, book, _find(session, Violation, violation_id), as_of)

    return await _answer(caller, job)


@router.post("/appeals", operation_id="draft_appeal", summary="Draft an appeal", **documents.APPEAL)
async def draft_appeal(request: Request, caller: Writer) -> Response:
    """409 with every reason where the platform's rules allow none."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, AppealIn)

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        made = cases.draft(session, place, book, given, caller.now())
        return _changed(201, made, AppealOut, request)

    return await once(request, caller, body, job)


@router.post("/appeals/{appeal_id}/events", operation_id="move_appeal", summary="Move an appeal on", **documents.MOVED)
async def appeal_event(request: Request, caller: Writer, appeal_id: str) -> Response:
    """Submitted, upheld, rejected, withdrawn, drafted again. Upheld reverses the case and lifts what followed."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, AppealMove)

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        row = _find(session, Appeal, appeal_id)
        cases.move(session, place, book, row, given, caller.now())
        return _changed(200, row, AppealOut, request)

    return await once(request, caller, body, job)


@router.post("/complaints", operation_id="record_complaint", summary="Record a complaint", **documents.COMPLAINT)
async def record_complaint(request: Request, caller: Writer) -> Response:
    """One with the same number of the platform is that one, unchanged."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, ComplaintIn)

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        return _changed(201, cases.record(session, place, book, given, caller.now()), ComplaintOut, request)

    return await once(request, caller, body, job)


@router.post(
    "/complaints/{complaint_id}/events",
    operation_id="move_complaint",
    summary="Move a complaint on",
    **documents.COMPLAINT_MOVED,
)
async def complaint_event(request: Request, caller: Writer, complaint_id: str) -> Response:
    """Evidence requested, counter-notice, upheld, rejected, withdrawn."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, ComplaintMove)

    def job(session: Session) -> Answer:
        _, book = _of(session, caller)
        row = _find(session, Complaint, complaint_id)
        cases.move_on(session, book, row, given, caller.now())
        return _changed(200, row, ComplaintOut, request)

    return await once(request, caller, body, job)


# Helpers ---------------------------------------------------------------------------------------------------------


def _of(session: Session, caller: Caller) -> tuple[Place, PenaltyBook]:
    place = penalties.place_of(caller)
    return place, caller.state.penalties.of_store(session, place)


async def _answer(caller: Caller, job: Job) -> Response:
    def work(session: Session) -> Any:
        place, book = _of(session, caller)
        return job(session, place, book)

    return Answer(200, await caller.run(work, read_only=True)).response()


def _find(session: Session, cls: Any, given: str) -> Any:
    found = read_id(given)
    row = None if found is None else session.get(cls, found)
    if row is None:
        raise ProblemError("unknown_item")
    return row


def _changed(status: int, row: Any, kind: Any, request: Request) -> Answer:
    headers = {"etag": etag(row)}
    if status == 201:
        headers["location"] = f"{request.url.path}/{row.id}"
    return Answer(status, wire.show(row, kind), headers)


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "items": [penalties.taken(item) for item in receipt.taken],
        "entries": [
            {
                "sequence": row.seq, "kind": row.kind, "case_no": row.entry.case, "ladder": row.entry.ladder,
                "points": number(row.entry.points), "reasons": list(row.entry.reasons),
            }
            for row in receipt.rows
        ],
        "started": [shown(enforcement) for enforcement in receipt.started],
        "lifted": [shown(enforcement) for enforcement in receipt.lifted],
    }  # fmt: skip
