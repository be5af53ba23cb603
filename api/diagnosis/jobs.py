"""Diagnoses of stores, taken from the queue and done part by part; several processes may run one runner each.

What a part found, what that changes in the store's findings, the events, and how far the job is are one transaction.
Killed at any moment, the job goes on where it was once its lease has ended.
"""

from __future__ import annotations

import io
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.diagnosis import pool
from api.diagnosis.parts import Fault, batches, find_parts
from api.diagnosis.peers import StorePeers
from api.diagnosis.state import Outcome
from api.services.at_risk import at_risk
from api.services.penalties import Penalties
from api.services.products import facts_of_store
from engine import Listing, Pack
from engine.evaluate.catalogue import FAIL, Tally, schema
from engine.intake import arrow
from engine.ledger.risk import PointsAtRisk
from store_model import jobs, product_content
from store_model.bulk import Place
from store_model.db import Database, DatabaseBusy
from store_model.findings_load import FindingRow, load_findings
from store_model.jobs import Diagnosis, DiagnosisPart
from store_model.leases import CANCELLED, DEAD, DONE, Held, claim
from store_model.products import Product, ProductContent
from store_model.tenancy import Scope

PART_ROWS = 1000
"""Listings of a part: what a kill costs at most, and how often progress is told."""
INLINE = 200
"""Up to so many listings are checked in the runner's own thread; more go to a process of their own."""
LEASE = timedelta(seconds=60)
TRIES = 5
DIAGNOSED = ("onSelling", "auditing", "offline", "editingRequired")
"""Statuses of the products that a diagnosis of a store looks at."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker process is given of a part."""

    plan: pool.Plan
    name: str
    rows: bytes
    peers: tuple[tuple[int, bytes], ...] | None = None
    first: int = 0


def ipc(listings: Sequence[Any]) -> bytes:
    """Listings as an Arrow stream."""
    batch = arrow.write(listings)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def parts_of_file(path: Path, folder: Path, name: str) -> Iterator[DiagnosisPart]:
    """What was uploaded, as parts with their input. Raises IntakeError for what is no catalogue at all."""
    from engine import IntakeError

    for part in find_parts([path], folder):
        if part.fault is not None:
            raise IntakeError(part.fault.en, part.fault.zh, where=name, code=part.fault.code)
        at = part.first
        for batch in batches(part, PART_ROWS):
            arrow.Reader(batch.schema, name)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            told = f"{name}, rows {at + 1}–{at + len(batch)}"
            yield DiagnosisPart(name=told[-300:], rows=len(batch), low=at, input=bytes(sink.getvalue()))
            at += len(batch)


def do_work(work: Work) -> tuple[bytes, bytes]:
    """Check the listings of a part: the findings as Parquet, and the outcome as JSON. Runs in any process."""
    batch = pa.ipc.open_stream(work.rows).read_all().combine_chunks()
    peers = None if work.peers is None else {number: pool.listings_of(data) for number, data in work.peers}
    found, outcome = pool.check_batches(work.plan, work.name, batch.to_batches(), peers=peers, first=work.first)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_batches(found, schema()), sink, compression="zstd")
    return sink.getvalue(), msgspec.json.encode(outcome)


