"""Accounts: legal entities, their stores, the people who work for them, and what each may do.

A user belongs to one legal entity. A grant gives a role, for one store or (store_id None) for all of the entity's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import EntityItself, EntityRow, Id, StoreItself, Versioned


class LegalEntity(EntityItself, Versioned, Base):
    """One tenant: a company or person that owns stores."""

    __tablename__ = "legal_entity"

    name: Mapped[str] = mapped_column(String(200))


class Store(StoreItself, Versioned, Base):
    """One store on one platform. `platform_id` is the platform's own number of it."""

    __tablename__ = "store"
    __table_args__ = (
        UniqueConstraint("entity_id", "id"),
        UniqueConstraint("entity_id", "platform", "platform_id"),
    )

    platform: Mapped[str] = mapped_column(String(40))
    platform_id: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    level: Mapped[str | None] = mapped_column(String(40))
    type: Mapped[str | None] = mapped_column(String(40))


class Role(Base):
    """A named set of permissions. The roles are data (`store_model/roles.yaml`), put in at every opening."""

    __tablename__ = "role"
    __table_args__ = ({"info": {"tenants_may": "read"}},)

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    permissions: Mapped[list[str]] = mapped_column(JSON)
    title: Mapped[dict[str, str]] = mapped_column(JSON)


class User(EntityRow, Versioned, Base):
    """A person who signs in. `email` is unique over all tenants, in lower case."""

    __tablename__ = "user_account"
    __audit_hidden__ = frozenset({"password_hash", "totp_secret", "recovery_hashes"})
    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("entity_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(2), default="en")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_secret: Mapped[str | None] = mapped_column(String(200))  # sealed with the service's secret
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int | None] = mapped_column(Id)  # of the last code taken: none works twice
    recovery_hashes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Grant(EntityRow, Versioned, Base):
    """A user's role for one store, or for all stores of the entity (`store_id` None)."""

    __tablename__ = "access_grant"
    __table_args__ = (Index("ix_access_grant_entity_id_user_id", "entity_id", "user_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user_account.id", ondelete="CASCADE"))
    store_id: Mapped[int | None] = mapped_column(Id, ForeignKey("store.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(40), ForeignKey("role.name"))


class SignIn(EntityRow, Base):
    """One attempt to sign in to a known account, and how it ended."""

    __tablename__ = "sign_in"
    __audited__ = False
    __table_args__ = (Index("ix_sign_in_entity_id_user_id", "entity_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user_account.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(30))
    address: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(200))


class DeviceSession(EntityRow, Base):
    """A device that is signed in, until it is signed out, or until its refresh token runs out."""

    __tablename__ = "device_session"
    __audited__ = False
    __table_args__ = (Index("ix_device_session_entity_id_user_id", "entity_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user_account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(30))
    address: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(200))


class RefreshToken(EntityRow, Base):
    """One refresh token of a device; used once. A second use ends the whole session: somebody has a copy."""

    __tablename__ = "refresh_token"
    __audited__ = False
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_refresh_token_entity_id_session_id", "entity_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    session_id: Mapped[int] = mapped_column(Id, ForeignKey("device_session.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ServiceSecret(Base):
    """Secrets that all processes of a service share, made at the first start unless the settings give one."""

    __tablename__ = "service_secret"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class IdempotentRequest(EntityRow, Base):
    """The answer to a POST that carried an Idempotency-Key, kept with what it wrote, in the same transaction."""

    __tablename__ = "idempotent_request"
    __audited__ = False
    __table_args__ = (
        Index("ix_idempotent_request_key", "entity_id", "key_hash", unique=True),
        Index("ix_idempotent_request_created_at", "entity_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[Any] = mapped_column(JSON(none_as_null=True))
