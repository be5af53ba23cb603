"""The order sheet of the store-assessment page marks orders; a row that cannot be read is refused with its cell."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from api.importing.assessment_tables import span, yes_or_no
from engine.intake.values import Unreadable
from store_model.orders import Order, OrderLine
from tests.importing.conftest import SEEN
from tests.importing.test_files import numbers
from tests.store_model.conftest import Shop

TakeIn = Callable[..., dict[str, Any]]
CHINESE = """\
订单号,下单时间,商品标题,SKU,数量,价格(CNY),虚假发货,物流上网超时,剩余时间
,2026-11-21 10:00:00,Shoe,H1,1,9,是,否,
9001,2026-11-20 10:00:00,Cap,red;XL,2,35.50,是,否,2天3小时
9001,,Hat,,1,12,否,否,
9002,2026-11-21 10:00:00,Scarf,S1,1,9,,是,已超时
9003,2026-11-21 10:00:00,Belt,B1,1,9,maybe,是,1天
9004,2026-11-21 10:00:00,Sock,K1,1,9,否,否,soon
9005,2026-11-21 10:00:00,Glove,G1,1,9,,-,--
9006,2026-11-21 10:00:00,Tie,T1,many,9,×,√,05:30:00
"""
ENGLISH = """\
Order ID,Order Time,Product Title,SKU,Quantity,Price (CNY),False Shipment,Late Online,Time Left
9001,2026-11-20 10:00:00,Cap,red;XL,2,35.50,Yes,No,2 days 3 hours
9001,,Hat,,1,12,No,No,
"""
STATE = "订单号,订单状态,商品名称\n9001,等待您发货,Warm cap\n"


def marks(shop: Shop) -> dict[str, tuple[Any, ...]]:
    with shop.session() as session:
        return {
            row.platform_id: (row.state, row.is_false_shipment, row.is_online_late, row.online_by)
            for row in session.scalars(select(Order).order_by(Order.platform_id))
        }


def workbook(text: str) -> bytes:
    book = Workbook()
    for line in text.splitlines():
        book.active.append([cell or None for cell in line.split(",")])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_sheet_marks_orders_and_adds_those_that_are_not_known(shop: Shop, take_in: TakeIn, form: str) -> None:
    data = CHINESE.encode() if form == "csv" else workbook(CHINESE)
    report = take_in(data, f"assessment.{form}")
    assert numbers(report) == {
        "kind": "assessments", "state": "done", "done": 7, "inserted": 3, "updated": 0, "unchanged": 0, "refused": 4,
    }  # fmt: skip
    assert [(one["row"], one["column"], one["code"], one["is_whole_record"]) for one in report["refusals"]] == [
        (2, "订单号", "incomplete", True),
        (6, "虚假发货", "wrong_type", True),
        (7, "剩余时间", "wrong_type", True),
        (8, "虚假发货", "incomplete", True),
        (9, "数量", "wrong_type", False),
    ]
    assert marks(shop) == {
        "9001": ("WAIT_BUYER_ACCEPT_GOODS", True, False, SEEN + timedelta(days=2, hours=3)),
        "9002": ("WAIT_BUYER_ACCEPT_GOODS", None, True, SEEN),
        "9006": ("WAIT_BUYER_ACCEPT_GOODS", False, True, SEEN + timedelta(hours=5, minutes=30)),
    }
    with shop.session() as session:
        first = session.scalars(select(Order).order_by(Order.platform_id)).first()
        assert first is not None
        assert first.placed_at == datetime(2026, 11, 20, 18, tzinfo=UTC)
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == first.id).order_by(OrderLine.position))
        shown = [(one.title, one.sku_code, one.quantity, one.unit_price, one.currency) for one in lines]
        assert shown == [
            ("Cap", "red;XL", 2, Decimal("35.5000"), "CNY"),
            ("Hat", None, 1, Decimal("12.0000"), "CNY"),
        ]
    again = take_in(data, f"assessment.{form}")
    assert (again["inserted"], again["updated"], again["unchanged"], again["refused"]) == (0, 0, 3, 4)


def test_a_known_order_keeps_its_state_and_lines_and_a_file_of_orders_keeps_its_marks(
    shop: Shop, take_in: TakeIn
) -> None:
    take_in(STATE.encode(), "orders.csv")
    report = take_in(ENGLISH.encode(), "assessment.csv")
    assert (report["kind"], report["inserted"], report["updated"]) == ("assessments", 0, 1)
    marked = {"9001": ("WAIT_SELLER_SEND_GOODS", True, False, SEEN + timedelta(days=2, hours=3))}
    assert marks(shop) == marked
    take_in(STATE.replace("Warm", "Blue").encode(), "orders.csv")
    assert marks(shop) == marked
    with shop.session() as session:
        assert session.scalars(select(OrderLine.title)).all() == ["Blue cap"]


def test_a_later_sheet_replaces_what_an_earlier_one_said(shop: Shop, take_in: TakeIn) -> None:
    take_in(ENGLISH.encode(), "assessment.csv")
    report = take_in(ENGLISH.replace("Yes,No,2 days 3 hours", "No,No,").encode(), "assessment.csv")
    assert (report["updated"], report["unchanged"]) == (1, 0)
    assert marks(shop) == {"9001": ("WAIT_BUYER_ACCEPT_GOODS", False, False, None)}


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("2天3小时", timedelta(days=2, hours=3)),
        ("3天", timedelta(days=3)),
        ("1天02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("36:00", timedelta(hours=36)),
        ("1 day, 5 hrs 20 min", timedelta(days=1, hours=5, minutes=20)),
        ("-4小时", timedelta(hours=-4)),
        ("12分30秒", timedelta(minutes=12, seconds=30)),
        ("Overdue", timedelta(0)),
    ],
)
def test_a_time_left_is_read_as_it_is_written(written: str, left: timedelta) -> None:
    assert span(written)[0] == left


@pytest.mark.parametrize("written", ["", "-", "3", "天", "tomorrow", "3 weeks", 3.5, True])
def test_what_is_no_time_left_is_refused(written: Any) -> None:
    with pytest.raises(Unreadable, match="time left"):
        span(written)


@pytest.mark.parametrize(
    ("written", "said"), [("是", True), ("√", True), ("Y", True), (1, True), (1.0, True), ("否", False), (False, False)]
)
def test_a_flag_is_read_in_either_language(written: Any, said: bool) -> None:
    assert yes_or_no(written)[0] is said


@pytest.mark.parametrize("written", ["maybe", 2, 0.5])
def test_what_is_no_flag_is_refused(written: Any) -> None:
    with pytest.raises(Unreadable, match="yes or no"):
        yes_or_no(written)
