"""Brand authorisations as the rules see them, and word that one ends soon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.facts import MarkAuthorisation
from store_model.account_profile import BrandAuthorisation
from store_model.outbox import emit
from store_model.work import note_first

APPROVED = "approved"
KIND = "authorisation.lapsing"


def authorisations_of(session: Session, store_id: int) -> tuple[MarkAuthorisation, ...] | None:
    """The approved authorisations of a store, whenever they hold; None when the store keeps no record of any."""
    rows = session.scalars(
        select(BrandAuthorisation).where(BrandAuthorisation.store_id == store_id).order_by(BrandAuthorisation.id)
    ).all()
    return tuple(fact_of(row) for row in rows if row.state == APPROVED) if rows else None


def fact_of(row: BrandAuthorisation) -> MarkAuthorisation:
    """A row as a fact."""
    return MarkAuthorisation(
        id=str(row.id),
        mark=row.mark,
        owner=row.owner,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        territories=tuple(row.territories),
        categories=tuple(row.categories),
    )


def lapsing(found: Iterable[MarkAuthorisation] | None, as_of: date, days: int) -> list[MarkAuthorisation]:
    """Those that hold on a day and whose last day comes within so many days, soonest first."""
    last = as_of + timedelta(days=days)
    ending = [
        one for one in found or () if one.valid_until is not None and one.valid_from <= as_of <= one.valid_until <= last
    ]
    return sorted(ending, key=lambda one: (one.valid_until or last, one.mark, one.id or ""))


def tell_lapsing(session: Session, now: datetime, thresholds: Sequence[int]) -> int:
    """Announce each authorisation once for each threshold that its last day has come within; how many were told.

    One that is entered late is told of by the nearest threshold alone: word of thirty days when two are left helps
    nobody. A prolonged one has a new end, and is told of anew.
    """
    today = now.date()
    ending = session.scalars(
        select(BrandAuthorisation)
        .where(
            BrandAuthorisation.state == APPROVED,
            BrandAuthorisation.valid_from <= today,
            BrandAuthorisation.valid_until >= today,
            BrandAuthorisation.valid_until <= today + timedelta(days=max(thresholds, default=0)),
        )
        .order_by(BrandAuthorisation.valid_until, BrandAuthorisation.id)
    )
    told = 0
    for row in ending.all():
        assert row.valid_until is not None
        left = (row.valid_until - today).days
        reached = sorted(days for days in thresholds if left <= days)
        keys = {days: f"{row.id}:{row.valid_until}:{days}" for days in reached}
        fresh = note_first(  # dated by its end, so that it is remembered until then
            session, entity_id=row.entity_id, store_id=row.store_id, kind=KIND, keys=list(keys.values()),
            now=end_of(row.valid_until),
        )  # fmt: skip
        if keys[reached[0]] not in fresh:
            continue
        emit(
            session, entity_id=row.entity_id, store_id=row.store_id, type=KIND, now=now,
            data={
                "authorisation_id": str(row.id), "brand": row.mark, "days": reached[0],
                "due_at": end_of(row.valid_until).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )  # fmt: skip
        told += 1
    return told


def end_of(last: date) -> datetime:
    """The first moment after the last day."""
    return datetime.combine(last + timedelta(days=1), time(), UTC)
