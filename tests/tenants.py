"""Two legal entities, three stores and a user of every role, for whatever a test does between tenants.

Entity one owns the stores `north` and `south`, entity two the store `west`. Of entity one each role has one user for
all its stores, named after the role, and `guest` is an operator of `south` alone. Entity two has its `other_owner`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI

from api.tokens import make_access_token
from store_model.access import create_key
from store_model.accounts import DeviceSession, Grant, LegalEntity, Store, User
from store_model.db import Database
from store_model.tenancy import Scope

ROLES = ("owner", "operator", "compliance_officer", "analyst", "read_only")


@dataclass(frozen=True)
class Tenants:
    """Ids: entities, stores by name, users by name."""

    one: int
    two: int
    stores: Mapping[str, int]
    users: Mapping[str, int]

    def scope(self, store: str = "north", actor: str = "user:test") -> Scope:
        """The scope of a request for one store."""
        return Scope(self.two if store == "west" else self.one, frozenset({self.stores[store]}), actor)

    def entity_scope(self, entity: int | None = None, actor: str = "user:test") -> Scope:
        """The scope of a whole entity, entity one unless another is named."""
        return Scope(entity or self.one, None, actor)


def add_tenants(database: Database) -> Tenants:
    """Write them, and give their ids."""
    with database.system(actor="system:test") as session:
        one, two = LegalEntity(name="First Trading Ltd"), LegalEntity(name="Second Trading Ltd")
        session.add_all([one, two])
        session.flush()
        stores = {
            name: Store(entity_id=entity.id, platform="aliexpress", platform_id=str(1100 + number), name=name.title())
            for number, (name, entity) in enumerate((("north", one), ("south", one), ("west", two)))
        }
        session.add_all(stores.values())
        session.flush()
        wanted = [(role, one, role, None) for role in ROLES]
        wanted += [("guest", one, "operator", stores["south"].id), ("other_owner", two, "owner", None)]
        users = {}
        for name, entity, role, store_id in wanted:
            user = users[name] = User(entity_id=entity.id, email=f"{name}@example.com", name=name.title())
            session.add(user)
            session.flush()
            session.add(Grant(entity_id=entity.id, user_id=user.id, store_id=store_id, role=role))
        return Tenants(
            one.id,
            two.id,
            {name: store.id for name, store in stores.items()},
            {name: user.id for name, user in users.items()},
        )


def token(app: FastAPI, tenants: Tenants, user: str) -> str:
    """An access token of a device on which this user is signed in."""
    state = app.state
    now = state.now()
    entity_id = tenants.two if user == "other_owner" else tenants.one
    with state.database.system(actor="system:test") as session:
        device = DeviceSession(
            entity_id=entity_id,
            user_id=tenants.users[user],
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=30),
        )
        session.add(device)
        session.flush()
        return make_access_token(
            state.secrets.key("access token"),
            session_id=device.id,
            user_id=device.user_id,
            entity_id=entity_id,
            now=now,
        )


def bearer(app: FastAPI, tenants: Tenants, user: str) -> dict[str, str]:
    """The headers of a request by this user."""
    return {"authorization": f"Bearer {token(app, tenants, user)}"}


def key_headers(
    app: FastAPI, tenants: Tenants, scopes: Sequence[str], stores: Sequence[str] | None = None
) -> dict[str, str]:
    """The headers of a request with an API key of entity one, for some of its stores or for all."""
    bound = None if stores is None else [tenants.stores[store] for store in stores]
    with app.state.database.transaction() as session:
        secret, _ = create_key(
            session, name="test", now=app.state.now(), scopes=scopes, entity_id=tenants.one, store_ids=bound
        )
    return {"x-api-key": secret}
