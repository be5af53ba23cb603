"""What becomes true by itself, told at its time: points that lapsed, steps that were left, enforcement that ended.

A store's ledger head knows the next moment at which anything changes. A sweep takes the heads whose moment has come,
tells every change since, and sets the next moment, in one transaction: nothing is told twice, and after downtime
everything is told late but whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.ledger.book import stamp
from engine.ledger.upcoming import Turn, next_moment, turns
from store_model.bulk import Place
from store_model.outbox import News, emit_many
from store_model.penalty_book import PenaltyBook, entry_numbers
from store_model.penalty_news import enforcement_data
from store_model.violations import LedgerHead

BookOf = Callable[[Session, Place], PenaltyBook | None]
"""The book of a store; None where no rules are at hand for its marketplace."""

BATCH = 100


def tell_changes(session: Session, book_of: BookOf, now: datetime) -> bool:
    """Tell what changed by itself in up to `BATCH` stores; whether more may be waiting."""
    due = select(LedgerHead).where(LedgerHead.next_at <= now).order_by(LedgerHead.next_at, LedgerHead.store_id)
    heads = session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all()
    for head in heads:
        place = Place(head.entity_id, head.store_id)
        book = book_of(session, place)
        if book is None:
            head.next_at = None
            continue
        ledger = book.stored(session, place)
        assert head.next_at is not None
        found = list(turns(ledger, head.next_at, now))
        numbers = entry_numbers(session, place, [entry.case for turn in found for entry in turn.lapsed])
        news = [item for turn in found for item in _news(turn, numbers)]
        emit_many(session, entity_id=place.entity_id, store_id=place.store_id, news=news, now=now)
        head.next_at = next_moment(ledger, now)
    session.flush()
    return len(heads) == BATCH


def _news(turn: Turn, numbers: Mapping[str, int]) -> Iterator[News]:
    for entry in turn.lapsed:
        data = {
            "entry": str(numbers[entry.case]),
            "case_no": entry.case,
            "ladder": turn.ladder,
            "points": str(entry.points),
            "balance": str(turn.balance[1]),
            "at": stamp(turn.at),
        }
        yield News("points.lapsed", data)
    before, after = (
        {"ladder": turn.ladder, "step": step or "none", "balance": str(balance)}
        for step, balance in zip(turn.step, turn.balance, strict=True)
    )
    if before["step"] != after["step"]:
        yield News("step.changed", after, before)
    for enforcement in turn.ended:
        yield News("enforcement.ended", enforcement_data(enforcement))
