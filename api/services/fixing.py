"""The fix of a cause as a whole: planned, applied with its products checked again, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from api.problems import ProblemError
from api.services import causes
from api.services.products import Desk, check, facts_of_store
from engine import Pack
from store_model.bulk_fixes import APPLIED, BulkFix
from store_model.products import Product

Plan = tuple[causes.Cause, list[causes.Change]]


def plan(session: Session, pack: Pack, store_id: int, key: str, day: date, *, suggested: bool) -> Plan:
    """A cause and what its fix does to each of its products; unknown_item when no open finding has it."""
    cause = next((one for one in causes.causes(session, store_id) if one.key == key), None)
    if cause is None:
        raise ProblemError("unknown_item")
    store = facts_of_store(session, store_id)
    return cause, causes.changes(session, pack, store, cause, as_of=day, suggested=suggested)


def fix(session: Session, desk: Desk, store_id: int, planned: Plan, *, actor: str, now: datetime) -> BulkFix:
    """Write what was planned. Each changed product is checked again, so its findings are fixed at once."""
    cause, found = planned
    done = causes.apply(session, store_id, cause, found, actor=actor, now=now)
    _check_again(session, desk, (change.product_id for change in found if change.patch), now)
    return done


def take_back(session: Session, desk: Desk, fix_id: int | None, *, now: datetime) -> BulkFix:
    """A fix that is undone, now or before; unknown_item for the id of none."""
    done = session.get(BulkFix, fix_id) if fix_id is not None else None
    if done is None:
        raise ProblemError("unknown_item")
    if done.state == APPLIED:
        _check_again(session, desk, causes.undo(session, done, now=now), now)
    return done


def _check_again(session: Session, desk: Desk, products: Iterable[int], now: datetime) -> None:
    for number in products:
        check(session, desk, session.get_one(Product, number), now=now)
