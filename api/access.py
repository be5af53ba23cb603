"""Who calls: the API key of a request, looked up in place and remembered for a few seconds."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.types import Scope

from api.context import Context, context_of
from api.problems import ProblemError
from api.tokens import BEGINS
from store_model.access import Key, find_key, has_keys, hash_secret
from store_model.db import Database

T = TypeVar("T")

REMEMBERED = 10_000
"""Keys held in memory, unknown ones included; the oldest goes first."""

CHALLENGE = {"www-authenticate": 'Bearer realm="storewarden"'}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Keys:
    """Answers who a request comes from. `policy` is always, never, or optional (until the first key is created).

    `of_token` gives the rights behind an access token, which is taken in place of a key.

    What the database said is believed for `seconds`, so a revoked key may live that much longer.
    """

    def __init__(
        self, database: Database, *, policy: str, seconds: float, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.database = database
        self.policy = policy
        self.seconds = seconds
        self.now = now
        self.of_token: Callable[[str, Context], Awaitable[frozenset[str]]] | None = None
        self._known: OrderedDict[str, tuple[float, Key | None]] = OrderedDict()
        self._required = policy == "always"
        self._asked_until = 0.0

    async def identify(self, scope: Scope, right: str) -> Key | None:
        """The caller's key; None where none is needed, or for an access token. 401 without a valid key, 403 without the
        right."""
        context = context_of(scope)
        secret = secret_of(context.received)
        if secret is None:
            if await self.are_required():
                raise ProblemError("key_missing", headers=CHALLENGE)
            return None
        if self.of_token is not None and secret.startswith(BEGINS):
            if right not in await self.of_token(secret, context):
                raise ProblemError("scope_missing", scope=right)
            return None
        hashed = hash_secret(secret)
        known = self._known.get(hashed)  # as `find`, without its coroutine: this is on the way of every pre-check
        key = known[1] if known is not None and time.monotonic() < known[0] else await self._find(hashed)
        if key is None or not key.is_valid(self.now()):
            raise ProblemError(
                "key_invalid", headers={"www-authenticate": CHALLENGE["www-authenticate"] + ', error="invalid_token"'}
            )
        context.caller = key.prefix
        if right not in key.scopes:
            raise ProblemError("scope_missing", scope=right)
        return key

    async def find(self, hashed: str) -> Key | None:
        """The key with this hash, valid or not, as the database had it some seconds ago at most."""
        known = self._known.get(hashed)
        return known[1] if known is not None and time.monotonic() < known[0] else await self._find(hashed)

    def forget(self) -> None:
        """Whatever is remembered may have changed: ask anew."""
        self._known.clear()

    async def are_required(self) -> bool:
        """Whether a caller needs a key now."""
        return self.policy == "always" or (self.policy == "optional" and await self._any_key())

    async def _find(self, hashed: str) -> Key | None:
        moment = time.monotonic()
        key = await asyncio.to_thread(self._ask, lambda session: find_key(session, hashed))
        self._known[hashed] = (moment + self.seconds, key)
        self._known.move_to_end(hashed)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return key

    async def _any_key(self) -> bool:
        """Once there was a key, one is needed for good."""
        if not self._required and time.monotonic() >= self._asked_until:
            self._required = await asyncio.to_thread(self._ask, has_keys)
            self._asked_until = time.monotonic() + self.seconds
        return self._required

    def _ask(self, question: Callable[[Session], T]) -> T:
        try:
            with self.database.sessions() as session:
                return question(session)
        except SQLAlchemyError:
            raise ProblemError("database_unreachable", headers={"retry-after": "5"}) from None


def secret_of(received: Mapping[bytes, bytes]) -> str | None:
    """What stands in Authorization: Bearer, else in X-API-Key; None when neither is there."""
    value = received.get(b"authorization")
    if value is not None and value[:7].lower() == b"bearer ":
        return value[7:].strip().decode("latin-1")
    value = received.get(b"x-api-key")
    return None if value is None else value.strip().decode("latin-1")
