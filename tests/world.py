"""An app with two tenants and a row of every table, and calls to its routes with real ids in their paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, inspect, select
from starlette.testclient import TestClient

from store_model.audit import AuditEntry
from store_model.db import Database
from tests.sample_ids import OTHERS, Rows, table_of, tenant_models
from tests.tenants import Tenants, add_tenants, bearer


@dataclass(frozen=True)
class World:
    """An app with two tenants, and one row of every table in the store north of the first."""

    app: FastAPI
    client: TestClient
    tenants: Tenants
    rows: dict[str, tuple[Any, ...]]
    operations: tuple[str, ...]

    def call(self, operation: str, *, store: str = "north", headers: dict[str, str] | None = None, **given: str) -> Any:
        """Call an operation (method and template), with the path's ids filled in and a body that fits nothing."""
        method, _, template = operation.partition(" ")
        path = re.sub(r"{(\w+)}", lambda found: given.get(found[1]) or self.fill(found[1], store), template)
        body: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": {"no such field": 1}}
        return self.client.request(method, path, headers={**(headers or {}), "if-match": '"1-1"'}, **body)

    def fill(self, parameter: str, store: str) -> str:
        """A value for a path parameter."""
        if parameter == "store_id":
            return str(self.tenants.stores[store])
        if parameter in OTHERS:
            return OTHERS[parameter]
        return str(self.rows.get(table_of(parameter), (999,))[0])

    def recorded(self) -> int:
        """How many changes there were so far."""
        with self.app.state.database.system(actor="system:test", read_only=True) as session:
            return int(session.scalar(select(func.count()).select_from(AuditEntry)) or 0)

    def headers(self, user: str) -> dict[str, str]:
        """The headers of a user who has just signed in."""
        return bearer(self.app, self.tenants, user)


def operations_of(app: FastAPI) -> tuple[str, ...]:
    """Every route there is, hidden ones too."""

    def walk(routes: Any) -> Iterator[str]:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                yield from walk(inner.routes)
            else:
                yield from (f"{method} {route.path}" for method in route.methods if method != "HEAD")

    return tuple(sorted(set(walk(app.routes))))


def make_world(make_app: Callable[..., FastAPI], database: Database, *, without: frozenset[str] = frozenset()) -> World:
    """An app on this database; `without` names tables that get no row."""
    url = database.engine.url.render_as_string(hide_password=False)
    app = make_app(database_url=url, require_keys="always", key_cache_seconds=60.0)
    tenants = add_tenants(app.state.database)
    with app.state.database.system(actor="system:test") as session:
        made = Rows(session, tenants.one, tenants.stores["north"])
        models = [model for model in tenant_models() if model.__tablename__ not in without]
        rows = {model.__tablename__: tuple(inspect(made.row(model)).identity) for model in models}
    return World(app, TestClient(app), tenants, rows, operations_of(app))
