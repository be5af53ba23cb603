"""The desk of a store of the database, for one who calls the service."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from api.callers import Caller
from api.problems import ProblemError
from api.scoring.desk import Desk
from api.scoring.rules import SECTION
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.performance.tables import Tables


def desk_of(session: Session, caller: Caller, as_of: date | None, *, history: int = 0) -> Desk:
    """The desk of the caller's store. `pack_without_backoffice` for a marketplace whose scores no pack holds."""
    store = session.get_one(Store, store_id_of(caller))
    rules = caller.state.performance
    if store.platform != rules.pack.marketplace or SECTION not in rules.backoffice.sections:
        raise ProblemError("pack_without_backoffice", section=SECTION)
    day = as_of or today_of(caller)
    tables = Tables(session, Place(store.entity_id, store.id), rules.limits(day), now=caller.now())
    return Desk(rules, tables, str(store.id), day, history=history)


def store_id_of(caller: Caller) -> int:
    """The store of the call."""
    assert caller.store_id is not None
    return caller.store_id


def today_of(caller: Caller) -> date:
    """The day of the platform's clock."""
    now = caller.now()
    return now.astimezone(caller.state.backoffice.zone(now.date())).date()
