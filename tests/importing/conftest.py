"""A store to import into, on each kind of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

import rules
from api.importing import run, sources
from api.services.backoffice import load_backoffice
from store_model.db import Database
from store_model.imports import ImportRun
from tests.store_model.conftest import NOW, Shop, open_shop

PACIFIC = ZoneInfo("America/Los_Angeles")
SEEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def shop(module_database: Database) -> Shop:
    """A new tenant with one store, in a database that the tests of a module share."""
    module_database.now = lambda: NOW
    return open_shop(module_database)


@pytest.fixture(scope="session")
def options() -> run.Options:
    """The options of an import under the shipped pack."""
    return run.Options(
        limits=load_backoffice(rules.path("aliexpress")).limits(date(2026, 11, 23)), seen_at=SEEN, chunk=3
    )


def report_of(session: Session, run_id: int) -> dict[str, Any]:
    """A run with its first refusals."""
    row = session.get_one(ImportRun, run_id)
    names = ("kind", "state", "done", "inserted", "updated", "unchanged", "refused")
    return {name: getattr(row, name) for name in names} | {"refusals": run.refusals(session, row, 20)}


@pytest.fixture
def take_in(shop: Shop, options: run.Options, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Import bytes under a name and give the report."""

    def do(data: bytes, name: str, kind: str | None = None) -> dict[str, Any]:
        path = tmp_path / name
        path.write_bytes(data)
        target = run.Target(database=shop.database, scope=shop.scope, store_id=shop.place.store_id)
        source = sources.open_source(path, name=name, zone=PACIFIC, kind=kind)
        run_id, done = run.begin(target, source, sources.sha256_of(path))
        run.carry_on(target, source, run_id, done, options)
        with shop.session() as session:
            return report_of(session, run_id)

    return do
