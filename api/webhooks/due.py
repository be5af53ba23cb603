"""Work that is due: pieces that were planned for a time, and sweeps over all tenants every so often.

    @handler("waiver.end")
    def end_waiver(session, item, now): ...      # item.payload says what; the change and the end of the row are one

    @sweep("events.forget", every=timedelta(hours=1))
    def forget(session, now): ...

Each runs in one process at a time and is noted in the transaction that did it. After downtime a piece of work runs
once, a sweep once and then at its pace again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store_model import contests, leases, outbox, waivers, work
from store_model.db import Database
from store_model.leases import DEAD, WAITING, Held, Retry
from store_model.work import Sweep, WorkItem

Handler = Callable[[Session, WorkItem, datetime], None]
Run = Callable[[Session, datetime], bool | None]
"""What a sweep does, in a transaction of its own. True: there is more, run me again at once."""

LEASE = timedelta(minutes=5)
WAITS = (10, 60, 600, 3600, 6 * 3600)
"""Seconds until work that failed is tried again; then it is dead, and stays to be seen."""

BATCH = 20
DEADLINES = 1000
"""Deadlines of a kind that one transaction lets pass."""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """A sweep: how often, and what it does."""

    every: timedelta
    run: Run


HANDLERS: dict[str, Handler] = {}
SWEEPS: dict[str, Sweeping] = {}


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register what does work of this kind."""

    def register(function: Handler) -> Handler:
        if kind in HANDLERS:
            raise ValueError(f"there is a handler for {kind}")
        HANDLERS[kind] = function
        return function

    return register


def sweep(name: str, *, every: timedelta) -> Callable[[Run], Run]:
    """Register a sweep."""

    def register(function: Run) -> Run:
        if name in SWEEPS:
            raise ValueError(f"there is a sweep {name}")
        SWEEPS[name] = Sweeping(every, function)
        return function

    return register


class Due:
    """Runs what is due. `retention`: how long events are kept."""

    def __init__(
        self,
        database: Database,
        worker: str,
        now: Callable[[], datetime],
        *,
        retention: timedelta,
        handlers: Mapping[str, Handler] | None = None,
        sweeps: Mapping[str, Sweeping] | None = None,
    ) -> None:
        self.database = database
        self.worker = worker
        self.now = now
        self.handlers = HANDLERS if handlers is None else handlers
        forget = Sweeping(timedelta(hours=1), lambda session, now: _forget(session, now - retention))
        self.sweeps = {"events.forget": forget, **(SWEEPS if sweeps is None else sweeps)}
        self._known = False

    def run_once(self) -> int:
        """Do all that is due now; how much that was."""
        now = self.now()
        if not self._known:
            self._announce(now)
        with self.database.system(actor="system:due", read_only=True) as session:
            has_work = session.scalar(select(WorkItem.id).where(WorkItem.due_at <= now).limit(1)) is not None
            has_sweeps = session.scalar(select(Sweep.id).where(Sweep.due_at <= now).limit(1)) is not None
        done = 0
        if has_work:
            for item in self._claim(WorkItem, now, (WorkItem.kind.in_(sorted(self.handlers)),)):
                done += self._do(item, now)
        if has_sweeps:
            for item in self._claim(Sweep, now, (Sweep.name.in_(sorted(self.sweeps)),)):
                done += self._sweep(item, now)
        return done

    def _claim(self, cls: Any, now: datetime, where: tuple[Any, ...]) -> list[Any]:
        with self.database.system(actor="system:due") as session:
            found = leases.claim(session, cls, worker=self.worker, now=now, lease=LEASE, limit=BATCH, where=where)
            return list(found)

    def _do(self, item: WorkItem, now: datetime) -> int:
        held = Held(item.id, item.attempts)
        try:
            with self.database.system(actor=f"system:{item.kind}") as session:
                if not leases.finish(session, WorkItem, [held], worker=self.worker, now=now):
                    return 0
                self.handlers[item.kind](session, item, now)
        except Exception as error:  # the row keeps it; nothing of the work was written
            self._failed(WorkItem, held, now, error)
            return 0
        return 1

    def _sweep(self, item: Sweep, now: datetime) -> int:
        held = Held(item.id, item.attempts)
        found = self.sweeps[item.name]
        try:
            with self.database.system(actor=f"system:{item.name}") as session:
                leases.retry(session, Sweep, [Retry(held, now + found.every, "")], worker=self.worker)
                if found.run(session, now):
                    session.flush()
                    session.execute(update(Sweep).where(Sweep.id == item.id).values(due_at=now))
        except Exception as error:
            with self.database.system(actor="system:due") as session:
                again = Retry(held, now + found.every, f"{type(error).__name__}: {error}")
                leases.retry(session, Sweep, [again], worker=self.worker)
            return 0
        return 1

    def _failed(self, cls: Any, held: Held, now: datetime, error: Exception) -> None:
        words = f"{type(error).__name__}: {error}"
        with self.database.system(actor="system:due") as session:
            if held.attempt > len(WAITS):
                leases.finish(session, cls, [held], worker=self.worker, now=now, state=DEAD, error=words)
                return
            at = now + timedelta(seconds=WAITS[held.attempt - 1])
            leases.retry(session, cls, [Retry(held, at, words)], worker=self.worker)

    def _announce(self, now: datetime) -> None:
        """A row for each sweep that has none."""
        with self.database.system(actor="system:due") as session:
            known = set(session.scalars(select(Sweep.name)))
            missing = [name for name in self.sweeps if name not in known]
            dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
            for name in missing:
                row = {"name": name, "state": WAITING, "due_at": now, "attempts": 0, "created_at": now}
                session.execute(dialect.insert(Sweep).values(**row).on_conflict_do_nothing())
        self._known = True


def _forget(session: Session, before: datetime) -> None:
    outbox.forget_before(session, before)
    work.forget_before(session, before)


@handler(waivers.WORK)
def end_waiver(session: Session, item: WorkItem, now: datetime) -> None:
    """A waiver ends at its time, unless it was prolonged; its findings count again, and that is told."""
    waivers.end_due(session, int(item.payload["waiver_id"]), now=now)


@sweep("contests.deadlines", every=timedelta(minutes=1))
def pass_deadlines(session: Session, now: datetime) -> bool:
    """Complaints and appeals whose time is over move on, and that is told (by the sweep itself)."""
    return len(contests.sweep_deadlines(session, now, limit=DEADLINES)) >= DEADLINES
