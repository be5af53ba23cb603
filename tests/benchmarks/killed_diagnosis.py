"""`python -m tests.benchmarks.killed_diagnosis URL`: do the diagnoses that wait in a database, until none is left.

What `storewarden worker` does with jobs, with a lease of half a second and small parts, for a benchmark that kills it.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from sqlalchemy import select

import rules
from api.diagnosis import jobs
from api.services.penalties import Penalties
from engine import load_pack
from engine.ledger.engines import Twin
from store_model.db import open_database
from store_model.jobs import Diagnosis

PART_ROWS = 50
LEASE = timedelta(seconds=0.5)


def main(url: str) -> int:
    """0 when all are done."""
    jobs.PART_ROWS = PART_ROWS
    pack = load_pack(rules.path("aliexpress"))
    database = open_database(url)
    runner = jobs.Runner(database, pack, Penalties(pack, Twin()), lease=LEASE)
    while True:
        runner.run_once()
        with database.system(actor="system:benchmark", read_only=True) as session:
            states = session.scalars(select(Diagnosis.state)).all()
        if all(state not in ("waiting", "running") for state in states):
            return 0 if all(state == "done" for state in states) else 1
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
