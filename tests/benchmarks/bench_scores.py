"""All indicators and scores of many stores for one day, from Parquet; one store of them; a day's update.

STOREWARDEN_SCORE_ORDERS and STOREWARDEN_SCORE_STORES set the size: 10000000 and 10000 are the full one.
"""

from __future__ import annotations

import os
import resource
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

import duckdb

import rules
from api.scoring.desk import Desk
from api.scoring.everyone import Everyone
from api.scoring.rules import PerformanceRules
from api.services.backoffice import load_backoffice
from engine import load_pack
from engine.scoring import days
from store_model.performance import files
from store_model.performance.daily import Change, Daily
from tests.benchmarks.score_data import write
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
MEMORY = "1GB"


def run() -> Table:
    """One row a step."""
    orders = int(os.environ.get("STOREWARDEN_SCORE_ORDERS", "200000"))
    stores = int(os.environ.get("STOREWARDEN_SCORE_STORES", str(max(100, orders // 1000))))
    table = Table(f"Scores of {stores:,} stores with {orders:,} orders, one day", ["step", "seconds", "what"])
    pack = load_pack(rules.path("aliexpress"))
    found = PerformanceRules(pack, load_backoffice(pack.path))
    limits, today = found.limits(AS_OF), days.number(AS_OF)
    now = days.start(today + 1, "UTC")
    force = found.on(AS_OF)
    lengths = {name: terms.windows for name, terms in force.terms.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "rows", orders=orders, stores=stores)
        origin = files.Store(files.find(folder / "rows"), limits, now=now, memory=MEMORY, folder=name)
        begin = perf_counter()
        everyone = Everyone(found, origin, AS_OF)
        counted = len(everyone.windows)
        table.add("count", f"{perf_counter() - begin:.1f}", f"{len(force.terms)} indicators of {counted:,} stores")
        begin = perf_counter()
        judged = sum(len(one.scores) for one in everyone.stores())
        table.add("judge", f"{perf_counter() - begin:.1f}", f"{judged:,} scores with intervals and waterfalls")
        begin = perf_counter()
        table.add("averages", f"{perf_counter() - begin:.1f}", f"{len(everyone.averages())} industries")
        begin = perf_counter()
        Desk(found, origin, "7", AS_OF).judgements  # noqa: B018  worked out when asked for
        table.add(
            "one store from all the files",
            f"{perf_counter() - begin:.2f}",
            "a scan of the files; the database has an index",
        )
        begin = perf_counter()
        daily = Daily(folder / "daily", force.countings.values(), since=today - 200, until=today, now=now)
        daily.build(origin)
        table.add("keep daily counts", f"{perf_counter() - begin:.1f}", "of every day and store")
        (folder / "news").mkdir()
        source = folder / "rows" / "orders.parquet"
        duckdb.connect().execute(
            f"COPY (SELECT * REPLACE (paid_at + INTERVAL 1 DAY AS sent_at) FROM '{source}' "
            f"WHERE hash(order_id) % 180 = 0) TO '{folder / 'news' / 'orders.parquet'}'"
        )
        begin = perf_counter()
        Change(origin.files, files.find(folder / "news"), limits, now=now, memory=MEMORY).apply(daily)
        table.add("a day's update", f"{perf_counter() - begin:.1f}", f"{orders // 180:,} changed orders")
        begin = perf_counter()
        daily.windows(origin, as_of=today, lengths=lengths)
        table.add("windows from the kept counts", f"{perf_counter() - begin:.1f}", "all stores")
        origin.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    table.note(f"Counting may use {MEMORY}; the process's peak was {peak:,} MB. Two threads.")
    return table
