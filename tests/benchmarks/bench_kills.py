"""SIGKILL at random moments: is what a diagnosis comes to after it was killed and resumed the same, byte for byte?

Both ways to run one: `storewarden diagnose --state` over Parquet parts by two processes, and a job of the service over
a store's products, where findings and events are written with each part. STOREWARDEN_BENCH_KILLS sets how many kills
each gets (50). A job is killed once it has so many parts, drawn evenly from those it has not yet, and a moment more,
drawn evenly from the time of a part (or of its beginning, when it is to have no more); then it is begun again, killed …
until it ends. Then it is compared, and the next job begins, until the kills are used up.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from engine import Listing
from engine.intake import arrow
from store_model import bulk
from store_model.accounts import LegalEntity, Store
from store_model.db import open_database
from store_model.jobs import Diagnosis
from store_model.tenancy import Scope
from tests.benchmarks.killed_diagnosis import PART_ROWS
from tests.benchmarks.listings import listing
from tests.benchmarks.table import Table

KILLS = int(os.environ.get("STOREWARDEN_BENCH_KILLS", "50"))
SEED = 20261127
PARTS, ROWS = 16, 120
"""Of the catalogue in files."""
PRODUCTS = 600
DAY = date(2026, 11, 23)
LONGEST = 300.0
"""Seconds after which an undisturbed run counts as hung."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One job: how it is begun (and begun again), how many parts it has done, and what it came to."""

    words: list[str]
    parts: int
    done: Callable[[], int]
    result: Callable[[], bytes]


def run() -> Table:
    """A row for each way to run a job."""
    table = Table(
        "Diagnoses killed with SIGKILL at random moments",
        ["job", "parts", "kills", "before a part", "amid", "after the last", "jobs", "of them identical"],
    )
    with tempfile.TemporaryDirectory(prefix="storewarden-kills-") as place:
        for name, make in (("storewarden diagnose", _files), ("job of the service", _products)):
            folder = Path(place) / name.replace(" ", "-")
            folder.mkdir()
            trials = make(folder)
            first, whole, expected = _undisturbed(next(trials))
            jobs, same, phases = _killed(trials, random.Random(SEED), first, whole, expected)
            parts = next(trials).parts
            table.add(name, parts, sum(phases.values()), phases["before"], phases["amid"], phases["after"], jobs, same)
            table.note(f"{name}: {whole:.1f} s undisturbed, its first part after {first:.1f} s.")
    table.note("Aim: every job identical. Compared are the findings in two forms (files); or results, findings, their")
    table.note("turns, events and the counts of the job, times left out (service, SQLite).")
    return table


def _undisturbed(trial: Trial) -> tuple[float, float, bytes]:
    """(seconds to the first part, to the end, the result) of a job that nobody kills."""
    begun = time.monotonic()
    process = _begin(trial)
    first = None
    while process.poll() is None and time.monotonic() - begun < LONGEST:
        if first is None and trial.done():
            first = time.monotonic() - begun
        time.sleep(0.002)
    whole = time.monotonic() - begun
    _ended(process)
    return first or whole, whole, trial.result()


def _killed(
    trials: Iterator[Trial], chance: random.Random, first: float, whole: float, expected: bytes
) -> tuple[int, int, Counter[str]]:
    """(jobs, how many came to what was expected, when each kill was)."""
    jobs, same = 0, 0
    phases: Counter[str] = Counter()
    while sum(phases.values()) < KILLS:
        trial = next(trials)
        pace = (whole - first) / trial.parts
        while sum(phases.values()) < KILLS:
            process = _begin(trial)
            before = trial.done()
            wanted = chance.randint(before, trial.parts)
            _reached(process, trial, wanted)
            if not _kill(process, chance.uniform(0, pace if wanted > before else first + pace)):
                break
            done = trial.done()
            phases["before" if done == 0 else "amid" if done < trial.parts else "after"] += 1
        _ended(_begin(trial))  # one that has ended already has nothing left to do
        jobs += 1
        same += trial.result() == expected
    return jobs, same, phases


def _reached(process: subprocess.Popen[bytes], trial: Trial, parts: int) -> None:
    """Wait until a job has so many parts done, or has ended."""
    deadline = time.monotonic() + LONGEST
    while process.poll() is None and trial.done() < parts and time.monotonic() < deadline:
        time.sleep(0.005)


