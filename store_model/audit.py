"""The audit: who changed what, from what to what, when. Append-only, one chain of hashes per legal entity.

Every insert, update and delete of an audited row is recorded in the transaction that makes it. Each record holds the
hash of the one before it, so a record that is changed, removed or put in later breaks the chain; `verify` names where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import DDL, JSON, Connection, Index, String, event, insert, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import EntityItself, EntityRow, Id, Scope, System

START = "0" * 64
"""The hash before the first record."""

AT_ONCE = 1000
"""Records that are read at once when a chain is followed."""

HIDDEN = "(hidden)"
PENDING, MARKS = "audit_pending", "audit_marks"


class AuditEntry(EntityRow, Base):
    """One change. `sequence` has no gaps within an entity; `before` and `after` hold the changed columns alone."""

    __tablename__ = "audit_entry"
    __audited__ = False
    __table_args__ = (
        Index("ix_audit_entry_sequence", "entity_id", "sequence", unique=True),
        Index("ix_audit_entry_subject", "entity_id", "subject_type", "subject_id", "sequence"),
        {"info": {"rights": "SELECT, INSERT"}},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sequence: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(10))
    subject_type: Mapped[str] = mapped_column(String(63))
    subject_id: Mapped[str] = mapped_column(String(63))
    store_id: Mapped[int | None] = mapped_column(Id)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(EntityRow, Base):
    """Where an entity's chain ends. Whoever appends holds this row until the end of the transaction."""

    __tablename__ = "audit_head"
    __audited__ = False

    entity_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(String(64))


