"""Performance of a store in the database, on each kind of database: what is served, told, and kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from api.scoring.rules import PerformanceRules
from api.scoring.telling import tell_stores
from engine.facts import Listing
from engine.scoring.counting import counts_of
from engine.scoring.sources import ROWS
from store_model import bulk
from store_model.bulk import Place
from store_model.incoming import IncomingDispute, IncomingEvaluation, IncomingLine, IncomingOrder, IncomingShipment
from store_model.performance.kept import ScoreTold
from store_model.performance.tables import Tables
from tests.sections.conftest import NOW, Caller
from tests.tenants import Tenants

NOON = datetime(2026, 11, 22, 20, tzinfo=UTC)


def order(number: int) -> IncomingOrder:
    """One order; numbers 1 and 3 were not shipped."""
    due = NOON - timedelta(days=number % 20)
    sent = None if number in (1, 3) else due - timedelta(days=4)
    return IncomingOrder(
        platform_id=f"81900000000{number:05d}",
        state="FINISH",
        paid_at=due - timedelta(days=8),
        sent_at=sent,
        finished_at=due,
        amount=Decimal(20),
        currency="USD",
        lines=(IncomingLine(product_platform_id=f"100500000000{number % 2}", handling_days=7),),
        shipments=()
        if sent is None
        else (IncomingShipment(tracking_number=f"LP{number}", carrier="OTHER", declared_at=sent, scanned_at=sent),),
    )


@pytest.fixture(scope="module")
def filled(app: FastAPI, tenants: Tenants) -> Place:
    place = Place(tenants.one, tenants.stores["north"])
    limits = app.state.backoffice.limits(NOW.date())
    with app.state.database.scoped(tenants.scope()) as session:
        bulk.upsert_orders(session, place, [order(n) for n in range(40)], limits=limits, seen_at=NOW, now=NOW)
        asked = IncomingDispute(
            platform_id="7000000001", state="processing", order_platform_id=order(5).platform_id,
            reason="not_as_described", opened_at=NOON - timedelta(days=3),
        )  # fmt: skip
        bulk.upsert_disputes(session, place, [asked], answer=limits.dispute_answer, now=NOW)
        given = [
            IncomingEvaluation(
                platform_id=f"E{n}", stars=5, description=5, communication=5, delivery=5, buyer=f"B{n}",
                given_at=NOON - timedelta(days=n % 9), order_platform_id=order(n).platform_id,
                product_platform_id="1005000000000",
            )
            for n in range(12)
        ]  # fmt: skip
        late = IncomingEvaluation(platform_id="E99", stars=1, given_at=NOW + timedelta(days=2))
        bulk.upsert_evaluations(session, place, [*given, late], now=NOW)
    return place


def test_the_sql_of_the_database_counts_what_python_counts(app: FastAPI, tenants: Tenants, filled: Place) -> None:
    with app.state.database.scoped(tenants.scope(), read_only=True) as session:
        tables = Tables(session, filled, app.state.backoffice.limits(NOW.date()), now=NOW)
        force = app.state.performance.on(NOW.date())
        rows = {over: tables.select(over, "1 = 1", limit=10_000) for over in ROWS}
        assert len(rows["orders"]) == 40
        found = tables.counts(force.countings.values(), since=20000, until=21000)
        assert found == counts_of(list(force.countings.values()), rows, now=tables.now)


def test_the_score_of_a_store_adds_up_and_names_its_rows(north: Caller, filled: Place) -> None:
    page = north.get("/performance").json()
    items = page["score"]["items"]
    assert sum(Decimal(item["points"]) for item in items) == Decimal(page["score"]["score"])
    assert {item["of"]: item["points"] for item in items}["SVC101"] == "0.00"
    said = {item["indicator"]: item["says"]["en"] for item in page["indicators"]}
    assert said["SVC101"] == "2 of 40 orders: cannot tell yet (good to breach)"
    assert [(bad["rows"], bad["fault"], bad["ids"]) for bad in page["bad_data"]] == [
        ("evaluations", "in_the_future", ["E99"])
    ]
    assert page["level"]["next_evaluation"] == "2026-12-03"


def test_each_category_is_assessed_by_its_own_orders_and_evaluations(
    app: FastAPI, tenants: Tenants, north: Caller, filled: Place
) -> None:
    """Twenty orders each; the dispute is of the second product, all evaluations are of the first."""
    before = north.get("/performance/categories").json()
    assert before["items"] == []
    assert before["without_category"] == {"count": 2, "listings": ["1005000000000", "1005000000001"]}
    listings = [
        Listing(id="1005000000000", title="Steel bottle", category_id="drinkware_bottles"),
        Listing(id="1005000000001", title="Goods of a category that our tree does not have", category_id="999"),
    ]
    with app.state.database.scoped(tenants.scope()) as session:
        bulk.upsert_products(session, filled, listings, status="on_sale", now=NOW)
    found = north.get("/performance/categories").json()
    assert found["without_category"] == {"count": 0, "listings": []}
    assert found["evaluations"] == {"SVC505": "2027-01-02"}
    seen = {
        item["category_id"]: (
            item["listings"], item["title"]["en"], item["scores"][0]["level"], item["scores"][0]["score"],
            {one["indicator"]: (one["value"], one["part"], one["whole"]) for one in item["indicators"]},
        )
        for item in found["items"]
    }  # fmt: skip
    assert seen == {
        "home_garden": (1, "Home & Garden", "met", "2",
                        {"SVC117": ("5.000000", "60", "12"), "SVC118": ("0.000000", "0", "20")}),
        "999": (1, "999", "met", "2", {"SVC117": (None, "0", "0"), "SVC118": ("0.050000", "1", "20")}),
    }  # fmt: skip
    assert [item["category_id"] for item in found["items"]] == ["home_garden", "999"]


def test_evidence_is_paged_without_gap_or_repeat(north: Caller, filled: Place) -> None:
    seen: list[str] = []
    query = ""
    while True:
        page = north.get(f"/performance/indicators/SVC101/evidence?page_size=7{query}").json()
        seen += [row["id"] for row in page["items"]]
        if page["next_page_token"] is None:
            break
        query = f"&page_token={page['next_page_token']}"
    assert sorted(seen) == [order(n).platform_id for n in range(40)]
    assert north.get("/performance/indicators/SVC999/evidence").status_code == 404
    assert north.get("/performance/indicators/SVC101/evidence?page_token=x").json()["code"] == "bad_page_token"


def test_a_withdrawn_dispute_raises_the_score(north: Caller, filled: Place) -> None:
    body: dict[str, Any] = {"actions": [{"action": "withdraw_dispute", "id": "7000000001"}]}
    found = north.post("/performance/what-if", body).json()
    assert (found["gain_today"], found["cost"]) == ("2.50", "12.00")
    assert north.post("/performance/what-if", {**body, "costs": {"withdraw_dispute": "1"}}).json()["cost"] == "1"
    wrong = north.post("/performance/what-if", {"actions": [{"action": "ship_order", "id": "5"}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/actions/0/id")
    offers = north.get("/performance/suggestions").json()["items"]
    assert "withdraw_dispute" in {offer["action"] for offer in offers}
    plan = north.post("/performance/plan", {"score": "89", "by": "2026-11-24"}).json()
    assert (plan["reached"], plan["is_cheapest"], [one["action"] for one in plan["actions"]]) == (
        True, True, ["withdraw_dispute"])  # fmt: skip
    assert north.post("/performance/plan", {}).json()["errors"][0]["pointer"] == "/level"


def test_history_trends_and_charts_are_served(north: Caller, filled: Place) -> None:
    days = north.get("/performance/history?days=3").json()["items"]
    assert [day["day"] for day in days] == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert set(north.get("/performance/trends").json()) == {"as_of", "anomalies", "crossings", "comparison", "against"}
    chart = north.get("/performance/charts/waterfall", accept_language="zh").json()["spec"]
    assert chart["title"] == "每日服务分"
    assert north.get("/performance/charts/pie").status_code == 404
    costs = north.get("/performance/listings").json()["items"]
    assert sum(Decimal(cost["points"]) for cost in costs) == Decimal("12.50")
    assert costs[0]["product_scores"]["SVC504"] == {"score": "66.66", "level": "fair"}


def test_the_platforms_number_stands_beside_ours_with_the_difference(north: Caller, filled: Place) -> None:
    ours = Decimal(north.get("/performance").json()["score"]["score"])
    body = {"day": "2026-11-22", "measure": "SVC501", "value": "80.00"}
    assert north.post("/performance/platform-numbers", body).status_code == 201
    (beside,) = north.get("/performance").json()["platform_numbers"]
    assert (Decimal(beside["ours"]), Decimal(beside["difference"])) == (ours, ours - 80)


def test_the_home_page_shows_the_matrix_the_level_and_what_helps(north: Caller, filled: Place) -> None:
    found = north.get("/home").json()["capability"]
    assert (found["state"], len(found["modules"])) == ("assessed", 7)
    assert found["source"].endswith("/performance")
    assert found["suggestions"][0]["gain"] > "0"


def test_a_change_of_the_score_is_told_once(app: FastAPI, tenants: Tenants, north: Caller, filled: Place) -> None:
    rules: PerformanceRules = app.state.performance

    def sweep(now: datetime) -> None:
        with app.state.database.system(actor="test") as session:
            tell_stores(session, rules, now)

    def told() -> list[str]:
        types = [item["type"] for item in north.get("/events").json()["events"]]
        return [name for name in types if name in ("score.changed", "level.projected")]

    sweep(NOW)
    assert told() == []
    with app.state.database.system(actor="test") as session:
        kept = session.get(ScoreTold, (filled.entity_id, filled.store_id))
        assert kept is not None
        kept.score, kept.level = Decimal("50.00"), "fail"
    sweep(NOW + timedelta(days=1))
    sweep(NOW + timedelta(days=1))
    assert told() == ["score.changed", "level.projected"]
