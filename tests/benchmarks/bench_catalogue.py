"""A catalogue through the whole pack: time and memory by size and workers, and one edit among many listings.

STOREWARDEN_BENCH_LISTINGS sets how many listings the largest run has (1,000,000 for the full one).
"""

from __future__ import annotations

import math
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

import rules
from api.diagnosis import pool
from api.diagnosis.parts import find_parts
from api.diagnosis.state import State
from engine import Listing, load_pack
from engine.duplicates.neighbours import Neighbours
from engine.evaluate.incremental import Upkeep
from engine.intake import arrow
from tests.benchmarks.listings import listing
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
PART = 5_000
EDITS = 30


def run() -> list[Table]:
    """The tables."""
    return [_through(), _edit()]


def made(number: int) -> Listing:
    """An invented listing with a description of about 500 characters."""
    draft = listing(number)
    draft["description"] = draft["description"][:490] + "</p>"
    return msgspec.convert(draft, Listing, strict=False)


def _most() -> int:
    return int(os.environ.get("STOREWARDEN_BENCH_LISTINGS", "20000"))


def _write(folder: Path, count: int) -> None:
    for start in range(0, count, PART):
        batch = arrow.write([made(number) for number in range(start, min(start + PART, count))])
        pq.write_table(pa.Table.from_batches([batch]), folder / f"{start:08d}.parquet", compression="zstd")


def _through() -> Table:
    most = _most()
    table = Table(
        "A catalogue in Parquet through the whole pack",
        ["listings", "workers", "seconds", "listings/s", "CPU µs/listing", "MB, largest process"],
    )
    pack = load_pack(rules.path("aliexpress"))
    points: list[tuple[int, float]] = []
    alone = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for count, workers in ((most // 10, 2), (most, 1), (most, 2)):
            place = Path(folder) / f"{count}"
            if not place.exists():
                place.mkdir()
                _write(place, count)
            kept = State(Path(folder) / f"state-{count}-{workers}")
            kept.begin({})
            plan = pool.Plan(pack=pack.path, as_of=AS_OF, folder=kept.folder)
            pool.know(plan, pack)
            parts = find_parts(sorted(place.iterdir()), kept.spool)
            before, began = _cpu(), time.perf_counter()
            assert sum(part.rows for part, _ in pool.run(plan, parts, workers)) == count
            seconds, cpu = time.perf_counter() - began, _cpu() - before
            usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            table.add(
                count, workers, round(seconds, 1), round(count / seconds), round(cpu / count * 1e6), max(usage) // 1024
            )
            if workers == 1:
                alone = seconds
            else:
                points.append((count, cpu))
    (few, least), (many, most_cpu) = points
    table.note(
        f"CPU grows as the {math.log(most_cpu / least) / math.log(many / few):.2f}th power of the size; asked 1.05"
    )
    table.note(f"second worker: × {alone / seconds:.2f}; asked 1.8. Asked: 1,000,000 in 120 s, so 240 µs of two cores")
    return table


def _cpu() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


class Made(dict[int, Listing]):
    """Listings that are made when they are asked for; edited ones are kept."""

    def get(self, number: int, default: Any = None) -> Any:
        """The listing with this number."""
        return super().get(number) or made(number)


def _edit() -> Table:
    count = _most()

    def parts() -> Iterator[Any]:
        from engine.duplicates.neighbours import filed

        for start in range(0, count, PART):
            yield filed((number, made(number)) for number in range(start, min(start + PART, count)))

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        Neighbours.of(parts()).save(Path(folder))
        built = time.perf_counter() - began
        began = time.perf_counter()
        kept = Upkeep(load_pack(rules.path("aliexpress")), Made(), as_of=AS_OF, index=Neighbours.load(Path(folder)))
        opened = time.perf_counter() - began
        kept.edit(0, made(1))
        times, touched = [], []
        for step in range(EDITS):
            number = (step * 7919 + 13) % count
            changed = msgspec.structs.replace(made(number), title=f"{made(number + 1).title} {step}")
            began = time.perf_counter()
            touched.append(len(kept.edit(number, changed)))
            times.append((time.perf_counter() - began) * 1000)
    table = Table(
        "One edit in a catalogue, duplicates included",
        ["listings", "index s", "opened s", "p50 ms", "most ms", "touched"],
    )
    table.add(
        count, round(built, 1), round(opened, 2), round(statistics.median(times), 1), round(max(times), 1),
        round(statistics.fmean(touched), 1),
    )  # fmt: skip
    table.note("Asked: below 100 ms of a million. The index lies in files and is mapped.")
    return table
