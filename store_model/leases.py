"""Leased rows: work that survives a kill, done by one of several processes at a time; deliveries and jobs alike.

    waiting ──claim──▶ running ──finish──▶ done | dead
       ▲                  │
       └── retry, release, or the lease ends (then the next claim takes it)

`due_at` is the only thing that a claim looks at: of a waiting row the time to run, of a running one the end of its
lease, of any other nothing. A process that was killed therefore needs no tidying up. Whoever finishes a row says as
which worker and at which attempt it took it; when another has it by now, that is refused and nothing is written.
Times are given by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Integer, String, Update, bindparam, cast, func, select, true, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from store_model.columns import UtcDateTime

WAITING, RUNNING, DONE, DEAD, CANCELLED = "waiting", "running", "done", "dead", "cancelled"
STATES = (WAITING, RUNNING, DONE, DEAD, CANCELLED)
LONGEST_ERROR = 500

T = TypeVar("T", bound="Leased")


class Leased:
    """Mixin: the columns of a leased row. The class has an `id` and an index that begins at or leads to `due_at`."""

    id: Any
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR))


@dataclass(frozen=True, slots=True)
class Held:
    """A row as somebody took it: which, and at which attempt."""

    id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Retry:
    """A row to be tried again at a time, and why it failed."""

    held: Held
    at: datetime
    error: str


def claim(
    session: Session,
    cls: type[T],
    *,
    worker: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    where: Sequence[Any] = (),
) -> Sequence[T]:
    """Take up to `limit` rows that are due, the longest due first; each counts as an attempt from now on.

    On PostgreSQL rows that another transaction is taking are passed over; on SQLite there is one writer at a time.
    """
    picked = (
        select(cls.id)
        .where(cls.due_at <= now, *where)
        .order_by(cls.due_at, cls.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")  # its lock clause keeps PostgreSQL from folding it in and running it again for each row
    )
    taken = _taken(cls, picked, worker, now + lease).returning(cls)
    rows = session.scalars(taken, execution_options={"synchronize_session": False, "populate_existing": True})
    return sorted(rows, key=lambda row: row.id)


def claim_each(
    session: Session,
    cls: type[Leased],
    column: Any,
    rooms: Mapping[int, int],
    *,
    worker: str,
    now: datetime,
    lease: timedelta,
    columns: Sequence[Any],
) -> list[Any]:
    """`claim` for many groups at once: of each value of `column`, as many rows as there is room for.

    One statement for all groups with the same room; answers `columns` of the rows taken, and no objects.
    """
    by_room: dict[int, list[int]] = {}
    for key, room in rooms.items():
        if room > 0:
            by_room.setdefault(room, []).append(key)
    found: list[Any] = []
    for room, keys in by_room.items():
        picked = _of_each(session, cls, column, keys, room, now).cte("picked")
        taken = _taken(cls, picked, worker, now + lease).returning(*columns)
        found += session.execute(taken, execution_options={"synchronize_session": False}).all()
    return found


def _taken(cls: type[Leased], picked: Any, worker: str, until: datetime) -> Any:
    return (
        update(cls)
        .where(cls.id.in_(select(picked.c.id)))
        .values(state=RUNNING, leased_by=worker, due_at=until, attempts=cls.attempts + 1)
    )


def _of_each(session: Session, cls: type[Leased], column: Any, keys: list[int], room: int, now: datetime) -> Any:
    """The ids of the first `room` due rows of each key, each found by the index on (column, due_at)."""
    row = aliased(cls)
    of_key = getattr(row, column.key)
    due = select(row.id).where(row.due_at <= now).order_by(row.due_at, row.id).limit(room)
    if session.get_bind().dialect.name == "sqlite":
        key = func.json_each(json.dumps(keys)).table_valued("value").alias("wanted")
        return select(cls.id).select_from(key).join(cls, cls.id.in_(due.where(of_key == key.c.value).correlate(key)))
    key = func.unnest(cast(keys, postgresql.ARRAY(BigInteger))).table_valued("key").render_derived(name="wanted")
    first = due.where(of_key == key.c.key).with_for_update(skip_locked=True, of=row).lateral("first")
    return select(first.c.id).select_from(key).join(first, true())


def renew(session: Session, cls: type[Leased], held: Collection[Held], *, worker: str, until: datetime) -> set[int]:
    """Prolong leases; answers the ids that this worker still holds."""
    return _change(session, _held(cls, held, worker).values(due_at=until), cls, held)


def finish(
    session: Session,
    cls: type[Leased],
    held: Collection[Held],
    *,
    worker: str,
    now: datetime,
    state: str = DONE,
    error: str | None = None,
    **values: Any,
) -> set[int]:
    """End rows as done or dead; answers the ids that this worker still held, the others are left alone."""
    ended = {
        "state": state, "due_at": None, "leased_by": None, "finished_at": now,
        "last_error": None if error is None else error[:LONGEST_ERROR], **values,
    }  # fmt: skip
    return _change(session, _held(cls, held, worker).values(**ended), cls, held)


def retry(session: Session, cls: type[Leased], retries: Sequence[Retry], *, worker: str) -> None:
    """Put rows back, each to be run at its time. Those that this worker holds no longer are left alone."""
    if not retries:
        return
    table: Any = cls.__table__  # type: ignore[attr-defined]
    back = (
        update(table)
        .where(
            table.c.id == bindparam("row"),
            table.c.attempts == bindparam("attempt"),
            table.c.leased_by == worker,
            table.c.state == RUNNING,
        )
        .values(state=WAITING, leased_by=None, due_at=bindparam("at"), last_error=bindparam("error"))
    )
    session.connection().execute(
        back,
        [{"row": r.held.id, "attempt": r.held.attempt, "at": r.at, "error": r.error[:LONGEST_ERROR]} for r in retries],
    )


def release(session: Session, cls: type[Leased], held: Collection[Held], *, worker: str, now: datetime) -> set[int]:
    """Give rows back untried, as at a shutdown: they are due at once and the attempt does not count."""
    back = {"state": WAITING, "leased_by": None, "due_at": now, "attempts": cls.attempts - 1}
    return _change(session, _held(cls, held, worker).values(**back), cls, held)


def _held(cls: Any, held: Collection[Held], worker: str) -> Update:
    """The rows that this worker took at these attempts and nobody else has taken since."""
    pairs = [(item.id, item.attempt) for item in held]
    return update(cls).where(tuple_(cls.id, cls.attempts).in_(pairs), cls.leased_by == worker, cls.state == RUNNING)


def _change(session: Session, statement: Update, cls: Any, held: Collection[Held]) -> set[int]:
    if not held:
        return set()
    changed = statement.returning(cls.id).execution_options(synchronize_session=False)
    return set(session.scalars(changed))