def _begin(trial: Trial) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *trial.words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _kill(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill a process and its children after a while; False when it ended before."""
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end; what did not end by itself, or not well, is no measurement."""
    if _kill(process, LONGEST) or process.returncode not in (0, 1):
        raise RuntimeError(f"a job that nobody killed ended with {process.returncode}")


# The two ways ----------------------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Trial]:
    """`storewarden diagnose` over a directory of Parquet parts."""
    catalogue = folder / "catalogue"
    catalogue.mkdir()
    for number in range(PARTS):
        batch = arrow.write(_listings(number * ROWS, (number + 1) * ROWS))
        pq.write_table(pa.Table.from_batches([batch]), catalogue / f"part-{number:03d}.parquet")
    count = 0
    while True:
        place = folder / str(count)
        place.mkdir()
        count += 1
        outputs = [place / "findings.ndjson", place / "findings.parquet"]
        state = ["--state", str(place / "state"), *(word for file in outputs for word in ("-o", str(file)))]
        command = ["diagnose", str(catalogue), "--as-of", DAY.isoformat(), "--workers", "2", *state]
        yield Trial(
            ["-c", "from api.cli import main; main()", *command],
            PARTS,
            lambda place=place: len(list(place.glob("state/parts/*.parquet"))),  # type: ignore[misc]
            lambda outputs=outputs: b"".join(file.read_bytes() for file in outputs),  # type: ignore[misc]
        )


def _products(folder: Path) -> Iterator[Trial]:
    """A job over the products of a store; each begins with a copy of one database."""
    prepared = folder / "prepared.sqlite3"
    _prepare(prepared)
    count = 0
    while True:
        file = folder / f"{count}.sqlite3"
        shutil.copyfile(prepared, file)
        count += 1
        yield Trial(
            ["-m", "tests.benchmarks.killed_diagnosis", f"sqlite:///{file}"],
            -(-PRODUCTS // PART_ROWS),
            lambda file=file: _parts_done(file),  # type: ignore[misc]
            lambda file=file: _told(file),  # type: ignore[misc]
        )


def _prepare(file: Path) -> None:
    """A store with products and a diagnosis of them that waits."""
    database = open_database(f"sqlite:///{file}")
    try:
        with database.system(actor="system:benchmark") as session:
            entity = LegalEntity(name="Shop Ltd")
            session.add(entity)
            session.flush()
            session.add(Store(entity_id=entity.id, platform="aliexpress", name="North"))
        with database.scoped(Scope(1, frozenset({1}), "system:benchmark")) as session:
            place, now = bulk.Place(1, 1), database.now()
            bulk.upsert_products(session, place, _listings(0, PRODUCTS), status="onSelling", now=now)
            session.add(
                Diagnosis(
                    store_id=1, entity_id=1, source="products", as_of=DAY, pack_digest="", started_by="benchmark",
                    due_at=now, created_at=now,
                )
            )  # fmt: skip
    finally:
        database.close()
    with closing(sqlite3.connect(file)) as plain:  # all of it into the one file that is copied
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _parts_done(file: Path) -> int:
    with closing(sqlite3.connect(file)) as database:
        found: int = database.execute("SELECT count(*) FROM diagnosis_part WHERE done_at IS NOT NULL").fetchone()[0]
        return found


TOLD = (
    "SELECT name, result, outcome FROM diagnosis_part ORDER BY id",
    "SELECT state, parts, parts_done, parts_failed, listings, listings_done, tally FROM diagnosis",
    "SELECT id, fingerprint, rule, state, life, places, points, product_id, detail, message FROM finding ORDER BY id",
    "SELECT id, finding_id, turn, severity, mode, places, cause FROM finding_change ORDER BY id",
    "SELECT sequence, type, json_extract(body, '$.data') FROM event ORDER BY sequence",
)
"""All that a job leaves behind, but for its times."""


def _told(file: Path) -> bytes:
    with closing(sqlite3.connect(file)) as database:
        return repr([database.execute(query).fetchall() for query in TOLD]).encode()


def _listings(start: int, stop: int) -> list[Listing]:
    return [msgspec.convert(listing(number), Listing, strict=False) for number in range(start, stop)]
