"""Diagnoses as jobs: a leased row, and a row for each part of its work with its input and, once done, its result.

A part's result, what it changes in the store and how far the job has come are one transaction: a job that was killed
goes on with the first part that has no result, and a part is never done twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.leases import CANCELLED, RUNNING, WAITING, Held, Leased, finish
from store_model.outbox import emit
from store_model.tenancy import Id, StoreRow

SOURCES = ("products", "upload")
KIND = "diagnosis"


class Diagnosis(StoreRow, Leased, Base):
    """A diagnosis of many listings. `parts` is 0 until its work was cut; `tally` are the counts so far."""

    __tablename__ = "diagnosis"
    __audited__ = False  # what it finds has a history of its own; who asked for it stands here

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(12))
    name: Mapped[str | None] = mapped_column(String(200))
    as_of: Mapped[date]
    pack_digest: Mapped[str] = mapped_column(String(80))
    started_by: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parts: Mapped[int] = mapped_column(default=0)
    parts_done: Mapped[int] = mapped_column(default=0)
    parts_failed: Mapped[int] = mapped_column(default=0)
    listings: Mapped[int] = mapped_column(default=0)
    listings_done: Mapped[int] = mapped_column(default=0)
    tally: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    cancelled: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_diagnosis_due", "due_at", "id"),
        Index("ix_diagnosis_store", "entity_id", "store_id", "id"),
    )


class DiagnosisPart(StoreRow, Base):
    """Some listings of a diagnosis: products from `low` to `high`, or what was uploaded, as Arrow.

    `result`: the findings as Parquet; `outcome`: the counts, and why the part could not be done.
    """

    __tablename__ = "diagnosis_part"
    __audited__ = False  # belongs to its diagnosis

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    diagnosis_id: Mapped[int] = mapped_column(Id, ForeignKey("diagnosis.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    rows: Mapped[int] = mapped_column(default=0)
    low: Mapped[int | None] = mapped_column(Id)
    high: Mapped[int | None] = mapped_column(Id)
    input: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    result: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("entity_id", "diagnosis_id", "number", name="uq_diagnosis_part_number"),)


def start(session: Session, diagnosis: Diagnosis, parts: Iterable[DiagnosisPart], *, now: datetime) -> Diagnosis:
    """Put a new diagnosis into the queue, with the parts that are known already."""
    diagnosis.state, diagnosis.due_at, diagnosis.created_at, diagnosis.attempts = WAITING, now, now, 0
    session.add(diagnosis)
    session.flush()
    lay_out(session, diagnosis, parts)
    return diagnosis


def lay_out(session: Session, diagnosis: Diagnosis, parts: Iterable[DiagnosisPart]) -> None:
    """Cut the work of a diagnosis."""
    for part in parts:
        part.diagnosis_id, part.number = diagnosis.id, diagnosis.parts
        part.entity_id, part.store_id = diagnosis.entity_id, diagnosis.store_id
        diagnosis.parts += 1
        diagnosis.listings += part.rows
        session.add(part)
        session.flush()
        session.expunge(part)  # inputs of a large job are not all held


def undone(session: Session, diagnosis_id: int) -> Sequence[int]:
    """The ids of the parts that have no result, in order."""
    return session.scalars(
        select(DiagnosisPart.id)
        .where(DiagnosisPart.diagnosis_id == diagnosis_id, DiagnosisPart.done_at.is_(None))
        .order_by(DiagnosisPart.number)
    ).all()


def cancel(session: Session, diagnosis: Diagnosis, *, now: datetime) -> bool:
    """End a diagnosis that waits, or have the one that runs end after its part; False when it has ended already."""
    if diagnosis.state == RUNNING:
        diagnosis.cancelled = True
        return True
    if diagnosis.state != WAITING:
        return False
    diagnosis.cancelled, diagnosis.state, diagnosis.due_at, diagnosis.finished_at = True, CANCELLED, None, now
    session.flush()
    completed(session, diagnosis, now)
    return True


def close(
    session: Session, diagnosis_id: int, held: Held, state: str, *, worker: str, now: datetime, error: str | None = None
) -> bool:
    """End a job as the worker that holds it, and tell; False when another one holds it by now."""
    if not finish(session, Diagnosis, [held], worker=worker, now=now, state=state, error=error):
        return False
    session.expire_all()
    completed(session, session.get_one(Diagnosis, diagnosis_id), now)
    return True


def completed(session: Session, diagnosis: Diagnosis, now: datetime) -> None:
    """Tell that a job ended."""
    emit(
        session,
        entity_id=diagnosis.entity_id,
        store_id=diagnosis.store_id,
        type="job.completed",
        data={
            "job_id": str(diagnosis.id), "kind": KIND, "state": diagnosis.state, "items": diagnosis.listings_done,
        },
        now=now,
    )  # fmt: skip


def renewed(session: Session, held: Held, *, worker: str, until: datetime) -> bool:
    """Prolong the lease in the transaction of a part; False when another worker has the job."""
    changed = session.execute(
        update(Diagnosis)
        .where(
            Diagnosis.id == held.id,
            Diagnosis.attempts == held.attempt,
            Diagnosis.leased_by == worker,
            Diagnosis.state == RUNNING,
        )
        .values(due_at=until)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]
