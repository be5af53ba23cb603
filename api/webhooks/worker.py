"""The worker of one process: claims deliveries, calls endpoints, writes what came of it, and does work that is due.

Several processes may run one each. The database is only touched in a thread; the loop makes the calls. Of each
endpoint no more is claimed than it has room for, so one that is slow or dead keeps nothing that another could use.
What is called again and again after a kill is what was leased: the others go on at once, that after its lease.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.webhooks import due, endpoints, schedule
from api.webhooks.sealing import Sealer
from api.webhooks.sender import Reply, Sender
from api.webhooks.turns import deal, free_turns
from store_model import leases, outbox
from store_model.db import Database, DatabaseBusy
from store_model.endpoints import ENABLED, Attempt, Delivery, Endpoint
from store_model.leases import DEAD, Held, Retry
from store_model.outbox import Event

ACTOR = "system:webhooks"
TAKEN = (
    Delivery.id, Delivery.attempts, Delivery.entity_id, Delivery.store_id, Delivery.event_id, Delivery.endpoint_id,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the worker works; seconds."""

    lease: float = 30.0
    poll: float = 0.15
    per_endpoint_ahead: int = 64
    in_flight: int = 512
    settle_every: float = 0.05


@dataclass(slots=True)
class Target:
    """An endpoint as this process knows it."""

    id: int
    entity_id: int
    url: str
    keys: tuple[str, ...]
    max_concurrency: int
    failing_since: datetime | None
    running: int = 0
    queue: deque[Job] = field(default_factory=deque)
    speed: float = 0.2  # seconds that a call took lately
    waits: bool = False  # for a turn, with a timer set

    def room(self, ahead: int) -> int:
        """How many more may be claimed: as many as can run now, and more where calls are quick."""
        most = self.max_concurrency if self.speed > 0.1 else max(self.max_concurrency, ahead)
        return max(0, most - self.running - len(self.queue))


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery in hand. `turn`: not to be begun before, on the monotonic clock."""

    held: Held
    entity_id: int
    store_id: int
    public_id: str
    body: bytes
    endpoint_id: int
    turn: float = 0.0


class Worker:
    """`await run()` until `stop()`. `now` is the clock, `dice` the jitter; both are a test's to replace."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        *,
        pace: Pace | None = None,
        allow_loopback: bool = False,
        retention: timedelta = timedelta(days=90),
        now: Callable[[], datetime] | None = None,
        dice: Callable[[], float] = random.random,
        timeout: float = 15.0,
        handlers: Mapping[str, due.Handler] | None = None,
        sweeps: Mapping[str, due.Sweeping] | None = None,
        on_error: Callable[[str, BaseException], None] = lambda what, error: None,
    ) -> None:
        self.database = database
        self.sealer = sealer
        self.pace = pace or Pace()
        self.now = now or database.now
        self.dice = dice
        self.name = f"worker-{secrets.token_hex(8)}"
        self.on_error = on_error
        self.due = due.Due(database, self.name, self.now, retention=retention, handlers=handlers, sweeps=sweeps)
        self.delivered = 0
        self._options = {"allow_loopback": allow_loopback, "timeout": timeout}
        self._targets: dict[int, Target] = {}
        self._done: list[tuple[Job, Reply, datetime]] = []
        self._in_hand: dict[Held, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="webhooks")
        self._renewed = time.monotonic()
        self._sender: Sender | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Work until told to stop; then finish the calls that run, and give back what was not begun."""
        self._loop = asyncio.get_running_loop()
        self._sender = Sender(**self._options)
        outbox.listeners.append(self._news)
        due_work = asyncio.create_task(self._run_due())
        try:
            while not self._stopping:
                await self._round()
        finally:
            outbox.listeners.remove(self._news)
            due_work.cancel()
            await asyncio.gather(due_work, return_exceptions=True)
            await self._wind_up()

    def stop(self) -> None:
        """End after the calls that run. To be called in the loop of `run`."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> None:
        """Deliver what is due now and return, for tests and for a one-time run."""
        self._sender = self._sender or Sender(**self._options)
        while await self._claim() or self._tasks or self._done:
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._settle()

    async def close(self) -> None:
        """After `drain`: end connections and the thread."""
        await self._wind_up()

    # The loop ----------------------------------------------------------------------------------------------------

    async def _round(self) -> None:
        self._wake.clear()
        try:
            taken = await self._claim()
            await self._settle()
            await self._renew()
        except (SQLAlchemyError, DatabaseBusy) as error:  # it is out of reach: what we hold runs out by itself
            self.on_error("database", error)
            taken = 0
        if not self._done:
            await self._pause(self.pace.settle_every if taken else self.pace.poll)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _run_due(self) -> None:
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(None, self.due.run_once)
            except (SQLAlchemyError, DatabaseBusy) as error:
                self.on_error("due work", error)
            await asyncio.sleep(self.pace.poll)

    def _news(self) -> None:
        """Called by whatever thread committed events."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _thread(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    # Claiming ----------------------------------------------------------------------------------------------------

    async def _claim(self) -> int:
        if len(self._in_hand) >= self.pace.in_flight:
            return 0
        rooms = {target.id: target.room(self.pace.per_endpoint_ahead) for target in self._targets.values()}
        found, jobs = await self._thread(self._take, rooms)
        self._refresh(found)
        for job in jobs:
            self._in_hand[job.held] = job
            self._targets[job.endpoint_id].queue.append(job)
        for target in self._targets.values():
            self._start(target)
        return len(jobs)

    def _take(self, rooms: Mapping[int, int]) -> tuple[dict[int, Any] | None, list[Job]]:
        """In the thread: which endpoints have something due, and as much of each as there is room for."""
        now = self.now()
        with self.database.system(actor=ACTOR, read_only=True) as session:
            if session.scalar(select(Delivery.id).where(Delivery.due_at <= now).limit(1)) is None:
                return None, []
            waiting = select(Delivery.id).where(Delivery.endpoint_id == Endpoint.id, Delivery.due_at <= now).exists()
            rows = session.scalars(select(Endpoint).where(waiting)).all()
        found = {row.id: row for row in rows}
        wanted: dict[int, int] = {}
        free = self.pace.in_flight - len(self._in_hand)
        for number, row in found.items():
            wanted[number] = max(0, min(rooms.get(number, row.max_concurrency), free))
            free -= wanted[number]
        if not any(wanted.values()):  # what is due is due at endpoints that are busy with other calls
            return found, []
        with self.database.system(actor=ACTOR) as session:
            return found, self._take_of(session, found, wanted, now)

    def _take_of(
        self, session: Session, found: Mapping[int, Endpoint], wanted: dict[int, int], now: datetime
    ) -> list[Job]:
        paced = [number for number, room in wanted.items() if room and found[number].max_per_second is not None]
        turns = free_turns(session, paced, now) if paced else {}
        wanted |= {number: min(wanted[number], own.count) for number, own in turns.items()}
        rows = leases.claim_each(
            session, Delivery, Delivery.endpoint_id, wanted, worker=self.name, now=now,
            lease=timedelta(seconds=self.pace.lease), columns=TAKEN,
        )  # fmt: skip
        off = [Held(row.id, row.attempts) for row in rows if found[row.endpoint_id].state != ENABLED]
        if off:  # they were disabled while these were leased
            leases.finish(session, Delivery, off, worker=self.name, now=now, state=DEAD, error="endpoint disabled")
            rows = [row for row in rows if found[row.endpoint_id].state == ENABLED]
        told = select(Event.id, Event.public_id, Event.body).where(Event.id.in_({row.event_id for row in rows}))
        events = {event.id: event for event in session.execute(told)} if rows else {}
        rows = sorted(rows, key=lambda row: row.id)
        waits = deal(session, turns, [(row.id, row.endpoint_id) for row in rows], now)
        moment = time.monotonic()
        return [
            Job(Held(row.id, row.attempts), row.entity_id, row.store_id, events[row.event_id].public_id,
                events[row.event_id].body.encode(), row.endpoint_id, moment + waits.get(row.id, 0.0))
            for row in rows
        ]  # fmt: skip

    def _refresh(self, found: Mapping[int, Endpoint] | None) -> None:
        for row in (found or {}).values():
            known = self._targets.get(row.id)
            keys = tuple(endpoints.keys_of(row.secrets, self.sealer, self.now()))
            if known is None:
                known = self._targets[row.id] = Target(
                    row.id, row.entity_id, row.url, keys, row.max_concurrency, row.failing_since
                )
            known.url, known.keys, known.failing_since = row.url, keys, row.failing_since
            known.max_concurrency = row.max_concurrency

    # Calling -----------------------------------------------------------------------------------------------------

    def _start(self, target: Target) -> None:
        """Begin as many calls as concurrency allows and whose turn has come."""
        while target.queue and target.running < target.max_concurrency:
            wait = target.queue[0].turn - time.monotonic()
            if wait > 0:
                if not target.waits:
                    target.waits = True
                    asyncio.get_running_loop().call_later(wait, self._go_on, target)
                return
            job = target.queue.popleft()
            if job.held not in self._in_hand:
                continue
            target.running += 1
            task = asyncio.create_task(self._call(target, job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _go_on(self, target: Target) -> None:
        """The turn of the first in the queue has come."""
        target.waits = False
        self._start(target)

    async def _call(self, target: Target, job: Job) -> None:
        assert self._sender is not None
        at = self.now()
        if target.keys:
            reply = await self._sender.send(
                target.url, target.keys, job.public_id, job.body, timestamp=int(at.timestamp())
            )
        else:
            why = "no secret of this endpoint can be opened: the key that sealed it is not the one in use"
            reply = Reply(schedule.UNREADABLE, None, 0, {}, error=why)
        target.running -= 1
        target.speed += 0.2 * (reply.milliseconds / 1000 - target.speed)
        self._done.append((job, reply, at))
        self._start(target)
        if not target.queue:
            self._wake.set()
        elif len(self._done) == 1:  # more will come; they are written together
            asyncio.get_running_loop().call_later(self.pace.settle_every, self._wake.set)

    # Settling ----------------------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        if not self._done:
            return
        done, self._done = self._done, []
        try:
            await self._thread(self._write, done)
        except (SQLAlchemyError, DatabaseBusy):
            self._done = done + self._done
            raise
        for job, reply, _ in done:
            self._in_hand.pop(job.held, None)
            self.delivered += reply.outcome == schedule.DELIVERED

    def _write(self, done: list[tuple[Job, Reply, datetime]]) -> None:
        """In the thread: all outcomes of a moment in one transaction."""
        now = self.now()
        good = [job for job, reply, _ in done if reply.outcome == schedule.DELIVERED]
        bad = [(job, reply) for job, reply, _ in done if reply.outcome != schedule.DELIVERED]
        with self.database.system(actor=ACTOR) as session:
            for start in range(0, len(good), 400):
                held = [job.held for job in good[start : start + 400]]
                leases.finish(session, Delivery, held, worker=self.name, now=now)
            retries, ended = [], []
            for job, reply in bad:
                asked = reply.response.get("retry-after")
                coming = schedule.next_attempt(job.held.attempt, now, dice=self.dice(), retry_after=asked)
                if reply.outcome == schedule.GONE or coming.at is None:
                    ended.append((job, reply))
                else:
                    retries.append(Retry(job.held, coming.at, reply.error or reply.outcome))
            leases.retry(session, Delivery, retries, worker=self.name)
            for job, reply in ended:
                leases.finish(session, Delivery, [job.held], worker=self.name, now=now, state=DEAD, error=reply.error)
            rows = [_attempt(job, reply, at) for job, reply, at in done]
            session.connection().execute(insert(Attempt.__table__), rows)
            self._note_health(session, {j.endpoint_id for j in good}, bad, now)

    def _note_health(self, session: Session, well: set[int], bad: list[tuple[Job, Reply]], now: datetime) -> None:
        """Since when nothing got through; an endpoint is disabled when that is too long, or when it said 410."""
        recovered = [number for number in well if self._targets[number].failing_since is not None]
        failing = {job.endpoint_id for job, _ in bad} - well
        fresh = [number for number in failing if self._targets[number].failing_since is None]
        for numbers, since in ((recovered, None), (fresh, now)):
            for number in numbers:
                session.execute(
                    update(Endpoint).where(Endpoint.id == number).values(failing_since=since),
                    execution_options={"unaudited": "seen by the worker", "synchronize_session": False},
                )
                self._targets[number].failing_since = since
        gone = {job.endpoint_id for job, reply in bad if reply.outcome == schedule.GONE}
        late = {
            number for number in failing if now - (self._targets[number].failing_since or now) >= schedule.DISABLE_AFTER
        }
        for number in gone | late:
            endpoint = session.get(Endpoint, number)
            if endpoint is not None:
                reason = "answered_410" if number in gone else "failing_too_long"
                endpoints.disable(session, endpoint, reason=reason, now=now)

    async def _renew(self) -> None:
        """Prolong what is held, in good time; what another has taken meanwhile is forgotten, if it was not begun."""
        if time.monotonic() - self._renewed < self.pace.lease / 3 or not self._in_hand:
            return
        self._renewed = time.monotonic()
        held = list(self._in_hand)
        kept = await self._thread(self._prolong, held)
        queued = {job.held for target in self._targets.values() for job in target.queue}
        for item in held:
            if item.id not in kept and item in queued:
                self._in_hand.pop(item, None)

    def _prolong(self, held: list[Held]) -> set[int]:
        until = self.now() + timedelta(seconds=self.pace.lease)
        with self.database.system(actor=ACTOR) as session:
            return leases.renew(session, Delivery, held, worker=self.name, until=until)

    async def _wind_up(self) -> None:
        queued = [job.held for target in self._targets.values() for job in target.queue]
        for target in self._targets.values():
            target.queue.clear()
        if self._tasks:
            await asyncio.wait(self._tasks)
        try:
            await self._settle()
            if queued:
                await self._thread(self._give_back, queued)
        except (SQLAlchemyError, DatabaseBusy) as error:  # the leases run out by themselves
            self.on_error("database", error)
        if self._sender is not None:
            await self._sender.close()
            self._sender = None
        self._threads.shutdown(wait=True)

    def _give_back(self, held: list[Held]) -> None:
        with self.database.system(actor=ACTOR) as session:
            leases.release(session, Delivery, held, worker=self.name, now=self.now())


def _attempt(job: Job, reply: Reply, at: datetime) -> dict[str, Any]:
    request = {name: value for name, value in reply.request.items() if name != "webhook-signature"}
    return {
        "entity_id": job.entity_id, "store_id": job.store_id, "delivery_id": job.held.id,
        "number": job.held.attempt, "at": at, "outcome": reply.outcome, "status": reply.status,
        "milliseconds": reply.milliseconds, "request": request, "response": reply.response,
        "body_head": reply.body_head,
    }  # fmt: skip
