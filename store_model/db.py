"""The database: one engine, and the sessions that are opened on it.

SQLite (WAL) needs nothing; a PostgreSQL URL is used as it is. Times are stored in UTC and come back aware.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import sessionmaker

from engine.errors import StorewardenError
from store_model.columns import Base, UtcDateTime
from store_model.sessions import BEGIN, GuardedSession, watch
from store_model.tenancy import Access, Scope, System

__all__ = ["Base", "Database", "DatabaseBusy", "DatabaseUnusable", "UtcDateTime", "open_database"]

WAIT_SECONDS = 10.0
"""How long a writer on SQLite waits for its turn."""


class DatabaseUnusable(StorewardenError):
    """The database URL cannot be used; the text says why and what to do, without the password."""

    code = "database_unusable"


class DatabaseBusy(StorewardenError):
    """Another writer kept the database for too long; trying again later helps."""

    code = "database_busy"


def utc_now() -> datetime:
    """The clock of a database that was given no other."""
    return datetime.now(UTC)


class Database:
    """An engine with its sessions. Open it with `open_database`.

    `now` is the clock of everything that is stored; the service puts its own here.
    """

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self.now = now
        self.sessions = sessionmaker(
            engine, class_=GuardedSession, expire_on_commit=False, info={"access": None, "now": self._moment}
        )
        self._writer = threading.Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def transaction(self) -> Iterator[GuardedSession]:
        """One session for rows that are no tenant's; commits at the end, or rolls back when anything is raised."""
        with self._open(None, read_only=False) as session:
            yield session

    @contextmanager
    def scoped(self, scope: Scope, *, read_only: bool = False) -> Iterator[GuardedSession]:
        """One session that sees and writes the rows of this scope alone; commits at the end.

        `read_only` refuses changes, and on SQLite does not wait for a writer. DatabaseBusy: no turn to write came.
        """
        with self._open(scope, read_only=read_only) as session:
            yield session

    @contextmanager
    def system(self, *, actor: str, read_only: bool = False) -> Iterator[GuardedSession]:
        """One session across tenants, for workers, maintenance and migrations; the audit names `actor`."""
        with self._open(System(actor), read_only=read_only) as session:
            yield session

    @contextmanager
    def _open(self, access: Access, *, read_only: bool) -> Iterator[GuardedSession]:
        writer = None if read_only else self._writer
        if writer is not None and not writer.acquire(timeout=WAIT_SECONDS):
            raise DatabaseBusy(f"another writer has kept the database for more than {WAIT_SECONDS:g} seconds")
        try:
            with self.sessions(info={"access": access, "now": self._moment, "read_only": read_only}) as session:
                begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
                with session.begin():
                    session.connection(execution_options={BEGIN: begin})
                    yield session
        finally:
            if writer is not None:
                writer.release()

    def _moment(self) -> datetime:
        return self.now()

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


def open_database(url: str, *, now: Callable[[], datetime] = utc_now) -> Database:
    """Open the database and bring its tables up to date; `DatabaseUnusable` says what stands in the way.

    `sqlite://` is a database of its own in a temporary file, gone when it is closed.
    """
    try:
        target = make_url(url)
    except ArgumentError:
        raise DatabaseUnusable(
            "the database URL cannot be read; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        ) from None
    if target.drivername in ("postgres", "postgresql"):
        target = target.set(drivername="postgresql+psycopg")
    shown = target.render_as_string(hide_password=True)
    folder = None
    if target.get_backend_name() == "sqlite":
        if target.database in (None, "", ":memory:"):
            folder = tempfile.mkdtemp(prefix="storewarden-")
            target = target.set(database=str(Path(folder) / "storewarden.sqlite3"))
        else:
            _make_folder(Path(str(target.database)), shown)
    engine = _engine(target, shown)
    database = Database(engine, now=now)
    if folder is not None:
        weakref.finalize(database, shutil.rmtree, folder, ignore_errors=True)
    try:
        from store_model.schema import bring_to_head

        bring_to_head(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        cause = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise DatabaseUnusable(f"{shown}: the database cannot be opened ({cause})") from None
    except StorewardenError as error:
        engine.dispose()
        raise DatabaseUnusable(f"{shown}: {error}") from None
    return database


def _engine(target: URL, shown: str) -> Engine:
    is_sqlite = target.get_backend_name() == "sqlite"
    # As many connections as request threads and workers may want at once, and no waiting for ever.
    options: dict[str, Any] = {"pool_size": 16, "max_overflow": 16, "pool_timeout": 10}
    try:
        engine = create_engine(target, pool_pre_ping=not is_sqlite, **options)
    except NoSuchModuleError:
        raise DatabaseUnusable(f"{shown}: this kind of database is not supported; use SQLite or PostgreSQL") from None
    except ModuleNotFoundError as missing:
        raise DatabaseUnusable(
            f"{shown}: the driver {missing.name} is not installed; install it with: pip install 'psycopg[binary]'"
        ) from None
    if is_sqlite:
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _sqlite_begin)
    watch(engine)
    return engine


def _make_folder(file: Path, shown: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DatabaseUnusable(f"{shown}: the folder cannot be made ({error.strerror})") from None


def _sqlite_settings(connection: Any, record: object) -> None:
    """Readers do not wait for the writer, a writer waits its turn, and foreign keys hold."""
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, not before the first change
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    """A writer takes its turn at once: a reader that turns writer later would fail instead of waiting."""
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))
