"""Parts → results, by a pool of processes. Each worker holds the pack; a part's result is written by who did it.

A worker that dies (out of memory, a crash in native code) breaks the pool; what was running is then done part by part
in a process of its own, and the part that kills that one too is named as the bad one.
"""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from api.diagnosis.parts import NOTHING, PROBLEMS, REFUSED, About, Fault, Part, about, batches, damaged
from api.diagnosis.state import Outcome, State
from engine import IntakeError, Listing, Pack, Store, Waiver, load_pack
from engine.evaluate.catalogue import ROWS, Found, Kernel, Tally
from engine.intake.arrow import Reader, Trouble

AHEAD = 4
"""Parts handed to each worker before it asks: enough that none waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How parts are checked; travels to the workers."""

    pack: Path
    as_of: date
    folder: Path
    store: Store | None = None
    waivers: tuple[Waiver, ...] = ()
    hidden: frozenset[str] = frozenset()
    settings: tuple[tuple[str, Any], ...] = ()


_packs: dict[Path, Pack] = {}
"""Packs of this process; a forked worker finds the one of its parent."""


def pack_of(plan: Plan) -> Pack:
    """The pack of a plan, loaded once a process."""
    if plan.pack not in _packs:
        _packs[plan.pack] = load_pack(plan.pack, settings=dict(plan.settings) or None)
    return _packs[plan.pack]


def know(plan: Plan, pack: Pack) -> None:
    """Use a pack that is loaded already."""
    _packs[plan.pack] = pack


def prepare(plan: Plan) -> None:
    """Load and warm the pack."""
    pack = pack_of(plan)
    pack.program("listing", plan.as_of)
    _ = pack.resources


def begin_worker(plan: Plan) -> None:
    """In a worker the collector is kept away from the pack, which never becomes garbage, and comes by less often."""
    prepare(plan)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def do_part(plan: Plan, part: Part) -> Outcome:
    """Check a part and keep its result."""
    rows, outcome = check_part(plan, part)
    State(plan.folder).write(part.number, rows, outcome)
    return outcome


def check_part(plan: Plan, part: Part) -> tuple[list[pa.RecordBatch], Outcome]:
    """The findings of a part and what became of it; a part that can't be read has a fault and no findings."""
    if part.fault is not None:
        return [], failed(part.name, part.fault)
    try:
        known = about(part.path)
    except (pa.ArrowException, OSError) as error:
        return [], failed(part.name, damaged(error))
    return check_batches(plan, part.name, batches(part, ROWS), known=known, first=part.first)


def check_batches(
    plan: Plan,
    name: str,
    given: Iterable[pa.RecordBatch],
    *,
    known: About = NOTHING,
    first: int = 0,
    peers: Mapping[int, Sequence[Listing]] | None = None,
) -> tuple[list[pa.RecordBatch], Outcome]:
    """The same for batches. `peers`: row → the other listings to compare with; a row without is compared with none."""
    try:
        kernel = Kernel(
            pack_of(plan),
            as_of=plan.as_of,
            store=plan.store or known.store,
            waivers=plan.waivers,
            not_carried=known.not_carried,
            hidden=plan.hidden,
            first=first,
            peers=peers,
        )
        found: list[pa.RecordBatch] = []
        reader: Reader | None = None
        for batch in given:
            reader = reader or Reader(batch.schema, name)
            found.append(_checked(kernel, reader, batch))
        kernel.settle()
        ignored = tuple(name for name in (reader.ignored if reader else ()) if name not in (PROBLEMS, REFUSED))
        return found, Outcome(name, kernel.tally, ignored=ignored)
    except IntakeError as error:
        return [], failed(name, Fault(error.code, error.en, error.zh))
    except (pa.ArrowException, OSError) as error:
        return [], failed(name, damaged(error))
    except MemoryError:
        return [], failed(name, Fault("too_large", "there is not enough memory for it", "内存不足"))


def listings_of(stream: bytes) -> list[Listing]:
    """The listings of an Arrow stream; none of an empty one."""
    if not stream:
        return []
    table = pa.ipc.open_stream(stream).read_all().combine_chunks()
    reader = Reader(table.schema)
    return [listing for batch in table.to_batches() for listing in reader.read(batch).listings]


def _checked(kernel: Kernel, reader: Reader, batch: pa.RecordBatch) -> pa.RecordBatch:
    rows = reader.read(batch)
    found = Found()
    refused: frozenset[int] = frozenset()
    troubles = rows.troubles
    if PROBLEMS in batch.schema.names:
        told = batch.column(PROBLEMS).to_pylist()
        troubles = [Trouble(at, p["pointer"], p["en"], p["zh"]) for at, some in enumerate(told) for p in some or ()]
        refused = frozenset(at for at, is_so in enumerate(batch.column(REFUSED).to_pylist()) if is_so)
    for trouble in troubles:
        found.unread(kernel.row + trouble.row, rows.listings[trouble.row], trouble)
    kernel.check(rows.listings, found, skip=refused)
    return found.batch()


def failed(name: str, fault: Fault) -> Outcome:
    """What became of a part that could not be done."""
    return Outcome(name, Tally(), (fault.code, fault.en, fault.zh))


def run(
    plan: Plan, parts: Sequence[Part], workers: int, *, stop: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Part, Outcome]]:
    """Do parts, in any order; yields each when its result is kept. `stop` is asked after each."""
    prepare(plan)
    if workers <= 1 or len(parts) <= 1:
        for part in parts:
            if stop():
                return
            yield part, do_part(plan, part)
        return
    left = list(parts)
    while left and not stop():
        done: set[int] = set()
        try:
            for part, outcome in _pooled(plan, left, workers, stop):
                done.add(part.number)
                yield part, outcome
            return
        except BrokenProcessPool:
            left = [part for part in left if part.number not in done]
        suspects, left = left[: workers * AHEAD], left[workers * AHEAD :]
        for part in suspects:
            if stop():
                return
            yield part, _alone(plan, part)


def _pooled(
    plan: Plan, parts: Sequence[Part], workers: int, stop: Callable[[], bool]
) -> Iterator[tuple[Part, Outcome]]:
    with _pool(plan, workers) as pool:
        waiting = iter(parts)
        running: dict[Future[Outcome], Part] = {}

        def more() -> None:
            for part in waiting:
                running[pool.submit(do_part, plan, part)] = part
                if len(running) >= workers * AHEAD:
                    return

        more()
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=lambda item: running[item].number):
                outcome = future.result()  # a dead worker raises BrokenProcessPool here
                yield running.pop(future), outcome
            if stop():
                pool.shutdown(cancel_futures=True)
                return
            more()


def _alone(plan: Plan, part: Part) -> Outcome:
    """A part in a process of its own."""
    try:
        with _pool(plan, 1) as pool:
            return pool.submit(do_part, plan, part).result()
    except BrokenProcessPool:
        en = "checking it killed the process (out of memory, or a crash in native code)"
        outcome = failed(part.name, Fault("killed", en, "检查该部分时进程被终止（内存不足或原生代码崩溃）"))
        State(plan.folder).write(part.number, [], outcome)
        return outcome


def _pool(plan: Plan, workers: int) -> ProcessPoolExecutor:
    """Forked where that is safe (no other thread runs), so that the pack is shared; else begun anew."""
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if can_fork else "spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=begin_worker, initargs=(plan,))
