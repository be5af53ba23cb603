"""Who calls a store's routes, and what they may do there.

    @router.get("/v1/stores/{store_id}/things")
    async def things(caller: Annotated[Caller, Depends(Permit("products:read"))]) -> Response:
        found = await caller.run(lambda session: …, read_only=True)

A caller is a signed-in user (access token) or an API key of a legal entity. A store that is unknown, another
tenant's, or not granted answers the same 404; a permission that is missing in a store one may see is 403.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from starlette.requests import Request
from starlette.types import Scope as AsgiScope

from api.access import CHALLENGE, REMEMBERED, Keys, secret_of
from api.context import Context, context_of
from api.problems import ErrorAt, ProblemError
from api.tokens import BEGINS, read_access_token
from store_model.access import PERMISSIONS, hash_secret
from store_model.db import Database, DatabaseBusy
from store_model.sign_in import Principal, principal_of_device, principal_of_key
from store_model.tenancy import Scope

T = TypeVar("T")
MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with the store of the path (None where the path names none) and what is permitted there."""

    principal: Principal
    scope: Scope
    store_id: int | None
    permissions: frozenset[str]
    state: Any = field(repr=False)

    @property
    def actor(self) -> str:
        """user:ID or key:PREFIX, as the audit names it."""
        return self.scope.actor

    def may(self, permission: str) -> bool:
        """Whether this is permitted here."""
        return permission in self.permissions

    def demand(self, permission: str) -> None:
        """403 unless this is permitted here, for routes whose need depends on what is asked."""
        if permission not in self.permissions:
            raise ProblemError("permission_missing", permission=permission)

    def now(self) -> datetime:
        """The service's clock."""
        return self.state.now()  # type: ignore[no-any-return]

    def session(self, *, read_only: bool = False) -> AbstractContextManager[Session]:
        """A session that sees this caller's store alone (or its stores); commits at the end."""
        return self.state.database.scoped(self.scope, read_only=read_only)  # type: ignore[no-any-return]

    async def run(self, job: Callable[[Session], T], *, read_only: bool = False) -> T:
        """Run a job with such a session in a thread; what the database refuses becomes a problem."""

        def work() -> T:
            with self.session(read_only=read_only) as session:
                return job(session)

        return await in_database(self.state, work)


async def in_database(state: Any, work: Callable[[], T]) -> T:
    """Run database work in a thread; 412 for a row that changed meanwhile, 409 for a conflict, 503 out of
    reach, 422 for a value that no column holds."""
    try:
        return await asyncio.get_running_loop().run_in_executor(state.database_threads, work)
    except StaleDataError:
        raise ProblemError("changed_meanwhile") from None
    except IntegrityError:
        raise ProblemError("conflict") from None
    except (DataError, OverflowError):  # a number that fits no column, past the checks of its field
        raise ProblemError("invalid_body", errors=[_unstorable()]) from None
    except DatabaseBusy:
        raise ProblemError("database_busy", headers={"retry-after": "1"}) from None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "55P03") or "locked" in str(error.orig):
            raise ProblemError("database_busy", headers={"retry-after": "1"}) from None
        if error.connection_invalidated or "OperationalError" in type(error).__name__:
            raise ProblemError("database_unreachable", headers={"retry-after": "5"}) from None
        raise


def _unstorable() -> ErrorAt:
    return ErrorAt(
        "out_of_range",
        {"en": "the request holds a value that is too large to be kept", "zh": "请求中有超出可存储范围的值"},
        pointer="",
    )


