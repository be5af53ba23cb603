"""A tenant with a store, a receiver that behaves as it is told, and workers on a clock that stands still."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.webhooks import endpoints
from api.webhooks.sealing import Sealer
from api.webhooks.worker import Pace, Worker
from store_model.db import Database
from store_model.endpoints import Attempt, Delivery, Endpoint
from store_model.outbox import Event, emit
from tests.store_model.conftest import NOW, Shop, open_shop


@dataclass
class Receiver:
    """A server on this machine. `answers` are used up one by one; after them it answers 200."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    before: Callable[[Any], bool] | None = None

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


def serve(receiver: Receiver) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.before is not None and receiver.before(self):
                return
            status, headers, answer = receiver.answers.pop(0) if receiver.answers else (200, {}, b"ok")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            try:
                self.wfile.write(answer)
            except OSError:
                self.close_connection = True

        def log_message(self, *given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    return server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Hooks:
    """One tenant's webhooks, with a clock that a test moves."""

    shop: Shop
    sealer: Sealer
    now: datetime = NOW

    @property
    def database(self) -> Database:
        return self.shop.database

    def endpoint(self, url: str, signature: str = "v1", **more: Any) -> tuple[int, str]:
        """A new endpoint: its id and secret."""
        secret, kept = endpoints.new_sealed(self.sealer, signature, self.now)
        values = {"max_concurrency": 4, "signature": signature, "secrets": [kept], "url": url, "state": "enabled"}
        with self.database.system(actor="system:test") as session:
            row = Endpoint(entity_id=self.shop.place.entity_id, **{**values, **more})
            session.add(row)
            session.flush()
            return row.id, secret

    def emit(self, kind: str = "finding.opened", **data: Any) -> Event:
        with self.shop.session() as session:
            return emit(session, **self.shop.place.columns(), type=kind, data=data, now=self.now)

    def worker(self, **more: Any) -> Worker:
        given = {"allow_loopback": True, "now": lambda: self.now, "dice": lambda: 0.0, "timeout": 0.5, **more}
        return Worker(self.database, self.sealer, pace=Pace(lease=30.0), **given)

    def deliver(self, **more: Any) -> int:
        """Deliver what is due now; how many arrived."""

        async def run() -> int:
            worker = self.worker(**more)
            await worker.drain()
            await worker.close()
            return worker.delivered

        return asyncio.run(run())

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    def rows(self, model: Any) -> list[Any]:
        with self.shop.session() as session:
            return list(session.query(model).order_by(model.id))

    def deliveries(self) -> list[tuple[str, int, datetime | None]]:
        return [(row.state, row.attempts, row.due_at) for row in self.rows(Delivery)]

    def attempts(self) -> list[tuple[str, int | None]]:
        return [(row.outcome, row.status) for row in self.rows(Attempt)]


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer(Settings(data_dir=str(tmp_path), database_url="sqlite://"))


@pytest.fixture
def hooks(database: Database, sealer: Sealer) -> Hooks:
    """On each kind of database."""
    return Hooks(open_shop(database), sealer)


@pytest.fixture
def lite(databases: Any, sealer: Sealer) -> Hooks:
    """On SQLite alone, for what the database has no part in."""
    return Hooks(open_shop(databases.opened("sqlite")), sealer)
