"""What time brings is told once, at its time or late but whole: lapses, steps, enforcement, forecasts, deadlines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import Pack
from engine.ledger import Notice
from engine.ledger.chain import Chain
from engine.ledger.contests import longest_window
from engine.ledger.engines import Twin
from store_model import approaching, penalty_due, penalty_forecasts
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.findings import Finding
from store_model.orders import Order
from store_model.outbox import Event
from store_model.penalty_book import PenaltyBook
from store_model.violations import LedgerHead, PenaltyForecast
from tests.store_model.conftest import Shop

START = datetime(2026, 8, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def book(shipped: Pack) -> PenaltyBook:
    return PenaltyBook(shipped.regime, Chain(shipped.regime, Twin()), shipped.digest)


def receive(shop: Shop, book: PenaltyBook, case: str, at: datetime, offence: str = "PTS302", **more: Any) -> None:
    notice = Notice(case=case, at=at, known=at, offence=offence, **more)
    with shop.session() as session:
        book.receive(session, shop.place, [notice], now=at)


def sweep(shop: Shop, book: PenaltyBook, now: datetime) -> None:
    with shop.database.system(actor="system:test") as session:
        penalty_due.tell_changes(session, lambda *_: book, now)


def told(shop: Shop, *types: str) -> list[tuple[str, dict[str, Any]]]:
    with shop.session() as session:
        rows = session.execute(select(Event.type, Event.body).order_by(Event.sequence)).all()
    return [(kind, json.loads(body)["data"]["current"]) for kind, body in rows if kind in types]


def next_at(shop: Shop) -> datetime | None:
    with shop.session() as session:
        return session.scalar(select(LedgerHead.next_at))


TIMED = ("points.lapsed", "step.changed", "enforcement.ended")


def test_a_freeze_that_was_over_when_its_notice_came_is_told_with_its_end(shop: Shop, book: PenaltyBook) -> None:
    with shop.session() as session:
        notice = Notice(case="LATE", at=START, known=START, offence="PTS302", grade="medium")
        book.receive(session, shop.place, [notice], now=START + timedelta(days=30))
    sweep(shop, book, START + timedelta(days=31))
    kinds = ("enforcement.started", "enforcement.ended")
    assert [(kind, data["action"], data["until_at"]) for kind, data in told(shop, *kinds)] == [
        (kind, "freeze", "2026-08-08T00:00:00Z") for kind in kinds
    ]


def test_a_freeze_ends_and_points_lapse_at_their_moments(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, "C1", START, grade="medium")
    before = len(told(shop, *TIMED))
    assert next_at(shop) == START + timedelta(days=7)
    sweep(shop, book, START + timedelta(days=6))
    assert len(told(shop, *TIMED)) == before
    sweep(shop, book, START + timedelta(days=7))
    sweep(shop, book, START + timedelta(days=7, minutes=1))
    assert [(kind, data["action"]) for kind, data in told(shop, *TIMED)[before:]] == [("enforcement.ended", "freeze")]
    assert next_at(shop) == START + YEAR
    sweep(shop, book, START + YEAR)
    assert told(shop, *TIMED)[before + 1 :] == [
        ("points.lapsed", {
            "entry": "1", "case_no": "C1", "ladder": "LAD103", "points": "12", "balance": "0",
            "at": "2027-08-01T00:00:00Z",
        }),
        ("step.changed", {"ladder": "LAD103", "step": "none", "balance": "0"}),
    ]  # fmt: skip
    assert next_at(shop) is None


def test_after_downtime_everything_is_told_once_and_in_order(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, "C1", START, grade="minor")
    receive(shop, book, "C2", START + timedelta(days=40), grade="medium")
    before = len(told(shop, *TIMED))
    for later in (0, 1):
        sweep(shop, book, START + YEAR + timedelta(days=90 + later))
    assert [(kind, data.get("case_no", data.get("step"))) for kind, data in told(shop, *TIMED)[before:]] == [
        ("enforcement.ended", told(shop, "enforcement.ended")[0][1]["step"]),
        ("points.lapsed", "C1"),
        ("points.lapsed", "C2"),
        ("step.changed", "none"),
    ]


def test_a_change_that_is_not_told_yet_survives_a_new_notice(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, "C1", START, grade="medium")
    receive(shop, book, "C2", START + timedelta(days=30), grade="minor")
    assert next_at(shop) == START + timedelta(days=7)
    sweep(shop, book, START + timedelta(days=30))
    assert [data["until_at"] for _, data in told(shop, "enforcement.ended")] == ["2026-08-08T00:00:00Z"]


def test_a_reversed_case_lapses_silently(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, "C1", START, grade="minor")
    with shop.session() as session:
        undone = Notice(case="C1", type="decision", at=START, known=START, outcome="reversed")
        book.receive(session, shop.place, [undone], now=START + timedelta(days=1))
    sweep(shop, book, START + 2 * YEAR)
    assert told(shop, "points.lapsed") == []


# Forecasts -------------------------------------------------------------------------------------------------------


def finding(place: Place, code: str, listing: str, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "fingerprint": f"{code}:{listing}", "rule": "LST101", "revision": 1, "code": code, "severity": "error",
        "mode": "warn", "state": "open", "subject": "listing", "listing_id": listing, "message": {}, "detail": {},
        "first_seen": START, "last_seen": START, "opened_at": START, **more,
    }  # fmt: skip
    return Finding(**place.columns(), **values)


def forecast(shop: Shop, book: PenaltyBook, now: datetime, since: datetime | None = None) -> bool:
    with shop.database.system(actor="system:test") as session:
        session.execute(
            update(Store).where(Store.id == shop.place.store_id).values(platform="forecast"),
            execution_options={"unaudited": "test"},
        )
        return penalty_forecasts.forecast_stores(
            session, lambda *_: book, platforms=("forecast",), since=since or now, now=now
        )


def test_the_forecast_tells_of_a_step_ahead_once(shop: Shop, book: PenaltyBook) -> None:
    receive(shop, book, "C1", START, grade="medium")
    for day in (1, 2, 3):
        forecast(shop, book, START + timedelta(days=day))
    assert told(shop, "step.forecast") == [
        ("step.forecast", {"ladder": "LAD103", "step": "none", "at": "2027-08-01T00:00:00Z", "cause": "time"})
    ]
    with shop.session() as session:
        row = session.scalars(select(PenaltyForecast).where(PenaltyForecast.ladder == "LAD103")).one()
        assert (row.balance, row.next_step, row.next_step_at, row.as_of) == (
            Decimal(12), "none", START + YEAR, START + timedelta(days=3),
        )  # fmt: skip


def test_a_store_is_forecast_once_a_night(shop: Shop, book: PenaltyBook) -> None:
    midnight = START + timedelta(days=1)
    forecast(shop, book, midnight + timedelta(hours=1), midnight)
    forecast(shop, book, midnight + timedelta(hours=2), midnight)
    with shop.session() as session:
        assert set(session.scalars(select(PenaltyForecast.as_of))) == {midnight + timedelta(hours=1)}


def test_open_findings_warn_of_the_step_that_their_confirmation_would_bring(shop: Shop, book: PenaltyBook) -> None:
    code, rule = next(
        (code, rule) for code, rule in book.regime.by_code.items() if rule.ladder == "LAD104" and "PRODUCT" not in code
    )
    with shop.session() as session:
        session.add_all(finding(shop.place, code, str(number)) for number in range(12))
        session.add_all(finding(shop.place, code, f"s{number}", mode="shadow") for number in range(50))
        session.add_all(finding(shop.place, code, f"f{number}", state="fixed") for number in range(50))
    forecast(shop, book, START + timedelta(days=1))
    with shop.session() as session:
        row = session.scalars(select(PenaltyForecast).where(PenaltyForecast.ladder == rule.ladder)).one()
        assert (row.open_findings, row.balance) == (12, 0)
        assert row.confirmed_balance > 0
        brings = row.confirmed_step
        assert brings != "none"
    news = [data for _, data in told(shop, "step.forecast")]
    at = "2026-08-02T00:00:00Z"
    wanted = {"ladder": rule.ladder, "step": brings, "at": at, "cause": "open_findings"}
    assert news == [wanted]
    forecast(shop, book, START + timedelta(days=2))
    assert [data for _, data in told(shop, "step.forecast")] == news


# Time limits -----------------------------------------------------------------------------------------------------


def look(shop: Shop, now: datetime, hours: int = 24) -> None:
    with shop.database.system(actor="system:test") as session:
        approaching.tell_deadlines(session, now, timedelta(hours=hours))


def test_a_deadline_is_told_once_and_again_when_it_moved(shop: Shop) -> None:
    due = START + timedelta(hours=30)
    with shop.session() as session:
        order = Order(**shop.place.columns(), platform_id="81", state="WAIT_SELLER_SEND_GOODS", ship_by=due)
        session.add(order)
    look(shop, START)
    assert told(shop, "deadline.approaching") == []
    for later in (6, 7, 29, 31):
        look(shop, START + timedelta(hours=later))
    wanted = {"kind": "ship", "subject_type": "order", "subject_id": "81", "due_at": "2026-08-02T06:00:00Z"}
    assert told(shop, "deadline.approaching") == [("deadline.approaching", wanted)]
    with shop.session() as session:
        session.scalars(select(Order)).one().ship_by = due + timedelta(hours=2)
    look(shop, START + timedelta(hours=20))
    assert [data["due_at"] for _, data in told(shop, "deadline.approaching")][1:] == ["2026-08-02T08:00:00Z"]


def test_a_window_to_appeal_is_told_before_it_closes_and_only_while_it_is_open(shop: Shop, book: PenaltyBook) -> None:
    offence = next(
        rule for rule in book.regime.offences.values() if rule.appeal is not None and rule.appeal.days is not None
    )
    grade = offence.grades[0].id if offence.grades else None
    receive(shop, book, "C1", START, offence.id, grade=grade)
    receive(shop, book, "C2", START, offence.id, grade=grade)
    with shop.session() as session:
        undone = Notice(case="C2", type="decision", at=START, known=START, outcome="reversed")
        book.receive(session, shop.place, [undone], now=START)
    due = approaching.deadline_of(book.regime, offence.id, "appeal", START)
    assert due is not None
    horizon = longest_window(book.regime)
    assert horizon > due - START
    for hours in (-60, -47, -1, 1):
        with shop.database.system(actor="system:test") as session:
            approaching.tell_windows(
                session, lambda *_: book, due + timedelta(hours=hours), timedelta(hours=48), horizon
            )
    found = told(shop, "appeal.window_closing")
    assert [data["case_no"] for _, data in found] == ["C1"]
    assert found[0][1]["due_at"] == due.strftime("%Y-%m-%dT%H:%M:%SZ")
