"""Points at risk of a store's findings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from api.problems import ProblemError
from api.services.penalties import Penalties
from engine.ledger.risk import PointsAtRisk
from store_model.bulk import Place


def at_risk(penalties: Penalties, session: Session, place: Place, as_of: datetime) -> PointsAtRisk | None:
    """What findings put at risk in a store at a moment; None where no penalty rules are at hand for it."""
    try:
        book = penalties.of_store(session, place)
    except ProblemError:
        return None
    return PointsAtRisk(book.ledger(session, place), as_of)
