"""Notices of a store: taken in once, booked, sealed, chained; nothing lost, nothing twice, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest
from sqlalchemy import select

from engine import Pack
from engine.ledger import Ledger, Notice
from engine.ledger.chain import Chain
from engine.ledger.engines import Twin
from engine.ledger.journal import broken_at
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.penalty_book import PenaltyBook, load_notices, load_rows
from store_model.penalty_rows import inherited, release_block
from store_model.tenancy import Scope
from store_model.violations import (
    EntityEnforcement,
    LedgerEntry,
    PlatformNotice,
    StoreEnforcement,
    Violation,
)
from tests.databases import KINDS, Databases
from tests.engine.ledger.histories import history
from tests.store_model.conftest import Shop

AUGUST = datetime(2026, 8, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def book(shipped: Pack) -> PenaltyBook:
    """The book of the shipped pack, with the plain engine."""
    return PenaltyBook(shipped.regime, Chain(shipped.regime, Twin()), shipped.digest)


def violation(case: str, day: int, offence: str = "PTS302", **more: object) -> Notice:
    at = AUGUST + timedelta(days=day)
    return Notice(case=case, at=at, known=at, offence=offence, **more)  # type: ignore[arg-type]


def decision(case: str, day: int, outcome: str, points: str | None = None) -> Notice:
    at = AUGUST + timedelta(days=day)
    number = Decimal(points) if points is not None else None
    return Notice(case=case, type="decision", at=at, known=at, outcome=outcome, points=number)


def receive(shop: Shop, book: PenaltyBook, *notices: Notice, day: int = 30, **more: object):  # type: ignore[no-untyped-def]
    with shop.session() as session:
        return book.receive(session, shop.place, notices, now=AUGUST + timedelta(days=day), **more)  # type: ignore[arg-type]


def test_a_notice_is_booked_and_what_follows_is_there(shop: Shop, book: PenaltyBook) -> None:
    receipt = receive(shop, book, violation("C1", 1, grade="medium"))
    assert [(t.case_no, t.outcome) for t in receipt.taken] == [("C1", "booked")]
    assert [(a.stage, a.what) for a in receipt.log] == [
        (1, "entry"), (2, "step"), (3, "enforcement"),
        (4, "enforcement_started"), (4, "points"), (4, "release_blocked"),
    ]  # fmt: skip
    with shop.session() as session:
        (row,) = session.scalars(select(Violation)).all()
        assert (row.case_no, row.state, row.points, row.ladder) == ("C1", "active", Decimal(12), "LAD103")
        (enforcement,) = session.scalars(select(StoreEnforcement)).all()
        assert (enforcement.action, enforcement.until_at) == ("freeze", AUGUST + timedelta(days=8))
        assert release_block(session, shop.place, AUGUST + timedelta(days=7)) is not None
        assert release_block(session, shop.place, AUGUST + timedelta(days=8)) is None
        (entry,) = load_rows(session, shop.place)
        assert (entry.seq, entry.kind, entry.pack) == (1, "entry", book.pack)


def test_the_same_notice_again_changes_nothing(shop: Shop, book: PenaltyBook) -> None:
    notice = violation("C1", 1, grade="medium")
    receive(shop, book, notice)
    again = receive(shop, book, notice, notice, day=40)
    assert [t.outcome for t in again.taken] == ["known", "known"]
    assert (again.rows, again.log) == ((), ())
    with shop.session() as session:
        assert len(session.scalars(select(PlatformNotice)).all()) == 1


def test_an_upheld_appeal_reverses_and_lifts(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, violation("C1", 1, grade="medium"), day=2)
    receipt = receive(shop, book, decision("C1", 5, "reversed"), day=5)
    assert [(row.kind, row.entry.case, row.reverses) for row in receipt.rows] == [("reversal", "C1", 1)]
    assert [e.action for e in receipt.lifted] == ["freeze"]
    with shop.session() as session:
        assert session.scalars(select(Violation.state)).all() == ["reversed"]
        assert release_block(session, shop.place, AUGUST + timedelta(days=5)) is None
        assert session.scalars(select(StoreEnforcement.lifted_at)).all() == [AUGUST + timedelta(days=5)]
        then = book.ledger(session, shop.place, AUGUST + timedelta(days=4))
        assert then.pools["LAD103"].balance(AUGUST + timedelta(days=4)) == 12


def test_bad_notices_are_parked_and_stay_visible(shop: Shop, book: PenaltyBook) -> None:
    receipt = receive(
        shop,
        book,
        violation("U", 1, "PTS999"),
        violation("F", 90, grade="medium"),
        violation("L", 1, grade="minor", listing="404"),
        decision("D", 2, "reversed"),
        violation("OK", 3, grade="minor"),
        violation("OK", 4, grade="medium"),
        holds={2: "unknown_listing"},
    )
    assert [(t.case_no, t.outcome, t.reason) for t in receipt.taken] == [
        ("U", "parked", "unknown_offence"),
        ("F", "parked", "from_the_future"),
        ("L", "parked", "unknown_listing"),
        ("D", "parked", "unknown_case"),
        ("OK", "booked", None),
        ("OK", "parked", "contradictory"),
    ]
    with shop.session() as session:
        rows = session.execute(select(Violation.case_no, Violation.state).order_by(Violation.case_no)).all()
        assert [tuple(row) for row in rows] == [("F", "parked"), ("L", "parked"), ("OK", "active"), ("U", "parked")]
        held = session.scalars(select(PlatformNotice).where(PlatformNotice.case_no == "L")).one()
        accepted = book.accept(session, shop.place, held, now=AUGUST + timedelta(days=31), actor="user:7")
        assert [t.outcome for t in accepted.taken] == ["booked"]
        assert held.accepted_by == "user:7"
    with shop.session() as session:
        held = session.scalars(select(PlatformNotice).where(PlatformNotice.case_no == "L")).one()
        again = book.accept(session, shop.place, held, now=AUGUST + timedelta(days=32), actor="user:8")
        assert [t.outcome for t in again.taken] == ["known"]


def test_a_decision_waits_for_its_case(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, decision("C1", 5, "reversed"), day=6)
    receipt = receive(shop, book, violation("C1", 1, grade="medium"), day=7)
    assert receipt.rows == ()
    with shop.session() as session:
        assert session.scalars(select(PlatformNotice.parked)).all() == [None, None]
        assert session.scalars(select(Violation.state)).all() == ["reversed"]


def test_other_stores_of_the_owner_see_what_falls_on_them(shop: Shop, book: PenaltyBook) -> None:
    with shop.database.system(actor="system:test") as session:
        other = Store(entity_id=shop.place.entity_id, platform="market", name="Other")
        session.add(other)
        session.flush()
        place = Place(shop.place.entity_id, other.id)
    receive(shop, book, violation("C1", 1, "PTS201", points=Decimal(24)), day=2)
    scope = Scope(place.entity_id, frozenset({place.store_id}), "user:test")
    now = AUGUST + timedelta(days=3)
    with shop.database.scoped(scope, read_only=True) as session:
        assert sorted(e.action for e in inherited(session, place, now)) == [
            "no_new_listings", "no_new_stores", "raise_deposit",
        ]  # fmt: skip
        block = release_block(session, place, now)
        assert block is not None
        assert (block.action, block.until) == ("no_new_listings", datetime(2027, 8, 2, tzinfo=UTC))
        assert inherited(session, shop.place, now) == []


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET points = 0", "DELETE FROM ledger_entry"])
def test_the_database_refuses_to_change_the_ledger(shop: Shop, book: PenaltyBook, statement: str) -> None:
    receive(shop, book, violation("C1", 1, grade="medium"))
    with shop.database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        with pytest.raises(Exception, match="append-only"):
            raw.execute(statement)


def test_a_failed_transaction_leaves_nothing_behind(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, violation("C1", 1, grade="minor"))

    def crash() -> None:
        with shop.session() as session:
            book.receive(session, shop.place, [violation("C2", 2, grade="medium")], now=AUGUST + timedelta(days=30))
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash()
    receipt = receive(shop, book, violation("C3", 3, grade="minor"), day=31)
    assert [row.entry.case for row in receipt.rows] == ["C3"]
    with shop.session() as session:
        assert [row.entry.case for row in load_rows(session, shop.place)] == ["C1", "C3"]
        assert broken_at(load_rows(session, shop.place)) is None


def test_replay_gives_at_every_moment_what_the_rows_say(shop: Shop, shipped: Pack, book: PenaltyBook) -> None:
    chance = Random(11)
    notices = sorted(history(chance, shipped.regime, most=25), key=lambda n: n.known)
    moments = []
    for number, notice in enumerate(notices):
        chosen = PenaltyBook(book.regime, Chain(book.regime, Twin()), book.pack) if number % 5 == 4 else book
        now = max(notice.known, *moments, notice.at) if moments else max(notice.known, notice.at)
        moments.append(now)
        with shop.session() as session:
            chosen.receive(session, shop.place, [notice], now=now)
    with shop.session() as session:
        assert broken_at(load_rows(session, shop.place)) is None
        for known in moments:
            as_of = known + timedelta(days=3)
            answers = [
                msgspec.json.encode([ledger.standing(as_of).to_dict(), ledger.entries])
                for ledger in (book.ledger(session, shop.place, known), book.stored(session, shop.place, known))
            ]
            assert answers[0] == answers[1]
        ledger = Ledger(book.regime, load_notices(session, shop.place))
        rows = session.scalars(select(StoreEnforcement).where(StoreEnforcement.lifted_at.is_(None))).all()
        wide = session.scalars(
            select(EntityEnforcement).where(
                EntityEnforcement.lifted_at.is_(None), EntityEnforcement.from_store_id == shop.place.store_id
            )
        ).all()
        expected = [e for pool in ledger.pools.values() for e in pool.enforcement]
        assert sorted((r.ladder, r.step, r.action, r.start_at, r.until_at or AUGUST) for r in (*rows, *wide)) == sorted(
            (e.ladder, e.step, e.action, e.start, e.until or AUGUST) for e in expected
        )
        points = {row.case_no: row.points for row in session.scalars(select(Violation))}
        assert {e.case: e.points for e in ledger.entries} == {c: p for c, p in points.items() if p is not None}
        assert session.scalars(select(LedgerEntry)).first() is not None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_twice(kind: str, databases: Databases) -> None:
    """`STOREWARDEN_KILLS=200` kills as often as the target asks for; a few times by default."""
    kills = os.environ.get("STOREWARDEN_KILLS", "4")
    command = [sys.executable, "-m", "tests.store_model.killed_ingest", databases.url(kind), kills, "5"]
    place = {"cwd": ROOT, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    told = subprocess.run(command, capture_output=True, check=False, **place)
    assert told.returncode == 0, told.stderr.decode()[-2000:]
    found = json.loads(told.stdout)
    assert found["killed"] >= 1
    assert found["notices"][0] == found["notices"][1]
    assert (found["whole_chain"], found["entries_agree"]) == (True, True)
    assert found["entries"] > 10
