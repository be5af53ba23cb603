"""The database: one engine, sessions, and the base that every table stands on.

SQLite (WAL) needs nothing; a PostgreSQL URL is used as it is. Times are stored in UTC and come back aware.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

from engine.errors import StorewardenError

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class DatabaseUnusable(StorewardenError):
    """The database URL cannot be used; the text says why and what to do, without the password."""

    code = "database_unusable"


class Base(DeclarativeBase):
    """Every table; constraints carry names, so that a migration can name them too."""

    metadata = MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC. A naive one is refused: nobody could say which hour it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Database:
    """An engine with its sessions. Open it with `open_database`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sessions = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One session that commits at the end, or rolls back when anything is raised."""
        with self.sessions.begin() as session:
            yield session

    def is_reachable(self) -> bool:
        """Whether the database answers now."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database and create the tables that are missing; `DatabaseUnusable` says what stands in the way."""
    try:
        target = make_url(url)
    except ArgumentError:
        raise DatabaseUnusable(
            "the database URL cannot be read; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        ) from None
    if target.drivername in ("postgres", "postgresql"):
        target = target.set(drivername="postgresql+psycopg")
    shown = target.render_as_string(hide_password=True)
    options: dict[str, Any] = {}
    if target.get_backend_name() == "sqlite":
        if target.database in (None, "", ":memory:"):
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        else:
            _make_folder(Path(str(target.database)), shown)
    try:
        engine = create_engine(target, pool_pre_ping=target.get_backend_name() != "sqlite", **options)
    except NoSuchModuleError:
        raise DatabaseUnusable(f"{shown}: this kind of database is not supported; use SQLite or PostgreSQL") from None
    except ModuleNotFoundError as missing:
        raise DatabaseUnusable(
            f"{shown}: the driver {missing.name} is not installed; install it with: pip install 'psycopg[binary]'"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_settings)
    database = Database(engine)
    try:
        Base.metadata.create_all(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        cause = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise DatabaseUnusable(f"{shown}: the database cannot be opened ({cause})") from None
    return database


def _make_folder(file: Path, shown: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DatabaseUnusable(f"{shown}: the folder cannot be made ({error.strerror})") from None


def _sqlite_settings(connection: Any, record: object) -> None:
    """Readers do not wait for the writer, a writer waits its turn, and foreign keys hold."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
