"""Time limits that end soon, each told once: orders, complaints, appeals that are drafted, windows to appeal.

Found by looking, not planned when the row is written: an import of a million orders plans nothing, and a limit that
moved is told again, because its moment is part of what was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.ledger import Regime
from engine.ledger.book import stamp
from engine.ledger.contests import deadline_of
from store_model.bulk import Place
from store_model.contests import challenge_of
from store_model.deadlines import KINDS
from store_model.outbox import News, emit_many
from store_model.penalty_due import BookOf
from store_model.violations import Appeal, Complaint, Violation
from store_model.work import note_first

BATCH = 500


class Near(Struct, frozen=True):
    """A time limit that ends soon."""

    place: Place
    kind: str
    subject: str
    name: str
    due: datetime

    @property
    def key(self) -> str:
        """What makes it this one: a limit that moves is another."""
        return f"{self.kind}:{self.name[:120]}:{stamp(self.due)}"


def tell_deadlines(session: Session, now: datetime, ahead: timedelta) -> int:
    """Announce what ends within `ahead` and was not announced; how many."""
    return _tell(session, [*_orders(session, now, ahead), *_contests(session, now, ahead)], now)


def _orders(session: Session, now: datetime, ahead: timedelta) -> Iterator[Near]:
    for kind, one in KINDS.items():
        ends_soon = select(one.cls.entity_id, one.cls.store_id, one.name, one.moment).where(
            one.moment > now, one.moment <= now + ahead, one.runs
        )
        for entity_id, store_id, name, due in session.execute(ends_soon.order_by(one.moment)):
            yield Near(Place(entity_id, store_id), kind, one.subject, str(name), due)


def _contests(session: Session, now: datetime, ahead: timedelta) -> Iterator[Near]:
    complaints = select(Complaint).where(
        Complaint.state.in_(("received", "evidence_due")),
        Complaint.evidence_due_at > now,
        Complaint.evidence_due_at <= now + ahead,
    )
    for complaint in session.scalars(complaints):
        place = Place(complaint.entity_id, complaint.store_id)
        assert complaint.evidence_due_at is not None
        yield Near(place, "answer_complaint", "complaint", complaint.platform_id, complaint.evidence_due_at)
    appeals = select(Appeal).where(
        Appeal.state == "drafted", Appeal.deadline_at > now, Appeal.deadline_at <= now + ahead
    )
    for appeal in session.scalars(appeals):
        assert appeal.deadline_at is not None
        yield Near(
            Place(appeal.entity_id, appeal.store_id), "submit_appeal", "appeal", appeal.case_no, appeal.deadline_at
        )


def tell_windows(session: Session, book_of: BookOf, now: datetime, ahead: timedelta, horizon: timedelta) -> int:
    """Announce the violations whose time to appeal ends within `ahead` and that may still be appealed; how many.

    Violations older than `horizon`, the longest window of any rule, are not looked at.
    """
    told = 0
    books: dict[Place, Any] = {}
    known = ("active", "amended")
    wanted = select(Violation).where(Violation.state.in_(known), Violation.at > now - horizon)
    for row in session.scalars(wanted):
        place = Place(row.entity_id, row.store_id)
        if place not in books:
            books[place] = book_of(session, place)
        book = books[place]
        due = None if book is None else _window(book.regime, row)
        if due is None or not now < due <= now + ahead:
            continue
        if challenge_of(session, place, book.regime, row, now).open:
            told += _tell(session, [Near(place, "appeal", "violation", row.case_no, due)], now)
    return told


def _window(regime: Regime, row: Violation) -> datetime | None:
    return deadline_of(regime, row.offence, "appeal", row.at) if row.offence in regime.offences else None


def _tell(session: Session, near: Sequence[Near], now: datetime) -> int:
    by_place: dict[Place, list[Near]] = {}
    for one in near:
        by_place.setdefault(one.place, []).append(one)
    told = 0
    for place, found in by_place.items():
        for start in range(0, len(found), BATCH):
            part = found[start : start + BATCH]
            keys = [one.key for one in part]
            new = note_first(session, **place.columns(), kind="deadline.told", keys=keys, now=now)
            news = [_news(one) for one in part if one.key in new]
            emit_many(session, **place.columns(), news=news, now=now)
            told += len(news)
    return told


def _news(one: Near) -> News:
    if one.kind == "appeal":
        return News("appeal.window_closing", {"case_no": one.name, "due_at": stamp(one.due)})
    data = {"kind": one.kind, "subject_type": one.subject, "subject_id": one.name, "due_at": stamp(one.due)}
    return News("deadline.approaching", data)
