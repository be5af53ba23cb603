"""A store's authorisations reach its checks, and their end is told before it comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI

from store_model.outbox import Event
from tests.sections.conftest import NOW, Caller
from tests.sections.test_products import on_sale

TITLE = "Nike Stainless Steel Insulated Water Bottle 750 ml"


def authorise(caller: Caller, until: str | None, **more: Any) -> Any:
    body = {
        "mark": "Nike", "state": "approved", "valid_from": "2026-01-01", "valid_until": until,
        "document": {"name": "nike-2026.pdf"}, **more,
    }  # fmt: skip
    answer = caller.post("/account/brand-authorisations", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def brand_codes(caller: Caller, clean: dict[str, Any], as_of: str) -> list[str]:
    answer = caller.post("/prechecks", {"listing": {**clean, "title": TITLE}, "as_of": as_of}).json()
    return [one["code"] for one in answer["findings"] if one["code"].startswith("BRAND_")]


def test_a_finding_is_away_while_the_authorisation_holds_and_back_the_day_after(
    south: Caller, clean: dict[str, Any]
) -> None:
    assert brand_codes(south, clean, "2026-11-23") == ["BRAND_APPROVAL_UNKNOWN"]
    made = authorise(south, "2026-12-01")
    assert brand_codes(south, clean, "2026-11-23") == []
    assert brand_codes(south, clean, "2026-12-01") == []
    assert brand_codes(south, clean, "2026-12-02") == ["BRAND_UNAUTHORISED"]
    etag = south.get(f"/account/brand-authorisations/{made['id']}").headers["etag"]
    revoked = south.send("PATCH", f"/account/brand-authorisations/{made['id']}", {"state": "revoked"}, if_match=etag)
    assert revoked.status_code == 200, revoked.text
    assert brand_codes(south, clean, "2026-11-23") == ["BRAND_UNAUTHORISED"]


def test_the_listings_that_will_infringe_are_listed(west: Caller, clean: dict[str, Any]) -> None:
    made = authorise(west, "2026-12-09")
    for name, title in (("1005001", TITLE), ("1005002", "Stainless Steel Insulated Water Bottle 750 ml")):
        on_sale(west, clean, id=name, title=title)
    answer = west.get("/ip/lapsing?days=30").json()
    assert answer["authorisations"] == [
        {"authorisation_id": made["id"], "mark": "Nike", "last_day": "2026-12-09", "days_left": 16}
    ]
    assert [(one["listing_id"], [f["rule"] for f in one["findings"]]) for one in answer["listings"]] == [
        ("1005001", ["IPR101"])
    ]
    assert answer["next_page_token"] is None
    nothing = west.get("/ip/lapsing?days=15").json()
    assert (nothing["authorisations"], nothing["listings"]) == ([], [])


def test_the_end_is_told_once_for_each_threshold_and_anew_when_it_moves(app: FastAPI, north: Caller) -> None:
    made = authorise(north, "2027-03-31")
    end = datetime(2027, 3, 31, 12, tzinfo=NOW.tzinfo)

    def told(day: datetime) -> list[int]:
        from api.webhooks.announcing import Announcer

        state = app.state
        announcer = Announcer(state.pack, state.penalties, state.backoffice)
        for _ in range(2):
            with state.database.system(actor="system:test") as session:
                announcer.authorisations(session, day)
        with state.database.system(actor="system:test", read_only=True) as session:
            import json

            rows = session.query(Event).filter(Event.type == "authorisation.lapsing").order_by(Event.id)
            bodies = [json.loads(row.body)["data"]["current"] for row in rows]
        return [body["days"] for body in bodies if body["authorisation_id"] == made["id"]]

    assert told(end - timedelta(days=31)) == []
    assert told(end - timedelta(days=30)) == [30]
    assert told(end - timedelta(days=20)) == [30]
    assert told(end - timedelta(days=1)) == [30, 1]
    etag = north.get(f"/account/brand-authorisations/{made['id']}").headers["etag"]
    path = f"/account/brand-authorisations/{made['id']}"
    north.send("PATCH", path, {"valid_until": "2028-03-31"}, if_match=etag)
    assert told(end) == [30, 1]
    assert told(datetime(2028, 3, 28, 12, tzinfo=NOW.tzinfo)) == [30, 1, 7]
