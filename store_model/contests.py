"""Complaints and appeals of a store: opened, moved by events through their statecharts, swept when deadlines pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import StorewardenError
from engine.ledger import Notice, Regime
from engine.ledger.charts import APPEAL, COMPLAINT, Chart, drive
from engine.ledger.contests import Challenge, challenge, deadline_of
from engine.ledger.engines import RuleEngine, Twin
from store_model import penalty_news as news
from store_model.bulk import Place
from store_model.outbox import News, emit_many
from store_model.penalty_book import PenaltyBook, Receipt, notice_of
from store_model.violations import Appeal, Complaint, PlatformNotice, Violation

SWEEPER = Twin()
"""Deadlines are swept row by row; the plain engine does it as well as any."""


class MoveRefused(StorewardenError):
    """An event that the state does not know; `known` are the events that it does."""

    code = "move_refused"

    def __init__(self, state: str, event: str, known: Sequence[str]) -> None:
        self.state, self.event, self.known = state, event, tuple(known)
        super().__init__(f"{event} is not possible while {state}; possible: {', '.join(known) or 'nothing'}")


class AppealRefused(StorewardenError):
    """An appeal that the platform's rules do not allow; `refusals` say why, in both languages."""

    code = "appeal_refused"

    def __init__(self, refusals: Sequence[dict[str, Any]]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal["message"]["en"] for refusal in refusals))


def open_complaint(session: Session, place: Place, regime: Regime, row: Complaint, *, now: datetime) -> Complaint:
    """Record a complaint; one with the same number of the platform is that one, unchanged.

    The days to answer come from the offence it is about; without an offence there is no deadline that we know.
    """
    known = session.scalars(
        select(Complaint).where(Complaint.store_id == place.store_id, Complaint.platform_id == row.platform_id)
    ).one_or_none()
    if known is not None:
        return known
    row.state, row.history = COMPLAINT.start, [_line(now, "received", COMPLAINT.start)]
    if row.offence is not None and row.evidence_due_at is None:
        row.evidence_due_at = deadline_of(regime, row.offence, "complaint", row.received_at)
    session.add(row)
    if row.evidence_due_at is not None:
        _move(row, COMPLAINT, "evidence_requested", now, None, SWEEPER)
    session.flush()
    _tell(session, row, news.complaint_received(row), now)
    return row


def move_complaint(
    session: Session, row: Complaint, event: str, *, now: datetime, note: str | None, evidence: Sequence[str],
    engine: RuleEngine,
) -> Complaint:  # fmt: skip
    """One event of a complaint's life. MoveRefused where its state does not know the event."""
    _move(row, COMPLAINT, event, now, note, engine)
    if evidence:
        row.evidence = [*row.evidence, *(item for item in evidence if item not in row.evidence)]
    if COMPLAINT.is_final(row.state):
        row.decided_at = now
    session.flush()
    return row


def challenge_of(session: Session, place: Place, regime: Regime, violation: Violation, as_of: datetime) -> Challenge:
    """Where a violation stands towards an appeal."""
    notice = _violation_notice(session, place, violation.case_no)
    used = session.scalar(
        select(func.count(Appeal.id)).where(
            Appeal.entity_id == place.entity_id,
            Appeal.store_id == place.store_id,
            Appeal.case_no == violation.case_no,
            Appeal.submitted_at.is_not(None),
        )
    )
    given = session.scalars(
        select(Appeal.evidence).where(
            Appeal.entity_id == place.entity_id,
            Appeal.store_id == place.store_id,
            Appeal.case_no == violation.case_no,
        )
    ).all()
    return challenge(
        regime,
        notice,
        as_of,
        used=used or 0,
        given={item for items in given for item in items},
        is_reversed=violation.state == "reversed",
    )


