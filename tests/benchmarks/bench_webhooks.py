"""Webhooks: deliveries a second, time from commit to arrival, a dead endpoint beside others, and kills.

STOREWARDEN_BENCH_EVENTS sets the size of the run with kills (100000 for the figure of the issue), and
STOREWARDEN_TEST_POSTGRES the server. Receiver and workers are processes of their own on the same machine.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from api.settings import Settings
from api.webhooks import endpoints
from api.webhooks.sealing import Sealer
from store_model.accounts import LegalEntity, Store
from store_model.db import Database, open_database
from store_model.endpoints import Attempt, Delivery, Endpoint
from store_model.outbox import Event, News, emit, emit_many
from tests.benchmarks.table import Table
from tests.databases import Databases, postgres_server

ROOT = Path(__file__).resolve().parents[2]
EVENTS = int(os.environ.get("STOREWARDEN_BENCH_EVENTS", "5000"))
ENDPOINTS = 50
LEASE = 5.0


class Bench:
    """A database with one store, a receiver, and workers to be started and killed."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.database: Database = open_database(url)
        self.sealer = Sealer(Settings(data_dir=str(folder), database_url=url))
        self.log = folder / f"received-{uuid.uuid4().hex[:8]}"
        self.processes: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with self.database.system(actor="system:bench") as session:
            entity = LegalEntity(name="Bench")
            session.add(entity)
            session.flush()
            store = Store(entity_id=entity.id, platform="market", name="Bench")
            session.add(store)
            session.flush()
            self.place = {"entity_id": entity.id, "store_id": store.id}

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        self.processes.append(process)
        return process

    def receiver(self, fail_every: int = 0) -> subprocess.Popen[bytes]:
        process = self.start("tests.benchmarks.webhook_receiver", str(self.port), str(fail_every), str(self.log))
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return process
            time.sleep(0.05)

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("tests.benchmarks.webhook_worker", self.url, str(self.folder), str(LEASE))

    def endpoint(self, path: str, types: list[str] | None = None, concurrency: int = 8) -> None:
        _, kept = endpoints.new_sealed(self.sealer, "v1", self.database.now())
        with self.database.system(actor="system:bench") as session:
            session.add(
                Endpoint(
                    entity_id=self.place["entity_id"], url=f"http://127.0.0.1:{self.port}{path}", signature="v1",
                    secrets=[kept], max_concurrency=concurrency, state="enabled", event_types=types,
                )
            )  # fmt: skip

    def emit(self, count: int, kinds: int = 1) -> None:
        """Events of so many kinds in turn, in transactions of 500."""
        for start in range(0, count, 500):
            news = [News(f"bench.t{n % kinds}", {"n": n}) for n in range(start, min(count, start + 500))]
            with self.database.system(actor="system:bench") as session:
                emit_many(session, **self.place, news=news, now=self.database.now())

    def received(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def open_deliveries(self) -> int:
        with self.database.system(actor="system:bench", read_only=True) as session:
            return session.scalar(select(func.count(Delivery.id)).where(Delivery.due_at.is_not(None))) or 0

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.database.close()


@contextlib.contextmanager
def bench(kind: str) -> Iterator[Bench]:
    """On a database of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        made = Bench(databases.empty(kind), Path(folder))
        try:
            yield made
        finally:
            made.close()
            databases.close()


def throughput(kind: str) -> list[Any]:
    with bench(kind) as made:
        made.receiver()
        for number in range(ENDPOINTS):
            made.endpoint(f"/hook/{number}", [f"bench.t{number}"])
        made.emit(EVENTS * 2, ENDPOINTS)
        made.worker()
        while made.open_deliveries():
            time.sleep(0.2)
        moments = sorted(int(line[2]) for line in made.received())
        tenth = len(moments) // 10
        middle = moments[tenth:-tenth]
        rate = len(middle) / ((middle[-1] - middle[0]) / 1e6)
        return [kind, f"deliveries/s, {len(moments)} to {ENDPOINTS} endpoints", round(rate), ">= 2,000"]


def latencies(made: Bench, count: int) -> list[float]:
    """Milliseconds from the commit to the arrival, one event at a time."""
    found = []
    for _ in range(count):
        before = len(made.received())
        with made.database.system(actor="system:bench") as session:
            emit(session, **made.place, type="bench.t0", data={}, now=made.database.now())
        committed = time.time_ns() // 1000
        while len(made.received()) == before:
            time.sleep(0.002)
        found.append((int(made.received()[-1][2]) - committed) / 1000)
    return found


def idle(kind: str) -> list[list[Any]]:
    with bench(kind) as made:
        made.receiver()
        made.endpoint("/hook/0")
        made.worker()
        latencies(made, 3)
        alone = statistics.median(latencies(made, 40))
        made.endpoint("/dead")
        latencies(made, 3)
        beside = statistics.median(latencies(made, 40))
        change = (beside / alone - 1) * 100
        return [
            [kind, "ms from commit to arrival when idle, median (another process)", round(alone), "< 250"],
            [kind, "the same beside a dead endpoint", f"{beside:.0f} ({change:+.0f} %)", "< +10 %"],
        ]


def killed(kind: str) -> list[list[Any]]:
    """Workers and the receiver killed at random while a tenth of the calls fail."""
    dice = random.Random(7)
    with bench(kind) as made:
        receiver = made.receiver(fail_every=10)
        for number in range(ENDPOINTS):
            made.endpoint(f"/hook/{number}", [f"bench.t{number}"])
        workers = [made.worker(), made.worker()]
        made.emit(EVENTS, ENDPOINTS)
        kills = 0
        while made.open_deliveries() > EVENTS * 0.1 and kills < 20:
            time.sleep(dice.uniform(0.3, 1.5))
            if dice.random() < 0.3:
                receiver.kill()
                receiver.wait()
                receiver = made.receiver(fail_every=10)
            else:
                at = dice.randrange(2)
                workers[at].kill()
                workers[at].wait()
                workers[at] = made.worker()
            kills += 1
        for worker in workers:
            worker.kill()
            worker.wait()
        killed_at = time.monotonic()
        stranded = _leased(made)
        made.worker()
        while _still(made, stranded):
            time.sleep(0.1)
        recovery = time.monotonic() - killed_at
        while made.open_deliveries():
            time.sleep(0.2)
        return _account(kind, made, kills, recovery)


def _leased(made: Bench) -> list[tuple[int, int]]:
    with made.database.system(actor="system:bench", read_only=True) as session:
        rows = session.execute(select(Delivery.id, Delivery.attempts).where(Delivery.leased_by.is_not(None)))
        return [(row[0], row[1]) for row in rows]


def _still(made: Bench, stranded: list[tuple[int, int]]) -> bool:
    """Whether one of these is still at the attempt that was killed."""
    with made.database.system(actor="system:bench", read_only=True) as session:
        rows = session.execute(select(Delivery.id, Delivery.attempts).where(Delivery.leased_by.is_not(None)))
        return bool({(row[0], row[1]) for row in rows} & set(stranded))


def _account(kind: str, made: Bench, kills: int, recovery: float) -> list[list[Any]]:
    with made.database.system(actor="system:bench", read_only=True) as session:
        emitted = dict(session.execute(select(Event.public_id, Event.sequence)).all())
        attempts = session.scalar(select(func.count(Attempt.id)))
        dead = session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "dead"))
    times = Counter(line[1] for line in made.received())
    lost, forged = set(emitted) - set(times), set(times) - set(emitted)
    gapless = sorted(emitted.values()) == list(range(1, len(emitted) + 1))
    return [
        [kind, f"events with {kills} kills and a tenth of the calls failing", len(emitted), ""],
        [kind, "lost / forged / dead", f"{len(lost)} / {len(forged)} / {dead}", "0 / 0 / 0"],
        [kind, "arrived more than once (at least once is promised)", sum(n > 1 for n in times.values()), ""],
        [kind, "attempts logged", attempts, ""],
        [kind, "numbers of the store without a gap", "yes" if gapless else "no", "yes"],
        [kind, f"s until all that killed workers held was taken up (lease {LEASE:g} s)", round(recovery, 1),
         f"<= {LEASE + 5:g}"],
    ]  # fmt: skip


def run() -> Table:
    """On SQLite, and on PostgreSQL where there is one."""
    table = Table("Webhooks", ["database", "what", "measured", "target"])
    for kind in ("sqlite", "postgresql") if postgres_server() else ("sqlite",):
        table.add(*throughput(kind))
        for row in (*idle(kind), *killed(kind)):
            table.add(*row)
    table.note(f"{EVENTS} events with kills (STOREWARDEN_BENCH_EVENTS); receiver and workers on the same machine.")
    return table
