"""One call of an endpoint: signed, to a permitted address, without redirects, its answer read up to a cap."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from api.webhooks import schedule, signing
from api.webhooks.addresses import AddressRefused, UrlRefused, check_url, guarded_socket

TIMEOUT_SECONDS = 15.0
READ_AT_MOST = 20_000
SHOWN = 1000
HEADERS_SHOWN = ("content-type", "retry-after", "location", "server")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call said; `status` None: there was no answer. `request` are the headers that were sent."""

    outcome: str
    status: int | None
    milliseconds: int
    request: dict[str, str]
    response: dict[str, str] = field(default_factory=dict)
    body_head: str | None = None
    error: str | None = None


class Sender:
    """Makes the calls of one process. Open it inside a running loop, and close it there."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        agent: str = "Storewarden-Webhooks/1.0",
    ) -> None:
        self.allow_loopback = allow_loopback
        connector = aiohttp.TCPConnector(
            limit=0,
            resolver=resolver,
            use_dns_cache=False,  # what a name meant before says nothing
            socket_factory=guarded_socket(allow_loopback=allow_loopback),
        )
        self._agent = agent
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 10.0)),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=8190,
            max_field_size=8190,
        )

    async def send(self, url: str, keys: Sequence[str], message_id: str, body: bytes, *, timestamp: int) -> Reply:
        """Call once. Whatever goes wrong outside is an outcome, never an exception."""
        sent = {"content-type": "application/json", "user-agent": self._agent}
        sent |= signing.headers(keys, message_id, timestamp, body)
        start = time.monotonic()

        def reply(outcome: str, error: str | None, status: int | None = None, **more: object) -> Reply:
            spent = int((time.monotonic() - start) * 1000)
            return Reply(outcome, status, spent, sent, error=error, **more)  # type: ignore[arg-type]

        try:
            check_url(url, allow_loopback=self.allow_loopback)
            async with self._session.post(url, data=body, headers=sent, allow_redirects=False) as answer:
                head = await _head(answer)
                outcome = schedule.outcome_of(answer.status)
                shown = {name: answer.headers[name][:200] for name in HEADERS_SHOWN if name in answer.headers}
                error = None if outcome == schedule.DELIVERED else f"HTTP {answer.status}"
                return reply(outcome, error, answer.status, response=shown, body_head=head)
        except UrlRefused as refused:
            return reply(schedule.FORBIDDEN, f"the URL {refused.en}")
        except TimeoutError:
            return reply(schedule.TIMED_OUT, "no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if _is_refused(error):
                return reply(schedule.FORBIDDEN, "the name leads to an address that a webhook may not go to")
            return reply(schedule.UNREACHABLE, type(error).__name__)

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()


async def _head(answer: aiohttp.ClientResponse) -> str | None:
    """The beginning of the body as text. What is longer than the cap ends the connection unread."""
    read = b""
    while len(read) < READ_AT_MOST:
        chunk = await answer.content.readany()
        if not chunk:
            break
        read += chunk
    else:
        answer.close()
    return read[:SHOWN].decode("utf-8", "replace").replace("\0", "\ufffd") or None


def _is_refused(error: BaseException) -> bool:
    """Whether the guard said no, below whatever the client wrapped around it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, AddressRefused) or isinstance(getattr(seen, "os_error", None), AddressRefused):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
