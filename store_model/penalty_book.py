"""Notices of a store → its ledger, in one transaction: booked, sealed, chained, and read off into rows.

The store's head row is held from beginning to end, so that one notice after the other is taken in, whoever sends it.
A notice that is sent again changes nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Text, bindparam, cast, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.ledger import Ledger, Notice, Regime
from engine.ledger.booking import Entry
from engine.ledger.chain import Action, Chain, all_changes
from engine.ledger.engines import RuleEngine
from engine.ledger.journal import GENESIS, Row, open_rows, post
from engine.ledger.timeline import Enforcement
from engine.ledger.upcoming import next_moment
from store_model.bulk import Place
from store_model.penalty_rows import read_off_enforcement, read_off_violations, show_held, show_parked
from store_model.tenancy import own, run_own, scoped_insert
from store_model.violations import (
    LedgerEntry,
    LedgerHead,
    PlatformNotice,
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
    """What taking in some notices did: an outcome each, the rows appended, the action log, what began and was undone.

    `over`: of what began, what had ended when the notice came; time will not tell of it any more.
    """

    taken: tuple[Taken, ...]
    rows: tuple[Row, ...] = ()
    log: tuple[Action, ...] = ()
    started: tuple[Enforcement, ...] = ()
    lifted: tuple[Enforcement, ...] = ()
    over: tuple[Enforcement, ...] = ()
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
        show_held(session, place, [told[index] for index in held if fresh[index]], now)
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
        orders = load_orders(session, place, known_as_of) if self.regime.earns else ()
        return Ledger.of_entries(self.regime, open_entries(session, place, known_as_of), orders, known_as_of)

    # One transaction ---------------------------------------------------------------------------------------------

    def _book(
        self, session: Session, place: Place, head: _Head, counted: Sequence[Notice], now: datetime
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
        waiting = head.untold(now)
        head.next_at = waiting or next_moment(after, now)
        head.save(session, place)
        started, lifted = read_off_enforcement(session, place, before, after, now)
        parked = {(p.notice.case, p.notice.content()): p.reason for p in after.parked}
        show_parked(session, place, known.parked, parked)
        touched = {n.case for n in counted} | {row.entry.case for row in rows}
        touched |= {case for (case, _), _ in known.parked.items() ^ parked.items()}
        read_off_violations(session, place, after, touched, now)
        opened = {**known.opened}
        for row in rows:
            if row.kind == "entry":
                opened[row.entry.case] = row
            else:
                opened.pop(row.entry.case, None)
        self._remember(place, head, _Known(notices, after, opened, parked))
        over = tuple(
            e for e in started if e.until is not None and e.until <= now and (not waiting or e.until < waiting)
        )
        receipt = Receipt((), tuple(rows), reaction.log, started, lifted, over, before, after)
        _tell(session, place, receipt, now)
        return receipt, parked

    def _key(self, place: Place, head: _Head) -> tuple[int, int, str, str]:
        return (place.entity_id, place.store_id, head.hash, head.mark)

    def _remembered(self, session: Session, place: Place, head: _Head, counted: Sequence[Notice]) -> _Known:
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

    def _remember(self, place: Place, head: _Head, known: _Known) -> None:
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


_head: Any = LedgerHead.__table__
HEAD = own(select(_head.c.sequence, _head.c.hash, _head.c.mark, _head.c.next_at), LedgerHead).with_for_update()
MOVE_HEAD = own(update(_head), LedgerHead).values(
    sequence=bindparam("to_sequence"), hash=bindparam("to_hash"), mark=bindparam("to_mark"),
    next_at=bindparam("to_next_at"),
)  # fmt: skip


@dataclass(slots=True)
class _Head:
    """Where the ledger ends, as its row says and then as the transaction leaves it."""

    sequence: int
    hash: str
    mark: str
    next_at: datetime | None

    def untold(self, now: datetime) -> datetime | None:
        """From when on the worker has still to tell what time brought; None when it is up to date."""
        return self.next_at if self.next_at is not None and self.next_at <= now else None

    def save(self, session: Session, place: Place) -> None:
        """Write it to the row that this transaction holds."""
        run_own(
            session, MOVE_HEAD, place.entity_id, place.store_id, to_sequence=self.sequence, to_hash=self.hash,
            to_mark=self.mark, to_next_at=self.next_at,
        )  # fmt: skip


def _hold_head(session: Session, place: Place) -> _Head:
    """The head, locked until the end of the transaction; made when there is none."""
    row = run_own(session, HEAD, place.entity_id, place.store_id).one_or_none()
    if row is None:
        first = {**place.columns(), "sequence": 0, "hash": GENESIS, "mark": GENESIS}
        scoped_insert(session, _unless_there(session, LedgerHead), [first])
        row = run_own(session, HEAD, place.entity_id, place.store_id).one()
    return _Head(*row)


def _unless_there(session: Session, cls: Any) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(cls).on_conflict_do_nothing()


NEW_ROWS = insert(LedgerEntry)
"""Made once: making a statement costs as much as running it."""


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
    return _notices(session, NOTICES, place)


def load_orders(session: Session, place: Place, known_as_of: datetime | None = None) -> list[Notice]:
    """The order counts that were told, which a rating grows by."""
    notices = _notices(session, ORDERS, place)
    return [notice for notice in notices if known_as_of is None or notice.known <= known_as_of]


def _notices(session: Session, statement: Any, place: Place) -> list[Notice]:
    rows = session.execute(statement, {"entity": place.entity_id, "store": place.store_id})
    return [
        msgspec.convert({**msgspec.json.decode(said), "known": accepted or received}, Notice, strict=False)
        for received, accepted, said in rows
    ]


NOTICES = (
    select(PlatformNotice.received_at, PlatformNotice.accepted_at, cast(PlatformNotice.said, Text))
    .where(
        PlatformNotice.entity_id == bindparam("entity"),  # it leads the index, also where a session sees all tenants
        PlatformNotice.store_id == bindparam("store"),
        (PlatformNotice.hold.is_(None)) | (PlatformNotice.accepted_at.is_not(None)),
    )
    .order_by(PlatformNotice.id)
)
ORDERS = NOTICES.where(PlatformNotice.type == "orders")
ENTRIES = (
    select(LedgerEntry.store_id, LedgerEntry.kind, LedgerEntry.case_no, LedgerEntry.known_at,
           cast(LedgerEntry.entry, Text))
    .where(
        LedgerEntry.entity_id == bindparam("entity"), LedgerEntry.store_id.in_(bindparam("stores", expanding=True))
    )
    .order_by(LedgerEntry.store_id, LedgerEntry.sequence)
)  # fmt: skip
_entry = msgspec.json.Decoder(Entry, strict=False).decode


def open_entries(session: Session, place: Place, known_as_of: datetime | None = None) -> list[Entry]:
    """What `open_rows` leaves of a store's journal, without the seals: the quick way to a balance."""
    return entries_of(session, place.entity_id, [place.store_id], known_as_of)[place.store_id]


