"""Work that is due at a time: rows that any process may take, and sweeps that run every so often over all tenants.

`plan` puts a piece of work into the transaction of the change that calls for it (a deadline that must be announced, a
waiver that ends). It is run once, at its time or as soon after as a process is up: what it changes and the end of its
row are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, UniqueConstraint, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.columns import Base
from store_model.leases import CANCELLED, DONE, RUNNING, WAITING, Leased
from store_model.tenancy import Id, StoreRow, scoped_insert


class WorkItem(StoreRow, Leased, Base):
    """One piece of work of a store: a kind that a handler is registered for, a key that names it, and its data."""

    __tablename__ = "work_item"
    __audited__ = False  # what the work changes is recorded where it is changed
    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "kind", "key"),
        Index("ix_work_item_due", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Sweep(Leased, Base):
    """When a sweep over all tenants is next due."""

    __tablename__ = "sweep"
    __table_args__ = (Index("ix_sweep_due", "due_at", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)


def plan(
    session: Session,
    *,
    entity_id: int,
    store_id: int,
    kind: str,
    key: str,
    at: datetime,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Have this done at `at`, once. Planned again under the same key before it began, the later word counts."""
    row = {
        "entity_id": entity_id, "store_id": store_id, "kind": kind, "key": key, "payload": payload or {},
        "state": WAITING, "due_at": at, "attempts": 0, "created_at": now,
    }  # fmt: skip
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(WorkItem)
    fresh = {"due_at": statement.excluded.due_at, "payload": statement.excluded.payload}
    statement = statement.on_conflict_do_update(
        index_elements=["entity_id", "store_id", "kind", "key"], set_=fresh, where=WorkItem.state == WAITING
    )
    scoped_insert(session, statement, [row])


def note_first(
    session: Session, *, entity_id: int, store_id: int, kind: str, keys: Sequence[str], now: datetime
) -> set[str]:
    """Note that these things are done now, as the transaction says; answers those that were never noted before.

    For what must be told once and is found by looking, not planned: the row that stays is what makes it once.
    """
    rows = [
        {
            "entity_id": entity_id, "store_id": store_id, "kind": kind, "key": key, "payload": {}, "state": DONE,
            "due_at": None, "attempts": 1, "created_at": now, "finished_at": now,
        }
        for key in sorted(set(keys))
    ]  # fmt: skip
    if not rows:
        return set()
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(WorkItem).on_conflict_do_nothing().returning(WorkItem.key)
    return set(scoped_insert(session, statement, rows).scalars())


def forget_before(session: Session, moment: datetime, *, limit: int = 10_000) -> int:
    """Delete work that ended before a moment; how much. What is dead stays, to be seen."""
    old = select(WorkItem.id).where(WorkItem.finished_at < moment, WorkItem.state.in_((DONE, CANCELLED))).limit(limit)
    gone = delete(WorkItem).where(WorkItem.id.in_(old)).returning(WorkItem.id)
    return len(session.scalars(gone, execution_options={"synchronize_session": False}).all())


def cancel(session: Session, *, entity_id: int, store_id: int, kind: str, key: str, now: datetime) -> bool:
    """It is not needed any more; False when it is done, running elsewhere, or was never planned."""
    gone = (
        update(WorkItem)
        .where(
            WorkItem.entity_id == entity_id,
            WorkItem.store_id == store_id,
            WorkItem.kind == kind,
            WorkItem.key == key,
            WorkItem.state.not_in((RUNNING,)),
            WorkItem.due_at.is_not(None),
        )
        .values(state=CANCELLED, due_at=None, finished_at=now)
        .returning(WorkItem.id)
    )
    return session.scalars(gone, execution_options={"synchronize_session": False}).first() is not None
