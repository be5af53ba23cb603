"""When a delivery is tried again, and what an answer means. Pure functions: the time and the dice are given.

The schedule is the standard's own example: ten attempts over 75 hours and 35 minutes, each wait up to a tenth longer
by jitter, so that receivers that come back are not called by everybody at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE, HOUR = 60, 3600
WAITS = (5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds between one attempt and the next; when they are used up, the delivery is dead."""

JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)
"""What a receiver may ask for with Retry-After."""

DISABLE_AFTER = timedelta(days=5)
"""An endpoint to which nothing at all got through for so long is disabled."""

DELIVERED, GONE, REDIRECTED, REFUSED, TIMED_OUT, UNREACHABLE, FORBIDDEN, THROTTLED, UNREADABLE = (
    "delivered", "gone", "redirected", "refused", "timed_out", "unreachable", "forbidden_address", "throttled",
    "secret_unreadable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a delivery: tried again at `at`, or (None) given up."""

    at: datetime | None


def outcome_of(status: int) -> str:
    """What a status means: 2xx alone is success, a redirect is a failure, 410 ends the endpoint."""
    if 200 <= status < 300:
        return DELIVERED
    if 300 <= status < 400:
        return REDIRECTED
    if status == 410:
        return GONE
    return THROTTLED if status in (429, 502, 503, 504) else REFUSED


def next_attempt(attempt: int, now: datetime, *, dice: float, retry_after: str | None = None) -> Next:
    """When attempt number `attempt` (from 1) has failed at `now`. `dice` in [0, 1) makes the jitter."""
    if attempt > len(WAITS):
        return Next(None)
    wait = timedelta(seconds=WAITS[attempt - 1] * (1 + JITTER * dice))
    asked = read_retry_after(retry_after, now)
    return Next(now + (wait if asked is None else max(wait, min(asked, LONGEST_WAIT))))


def read_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Retry-After in seconds or as an HTTP date; None when it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(timedelta(0), moment - now)
