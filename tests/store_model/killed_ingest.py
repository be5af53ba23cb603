"""`python -m tests.store_model.killed_ingest URL KILLS SEED`: take in notices while being killed again and again.

A child process takes in the notices of a fixed history, one transaction each. After a few of them, at a random moment
within the next one, it is killed with SIGKILL; the next child begins some notices before the one that was killed, as a
sender would that was not answered. That is done KILLS times; the last child may finish. Prints what is in the database
then, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from datetime import timedelta

import rules
from engine import load_pack
from engine.ledger import Ledger, Notice
from engine.ledger.chain import Chain
from engine.ledger.engines import DurableEngine, best_engine
from engine.ledger.journal import broken_at, open_rows
from store_model.accounts import LegalEntity, Store
from store_model.bulk import Place
from store_model.db import Database, open_database
from store_model.penalty_book import PenaltyBook, load_notices, load_rows
from store_model.tenancy import Scope
from tests.engine.ledger.histories import FIRST, history

PACK = load_pack(rules.path("aliexpress"))
LATER = FIRST + timedelta(days=2000)


def told(seed: int, kills: int) -> list[Notice]:
    """Notices, some of one case, in the order in which they are sent: so many that each kill finds work half done."""
    chance = random.Random(seed)
    notices = []
    for part in range(max(6, kills // 3)):
        made = history(chance, PACK.regime, most=14)
        notices += [Notice(**{**fields(notice), "case": f"{part}-{notice.case}"}) for notice in made]
    return notices


def fields(notice: Notice) -> dict[str, object]:
    return {name: getattr(notice, name) for name in notice.__struct_fields__}


def take_from(begin: int, database: Database, place: Place, notices: list[Notice], done: int) -> None:
    """Every notice from one on, one transaction each, with the rule network in a process; a byte to `done` for each."""
    engine = best_engine()
    book = PenaltyBook(PACK.regime, Chain(PACK.regime, engine), PACK.digest)
    scope = Scope(place.entity_id, frozenset({place.store_id}), "system:test")
    for number, notice in enumerate(notices[begin:], start=begin):
        with database.scoped(scope) as session:
            book.receive(session, place, [notice], now=LATER + timedelta(seconds=number))
        os.write(done, b".")
    if isinstance(engine, DurableEngine):
        engine.close()


def main(url: str, kills: int, seed: int) -> dict[str, object]:
    """Kill and start anew, then say what is there."""
    chance = random.Random(seed)
    notices = told(seed, kills)
    database = open_database(url)
    with database.system(actor="system:test") as session:
        entity = LegalEntity(name="Killed Ltd")
        session.add(entity)
        session.flush()
        store = Store(entity_id=entity.id, platform="aliexpress", name="Killed")
        session.add(store)
        session.flush()
        place = Place(entity.id, store.id)
    database.close()
    killed = reached = 0
    for attempt in range(kills + 1):
        begin = max(0, reached - chance.randrange(6))
        heard, done = os.pipe()
        child = os.fork()
        if child == 0:
            take_from(begin, open_database(url), place, notices, done)
            os._exit(0)
        os.close(done)
        if attempt < kills:
            told_of = begin
            for _ in range(chance.randrange(1, 10)):
                told_of += len(os.read(heard, 1))
            reached = max(reached, told_of)
            time.sleep(chance.uniform(0.0, 0.008))
            os.kill(child, signal.SIGKILL)
        killed += os.waitpid(child, 0)[1] == signal.SIGKILL
        os.close(heard)
    database = open_database(url)
    with database.system(actor="system:test", read_only=True) as session:
        rows = load_rows(session, place)
        stored = load_notices(session, place)
        opened = sorted((row.entry for row in open_rows(rows).values()), key=lambda e: (e.at, e.case))
        again = Ledger(PACK.regime, stored)
        expected = Ledger(PACK.regime, notices)
        found = {
            "killed": killed,
            "notices": [len(stored), len({(n.case, n.content()) for n in notices})],
            "whole_chain": broken_at(rows) is None,
            "entries_agree": opened == list(again.entries) == list(expected.entries),
            "entries": len(opened),
        }
    database.close()
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