class Runner:
    """`run_once()` does one job that is due, if there is one. `stop()` has it end after the part in hand."""

    def __init__(
        self,
        database: Database,
        pack: Pack,
        penalties: Penalties,
        *,
        workers: int = 1,
        lease: timedelta = LEASE,
        now: Callable[[], datetime] | None = None,
        on_error: Callable[[str, BaseException], None] = lambda what, error: None,
    ) -> None:
        self.database = database
        self.pack = pack
        self.penalties = penalties
        self.workers = workers
        self.lease = lease
        self.now = now or database.now
        self.name = f"jobs-{secrets.token_hex(8)}"
        self.on_error = on_error
        self._stopping = threading.Event()
        self._pool: ProcessPoolExecutor | None = None

    def stop(self) -> None:
        """End after the part in hand; the job is taken up by whoever claims it next."""
        self._stopping.set()

    def close(self) -> None:
        """End the processes."""
        self.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def run(self, pause: float) -> None:
        """Do jobs as they come, until told to stop."""
        while not self._stopping.is_set():
            try:
                if self.run_once():
                    continue
            except (SQLAlchemyError, DatabaseBusy) as error:  # out of reach: what we hold runs out by itself
                self.on_error("jobs", error)
            self._stopping.wait(pause)

    def run_once(self) -> bool:
        """Do one job; whether there was one."""
        now = self.now()
        with self.database.system(actor="system:jobs", read_only=True) as session:
            if session.scalar(select(Diagnosis.id).where(Diagnosis.due_at <= now).limit(1)) is None:
                return False
        with self.database.system(actor="system:jobs") as session:
            rows = claim(session, Diagnosis, worker=self.name, now=now, lease=self.lease, limit=1)
            if not rows:
                return False
            row = rows[0]
            held = Held(row.id, row.attempts)
            scope = Scope(row.entity_id, frozenset({row.store_id}), f"system:diagnosis:{row.id}")
            store_id = row.store_id
        try:
            self._do(held, scope, store_id)
        except Exception as error:
            self.on_error("diagnosis", error)
            self._failed(held, scope, error)
        return True

    def _do(self, held: Held, scope: Scope, store_id: int) -> None:
        with self.database.scoped(scope) as session:
            job = session.get_one(Diagnosis, held.id)
            job.started_at = job.started_at or self.now()
            if job.source == "products" and job.parts == 0:
                jobs.lay_out(session, job, _product_parts(session, store_id))
            left, source, as_of = list(jobs.undone(session, job.id)), job.source, job.as_of
            store = facts_of_store(session, store_id)
            risk = at_risk(self.penalties, session, Place(scope.entity_id, store_id), self.now())
        peers: StorePeers | None = None
        plan = pool.Plan(pack=self.pack.path, as_of=as_of, folder=Path(), store=store)
        pool.know(plan, self.pack)
        for number in left:
            if self._stopping.is_set():
                self._give_back(held, scope)
                return
            if source == "products" and peers is None:
                with self.database.scoped(scope, read_only=True) as session:
                    peers = StorePeers.of_store(session, store_id, DIAGNOSED)
            if not self._part(held, scope, store_id, number, plan, peers, risk):
                return
        with self.database.scoped(scope) as session:
            jobs.close(session, held.id, held, DONE, worker=self.name, now=self.now())

    def _part(
        self,
        held: Held,
        scope: Scope,
        store_id: int,
        number: int,
        plan: pool.Plan,
        peers: StorePeers | None,
        risk: PointsAtRisk | None,
    ) -> bool:
        """Do one part; False when the job was cancelled or another runner has it."""
        with self.database.scoped(scope, read_only=True) as session:
            part = session.get_one(DiagnosisPart, number)
            products: list[int] = []
            if part.input is None:
                pairs = _products(session, store_id, part)
                products = [product for product, _ in pairs]
                listings = [listing for _, listing in pairs]
                near = peers.of(session, pairs) if peers is not None else None
                work = Work(plan, part.name, ipc(listings), near)
            else:
                work = Work(plan, part.name, part.input, first=part.low or 0)
            rows = part.rows
        result, told = self._checked(work, rows)
        outcome = msgspec.json.decode(told, type=Outcome)
        now = self.now()
        with self.database.scoped(scope) as session:
            if not jobs.renewed(session, held, worker=self.name, until=now + self.lease):
                return False
            job = session.get_one(Diagnosis, held.id)
            if job.cancelled:
                jobs.close(session, job.id, held, CANCELLED, worker=self.name, now=now)
                return False
            part = session.get_one(DiagnosisPart, number)
            part.result, part.outcome, part.done_at = result, msgspec.json.decode(told), now
            job.parts_done += 1
            job.parts_failed += outcome.fault is not None
            job.listings_done += part.rows
            total = msgspec.convert(job.tally, Tally) if job.tally else Tally()
            total.add(outcome.tally)
            job.tally = msgspec.to_builtins(total)
            if products and outcome.fault is None:
                found = _finding_rows(pq.read_table(io.BytesIO(result)), products, self.pack, risk)
                cause = f"diagnosis:{job.id}"
                load_findings(session, store_id, found, checked=products, now=now, cause=cause)
        return True

    def _checked(self, work: Work, rows: int) -> tuple[bytes, bytes]:
        if rows <= INLINE:
            return do_work(work)
        try:
            if self._pool is None:
                # The service has threads, so a worker is begun anew and not forked.
                self._pool = ProcessPoolExecutor(
                    self.workers, mp_context=get_context("spawn"), initializer=pool.begin_worker, initargs=(work.plan,)
                )
            return self._pool.submit(do_work, work).result()
        except BrokenProcessPool:
            self._pool = None
            en = "checking it killed the process (out of memory, or a crash in native code)"
            fault = Fault("killed", en, "检查该部分时进程被终止（内存不足或原生代码崩溃）")
            sink = io.BytesIO()
            pq.write_table(schema().empty_table(), sink)
            return sink.getvalue(), msgspec.json.encode(Outcome(work.name, Tally(), (fault.code, fault.en, fault.zh)))

    def _give_back(self, held: Held, scope: Scope) -> None:
        from store_model.leases import release

        with self.database.scoped(scope) as session:
            release(session, Diagnosis, [held], worker=self.name, now=self.now())

    def _failed(self, held: Held, scope: Scope, error: Exception) -> None:
        """Try again later, the last time end as dead; what was done stays done."""
        from store_model.leases import Retry, retry

        words = f"{type(error).__name__}: {error}"
        now = self.now()
        with self.database.scoped(scope) as session:
            if held.attempt >= TRIES:
                jobs.close(session, held.id, held, DEAD, worker=self.name, now=now, error=words)
                return
            retry(
                session,
                Diagnosis,
                [Retry(held, now + timedelta(seconds=5 * 2**held.attempt), words)],
                worker=self.name,
            )


