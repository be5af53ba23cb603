"""Files of every kind come in; the same file twice changes nothing; what is refused is named with its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.importing import run, sources
from engine.errors import IntakeError
from store_model.analytics import DailyMetric
from store_model.audit import AuditEntry
from store_model.evaluations import Evaluation
from store_model.orders import Dispute, Order, OrderLine
from store_model.products import Product
from tests.importing.conftest import PACIFIC, report_of
from tests.store_model.conftest import Shop

TakeIn = Callable[..., dict[str, Any]]
SAMPLES = Path(__file__).parents[2] / "samples"
ORDERS_CSV = """\
订单号,订单状态,下单时间,付款时间,商品名称,商家编码,数量,单价,订单金额,运单号
8001,等待您发货,2026-11-01 01:50:00,2026-11-01 01:10:00,Cap,C1,2,$3.00,US $8.00,
,,,,Hat,H1,1,$2.00,,
8002,nonsense,2026-11-01 00:00,,,,,,,
8003,Shipped,2026-11-05 10:00:00,yesterday,Scarf,S1,x,£9.00,£9.00,LP001
8001,等待您发货,2026-11-01 01:50:00,,Cap,C1,2,$3.00,US $8.00,
"""
REVIEWS_CSV = """\
Order ID,Product ID,Rating,Review Date,Buyer,Review Content,Item as Described,Seller Reply
8001,1005001,5,2026-11-10 08:00:00,a***a,Good,5,Thanks
8002,1005001,9,2026-11-10 08:00:00,b***b,?,7,
8003,1005002,2,,c***c,late,,
"""


def numbers(report: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "state", "done", "inserted", "updated", "unchanged", "refused")
    return {name: report[name] for name in names}


@pytest.mark.parametrize(
    ("name", "records", "refused"),
    [
        ("dianxiaomi-export.xlsx", 12, 1),
        ("catalogue.csv", 8, 0),
        ("open-platform-list.json", 5, 0),
        ("open-platform-product.json", 1, 0),
    ],
)
def test_product_files_come_in_and_the_same_again_changes_nothing(
    shop: Shop, take_in: TakeIn, name: str, records: int, refused: int
) -> None:
    data = (SAMPLES / name).read_bytes()
    taken = records - refused
    common = {"kind": "products", "state": "done", "done": records, "updated": 0, "refused": refused}
    assert numbers(take_in(data, name)) == {**common, "inserted": taken, "unchanged": 0}
    assert numbers(take_in(data, name)) == {**common, "inserted": 0, "unchanged": taken}
    with shop.session() as session:
        assert {product.version for product in session.scalars(select(Product))} == {1}


def test_a_refused_value_names_sheet_row_column_and_reason_in_both_languages(take_in: TakeIn) -> None:
    report = take_in((SAMPLES / "dianxiaomi-export.xlsx").read_bytes(), "dianxiaomi-export.xlsx")
    assert report["refusals"][0] == {
        "record": 7,
        "sheet": "产品导出",
        "row": 8,
        "column": "产品包装后的重量",
        "place": {
            "en": "sheet 产品导出, row 8, column 产品包装后的重量",
            "zh": "工作表“产品导出”第 8 行“产品包装后的重量”列",
        },
        "code": "wrong_type",
        "reason": {"en": "expected a number of kg, got 'abc'", "zh": "应为数字（kg），实际为 'abc'"},
        "value": "abc",
        "is_whole_record": False,
    }


def test_an_orders_file_becomes_orders_with_lines_in_utc(shop: Shop, take_in: TakeIn) -> None:
    report = take_in(ORDERS_CSV.encode(), "orders.csv")
    assert numbers(report) == {
        "kind": "orders", "state": "done", "done": 4, "inserted": 2, "updated": 0, "unchanged": 0, "refused": 2,
    }  # fmt: skip
    assert [(one["row"], one["column"], one["code"], one["is_whole_record"]) for one in report["refusals"]] == [
        (4, "订单状态", "incomplete", True),
        (5, "数量", "wrong_type", False),
        (5, "付款时间", "wrong_type", False),
        (6, "", "repeated_id", True),
    ]
    with shop.session() as session:
        first, second = session.scalars(select(Order).order_by(Order.platform_id)).all()
        assert (first.state, first.placed_at, first.paid_at, first.amount, first.currency) == (
            "WAIT_SELLER_SEND_GOODS",
            datetime(2026, 11, 1, 8, 50, tzinfo=UTC),
            datetime(2026, 11, 1, 9, 10, tzinfo=UTC),  # after it was placed: the second pass of the hour
            Decimal("8.0000"),
            "USD",
        )
        assert (second.state, second.currency, second.paid_at) == ("WAIT_BUYER_ACCEPT_GOODS", "GBP", None)
        lines = session.execute(
            select(OrderLine.sku_code, OrderLine.quantity).where(OrderLine.order_id == first.id)
        ).all()
        assert [tuple(line) for line in lines] == [("C1", 2), ("H1", 1)]
    assert numbers(take_in(ORDERS_CSV.encode("gb18030"), "orders-gb.csv"))["unchanged"] == 2


def test_a_reviews_file_becomes_evaluations(shop: Shop, take_in: TakeIn) -> None:
    report = take_in(REVIEWS_CSV.encode(), "reviews.csv")
    assert (report["kind"], report["inserted"], report["refused"]) == ("evaluations", 1, 2)
    assert [(one["row"], one["column"]) for one in report["refusals"]] == [(3, "Rating"), (4, "Review Date")]
    with shop.session() as session:
        row = session.scalars(select(Evaluation)).one()
        assert (row.stars, row.description, row.feedback, row.reply, row.order_platform_id) == (
            5, 5, "Good", "Thanks", "8001",
        )  # fmt: skip


ANALYTICS = {
    "en": "Timeframe (USA Time Zone),Product ID,Exposure,Visitors,Add to cart users,Paid amount\n"
    "2026-11-01 ~ 2026-11-01,1005001,1200,90,4,$53.20\n2026-11-01 ~ 2026-11-30,1005001,1,1,1,1\n",
    "zh": "统计日期,商品ID,搜索曝光量,商品访客数,加购人数,支付金额\n"
    "20261101,1005001,1200,90,4,53.20\n20261102,1005002,-,many,--,0\n",
}


@pytest.mark.parametrize(("language", "inserted", "refused"), [("en", 1, 1), ("zh", 2, 0)])
def test_the_business_analytics_export_becomes_days_of_products(
    shop: Shop, take_in: TakeIn, language: str, inserted: int, refused: int
) -> None:
    data = ANALYTICS[language].encode()
    report = take_in(data, f"{language}.csv")
    assert (report["kind"], report["inserted"], report["refused"]) == ("analytics", inserted, refused)
    assert take_in(data, f"{language}.csv")["unchanged"] == inserted
    with shop.session() as session:
        row = session.scalars(select(DailyMetric).where(DailyMetric.product_platform_id == "1005001")).one()
        assert (row.day, row.exposure, row.visitors, row.cart_buyers, row.paid_amount, row.orders) == (
            date(2026, 11, 1), 1200, 90, 4, Decimal("53.2000"), None,
        )  # fmt: skip


def order_list(*orders: dict[str, Any]) -> bytes:
    """The order list call's answer, wrapped as it comes."""
    inner = {"target_list": {"aeop_order_item_dto": list(orders)}}
    return json.dumps({"aliexpress_trade_seller_orderlist_get_response": {"result": inner}}).encode()


