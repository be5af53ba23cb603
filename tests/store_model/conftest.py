"""A store on each kind of database, and the pack's back-office rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

import rules
from api.services.backoffice import BackofficeRules, load_backoffice
from engine import Pack, load_pack
from store_model.accounts import LegalEntity, Store
from store_model.bulk import Place
from store_model.db import Database
from store_model.tenancy import Scope

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@dataclass
class Shop:
    """One store of one tenant."""

    database: Database
    scope: Scope
    place: Place

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that sees this store alone."""
        with self.database.scoped(self.scope) as session:
            yield session


@pytest.fixture
def shop(module_database: Database) -> Shop:
    """A new tenant with one store, in a database that the tests of a module share."""
    module_database.now = lambda: NOW
    return open_shop(module_database)


def open_shop(database: Database) -> Shop:
    """A new tenant with one store."""
    with database.system(actor="system:test") as session:
        entity = LegalEntity(name="Shop Ltd")
        session.add(entity)
        session.flush()
        store = Store(entity_id=entity.id, platform="market", name="Shop")
        session.add(store)
        session.flush()
        place = Place(entity.id, store.id)
    return Shop(database, Scope(place.entity_id, frozenset({place.store_id}), "user:test"), place)


@pytest.fixture(scope="session")
def shipped() -> Pack:
    """The shipped pack."""
    return load_pack(rules.path("aliexpress"))


@pytest.fixture(scope="session")
def backoffice() -> BackofficeRules:
    """The shipped pack's rules of the back office."""
    return load_backoffice(rules.path("aliexpress"))
