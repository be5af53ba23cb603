"""Orders: deadlines by the pack's limits, imports that never go back in time, due and overdue by the store's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from store_model import bulk
from store_model.deadlines import day_bounds, ship_by, summary
from store_model.incoming import IncomingDispute, IncomingLine, IncomingOrder, IncomingShipment
from store_model.orders import Cancellation, Dispute, Order, OrderLine, Shipment
from tests.store_model.conftest import NOW, TODAY, Shop

PACIFIC = ZoneInfo("America/Los_Angeles")
PAID = datetime(2026, 11, 20, 18, tzinfo=UTC)
ORDER = IncomingOrder(
    platform_id="8001",
    state="WAIT_SELLER_SEND_GOODS",
    paid_at=PAID,
    changed_at=PAID,
    lines=(IncomingLine(sku_code="A", handling_days=5), IncomingLine(sku_code="B", handling_days=2)),
)


def take_in(shop: Shop, backoffice, *orders: IncomingOrder) -> list[str]:
    with shop.session() as session:
        return bulk.upsert_orders(session, shop.place, orders, limits=backoffice.limits(TODAY), seen_at=NOW, now=NOW)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PAID + timedelta(days=1 + 2)),  # after risk control, the shortest handling time of the lines
        ({"lines": ()}, PAID + timedelta(days=1 + 7)),
        ({"left": timedelta(hours=5)}, NOW + timedelta(hours=5)),  # what the platform says comes first
        ({"left": timedelta(hours=-3)}, NOW - timedelta(hours=3)),
        ({"paid_at": None}, None),
        ({"state": "WAIT_BUYER_ACCEPT_GOODS"}, None),
        ({"state": "RISK_CONTROL"}, None),
    ],
)
def test_the_last_moment_to_ship(backoffice, changes: dict, expected: datetime | None) -> None:
    order = msgspec.structs.replace(ORDER, **changes)
    found = ship_by(
        state=order.state,
        paid_at=order.paid_at,
        handling_days=[line.handling_days for line in order.lines],
        left=order.left,
        seen_at=NOW,
        limits=backoffice.limits(TODAY),
    )
    assert found == expected


def test_an_order_comes_with_its_lines_and_parcels_and_the_same_again_changes_nothing(shop: Shop, backoffice) -> None:
    sent = msgspec.structs.replace(
        ORDER,
        state="WAIT_BUYER_ACCEPT_GOODS",
        changed_at=PAID + timedelta(days=1),
        sent_at=PAID + timedelta(days=1),
        shipments=(IncomingShipment(tracking_number="T1", carrier="Post"),),
    )
    outcomes = [take_in(shop, backoffice, order) for order in (ORDER, ORDER, sent, sent, ORDER)]
    assert outcomes == [["inserted"], ["unchanged"], ["updated"], ["unchanged"], ["unchanged"]]
    with shop.session() as session:
        order = session.scalars(select(Order)).one()
        assert (order.state, order.ship_by, order.version) == ("WAIT_BUYER_ACCEPT_GOODS", None, 2)
        assert session.scalars(select(OrderLine.sku_code).order_by(OrderLine.position)).all() == ["A", "B"]
        parcel = session.scalars(select(Shipment)).one()
        assert (parcel.tracking_number, parcel.scan_by) == ("T1", PAID + timedelta(days=1 + 5))


def test_an_order_in_cancellation_waits_for_an_answer_once(shop: Shop, backoffice) -> None:
    asked = msgspec.structs.replace(ORDER, state="IN_CANCEL", cancel_reason="changed my mind")
    take_in(shop, backoffice, asked)
    take_in(shop, backoffice, msgspec.structs.replace(asked, issue_status="NO_ISSUE"))
    with shop.session() as session:
        request = session.scalars(select(Cancellation)).one()
        assert (request.state, request.reason, request.answer_by) == (
            "requested",
            "changed my mind",
            PAID + timedelta(hours=48),
        )


def test_a_dispute_without_a_timeout_of_its_own_must_be_answered_in_five_days(shop: Shop) -> None:
    opened = datetime(2026, 11, 21, tzinfo=UTC)
    running = IncomingDispute(platform_id="d1", state="processing", opened_at=opened)
    ended = IncomingDispute(platform_id="d2", state="finish", opened_at=opened, timeout_at=opened)
    with shop.session() as session:
        bulk.upsert_disputes(session, shop.place, [running, ended], answer=timedelta(days=5), now=NOW)
        rows = session.execute(select(Dispute.platform_id, Dispute.timeout_at).order_by(Dispute.platform_id)).all()
    assert [tuple(row) for row in rows] == [("d1", opened + timedelta(days=5)), ("d2", None)]


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-11-23T07:59:00+00:00", "2026-11-22T08:00:00+00:00", "2026-11-23T08:00:00+00:00"),
        ("2026-11-23T08:00:00+00:00", "2026-11-23T08:00:00+00:00", "2026-11-24T08:00:00+00:00"),
        ("2026-03-08T12:00:00+00:00", "2026-03-08T08:00:00+00:00", "2026-03-09T07:00:00+00:00"),  # 23 hours
        ("2026-11-01T12:00:00+00:00", "2026-11-01T07:00:00+00:00", "2026-11-02T08:00:00+00:00"),  # 25 hours
    ],
)
def test_the_day_of_the_platform_has_its_own_bounds(now: str, start: str, end: str) -> None:
    found = day_bounds(datetime.fromisoformat(now), PACIFIC)
    assert found == (datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_what_is_due_today_overdue_and_later(shop: Shop, backoffice) -> None:
    moments = {
        "overdue": NOW - timedelta(seconds=1),
        "on the dot": NOW,
        "today": datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC),
        "tomorrow": datetime(2026, 11, 24, 8, tzinfo=UTC),
    }
    orders = [msgspec.structs.replace(ORDER, platform_id=name, left=moment - NOW) for name, moment in moments.items()]
    take_in(shop, backoffice, *orders)
    with shop.session() as session:
        found = summary(session, shop.place.store_id, now=NOW, zone=PACIFIC)
    assert found["orders"] == {"WAIT_SELLER_SEND_GOODS": 4}
    assert found["deadlines"]["ship"] == {"overdue": 1, "due_today": 2, "later": 1}
    assert found["deadlines"]["answer_dispute"] == {"overdue": 0, "due_today": 0, "later": 0}


def test_a_scan_is_awaited_only_while_a_parcel_is_on_its_way(shop: Shop, backoffice) -> None:
    sent = NOW - timedelta(days=9)
    parcels = {
        "late": ("WAIT_BUYER_ACCEPT_GOODS", {}),
        "scanned": ("WAIT_BUYER_ACCEPT_GOODS", {"scanned_at": sent + timedelta(days=1)}),
        "received": ("WAIT_BUYER_ACCEPT_GOODS", {"received_state": "received"}),
        "ended": ("FINISH", {}),
    }
    orders = [
        msgspec.structs.replace(
            ORDER,
            platform_id=name,
            state=state,
            sent_at=sent,
            shipments=(IncomingShipment(tracking_number=name, declared_at=sent, **said),),
        )
        for name, (state, said) in parcels.items()
    ]
    take_in(shop, backoffice, *orders)
    with shop.session() as session:
        found = summary(session, shop.place.store_id, now=NOW, zone=PACIFIC)
    assert found["deadlines"]["scan"] == {"overdue": 1, "due_today": 0, "later": 0}