def test_open_platform_orders_come_in_whatever_they_are_wrapped_in(shop: Shop, take_in: TakeIn) -> None:
    order = {
        "order_id": 8123456789012345,
        "order_status": "WAIT_SELLER_SEND_GOODS",
        "gmt_create": "2026-07-01 10:00:00",
        "gmt_pay": "2026-07-01 10:05:00",
        "pay_amount": {"amount": "12.50", "currency_code": "USD"},
        "left_send_good_day": 2,
        "product_list": {"order_product_dto": [{"child_id": 1, "product_id": 1005003033814656, "product_count": 2}]},
    }
    assert take_in(order_list(order), "orders.json")["inserted"] == 1
    assert take_in(json.dumps([order]).encode(), "plain.json")["unchanged"] == 1
    lines = json.dumps(order).encode() + b"\n" + json.dumps({**order, "order_id": 9}).encode() + b"\n{broken\n"
    report = take_in(gzip.compress(lines), "orders.ndjson.gz")
    assert (report["inserted"], report["unchanged"], report["refused"]) == (1, 1, 1)
    assert (report["refusals"][0]["row"], report["refusals"][0]["code"]) == (3, "not_json")
    with shop.session() as session:
        found = session.scalars(select(Order).where(Order.platform_id == "8123456789012345")).one()
        assert found.ship_by == datetime(2026, 11, 25, 10, tzinfo=UTC)  # two days after the file was made


