"""Complaints, appeals and suppositions, as routes and the command line ask for them: what was sent in, rows out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import wire
from api.problems import ErrorAt, ProblemError
from api.routes.violation_shapes import (
    AppealIn,
    AppealMove,
    ComplaintIn,
    ComplaintMove,
    WhatIfIn,
    check_moment,
    check_points,
    check_share,
)
from api.services.penalties import offence_id, online_products
from engine.ledger import Notice
from engine.ledger.book import stamp
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
from store_model.penalty_book import PenaltyBook
from store_model.penalty_forecasts import open_findings
from store_model.violations import Appeal, Complaint, Violation

T = TypeVar("T")


def suppose(session: Session, place: Place, book: PenaltyBook, given: WhatIfIn, now: datetime) -> dict[str, Any]:
    """What further cases, or all open findings if they were confirmed now, would bring. Nothing is stored."""
    ledger = book.ledger(session, place)
    if given.open_findings:
        return if_confirmed(ledger, now, open_findings(session, place), online_products(session, place))
    return what_if(ledger, now, _supposed(book, given, now))


def appeal_now(
    session: Session, place: Place, book: PenaltyBook, violation: Violation, as_of: datetime
) -> dict[str, Any]:
    """The window, the attempts left, the evidence, and how many root causes are still open."""
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


def violation_of(session: Session, place: Place, case_no: str) -> Violation:
    """The violation of a case that was booked; 422 where there is none."""
    found = session.scalars(
        select(Violation).where(Violation.store_id == place.store_id, Violation.case_no == case_no)
    ).one_or_none()
    if found is None or (found.ladder is None and found.state != "reversed"):
        raise wire.refuse("/case_no", "unknown_reference", "names no booked case", "不是已记录的案件")
    return found


def draft(session: Session, place: Place, book: PenaltyBook, given: AppealIn, now: datetime) -> Appeal:
    """A drafted appeal; 409 with every reason where the platform's rules allow none."""
    violation = violation_of(session, place, given.case_no)
    row = Appeal(
        **place.columns(),
        evidence=list(given.evidence),
        root_causes=[msgspec.to_builtins(cause) for cause in given.root_causes],
        note=given.note,
    )
    return _refusing(lambda: open_appeal(session, place, book.regime, violation, row, now=now))


def move(session: Session, place: Place, book: PenaltyBook, row: Appeal, given: AppealMove, now: datetime) -> None:
    """An event of an appeal. Upheld reverses the case and lifts what followed."""
    if given.root_causes is not None:
        row.root_causes = [msgspec.to_builtins(cause) for cause in given.root_causes]
    points = check_points(given.points, "/points")
    _refusing(
        lambda: move_appeal(
            session, place, book, row, given.event, now=now, note=given.note, evidence=given.evidence, points=points
        )
    )


def record(session: Session, place: Place, book: PenaltyBook, given: ComplaintIn, now: datetime) -> Complaint:
    """A complaint; one with the same number of the platform is that one, unchanged."""
    offence = offence_id(book.regime, given.offence)
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
    return open_complaint(session, place, book.regime, row, now=now)


def move_on(session: Session, book: PenaltyBook, row: Complaint, given: ComplaintMove, now: datetime) -> None:
    """An event of a complaint."""
    _refusing(
        lambda: move_complaint(
            session, row, given.event, now=now, note=given.note, evidence=given.evidence, engine=book.engine
        )
    )


def _refusing(job: Callable[[], T]) -> T:
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
        offence = rule.id if rule is not None else offence_id(book.regime, item.offence)
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
