"""Who somebody is: what a signed-in device or a key may do, and in which stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store_model.access import Key, expand
from store_model.accounts import DeviceSession, Grant, Role, Store, User


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that is known. `rights` maps store ids to permissions; None: those in every store of the entity.

    `stores` are the ids of all stores of the entity, to tell an unknown one from one that is its own.
    """

    entity_id: int
    actor: str
    rights: Mapping[int | None, frozenset[str]]
    stores: frozenset[int]
    user_id: int | None = None
    session_id: int | None = None
    expires_at: datetime | None = None
    key: Key | None = None

    def permissions(self, store_id: int | None = None) -> frozenset[str]:
        """What it may do in a store; without one, in the whole entity."""
        whole = self.rights.get(None, frozenset())
        return whole if store_id is None else whole | self.rights.get(store_id, frozenset())

    def sees(self, store_id: int) -> bool:
        """Whether the store is the entity's own, and anything at all is granted there."""
        return store_id in self.stores and bool(self.permissions(store_id))

    def stores_with(self, permission: str | None) -> frozenset[int] | None:
        """The stores in which it may do this (None: anything at all); None when that is every store."""
        whole = self.permissions()
        if permission in whole if permission is not None else whole:
            return None
        if permission is None:
            return frozenset(store for store in self.stores if self.permissions(store))
        return frozenset(store for store in self.stores if permission in self.permissions(store))

    @property
    def everywhere(self) -> frozenset[str]:
        """What it may do in at least one store."""
        return frozenset().union(*self.rights.values())


def principal_of_device(session: Session, session_id: int, now: datetime) -> Principal | None:
    """The user of a device that is signed in still; needs a session across tenants."""
    found = session.execute(
        select(DeviceSession, User).join(User, User.id == DeviceSession.user_id).where(DeviceSession.id == session_id)
    ).one_or_none()
    if found is None:
        return None
    device, user = found
    if device.ended_at is not None or now >= device.expires_at or user.disabled_at is not None:
        return None
    rights: dict[int | None, frozenset[str]] = {}
    grants = (
        select(Grant.store_id, Role.permissions)
        .join(Role, Role.name == Grant.role)
        .where(Grant.entity_id == user.entity_id, Grant.user_id == user.id)
    )
    for store_id, permissions in session.execute(grants):
        rights[store_id] = rights.get(store_id, frozenset()) | expand(permissions)
    stores = _stores(session, user.entity_id)
    return Principal(user.entity_id, f"user:{user.id}", rights, stores, user.id, device.id, device.expires_at)


def principal_of_key(session: Session, key: Key) -> Principal | None:
    """The legal entity behind a key; None when the key is the service's own. Needs a session across tenants."""
    if key.entity_id is None:
        return None
    stores = _stores(session, key.entity_id)
    rights: dict[int | None, frozenset[str]] = {None: key.scopes}
    if key.store_ids is not None:
        rights = dict.fromkeys(key.store_ids, key.scopes)
    return Principal(key.entity_id, f"key:{key.prefix}", rights, stores, expires_at=key.expires_at, key=key)


def _stores(session: Session, entity_id: int) -> frozenset[int]:
    return frozenset(session.scalars(select(Store.id).where(Store.entity_id == entity_id)))