def entries_of(
    session: Session, entity_id: int, store_ids: Sequence[int], known_as_of: datetime | None = None
) -> dict[int, list[Entry]]:
    """Store → its open entries, for several stores of a legal entity in one look-up."""
    found: dict[int, dict[str, str]] = {store_id: {} for store_id in store_ids}
    for store_id, kind, case, known, said in session.execute(ENTRIES, {"entity": entity_id, "stores": store_ids}):
        if known_as_of is not None and known > known_as_of:
            continue
        if kind == "entry":
            found[store_id][case] = said
        else:
            found[store_id].pop(case, None)
    return {store_id: [_entry(said) for said in entries.values()] for store_id, entries in found.items()}


def entry_numbers(session: Session, place: Place, cases: Sequence[str]) -> dict[str, int]:
    """Case → the sequence of its last entry."""
    if not cases:
        return {}
    found = (
        select(LedgerEntry.case_no, func.max(LedgerEntry.sequence))
        .where(
            LedgerEntry.entity_id == place.entity_id,
            LedgerEntry.store_id == place.store_id,
            LedgerEntry.kind == "entry",
            LedgerEntry.case_no.in_(cases),
        )
        .group_by(LedgerEntry.case_no)
    )
    return {str(case): int(number) for case, number in session.execute(found)}


def load_rows(session: Session, place: Place) -> list[Row]:
    """The journal of a store, in order."""
    mine = (LedgerEntry.entity_id == place.entity_id, LedgerEntry.store_id == place.store_id)
    found = select(LedgerEntry).where(*mine).order_by(LedgerEntry.sequence)
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
