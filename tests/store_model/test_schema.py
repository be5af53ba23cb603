"""The tables: from nothing, from an earlier version, and by migrations they come out the same."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text

from store_model import schema
from store_model.access import find_key, hash_secret
from store_model.columns import Base
from store_model.db import DatabaseUnusable, open_database
from store_model.product_queries import search_words
from store_model.products import Product
from store_model.tenancy import Scope


@pytest.fixture
def engine(empty_url: str) -> Any:
    made = create_engine(empty_url)
    yield made
    made.dispose()


OBJECTS = {
    "sqlite": "SELECT type, name, tbl_name, '' FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": (
        "SELECT 'policy', tablename, policyname, array_to_string(roles, ',') || ':' || qual FROM pg_policies "
        "UNION ALL SELECT 'trigger', c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal "
        "UNION ALL SELECT 'grant', table_name, grantee, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee LIKE 'storewarden%' "
        "UNION ALL SELECT 'row security', relname, relrowsecurity::text, relforcerowsecurity::text FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1, 2, 3, 4"
    ),
}


def objects(connection: Connection) -> list[tuple[Any, ...]]:
    """Triggers, policies and rights: what the comparison of tables does not see."""
    return [tuple(row) for row in connection.execute(text(OBJECTS[connection.dialect.name]))]


def columns(engine: Engine) -> dict[str, Any]:
    found = inspect(engine)
    return {
        table: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)),
            sorted(map(repr, found.get_indexes(table))),
            sorted(repr(sorted(key.items(), key=str)) for key in found.get_foreign_keys(table)),
        )
        for table in found.get_table_names()
    }


def test_there_is_one_head_and_one_line_to_it() -> None:
    scripts = ScriptDirectory.from_config(schema.config())
    assert len(scripts.get_heads()) == 1
    assert [len(script.nextrev) for script in scripts.walk_revisions() if not script.is_head] == [1] * (
        len(list(scripts.walk_revisions())) - 1
    )


def test_migrations_make_the_same_as_the_models(engine: Engine, databases: Any) -> None:
    with engine.begin() as connection:
        schema.upgrade(connection)
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        migrated = objects(connection)
    assert differences == []
    direct = create_engine(databases.empty(engine.dialect.name))
    with direct.begin() as connection:
        schema.create_all(connection)
        assert objects(connection) == migrated
    assert columns(direct) == columns(engine)
    direct.dispose()


def test_migrations_go_back_and_forth(engine: Engine) -> None:
    from alembic import command

    with engine.begin() as connection:
        schema.upgrade(connection)
        command.downgrade(schema.config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        schema.upgrade(connection)


def test_a_database_of_the_first_release_is_upgraded_with_its_keys(empty_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        made = (
            "CREATE TABLE api_key (id {} PRIMARY KEY, name VARCHAR(100) NOT NULL, prefix VARCHAR(16) NOT NULL, "
            "secret_hash VARCHAR(64) NOT NULL, scopes JSON NOT NULL, created_at {} NOT NULL, expires_at {}, "
            "revoked_at {}, CONSTRAINT uq_api_key_prefix UNIQUE (prefix), "
            "CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash))"
        )
        is_sqlite = connection.dialect.name == "sqlite"
        moment = "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
        connection.execute(text(made.format("INTEGER" if is_sqlite else "SERIAL", moment, moment, moment)))
        connection.execute(
            text(
                "INSERT INTO api_key (name, prefix, secret_hash, scopes, created_at) VALUES "
                "('old', 'sw_12345678', :hash, '[\"prechecks\"]', '2026-01-01 00:00:00')"
            ),
            {"hash": hash_secret("sw_12345678_x")},
        )
    for _ in range(2):
        database = open_database(empty_url)
        with database.transaction() as session:
            key = find_key(session, hash_secret("sw_12345678_x"))
        assert key is not None
        assert (key.name, key.scopes, key.entity_id) == ("old", frozenset({"prechecks"}), None)
        database.close()


def test_titles_of_an_earlier_version_are_found_after_the_upgrade(empty_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        schema.upgrade(connection, "r0014")
        connection.execute(text("INSERT INTO legal_entity (id, name, version, created_at, updated_at) VALUES "
                                "(1, 'E', 1, '2026-01-01', '2026-01-01')"))  # fmt: skip
        connection.execute(text("INSERT INTO store (id, entity_id, platform, name, version, created_at, updated_at) "
                                "VALUES (1, 1, 'market', 'S', 1, '2026-01-01', '2026-01-01')"))  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO product (entity_id, store_id, status, title, sku_count, stock_total, digest, "
                "open_findings, blocking_findings, version, created_at, updated_at) VALUES "
                "(1, 1, 'draft', 'ÉCOLE Ｂag', 0, 0, '', 0, 0, 1, '2026-01-01', '2026-01-01')"
            )
        )
    database = open_database(empty_url)
    with database.scoped(Scope(1, None, "user:test"), read_only=True) as session:
        assert session.scalars(search_words(select(Product.title), "bag école")).all() == ["ÉCOLE Ｂag"]
    database.close()


def test_a_database_of_a_later_version_is_left_alone(empty_url: str, engine: Engine) -> None:
    open_database(empty_url).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(DatabaseUnusable, match="written by a later version"):
        open_database(empty_url)


def test_processes_that_start_at_once_make_the_tables_once(empty_url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as threads:
        for database in threads.map(open_database, [empty_url] * 4):
            database.close()
