"""The outermost layer, in plain ASGI: request id, access log, metrics, body limits, and no error that escapes.

One layer and not five: each costs a coroutine and a closure for every message, and all need the same few facts.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import types
from collections.abc import Awaitable, Callable, Generator, Mapping
from functools import partial
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import KEY, Context
from api.logs import AccessLog
from api.metrics import Metrics
from api.problems import ProblemError, answer
from api.settings import Settings

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
CLIENT_CLOSED = 499
JSON = (b"content-type", b"application/json")
STORES = "/v1/stores/"
FILES = ("/imports", "/diagnoses/uploads")
"""How the paths end to which files are sent; they may be larger than other bodies."""
Hot = Callable[[Scope, Receive], Awaitable[bytes]]
FIXED_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"vary", b"accept, accept-language"))


class Edge:
    """Wraps the whole app.

    `hot` maps paths (of a store: with {store_id}) to what answers a POST there: called with scope and receive, it gives
    the JSON of a 200 or raises ProblemError. Such a request does not go through the framework's layers and router,
    which cost more than a check.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, metrics: Metrics, log: Any, hot: Mapping[str, Hot] | None = None
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.log = log
        self.hot = hot if hot is not None else {}
        self.max_body = settings.max_body_bytes
        self.max_file = settings.max_import_bytes
        self.body_timeout = settings.body_timeout_seconds
        access_log = AccessLog(settings.log_level)
        self.access_log = access_log if settings.access_log and access_log.is_on else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        received = dict(scope["headers"])
        context = scope[KEY] = Context(_request_id(received), received)
        status, sent = 0, 0

        async def sender(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_headers(context)]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            limit = self.max_file if scope["method"] == "POST" and scope["path"].endswith(FILES) else self.max_body
            if _declared(received) > limit:
                raise self._too_large(limit)
            route = of_store(scope["path"])
            hot = self.hot.get(route)
            if hot is not None and scope["method"] == "POST":
                context.route = route
                body = await hot(scope, _Body(receive, self, limit))
                status, sent = 200, len(body)
                headers = [(b"content-length", b"%d" % sent), JSON, *_headers(context)]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
            else:
                await self.app(scope, _Body(receive, self, limit), sender)
        except ClientDisconnect:
            status = status or CLIENT_CLOSED
        except Exception as error:
            if not isinstance(error, ProblemError):
                self.log.exception("request_failed", request_id=context.request_id, path=scope["path"])
                error = ProblemError("internal_error")
            if status:  # too late for an answer: the server closes the connection
                raise
            await answer(scope, error)(scope, receive, sender)
        finally:
            self._note(scope, context, status or CLIENT_CLOSED, sent, perf_counter() - started)

    def _too_large(self, limit: int) -> ProblemError:
        """Closing spares both sides the rest of the body."""
        return ProblemError("body_too_large", limit=limit, headers={"connection": "close"})

    def _note(self, scope: Scope, context: Context, status: int, sent: int, seconds: float) -> None:
        route = context.route or getattr(scope.get("route"), "path", "none")
        self.metrics.request(scope["method"], route, status, seconds)
        if self.access_log is not None:
            client = scope.get("client")
            self.access_log(
                {
                    "request_id": context.request_id,
                    "method": scope["method"],
                    "path": scope["path"],
                    "route": route,
                    "status": status,
                    "milliseconds": round(seconds * 1000, 3),
                    "bytes": sent,
                    "client": client[0] if client else None,
                    "key": context.caller,
                    **context.noted,
                }
            )


def of_store(path: str) -> str:
    """A path with the store's id as a parameter, as routes are written; any other path as it is."""
    if path.startswith(STORES):
        store_id, slash, rest = path[len(STORES) :].partition("/")
        if slash and store_id:
            return f"{STORES}{{store_id}}/{rest}"
    return path


def _request_id(received: Mapping[bytes, bytes]) -> str:
    """The caller's own, or a new one."""
    sent = received.get(b"x-request-id")
    return sent.decode() if sent is not None and REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)


def _declared(received: Mapping[bytes, bytes]) -> int:
    """The length that the body is said to have; 0: none."""
    length = received.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 20 else 0


def _headers(context: Context) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer carries."""
    return ((b"x-request-id", context.request_id.encode()), *FIXED_HEADERS, *context.headers)


class _Body:
    """A receive channel that counts bytes and minds the clock while a body arrives."""

    __slots__ = ("deadline", "edge", "limit", "receive", "received", "whole")

    def __init__(self, receive: Receive, edge: Edge, limit: int) -> None:
        self.receive = receive
        self.edge = edge
        self.limit = limit
        self.received = 0
        self.whole = False
        self.deadline = 0.0

    async def __call__(self) -> Message:
        if self.whole:  # only a disconnect can follow, and that may take for ever
            return await self.receive()
        coming = self.receive()
        try:
            waiting = coming.send(None)  # type: ignore[attr-defined]
        except StopIteration as done:  # it is here already, as most bodies are: no timer needed
            message = done.value
        else:
            message = await self._wait(_go_on(coming, waiting))
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
            if self.received > self.limit:
                raise self.edge._too_large(self.limit)
            if self.limit != self.edge.max_body:  # a file arrives for as long as it keeps arriving
                self.deadline = 0.0
        return message

    async def _wait(self, rest: Awaitable[Message]) -> Message:
        if not self.deadline:
            self.deadline = asyncio.get_running_loop().time() + self.edge.body_timeout
        try:
            async with asyncio.timeout_at(self.deadline):
                return await rest
        except TimeoutError:
            raise ProblemError(
                "body_timeout", seconds=f"{self.edge.body_timeout:g}", headers={"connection": "close"}
            ) from None


@types.coroutine
def _go_on(coroutine: Any, waiting: Any) -> Generator[Any, Any, Message]:
    """The rest of a coroutine that was begun by hand and waits for `waiting`."""
    while True:
        try:
            value = yield waiting
        except BaseException as error:
            step = partial(coroutine.throw, error)
        else:
            step = partial(coroutine.send, value)
        try:
            waiting = step()
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
