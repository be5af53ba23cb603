"""Signing in: password, second factor, then a device with its tokens. Also refreshing, invitations, and guesses.

No step says whether an account exists: unknown e-mails cost the same time and count the same guesses.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import jwt
from sqlalchemy.orm import Session
from starlette.requests import Request

from api.callers import in_database, invalid
from api.passwords import Passwords, SecondFactor, password_faults, without_code
from api.problems import ProblemError
from api.tokens import ALGORITHM, ISSUER, LIFETIME, make_access_token
from store_model.accounts import User
from store_model.devices import (
    GUESSES,
    WINDOW,
    Known,
    Opened,
    Place,
    end_devices,
    entity_of_token,
    find_account,
    note_sign_in,
    open_device,
    refresh,
    revoke,
    use_step,
)
from store_model.tenancy import Scope

REMEMBERED = 10_000
INVITATION = timedelta(days=7)
SIGN_IN = "system:sign-in"


class Guesses:
    """Counts wrong guesses by name (an e-mail, an address) in this process; the sign-in history counts across all."""

    def __init__(self, most: int = GUESSES, window: float = WINDOW.total_seconds()) -> None:
        self.most = most
        self.window = window
        self._counts: OrderedDict[str, list[float]] = OrderedDict()  # name → [guesses, end of the window]

    def demand_room(self, *names: str) -> None:
        """429 when one of the names has guessed too often."""
        now = time.monotonic()
        for name in names:
            count = self._counts.get(name)
            if count is not None and now < count[1] and count[0] >= self.most * (5 if name.startswith("at ") else 1):
                raise too_many(int(count[1] - now) + 1)

    def note(self, *names: str) -> None:
        """Count a wrong guess."""
        now = time.monotonic()
        for name in names:
            count = self._counts.setdefault(name, [0.0, now + self.window])
            if now >= count[1]:
                count[:] = [0.0, now + self.window]
            count[0] += 1
            self._counts.move_to_end(name)
            while len(self._counts) > REMEMBERED:
                self._counts.popitem(last=False)

    def forgive(self, *names: str) -> None:
        """Forget the guesses of a name that was right."""
        for name in names:
            self._counts.pop(name, None)


def too_many(seconds: int) -> ProblemError:
    """429 for somebody who guesses."""
    return ProblemError("too_many_attempts", seconds=seconds, headers={"retry-after": str(seconds)})


def failed() -> ProblemError:
    """400 as RFC 6749 wants it, whatever was wrong."""
    return ProblemError("sign_in_failed", extra={"error": "invalid_grant"})


def place_of(request: Request) -> Place:
    """Where a request comes from."""
    device = request.headers.get("user-agent")
    return Place(request.client.host[:64] if request.client else None, device[:200] if device else None)


async def by_password(request: Request, email: str, password: str, code: str | None) -> dict[str, Any]:
    """Tokens for an e-mail with its password, and the code where there is a second factor."""
    state, place = request.app.state, place_of(request)
    names = (email.strip().lower()[:254], f"at {place.address}")
    state.guesses.demand_room(*names)
    now = state.now()

    def look() -> Known | None:
        with state.database.system(actor=SIGN_IN, read_only=True) as session:
            return find_account(session, names[0], now)

    known = await in_database(state, look)
    passwords: Passwords = state.passwords
    is_right = await passwords.check(password, known.password_hash if known is not None else None)
    if known is None:
        state.guesses.note(*names)
        raise failed()
    outcome = "throttled" if known.failures >= GUESSES else "ok"
    if outcome == "ok" and not is_right:
        outcome = "wrong_password"
    elif outcome == "ok" and known.is_disabled:
        outcome = "disabled"
    elif outcome == "ok" and known.has_second_factor and not code:
        raise ProblemError("second_factor_needed", extra={"error": "mfa_required"})

    def write() -> tuple[str, Opened | None]:
        with state.database.scoped(Scope(known.entity_id, None, f"user:{known.user_id}")) as session:
            found = outcome
            if found == "ok" and known.has_second_factor and not _takes(session, state.second_factor, known, code, now):
                found = "wrong_code"
            note_sign_in(session, known.user_id, found, place, now)
            if found != "ok":
                return found, None
            return found, open_device(session, known.entity_id, known.user_id, place, now)

    outcome, opened = await in_database(state, write)
    if opened is None:
        state.guesses.note(*names)
        if outcome == "throttled":
            raise too_many(int(WINDOW.total_seconds()))
        raise failed()
    state.guesses.forgive(*names)
    return tokens(state, opened, now)


def _takes(session: Session, factor: SecondFactor, known: Known, code: str | None, now: datetime) -> bool:
    """Whether the code is right, and used for the first time."""
    step = factor.step(known.totp_secret, (code or "").strip(), now)
    if step is not None:
        return use_step(session, known.user_id, step)
    user = session.get_one(User, known.user_id, with_for_update=True)
    left = without_code(user.recovery_hashes, code or "")
    if left is None:
        return False
    user.recovery_hashes = left
    return True


async def by_refresh_token(request: Request, token: str) -> dict[str, Any]:
    """New tokens for a refresh token, which is used up by this."""
    state, place = request.app.state, place_of(request)
    names = (f"at {place.address}",)
    state.guesses.demand_room(*names)
    now = state.now()

    def work() -> Opened | None:
        entity_id = _entity(state, token)
        if entity_id is None:
            return None
        with state.database.scoped(Scope(entity_id, None, SIGN_IN)) as session:
            return refresh(session, token, place, now)

    opened = await in_database(state, work)
    state.principals.forget()
    if opened is None:
        state.guesses.note(*names)
        raise failed()
    return tokens(state, opened, now)


async def revoke_token(request: Request, token: str) -> None:
    """End the device of a refresh or access token; an unknown one is no fault (RFC 7009)."""
    from api.tokens import read_access_token

    state = request.app.state
    now = state.now()
    read = read_access_token(token, state.secrets.key("access token"), now)

    def work() -> None:
        entity_id = read.entity_id if read is not None else _entity(state, token)
        if entity_id is None:
            return
        with state.database.scoped(Scope(entity_id, None, SIGN_IN)) as session:
            if read is not None:
                end_devices(session, now, "revoked", session_id=read.session_id)
            else:
                revoke(session, token, now)

    await in_database(state, work)
    state.principals.forget()


def _entity(state: Any, token: str) -> int | None:
    with state.database.system(actor=SIGN_IN, read_only=True) as session:
        return entity_of_token(session, token)


def tokens(state: Any, opened: Opened, now: datetime) -> dict[str, Any]:
    """The answer of RFC 6749, section 5.1."""
    access = make_access_token(
        state.secrets.key("access token"),
        session_id=opened.session_id,
        user_id=opened.user_id,
        entity_id=opened.entity_id,
        now=now,
    )
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "refresh_token": opened.refresh_token,
    }


# Invitations -----------------------------------------------------------------------------------------------------


def make_invitation(key: bytes, user: User, now: datetime) -> str:
    """What lets a user without a password choose one, once, within INVITATION."""
    claims = {
        "iss": ISSUER,
        "sub": str(user.id),
        "ent": str(user.entity_id),
        "ver": user.version,
        "exp": int((now + INVITATION).timestamp()),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


async def accept_invitation(request: Request, token: str, password: str) -> dict[str, Any]:
    """Set the first password of an invited user, and sign in. 401 when the invitation does not hold (any more)."""
    state, place = request.app.state, place_of(request)
    now = state.now()
    options = {"verify_exp": False, "require": ["exp", "sub", "ent", "ver"]}
    try:
        claims = jwt.decode(
            token,
            state.secrets.key("invitation"),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options=options,  # type: ignore[arg-type]
        )
        user_id, entity_id, version = int(claims["sub"]), int(claims["ent"]), int(claims["ver"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise invalid() from None
    if now.timestamp() >= claims["exp"]:
        raise invalid()
    hashed = await state.passwords.hash(password)

    def work() -> Opened:
        with state.database.scoped(Scope(entity_id, None, f"user:{user_id}")) as session:
            user = session.get(User, user_id, with_for_update=True)
            if user is None or user.password_hash is not None or user.disabled_at or user.version != version:
                raise invalid()
            if faults := password_faults(password, email=user.email):
                raise ProblemError("invalid_body", errors=faults)
            user.password_hash, user.password_changed_at = hashed, now
            note_sign_in(session, user_id, "ok", place, now)
            return open_device(session, entity_id, user_id, place, now)

    return tokens(state, await in_database(state, work), now)
