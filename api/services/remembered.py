"""What pre-checks need to know of a store at every call, read once and remembered for some seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from api.callers import Caller
from api.services.penalties import place_of
from store_model.bulk import Place

T = TypeVar("T")
MOST = 1000
"""Stores that are remembered at once; a bound of memory."""


class OfStore(Generic[T]):
    """`await of(caller)`: what `read` says of the caller's store, at most `seconds` old.

    `read(session, place, caller)` runs in a thread with a session that sees this store alone.
    """

    def __init__(self, read: Callable[[Session, Place, Caller], T], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._known: OrderedDict[Place, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    async def of(self, caller: Caller) -> T:
        """What is known of the caller's store; read anew when it is too old."""
        place = place_of(caller)
        with self._lock:
            known = self._known.get(place)
        if known is not None and monotonic() < known[0]:
            return known[1]
        found = await caller.run(lambda session: self._read(session, place, caller), read_only=True)
        with self._lock:
            self._known[place] = (monotonic() + self._seconds, found)
            self._known.move_to_end(place)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found
