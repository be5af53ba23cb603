"""Findings in bulk: as arrays and by COPY, new and known, fixed when gone, counted at their products."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.facts import Listing
from store_model import bulk, findings_load
from store_model.findings import Finding
from store_model.findings_load import FindingRow, load_findings, product_ids
from store_model.products import Product
from store_model.tenancy import TenantError
from tests.store_model.conftest import NOW, Shop, open_shop

ODD = '{"en": "tab \\\\t, back\\\\\\\\slash, \\\\N, \\"quotes\\", 中文"}'


def finding(number: int, product_id: int | None, mode: str = "warn", message: str = ODD) -> FindingRow:
    fingerprint = f"f1:{number:024d}"
    return FindingRow(fingerprint, "LST104", 1, "CODE", "error", mode, "listing", "p1", product_id, message, "{}")


@pytest.fixture
def product(shop: Shop) -> int:
    with shop.session() as session:
        bulk.upsert_products(session, shop.place, [Listing(id="p1", title="One")], status="draft", now=NOW)
        return product_ids(session, shop.place.store_id, ["p1", "p2"])["p1"]


@pytest.fixture(params=["arrays", "copy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways that rows travel to PostgreSQL."""
    if request.param == "copy":
        monkeypatch.setattr(findings_load, "SMALL", 0)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_a_whole_check_opens_fixes_and_opens_again(shop: Shop, product: int) -> None:
    def check(rows: list[FindingRow], hours: int) -> list[tuple[str, str, int]]:
        now = NOW + timedelta(hours=hours)
        with shop.session() as session:
            load_findings(session, shop.place.store_id, rows, checked=[product], now=now)
        with shop.session() as session:
            found = session.scalars(select(Finding).order_by(Finding.fingerprint)).all()
            counted = session.get_one(Product, product)
            assert counted.open_findings == sum(one.state == "open" for one in found)
            assert counted.blocking_findings == sum(one.state == "open" and one.mode == "block" for one in found)
            assert {one.message["en"] for one in found} == {'tab \\t, back\\\\slash, \\N, "quotes", 中文'}
            return [(one.state, one.mode, (one.last_seen - one.first_seen) // timedelta(hours=1)) for one in found]

    assert check([finding(1, product, "block"), finding(2, product)], 0) == [("open", "block", 0), ("open", "warn", 0)]
    assert check([finding(2, product)], 1) == [("fixed", "block", 0), ("open", "warn", 1)]
    assert check([finding(1, product), finding(2, product)], 2) == [("open", "warn", 2), ("open", "warn", 2)]
    assert check([], 3) == [("fixed", "warn", 2), ("fixed", "warn", 2)]


@pytest.mark.usefixtures("way")
def test_the_same_fingerprint_twice_in_one_load_counts_once(shop: Shop, product: int) -> None:
    with shop.session() as session:
        assert load_findings(session, shop.place.store_id, [finding(1, product), finding(1, product)], now=NOW) == 1
        assert len(session.scalars(select(Finding)).all()) == 1


def test_findings_go_into_a_store_of_the_scope_alone(shop: Shop) -> None:
    other = open_shop(shop.database)
    with shop.session() as session, pytest.raises(TenantError):
        load_findings(session, other.place.store_id, [finding(1, None)], now=NOW)
    with shop.database.system(actor="system:test") as session, pytest.raises(TenantError):
        load_findings(session, shop.place.store_id, [finding(1, None)], now=NOW)


def test_a_foreign_products_counts_stay_as_they_are(shop: Shop, product: int) -> None:
    other = open_shop(shop.database)
    with other.session() as session:
        load_findings(session, other.place.store_id, [], checked=[product], now=NOW)
    with shop.session() as session:
        load_findings(session, shop.place.store_id, [finding(1, product)], now=NOW)
    with other.session() as session:
        load_findings(session, other.place.store_id, [], checked=[product], now=NOW)
    with shop.session() as session:
        assert session.scalars(select(Finding.state)).all() == ["open"]
        assert session.get_one(Product, product).open_findings == 1
