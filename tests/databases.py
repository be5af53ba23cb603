"""The fixture `database`: the same tests on SQLite and, where one is reachable, on PostgreSQL.

Use it with `from tests.databases import *` in a conftest. `STOREWARDEN_TEST_POSTGRES` names the server (a URL whose
login may create databases and roles); without it, a local one is tried. Each test process has databases of its own.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from store_model.db import Database, open_database

CANDIDATES = (
    "postgresql+psycopg://root@127.0.0.1:5432/postgres",
    "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "postgresql+psycopg:///postgres",
)
KINDS = ("sqlite", "postgresql")
SKIPPED = (
    "skipped on PostgreSQL: no server answered; name one with STOREWARDEN_TEST_POSTGRES=postgresql://USER@HOST/postgres"
)


@lru_cache(maxsize=1)
def postgres_server() -> str | None:
    """The URL of a server on which databases may be made; None when there is none."""
    named = os.environ.get("STOREWARDEN_TEST_POSTGRES")
    for candidate in (named,) if named else CANDIDATES:
        url = make_url(candidate).set(drivername="postgresql+psycopg")
        try:
            engine = create_engine(url, connect_args={"connect_timeout": 2}, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                may = connection.scalar(
                    text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
                )
            engine.dispose()
        except SQLAlchemyError:
            continue
        if may:
            return url.render_as_string(hide_password=False)
    return None


class Databases:
    """Makes databases, empty or with all tables (copied from a template: that is faster), and throws them away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = uuid.uuid4().hex[:12]
        self.count = 0
        self.made: list[str] = []
        self.open: list[Database] = []
        self.templates: dict[str, str] = {}

    def empty(self, kind: str) -> str:
        """The URL of a new database without any table."""
        return self._new(kind, template=None)

    def url(self, kind: str) -> str:
        """The URL of a new database with all tables and no row of a tenant."""
        if kind not in self.templates:
            template = self._new(kind, template=None)
            open_database(template).close()
            self.templates[kind] = template
        return self._new(kind, template=self.templates[kind])

    def opened(self, kind: str) -> Database:
        """A new database with all tables, open; closed with everything else."""
        database = open_database(self.url(kind))
        self.open.append(database)
        return database

    def _new(self, kind: str, *, template: str | None) -> str:
        self.count += 1
        name = f"storewarden_test_{self.run}_{self.count}"
        if kind == "sqlite":
            file = self.folder / f"{name}.sqlite3"
            if template is not None:
                shutil.copyfile(str(make_url(template).database), file)
            return f"sqlite:///{file}"
        if postgres_server() is None:
            pytest.skip(SKIPPED)
        copied = f' TEMPLATE "{make_url(template).database}"' if template is not None else ""
        self._admin(f'CREATE DATABASE "{name}"{copied}')
        self.made.append(name)
        return make_url(str(postgres_server())).set(database=name).render_as_string(hide_password=False)

    def _admin(self, statement: str) -> None:
        engine = create_engine(str(postgres_server()), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def close(self) -> None:
        """Close what is open and drop what was made."""
        for database in self.open:
            database.close()
        for name in self.made:
            self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where a test gets databases of its own."""
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """A database with all tables, once on SQLite and once on PostgreSQL."""
    found = databases.opened(request.param)
    yield found
    found.close()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """The URL of a database without any table, on each kind."""
    return databases.empty(request.param)


@pytest.fixture(params=KINDS, scope="module")
def module_database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """As `database`, once for all tests of a module, for tests that leave it as it was."""
    found = databases.opened(request.param)
    yield found
    found.close()
