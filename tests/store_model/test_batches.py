"""Rows that are inserted by the batch are those that the session would have written, on each kind of database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from store_model.batches import insert_rows, json_text
from store_model.orders import Dispute
from store_model.products import Product, ProductContent
from store_model.tenancy import TenantError
from tests.store_model.conftest import NOW, Shop

LISTING = {"title": 'a "quoted" {title}, 50% \\ off', "zh": "标题", "half": "\ud800", "none": None, "list": [1, "2"]}


def product(number: int, **more: Any) -> dict[str, Any]:
    """The columns of a product."""
    return {
        "platform_id": f"P{number}", "status": "draft", "title": f'Number "{number}", {{a}}\\', "price_min": None,
        "listed_on": None, "sku_count": 0, "stock_total": 2**40, "digest": "", "open_findings": 0,
        "blocking_findings": 0, "version": 1, "created_at": NOW, "updated_at": NOW, **more,
    }  # fmt: skip


def test_rows_come_back_as_they_were_given_with_their_ids_in_order(shop: Shop) -> None:
    tokyo = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    rows = [
        product(1, price_min=Decimal("0.1000"), listed_on=date(2026, 3, 1), updated_at=tokyo),
        product(2, platform_id=None),
        product(3, price_min=Decimal("12345678901.2345")),
    ]
    with shop.session() as session:
        ids = insert_rows(session, Product, rows)
        assert insert_rows(session, ProductContent, [{"product_id": ids[0], "listing": LISTING}]) == []
        assert insert_rows(session, Product, []) == []
    with shop.session() as session:
        found = {row.id: row for row in session.scalars(select(Product))}
        assert [{name: getattr(found[own], name) for name in row} for own, row in zip(ids, rows, strict=True)] == rows
        assert found[ids[0]].updated_at == datetime(2026, 3, 1, tzinfo=UTC)
        assert session.scalars(select(ProductContent.listing)).one() == LISTING
        after = Product(**product(4), entity_id=shop.place.entity_id, store_id=shop.place.store_id)
        session.add(after)
        session.flush()
        assert after.id not in ids


def test_what_is_too_long_for_a_column_is_refused_or_kept_whole_and_never_cut(shop: Shop) -> None:
    rows = [product(1, digest="x" * 65)]
    if shop.database.engine.dialect.name == "postgresql":
        with pytest.raises(DataError, match="too long"), shop.session() as session:
            insert_rows(session, Product, rows)
        return
    with shop.session() as session:  # SQLite does not hold texts to a length
        insert_rows(session, Product, rows)
        assert session.scalars(select(Product.digest)).all() == ["x" * 65]


def test_a_row_that_is_there_already_is_a_conflict(shop: Shop) -> None:
    with shop.session() as session:
        insert_rows(session, Product, [product(1)])
    with pytest.raises(IntegrityError), shop.session() as session:
        insert_rows(session, Product, [product(2), product(1)])
    with shop.session() as session:
        assert session.scalars(select(Product.platform_id)).all() == ["P1"]


def test_rows_of_another_tenant_or_store_are_refused(shop: Shop) -> None:
    for other in ({"entity_id": shop.place.entity_id + 1}, {"store_id": shop.place.store_id + 1}):
        with pytest.raises(TenantError), shop.session() as session:
            insert_rows(session, Product, [product(1, **other)])


def test_a_list_in_json_comes_back(shop: Shop) -> None:
    solutions = [{"amount": "1.00", "owner": "buyer"}]
    row = {
        "platform_id": "D1", "state": "processing", "solutions": solutions, "digest": "", "version": 1,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    with shop.session() as session:
        (own,) = insert_rows(session, Dispute, [row])
        assert session.get_one(Dispute, own).solutions == solutions


@pytest.mark.parametrize("value", [None, [], {}, "a\x00b", "\udfff", {"a": [1, None, "标题"]}])
def test_json_text_says_every_value(value: Any) -> None:
    assert json.loads(json_text(value)) == value
