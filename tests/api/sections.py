"""A client of one store for tests of the back office's sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from store_model.products import Product
from tests.tenants import Tenants, bearer


@dataclass
class Shop:
    """Calls of one user for one store; what is not the expected status fails with the answer's text."""

    app: FastAPI
    client: TestClient
    tenants: Tenants
    user: str = "owner"
    store: str = "north"

    def as_user(self, user: str) -> Shop:
        """The same store, another user."""
        return Shop(self.app, self.client, self.tenants, user, self.store)

    def call(self, method: str, path: str, status: int = 200, *, etag: str | None = None, **more: Any) -> Any:
        """The JSON of an answer (None without a body)."""
        headers = {**bearer(self.app, self.tenants, self.user), **({"if-match": etag} if etag else {})}
        if "json" in more:
            headers["content-type"] = "application/json"
        url = f"/v1/stores/{self.tenants.stores[self.store]}/{path}"
        answer = self.client.request(method, url, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200) -> Any:
        return self.call("GET", path, status)

    def add(self, path: str, status: int = 201, **body: Any) -> Any:
        """POST a body."""
        return self.call("POST", path, status, json=body)

    def patch(self, path: str, row: Any, status: int = 200, **changes: Any) -> Any:
        """PATCH a row that was read before."""
        return self.call("PATCH", path, status, etag=f'"{row["id"]}-{row["version"]}"', json=changes)

    def product(self, title: str = "Steel bottle", status: str = "onSelling", **more: Any) -> str:
        """The id of a new product, put straight into the database."""
        state = self.app.state
        with state.database.scoped(self.tenants.scope(self.store)) as session:
            row = Product(
                store_id=self.tenants.stores[self.store],
                status=status,
                title=title,
                sku_count=0,
                stock_total=0,
                digest="0" * 64,
                **more,
            )
            session.add(row)
            session.flush()
            return str(row.id)


def only(answer: Any, *names: str) -> Any:
    """Some fields of an answer, for comparing."""
    return {name: answer[name] for name in names}
