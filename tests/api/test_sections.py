"""The plain sections of the back office as a seller uses them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from store_model.accounts import Store
from store_model.db import Database
from store_model.findings import Finding
from store_model.orders import Order
from tests.api.sections import Shop, only
from tests.tenants import add_tenants

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=10)


@pytest.fixture
def shop(make_app: Callable[..., FastAPI], database: Database) -> Shop:
    app = make_app(database_url=database.engine.url.render_as_string(hide_password=False))
    app.state.now = lambda: NOW
    return Shop(app, TestClient(app), add_tenants(database))


def problem(answer: Any) -> Any:
    """Code and pointers of a problem."""
    return answer["code"], [error.get("pointer", error.get("parameter")) for error in answer.get("errors", ())]


# Store -----------------------------------------------------------------------------------------------------------


def test_a_page_is_drafted_previewed_and_published_and_the_one_before_retired(shop: Shop) -> None:
    logo = shop.add("assets", kind="logo", name="Logo", url="https://img.example.com/logo.png")
    module = {"kind": "banner", "asset_ids": [logo["id"]]}
    first = shop.add("pages", device="app", name="home", title="Home", modules=[module])
    assert shop.get("storefront")["pages"] == []
    assert [page["title"] for page in shop.get("storefront?draft=true")["pages"]] == ["Home"]
    published = shop.call("POST", f"pages/{first['id']}/publish")
    assert only(published, "state", "published_at") == {"state": "published", "published_at": "2026-11-23T12:00:00Z"}
    assert problem(shop.patch(f"pages/{first['id']}", published, 409, title="New")) == ("page_published", [])
    second = shop.add("pages", device="app", name="home", title="Home in winter")
    shop.call("POST", f"pages/{second['id']}/publish")
    states = {row["title"]: row["state"] for row in shop.get("pages")["items"]}
    assert states == {"Home": "retired", "Home in winter": "published"}
    preview = shop.get("storefront")
    assert ([page["title"] for page in preview["pages"]], preview["assets"]) == (["Home in winter"], [])


def test_a_page_shows_nothing_of_another_store(shop: Shop) -> None:
    theirs = Shop(shop.app, shop.client, shop.tenants, "guest", "south")
    logo = theirs.add("assets", kind="logo", name="Logo", url="https://img.example.com/logo.png")
    module = {"kind": "banner", "asset_ids": [logo["id"]]}
    answer = shop.add("pages", 422, device="app", name="home", title="Home", modules=[module])
    assert problem(answer) == ("invalid_body", ["/modules/0/asset_ids"])


def test_a_task_that_is_done_says_when(shop: Shop) -> None:
    task = shop.add("tasks", title="Confirm the stock", due_at="2026-11-22T00:00:00Z")
    assert shop.get("home")["tasks"]["overdue"] == 1
    done = shop.patch(f"tasks/{task['id']}", task, state="done")
    assert only(done, "state", "finished_at") == {"state": "done", "finished_at": "2026-11-23T12:00:00Z"}
    again = shop.patch(f"tasks/{task['id']}", done, state="open")
    assert again["finished_at"] is None


def test_a_plan_is_joined_when_every_condition_is_met_and_left_again(shop: Shop) -> None:
    refused = shop.call("PUT", "plans/worry_free_shipping", 409)
    assert problem(refused) == ("not_eligible", ["/conditions/verified_account", "/conditions/logistics_templates"])
    row = shop.add("account/verifications", kind="real_name", subject="Lin")
    shop.patch(f"account/verifications/{row['id']}", row, state="verified")
    _add_template(shop)
    joined = shop.call("PUT", "plans/worry_free_shipping")
    assert only(joined, "state", "eligible", "joined_at") == {
        "state": "joined",
        "eligible": True,
        "joined_at": "2026-11-23T12:00:00Z",
    }
    assert shop.call("PUT", "plans/worry_free_shipping") == joined
    assert shop.call("DELETE", "plans/worry_free_shipping")["state"] == "left"
    states = {plan["id"]: (plan["state"], plan["eligible"]) for plan in shop.get("plans")["items"]}
    assert states == {"aliexpress_plus": ("none", False), "worry_free_shipping": ("left", True)}
    assert problem(shop.call("PUT", "plans/gold_rush", 404)) == ("unknown_item", [])


def _add_template(shop: Shop) -> None:
    from store_model.product_offers import ProductTemplate

    with shop.app.state.database.scoped(shop.tenants.scope()) as session:
        session.add(
            ProductTemplate(store_id=shop.tenants.stores["north"], kind="logistics", name="Standard", content={})
        )


# Marketing -------------------------------------------------------------------------------------------------------


def discount(shop: Shop, name: str = "Sale", **more: Any) -> Any:
    body = {"starts_at": "2026-11-24T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z", **more}
    return shop.add("activities", kind="single_discount", name=name, **body)


def test_an_activity_goes_through_its_states_by_steps_and_by_time(shop: Shop) -> None:
    activity = discount(shop)
    path = f"activities/{activity['id']}"
    assert problem(shop.call("POST", f"{path}/publish", 422)) == ("invalid_body", [""])
    shop.add(f"{path}/products", product_id=shop.product(), discount=20)
    seen = [activity["state"], shop.call("POST", f"{path}/publish")["state"]]
    shop.app.state.now = lambda: NOW + timedelta(days=2)
    seen += [shop.get(path)["state"], shop.call("POST", f"{path}/pause")["state"]]
    refused = shop.call("POST", f"{path}/publish", 409)
    seen.append(shop.call("POST", f"{path}/resume")["state"])
    shop.app.state.now = lambda: NOW + timedelta(days=9)
    seen.append(shop.get(path)["state"])
    assert seen == ["draft", "not_started", "ongoing", "paused", "ongoing", "finished"]
    assert refused["detail"] == "In the state paused this cannot be done; it can be: resume, stop."


def test_a_product_is_in_one_exclusive_activity_at_a_time(shop: Shop) -> None:
    product = shop.product()
    first, second = discount(shop, "First"), discount(shop, "Second", starts_at="2026-11-30T00:00:00Z")
    apart = discount(shop, "Third", starts_at="2026-12-01T00:00:00Z", ends_at="2026-12-05T00:00:00Z")
    for activity in (first, second, apart):
        shop.add(f"activities/{activity['id']}/products", product_id=product, discount=10)
    shop.call("POST", f"activities/{first['id']}/publish")
    refused = shop.call("POST", f"activities/{second['id']}/publish", 409)
    assert problem(refused) == ("activity_conflict", [f"/products/{product}"])
    assert "First" in refused["errors"][0]["detail"]
    assert shop.call("POST", f"activities/{apart['id']}/publish")["state"] == "not_started"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"ends_at": "2026-11-24T00:00:00Z"}, ["/ends_at"]),
        ({"ends_at": "2027-11-24T00:00:00Z"}, ["/ends_at"]),
        ({"terms": {"terminal": "fax"}}, ["/terms/terminal"]),
        ({"kind": "full_discount", "terms": {"currency": "USD", "levels": [{}]}}, ["/terms/levels/0"]),
        (
            {"kind": "coupon", "terms": {"amount": "5", "currency": "USD", "minimum": "3", "total": 9}},
            ["/terms/amount"],
        ),
    ],
)
def test_what_the_pack_does_not_allow_is_refused_with_its_place(shop: Shop, body: Any, pointers: list[str]) -> None:
    whole = {
        "kind": "single_discount", "name": "Sale", "starts_at": "2026-11-24T00:00:00Z",
        "ends_at": "2026-12-01T00:00:00Z", **body,
    }  # fmt: skip
    assert problem(shop.add("activities", 422, **whole)) == ("invalid_body", pointers)


def test_a_discount_is_within_its_bounds_and_the_activity_within_its_size(shop: Shop) -> None:
    activity = discount(shop)
    path = f"activities/{activity['id']}/products"
    assert problem(shop.add(path, 422, product_id=shop.product(), discount=100)) == ("invalid_body", ["/discount"])
    assert problem(shop.add(path, 422, product_id="999999", discount=10)) == ("invalid_body", ["/product_id"])
    for number in range(40):
        shop.add(path, product_id=shop.product(f"Bottle {number}"), discount=10)
    assert problem(shop.add(path, 409, product_id=shop.product("One more"), discount=10)) == ("limit_reached", [])


def test_a_published_coupon_is_locked_and_a_published_discount_is_not(shop: Shop) -> None:
    terms = {"amount": "2.00", "currency": "USD", "minimum": "20.00", "total": 100}
    times = {"starts_at": "2026-11-24T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z"}
    coupon = shop.add("activities", kind="coupon", name="Two off", terms=terms, **times)
    published = shop.call("POST", f"activities/{coupon['id']}/publish")
    assert problem(shop.patch(f"activities/{coupon['id']}", published, 409, name="New")) == ("activity_locked", [])
    activity = discount(shop)
    shop.add(f"activities/{activity['id']}/products", product_id=shop.product(), discount=10)
    running = shop.call("POST", f"activities/{activity['id']}/publish")
    assert shop.patch(f"activities/{activity['id']}", running, name="New")["name"] == "New"


def test_a_product_is_registered_for_a_campaign_while_that_is_open(shop: Shop) -> None:
    times = {"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-08T00:00:00Z"}
    opened = {"registration_from": "2026-11-01T00:00:00Z", "registration_until": "2026-11-30T00:00:00Z"}
    campaign = shop.add("campaigns", name="Year-end sale", least_discount=10, **times, **opened)
    path = f"campaigns/{campaign['id']}/registrations"
    product, draft = shop.product(), shop.product("Draft", status="draft")
    assert problem(shop.add(path, 422, product_id=product, discount=5)) == ("invalid_body", ["/discount"])
    assert problem(shop.add(path, 422, product_id=draft, discount=15)) == ("invalid_body", ["/product_id"])
    row = shop.add(path, product_id=product, discount=15, stock=200)
    approved = shop.patch(f"{path}/{row['id']}", row, state="approved")
    refused = shop.patch(f"{path}/{row['id']}", approved, 409, state="registered")
    assert refused["detail"] == "In the state approved this cannot be done; it can be: withdrawn."
    shop.app.state.now = lambda: LATER
    assert problem(shop.add(path, 409, product_id=shop.product("Late"), discount=15)) == ("illegal_step", [])


def test_commissions_of_one_thing_do_not_overlap(shop: Shop) -> None:
    shop.add("affiliate-offers", rate="8", starts_at="2026-11-01T00:00:00Z", ends_at="2026-12-01T00:00:00Z")
    again = {"rate": "9", "starts_at": "2026-11-15T00:00:00Z"}
    assert problem(shop.add("affiliate-offers", 409, **again)) == ("conflict", [])
    shop.add("affiliate-offers", **{**again, "starts_at": "2026-12-01T00:00:00Z"})
    shop.add("affiliate-offers", **again, category_id="bottles")
    assert problem(shop.add("affiliate-offers", 422, rate="80", starts_at="2026-11-01T00:00:00Z")) == (
        "invalid_body",
        ["/rate"],
    )


def test_an_advertisement_runs_with_bids_within_its_budget_for_products_of_the_store(shop: Shop) -> None:
    ad = {"name": "Bottles", "daily_budget": "10", "currency": "USD"}
    bids = [{"word": "steel bottle", "bid": "0.2"}, {"word": "Steel Bottle", "bid": "0.3"}]
    assert problem(shop.add("ad-campaigns", 422, **ad, bids=bids)) == ("invalid_body", ["/bids/1/word"])
    assert problem(shop.add("ad-campaigns", 422, **ad, state="running")) == ("invalid_body", ["/state"])
    assert problem(shop.add("ad-campaigns", 422, **ad, product_ids=["777"])) == ("invalid_body", ["/product_ids"])
    row = shop.add("ad-campaigns", **ad, bids=bids[:1], product_ids=[shop.product()], state="running")
    assert only(row, "state", "bids", "daily_budget") == {
        "state": "running",
        "bids": [{"word": "steel bottle", "bid": "0.2"}],
        "daily_budget": "10.00",
    }


def test_what_was_sent_to_customers_stays(shop: Shop) -> None:
    body = {"name": "Thanks", "audience": "bought_before", "message": {"en": "A coupon for you"}}
    late = {**body, "state": "scheduled", "send_at": "2026-11-01T00:00:00Z"}
    assert problem(shop.add("customer-reaches", 422, **late)) == ("invalid_body", ["/send_at"])
    row = shop.add("customer-reaches", **body)
    sent = shop.patch(f"customer-reaches/{row['id']}", row, state="sent")
    assert problem(shop.patch(f"customer-reaches/{row['id']}", sent, 409, name="X")) == ("illegal_step", [])


# Account ---------------------------------------------------------------------------------------------------------


def test_a_verification_goes_its_way_and_a_refusal_says_why(shop: Shop) -> None:
    row = shop.add("account/verifications", kind="business_licence", subject="First Trading Ltd")
    path = f"account/verifications/{row['id']}"
    assert problem(shop.patch(path, row, 422, state="refused")) == ("invalid_body", ["/reason"])
    refused = shop.patch(path, row, state="refused", reason="the scan is cut off")
    assert refused["decided_at"] == "2026-11-23T12:00:00Z"
    assert problem(shop.patch(path, refused, 422, state="verified")) == ("invalid_body", ["/state"])
    assert shop.patch(path, refused, state="submitted")["state"] == "submitted"


def test_one_withholding_account_is_the_default(shop: Shop) -> None:
    account = {"provider": "Alipay", "holder": "First Trading Ltd", "last_four": "0042", "currency": "USD"}
    first = shop.add("account/withholding-accounts", **account)
    shop.add("account/withholding-accounts", **{**account, "last_four": "0043"}, is_default=True)
    rows = shop.get("account/withholding-accounts")["items"]
    assert (first["is_default"], [row["is_default"] for row in rows]) == (True, [False, True])


def test_a_store_has_one_profile(shop: Shop) -> None:
    body = {"legal_name": "First Trading Ltd", "business_type": "enterprise", "country": "CN"}
    shop.add("account/profiles", **body)
    assert problem(shop.add("account/profiles", 409, **body)) == ("conflict", [])


def test_an_invoice_that_was_paid_stays_so_and_its_amount_is_never_edited(shop: Shop) -> None:
    body = {"number": "INV-1", "purpose": "commission", "issued_on": "2026-11-01", "amount": "120", "currency": "USD"}
    row = shop.add("account/invoices", **body)
    path = f"account/invoices/{row['id']}"
    assert problem(shop.patch(path, row, 422, amount="1")) == ("invalid_body", ["/amount"])
    paid = shop.patch(path, row, state="paid")
    assert problem(shop.patch(path, paid, 422, state="void")) == ("invalid_body", ["/state"])


def test_a_brand_authorisation_ends_after_it_begins(shop: Shop) -> None:
    body = {"mark": "Norvella", "valid_from": "2026-05-01", "document": {"name": "paper.pdf"}}
    refused = shop.add("account/brand-authorisations", 422, **body, valid_until="2026-04-30")
    assert problem(refused) == ("invalid_body", ["/valid_until"])
    shop.add("account/brand-authorisations", **body, valid_until="2026-12-31", territories=["DE"], state="approved")
    found = shop.get("account/brand-authorisations?ends_before=2027-01-01")["items"]
    assert [only(row, "mark", "territories", "state") for row in found] == [
        {"mark": "Norvella", "territories": ["DE"], "state": "approved"}
    ]


def test_a_tax_number_stands_once(shop: Shop) -> None:
    body = {"scheme": "IOSS", "number": "IM0000000000", "country": "IE"}
    shop.add("account/tax-registrations", **body)
    assert problem(shop.add("account/tax-registrations", 409, **body)) == ("conflict", [])


# Messages and the header -----------------------------------------------------------------------------------------


def test_a_buyers_message_is_unread_until_it_is_read_or_answered(shop: Shop) -> None:
    talk = shop.add("conversations", buyer="A. Buyer")
    path = f"conversations/{talk['id']}"
    shop.add(f"{path}/messages", from_party="buyer", text="When will it ship?")
    shop.add(f"{path}/messages", from_party="buyer", text="Hello?")
    counts = [shop.get("header")["unread_messages"]]
    shop.add(f"{path}/messages", text="Today.")
    counts.append(shop.get("header")["unread_messages"])
    shop.add(f"{path}/messages", from_party="buyer", text="Thank you")
    shop.call("POST", f"{path}/read")
    counts.append(shop.get("header")["unread_messages"])
    assert counts == [2, 0, 0]
    texts = [row["text"] for row in shop.get(f"{path}/messages")["items"]]
    assert texts == ["When will it ship?", "Hello?", "Today.", "Thank you"]


def test_each_person_reads_notifications_for_themselves(shop: Shop) -> None:
    shop.add("notifications", title={"en": "Holiday"}, body={"en": "Lines close."})
    analyst = shop.as_user("analyst")
    assert shop.call("POST", "notifications/read") == {"marked": 1}
    assert shop.call("POST", "notifications/read") == {"marked": 0}
    seen = [user.get("notifications")["items"][0]["is_read"] for user in (shop, analyst)]
    unread = [user.get("header")["unread_notifications"] for user in (shop, analyst)]
    assert (seen, unread) == ([True, False], [0, 1])


def test_quick_links_are_ones_own(shop: Shop) -> None:
    link = shop.add("quick-links", title="Due today", url="/v1/stores/1/orders")
    assert [row["title"] for row in shop.get("header")["quick_links"]] == ["Due today"]
    operator = shop.as_user("compliance_officer")
    assert operator.get("quick-links")["items"] == []
    assert problem(operator.get(f"quick-links/{link['id']}", 404)) == ("unknown_item", [])


# Analytics -------------------------------------------------------------------------------------------------------


def measured(shop: Shop, *days: tuple[date, int, int], product: str | None = None) -> None:
    rows = [
        {
            "day": day.isoformat(),
            "counts": {"visitors": visitors, "paid_buyers": buyers},
            "amounts": {"paid_amount": f"{buyers * 10}.50"},
            **({"product_platform_id": product} if product else {}),
        }
        for day, visitors, buyers in days
    ]
    assert shop.call("PUT", "analytics/metrics", json={"days": rows})["days"] == len(rows)


def test_rates_of_a_period_come_from_sums_over_month_ends_and_leap_days(shop: Shop) -> None:
    measured(shop, (date(2028, 2, 28), 10, 1), (date(2028, 2, 29), 90, 1), (date(2028, 3, 1), 100, 6))
    found = shop.get("analytics/metrics?since=2028-02-28&until=2028-03-02&by=month")
    total = {row["metric"]: row["value"] for row in found["total"]["metrics"]}
    assert only(total, "visitors", "paid_amount", "conversion", "exposure") == {
        "visitors": "200",
        "paid_amount": "81.50",
        "conversion": "0.040000",
        "exposure": None,
    }
    points = [(p["period"], p["days"], p["values"]["visitors"], p["values"]["conversion"]) for p in found["points"]]
    assert points == [("2028-02-01", 2, "100", "0.020000"), ("2028-03-01", 1, "100", "0.060000")]


def test_weeks_begin_on_monday(shop: Shop) -> None:
    measured(shop, (date(2026, 11, 1), 1, 0), (date(2026, 11, 2), 2, 0), (date(2026, 11, 8), 4, 0))
    found = shop.get("analytics/metrics?since=2026-11-01&until=2026-11-09&by=week")
    assert [(p["period"], p["values"]["visitors"]) for p in found["points"]] == [
        ("2026-10-26", "1"),
        ("2026-11-02", "6"),
    ]


def test_writing_the_same_days_again_changes_nothing_and_a_part_leaves_the_rest(shop: Shop) -> None:
    day = date(2026, 11, 1)
    measured(shop, (day, 10, 2))
    before = shop.get("analytics/metrics?since=2026-11-01&until=2026-11-02")
    measured(shop, (day, 10, 2))
    assert shop.get("analytics/metrics?since=2026-11-01&until=2026-11-02") == before
    shop.call("PUT", "analytics/metrics", json={"days": [{"day": "2026-11-01", "counts": {"visitors": 20}}]})
    total = shop.get("analytics/metrics?since=2026-11-01&until=2026-11-02")["total"]["metrics"]
    values = {row["metric"]: row["value"] for row in total}
    assert only(values, "visitors", "paid_buyers") == {"visitors": "20", "paid_buyers": "2"}


def test_two_periods_are_compared_and_one_of_nothing_has_no_change(shop: Shop) -> None:
    measured(shop, (date(2026, 10, 1), 100, 2), (date(2026, 11, 1), 150, 2))
    query = "analytics/comparison?since=2026-11-01&until=2026-11-02&against_since=2026-10-01&against_until=2026-10-02"
    changes = {row["metric"]: row for row in shop.get(query)["changes"]}
    assert only(changes["visitors"], "first", "second", "change") == {
        "first": "100",
        "second": "150",
        "change": "0.500000",
    }
    assert changes["exposure"]["change"] is None
    before = shop.get("analytics/comparison?since=2026-11-01&until=2026-11-03")["first"]
    assert only(before, "since", "until", "days") == {"since": "2026-10-30", "until": "2026-11-01", "days": 0}


def test_products_sources_and_benchmarks_of_a_period(shop: Shop) -> None:
    measured(shop, (date(2026, 11, 1), 10, 1), product="1005")
    measured(shop, (date(2026, 11, 1), 99, 3), product="1006")
    sources = [
        {"day": "2026-11-01", "source": "search", "visitors": 30},
        {"day": "2026-11-01", "source": "affiliate", "visitors": 10},
    ]
    others = [{"day": "2026-11-01", "group": "industry_average", "metric": "conversion", "value": "0.018"}]
    shop.call("PUT", "analytics/metrics", json={"sources": sources, "benchmarks": others})
    period = "since=2026-11-01&until=2026-11-02"
    top = shop.get(f"analytics/products?{period}&by=visitors")["items"]
    assert [(row["product_platform_id"], row["values"]["visitors"]) for row in top] == [("1006", "99"), ("1005", "10")]
    shares = [(row["source"], row["share"]) for row in shop.get(f"analytics/sources?{period}")["items"]]
    assert shares == [("search", "0.750000"), ("affiliate", "0.250000")]
    rows = {row["metric"]: row["benchmarks"] for row in shop.get(f"analytics/benchmarks?{period}")["items"]}
    assert rows["conversion"] == {"industry_average": {"value": "0.018000", "day": "2026-11-01"}}


def test_today_is_the_day_of_the_platforms_clock(shop: Shop) -> None:
    hours = [
        {"hour": "2026-11-23T07:00:00Z", "counts": {"visitors": 5}},
        {"hour": "2026-11-23T08:00:00Z", "counts": {"visitors": 7}},
        {"hour": "2026-11-23T09:00:00Z", "counts": {"visitors": 9}},
    ]
    shop.call("PUT", "analytics/metrics", json={"hours": hours})
    found = shop.get("analytics/today")
    assert (found["day"], found["total"]["visitors"], len(found["hours"])) == ("2026-11-23", "16", 2)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("metrics?since=2026-11-02&until=2026-11-01", ["until"]),
        ("metrics?since=0001-01-01", ["until"]),
        ("metrics?until=0001-01-01", ["until"]),
        ("metrics?by=year&since=x", ["by", "since"]),
        ("products?limit=0", ["limit"]),
        ("comparison?since=0001-01-01&until=0001-01-02", ["against_until"]),
        ("today?x=1", ["x"]),
    ],
)
def test_a_period_that_cannot_be_used_is_named(shop: Shop, query: str, names: list[str]) -> None:
    assert problem(shop.get(f"analytics/{query}", 422)) == ("invalid_parameter", names)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"days": [{"day": "2026-11-01", "counts": {"visitor": 1}}]}, "/days/0/counts/visitor"),
        ({"days": [{"day": "2026-11-01", "amounts": {"paid_amount": "NaN"}}]}, "/days/0/amounts/paid_amount"),
        ({"hours": [{"hour": "2026-11-01T00:30:00Z"}]}, "/hours/0/hour"),
        ({"sources": [{"day": "2026-11-01", "source": "x", "paid_amount": "1e30"}]}, "/sources/0/paid_amount"),
    ],
)
def test_a_measure_that_cannot_be_used_is_named(shop: Shop, body: Any, pointer: str) -> None:
    assert problem(shop.call("PUT", "analytics/metrics", 422, json=body)) == ("invalid_body", [pointer])


# Home ------------------------------------------------------------------------------------------------------------


def test_the_home_page_of_an_empty_store_says_so(shop: Shop) -> None:
    home = shop.get("home")
    assert (home["products"]["counts"]["all"], home["orders"]["by_state"], home["suggestions"]) == (0, {}, [])
    assert home["capability"]["state"] == "not_assessed"
    assert [module["score"] for module in home["capability"]["modules"]] == [None] * 7
    assert {row["metric"]: row["value"] for row in home["main_data"]} == dict.fromkeys(
        ("visitors", "paid_orders", "paid_amount", "conversion")
    )


def test_the_home_page_holds_what_is_due_what_is_found_and_what_changed(shop: Shop) -> None:
    store_id = shop.tenants.stores["north"]
    product = int(shop.product())
    with shop.app.state.database.scoped(shop.tenants.scope()) as session:
        session.get_one(Store, store_id).level = "good"
        for number, due in enumerate((NOW - timedelta(hours=1), NOW + timedelta(hours=1), NOW + timedelta(days=3))):
            session.add(Order(store_id=store_id, platform_id=str(number), state="WAIT_SELLER_SEND_GOODS", ship_by=due))
        for number, mode in enumerate(("warn", "warn", "block")):
            session.add(
                Finding(
                    store_id=store_id, fingerprint=f"f{number}", rule="PRI101" if mode == "block" else "LST104",
                    revision=1, code="X", severity="error" if mode == "block" else "warning", mode=mode,
                    subject="listing", product_id=product, message={"en": "wrong", "zh": "有误"}, detail={},
                    first_seen=NOW, last_seen=NOW, opened_at=NOW,
                )
            )  # fmt: skip
    measured(shop, (date(2026, 11, 20), 30, 3), (date(2026, 11, 12), 20, 1))
    home = shop.get("home")
    assert home["orders"]["deadlines"]["ship"] == {"overdue": 1, "due_today": 1, "later": 1}
    assert [only(row, "rule", "findings", "products", "blocking") for row in home["suggestions"]] == [
        {"rule": "PRI101", "findings": 1, "products": 1, "blocking": 1},
        {"rule": "LST104", "findings": 2, "products": 1, "blocking": 0},
    ]
    assert home["privileges"][0]["value"] == 5
    visitors = home["main_data"][0]
    assert only(visitors, "value", "previous", "change") == {"value": "30", "previous": "20", "change": "0.5000"}


def test_the_last_seven_days_are_whole_days_of_the_platforms_clock(shop: Shop) -> None:
    measured(shop, (date(2026, 11, 22), 30, 3), (date(2026, 11, 23), 500, 3))
    shop.app.state.now = lambda: datetime(2026, 11, 24, 3, tzinfo=UTC)  # still the 23rd in California
    assert shop.get("home")["main_data"][0]["value"] == "30"
    shop.app.state.now = lambda: datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert shop.get("home")["main_data"][0]["value"] == "530"
