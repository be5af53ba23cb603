"""Rows that are read off the ledger for filtering, violations and enforcement, and what a store may not do now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.ledger import Ledger, Notice
from engine.ledger.timeline import Enforcement
from engine.model.ladder import ACTIONS
from store_model.bulk import Place
from store_model.tenancy import own, run_own, scoped_insert
from store_model.violations import EntityEnforcement, PlatformNotice, StoreEnforcement, Violation

TABLES = {StoreEnforcement: StoreEnforcement.store_id, EntityEnforcement: EntityEnforcement.from_store_id}
"""The two tables of enforcement, and the column that says which store brought it about."""

# Statements that are made once: making one costs as much as running it.
NEW_ENFORCEMENT = {cls: insert(cls) for cls in TABLES}
STANDING, AWAY, LIFT = {}, {}, {}
for _cls, _mine in TABLES.items():
    _table: Any = _cls.__table__
    _its = _table.c[_mine.key] == bindparam("store")
    _ids = _table.c.id.in_(bindparam("ids", expanding=True))
    _begun = _table.c.start_at.in_(bindparam("starts", expanding=True))
    STANDING[_cls] = own(
        select(_table.c.id, _table.c.ladder, _table.c.step, _table.c.action, _table.c.start_at).where(
            _its, _table.c.lifted_at.is_(None), _begun
        ),
        _cls,
    )
    AWAY[_cls] = own(delete(_table).where(_ids, _its), _cls)
    LIFT[_cls] = own(update(_table).where(_ids, _its), _cls).values(lifted_at=bindparam("now"))


def read_off_violations(
    session: Session, place: Place, ledger: Ledger, touched: Collection[str], now: datetime
) -> None:
    """One row for each case that the new notices touched; a parked one too, so that nothing is dropped."""
    entries = {entry.case: entry for entry in ledger.entries}
    reasons = {parked.notice.case: parked.reason for parked in ledger.parked if parked.notice.type == "violation"}
    rows = {}
    for case in ledger.cases:
        if case.id not in touched:
            continue
        entry, notice = entries.get(case.id), case.notice
        reason = None if entry is not None or case.reversed_at is not None else reasons.get(case.id)
        state = (
            "reversed"
            if case.reversed_at
            else "parked"
            if reason
            else "amended"
            if case.latest is not None
            else "active"
        )
        rows[case.id] = {
            **place.columns(), "case_no": case.id, "offence": notice.offence or "", "state": state, "parked": reason,
            "ladder": entry.ladder if entry else None, "grade": entry.grade if entry else notice.grade,
            "points": entry.points if entry else None, "original": entry.original if entry else notice.points,
            "at": notice.at, "lapses_at": entry.lapses if entry else None, "listing": notice.listing,
            "remark": notice.remark, "updated_at": now,
        }  # fmt: skip
    _replace_violations(session, place, rows)


def show_held(session: Session, place: Place, new: Sequence[Notice], now: datetime) -> None:
    """A held notice of a case that is not known yet is shown as a parked violation."""
    if not new:
        return
    known = set(session.scalars(select(Violation.case_no).where(Violation.store_id == place.store_id)))
    rows = {
        notice.case: {
            **place.columns(), "case_no": notice.case, "offence": notice.offence or "", "state": "parked",
            "parked": "held", "ladder": None, "grade": notice.grade, "points": None, "original": notice.points,
            "at": notice.at, "lapses_at": None, "listing": notice.listing, "remark": notice.remark, "updated_at": now,
        }
        for notice in new
        if notice.type == "violation" and notice.case not in known
    }  # fmt: skip
    _replace_violations(session, place, rows)


def _replace_violations(session: Session, place: Place, rows: Mapping[str, dict[str, Any]]) -> None:
    if not rows:
        return
    names = tuple(name for name in next(iter(rows.values())) if name not in CASE_KEY)
    scoped_insert(session, _upsert(session.get_bind().dialect.name, names), list(rows.values()))


CASE_KEY = ("entity_id", "store_id", "case_no")


@lru_cache(maxsize=8)
def _upsert(dialect: str, changed: tuple[str, ...]) -> Any:
    """The statement is made once: making it costs more than running it."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(Violation)
    return statement.on_conflict_do_update(
        index_elements=list(CASE_KEY), set_={name: statement.excluded[name] for name in changed}
    )


def show_parked(
    session: Session,
    place: Place,
    before: Mapping[tuple[str, str], str],
    after: Mapping[tuple[str, str], str],
) -> None:
    """Write why notices are parked now, where that changed."""
    for case_no, content in {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}:
        session.execute(
            update(PlatformNotice)
            .where(
                PlatformNotice.store_id == place.store_id,
                PlatformNotice.case_no == case_no,
                PlatformNotice.content == content,
            )
            .values(parked=after.get((case_no, content)))
        )