def open_appeal(
    session: Session, place: Place, regime: Regime, violation: Violation, row: Appeal, *, now: datetime
) -> Appeal:
    """Draft an appeal. AppealRefused with every reason where none is possible (any more)."""
    state = challenge_of(session, place, regime, violation, now)
    if not state.open:
        raise AppealRefused(state.refusals)
    last = session.scalar(
        select(func.max(Appeal.attempt)).where(Appeal.store_id == place.store_id, Appeal.case_no == violation.case_no)
    )
    row.case_no, row.attempt = violation.case_no, (last or 0) + 1
    row.state, row.deadline_at = APPEAL.start, state.deadline
    row.history = [_line(now, "drafted", APPEAL.start)]
    session.add(row)
    session.flush()
    return row


def move_appeal(
    session: Session, place: Place, book: PenaltyBook, row: Appeal, event: str, *, now: datetime, note: str | None,
    evidence: Sequence[str], points: Any = None,
) -> Receipt | None:  # fmt: skip
    """One event of an appeal's life. Upheld reverses the case (or amends it to `points`) and lifts what followed."""
    if event == "submitted":
        violation = session.scalars(
            select(Violation).where(Violation.store_id == place.store_id, Violation.case_no == row.case_no)
        ).one()
        state = challenge_of(session, place, book.regime, violation, now)
        if not state.open:
            raise AppealRefused(state.refusals)
    _move(row, APPEAL, event, now, note, book.engine)
    if evidence:
        row.evidence = [*row.evidence, *(item for item in evidence if item not in row.evidence)]
    if event == "submitted":
        row.submitted_at = now
    if event in ("upheld", "rejected", "withdrawn", "deadline_passed"):
        row.decided_at = now
    session.flush()
    if event == "submitted":
        _tell(session, row, news.appeal_opened(row, now), now)
    elif row.decided_at is not None:
        _tell(session, row, news.appeal_decided(row), now)
    if event != "upheld":
        return None
    outcome = "reversed" if points is None else "amended"
    decision = Notice(case=row.case_no, type="decision", at=now, known=now, outcome=outcome, points=points)
    return book.receive(session, place, [decision], now=now)


def sweep_deadlines(session: Session, now: datetime, *, limit: int = 1000) -> list[Complaint | Appeal]:
    """Complaints and drafted appeals whose deadline has passed: moved, told, and returned, up to `limit` of each.

    One that another sweep has in hand is passed over, so it is told once.
    """
    late: list[Complaint | Appeal] = []
    complaints = select(Complaint).where(
        Complaint.state.in_(("received", "evidence_due")), Complaint.evidence_due_at <= now
    )
    appeals = select(Appeal).where(Appeal.state == "drafted", Appeal.deadline_at <= now)
    for statement, chart in ((complaints, COMPLAINT), (appeals, APPEAL)):
        for row in session.scalars(statement.limit(limit).with_for_update(skip_locked=True)):
            _move(row, chart, "deadline_passed", now, None, SWEEPER)
            late.append(row)
            _tell(session, row, news.deadline_passed(row), now)
    session.flush()
    return late


def _tell(session: Session, row: Complaint | Appeal, item: News, now: datetime) -> None:
    emit_many(session, entity_id=row.entity_id, store_id=row.store_id, news=[item], now=now)


def _violation_notice(session: Session, place: Place, case_no: str) -> Notice:
    found = select(PlatformNotice).where(
        PlatformNotice.entity_id == place.entity_id,
        PlatformNotice.store_id == place.store_id,
        PlatformNotice.case_no == case_no,
        PlatformNotice.type == "violation",
    )
    row = session.scalars(found.order_by(PlatformNotice.at, PlatformNotice.content)).first()
    if row is None:
        raise LookupError(case_no)
    return notice_of(row)


def _move(
    row: Complaint | Appeal, chart: Chart, event: str, now: datetime, note: str | None, engine: RuleEngine
) -> None:
    (move,) = drive(engine, chart, row.state, [event])
    if move.to is None:
        raise MoveRefused(row.state, event, chart.known_in(row.state))
    row.state = move.to
    row.history = [*row.history, _line(now, event, move.to, note)]


def _line(now: datetime, event: str, state: str, note: str | None = None) -> dict[str, Any]:
    line: dict[str, Any] = {"at": now.isoformat(), "event": event, "state": state}
    return {**line, "note": note} if note else line
