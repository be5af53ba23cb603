"""The audit: every change is recorded, in one chain that cannot be changed unnoticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from store_model import audit
from store_model.accounts import User
from store_model.audit import AuditEntry, Broken, verify
from store_model.db import Database
from tests.tenants import Tenants, add_tenants

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)


@pytest.fixture
def tenants(database: Database) -> Tenants:
    database.now = lambda: NOW
    return add_tenants(database)


def entries(database: Database, tenants: Tenants, after: int = 0) -> list[AuditEntry]:
    with database.scoped(tenants.entity_scope(), read_only=True) as session:
        found = select(AuditEntry).where(AuditEntry.sequence > after).order_by(AuditEntry.sequence)
        return list(session.scalars(found))


def test_a_change_is_recorded_with_who_what_before_after_and_when(database: Database, tenants: Tenants) -> None:
    start = entries(database, tenants)[-1].sequence
    with database.scoped(tenants.entity_scope(actor="user:7")) as session:
        user = session.get_one(User, tenants.users["analyst"])
        user.name, user.password_hash = "Ann", "$argon2id$secret"
        session.flush()
        session.delete(session.get_one(User, tenants.users["guest"]))
    changed, *others = entries(database, tenants, start)
    assert (changed.actor, changed.action, changed.subject_type, changed.subject_id, changed.at) == (
        "user:7",
        "update",
        "user_account",
        str(tenants.users["analyst"]),
        NOW,
    )
    assert changed.before == {"name": "Analyst", "password_hash": None}
    assert changed.after == {"name": "Ann", "password_hash": "(hidden)"}
    (deleted,) = others
    assert (deleted.action, deleted.after, deleted.before["email"]) == ("delete", None, "guest@example.com")  # type: ignore[index]


def test_what_is_rolled_back_is_not_recorded(database: Database, tenants: Tenants) -> None:
    start = entries(database, tenants)[-1].sequence
    with database.sessions(info={"access": tenants.entity_scope(), "now": lambda: NOW}) as session:
        session.add(User(email="a@example.com", name="A"))
        session.flush()
        session.rollback()
    with database.scoped(tenants.entity_scope()) as session:
        session.add(User(email="b@example.com", name="B"))
        session.flush()
        savepoint = session.begin_nested()
        session.add(User(email="c@example.com", name="C"))
        session.flush()
        savepoint.rollback()
        with session.begin_nested():
            session.add(User(email="d@example.com", name="D"))
    found = entries(database, tenants, start)
    assert [entry.after["email"] for entry in found] == ["b@example.com", "d@example.com"]  # type: ignore[index]


def test_writers_at_once_never_fork_the_chain(database: Database, tenants: Tenants) -> None:
    def write(number: int) -> None:
        with database.scoped(tenants.entity_scope()) as session:
            session.add(User(email=f"n{number}@example.com", name="N"))

    before = len(entries(database, tenants))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(24)))
    found = entries(database, tenants)
    assert [entry.sequence for entry in found] == list(range(1, before + 25))
    with database.system(actor="system:test") as session:
        assert [one.broken for one in verify(session)] == [None, None]


def test_the_database_refuses_to_change_the_audit(database: Database, tenants: Tenants) -> None:
    for verb in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"):
        with (
            pytest.raises(DBAPIError, match=r"append-only|permission denied"),
            database.system(actor="system:test") as session,
        ):
            session.execute(text(verb))


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit_entry SET actor = 'user:0' WHERE sequence = 3", (3, "it was changed after it was written")),
        ("UPDATE audit_entry SET after = NULL WHERE sequence = 4", (4, "it was changed after it was written")),
        ("DELETE FROM audit_entry WHERE sequence = 3", (4, "record 3 is missing")),
        ("UPDATE audit_entry SET previous_hash = hash WHERE sequence = 5", (5, "it does not follow")),
        ("DELETE FROM audit_entry WHERE sequence = 15", (15, "the chain ends elsewhere than its head says")),
        ("DELETE FROM audit_entry", (1, "the chain ends elsewhere than its head says")),
    ],
)
def test_verify_names_the_first_record_that_is_broken(
    database: Database, tenants: Tenants, tampering: str, broken: tuple[int, str]
) -> None:
    engine = create_engine(database.engine.url)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_entry_no_{verb}"))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        connection.execute(text(f"{tampering} {'AND' if 'WHERE' in tampering else 'WHERE'} entity_id = {tenants.one}"))
    engine.dispose()
    with database.system(actor="system:test", read_only=True) as session:
        first, second = verify(session)
        assert verify(session, tenants.two) == [second]
    assert first.broken is not None
    assert (first.broken.sequence, first.broken.reason[: len(broken[1])]) == broken
    assert first.records == broken[0] - 1 - (broken[0] == 4 and "missing" in broken[1])
    assert second.broken is None


def test_an_untouched_chain_verifies_and_tells_its_head(database: Database, tenants: Tenants) -> None:
    with database.scoped(tenants.entity_scope(), read_only=True) as session:
        (found,) = verify(session)
    last = entries(database, tenants)[-1]
    assert (found.records, found.head, found.broken) == (last.sequence, last.hash, None)
    assert isinstance(Broken(1, 2, "x"), Broken)


def test_values_of_every_kind_are_kept_as_json() -> None:
    from decimal import Decimal
    from enum import Enum

    class Colour(Enum):
        RED = "red"

    given: dict[str, Any] = {"a": [Decimal("1.50"), NOW], "b": Colour.RED, "c": b"x"}
    assert audit._plain(given) == {
        "a": ["1.50", "2026-08-22T12:00:00+00:00"],
        "b": "red",
        "c": "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    }
