"""Webhooks: deliveries a second, time from commit to arrival, a dead endpoint beside others, leases and kills.

STOREWARDEN_BENCH_EVENTS sets the size of the run with kills (100000 for the figure of the issue), and
STOREWARDEN_BENCH_LISTENERS how many of the 50 endpoints each of its events goes to. STOREWARDEN_TEST_POSTGRES names
the server. Receiver and workers are processes of their own on the same machine.
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
import threading
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
from store_model.leases import RUNNING
from store_model.outbox import Event, News, emit, emit_many
from tests.benchmarks.table import Table
from tests.databases import Databases, postgres_server

ROOT = Path(__file__).resolve().parents[2]
EVENTS = int(os.environ.get("STOREWARDEN_BENCH_EVENTS", "5000"))
LISTENERS = int(os.environ.get("STOREWARDEN_BENCH_LISTENERS", "1"))
DELIVERIES = 20_000
ENDPOINTS = 50
LEASE = 5.0
FEW = 500


class Bench:
    """A database with one store, a receiver, and workers to be started and killed."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.database: Database = open_database(url)
        self.sealer = Sealer(Settings(data_dir=str(folder), database_url=url))
        self.log = folder / f"received-{uuid.uuid4().hex[:8]}"
        self.secret, self.kept = endpoints.new_sealed(self.sealer, "v1", self.database.now())
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

    def receiver(self, fail_every: int = 0, verify: bool = False) -> subprocess.Popen[bytes]:
        words = [str(self.port), str(fail_every), str(self.log), *([self.secret] if verify else [])]
        process = self.start("tests.benchmarks.webhook_receiver", *words)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return process
            time.sleep(0.05)

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("tests.benchmarks.webhook_worker", self.url, str(self.folder), str(LEASE))

    def endpoint(self, path: str, types: list[str] | None = None, concurrency: int = 8) -> None:
        with self.database.system(actor="system:bench") as session:
            session.add(
                Endpoint(
                    entity_id=self.place["entity_id"], url=f"http://127.0.0.1:{self.port}{path}", signature="v1",
                    secrets=[self.kept], max_concurrency=concurrency, state="enabled", event_types=types,
                )
            )  # fmt: skip

    def emit(self, count: int, kinds: int = 1, each: int = 500) -> None:
        """Events of so many kinds in turn, in transactions of some."""
        for start in range(0, count, each):
            news = [News(f"bench.t{n % kinds}", {"n": n}) for n in range(start, min(count, start + each))]
            with self.database.system(actor="system:bench") as session:
                emit_many(session, **self.place, news=news, now=self.database.now())

    def emit_one(self) -> tuple[str, int]:
        """One event: its id, and the microsecond at which it was committed."""
        with self.database.system(actor="system:bench") as session:
            told = emit(session, **self.place, type="bench.t0", data={}, now=self.database.now())
        return told.public_id, time.time_ns() // 1000

    def received(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def has_open(self, beyond: int = 0) -> bool:
        """Whether more deliveries than these are still on their way."""
        with self.database.system(actor="system:bench", read_only=True) as session:
            found = select(Delivery.id).where(Delivery.due_at.is_not(None)).offset(beyond).limit(1)
            return session.scalar(found) is not None

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


def throughput(kind: str) -> list[list[Any]]:
    """Many deliveries that are due at once, from one process; the first and the last tenth are left out."""
    with bench(kind) as made:
        made.receiver()
        for number in range(ENDPOINTS):
            made.endpoint(f"/hook/{number}", [f"bench.t{number}"])
        made.emit(DELIVERIES, ENDPOINTS)
        worker = made.worker()
        while made.has_open():
            time.sleep(0.5)
        used = sum(float(part) for part in Path(f"/proc/{worker.pid}/stat").read_text().split()[13:15])
        moments = sorted(int(line[2]) for line in made.received())
        tenth = len(moments) // 10
        middle = moments[tenth:-tenth]
        rate = len(middle) / ((middle[-1] - middle[0]) / 1e6)
        each = used / os.sysconf("SC_CLK_TCK") / DELIVERIES * 1e6
        return [
            [kind, f"deliveries/s, {len(moments)} to {ENDPOINTS} endpoints", round(rate), ">= 2,000"],
            [kind, "CPU of the worker for each, its start included, µs", round(each), ""],
        ]


def beside_dead(kind: str, seconds: float = 45.0) -> list[list[Any]]:
    """Two services side by side, one with an endpoint that never answers: events in turn, so that both see one load."""
    dice = random.Random(3)
    with bench(kind) as alone, bench(kind) as beside:
        both = (alone, beside)
        for made in both:
            made.receiver()
            made.endpoint("/hook/0")
            made.worker()
        beside.endpoint("/dead")
        told: tuple[dict[str, int], dict[str, int]] = ({}, {})
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for made, mine in zip(both, told, strict=True):
                name, committed = made.emit_one()
                mine[name] = committed
                time.sleep(dice.uniform(0.01, 0.03))
        time.sleep(1)
        (middle, late), (other, later) = (_spread(*pair) for pair in zip(both, told, strict=True))
        return [
            [kind, f"ms from commit to arrival when idle, median and p95 of {len(told[0])}",
             f"{middle:.0f}, {late:.0f}", "< 250"],
            [kind, "the same beside a dead endpoint, in turn with it",
             f"{other:.0f} ({other / middle - 1:+.0%}), {later:.0f} ({later / late - 1:+.0%})", "< +10 %"],
        ]  # fmt: skip


def _spread(made: Bench, told: dict[str, int]) -> tuple[float, float]:
    """The median and the 95th percentile in ms, the first twenty left out."""
    arrived = {line[1]: int(line[2]) for line in made.received()}
    waits = sorted((arrived[name] - committed) / 1000 for name, committed in list(told.items())[20:])
    return statistics.median(waits), waits[int(len(waits) * 0.95)]


def recovery(kind: str, times: int = 3) -> list[Any]:
    """A worker is killed in the middle of its calls while another waits: until when is all that it held taken up?"""
    found, counts = [], []
    with bench(kind) as made:
        made.receiver()
        for number in range(4):
            made.endpoint(f"/slow/{number}")
        for _ in range(times):
            worker = made.worker()
            made.emit(40)
            while len(held := _leased(made)) < 16:
                time.sleep(0.05)
            worker.kill()
            killed_at = time.monotonic()
            worker.wait()
            other = made.worker()
            while set(_leased(made)) & set(held):
                time.sleep(0.05)
            found.append(time.monotonic() - killed_at)
            counts.append(len(held))
            while made.has_open():
                time.sleep(0.2)
            other.kill()
            other.wait()
    shown = ", ".join(f"{spent:.1f}" for spent in found)
    return [kind, f"s until the {min(counts)} or more deliveries of a killed worker were taken up (lease {LEASE:g} s)",
            shown, f"<= {LEASE + 5:g}"]  # fmt: skip


def _leased(made: Bench) -> list[tuple[int, int]]:
    """What somebody holds: the deliveries, and at which attempt."""
    with made.database.system(actor="system:bench", read_only=True) as session:
        rows = session.execute(select(Delivery.id, Delivery.attempts).where(Delivery.state == RUNNING))
        return [(row[0], row[1]) for row in rows]


def killed(kind: str) -> list[list[Any]]:
    """Workers and the receiver killed at random while events are told and a tenth of the calls fail."""
    with bench(kind) as made:
        receiver = made.receiver(fail_every=10, verify=True)
        for number in range(ENDPOINTS):
            wanted = [f"bench.t{(number + step) % ENDPOINTS}" for step in range(LISTENERS)]
            made.endpoint(f"/hook/{number}", wanted)
        chaos = Chaos(made, receiver)
        chaos.start()
        start = time.monotonic()
        made.emit(EVENTS, ENDPOINTS, each=200)
        while made.has_open(beyond=FEW):
            time.sleep(1)
        chaos.stop()
        while made.has_open():
            time.sleep(0.5)
        return _account(kind, made, chaos, time.monotonic() - start)


class Chaos(threading.Thread):
    """Two workers and a receiver, one of which is killed and started anew every few seconds."""

    def __init__(self, made: Bench, receiver: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.made, self.receiver = made, receiver
        self.workers = [made.worker(), made.worker()]
        self.kills: Counter[str] = Counter()
        self._end = threading.Event()
        self._dice = random.Random(7)

    def run(self) -> None:
        while not self._end.wait(self._dice.uniform(2.0, 5.0)):
            if self._dice.random() < 0.3:
                self.receiver.kill()
                self.receiver.wait()
                self.receiver = self.made.receiver(fail_every=10, verify=True)
                self.kills["receiver"] += 1
            else:
                at = self._dice.randrange(2)
                self.workers[at].kill()
                self.workers[at].wait()
                self.workers[at] = self.made.worker()
                self.kills["worker"] += 1

    def stop(self) -> None:
        self._end.set()
        self.join()


def _account(kind: str, made: Bench, chaos: Chaos, seconds: float) -> list[list[Any]]:
    with made.database.system(actor="system:bench", read_only=True) as session:
        emitted = {row[0]: row[1] for row in session.execute(select(Event.public_id, Event.sequence))}
        attempts = session.scalar(select(func.count(Attempt.id)))
        failed = session.scalar(select(func.count(Attempt.id)).where(Attempt.outcome != "delivered"))
        dead = session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "dead"))
    wanted = {
        (str(number), name)
        for name, sequence in emitted.items()
        for number in ((sequence - 1 - step) % ENDPOINTS for step in range(LISTENERS))
    }
    lines = made.received()
    times = Counter((line[0], line[1]) for line in lines)
    forged = sum(line[3] == "forged" for line in lines) + len(set(times) - wanted)
    ordered = all(line[3] == str(emitted.get(line[1])) for line in lines)
    gapless = sorted(emitted.values()) == list(range(1, len(emitted) + 1))
    killed = f"{chaos.kills['worker']} workers, {chaos.kills['receiver']} receivers"
    return [
        [kind, f"events, each to {LISTENERS} of {ENDPOINTS} endpoints", len(emitted), ""],
        [kind, "killed with SIGKILL; seconds that it took", f"{killed}; {seconds:.0f}", ""],
        [kind, "deliveries, attempts logged, of them failed", f"{len(wanted)}, {attempts}, {failed}", ""],
        [kind, "lost / forged (by the official library) / dead", f"{len(wanted - set(times))} / {forged} / {dead}",
         "0 / 0 / 0"],
        [kind, "arrived more than once (at least once is promised)", sum(n > 1 for n in times.values()), ""],
        [kind, "order: numbers without a gap, each as it was told", "yes" if gapless and ordered else "no", "yes"],
    ]  # fmt: skip


def run() -> Table:
    """On SQLite, and on PostgreSQL where there is one."""
    table = Table("Webhooks", ["database", "what", "measured", "target"])
    for kind in ("sqlite", "postgresql") if postgres_server() else ("sqlite",):
        for row in (*throughput(kind), *beside_dead(kind), recovery(kind), *killed(kind)):
            table.add(*row)
    table.note("Receiver and workers on the same machine; a tenth of the calls fail in the run with kills.")
    return table
