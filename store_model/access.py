"""API keys: who may call, for what, until when. A key is shown once; the database keeps its SHA-256 alone.

The key is 256 random bits, so a fast hash is enough: there is nothing to guess that a slow one would guard.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.db import Base, UtcDateTime

MARK = "sw_"
"""How every key begins, so that a leaked one is recognised by scanners."""

PREFIX_LENGTH = len(MARK) + 8
SCOPES = {
    "prechecks": "check listings and explain rules",
    "reference": "read rules, features and codes",
    "metrics": "read the metrics",
}


class ApiKey(Base):
    """One key. `prefix` names it in lists and logs; the secret itself is nowhere."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Key:
    """What a caller needs to know of a key."""

    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Neither revoked nor expired; the moment of expiry itself is past."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def hash_secret(secret: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def create_key(
    session: Session,
    *,
    name: str,
    now: datetime,
    scopes: Iterable[str] = tuple(SCOPES),
    expires_at: datetime | None = None,
) -> tuple[str, Key]:
    """A new key: its secret, which is never seen again, and what is kept. ValueError for an unknown scope."""
    wanted = sorted(set(scopes))
    if unknown := sorted(set(wanted) - set(SCOPES)):
        raise ValueError(f"unknown scope {', '.join(unknown)}; there are: {', '.join(SCOPES)}")
    secret = MARK + secrets.token_hex(4) + "_" + secrets.token_urlsafe(32)
    row = ApiKey(
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        secret_hash=hash_secret(secret),
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
    )
    session.add(row)
    session.flush()
    return secret, _key(row)


def find_key(session: Session, secret_hash: str) -> Key | None:
    """The key with this hash, valid or not."""
    row = session.scalar(select(ApiKey).where(ApiKey.secret_hash == secret_hash))
    return None if row is None else _key(row)


def revoke_key(session: Session, *, prefix: str, now: datetime) -> bool:
    """End a key at once; False when there is none, or it was revoked before."""
    row = session.scalar(select(ApiKey).where(ApiKey.prefix == prefix, ApiKey.revoked_at.is_(None)))
    if row is None:
        return False
    row.revoked_at = now
    return True


def list_keys(session: Session) -> list[Key]:
    """All keys, oldest first."""
    return [_key(row) for row in session.scalars(select(ApiKey).order_by(ApiKey.id))]


def has_keys(session: Session) -> bool:
    """Whether a key was ever created: from then on the door stays shut, even when all are revoked."""
    return bool(session.scalar(select(func.count()).select_from(select(ApiKey.id).limit(1).subquery())))


def _key(row: ApiKey) -> Key:
    return Key(row.name, row.prefix, frozenset(row.scopes), row.created_at, row.expires_at, row.revoked_at)
