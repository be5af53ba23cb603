"""The penalty ledger: any balance, the nightly forecast of all stores, and notices a second on PostgreSQL.

`STOREWARDEN_BENCH_STORES` stores (10,000) with 100 cases each, in memory and stored; 50 histories are repeated.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

import rules
from engine import load_pack
from engine.ledger import Ledger, Notice, Regime
from engine.ledger.book import next_node
from engine.ledger.booking import Entry
from engine.ledger.chain import Chain, all_changes
from engine.ledger.engines import DurableEngine, RuleEngine, Twin, best_engine
from engine.ledger.forecast import forecast
from store_model.accounts import LegalEntity, Store
from store_model.bulk import Place
from store_model.db import Database
from store_model.penalty_book import PenaltyBook
from store_model.penalty_forecasts import forecast_stores
from store_model.tenancy import Scope
from store_model.violations import LedgerEntry, PlatformNotice
from tests.benchmarks.table import Table
from tests.databases import Databases, postgres_server

STORES = int(os.environ.get("STOREWARDEN_BENCH_STORES", "10000"))
ENTRIES = 100
NOW = datetime(2027, 9, 1, tzinfo=UTC)
PATTERNS = 50


def notices_of(regime: Regime, seed: int, count: int = ENTRIES) -> list[Notice]:
    """A store's notices over two years, so that about half of its entries have lapsed by NOW."""
    chance = random.Random(seed)
    offences = [rule for rule in regime.offences.values() if rule.ladder != "LAD102"]
    notices = []
    for number in range(count):
        rule = chance.choice(offences)
        at = NOW - timedelta(minutes=chance.randrange(1, 430 * 1440))
        grade = rule.grades[0].id if rule.grades else None
        notices.append(Notice(case=f"C{seed}-{number}", at=at, known=at, offence=rule.id, grade=grade))
    return sorted(notices, key=lambda notice: notice.at)


def run() -> list[Table]:
    """The three measurements of the issue."""
    regime = load_pack(rules.path("aliexpress")).regime
    return [in_memory(regime), chained(regime), *stored()]


def in_memory(regime: Regime) -> Table:
    """Booking, balance and forecast of stores whose entries are at hand."""
    books = [Ledger(regime, notices_of(regime, seed)).entries for seed in range(PATTERNS)]
    table = Table(f"{STORES} stores × {ENTRIES} entries, one core", ["what", "p50 ms", "p99 ms", "all stores s"])
    notices = [notices_of(regime, seed) for seed in range(PATTERNS)]
    table.add("book 100 notices anew", *_times(lambda n: Ledger(regime, notices[n % PATTERNS]), 200))
    chance = random.Random(1)
    moments = [NOW - timedelta(hours=chance.randrange(20_000)) for _ in range(997)]
    table.add("any balance, all pools", *_times(lambda n: _balances(regime, books[n % PATTERNS], moments[n % 997])))
    table.add("forecast", *_times(lambda n: forecast(Ledger.of_entries(regime, books[n % PATTERNS]), NOW)))
    table.note("Targets: any balance below 5 ms; the nightly forecast of all stores on one core below 60 s.")
    return table


def _balances(regime: Regime, entries: tuple[Entry, ...], as_of: datetime) -> None:
    for pool in Ledger.of_entries(regime, entries).pools.values():
        pool.balance(as_of), pool.step(as_of), next_node(pool, as_of)


def _times(job: Callable[[int], object], count: int = STORES) -> tuple[float, float, float | None]:
    times = []
    for number in range(count):
        start = time.perf_counter()
        job(number)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    total = round(sum(times) / 1000, 1) if count == STORES else None
    return round(statistics.median(times), 3), round(times[int(len(times) * 0.99)], 3), total


def chained(regime: Regime) -> Table:
    """What the network costs for one change, by each engine."""
    table = Table("One new notice through the rule network", ["engine", "µs"])
    notices = notices_of(regime, 1)
    before, after = Ledger(regime, notices[:-1]), Ledger(regime, notices)
    changes = all_changes(after, before)
    new = [entry for entry in after.entries if entry not in set(before.entries)]
    engines: list[RuleEngine] = [Twin(), *([engine] if isinstance(engine := best_engine(), DurableEngine) else [])]
    for one in engines:
        chain = Chain(regime, one)
        chain.react(after, new, changes)
        start = time.perf_counter()
        for _ in range(300):
            chain.react(after, new, changes)
        table.add(type(one).__name__, round((time.perf_counter() - start) / 300 * 1e6))
        if isinstance(one, DurableEngine):
            one.close()
    return table


