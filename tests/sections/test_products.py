"""The product section over HTTP: search, life, groups, templates, showcase, proposals, supply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from store_model.outbox import Event
from tests.sections.conftest import Caller, code
from tests.tenants import Tenants


def create(caller: Caller, listing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = caller.post("/products", {**listing, **changes})
    assert made.status_code == 201, made.text
    return made.json()


def move(caller: Caller, product: dict[str, Any], name: str) -> Any:
    return caller.post(f"/products/{product['id']}/moves", {"move": name})


def on_sale(caller: Caller, listing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    product = create(caller, listing, **changes)
    for name in ("release", "approve"):
        moved = move(caller, product, name)
        assert moved.status_code == 200, moved.text
    return moved.json()


def test_a_draft_is_released_edited_taken_off_sale_and_deleted(north: Caller, clean: dict[str, Any]) -> None:
    draft = create(north, clean)
    assert (draft["status"], [one["move"] for one in draft["moves"]]) == ("draft", ["release", "edit", "delete"])
    auditing = move(north, draft, "release").json()
    assert auditing["status"] == "auditing"
    assert code(move(north, draft, "release")) == (409, "illegal_move")
    selling = move(north, draft, "approve").json()
    assert selling["status"] == "onSelling"
    refused = north.send("DELETE", f"/products/{draft['id']}", if_match=f'"{draft["id"]}-{selling["version"]}"')
    assert code(refused) == (409, "illegal_move")
    assert "offline, expire, punish, edit" in refused.json()["detail"]
    offline = move(north, draft, "offline").json()
    assert (offline["status"], offline["offline_reason"]) == ("offline", "user_offline")
    tag = f'"{draft["id"]}-{offline["version"]}"'
    assert north.send("DELETE", f"/products/{draft['id']}", if_match=tag).status_code == 204
    ids = [one["id"] for one in north.get("/products").json()["items"]]
    assert draft["id"] not in ids
    assert draft["id"] in [one["id"] for one in north.get("/products?status=deleted").json()["items"]]


def test_a_blocking_finding_stops_a_release_and_is_named_and_kept(north: Caller, clean: dict[str, Any]) -> None:
    draft = create(
        north, clean, title="Free phone 13800138000 call +86 138 0013 8000 wechat: cottonshop88 " + "x" * 100
    )
    refused = move(north, draft, "release")
    assert code(refused) == (409, "release_blocked")
    named = refused.json()["errors"]
    assert all(one["pointer"].startswith("/") and one["detail_i18n"]["zh"] for one in named)
    kept = north.get(f"/findings?product_id={draft['id']}&state=open&mode=block").json()["items"]
    assert sorted({one["code"] for one in kept}) == sorted({one["code"] for one in named})
    shown = north.get(f"/products/{draft['id']}").json()
    assert (shown["status"], shown["blocking_findings"]) == ("draft", len(kept))
    by_rule = north.get(f"/products?rule={kept[0]['rule']}&has_findings=true").json()["items"]
    assert draft["id"] in [one["id"] for one in by_rule]
    mended = north.send(
        "PATCH", f"/products/{draft['id']}", {"title": clean["title"]}, if_match=f'"{draft["id"]}-{shown["version"]}"'
    )
    assert mended.status_code == 200, mended.text
    assert move(north, draft, "release").status_code == 200
    assert north.get(f"/findings?product_id={draft['id']}&state=open&mode=block").json()["items"] == []
    fixed = north.get(f"/findings?product_id={draft['id']}&state=fixed").json()["items"]
    assert {one["rule"] for one in kept} <= {one["rule"] for one in fixed}


def test_an_edit_of_what_is_on_sale_must_pass_the_pre_check(north: Caller, clean: dict[str, Any]) -> None:
    product = on_sale(north, clean)
    path, tag = f"/products/{product['id']}", f'"{product["id"]}-{product["version"]}"'
    assert code(north.send("PATCH", path, {"title": "x"})) == (428, "precondition_missing")
    blocked = north.send("PATCH", path, {"handling_days": 0}, if_match=tag)
    assert code(blocked) == (409, "release_blocked")
    assert "HANDLING_TIME_INVALID" in [one["code"] for one in blocked.json()["errors"]]
    patched = north.send("PATCH", path, [{"op": "replace", "path": "/handling_days", "value": 4}], if_match=tag)
    assert patched.status_code == 200, patched.text
    assert patched.json()["listing"]["handling_days"] == 4
    assert code(north.send("PATCH", path, {"handling_days": 6}, if_match=tag)) == (412, "changed_meanwhile")
    unknown = north.send("PATCH", path, {"titel": "x"}, if_match=patched.headers["etag"])
    assert code(unknown) == (422, "invalid_input")


def test_bulk_moves_answer_item_by_item(north: Caller, clean: dict[str, Any]) -> None:
    first, second = create(north, clean), on_sale(north, clean)
    answer = north.post("/products/moves", {"move": "offline", "ids": [first["id"], second["id"], "999999"]}).json()
    assert [(one["status"], one.get("problem", {}).get("code")) for one in answer["items"]] == [
        (409, "illegal_move"),
        (200, None),
        (404, "unknown_item"),
    ]


def test_search_by_words_sku_code_category_and_price(north: Caller, clean: dict[str, Any]) -> None:
    sku = {"code": "ZZ-1", "price": "77.10", "stock": 3}
    wanted = create(north, clean, title="Zebra lamp for kids", category_id="999", skus=[sku], id="zebra-1")
    create(north, clean, title="Zebra rug")
    for query in (
        "q=lamp%20zebra", "sku_code=ZZ-1", "category_id=999", "price_from=77.10&price_below=77.11&q=zebra",
        "platform_id=zebra-1", "status=draft&q=LAMP",
    ):  # fmt: skip
        found = north.get(f"/products?{query}").json()["items"]
        assert [one["id"] for one in found] == [wanted["id"]], query
    assert code(north.get("/products?price_from=cheap")) == (422, "invalid_parameter")
    counts = north.get("/products/counts").json()
    assert counts["all"] == sum(
        counts[name] for name in ("on_selling", "offline", "auditing", "editing_required", "draft")
    )


def test_pages_follow_one_another_without_a_gap(west: Caller) -> None:
    ids = [create(west, {"title": f"page {number}"})["id"] for number in range(5)]
    seen, token = [], ""
    for _ in range(3):
        page = west.get(f"/products?page_size=2{token}").json()
        seen += [one["id"] for one in page["items"]]
        token = f"&page_token={page['next_page_token']}"
    assert seen == ids[::-1]
    assert page["next_page_token"] is None


def test_groups_have_limits_and_hold_products_of_their_own_store(
    north: Caller, west: Caller, clean: dict[str, Any]
) -> None:
    roots = [west.post("/groups", {"name": f"root {number}"}).json() for number in range(10)]
    assert code(west.post("/groups", {"name": "one more"})) == (409, "limit_reached")
    below = west.post("/groups", {"name": "below", "parent_id": roots[0]["id"]})
    assert below.status_code == 201
    deeper = west.post("/groups", {"name": "deeper", "parent_id": below.json()["id"]})
    assert code(deeper) == (422, "invalid_body")
    foreign = create(north, clean)
    path = f"/groups/{below.json()['id']}/products"
    assert code(west.send("PUT", path, {"product_ids": [foreign["id"]]})) == (422, "invalid_body")
    own = create(west, clean)
    assert west.send("PUT", path, {"product_ids": [own["id"]]}).json() == {"product_ids": [own["id"]]}
    for group in (roots[0], below.json()):
        found = west.get(f"/products?group_id={group['id']}").json()["items"]
        assert [one["id"] for one in found] == [own["id"]]


def test_the_showcase_takes_what_is_on_sale_up_to_the_quota_of_the_level(
    app: FastAPI, north: Caller, tenants: Tenants, clean: dict[str, Any]
) -> None:
    draft, selling = create(north, clean), on_sale(north, clean)
    assert code(north.post("/showcase", {"product_id": draft["id"]})) == (422, "invalid_body")
    times = {"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-02T00:00:00Z"}
    slots = [north.post("/showcase", {"product_id": selling["id"], **times}) for _ in range(3)]
    assert [slot.status_code for slot in slots] == [201, 201, 409]  # a level that is not known has two slots
    after = {"starts_at": times["ends_at"], "ends_at": "2026-12-03T00:00:00Z"}
    assert north.post("/showcase", {"product_id": selling["id"], **after}).status_code == 201
    default = north.post("/showcase", {"product_id": selling["id"]}).json()
    assert default["ends_at"] == "2026-11-30T12:00:00Z"  # seven days, as the pack says
    backwards = {"product_id": selling["id"], "starts_at": times["ends_at"], "ends_at": times["starts_at"]}
    assert code(north.post("/showcase", backwards)) == (422, "invalid_body")


def test_a_proposal_is_reviewed_once(north: Caller) -> None:
    body = {"catalogue_ref": "SPU-1", "field": "material", "proposed": "Wool", "reason": "The data sheet says so."}
    made = north.post("/catalogue-proposals", body)
    path = f"/catalogue-proposals/{made.json()['id']}"
    assert (made.json()["state"], made.json()["proposed_by"].startswith("user:")) == ("submitted", True)
    reading = north.post(f"{path}/review", {"decision": "in_review"}, if_match=made.headers["etag"])
    done = north.post(f"{path}/review", {"decision": "rejected", "note": "No."}, if_match=reading.headers["etag"])
    assert (done.json()["state"], done.json()["review_note"]) == ("rejected", "No.")
    again = north.post(f"{path}/review", {"decision": "accepted"}, if_match=done.headers["etag"])
    assert code(again) == (409, "already_decided")
    assert code(north.send("PATCH", path, {"proposed": "Silk"}, if_match=done.headers["etag"])) == (
        409,
        "already_decided",
    )


def test_templates_suppliers_links_and_stock_are_kept(north: Caller, clean: dict[str, Any]) -> None:
    template = {"kind": "size", "name": "Towels", "content": {"rows": [{"size": "S", "cm": "30"}]}}
    assert north.post("/product-templates", template).json()["content"] == template["content"]
    assert code(north.post("/product-templates", template)) == (409, "conflict")
    product, supplier = create(north, clean), north.post("/suppliers", {"name": "Mill"}).json()
    link = {"product_id": product["id"], "supplier_id": supplier["id"], "cost": "3.20"}
    assert code(north.post("/sourcing-links", link)) == (422, "invalid_body")  # an amount without a currency
    assert north.post("/sourcing-links", {**link, "currency": "USD"}).json()["cost"] == "3.20"
    assert [one["id"] for one in north.get(f"/products?supplier_id={supplier['id']}").json()["items"]] == [
        product["id"]
    ]
    stock = {"sku_code": "A", "warehouse": "W", "on_hand": 3}
    assert north.post("/stock-levels", stock).status_code == 201
    assert [one["on_hand"] for one in north.get("/stock-levels?below=4&sku_code=A").json()["items"]] == [3]


def test_another_tenants_product_is_unknown(north: Caller, west: Caller, clean: dict[str, Any]) -> None:
    path = f"/products/{create(north, clean)['id']}"
    answers = [west.get(path), west.post(f"{path}/moves", {"move": "delete"}), west.send("PATCH", path, {"title": "x"})]
    assert [code(one) for one in answers] == [(404, "unknown_item")] * 3


def test_what_the_platform_takes_down_is_told(north: Caller, app: FastAPI, clean: dict[str, Any]) -> None:
    product = on_sale(north, clean, id="taken-1")
    assert move(north, product, "punish").json()["offline_reason"] == "punish_offline"
    with app.state.database.system(actor="system:test", read_only=True) as session:
        told = session.scalars(select(Event.body).where(Event.type == "listing.taken_down")).all()
    assert [json.loads(body)["data"]["current"]["listing_id"] for body in told] == ["taken-1"]


@pytest.mark.parametrize(
    ("given", "shown"), [("USD", "USD"), (" usd ", "USD"), ("", None), ("Yuan", None), ("¥", None), ("U$D", None)]
)
def test_a_currency_that_is_no_code_is_kept_in_the_listing_alone(
    north: Caller, clean: dict[str, Any], given: str, shown: str | None
) -> None:
    answer = create(north, clean, id=None, title=f"Bottle in {given!r}", currency=given)
    assert (answer["currency"], answer["listing"]["currency"]) == (shown, given)
