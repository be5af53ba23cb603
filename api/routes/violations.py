"""Notices in, the state of the ledger out: balance, enforcement, forecast, what-if; complaints and appeals moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.etags import etag
from api.idempotency import Answer, once
from api.problems import ErrorAt, ProblemError
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
    check_moment,
    check_points,
    check_share,
    to_notice,
)
from api.services import penalties
from engine.ledger import Notice
from engine.ledger.book import number, shown, stamp
from engine.ledger.contests import readiness
from engine.ledger.forecast import LAST, if_confirmed, what_if
from store_model.bulk import Place
from store_model.contests import (
    AppealRefused,
    MoveRefused,
    challenge_of,
    move_appeal,
    move_complaint,
    open_appeal,
    open_complaint,
)
from store_model.findings import Finding
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

    def job(session: Session, place: Place, book: PenaltyBook) -> Any:
        ledger = book.ledger(session, place)
        if body.open_findings:
            open_ones = select(Finding.code, Finding.listing_id).where(
                Finding.store_id == place.store_id, Finding.state == "open"
            )
            found = [(row.code, row.listing_id or "") for row in session.execute(open_ones)]
            return if_confirmed(ledger, now, found, penalties.online_products(session, place))
        return what_if(ledger, now, _supposed(book, body, now))

    return await _answer(caller, job)


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
        violation = _find(session, Violation, violation_id)
        state = challenge_of(session, place, book.regime, violation, as_of)
        drafts = session.scalars(
            select(Appeal).where(Appeal.store_id == place.store_id, Appeal.case_no == violation.case_no)
        ).all()
        causes = [cause for draft in drafts for cause in draft.root_causes]
        still_open = sum(bool(cause.get("open")) for cause in causes)
        return {
            "as_of": stamp(as_of), "case_no": violation.case_no, **state.to_dict(),
            "readiness": readiness(state, len(causes), still_open),
        }  # fmt: skip

    return await _answer(caller, job)


@router.post("/appeals", operation_id="draft_appeal", summary="Draft an appeal", **documents.APPEAL)
async def draft_appeal(request: Request, caller: Writer) -> Response:
    """409 with every reason where the platform's rules allow none."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, AppealIn)

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        violation = session.scalars(
            select(Violation).where(Violation.store_id == place.store_id, Violation.case_no == given.case_no)
        ).one_or_none()
        if violation is None or (violation.ladder is None and violation.state != "reversed"):
            raise wire.refuse("/case_no", "unknown_reference", "names no booked case", "不是已记录的案件")
        row = Appeal(
            **place.columns(),
            evidence=list(given.evidence),
            root_causes=[msgspec.to_builtins(cause) for cause in given.root_causes],
            note=given.note,
        )
        made = _refusing(lambda: open_appeal(session, place, book.regime, violation, row, now=caller.now()))
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
        if given.root_causes is not None:
            row.root_causes = [msgspec.to_builtins(cause) for cause in given.root_causes]
        points = check_points(given.points, "/points")
        _refusing(
            lambda: move_appeal(
                session, place, book, row, given.event, now=caller.now(), note=given.note, evidence=given.evidence,
                points=points,
            )
        )  # fmt: skip
        return _changed(200, row, AppealOut, request)

    return await once(request, caller, body, job)


@router.post("/complaints", operation_id="record_complaint", summary="Record a complaint", **documents.COMPLAINT)
async def record_complaint(request: Request, caller: Writer) -> Response:
    """One with the same number of the platform is that one, unchanged."""
    body = await json_body(context_of(request.scope), request.receive)
    given = wire.read_struct(body, ComplaintIn)

    def job(session: Session) -> Answer:
        place, book = _of(session, caller)
        offence = penalties.offence_id(book.regime, given.offence)
        if offence is not None and offence not in book.regime.offences:
            raise wire.refuse("/offence", "unknown_reference", "names no offence", "不是已知的违规类型")
        due = given.evidence_due_at
        row = Complaint(
            **place.columns(),
            platform_id=given.platform_id,
            complainant=given.complainant,
            offence=offence,
            listing=given.listing,
            case_no=given.case_no,
            received_at=check_moment(given.received_at, "/received_at"),
            evidence_due_at=check_moment(due, "/evidence_due_at") if due is not None else None,
            evidence=list(given.evidence),
            note=given.note,
        )
        return _changed(201, open_complaint(session, place, book.regime, row, now=caller.now()), ComplaintOut, request)

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
        _refusing(
            lambda: move_complaint(
                session, row, given.event, now=caller.now(), note=given.note, evidence=given.evidence,
                engine=book.engine,
            )
        )  # fmt: skip
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


def _refusing(job: Callable[[], Any]) -> Any:
    try:
        return job()
    except MoveRefused as refused:
        known = ", ".join(refused.known) or "-"
        raise ProblemError("move_refused", state=refused.state, known=known) from None
    except AppealRefused as refused:
        errors = [ErrorAt(refusal["code"], refusal["message"]) for refusal in refused.refusals]
        raise ProblemError("appeal_refused", errors=errors) from None


def _supposed(book: PenaltyBook, body: WhatIfIn, now: datetime) -> list[Notice]:
    notices = []
    for index, item in enumerate(body.items):
        rule = book.regime.by_code.get(item.code or "") if item.code else None
        offence = rule.id if rule is not None else penalties.offence_id(book.regime, item.offence)
        if offence is None or offence not in book.regime.offences:
            raise wire.refuse(f"/items/{index}/offence", "unknown_reference", "names no offence", "不是已知的违规类型")
        grades = {grade.id for grade in book.regime.offences[offence].grades}
        grade = item.grade or (rule.codes[item.code or ""] if rule is not None else None)
        if grade is not None and grade not in grades:
            raise wire.refuse(f"/items/{index}/grade", "unknown_reference", "names no grade", "不是已知的等级")
        points = check_points(item.points, f"/items/{index}/points")
        notices += [
            Notice(
                case=f"{LAST}{index}-{number}", at=now, known=now, offence=offence, grade=grade,
                products=item.products, share=check_share(item.share, f"/items/{index}/share"), points=points,
            )
            for number in range(item.cases)
        ]  # fmt: skip
    return notices
