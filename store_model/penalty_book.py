"""Notices of a store → its ledger, in one transaction: booked, sealed, chained, and read off into rows.

The store's head row is held from beginning to end, so that one notice after the other is taken in, whoever sends it.
A notice that is sent again changes nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.ledger import Ledger, Notice, Regime
from engine.ledger.booking import Entry
from engine.ledger.chain import Action, Chain, all_changes
from engine.ledger.engines import RuleEngine
from engine.ledger.journal import GENESIS, Row, open_rows, post
from engine.ledger.timeline import Enforcement
from engine.model.ladder import ACTIONS
from store_model.bulk import Place
from store_model.tenancy import scoped_insert
from store_model.violations import (
    EntityEnforcement,
    LedgerEntry,
    LedgerHead,
    PlatformNotice,
    StoreEnforcement,
    Violation,
)

AHEAD = timedelta(minutes=5)
"""How far a platform's clock may be ahead of ours before a notice is held as one from the future."""
REMEMBERED = 2000
"""Stores whose ledger is kept ready in memory."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one notice: booked, parked (with a reason), or known before."""

    case_no: str
    outcome: str  # booked | parked | known
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What taking in some notices did: an outcome each, the rows appended, the action log, what began and ended."""

    taken: tuple[Taken, ...]
    rows: tuple[Row, ...] = ()
    log: tuple[Action, ...] = ()
    started: tuple[Enforcement, ...] = ()
    lifted: tuple[Enforcement, ...] = ()
    before: Ledger | None = None
    after: Ledger | None = None


@dataclass(slots=True)
class _Known:
    """A store's record in memory, good as long as the head says the same."""

    notices: list[Notice]
    ledger: Ledger
    opened: dict[str, Row]
    parked: dict[tuple[str, str], str]