for _verb in ("UPDATE", "DELETE"):
    event.listen(
        AuditEntry.__table__,
        "after_create",
        DDL(
            f"CREATE TRIGGER audit_entry_no_{_verb.lower()} BEFORE {_verb} ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        ).execute_if(dialect="sqlite"),
    )
event.listen(
    AuditEntry.__table__,
    "after_create",
    DDL(
        "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    ).execute_if(dialect="postgresql"),
)
event.listen(
    AuditEntry.__table__,
    "after_create",
    DDL(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    ).execute_if(dialect="postgresql"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a transaction that is not yet recorded."""

    entity_id: int
    action: str
    subject_type: str
    subject_id: str
    store_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record of an entity that does not follow from the one before it, and why."""

    entity_id: int
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` found for one entity: how many records hold, where the chain ends, and the first that is broken."""

    entity_id: int
    records: int
    head: str
    broken: Broken | None


# Collecting ------------------------------------------------------------------------------------------------------


def collect(session: Session) -> None:
    """Take down what a flush has just written; called between the flush and the end of its bookkeeping."""
    pending: list[Change] = session.info.setdefault(PENDING, [])
    pending += [_change(row, "insert", None, _values(row)) for row in session.new if _is_audited(row)]
    for row in session.dirty:
        if _is_audited(row):
            before, after = _changed(row)
            if after:
                pending.append(_change(row, "update", before, after))
    pending += [_change(row, "delete", _values(row), None) for row in session.deleted if _is_audited(row)]


def note(session: Session, change: Change) -> None:
    """Record something that the session itself cannot see, such as an import as a whole."""
    session.info.setdefault(PENDING, []).append(change)


def mark(session: Session, transaction: Any) -> None:
    """A savepoint begins: what is collected from here on goes with it when it is rolled back."""
    if transaction.nested:
        session.info.setdefault(MARKS, {})[transaction] = len(session.info.get(PENDING, ()))


def forget(session: Session, transaction: Any) -> None:
    """Forget the changes of a transaction or savepoint that was rolled back."""
    start = session.info.get(MARKS, {}).pop(transaction, 0)
    if transaction.nested or transaction.parent is None:
        del session.info.get(PENDING, [])[start:]


def _is_audited(row: object) -> bool:
    return isinstance(row, EntityRow | EntityItself) and bool(getattr(row, "__audited__", True))


def _change(row: Any, action: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Change:
    entity_id = row.id if isinstance(row, EntityItself) else row.entity_id
    key = "/".join(map(str, inspect(row).identity or inspect(row).mapper.primary_key_from_instance(row)))
    return Change(entity_id, action, row.__tablename__, key, getattr(row, "store_id", None), before, after)


def _values(row: Any) -> dict[str, Any]:
    return {name: _shown(row, name, getattr(row, name)) for name in inspect(row).mapper.column_attrs.keys()}  # noqa: SIM118


def _changed(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = {}, {}
    state = inspect(row)
    for name in state.mapper.column_attrs.keys():  # noqa: SIM118 - a namespace, not a dict
        history = state.attrs[name].history
        if name != "updated_at" and history.has_changes():
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
            if old != new or not history.deleted:
                before[name], after[name] = _shown(row, name, old), _shown(row, name, new)
    return before, after


def _shown(row: Any, name: str, value: Any) -> Any:
    """A value as JSON keeps it; of a secret, only that there is one."""
    if value is not None and name in getattr(row, "__audit_hidden__", ()):
        return HIDDEN
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return "sha256:" + hashlib.sha256(value).hexdigest()
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


# Writing and checking --------------------------------------------------------------------------------------------


def write(session: Session) -> None:
    """Append the collected changes to their entities' chains. Called once, at the end of the transaction."""
    pending: list[Change] = session.info.get(PENDING, [])
    if not pending:
        return
    access = session.info["access"]
    actor = access.actor if isinstance(access, Scope | System) else "unknown"
    now: datetime = session.info["now"]()
    session.info["trusted"] = True
    try:
        for entity_id in sorted({change.entity_id for change in pending}):
            _append(session, entity_id, [change for change in pending if change.entity_id == entity_id], actor, now)
    finally:
        session.info["trusted"] = False
    pending.clear()


def _append(session: Session, entity_id: int, changes: list[Change], actor: str, now: datetime) -> None:
    connection = session.connection()
    heads, entries = AuditHead.__table__, AuditEntry.__table__
    mine = heads.c.entity_id == entity_id
    end = select(heads.c.sequence, heads.c.hash).where(mine).with_for_update()
    head = connection.execute(end).one_or_none()
    if head is None:
        first = {"entity_id": entity_id, "sequence": 0, "hash": START}
        connection.execute(_insert_unless_there(connection, heads), first)
        head = connection.execute(end).one()
    sequence, previous = head.sequence, head.hash
    rows = []
    for change in changes:
        sequence += 1
        row: dict[str, Any] = {
            "entity_id": entity_id,
            "sequence": sequence,
            "at": now,
            "actor": actor,
            "action": change.action,
            "subject_type": change.subject_type,
            "subject_id": change.subject_id,
            "store_id": change.store_id,
            "before": change.before,
            "after": change.after,
            "previous_hash": previous,
        }
        previous = row["hash"] = hash_of(row)
        rows.append(row)
    connection.execute(insert(entries), rows)
    connection.execute(update(heads).where(mine).values(sequence=sequence, hash=previous))


def _insert_unless_there(connection: Connection, table: Any) -> Any:
    """Two first writers of an entity may meet here: one inserts, the other waits and finds it."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


def hash_of(row: Any) -> str:
    """SHA-256 over everything a record says and the hash before it, in one canonical form."""
    names = (
        "entity_id",
        "sequence",
        "at",
        "actor",
        "action",
        "subject_type",
        "subject_id",
        "store_id",
        "before",
        "after",
        "previous_hash",
    )
    facts = {name: row[name] for name in names}
    facts["at"] = row["at"].timestamp()
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def verify(session: Session, entity_id: int | None = None) -> list[Verified]:
    """Follow every chain (or one) from its start. Needs a session that sees the entities: a system or their own."""
    wanted = select(AuditHead).order_by(AuditHead.entity_id)
    known = select(AuditEntry.entity_id).distinct()
    if entity_id is not None:
        wanted, known = wanted.where(AuditHead.entity_id == entity_id), known.where(AuditEntry.entity_id == entity_id)
    heads = {head.entity_id: head for head in session.scalars(wanted)}
    return [_follow(session, one, heads.get(one)) for one in sorted(heads.keys() | set(session.scalars(known)))]


def _follow(session: Session, entity_id: int, head: AuditHead | None) -> Verified:
    previous, sequence = START, 0
    for row in _records(session, entity_id):
        reason = None
        if row["sequence"] != sequence + 1:
            reason = f"record {sequence + 1} is missing"
        elif row["previous_hash"] != previous:
            reason = "it does not follow from the record before it"
        elif row["hash"] != hash_of(row):
            reason = "it was changed after it was written"
        if reason is not None:
            return Verified(entity_id, sequence, previous, Broken(entity_id, row["sequence"], reason))
        previous, sequence = row["hash"], row["sequence"]
    broken = None
    if head is None or (head.sequence, head.hash) != (sequence, previous):
        broken = Broken(entity_id, sequence + 1, "the chain ends elsewhere than its head says")
    return Verified(entity_id, sequence, previous, broken)


def _records(session: Session, entity_id: int) -> Iterator[Any]:
    """Every record in order, some at a time."""
    columns = [getattr(AuditEntry, name) for name in AuditEntry.__table__.c.keys()]  # noqa: SIM118
    after = -(2**63)
    while True:
        found = select(*columns).where(AuditEntry.entity_id == entity_id, AuditEntry.sequence > after)
        rows = session.execute(found.order_by(AuditEntry.sequence).limit(AT_ONCE)).mappings().all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["sequence"]
