"""New rows by the batch: one statement with an array a column on PostgreSQL, one executemany on SQLite.

SQLAlchemy's bulk insert writes each value of each row into the statement, and reading that costs more than the rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import JSON, Dialect, String, Table
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
    raw: Any = connection.connection.driver_connection
    is_postgres = connection.dialect.name == "postgresql"
    ids = (_postgres_ids if is_postgres else _sqlite_ids)(raw, table, len(rows)) if "id" in table.c else []
    names = tuple(full[0])
    written = _writers(table, names, connection.dialect)
    columns: list[Any] = [
        [row[name] for row in full] if write is None else [write(row[name]) for row in full]
        for name, write in zip(names, written, strict=True)
    ]
    if ids:
        names, columns = ("id", *names), [ids, *columns]
    if is_postgres:
        # The driver quotes each text of an array by itself, which is slow for documents: they travel as one.
        whole = [
            f"[{','.join(column)}]" if _is_json(table, name) else column
            for name, column in zip(names, columns, strict=True)
        ]
        raw.execute(_postgres(table, names, connection.dialect), whole)
    else:
        raw.executemany(_sqlite(table, names), zip(*columns, strict=True))
    return ids


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
    sources = ", ".join(_source(table.c[name].type, dialect) for name in names)
    own = ", ".join(map(quote, names))
    return f"INSERT INTO {quote(table.name)} ({own}) SELECT {own} FROM ROWS FROM ({sources}) AS incoming({own})"


def _source(kind: Any, dialect: Dialect) -> str:
    """The values of one column as rows."""
    if isinstance(kind, JSON):
        return "json_array_elements(%s::json)"
    # A cast to VARCHAR(n) would cut what is too long; the column itself refuses it.
    plain = "text" if isinstance(kind, String) else kind.compile(dialect)
    return f"unnest(%s::{plain}[])"


def _is_json(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, JSON)


@lru_cache(maxsize=100)
def _sqlite(table: Table, names: tuple[str, ...]) -> str:
    own = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({own}) VALUES ({", ".join("?" * len(names))})'


def _postgres_ids(raw: Any, table: Table, number: int) -> list[int]:
    found = raw.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", (f'"{table.name}"', number)
    )
    return [row[0] for row in found.fetchall()]


def _sqlite_ids(raw: Any, table: Table, number: int) -> list[int]:
    """The ids behind the last: a transaction that writes is the only one."""
    (last,) = raw.execute(f'SELECT COALESCE(MAX(id), 0) FROM "{table.name}"').fetchone()
    return list(range(last + 1, last + 1 + number))