class PenaltyBook:
    """Takes in notices for stores under one regime. Safe to share between threads."""

    def __init__(self, regime: Regime, chain: Chain, pack: str) -> None:
        self.regime = regime
        self.pack = pack
        self._chain = chain
        self._known: OrderedDict[tuple[int, int, str, str], _Known] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def engine(self) -> RuleEngine:
        """What runs the rule network."""
        return self._chain.engine

    def receive(
        self,
        session: Session,
        place: Place,
        notices: Sequence[Notice],
        *,
        now: datetime,
        holds: Mapping[int, str] | None = None,
    ) -> Receipt:
        """Take in notices that arrive now; `known` is set here. `holds`: index → why it waits for a person."""
        head = _hold_head(session, place)
        told = [msgspec.structs.replace(notice, known=now) for notice in notices]
        held = {**{i: "from_the_future" for i, n in enumerate(told) if n.at > now + AHEAD}, **(holds or {})}
        contents = [notice.content() for notice in told]
        fresh = _store_notices(session, place, told, contents, held)
        counted = [notice for index, notice in enumerate(told) if fresh[index] and index not in held]
        with session.no_autoflush:
            receipt, parked = self._book(session, place, head, counted, now) if counted else (Receipt(()), {})
        _show_held(session, place, [told[index] for index in held if fresh[index]], now)
        taken = []
        for index, (notice, content) in enumerate(zip(told, contents, strict=True)):
            reason = held.get(index) or parked.get((notice.case, content))
            outcome = "known" if not fresh[index] else "parked" if reason else "booked"
            taken.append(Taken(notice.case, outcome, reason if fresh[index] else None))
        return replace(receipt, taken=tuple(taken))

    def accept(self, session: Session, place: Place, row: PlatformNotice, *, now: datetime, actor: str) -> Receipt:
        """A person accepts a notice that was held: it counts from now on."""
        head = _hold_head(session, place)
        session.refresh(row)
        if row.hold is None or row.accepted_at is not None:
            return Receipt((Taken(row.case_no, "known"),))
        row.accepted_at, row.accepted_by = now, actor
        session.flush()
        notice = notice_of(row)
        receipt, parked = self._book(session, place, head, [notice], now)
        reason = parked.get((notice.case, notice.content()))
        return replace(receipt, taken=(Taken(row.case_no, "parked" if reason else "booked", reason),))

    def ledger(self, session: Session, place: Place, known_as_of: datetime | None = None) -> Ledger:
        """The ledger by booking all notices anew, as known at a moment."""
        return Ledger(self.regime, load_notices(session, place), known_as_of)

    def stored(self, session: Session, place: Place, known_as_of: datetime | None = None) -> Ledger:
        """The ledger of the rows that were booked then, without booking anything."""
        opened = open_rows(load_rows(session, place), known_as_of)
        orders = load_orders(session, place, known_as_of)
        return Ledger.of_entries(self.regime, [row.entry for row in opened.values()], orders, known_as_of)

    # One transaction ---------------------------------------------------------------------------------------------

    def _book(
        self, session: Session, place: Place, head: LedgerHead, counted: Sequence[Notice], now: datetime
    ) -> tuple[Receipt, dict[tuple[str, str], str]]:
        known = self._remembered(session, place, head, counted)
        before = known.ledger
        notices = [*known.notices, *counted]
        after = Ledger(self.regime, notices, like=before)
        rows = post(known.opened, after.entries, known=now, pack=self.pack, last=(head.sequence, head.hash))
        reaction = self._chain.react(after, _booked(rows), all_changes(after, before))
        _append(session, place, rows)
        if rows:
            head.sequence, head.hash = rows[-1].seq, rows[-1].hash
        head.mark = _marked(head.mark, counted)
        started, lifted = _read_off_enforcement(session, place, before, after, now)
        parked = {(p.notice.case, p.notice.content()): p.reason for p in after.parked}
        _show_parked(session, place, known.parked, parked)
        touched = {n.case for n in counted} | {row.entry.case for row in rows}
        touched |= {case for (case, _), _ in known.parked.items() ^ parked.items()}
        _read_off_violations(session, place, after, touched, now)
        opened = {**known.opened}
        for row in rows:
            if row.kind == "entry":
                opened[row.entry.case] = row
            else:
                opened.pop(row.entry.case, None)
        self._remember(place, head, _Known(notices, after, opened, parked))
        receipt = Receipt((), tuple(rows), reaction.log, started, lifted, before, after)
        _tell(session, place, receipt, now)
        return receipt, parked

    def _key(self, place: Place, head: LedgerHead) -> tuple[int, int, str, str]:
        return (place.entity_id, place.store_id, head.hash, head.mark)

    def _remembered(self, session: Session, place: Place, head: LedgerHead, counted: Sequence[Notice]) -> _Known:
        """The record before the new notices, from memory where the head says that it is still the same."""
        key = self._key(place, head)
        with self._lock:
            known = self._known.pop(key, None)
        if known is not None:
            return known
        new = {(notice.case, notice.content()) for notice in counted}
        notices = [n for n in load_notices(session, place) if (n.case, n.content()) not in new]
        ledger = Ledger(self.regime, notices)
        opened = open_rows(load_rows(session, place)) if head.sequence else {}
        parked = {(p.notice.case, p.notice.content()): p.reason for p in ledger.parked}
        return _Known(notices, ledger, opened, parked)

    def _remember(self, place: Place, head: LedgerHead, known: _Known) -> None:
        """Kept under what the head will say; when the transaction fails nobody ever finds that head."""
        with self._lock:
            self._known[self._key(place, head)] = known
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _tell(session: Session, place: Place, receipt: Receipt, now: datetime) -> None:
    """The events of it all, in the same transaction."""
    from store_model.outbox import emit_many
    from store_model.penalty_news import news_of

    emit_many(session, entity_id=place.entity_id, store_id=place.store_id, news=news_of(receipt, now), now=now)


def _marked(mark: str, counted: Sequence[Notice]) -> str:
    """The mark after some more notices."""
    said = mark + "".join(f"{notice.content()}{notice.known.isoformat()}" for notice in counted)
    return hashlib.sha256(said.encode()).hexdigest()


def _booked(rows: Sequence[Row]) -> list[Entry]:
    return [row.entry for row in rows if row.kind == "entry"]


def _hold_head(session: Session, place: Place) -> LedgerHead:
    """The head, locked until the end of the transaction; made when there is none."""
    wanted = select(LedgerHead).where(LedgerHead.store_id == place.store_id).with_for_update()
    options = {"populate_existing": True}
    head = session.scalars(wanted, execution_options=options).one_or_none()
    if head is None:
        first = {**place.columns(), "sequence": 0, "hash": GENESIS, "mark": GENESIS}
        scoped_insert(session, _unless_there(session, LedgerHead), [first])
        head = session.scalars(wanted, execution_options=options).one()
    return head


def _unless_there(session: Session, cls: Any) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(cls).on_conflict_do_nothing()


NEW_ROWS = insert(LedgerEntry)
NEW_ENFORCEMENT = {StoreEnforcement: insert(StoreEnforcement), EntityEnforcement: insert(EntityEnforcement)}
"""Statements that are made once: making one costs as much as running it."""


