"""The store model under load: recorded pre-checks, bulk findings, imports, and pages of a large model.

    python -m tests.benchmarks store
    STOREWARDEN_BENCH_PRODUCTS=1000000 python -m tests.benchmarks store

The size of the model is small unless STOREWARDEN_BENCH_PRODUCTS says otherwise. PostgreSQL is measured where one is
reachable (see tests/databases.py). Every database is made for the measurement and dropped afterwards.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from store_model.db import Database, open_database
from store_model.tenancy import Scope
from tests.benchmarks.bench_http import ROOT, cpu_seconds, free_port, in_a_process, wait_until_up
from tests.benchmarks.listings import listing
from tests.benchmarks.store_pages import pages, searches
from tests.benchmarks.table import Table
from tests.databases import Databases, postgres_server

KINDS = ("sqlite", "postgresql")
CONNECTIONS = 32
SECONDS = 4.0
DRAFTS = 64
FINDINGS = 100_000
IMPORTED = int(os.environ.get("STOREWARDEN_BENCH_IMPORTED", "20000"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def run() -> list[Table]:
    """All of it."""
    with databases() as made:
        return [recorded(made), bulk(made), importing(made), *pages(made), searches(made)]


@contextmanager
def databases() -> Iterator[Databases]:
    """Databases of this measurement alone."""
    with tempfile.TemporaryDirectory() as folder:
        made = Databases(Path(folder))
        try:
            yield made
        finally:
            made.close()


def kinds() -> list[str]:
    """The databases that can be measured here."""
    return [kind for kind in KINDS if kind == "sqlite" or postgres_server() is not None]


def environment(url: str) -> dict[str, str]:
    """The environment of a process on this database; the sizes of measurements are no settings of the service."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("STOREWARDEN_BENCH_")}
    return {**own, "STOREWARDEN_DATABASE_URL": url}


@dataclass(frozen=True)
class Shop:
    """A store with the drafts of the load as its products."""

    scope: Scope
    store_id: int


def shop(database: Database, products: int = DRAFTS) -> Shop:
    """A new tenant with one store and so many products."""
    from engine import Listing  # noqa: F401 - loads the facts before they are read
    from engine.intake import one_listing
    from store_model import bulk as rows
    from store_model.accounts import LegalEntity, Store

    with database.system(actor="bench") as session:
        entity = LegalEntity(name="Bench Ltd")
        session.add(entity)
        session.flush()
        store = Store(entity_id=entity.id, platform="market", name="Bench")
        session.add(store)
        session.flush()
        found = Shop(Scope(entity.id, frozenset({store.id}), "bench"), store.id)
    if products:
        with database.scoped(found.scope) as session:
            listings = [one_listing(listing(number)) for number in range(products)]
            place = rows.Place(found.scope.entity_id, found.store_id)
            rows.upsert_products(session, place, listings, status="draft", now=NOW)
    return found


# Recorded pre-checks ---------------------------------------------------------------------------------------------


def recorded(made: Databases) -> Table:
    """Requests a second, each answered after the commit that keeps it."""
    table = Table(
        f"Recorded pre-checks: {CONNECTIONS} connections, answered after the commit",
        ["", "workers", "requests/s", "p50 ms", "p99 ms", "CPU µs", "not 200", "kept of answered"],
    )
    for kind, workers in (("sqlite", 1), ("postgresql", 2)):
        if kind in kinds():
            for name, row in _recorded(made.url(kind), workers).items():
                table.add(f"{kind}, {name}", workers, *row)
    table.note("Targets: PostgreSQL with two workers 2,000 requests/s, SQLite through one writer 1,200.")
    table.note(f"The load generator and the database share the cores; load average {os.getloadavg()[0]:.1f}.")
    return table


def _recorded(url: str, workers: int) -> dict[str, list[Any]]:
    """The recorded pre-check, and in the same minute the one that is not recorded: the machine's mood meets both."""
    from store_model.access import create_key

    database = open_database(url)
    owner = shop(database)
    with database.transaction() as session:
        key, _ = create_key(
            session,
            name="bench",
            now=datetime.now(UTC),
            scopes=["products:write", "prechecks"],
            entity_id=owner.scope.entity_id,
            store_ids=[owner.store_id],
        )
    paths = {
        "not recorded": "/v1/prechecks?fixes=false",
        "recorded": f"/v1/stores/{owner.store_id}/prechecks?fixes=false",
    }
    rows = {}
    with served(url, workers) as (port, process):
        for name, path in paths.items():
            in_a_process("load", port, path, key, "--seconds", 1.5, "--connections", CONNECTIONS)
            before, kept = _cpu(process), _count(database, owner)
            found = in_a_process("load", port, path, key, "--seconds", SECONDS, "--connections", CONNECTIONS)
            cpu = (_cpu(process) - before) / found["requests"] * 1e6
            share = (_count(database, owner) - kept) / found["requests"]
            times = [round(found[field], 1) for field in ("p50_ms", "p99_ms")]
            rows[name] = [round(found["rps"]), *times, round(cpu), found["bad"], round(share, 4)]
    database.close()
    return rows


def _count(database: Database, owner: Shop) -> int:
    from sqlalchemy import func, select

    from store_model.findings import Precheck

    with database.scoped(owner.scope, read_only=True) as session:
        return session.scalar(select(func.count(Precheck.id))) or 0


