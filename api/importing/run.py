"""One import: read, write chunk by chunk, keep the checkpoint, report every refusal.

A chunk and its checkpoint are one transaction. A run that was killed goes on behind its last commit when the same
file is imported again; records before it are read (so that repeated ids are still seen) and not written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.importing.records import Item, Refusal
from api.importing.sources import PRODUCTS, Source, key_of
from engine.errors import IntakeError, StorewardenError
from engine.intake.values import clean
from store_model import bulk
from store_model.assessments import upsert_assessments
from store_model.audit import Change, note
from store_model.db import Database
from store_model.deadlines import Limits
from store_model.imports import ImportRefusal, ImportRun
from store_model.penalty_book import PenaltyBook
from store_model.tenancy import Scope, scoped_insert

CHUNK = 500
"""Records of one transaction."""
MAX_REFUSALS = 100_000
"""Refusals kept for one run; the rest are counted alone."""

Progress = Callable[[int], None]
"""Told after each commit how many records are done."""


class ImportTaken(StorewardenError):
    """Another process is importing the same file now."""

    code = "import_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`status` is for new products that do not say theirs; `seen_at` is when the file was made; `book` gives what takes
    in violations.
    """

    limits: Limits
    status: str = "draft"
    seen_at: datetime
    chunk: int = CHUNK
    book: Callable[[Session, bulk.Place], PenaltyBook] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an import goes, and in whose name."""

    database: Database
    scope: Scope
    store_id: int

    @property
    def place(self) -> bulk.Place:
        """The tenant of its rows."""
        return bulk.Place(self.scope.entity_id, self.store_id)


def begin(target: Target, source: Source, sha256: str) -> tuple[int, int]:
    """The run of this file: (id, records done). One that was left half-way goes on; else a new one."""
    now = target.database.now()
    with target.database.scoped(target.scope) as session:
        run = session.scalar(
            select(ImportRun).where(
                ImportRun.store_id == target.store_id,
                ImportRun.sha256 == sha256,
                ImportRun.kind == source.kind,
                ImportRun.state == "running",
            )
        )
        if run is None:
            run = ImportRun(
                **target.place.columns(),
                kind=source.kind,
                file=clean(source.name)[0][:200],
                sha256=sha256,
                state="running",
                done=0, inserted=0, updated=0, unchanged=0, refused=0, notes=[],
                started_at=now,
                started_by=target.scope.actor,
            )  # fmt: skip
            session.add(run)
            session.flush()
        return run.id, run.done


def carry_on(
    target: Target, source: Source, run_id: int, done: int, options: Options, progress: Progress | None = None
) -> None:
    """Import what is left of a file, to its end. ImportTaken when another process goes on with the same run.

    An IntakeError on the way (a workbook that breaks off, say) ends the run as failed; what was committed stays.
    """
    seen: dict[str, int] = {}
    position, analysed = 0, 1
    items = _unrepeated(source.items(), seen)
    try:
        position = sum(1 for _ in islice(items, done))
        while chunk := list(islice(items, options.chunk)):
            _write(target, source.kind, run_id, position, chunk, options)
            position += len(chunk)
            if position >= 4 * analysed:  # a table that grows from nothing is planned by what it was
                bulk.refresh_statistics(target.database, source.kind)
                analysed = position
            if progress is not None:
                progress(position)
    except IntakeError as error:
        _end(target, run_id, "failed", {"en": error.en, "zh": error.zh, "where": error.where})
        raise
    _end(target, run_id, "done", None)


def _unrepeated(items: Iterator[Item], seen: dict[str, int]) -> Iterator[Item]:
    """The first record of an id counts; later ones are refused, or the same file would change the store each time."""
    for number, item in enumerate(items, start=1):
        key = key_of(item.value) if item.value is not None else None
        before = seen.setdefault(key, number) if key is not None else number
        if before == number:
            yield item
            continue
        place = item.place if any(item.place.values()) else {"en": f"record {number}", "zh": f"第 {number} 条记录"}
        refusal = Refusal(
            "repeated_id",
            {"en": f"the id stands in record {before} as well; the first one counts",
             "zh": f"该 ID 在第 {before} 条记录已出现，以首次出现为准"},
            place, item.sheet, item.row, value=str(key)[:60], is_whole_record=True,
        )  # fmt: skip
        yield Item(None, (*item.refusals, refusal))


def _write(target: Target, kind: str, run_id: int, position: int, chunk: list[Item], options: Options) -> None:
    with target.database.scoped(target.scope) as session:
        run = session.scalar(select(ImportRun).where(ImportRun.id == run_id).with_for_update())
        if run is None or run.done != position or run.state != "running":
            raise ImportTaken(str(run_id))
        values = [item.value for item in chunk if item.value is not None]
        counts = Counter(_upsert(session, target.place, kind, values, options, target.database.now()))
        refused = sum(item.value is None for item in chunk)
        rows = list(_refusal_rows(run_id, position, chunk))[: max(0, MAX_REFUSALS - run.refused)]
        if rows:
            scoped_insert(
                session, ImportRefusal.__table__.insert(), [{**target.place.columns(), **row} for row in rows]
            )
        run.done = position + len(chunk)
        run.inserted += counts[bulk.INSERTED]
        run.updated += counts[bulk.UPDATED]
        run.unchanged += counts[bulk.UNCHANGED]
        run.refused += refused


def _upsert(
    session: Session, place: bulk.Place, kind: str, values: list[Any], options: Options, now: datetime
) -> list[str]:
    if kind == PRODUCTS:
        return bulk.upsert_products(session, place, values, status=options.status, now=now)
    if kind == "orders":
        return bulk.upsert_orders(session, place, values, limits=options.limits, seen_at=options.seen_at, now=now)
    if kind == "assessments":
        return upsert_assessments(session, place, values, seen_at=options.seen_at, now=now)
    if kind == "disputes":
        return bulk.upsert_disputes(session, place, values, answer=options.limits.dispute_answer, now=now)
    if kind == "analytics":
        return bulk.upsert_metrics(session, place, values)
    if kind == "violations":
        assert options.book is not None
        taken = options.book(session, place).receive(session, place, values, now=now).taken if values else ()
        return [bulk.UNCHANGED if one.outcome == "known" else bulk.INSERTED for one in taken]
    return bulk.upsert_evaluations(session, place, values, now=now)


def _refusal_rows(run_id: int, position: int, chunk: list[Item]) -> Iterator[dict[str, Any]]:
    for number, item in enumerate(chunk, start=position + 1):
        for refusal in item.refusals:
            shown = refusal.to_dict()
            shown["column"], shown["value"] = clean(refusal.column)[0], clean(refusal.value)[0]
            yield {"run_id": run_id, "record": number, **shown, "sheet": clean(refusal.sheet)[0][:200]}


def _end(target: Target, run_id: int, state: str, failure: dict[str, str] | None) -> None:
    """Close the run, and record it in the audit as the one change that it is."""
    with target.database.scoped(target.scope) as session:
        run = session.get(ImportRun, run_id)
        if run is None or run.state != "running":
            return
        run.state, run.failure, run.ended_at = state, failure, target.database.now()
        after = {
            name: getattr(run, name)
            for name in ("kind", "file", "sha256", "state", "done", "inserted", "updated", "unchanged", "refused")
        }
        note(
            session,
            Change(run.entity_id, "import", ImportRun.__tablename__, str(run.id), run.store_id, None, after),
        )


def refusals(session: Session, run: ImportRun, limit: int) -> list[dict[str, Any]]:
    """The first refusals of a run, in the order of the file."""
    rows = session.scalars(
        select(ImportRefusal).where(ImportRefusal.run_id == run.id).order_by(ImportRefusal.id).limit(limit)
    )
    names = ("record", "sheet", "row", "column", "place", "code", "reason", "value", "is_whole_record")
    return [{name: getattr(row, name) for name in names} for row in rows]
