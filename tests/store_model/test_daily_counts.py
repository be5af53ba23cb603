"""Daily counts brought up to date by what changed are those of counting every row anew."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import duckdb
import pytest

import rules
from api.services.backoffice import load_backoffice
from engine import load_pack
from engine.scoring import days
from store_model.performance import files
from store_model.performance.daily import Change, Daily
from tests.benchmarks.score_data import write

PACK = load_pack(rules.path("aliexpress"))
AS_OF = date(2026, 11, 23)
TODAY = days.number(AS_OF)
NOW = days.start(TODAY + 1, "UTC")
LIMITS = load_backoffice(PACK.path).limits(AS_OF)
FORCE = PACK.performance.on(AS_OF)
LENGTHS = {name: terms.windows for name, terms in FORCE.terms.items()}
KEYS = {"orders": "order_id", "disputes": "dispute_id", "shipments": "tracking_number", "evaluations": "evaluation_id"}
CHANGES = {
    "orders": "SELECT * REPLACE (placed_at + INTERVAL 9 DAY AS sent_at, finished_at - INTERVAL 3 DAY AS finished_at)",
    "disputes": "SELECT * REPLACE ('canceled_issue' AS state)",
    "shipments": "SELECT * REPLACE (declared_at + INTERVAL 8 DAY AS scanned_at)",
    "evaluations": "SELECT * REPLACE (1 AS stars, given_at - INTERVAL 40 DAY AS given_at)",
}
"""How the new version of a row differs; what is not there to be replaced stays as it is."""


@pytest.mark.parametrize("seed", range(2))
def test_an_update_by_what_changed_equals_the_full_run(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    old, news, merged = tmp_path / "old", tmp_path / "news", tmp_path / "merged"
    write(old, orders=1500, stores=4)
    news.mkdir()
    merged.mkdir()
    connection = duckdb.connect()
    for kind, select in CHANGES.items():
        source, key = (
            f"'{old}/{kind}.parquet'",
            connection.execute(f"SELECT * FROM '{old}/{kind}.parquet'").description[0][0],
        )
        replaced = select.replace("placed_at", "paid_at")
        picked = f"hash({key}) % {chance.randrange(5, 40)} = 0"
        connection.execute(f"COPY ({replaced} FROM {source} WHERE {picked}) TO '{news}/{kind}.parquet'")
        connection.execute(
            f"COPY (SELECT * FROM {source} WHERE NOT {picked} UNION ALL BY NAME SELECT * FROM '{news}/{kind}.parquet') "
            f"TO '{merged}/{kind}.parquet'"
        )
    daily = Daily(tmp_path / "daily.duckdb", FORCE.countings.values(), since=TODAY - 200, until=TODAY, now=NOW)
    store = files.Store(files.find(old), LIMITS, now=NOW)
    daily.build(store)
    before = store.windows(FORCE.countings.values(), as_of=TODAY, lengths=LENGTHS)
    assert daily.windows(store, as_of=TODAY, lengths=LENGTHS) == {who: found for (who, _), found in before.items()}
    change = Change(files.find(old), files.find(news), LIMITS, now=NOW)
    change.apply(daily)
    fresh = files.Store(files.find(merged), LIMITS, now=NOW)
    wanted = fresh.windows(FORCE.countings.values(), as_of=TODAY, lengths=LENGTHS)
    found = daily.windows(fresh, as_of=TODAY, lengths=LENGTHS)
    assert found == {who: windows for (who, _), windows in wanted.items()}
    assert found != {who: windows for (who, _), windows in before.items()}