def _cpu(process: int) -> float:
    children = subprocess.run(["pgrep", "-P", str(process)], stdout=subprocess.PIPE, check=False).stdout.split()
    return sum(cpu_seconds(int(one)) for one in [process, *children])


@contextmanager
def served(url: str, workers: int) -> Iterator[tuple[int, int]]:
    """The real service on a port: (port, process id)."""
    port = free_port()
    environ = {
        **environment(url),
        "STOREWARDEN_REQUIRE_KEYS": "always",
        "STOREWARDEN_RATE_LIMIT": "100000000/minute",
        "STOREWARDEN_WORKERS": str(workers),
    }
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", str(port)]
    with tempfile.NamedTemporaryFile() as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environ)
        try:
            wait_until_up(port, server, Path(log.name))
            yield port, server.pid
        finally:
            server.terminate()
            server.wait(20)


# Findings in bulk ------------------------------------------------------------------------------------------------


def bulk(made: Databases) -> Table:
    """Rows a second into `finding`, from one writer and from two, when all are new and when all are known."""
    table = Table(
        f"{FINDINGS:,} findings in bulk, batches of 10,000, rows a second",
        ["", "1 writer, new", "1 writer, known", "2 writers, new"],
    )
    for kind in kinds():
        database = open_database(made.url(kind))
        owner = shop(database, 0)
        new, known = _load(database, owner, 0, 1), _load(database, owner, 0, 1)
        two = _load(database, owner, 1, 2) if kind == "postgresql" else None
        table.add(kind, round(new), round(known), None if two is None else round(two))
        database.close()
    table.note(
        "Target: 60,000 rows a second on PostgreSQL. Tenant checked by policy, store by foreign key, row by row."
    )
    return table


def _load(database: Database, owner: Shop, series: int, writers: int) -> float:
    from store_model.findings_load import FindingRow, load_findings

    message = json.dumps({"en": "The title uses mp3 3 times; use it at most 2 times.", "zh": "标题中 mp3 出现 3 次。"})
    detail = json.dumps({"locations": [{"pointer": "/title", "start": 0, "end": 3, "text": "mp3"}]})
    rows = [
        FindingRow(
            f"f1:{series:04d}{number:020d}", "LST104", 1, "TITLE_STACKING", "warning", "warn", "listing",
            str(1005000000000000 + number), None, message, detail,
        )
        for number in range(FINDINGS)
    ]  # fmt: skip
    parts = [rows[start : start + 10_000] for start in range(0, FINDINGS, 10_000)]

    def work(own: list[list[FindingRow]]) -> None:
        for part in own:
            with database.scoped(owner.scope) as session:
                load_findings(session, owner.store_id, part, now=NOW)

    threads = [threading.Thread(target=work, args=(parts[index::writers],)) for index in range(writers)]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return FINDINGS / (perf_counter() - begun)


# Imports ---------------------------------------------------------------------------------------------------------


def importing(made: Databases) -> Table:
    """A catalogue from NDJSON and orders from a table, in a process of their own: how fast, how much memory at most."""
    table = Table(
        "Importing products of 2.4 KB from gzipped NDJSON, and orders from CSV",
        ["", "records", "records/s", "again/s", "peak MB"],
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds():
            for what, make in (("products", _catalogue), ("orders", _orders)):
                for number in (IMPORTED // 10, IMPORTED):
                    file = make(Path(folder), number)
                    table.add(f"{kind}, {what}", number, *_imported(made.url(kind), file, number))
    table.note("Memory is that of the whole process; NDJSON must not make it grow, a table stands in it as a whole.")
    return table


def _catalogue(folder: Path, number: int) -> Path:
    file = folder / f"{number}.ndjson.gz"
    if not file.exists():
        with gzip.open(file, "wt", compresslevel=1) as out:
            for index in range(number):
                out.write(json.dumps(listing(index)) + "\n")
    return file


def _orders(folder: Path, number: int) -> Path:
    """Orders in three states, the shipped ones with a parcel, the others with two lines."""
    file = folder / f"orders-{number}.csv"
    if not file.exists():
        lines = ["订单号,订单状态,付款时间,发货时间,订单金额,商品ID,商品名称,商家编码,数量,单价,运单号"]
        for index in range(number):
            order, product = 8190000000000000 + index, 1005000000000000 + index % 5000
            line = f"{product},Cotton bath towel,TW-{index % 700},{1 + index % 3},${index % 40}.00"
            state, sent, parcel = (
                ("等待您发货", "", "") if index % 3 == 0 else ("已发货", "2026-10-02 11:00:00", f"LP{order}")
            )
            lines.append(f"{order},{state},2026-10-01 11:00:00,{sent},US ${index % 90}.50,{line},{parcel}")
            if index % 3 == 0:
                lines.append(f",,,,,{product},Hat,H{index % 9},1,$2.00,")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _imported(url: str, file: Path, number: int) -> list[Any]:
    database = open_database(url)
    owner = shop(database, 0)
    database.close()
    found = []
    for _ in range(2):
        command = [sys.executable, "-m", "tests.benchmarks.store_import", str(file), str(owner.store_id)]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, cwd=ROOT,
            env=environment(url), timeout=timedelta(hours=1).total_seconds(),
        )  # fmt: skip
        found.append(json.loads(done.stdout.splitlines()[-1]))
    assert found[0]["code"] == 0
    return [*(round(number / one["seconds"]) for one in found), round(max(one["peak_mb"] for one in found))]
