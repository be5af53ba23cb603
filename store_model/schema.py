"""Bringing any database to the tables of this version: an empty one, one of an earlier version, or one at hand."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text

from engine.errors import StorewardenError
from store_model import models
from store_model.accounts import Role
from store_model.columns import Base
from store_model.row_security import protect
from store_model.sessions import BEGIN, OPTION
from store_model.tenancy import System

LOCK = 7_261_903_544
"""The advisory lock under which one of several processes that start at once brings the schema up."""

BEFORE_MIGRATIONS = "r0000"
"""The revision that stands for the tables of the release which kept no revision."""


class SchemaTooNew(StorewardenError):
    """The database was written by a later version."""

    code = "schema_too_new"


def bring_to_head(engine: Engine) -> None:
    """Create or upgrade what is missing, once, whoever starts first. SchemaTooNew when the database is ahead of us."""
    assert models.MODULES
    with engine.connect() as connection:
        connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE", OPTION: {"access": System("schema")}})
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            _bring(connection)


def _bring(connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config())
    head = scripts.get_current_head()
    if current == head:
        _seed_roles(connection)
        return
    tables = inspect(connection).get_table_names()
    if current is None and not tables:
        create_all(connection)
    else:
        if current is None:
            command.stamp(config(connection), BEFORE_MIGRATIONS)
        elif current not in {script.revision for script in scripts.walk_revisions()}:
            raise SchemaTooNew(
                "the database was written by a later version of Storewarden; install that version, or restore a backup"
            )
        upgrade(connection)
    _seed_roles(connection)


def create_all(connection: Connection) -> None:
    """All tables and policies at once; the same as all migrations in turn, and a test holds that."""
    Base.metadata.create_all(connection)
    protect(connection)
    command.stamp(config(connection), "head")


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision, then renew the policies."""
    command.upgrade(config(connection), revision)
    protect(connection)


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file; the migrations travel inside the package."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def roles() -> dict[str, dict[str, Any]]:
    """The roles that ship: name → title (both languages) and permissions."""
    return dict(yaml.safe_load(files("store_model").joinpath("roles.yaml").read_text(encoding="utf-8")))


def _seed_roles(connection: Connection) -> None:
    """Put the shipped roles into the table where they differ from it."""
    table = Role.__table__
    known = {row.name: (row.permissions, row.title) for row in connection.execute(select(table))}
    for name, role in roles().items():
        values = {"permissions": role["permissions"], "title": role["title"]}
        if name not in known:
            connection.execute(table.insert().values(name=name, **values))
        elif known[name] != (values["permissions"], values["title"]):
            connection.execute(table.update().where(table.c.name == name).values(**values))
