"""What the store assessment says of orders is counted by the indicators of parcels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from engine.scoring import days
from store_model import bulk
from store_model.assessments import upsert_assessments
from store_model.bulk import Place
from store_model.incoming import IncomingAssessment, IncomingOrder, IncomingShipment
from store_model.performance.tables import Tables
from tests.sections.conftest import NOW, Caller
from tests.tenants import Tenants

DECLARED = datetime(2026, 11, 1, 12, tzinfo=UTC)
SCANNED = DECLARED + timedelta(days=1)


def sent(number: int) -> IncomingOrder:
    """An order with one parcel that was scanned the day after it was declared."""
    parcel = IncomingShipment(tracking_number=f"LP{number}", declared_at=DECLARED, scanned_at=SCANNED)
    return IncomingOrder(platform_id=f"P{number}", state="FINISH", sent_at=DECLARED, shipments=(parcel,))


@pytest.fixture(scope="module")
def assessed(app: FastAPI, tenants: Tenants) -> Place:
    """Eighteen parcels in time; of two the platform says otherwise, and of two orders that had no parcel."""
    place = Place(tenants.one, tenants.stores["north"])
    limits = app.state.backoffice.limits(NOW.date())
    with app.state.database.scoped(tenants.scope()) as session:
        bulk.upsert_orders(session, place, [sent(n) for n in range(20)], limits=limits, seen_at=NOW, now=NOW)
        upsert_assessments(
            session,
            place,
            [
                IncomingAssessment(platform_id="P1", is_false_shipment=True, is_online_late=False),
                IncomingAssessment(platform_id="P2", is_false_shipment=False, is_online_late=True),
                IncomingAssessment(platform_id="N1", is_false_shipment=True, left=timedelta(days=-2)),
                IncomingAssessment(platform_id="N2", is_online_late=True, placed_at=DECLARED - timedelta(days=20)),
                IncomingAssessment(platform_id="N3", is_false_shipment=False, is_online_late=False),
            ],
            seen_at=NOW,
            now=NOW,
        )
    return place


def test_an_order_that_the_platform_names_is_a_parcel_even_without_one(
    app: FastAPI, tenants: Tenants, assessed: Place
) -> None:
    limits = app.state.backoffice.limits(NOW.date())
    with app.state.database.scoped(tenants.scope(), read_only=True) as session:
        rows = Tables(session, assessed, limits, now=NOW).select("parcels", "1 = 1")
    found = {
        row["order"]: (row.get("declared"), row["scan_due"], row.get("false_shipment"), row.get("late_online"))
        for row in rows
    }
    declared, due = days.seconds(DECLARED), days.seconds(DECLARED + limits.scan)
    assert {name: found[name] for name in found.keys() - {f"P{n}" for n in range(3, 20)}} == {
        "P0": (declared, due, None, None),
        "P1": (declared, due, "yes", None),
        "P2": (declared, due, None, "yes"),
        "N1": (None, days.seconds(NOW - timedelta(days=2)), "yes", None),
        "N2": (
            None,
            days.seconds(DECLARED - timedelta(days=20) + limits.risk_control + limits.handling_default + limits.scan),
            None,
            "yes",
        ),
    }


def test_the_indicators_count_what_the_platform_says(north: Caller, assessed: Place) -> None:
    found = {one["indicator"]: one for one in north.get("/performance").json()["indicators"]}
    false, late = found["SVC109"], found["SVC108"]
    assert (false["part"], false["whole"]) == ("2", "22")
    assert (late["part"], late["whole"]) == ("19", "22")
