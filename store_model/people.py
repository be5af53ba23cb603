"""Users of a legal entity, their grants, and the rule that an owner always remains."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import StorewardenError
from store_model.accounts import Grant, LegalEntity, Role, Store, User
from store_model.devices import end_devices

OWNER = "owner"


class LastOwner(StorewardenError):
    """Without this user nobody could manage the legal entity any more."""

    code = "last_owner"


def found_entity(session: Session, *, entity: str, email: str, name: str, password_hash: str | None) -> User:
    """A new legal entity with its first owner; needs a session across tenants."""
    made = LegalEntity(name=entity)
    session.add(made)
    session.flush()
    user = User(entity_id=made.id, email=email.strip().lower(), name=name, password_hash=password_hash)
    session.add(user)
    session.flush()
    session.add(Grant(entity_id=made.id, user_id=user.id, store_id=None, role=OWNER))
    session.flush()
    return user


def add_store(session: Session, entity_id: int, *, platform: str, platform_id: str | None, name: str) -> Store:
    """A new store of an entity."""
    store = Store(entity_id=entity_id, platform=platform, platform_id=platform_id, name=name)
    session.add(store)
    session.flush()
    return store


def grants_of(session: Session, user_id: int) -> list[Grant]:
    """What a user is granted, oldest first."""
    return list(session.scalars(select(Grant).where(Grant.user_id == user_id).order_by(Grant.id)))


def set_grants(session: Session, user: User, wanted: Iterable[tuple[str, int | None]]) -> None:
    """Give a user exactly these roles (role, store or None); LastOwner when the last owner would be none any more."""
    lock_entity(session, user.entity_id)
    kept = set(wanted)
    for grant in grants_of(session, user.id):
        key = (grant.role, grant.store_id)
        if key in kept:
            kept.remove(key)
        else:
            session.delete(grant)
    session.add_all(Grant(user_id=user.id, role=role, store_id=store_id) for role, store_id in sorted(kept, key=str))
    session.flush()
    demand_owner(session)


def disable(session: Session, user: User, now: datetime) -> None:
    """A user may sign in no more, and every device is signed out; LastOwner for the last owner."""
    lock_entity(session, user.entity_id)
    user.disabled_at = now
    session.flush()
    demand_owner(session)
    end_devices(session, now, "disabled", user_id=user.id)


def lock_entity(session: Session, entity_id: int) -> None:
    """Changes of who owns an entity wait for one another: two owners cannot remove each other at once."""
    session.get_one(LegalEntity, entity_id, with_for_update=True)


def demand_owner(session: Session) -> None:
    """LastOwner unless somebody who may sign in owns the whole entity of the session."""
    owners = (
        select(func.count())
        .select_from(Grant)
        .join(User, User.id == Grant.user_id)
        .where(Grant.role == OWNER, Grant.store_id.is_(None), User.disabled_at.is_(None))
    )
    if not session.scalar(owners):
        raise LastOwner("the last owner cannot be removed")


def roles_there_are(session: Session) -> list[Role]:
    """Every role, by name."""
    return list(session.scalars(select(Role).order_by(Role.name)))
