"""The SQL counts what the plain Python counts: in SQLite, in DuckDB, and in PostgreSQL where it is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

import rules
from engine import load_pack
from engine.scoring import sql
from engine.scoring.counting import Counts, Place, counts_of
from engine.scoring.sources import DAY, MOMENT, NUMBER, ROWS, SET, derived
from tests.databases import SKIPPED, postgres_server
from tests.engine.scoring.rows import AS_OF, NOW, stores

FORCE = load_pack(rules.path("aliexpress")).performance.on(date(2026, 11, 23))
COUNTINGS = list(FORCE.countings.values())
EVERYTHING = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def values(over: str, rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> str:
    """The rows as a SELECT of literals."""
    selects = []
    for given_row in rows:
        row = derived(over, given_row)
        parts = []
        for name, kind in ROWS[over].columns.items():
            value = row.get(name)
            if kind == SET and value is not None:
                value = "|" + "|".join(sorted(value)) + "|"
            type_ = types["whole"] if kind in (MOMENT, NUMBER, DAY) else types["text"]
            literal = "NULL" if value is None else sql.literal(value)
            parts.append(f"CAST({literal} AS {type_}) AS {sql.column(name)}")
        selects.append("SELECT " + ", ".join(parts))
    return " UNION ALL ".join(selects)


def counted(run: Any, dialect: sql.Dialect, rows: Mapping[str, Any], types: Mapping[str, str]) -> Counts:
    found: Counts = {}
    for query in sql.queries(COUNTINGS, dialect, since=AS_OF - 200, until=AS_OF + 2, now=NOW):
        if not rows[query.over]:
            continue
        text = sql.text(query, values(query.over, rows[query.over], types), by_listing=True)
        for store, listing, day, *numbers in run(text):
            into = found.setdefault(Place(store, listing, int(day)), {})
            for key, number in zip(query.keys, numbers, strict=True):
                if number:
                    into[key] = into.get(key, 0) + int(number)
    return {place: kept for place, kept in found.items() if kept}


def expected(rows: Mapping[str, Any]) -> Counts:
    counts = counts_of(COUNTINGS, rows, now=NOW)
    return {place: found for place, found in counts.items() if AS_OF - 200 <= place.day < AS_OF + 2}


SHORT = {"whole": "BIGINT", "text": "VARCHAR"}


@EVERYTHING
@given(rows=stores())
def test_duckdb_counts_what_python_counts(rows: Mapping[str, Any]) -> None:
    connection = duckdb.connect()
    found = counted(lambda text: connection.execute(text).fetchall(), sql.DUCKDB, rows, SHORT)
    assert found == expected(rows)


@EVERYTHING
@given(rows=stores())
def test_sqlite_counts_what_python_counts(rows: Mapping[str, Any]) -> None:
    connection = sqlite3.connect(":memory:")
    found = counted(
        lambda text: connection.execute(text).fetchall(), sql.SQLITE, rows, {"whole": "INTEGER", "text": "TEXT"}
    )
    assert found == expected(rows)


@pytest.fixture
def postgresql() -> Iterator[psycopg.Connection[Any]]:
    server = postgres_server()
    if server is None:
        pytest.skip(SKIPPED)
    connection = psycopg.connect(server.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    yield connection
    connection.close()


@EVERYTHING
@given(rows=stores())
def test_postgresql_counts_what_python_counts(postgresql: psycopg.Connection[Any], rows: Mapping[str, Any]) -> None:
    found = counted(
        lambda text: postgresql.execute(text).fetchall(), sql.POSTGRESQL, rows, {"whole": "BIGINT", "text": "TEXT"}
    )
    assert found == expected(rows)