class Principals:
    """Answers who a token or key stands for, and remembers it for `seconds`; a sign-out may take that much longer."""

    def __init__(self, database: Database, keys: Keys, *, token_key: bytes, seconds: float) -> None:
        self.database = database
        self.keys = keys
        self.token_key = token_key
        self.seconds = seconds
        self._known: OrderedDict[str, tuple[float, Principal | None]] = OrderedDict()

    async def identify(self, context: Context) -> Principal | None:
        """The principal; None for a key that is the service's own. 401 without a valid token or key."""
        secret = secret_of(context.received)
        if secret is None:
            raise ProblemError("key_missing", headers=CHALLENGE)
        if secret.startswith(BEGINS):
            return await self.of_token(secret, context)
        key = await self.keys.find(hash_secret(secret))
        if key is None or not key.is_valid(self.keys.now()):
            raise invalid()
        context.caller = key.prefix
        return await self._remembered(f"key:{key.prefix}", lambda session: principal_of_key(session, key))

    async def of_token(self, token: str, context: Context) -> Principal:
        """The user of an access token whose device is still signed in; else 401."""
        now = self.keys.now()
        read = read_access_token(token, self.token_key, now)
        if read is None:
            raise invalid()
        context.caller = f"user:{read.user_id}"
        found = await self._remembered(
            f"device:{read.session_id}", lambda session: principal_of_device(session, read.session_id, now)
        )
        if found is None or (found.expires_at is not None and now >= found.expires_at):
            raise invalid()
        return found

    async def rights(self, token: str, context: Context) -> frozenset[str]:
        """What the user of an access token may do somewhere, for the routes that are about no store."""
        return (await self.of_token(token, context)).everywhere

    def forget(self) -> None:
        """Whatever is remembered may have changed: ask anew."""
        self._known.clear()

    async def renewed(self, principal: Principal) -> Principal | None:
        """The principal as the database knows it now, when a store is asked for that was not there before."""
        number, key, now = principal.session_id, principal.key, self.keys.now()
        if number is not None:
            self._known.pop(f"device:{number}", None)
            return await self._remembered(f"device:{number}", lambda session: principal_of_device(session, number, now))
        assert key is not None
        self._known.pop(principal.actor, None)
        return await self._remembered(principal.actor, lambda session: principal_of_key(session, key))

    async def _remembered(self, name: str, ask: Callable[[Session], Principal | None]) -> Principal | None:
        known = self._known.get(name)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        moment = time.monotonic()
        found = await asyncio.to_thread(self._ask, ask)
        self._known[name] = (moment + self.seconds, found)
        self._known.move_to_end(name)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _ask(self, question: Callable[[Session], Principal | None]) -> Principal | None:
        try:
            with self.database.system(actor="system:sign-in", read_only=True) as session:
                return question(session)
        except SQLAlchemyError:
            raise ProblemError("database_unreachable", headers={"retry-after": "5"}) from None


class Permit:
    """`Depends(Permit("products:read"))`: the caller of a route, identified, counted, and permitted to do this.

    With `{store_id}` in the path, that store; else all stores in which it is permitted. `whole_entity`: only somebody
    to whom it is granted for the whole legal entity, as for accounts. Permission None: any caller that is known.
    """

    def __init__(self, permission: str | None, *, whole_entity: bool = False) -> None:
        if permission is not None and permission not in PERMISSIONS:
            raise ValueError(f"unknown permission {permission}; there are: {', '.join(PERMISSIONS)}")
        self.permission = permission
        self.whole_entity = whole_entity

    async def __call__(self, request: Request) -> Caller:
        principal = await identified(request.scope)
        state = request.app.state
        given = request.path_params.get("store_id")
        if given is not None:
            return await self._in_store(principal, str(given), state)
        if principal is None:
            raise ProblemError("permission_missing", permission=self.permission or "a legal entity")
        if self.whole_entity:
            permissions = principal.permissions()
            if self.permission not in permissions:
                raise ProblemError("permission_missing", permission=self.permission)
            return Caller(principal, Scope(principal.entity_id, None, principal.actor), None, permissions, state)
        if self.permission is not None and self.permission not in principal.everywhere:
            raise ProblemError("permission_missing", permission=self.permission)
        stores = principal.stores_with(self.permission)
        scope = Scope(principal.entity_id, stores, principal.actor)
        return Caller(principal, scope, None, principal.everywhere, state)

    async def _in_store(self, principal: Principal | None, given: str, state: Any) -> Caller:
        store_id = read_id(given)
        if principal is None or store_id is None:
            raise ProblemError("unknown_store")
        if not principal.sees(store_id):
            principal = await state.principals.renewed(principal)
            if principal is None or not principal.sees(store_id):
                raise ProblemError("unknown_store")
        permissions = principal.permissions(store_id)
        if self.permission is not None and self.permission not in permissions:
            raise ProblemError("permission_missing", permission=self.permission)
        scope = Scope(principal.entity_id, frozenset({store_id}), principal.actor)
        return Caller(principal, scope, store_id, permissions, state)


async def identified(scope: AsgiScope) -> Principal | None:
    """Who calls, counted against the limit; a guess counts against the address it comes from."""
    state, context = scope["app"].state, context_of(scope)
    try:
        principal = await state.principals.identify(context)
    except ProblemError as refused:
        if refused.kind.status == 401:
            client = scope.get("client")
            state.limiter.hit(client[0] if client else "unknown", context)
        raise
    state.limiter.hit(context.caller, context)
    return principal  # type: ignore[no-any-return]


def read_id(text: str) -> int | None:
    """An id from a path or body; None when it is no whole number that could be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    number = int(text)
    return number if 0 < number <= MAX_ID else None


def invalid() -> ProblemError:
    """401 for a token or key that does not hold."""
    return ProblemError(
        "key_invalid", headers={"www-authenticate": CHALLENGE["www-authenticate"] + ', error="invalid_token"'}
    )