def stored() -> Iterator[Table]:
    """Notices a second, everything in the transaction, and balances read back, on each database there is."""
    pack = load_pack(rules.path("aliexpress"))
    intake = Table("Notices a second", ["database", "clients", "a transaction", "notices/s", "CPU ms each"])
    reading = Table("A balance read back, of any store", ["database", "stores", "p50 ms", "p99 ms"])
    nightly = Table("The nightly forecast from the database", ["database", "stores", "night", "s", "CPU s"])
    with TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            for kind in ("sqlite", "postgresql") if postgres_server() else ("sqlite",):
                for each in (1, 5, 20, 100):
                    engine = best_engine()
                    with _shops(databases.opened(kind), 10) as (database, places):
                        book = PenaltyBook(pack.regime, Chain(pack.regime, engine), pack.digest)
                        intake.add(kind, 1, each, *_ingest(database, book, places, each))
                    if isinstance(engine, DurableEngine):
                        engine.close()
                for clients in (2, 4) if kind == "postgresql" else ():
                    with _shops(databases.opened(kind), 4 * clients) as (database, places):
                        intake.add(kind, f"{clients} processes", 1, _at_once(database, places, clients), "")
                with _shops(databases.opened(kind), STORES) as (database, places):
                    book = PenaltyBook(pack.regime, Chain(pack.regime, Twin()), pack.digest)
                    take_in(database, book, places[:PATTERNS], ENTRIES)
                    _repeat(database, places[0].store_id)
                    reading.add(kind, STORES, *_read(database, book, places))
                    for night in ("first", "second"):
                        nightly.add(kind, STORES, night, *_night(database, book, night == "second"))
        finally:
            databases.close()
    intake.note("Target: 300 notices a second on PostgreSQL with everything in the transaction.")
    nightly.note("Target: below 60 s. In the first night every step ahead is told, later what is new.")
    yield intake
    yield reading
    yield nightly


def _repeat(database: Database, first: int) -> None:
    """Give every further store the record of one of the first `PATTERNS`."""
    with database.system(actor="system:bench") as session:
        for cls in (LedgerEntry, PlatformNotice):
            own = [
                column.name for column in cls.__table__.columns if column.name not in ("id", "entity_id", "store_id")
            ]
            names, copied = ", ".join(f'"{name}"' for name in own), ", ".join(f'e."{name}"' for name in own)
            session.execute(
                text(
                    f"INSERT INTO {cls.__tablename__} (entity_id, store_id, {names}) "
                    f"SELECT s.entity_id, s.id, {copied} FROM store s JOIN {cls.__tablename__} e "
                    f"ON e.store_id = {first} + (s.id - {first}) % {PATTERNS} WHERE s.id >= {first + PATTERNS}"
                )
            )


def _night(database: Database, book: PenaltyBook, is_second: bool) -> tuple[float, float]:
    """Seconds, and CPU seconds of this process, of the sweep that forecasts every store."""
    now, more = NOW + timedelta(days=1 + is_second), True
    start, used = time.perf_counter(), time.process_time()
    while more:
        with database.system(actor="system:bench") as session:
            more = forecast_stores(
                session, lambda *_: book, platforms=["aliexpress"], since=now - timedelta(hours=1), now=now
            )
    return round(time.perf_counter() - start, 1), round(time.process_time() - used, 1)


@contextmanager
def _shops(database: Database, count: int) -> Iterator[tuple[Database, list[Place]]]:
    with database.system(actor="system:bench") as session:
        entity = LegalEntity(name="Bench Ltd")
        session.add(entity)
        session.flush()
        stores = [Store(entity_id=entity.id, platform="aliexpress", name=f"Store {n}") for n in range(count)]
        session.add_all(stores)
        session.flush()
        places = [Place(entity.id, store.id) for store in stores]
    yield database, places
    database.close()


def _ingest(database: Database, book: PenaltyBook, places: list[Place], each: int) -> tuple[int, float]:
    """Notices a second, and CPU ms of this process for each. A store gets 100, so many a transaction, in turns."""
    start, used = time.perf_counter(), time.process_time()
    take_in(database, book, places, each)
    count = len(places) * ENTRIES
    seconds, used = time.perf_counter() - start, time.process_time() - used
    return round(count / seconds), round(used / count * 1000, 2)


def take_in(
    database: Database, book: PenaltyBook, places: list[Place], each: int, *, first: int = 0, until: int = ENTRIES
) -> None:
    """The notices of each store from one number to another, so many a transaction, the stores in turns."""
    queues = [notices_of(book.regime, place.store_id) for place in places]
    for begin in range(first, until, each):
        for place, queue in zip(places, queues, strict=True):
            scope = Scope(place.entity_id, frozenset({place.store_id}), "system:bench")
            with database.scoped(scope) as session:
                book.receive(session, place, queue[begin : begin + each], now=NOW + timedelta(seconds=begin))


def _at_once(database: Database, places: list[Place], clients: int) -> int:
    """Notices a second, each with its own commit, of so many processes with stores of their own."""
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.benchmarks.ledger_client", url, str(places[0].entity_id)]
    parts = [[str(place.store_id) for place in places[number::clients]] for number in range(clients)]
    running = [
        subprocess.Popen([*command, *part], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for part in parts
    ]
    pipes = [(one.stdin, one.stdout) for one in running]
    for _, said in pipes:
        assert said is not None
        said.readline()
    start = time.perf_counter()
    for go, _ in pipes:
        assert go is not None
        go.write("\n")
        go.flush()
    count = sum(int(said.readline()) for _, said in pipes if said is not None)
    rate = round(count / (time.perf_counter() - start))
    for one in running:
        one.communicate()
    return rate


def _read(database: Database, book: PenaltyBook, places: list[Place]) -> tuple[float, float]:
    chance = random.Random(3)

    def one(number: int) -> None:
        place = chance.choice(places)
        scope = Scope(place.entity_id, frozenset({place.store_id}), "system:bench")
        with database.scoped(scope, read_only=True) as session:
            book.stored(session, place).standing(NOW - timedelta(days=number % 400)).to_dict()

    _times(one, 100)
    return _times(one, 1000)[:2]
