"""What a scoped session sees, writes and refuses, on each kind of database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from store_model.accounts import Grant, LegalEntity, SignIn, Store, User
from store_model.db import Database
from store_model.tenancy import TENANT_TABLES, Scope, TenantError, UnauditedWrite, scoped_insert
from tests.tenants import Tenants, add_tenants

SIGN_INS = SignIn.__table__
OTHER = aliased(User)


@pytest.fixture
def tenants(database: Database) -> Tenants:
    return add_tenants(database)


@pytest.fixture(scope="module")
def shared(module_database: Database) -> tuple[Database, Tenants]:
    """For tests that leave everything as it was."""
    return module_database, add_tenants(module_database)


def names(session: Session, statement: Any) -> list[str]:
    return sorted(session.scalars(statement))


def test_a_scope_sees_its_own_rows_in_every_form_of_statement(shared: tuple[Database, Tenants]) -> None:
    database, tenants = shared
    other = aliased(User)
    foreign = "other_owner@example.com"
    with database.scoped(tenants.entity_scope()) as session:
        assert names(session, select(Store.name)) == ["North", "South"]
        assert names(session, select(LegalEntity.name)) == ["First Trading Ltd"]
        assert session.scalar(select(func.count()).select_from(User)) == 6
        assert session.scalar(select(func.count()).select_from(other)) == 6
        assert names(session, select(other.email).where(other.email == foreign)) == []
        assert names(session, select(select(User.email).subquery().c.email).where(text("1 = 1"))) == sorted(
            f"{name}@example.com" for name in tenants.users if name != "other_owner"
        )
        assert not session.scalar(select(exists(select(User.id).where(User.email == foreign))))
        assert session.get(User, tenants.users["other_owner"]) is None
        assert session.get(Store, tenants.stores["west"]) is None
        joined = select(User.email).join(Grant, Grant.user_id == User.id).where(Grant.role == "owner")
        assert names(session, joined) == ["owner@example.com"]
        assert names(session, select(User.email).union_all(select(other.email)).order_by("email"))[:1] == [
            "analyst@example.com"
        ]


def test_a_scope_of_one_store_sees_no_other_store_of_the_entity(shared: tuple[Database, Tenants]) -> None:
    database, tenants = shared
    with database.scoped(tenants.scope("south")) as session:
        assert names(session, select(Store.name)) == ["South"]
        assert session.get(Store, tenants.stores["north"]) is None
    with database.scoped(Scope(tenants.one, frozenset(), "user:x")) as session:
        assert names(session, select(Store.name)) == []


def test_new_rows_get_the_tenant_of_their_session_and_those_of_others_are_refused(
    database: Database, tenants: Tenants
) -> None:
    with database.scoped(tenants.entity_scope()) as session:
        user = User(email="new@example.com", name="New")
        session.add(user)
        session.flush()
        assert (user.entity_id, user.version) == (tenants.one, 1)
    with pytest.raises(TenantError, match="not of this legal entity"), database.scoped(tenants.scope()) as session:
        session.add(User(entity_id=tenants.two, email="x@example.com", name="X"))
    with database.scoped(tenants.entity_scope(tenants.two)) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_a_row_never_moves_to_another_tenant(shared: tuple[Database, Tenants]) -> None:
    database, tenants = shared
    with pytest.raises(TenantError, match="not of this legal entity"), database.scoped(tenants.scope()) as session:
        session.get_one(User, tenants.users["analyst"]).entity_id = tenants.two
    with (
        pytest.raises(TenantError, match="never moves"),
        database.scoped(tenants.scope()) as session,
    ):
        session.execute(update(SignIn).values(entity_id=tenants.two))


@pytest.mark.parametrize(
    "statement",
    [
        select(User.__table__),
        select(User.__table__.c.email),
        select(User.__table__.alias().c.email),
        select(func.count()).select_from(User.__table__),
        select(Store.name).where(exists(select(User.__table__.c.id))),
        select(Store.name).where(Store.entity_id == User.__table__.c.entity_id),
        select(OTHER.email).where(OTHER.id == User.__table__.c.id),
        update(SIGN_INS).values(outcome="x"),
        delete(SIGN_INS),
        insert(SIGN_INS).values(outcome="x"),
        text("SELECT email FROM user_account"),
        select(Store.name).where(text("id IN (SELECT id FROM user_account)")),
    ],
    ids=lambda statement: " ".join(str(statement).split())[:60],
)
def test_what_the_predicate_cannot_reach_is_refused(shared: tuple[Database, Tenants], statement: Any) -> None:
    database, tenants = shared
    with (
        pytest.raises(TenantError, match=r"no predicate reaches|insert many rows"),
        database.scoped(tenants.scope()) as session,
    ):
        session.execute(statement)
    with pytest.raises(TenantError, match="no predicate reaches"), database.scoped(tenants.scope()) as session:
        session.connection().execute(statement)


def test_without_a_scope_no_row_of_a_tenant_is_reached(shared: tuple[Database, Tenants]) -> None:
    database, tenants = shared
    for statement in (select(User), select(User.__table__), text("SELECT * FROM user_account"), delete(SignIn)):
        with pytest.raises(TenantError, match=r"database\.scoped"), database.transaction() as session:
            session.execute(statement)
        with pytest.raises(TenantError, match=r"database\.scoped"), database.engine.connect() as connection:
            connection.execute(statement)
    with pytest.raises(TenantError, match=r"database\.scoped"), database.transaction() as session:
        session.add(User(entity_id=tenants.one, email="x@example.com", name="X"))


def sign_in(tenants: Tenants, name: str, **given: Any) -> dict[str, Any]:
    return {"user_id": tenants.users[name], "at": given.pop("at"), "outcome": "ok", **given}


def test_bulk_changes_reach_the_rows_of_the_scope_alone(database: Database, tenants: Tenants) -> None:
    now = database.now()
    with database.system(actor="system:test") as session:
        rows = [(tenants.one, "owner"), (tenants.two, "other_owner")]
        scoped_insert(
            session, insert(SignIn), [sign_in(tenants, name, at=now, entity_id=entity) for entity, name in rows]
        )
    with database.scoped(tenants.scope()) as session:
        assert session.execute(update(SignIn).values(outcome="seen")).rowcount == 1
        assert session.execute(delete(SignIn)).rowcount == 1
    with database.system(actor="system:test") as session:
        assert session.scalars(select(SignIn.outcome)).all() == ["ok"]


def test_scoped_insert_stamps_rows_and_refuses_those_of_others(database: Database, tenants: Tenants) -> None:
    now = database.now()
    with database.scoped(tenants.scope()) as session:
        scoped_insert(session, insert(SignIn), [sign_in(tenants, "owner", at=now)] * 2)
        assert session.scalars(select(SignIn.entity_id)).all() == [tenants.one] * 2
        with pytest.raises(TenantError, match="not of this legal entity"):
            scoped_insert(session, insert(SignIn), [sign_in(tenants, "owner", at=now, entity_id=tenants.two)])
        with pytest.raises(TenantError, match="scoped_insert"):
            session.execute(insert(SignIn), [sign_in(tenants, "owner", at=now, entity_id=tenants.one)])
        with pytest.raises(TenantError, match="by primary keys"):
            session.execute(update(SignIn), [{"id": 1, "outcome": "x"}])


def test_bulk_changes_of_recorded_rows_need_a_reason(database: Database, tenants: Tenants) -> None:
    with database.scoped(tenants.entity_scope()) as session:
        for statement in (update(User).values(name="x"), delete(User), insert(User)):
            with pytest.raises(UnauditedWrite, match="User: each change is recorded"):
                session.execute(statement)
        found = session.execute(update(User).values(name="x"), execution_options={"unaudited": "a test"})
        assert found.rowcount == 6


def test_a_session_for_reading_refuses_changes(shared: tuple[Database, Tenants]) -> None:
    database, tenants = shared
    with (
        pytest.raises(TenantError, match="read only"),
        database.scoped(tenants.scope(), read_only=True) as session,
    ):
        session.add(User(email="x@example.com", name="X"))


def test_times_come_from_the_clock_of_the_database(database: Database, tenants: Tenants) -> None:
    from datetime import UTC, datetime

    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    database.now = lambda: first
    with database.scoped(tenants.entity_scope()) as session:
        session.add(User(email="x@example.com", name="X"))
    database.now = lambda: second
    with database.scoped(tenants.entity_scope()) as session:
        user = session.scalars(select(User).where(User.email == "x@example.com")).one()
        user.name = "Y"
        session.flush()
        assert (user.created_at, user.updated_at, user.version) == (first, second, 2)


UNIQUE_ACROSS_TENANTS = {
    "user_account": {("email",)},
    "refresh_token": {("token_hash",)},
    "callback_source": {("public_id",)},
    "event": {("public_id",), ("at",)},
    "event_delivery": {
        ("event_id", "endpoint_id", "round"),
        ("endpoint_id", "due_at", "id"),
        ("due_at",),
    },
    "delivery_attempt": {("delivery_id",)},
    "work_item": {("due_at", "id")},
    "diagnosis": {("due_at", "id")},
    "ledger_head": {("next_at",)},
}
"""What has to be found before the tenant is known, and what workers look for across tenants."""


def test_the_tenant_leads_every_index() -> None:
    wrong = []
    for table in TENANT_TABLES:
        if table.name == "legal_entity":
            continue
        keys = [tuple(index.columns.keys()) for index in table.indexes]
        keys += [
            tuple(constraint.columns.keys())
            for constraint in table.constraints
            if type(constraint).__name__ == "UniqueConstraint"
        ]
        allowed = UNIQUE_ACROSS_TENANTS.get(table.name, set())
        wrong += [(table.name, key) for key in keys if key[:1] != ("entity_id",) and key not in allowed]
        keys.append(tuple(table.primary_key.columns.keys()))
        assert any(key[:1] == ("entity_id",) for key in keys), f"{table.name} has no index that begins with entity_id"
    assert wrong == []
