"""How often a caller may call: the RateLimit headers of every answer, and 429 when it was too often."""

from __future__ import annotations

import time

from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from api.context import Context
from api.problems import ProblemError


class RateLimiter:
    """Counts calls by caller in fixed windows. An empty `limit` counts nothing."""

    def __init__(self, limit: str, storage: str = "memory://") -> None:
        self.item: RateLimitItem | None = parse(limit) if limit else None
        self.shown = limit
        store = storage_from_string(storage)
        assert isinstance(store, Storage)
        self._limiter = FixedWindowRateLimiter(store)
        if self.item is not None:
            policy = f'"default";q={self.item.amount};w={self.item.get_expiry()}'
            self._policy = (b"ratelimit-policy", policy.encode())

    def hit(self, caller: str, context: Context) -> None:
        """Count one call; 429 with Retry-After when the window is used up."""
        if self.item is None:
            return
        allowed = self._limiter.hit(self.item, caller)
        window = self._limiter.get_window_stats(self.item, caller)
        wait = max(1, int(window.reset_time - time.time() + 0.999))
        context.headers += (self._policy, (b"ratelimit", b'"default";r=%d;t=%d' % (max(window.remaining, 0), wait)))
        if not allowed:
            raise ProblemError("rate_limited", policy=self.shown, seconds=wait, headers={"retry-after": str(wait)})
