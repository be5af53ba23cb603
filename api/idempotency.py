"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a POST that is sent again is done once.

The answer is stored in the transaction that did the work, so there is never one without the other. It is kept for
KEPT. The same key with another payload is 422, one whose first request still runs is 409, a replay says so in
`Idempotent-Replayed`. Problems are not kept: nothing was changed, and the cause may be gone the next time.

An answer that shows a secret is kept sealed, as secrets are everywhere in the database: whoever lost the answer to the
call that made it gets it once more, by the same key and as the same user, and nobody else does.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api.callers import Caller
from api.problems import ProblemError
from api.webhooks.sealing import Sealer
from store_model.accounts import IdempotentRequest

KEPT = timedelta(hours=24)
USE = "answer kept for its Idempotency-Key"
KEY = re.compile(r'^"?([\x21\x23-\x7e]{1,255})"?$')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job answers: a status, what travels as JSON (None: no body), and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, *, replayed: bool = False) -> Response:
        """As it is sent."""
        headers = {**self.headers, **({"idempotent-replayed": "true"} if replayed else {})}
        if self.body is None:
            return Response(status_code=self.status, headers=headers)
        return Response(msgspec.json.encode(self.body), self.status, headers, "application/json")


_running: set[str] = set()
_lock = threading.Lock()


async def once(
    request: Request, caller: Caller, body: bytes, job: Callable[[Session], Answer], *, sealer: Sealer | None = None
) -> Response:
    """Run a job in the caller's session; with an Idempotency-Key, once for all requests that carry it.

    `sealer`: the answer holds a secret, keep it sealed.
    """
    key = key_of(request)
    if key is None:
        return (await caller.run(job)).response()
    where = f"{caller.scope.entity_id}\0{caller.actor}\0{request.method}\0{request.url.path}\0{key}"
    key_hash = hashlib.sha256(where.encode()).hexdigest()
    request_hash = hashlib.sha256(request.url.query.encode() + b"\0" + body).hexdigest()
    with _lock:
        if key_hash in _running:
            raise ProblemError("request_in_flight", headers={"retry-after": "1"})
        _running.add(key_hash)
    try:
        answer, replayed = await caller.run(lambda session: _once(session, caller, key_hash, request_hash, job, sealer))
    finally:
        with _lock:
            _running.discard(key_hash)
    return answer.response(replayed=replayed)


def key_of(request: Request) -> str | None:
    """The key, quoted (a structured-field string) or bare; 400 when it cannot be one."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    found = KEY.match(given.strip())
    if found is None:
        raise ProblemError("bad_idempotency_key")
    return found.group(1)


def _once(
    session: Session, caller: Caller, key_hash: str, request_hash: str, job: Callable[[Session], Answer],
    sealer: Sealer | None,
) -> tuple[Answer, bool]:  # fmt: skip
    _demand_turn(session, key_hash)
    now = caller.now()
    known = session.scalars(select(IdempotentRequest).where(IdempotentRequest.key_hash == key_hash)).one_or_none()
    if known is not None and known.created_at + KEPT > now:
        if known.request_hash != request_hash:
            raise ProblemError("idempotency_key_reused")
        return Answer(known.status, _opened(known.body, sealer), known.headers), True
    if known is not None:
        session.delete(known)
        session.flush()
    answer = job(session)
    session.add(
        IdempotentRequest(
            key_hash=key_hash,
            request_hash=request_hash,
            created_at=now,
            status=answer.status,
            headers=dict(answer.headers),
            body=_kept(answer.body, sealer),
        )
    )
    return answer, False


def _kept(body: Any, sealer: Sealer | None) -> Any:
    return msgspec.to_builtins(body) if sealer is None else sealer.seal(msgspec.json.encode(body).decode(), USE)


def _opened(kept: Any, sealer: Sealer | None) -> Any:
    if sealer is None:
        return kept
    opened = sealer.open(kept, USE)
    if opened is None:  # the key that sealed it is not the one in use
        raise ProblemError("answer_unreadable")
    return msgspec.json.decode(opened)


def _demand_turn(session: Session, key_hash: str) -> None:
    """409 when another process works on the same key. On SQLite there is one writer: it has waited for its turn."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(bytes.fromhex(key_hash[:16]), signed=True)
        if not session.scalar(select(func.pg_try_advisory_xact_lock(number))):
            raise ProblemError("request_in_flight", headers={"retry-after": "1"})
