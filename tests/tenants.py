"""Two legal entities, three stores and a user of every role, for whatever a test does between tenants.

Entity one owns the stores `north` and `south`, entity two the store `west`. Of entity one each role has one user for
all its stores, named after the role, and `guest` is an operator of `south` alone. Entity two has its `other_owner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from store_model.accounts import Grant, LegalEntity, Store, User
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
