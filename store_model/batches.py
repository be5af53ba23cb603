"""New rows by the batch: one statement with an array a column on PostgreSQL, one executemany on SQLite.

SQLAlchemy's bulk insert writes each value of each row into the statement, and reading that costs more than the rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Dialect, String, Table
from sqlalchemy.orm import Session

from store_model.tenancy import stamped

Reader = Callable[[Any], Any]


def insert_rows(session: Session, cls: type, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows (column → value, the same columns in each) that get the tenant; their ids in order.

    No ids for a class without a column of that name. For classes that are not audited, and for imports, which record
    themselves as a whole. Defaults of the class are not filled in.
    """
    if not rows:
        return []
    table: Table = cls.__table__  # type: ignore[attr-defined]
    if session.autoflush:
        session.flush()
    full = stamped(session, table, rows)
    connection = session.connection()
    is_postgres = connection.dialect.name == "postgresql"
    ids = (_postgres_ids if is_postgres else _sqlite_ids)(connection, table, len(rows)) if "id" in table.c else []
    names = tuple(full[0])
    written = _writers(table, names, connection.dialect)
    columns: list[Any] = [
        [row[name] for row in full] if write is None else [write(row[name]) for row in full]
        for name, write in zip(names, written, strict=True)
    ]
    if ids:
        names, columns = ("id", *names), [ids, *columns]
    if is_postgres:
        kinds = [_kind(table, name, connection.dialect) for name in names]
        arrays = tuple(as_array(kind, column) for kind, column in zip(kinds, columns, strict=True))
        _run(connection, _postgres(table, names, connection.dialect), arrays)
    else:
        _run(connection, _sqlite(table, names), list(zip(*columns, strict=True)))
    return ids


def _run(connection: Connection, statement: str, values: Any) -> Any:
    """Through SQLAlchemy, which names what the database refuses; rows carry their tenant by now."""
    return connection.exec_driver_sql(statement, values, execution_options={"stamped": True})


def json_text(value: Any) -> str:
    """A value as the text of JSON, whatever characters it holds."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can say
        return json.dumps(value)


@lru_cache(maxsize=100)
def _writers(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[Reader | None, ...]:
    """What turns a value into what the driver takes; None: it takes the value."""
    return tuple(_writer(table.c[name].type, dialect) for name in names)


def _writer(kind: Any, dialect: Dialect) -> Reader | None:
    if isinstance(kind, JSON):
        return json_text
    found: Reader | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


@lru_cache(maxsize=100)
def _postgres(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    sources = ", ".join(column_rows("%s", _kind(table, name, dialect)) for name in names)
    own = ", ".join(map(quote, names))
    return f"INSERT INTO {quote(table.name)} ({own}) SELECT {own} FROM ROWS FROM ({sources}) AS incoming({own})"


@lru_cache(maxsize=1000)
def _kind(table: Table, name: str, dialect: Dialect) -> str:
    """PostgreSQL's name of a column's type; a cast to VARCHAR(n) would cut what is too long, so a text is a text."""
    kind = table.c[name].type
    if isinstance(kind, JSON):
        return "json"
    return "text" if isinstance(kind, String) else kind.compile(dialect)


def column_rows(marker: str, kind: str) -> str:
    """The values of one column as rows, for PostgreSQL's ROWS FROM; `as_array` makes what stands at the marker."""
    return f"json_array_elements({marker}::json)" if kind == "json" else f"unnest({marker}::{kind}[])"


def as_array(kind: str, values: Sequence[Any]) -> Any:
    """A column as the driver takes it. It quotes each text of an array by itself, character for character, which is
    slow for documents: those travel as one.
    """
    return f"[{','.join(values)}]" if kind == "json" else list(values)


@lru_cache(maxsize=100)
def _sqlite(table: Table, names: tuple[str, ...]) -> str:
    own = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({own}) VALUES ({", ".join("?" * len(names))})'


def _postgres_ids(connection: Connection, table: Table, number: int) -> list[int]:
    statement = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    return list(_run(connection, statement, (f'"{table.name}"', number)).scalars())


def _sqlite_ids(connection: Connection, table: Table, number: int) -> list[int]:
    """The ids behind the last: a transaction that writes is the only one."""
    last: int = _run(connection, f'SELECT COALESCE(MAX(id), 0) FROM "{table.name}"', ()).scalar_one()
    return list(range(last + 1, last + 1 + number))