def _store_notices(
    session: Session, place: Place, told: Sequence[Notice], contents: Sequence[str], held: Mapping[int, str]
) -> list[bool]:
    """Insert what is new; whether each was. The same content of the same case is known, also within one call."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    first: dict[tuple[str, str], int] = {}
    for index, (notice, content) in enumerate(zip(told, contents, strict=True)):
        key = (notice.case, content)
        if key in rows:
            continue
        first[key] = index
        said = msgspec.to_builtins(notice)
        said.pop("known")
        rows[key] = {
            **place.columns(), "case_no": notice.case, "type": notice.type, "content": content, "at": notice.at,
            "received_at": notice.known, "offence": notice.offence, "listing": notice.listing, "said": said,
            "hold": held.get(index),
        }  # fmt: skip
    new = scoped_insert(session, _new_notices(session.get_bind().dialect.name), list(rows.values()))
    fresh = {(row.case_no, row.content) for row in new}
    return [
        first[key] == index and key in fresh
        for index, key in enumerate((n.case, c) for n, c in zip(told, contents, strict=True))
    ]


@lru_cache(maxsize=2)
def _new_notices(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(PlatformNotice).on_conflict_do_nothing()
    return statement.returning(PlatformNotice.case_no, PlatformNotice.content)


def notice_of(row: PlatformNotice) -> Notice:
    """The notice of a row; one that was held is known from the moment it was accepted."""
    known = row.accepted_at or row.received_at
    return msgspec.convert({**row.said, "known": known}, Notice, strict=False)


def load_notices(session: Session, place: Place) -> list[Notice]:
    """All notices that count, oldest first."""
    found = select(PlatformNotice).where(
        PlatformNotice.store_id == place.store_id,
        (PlatformNotice.hold.is_(None)) | (PlatformNotice.accepted_at.is_not(None)),
    )
    return [notice_of(row) for row in session.scalars(found.order_by(PlatformNotice.id))]


def load_orders(session: Session, place: Place, known_as_of: datetime | None = None) -> list[Notice]:
    """The order counts that were told, which a rating grows by."""
    found = select(PlatformNotice).where(PlatformNotice.store_id == place.store_id, PlatformNotice.type == "orders")
    notices = [notice_of(row) for row in session.scalars(found.order_by(PlatformNotice.id))]
    return [notice for notice in notices if known_as_of is None or notice.known <= known_as_of]


def load_rows(session: Session, place: Place) -> list[Row]:
    """The journal of a store, in order."""
    found = select(LedgerEntry).where(LedgerEntry.store_id == place.store_id).order_by(LedgerEntry.sequence)
    return [row_of(row) for row in session.scalars(found)]


def row_of(row: LedgerEntry) -> Row:
    """A stored row as the journal's."""
    entry = msgspec.convert(row.entry, Entry, strict=False)
    return Row(row.sequence, row.kind, entry, row.known_at, row.pack, row.reverses, row.previous_hash, row.hash)


def _append(session: Session, place: Place, rows: Sequence[Row]) -> None:
    values = [
        {
            **place.columns(), "sequence": row.seq, "kind": row.kind, "case_no": row.entry.case,
            "ladder": row.entry.ladder, "offence": row.entry.offence, "points": row.entry.points,
            "original": row.entry.original, "at": row.entry.at, "lapses_at": row.entry.lapses, "known_at": row.known,
            "pack": row.pack, "reverses": row.reverses, "entry": msgspec.to_builtins(row.entry),
            "previous_hash": row.previous, "hash": row.hash,
        }
        for row in rows
    ]  # fmt: skip
    if values:
        scoped_insert(session, NEW_ROWS, values)


# What is read off the record ------------------------------------------------------------------------------------


def _read_off_violations(
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


def _show_held(session: Session, place: Place, new: Sequence[Notice], now: datetime) -> None:
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


def _show_parked(
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


def _read_off_enforcement(
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
        mine = cls.from_store_id if issubclass(cls, EntityEnforcement) else cls.store_id
        found = select(cls.id, cls.ladder, cls.step, cls.action, cls.start_at).where(
            mine == place.store_id, cls.lifted_at.is_(None), cls.start_at.in_({key[3] for key in wanted})
        )
        hits = [(row.id, wanted.get((*row[1:5], entity))) for row in session.execute(found)]
        moved = [number for number, is_moved in hits if is_moved]
        lifted = [number for number, is_moved in hits if is_moved is False]
        if moved:
            session.execute(delete(cls).where(cls.id.in_(moved)))
        if lifted:
            session.execute(update(cls).where(cls.id.in_(lifted)).values(lifted_at=now))


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