def _product_parts(session: Session, store_id: int) -> Iterator[DiagnosisPart]:
    """The products of a store in order of their ids, cut into parts."""
    ids = session.scalars(
        select(Product.id).where(Product.store_id == store_id, Product.status.in_(DIAGNOSED)).order_by(Product.id)
    ).all()
    for at in range(0, len(ids), PART_ROWS):
        some = ids[at : at + PART_ROWS]
        yield DiagnosisPart(name=f"products {at + 1}–{at + len(some)}", rows=len(some), low=some[0], high=some[-1])


def _products(session: Session, store_id: int, part: DiagnosisPart) -> list[tuple[int, Any]]:
    return list(listings_of_store(session, store_id, Product.id >= part.low, Product.id <= part.high))


def listings_of_store(session: Session, store_id: int, *more: Any) -> Iterator[tuple[int, Listing]]:
    """(id, listing) of the products that a diagnosis looks at, in order of their ids. `more`: further conditions."""
    rows = session.execute(
        select(Product, ProductContent)
        .join(ProductContent, ProductContent.product_id == Product.id)
        .where(Product.store_id == store_id, Product.status.in_(DIAGNOSED), *more)
        .order_by(Product.id)
    )
    return ((product.id, product_content.listing_of(product, content)) for product, content in rows)


def _finding_rows(table: pa.Table, products: Sequence[int], pack: Pack, risk: PointsAtRisk | None) -> list[FindingRow]:
    """The findings of products as the store keeps them."""
    found = []
    for row in table.to_pylist():
        if row["result"] != FAIL:
            continue
        known = risk.of(row["code"]) if risk is not None else None
        message = {"en": row["message_en"], "zh": row["message_zh"]}
        places = [{key: value for key, value in place.items() if value is not None} for place in row["locations"]]
        detail = {
            "locations": places,
            "evidence": msgspec.json.decode(row["evidence"]),
            "params": {},
            "confidence": row["confidence"],
            "section": row["section"],
        }
        found.append(
            FindingRow(
                fingerprint=row["fingerprint"],
                rule=row["rule"],
                revision=row["revision"],
                code=row["code"],
                severity=row["severity"],
                mode=row["mode"],
                subject="listing",
                listing_id=None if row["listing"] is None else row["listing"][:64],
                product_id=products[row["row"]],
                message=msgspec.json.encode(message).decode(),
                detail=msgspec.json.encode(detail).decode(),
                places=len(places),
                points="0" if known is None else str(known["points"]),
            )
        )
    return found
