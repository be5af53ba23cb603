"""Pages of a large model on PostgreSQL: lists, searches, counts and what is due, with the plans of their queries.

Products, SKUs and orders are made inside the database, spread over stores of 3,000 products, each of a tenant of its
own (STOREWARDEN_BENCH_PER_STORE says otherwise). The queries are those that the routes send; each is asked as the
tenant's own role, under row-level security.
"""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, event, select
from sqlalchemy.orm import Session

from store_model.accounts import LegalEntity, Store
from store_model.batches import insert_rows
from store_model.bulk import refresh_statistics
from store_model.db import Database, open_database
from store_model.deadlines import summary
from store_model.product_queries import counts_by_status, search_groups, search_sku, search_words
from store_model.products import Product, folded
from store_model.tenancy import Scope
from tests.benchmarks.table import Table
from tests.databases import Databases, postgres_server

PRODUCTS = int(os.environ.get("STOREWARDEN_BENCH_PRODUCTS", "40000"))
PER_STORE = int(os.environ.get("STOREWARDEN_BENCH_PER_STORE", "3000"))
"""The products of one store: what a standard plan of the platform allows."""
STORES = max(20, PRODUCTS // PER_STORE)
ASKED = 200
WORDS = [
    "dress", "cotton", "summer", "women", "casual", "long", "sleeve", "phone", "case", "silicone", "cover", "wireless",
    "charger", "bottle", "steel", "kitchen", "knife", "bag", "leather", "shoes", "running", "men", "watch", "strap",
    "lamp", "garden", "light", "kids", "toy", "puzzle", "wooden",
]  # fmt: skip
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROW = {
    "status": "onSelling", "sku_count": 0, "stock_total": 0, "digest": "", "open_findings": 0, "blocking_findings": 0,
    "version": 1, "created_at": NOW, "updated_at": NOW,
}  # fmt: skip
FILL = """
INSERT INTO product (entity_id, store_id, platform_id, status, offline_reason, title, title_folded, category_id,
  price_min, price_max, currency, sku_count, stock_total, digest, open_findings, blocking_findings, version, created_at,
  updated_at)
SELECT e.id, s.id, (1005000000000000 + n)::text, st, CASE WHEN st = 'offline' THEN 'user_offline' END, t, lower(t),
  (200000 + n %% 300)::text, 1 + n %% 90, 2 + n %% 90, 'USD', 2, n %% 500, md5(n::text),
  CASE WHEN (n / %(stores)s) %% 10 = 0 THEN 2 ELSE 0 END, 0, 1, now(), now()
FROM (SELECT id, entity_id, row_number() OVER (ORDER BY id) - 1 AS place FROM store) AS s
JOIN legal_entity e ON e.id = s.entity_id
JOIN generate_series(0::bigint, %(products)s - 1) AS n ON n %% %(stores)s = s.place
CROSS JOIN LATERAL (
  SELECT (ARRAY['onSelling','onSelling','onSelling','offline','draft'])[(1 + (n / %(stores)s) %% 5)::int] AS st,
  (SELECT string_agg((%(words)s::text[])[1 + (hashtext(n::text || k::text) & 2147483647) %% %(number)s], ' ')
   FROM generate_series(1, 8) AS k) || ' model ' || to_hex(n * 7919) AS t
) AS x
"""
SKUS = """
INSERT INTO sku (entity_id, store_id, product_id, position, code, price, stock)
SELECT entity_id, store_id, id, k, 'SKU-' || id || '-' || k, price_min + k, 10 FROM product, generate_series(0, 1) AS k
"""
ORDERS = """
INSERT INTO "order" (entity_id, store_id, platform_id, state, ship_by, digest, version, created_at, updated_at)
SELECT entity_id, store_id, (8000000000000000 + id)::text,
  (ARRAY['WAIT_SELLER_SEND_GOODS','WAIT_BUYER_ACCEPT_GOODS','FINISH','FINISH'])[1 + id % 4],
  CASE WHEN id % 4 = 0 THEN timestamptz '2026-11-23 12:00:00Z' + (id % 200 - 60) * interval '1 hour' END,
  '', 1, now(), now()
FROM product WHERE id % 4 < 4 AND id % 5 = 0
"""


def pages(made: Databases) -> list[Table]:
    """The times of pages, and the plans of their queries."""
    title = f"Pages of {PRODUCTS:,} products in {STORES} stores on PostgreSQL, warm, milliseconds"
    table = Table(title, ["", "p50", "p99", "rows"])
    plans = Table("The plans of these queries", [""])
    if postgres_server() is None:
        table.note("Not measured: no PostgreSQL server answered.")
        return [table]
    database = open_database(made.url("postgresql"))
    scopes = fill(database)
    for name, ask in QUERIES.items():
        times, rows = timed(database, scopes, ask)
        table.add(name, round(statistics.median(times), 2), round(times[int(len(times) * 0.99)], 2), rows)
        for line in plan(database, scopes[0], ask):
            plans.add(f"{name}: {line}")
    table.note("Target: each p99 below 50 ms. Row-level security is in force, as for every tenant.")
    database.close()
    return [table, plans]


def searches(made: Databases) -> Table:
    """The searches by words in one store of all the products, on each kind of database."""
    table = Table(
        f"Searching the titles of one store of {PRODUCTS:,} products, milliseconds", ["", "p50", "p99", "rows"]
    )
    for kind in ("sqlite", "postgresql"):
        if kind == "postgresql" and postgres_server() is None:
            table.note("PostgreSQL was not measured: no server answered.")
            continue
        database = open_database(made.url(kind))
        owner = _one_store(database)
        for name in ("search, two common words", "search, a rare word", "search, no such word"):
            times, rows = timed(database, [owner], QUERIES[name])
            table.add(
                f"{kind}, {name}", round(statistics.median(times), 2), round(times[int(len(times) * 0.99)], 2), rows
            )
        database.close()
    return table


def _one_store(database: Database) -> tuple[Scope, int]:
    """A store with all the products, their titles of eight words and a model."""
    rng = random.Random(2)
    with database.system(actor="bench") as session:
        entity = LegalEntity(name="Tenant")
        session.add(entity)
        session.flush()
        store = Store(entity_id=entity.id, platform="market", name="Store")
        session.add(store)
        session.flush()
        owner = Scope(entity.id, frozenset({store.id}), "bench"), store.id
    for start in range(0, PRODUCTS, 5000):
        titles = [
            f"{' '.join(rng.choices(WORDS, k=8))} model {number * 7919:x}"
            for number in range(start, min(start + 5000, PRODUCTS))
        ]
        with database.scoped(owner[0]) as session:
            insert_rows(session, Product, [{**ROW, "title": title, "title_folded": folded(title)} for title in titles])
    refresh_statistics(database, "products")
    return owner


def fill(database: Database) -> list[tuple[Scope, int]]:
    """The model; a scope and store for each tenant."""
    scopes = []
    with database.system(actor="bench") as session:
        for number in range(STORES):
            entity = LegalEntity(name=f"Tenant {number}")
            session.add(entity)
            session.flush()
            store = Store(entity_id=entity.id, platform="market", name=f"Store {number}")
            session.add(store)
            session.flush()
            scopes.append((Scope(entity.id, frozenset({store.id}), "bench"), store.id))
    with database.system(actor="bench") as session:
        raw: Any = session.connection().connection.driver_connection
        raw.execute(FILL, {"words": WORDS, "number": len(WORDS), "products": PRODUCTS, "stores": STORES})
        raw.execute(SKUS)
        raw.execute(ORDERS)
    connection = database.engine.raw_connection()
    connection.driver_connection.autocommit = True  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.driver_connection.autocommit = False  # type: ignore[union-attr]
    connection.close()
    return scopes


Ask = Callable[[Session, int, random.Random], int]


def listed(make: Callable[[Select[Any], random.Random], Select[Any]]) -> Ask:
    """One page of fifty, newest first."""

    def ask(session: Session, store_id: int, rng: random.Random) -> int:
        live = select(Product).where(Product.status.not_in(("deleted", "service_delete")))
        statement = make(live, rng).order_by(Product.id.desc()).limit(51)
        return len(session.scalars(statement).all())

    return ask


def _rare(statement: Select[Any], rng: random.Random) -> Select[Any]:
    return search_words(statement, f"model {rng.randrange(PRODUCTS) * 7919:x}")


QUERIES: dict[str, Ask] = {
    "list, newest": listed(lambda statement, rng: statement),
    "list, deep page": listed(lambda statement, rng: statement.where(Product.id < PRODUCTS // 2)),
    "list, on sale": listed(lambda statement, rng: statement.where(Product.status == "onSelling")),
    "list, with findings": listed(lambda statement, rng: statement.where(Product.open_findings > 0)),
    "search, two common words": listed(lambda statement, rng: search_words(statement, " ".join(rng.sample(WORDS, 2)))),
    "search, a rare word": listed(_rare),
    "search, no such word": listed(lambda statement, rng: search_words(statement, "zyzzyva")),
    "search, category and price": listed(
        lambda statement, rng: statement.where(
            Product.category_id == str(200000 + rng.randrange(300)), Product.price_max >= 40
        )
    ),
    "search, SKU code": listed(lambda statement, rng: search_sku(statement, f"SKU-{rng.randrange(PRODUCTS)}-1")),
    "search, platform id": listed(
        lambda statement, rng: statement.where(Product.platform_id == str(1005000000000000 + rng.randrange(PRODUCTS)))
    ),
    "search, group": listed(lambda statement, rng: search_groups(statement, 1)),
    "home: products by status": lambda session, store_id, rng: counts_by_status(session, store_id)["all"],
    "home: orders and deadlines": lambda session, store_id, rng: sum(
        summary(session, store_id, now=NOW, zone=ZoneInfo("America/Los_Angeles"))["orders"].values()
    ),
}


def timed(database: Database, scopes: list[tuple[Scope, int]], ask: Ask) -> tuple[list[float], int]:
    """Sorted milliseconds of many askings by tenants in turn, after a warm one each; rows of the last."""
    rng = random.Random(1)
    times: list[float] = []
    rows = 0
    for number in range(ASKED + len(scopes)):
        scope, store_id = scopes[number % len(scopes)]
        begun = perf_counter()
        with database.scoped(scope, read_only=True) as session:
            rows = ask(session, store_id, rng)
        if number >= len(scopes):
            times.append((perf_counter() - begun) * 1000)
    return sorted(times), rows


def plan(database: Database, owner: tuple[Scope, int], ask: Ask) -> list[str]:
    """What PostgreSQL does for the first statement of a page: the lines that say how rows are found."""
    sent: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.startswith("SELECT") and "set_config" not in statement:
            sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.scoped(owner[0], read_only=True) as session:
            ask(session, owner[1], random.Random(1))
            raw: Any = session.connection().connection.driver_connection
            lines = [row[0] for row in raw.execute("EXPLAIN " + sent[0][0], sent[0][1])]
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    marks = ("Scan", "Sort", "Aggregate", "Index Cond")
    return [" ".join(line.split())[:150] for line in lines if any(mark in line for mark in marks)]
