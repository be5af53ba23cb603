"""API keys: who may call, for what, until when. A key is shown once; the database keeps its SHA-256 alone.

The key is 256 random bits, so a fast hash is enough: there is nothing to guess that a slow one would guard.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import Id

MARK = "sw_"
"""How every key begins, so that a leaked one is recognised by scanners."""

PREFIX_LENGTH = len(MARK) + 8
SCOPES = {
    "prechecks": "check listings and explain rules",
    "reference": "read rules, features and codes",
    "metrics": "read the metrics",
}

SECTIONS = (
    "home",
    "products",
    "transactions",
    "store",
    "marketing",
    "account",
    "analytics",
    "violations",
    "webhooks",
    "admin",
)
"""The sections of the back office, as permissions name them."""

PERMISSIONS = tuple(f"{section}:{verb}" for section in SECTIONS for verb in ("read", "write"))


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
    entity_id: Mapped[int | None] = mapped_column(Id, ForeignKey("legal_entity.id"), index=True)
    store_ids: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    created_by: Mapped[str | None] = mapped_column(String(120))


@dataclass(frozen=True, slots=True)
class Key:
    """What a caller needs to know of a key. Without `entity_id` it is the service's own and opens no store;

    `store_ids` None: every store of the entity.
    """

    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    entity_id: int | None = None
    store_ids: frozenset[int] | None = None

    def is_valid(self, now: datetime) -> bool:
        """Neither revoked nor expired; the moment of expiry itself is past."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def expand(permissions: Iterable[str]) -> frozenset[str]:
    """Permissions with *:read and *:write written out; what is no permission (`prechecks`) stays as it is.

    Who may write everywhere may also use the service itself.
    """
    found = set()
    for permission in permissions:
        section, _, verb = permission.partition(":")
        if section == "*":
            found |= {f"{one}:{verb}" for one in SECTIONS} | set(SCOPES)
        else:
            found.add(permission)
    return frozenset(found)


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
    entity_id: int | None = None,
    store_ids: Iterable[int] | None = None,
    created_by: str | None = None,
) -> tuple[str, Key]:
    """A new key: its secret, which is never seen again, and what is kept. ValueError for an unknown scope.

    A key of a legal entity may also have permissions (`products:read`) as scopes, and be bound to some stores.
    """
    wanted = sorted(set(scopes))
    known = [*SCOPES] if entity_id is None else [*SCOPES, *PERMISSIONS]
    if unknown := sorted(set(wanted) - set(known)):
        raise ValueError(f"unknown scope {', '.join(unknown)}; there are: {', '.join(known)}")
    secret = MARK + secrets.token_hex(4) + "_" + secrets.token_urlsafe(32)
    row = ApiKey(
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        secret_hash=hash_secret(secret),
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        entity_id=entity_id,
        store_ids=None if store_ids is None else sorted(store_ids),
        created_by=created_by,
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


def list_keys(session: Session, entity_id: int | None = None) -> list[Key]:
    """All keys, or those of one legal entity, oldest first."""
    wanted = select(ApiKey).order_by(ApiKey.id)
    if entity_id is not None:
        wanted = wanted.where(ApiKey.entity_id == entity_id)
    return [_key(row) for row in session.scalars(wanted)]


def has_keys(session: Session) -> bool:
    """Whether a key was ever created: from then on the door stays shut, even when all are revoked."""
    return bool(session.scalar(select(func.count()).select_from(select(ApiKey.id).limit(1).subquery())))


def _key(row: ApiKey) -> Key:
    stores = None if row.store_ids is None else frozenset(row.store_ids)
    return Key(
        row.name,
        row.prefix,
        frozenset(row.scopes),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.entity_id,
        stores,
    )
