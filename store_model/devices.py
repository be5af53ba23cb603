"""Signed-in devices: their refresh tokens, their history, and how they end.

Sessions here are scoped to the user's legal entity, except where a token or e-mail has to be found first.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from store_model.access import hash_secret
from store_model.accounts import DeviceSession, RefreshToken, SignIn, User

STAYS = timedelta(days=30)
"""A device that is not used for this long is signed out."""

MARK = "swr_"
"""How every refresh token begins, so that a leaked one is recognised by scanners."""

GUESSES, WINDOW = 10, timedelta(minutes=15)
"""Wrong guesses within the window after which an account takes no more."""

FAILED = ("wrong_password", "wrong_code")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from: the address, and what the device says it is."""

    address: str | None
    device: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What has to be known of an account before its password is checked."""

    user_id: int
    entity_id: int
    email: str
    password_hash: str | None
    totp_secret: str | None
    has_second_factor: bool
    is_disabled: bool
    failures: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A device that is signed in now; the refresh token is seen this once."""

    session_id: int
    user_id: int
    entity_id: int
    refresh_token: str


def find_account(session: Session, email: str, now: datetime) -> Known | None:
    """The account with this e-mail, in any tenant; needs a session across tenants."""
    user = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
    if user is None:
        return None
    last_good = select(func.max(SignIn.id)).where(
        SignIn.entity_id == user.entity_id, SignIn.user_id == user.id, SignIn.outcome == "ok"
    )
    failures = session.scalar(
        select(func.count())
        .select_from(SignIn)
        .where(
            SignIn.entity_id == user.entity_id,
            SignIn.user_id == user.id,
            SignIn.outcome.in_(FAILED),
            SignIn.at > now - WINDOW,
            SignIn.id > func.coalesce(last_good.scalar_subquery(), 0),
        )
    )
    return Known(
        user.id,
        user.entity_id,
        user.email,
        user.password_hash,
        user.totp_secret if user.totp_confirmed_at is not None else None,
        user.totp_confirmed_at is not None,
        user.disabled_at is not None,
        int(failures or 0),
    )


def note_sign_in(session: Session, user_id: int, outcome: str, place: Place, now: datetime) -> None:
    """A line of the sign-in history."""
    session.add(SignIn(user_id=user_id, at=now, outcome=outcome, address=place.address, device=place.device))


def use_step(session: Session, user_id: int, step: int) -> bool:
    """Take a one-time code's time step; False when that one or a later one was taken before."""
    taken = session.execute(
        update(User)
        .where(User.id == user_id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
        .values(totp_last_step=step),
        execution_options={"unaudited": "the sign-in history has it", "synchronize_session": False},
    )
    return bool(taken.rowcount)


def open_device(session: Session, entity_id: int, user_id: int, place: Place, now: datetime) -> Opened:
    """A device signs in."""
    device = DeviceSession(
        user_id=user_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + STAYS,
        address=place.address,
        device=place.device,
    )
    session.add(device)
    session.flush()
    return Opened(device.id, user_id, entity_id, _new_token(session, device.id, now))


def entity_of_token(session: Session, token: str) -> int | None:
    """The legal entity of a refresh token; needs a session across tenants."""
    return session.scalar(select(RefreshToken.entity_id).where(RefreshToken.token_hash == hash_secret(token)))


def refresh(session: Session, token: str, place: Place, now: datetime) -> Opened | None:
    """The next refresh token of a device; None when this one does not hold.

    One that was used before ends the device's session: somebody has a copy, and nobody can say who.
    """
    found = session.execute(
        select(RefreshToken, DeviceSession, User)
        .join(DeviceSession, DeviceSession.id == RefreshToken.session_id)
        .join(User, User.id == DeviceSession.user_id)
        .where(RefreshToken.token_hash == hash_secret(token))
        .with_for_update()
    ).one_or_none()
    if found is None:
        return None
    row, device, user = found
    if device.ended_at is not None or now >= device.expires_at or user.disabled_at is not None:
        return None
    if row.used_at is not None:
        device.ended_at, device.end_reason = now, "token_reused"
        return None
    row.used_at = now
    device.last_seen_at, device.expires_at = now, now + STAYS
    device.address, device.device = place.address or device.address, place.device or device.device
    return Opened(device.id, user.id, device.entity_id, _new_token(session, device.id, now))


def revoke(session: Session, token: str, now: datetime) -> None:
    """End the device of a refresh token; nothing when there is none."""
    wanted = select(RefreshToken.session_id).where(RefreshToken.token_hash == hash_secret(token))
    session_id = session.scalar(wanted)
    if session_id is not None:
        end_devices(session, now, "revoked", session_id=session_id)


def end_devices(
    session: Session, now: datetime, reason: str, *, user_id: int | None = None, session_id: int | None = None
) -> int:
    """Sign out one device, or all of a user; how many there were."""
    wanted = update(DeviceSession).where(DeviceSession.ended_at.is_(None), DeviceSession.expires_at > now)
    if user_id is not None:
        wanted = wanted.where(DeviceSession.user_id == user_id)
    if session_id is not None:
        wanted = wanted.where(DeviceSession.id == session_id)
    return int(session.execute(wanted.values(ended_at=now, end_reason=reason)).rowcount)


def _new_token(session: Session, session_id: int, now: datetime) -> str:
    token = MARK + secrets.token_urlsafe(32)
    session.add(RefreshToken(session_id=session_id, token_hash=hash_secret(token), created_at=now))
    return token