def test_open_platform_disputes_and_evaluations_come_in(shop: Shop, take_in: TakeIn) -> None:
    dispute = {
        "issue_id": 61,
        "order_id": 2,
        "parent_order_id": 1,
        "issue_status": "processing",
        "gmt_create": "2026-11-20 00:00:00",
        "timeout_type": "WAIT_SOLUTION_TIMEOUT",
        "timeout_time": "2026-11-25 00:00:00",
        "solutions": {
            "solution_dto": [{"solution_type": "refund", "refund_money": {"amount": "3", "currency_code": "USD"}}]
        },
    }
    evaluation = {"order_id": 2, "parent_order_id": 1, "buyer_evaluation": 4, "buyer_fb_date": "2026-11-20 00:00:00"}
    wrapped = {"result": {"data_list": {"issue_api_issue_dto": [dispute]}}}
    assert numbers(take_in(json.dumps(wrapped).encode(), "d.json"))["kind"] == "disputes"
    assert numbers(take_in(json.dumps({"target_list": [evaluation]}).encode(), "e.json"))["kind"] == "evaluations"
    with shop.session() as session:
        row = session.scalars(select(Dispute)).one()
        assert (row.order_platform_id, row.line_platform_id, row.timeout_at, row.solutions) == (
            "1",
            "2",
            datetime(2026, 11, 25, 8, tzinfo=UTC),
            [{"type": "refund", "amount": "3", "currency": "USD"}],
        )
        assert session.scalars(select(Evaluation.stars)).all() == [4]


def test_a_repeated_id_counts_once_and_a_missing_one_by_its_content(take_in: TakeIn) -> None:
    lines = [
        {"id": "1", "title": "first"},
        {"id": "1", "title": "second"},
        {"title": "without id"},
        {"id": "x" * 41, "title": "id too long"},
        {"id": "2", "title": "odd status", "status": "sleeping"},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    report = take_in(data, "p.ndjson")
    assert (report["inserted"], report["refused"]) == (3, 2)
    assert [(one["record"], one["code"]) for one in report["refusals"]] == [
        (2, "repeated_id"),
        (4, "bad_id"),
        (5, "unknown_status"),
    ]
    assert numbers(take_in(data, "p.ndjson"))["unchanged"] == 3


def test_a_run_that_was_left_goes_on_behind_its_last_commit(shop: Shop, options: run.Options, tmp_path: Path) -> None:
    path = tmp_path / "left.ndjson"
    path.write_text("".join(json.dumps({"id": str(number), "title": f"t{number}"}) + "\n" for number in range(10)))
    target = run.Target(database=shop.database, scope=shop.scope, store_id=shop.place.store_id)
    source = sources.open_source(path, name=path.name, zone=PACIFIC)
    digest = sources.sha256_of(path)
    run_id, _ = run.begin(target, source, digest)

    class Left(Exception):
        pass

    def leave(done: int) -> None:
        if done >= 6:
            raise Left

    with pytest.raises(Left):
        run.carry_on(target, source, run_id, 0, options, leave)
    assert run.begin(target, source, digest) == (run_id, 6)
    with pytest.raises(run.ImportTaken):  # a second process that began before the first went on
        run.carry_on(target, source, run_id, 3, options)
    run.carry_on(target, source, run_id, 6, options)
    with shop.session() as session:
        report = report_of(session, run_id)
        assert numbers(report) == {
            "kind": "products", "state": "done", "done": 10, "inserted": 10, "updated": 0, "unchanged": 0,
            "refused": 0,
        }  # fmt: skip
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "import_run")).one()
        assert (entry.action, entry.after["inserted"], entry.actor) == ("import", 10, "user:test")


@pytest.mark.parametrize(
    ("data", "name", "kind", "code"),
    [
        (b"", "empty.csv", None, "empty"),
        (b"{", "broken.json", None, "not_json"),
        (b"a,b\n1,2\n", "other.csv", "orders", "missing_column"),
        (b"\x89PNG\r\n\x1a\n", "picture.png", None, "unknown_form"),
        (b"PK\x03\x04 no workbook", "broken.xlsx", None, "damaged"),
    ],
)
def test_a_file_that_is_nothing_known_says_so(
    take_in: TakeIn, data: bytes, name: str, kind: str | None, code: str
) -> None:
    with pytest.raises(IntakeError) as refused:
        take_in(data, name, kind)
    assert refused.value.code == code