def read_off_enforcement(
    session: Session, place: Place, before: Ledger, after: Ledger, now: datetime
) -> tuple[tuple[Enforcement, ...], tuple[Enforcement, ...]]:
    """Write what began, moved its end, or was undone. A lifted row stays; one that moved is replaced."""
    changed = [name for name, pool in after.pools.items() if pool is not before.pools[name]]
    old = {_key(e): e for name in changed for e in before.pools[name].enforcement}
    new = {_key(e): e for name in changed for e in after.pools[name].enforcement}
    gone = {key: e for key, e in old.items() if new.get(key) != e}
    come = {key: e for key, e in new.items() if old.get(key) != e}
    _end(session, place, [(e, key in come) for key, e in gone.items()], now)
    for cls, entity in ((StoreEnforcement, False), (EntityEnforcement, True)):
        rows = [_enforcement_row(place, e, now) for e in come.values() if e.entity is entity]
        if rows:
            scoped_insert(session, NEW_ENFORCEMENT[cls], rows)
    started = tuple(e for key, e in come.items() if key not in gone)
    return started, tuple(e for key, e in gone.items() if key not in come)


def _end(session: Session, place: Place, gone: Sequence[tuple[Enforcement, bool]], now: datetime) -> None:
    """Lift what is undone; take away what only moved, to be written anew. One look-up for all of one table."""
    for cls, entity in ((StoreEnforcement, False), (EntityEnforcement, True)):
        wanted = {_key(e): moved for e, moved in gone if e.entity is entity}
        if not wanted:
            continue
        where = {"entity_id": place.entity_id, "store_id": place.store_id, "store": place.store_id}
        found = run_own(session, STANDING[cls], **where, starts=sorted({key[3] for key in wanted}))
        hits = [(row.id, wanted.get((*row[1:5], entity))) for row in found]
        moved = [number for number, is_moved in hits if is_moved]
        lifted = [number for number, is_moved in hits if is_moved is False]
        if moved:
            run_own(session, AWAY[cls], **where, ids=moved)
        if lifted:
            run_own(session, LIFT[cls], **where, ids=lifted, now=now)


def _key(enforcement: Enforcement) -> tuple[Any, ...]:
    return (enforcement.ladder, enforcement.step, enforcement.action, enforcement.start, enforcement.entity)


def _enforcement_row(place: Place, enforcement: Enforcement, now: datetime) -> dict[str, Any]:
    owner = {"entity_id": place.entity_id, "from_store_id": place.store_id} if enforcement.entity else place.columns()
    return {
        **owner, "ladder": enforcement.ladder, "step": enforcement.step, "action": enforcement.action,
        "start_at": enforcement.start, "until_at": enforcement.until, "known_at": now,
        "data": msgspec.to_builtins(enforcement),
    }  # fmt: skip


def enforcement_of(row: StoreEnforcement | EntityEnforcement) -> Enforcement:
    """The enforcement of a row."""
    return msgspec.convert(row.data, Enforcement, strict=False)


def inherited(session: Session, place: Place, as_of: datetime) -> list[Enforcement]:
    """What other stores of the legal entity bring upon this one at a moment."""
    found = select(EntityEnforcement).where(
        EntityEnforcement.entity_id == place.entity_id,
        EntityEnforcement.from_store_id != place.store_id,
        EntityEnforcement.lifted_at.is_(None),
        EntityEnforcement.start_at <= as_of,
        (EntityEnforcement.until_at.is_(None)) | (EntityEnforcement.until_at > as_of),
    )
    return [enforcement_of(row) for row in session.scalars(found.order_by(EntityEnforcement.id))]


def release_block(session: Session, place: Place, as_of: datetime) -> Enforcement | None:
    """What forbids a store to publish anything at a moment, the one that lasts longest; None when nothing does."""
    own = select(StoreEnforcement).where(
        StoreEnforcement.store_id == place.store_id,
        StoreEnforcement.lifted_at.is_(None),
        StoreEnforcement.start_at <= as_of,
        (StoreEnforcement.until_at.is_(None)) | (StoreEnforcement.until_at > as_of),
    )
    found = [*(enforcement_of(row) for row in session.scalars(own)), *inherited(session, place, as_of)]
    blocking = [e for e in found if ACTIONS[e.action].blocks_release]
    open_ended = [e for e in blocking if e.until is None]
    return open_ended[0] if open_ended else max(blocking, key=lambda e: (e.until, e.start), default=None)
