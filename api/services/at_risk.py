"""Points at risk of a store's findings, remembered for some seconds: a pre-check asks for them at every call."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from time import monotonic

from sqlalchemy.orm import Session

from api.callers import Caller
from api.problems import ProblemError
from api.services.penalties import Penalties, place_of
from engine.ledger.risk import PointsAtRisk
from store_model.bulk import Place

MOST = 1000


def at_risk(penalties: Penalties, session: Session, place: Place, as_of: datetime) -> PointsAtRisk | None:
    """What findings put at risk in a store at a moment; None where no penalty rules are at hand for it."""
    try:
        book = penalties.of_store(session, place)
    except ProblemError:
        return None
    return PointsAtRisk(book.ledger(session, place), as_of)


class RiskDesk:
    """`of` answers from memory for `seconds`; a notice that arrived meanwhile shows after that time."""

    def __init__(self, penalties: Penalties, seconds: float) -> None:
        self._penalties = penalties
        self._seconds = seconds
        self._known: OrderedDict[Place, tuple[float, PointsAtRisk | None]] = OrderedDict()
        self._lock = threading.Lock()

    async def of(self, caller: Caller) -> PointsAtRisk | None:
        """What findings put at risk in the caller's store now."""
        place = place_of(caller)
        with self._lock:
            known = self._known.get(place)
        if known is not None and monotonic() < known[0]:
            return known[1]
        found = await caller.run(
            lambda session: at_risk(self._penalties, session, place, caller.now()), read_only=True
        )  # fmt: skip
        with self._lock:
            self._known[place] = (monotonic() + self._seconds, found)
            self._known.move_to_end(place)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found
