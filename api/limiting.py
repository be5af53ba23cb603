"""How often a caller may call: the RateLimit headers of every answer, and 429 when it was too often.

`limits` reads the policy; the counting is ours, because its memory storage starts a timer thread for every window
and costs more than a whole check. Each worker process counts for itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from limits import RateLimitItem, parse

from api.context import Context
from api.problems import ProblemError

REMEMBERED = 50_000
"""Callers held in memory; beyond that, those whose window is over are forgotten."""


class RateLimiter:
    """Counts calls by caller in fixed windows that begin with the first call. An empty `limit` counts nothing."""

    def __init__(self, limit: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.item: RateLimitItem | None = parse(limit) if limit else None
        self.shown = limit
        self.clock = clock
        self._windows: dict[str, list[float]] = {}  # caller → [calls, end of the window]
        if self.item is not None:
            self._most, self._seconds = self.item.amount, float(self.item.get_expiry())
            self._policy = (b"ratelimit-policy", f'"default";q={self._most};w={self.item.get_expiry()}'.encode())

    def hit(self, caller: str, context: Context) -> None:
        """Count one call; 429 with Retry-After when the window is used up."""
        if self.item is None:
            return
        now = self.clock()
        window = self._windows.get(caller)
        if window is None or now >= window[1]:
            if len(self._windows) >= REMEMBERED:
                self._forget(now)
            window = self._windows[caller] = [0, now + self._seconds]
        window[0] += 1
        wait = int(window[1] - now) + 1
        left = max(int(self._most - window[0]), 0)
        context.headers += (self._policy, (b"ratelimit", b'"default";r=%d;t=%d' % (left, wait)))
        if window[0] > self._most:
            raise ProblemError("rate_limited", policy=self.shown, seconds=wait, headers={"retry-after": str(wait)})

    def _forget(self, now: float) -> None:
        """Drop windows that are over; if all still run, the oldest half goes."""
        self._windows = {caller: window for caller, window in self._windows.items() if now < window[1]}
        if len(self._windows) >= REMEMBERED:
            for caller in list(self._windows)[: REMEMBERED // 2]:
                del self._windows[caller]
