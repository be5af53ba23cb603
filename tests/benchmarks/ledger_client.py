"""A process that takes in notices one by one, each with its own commit, for `bench_ledger`.

`python -m tests.benchmarks.ledger_client URL ENTITY STORE...`: says `ready`, waits for a line, takes in 100 notices of
each store in turns, says how many.
"""

from __future__ import annotations

import sys

import rules
from engine import load_pack
from engine.ledger.chain import Chain
from engine.ledger.engines import DurableEngine, best_engine
from store_model.bulk import Place
from store_model.db import open_database
from store_model.penalty_book import PenaltyBook
from tests.benchmarks.bench_ledger import ENTRIES, take_in


def main(url: str, entity: int, stores: list[int]) -> None:
    """Everything is warm before the line comes: the first ten notices of each store are taken in before it."""
    pack, engine, database = load_pack(rules.path("aliexpress")), best_engine(), open_database(url)
    book = PenaltyBook(pack.regime, Chain(pack.regime, engine), pack.digest)
    places = [Place(entity, store) for store in stores]
    warm = ENTRIES // 10
    take_in(database, book, places, 1, until=warm)
    print("ready", flush=True)
    sys.stdin.readline()
    take_in(database, book, places, 1, first=warm)
    print(len(places) * (ENTRIES - warm), flush=True)
    if isinstance(engine, DurableEngine):
        engine.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [int(store) for store in sys.argv[3:]])
