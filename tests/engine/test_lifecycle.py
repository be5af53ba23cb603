"""Status, edits, quotas and papers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.engine.commerce import measure, places, view

LAMP = SimpleNamespace(
    id="lamps", typical_price=None, qualification={"en": "Lamps: CE mark and EU responsible person.", "zh": "灯具"}
)
CUP = SimpleNamespace(id="cups", typical_price=None, qualification={"en": "Food contact report.", "zh": "食品接触"})
SOCK = SimpleNamespace(id="socks", typical_price=None, qualification=None)


def test_days_are_counted_from_the_day_of_the_question() -> None:
    seen = view(created="2026-01-01", modified="2026-11-20", last_sold="2026-11-01")
    names = ("listing.days_since_modified", "listing.days_without_sale")
    assert [measure(name, seen) for name in names] == [3, 22]
    assert [measure(name, view(created="2026-11-13")) for name in names] == [10, 10]
    assert [measure(name, view()) for name in names] == [None, None]


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, False), ({"id": "1"}, None), ({"id": "1", "previous": {"title": "A"}}, True)]
)
def test_an_edit_is_known_by_what_stood_there_before(fields: dict[str, Any], expected: bool | None) -> None:
    assert measure("edit.is_edit", view(**fields)) is expected


def test_an_edit_changes_only_what_the_previous_state_says() -> None:
    seen = view(
        title="New", price="2", status="offline", previous={"title": "Old", "price": "2", "status": "onSelling"}
    )
    assert (measure("edit.changed_fields", seen), places("edit.changed_fields", seen)) == (["title"], ["/title"])


def test_a_product_is_another_when_brand_model_or_category_change() -> None:
    before = {
        "category_id": "1",
        "attributes": [{"name": "Brand Name", "value": "Norvella"}, {"name": "Model", "value": "A"}],
    }
    now = [{"name": "brand", "value": "NORVELLA"}, {"name": "Model Number", "value": "B"}]
    seen = view(id="7", category_id="2", attributes=now, previous=before)
    assert measure("edit.changed_identity", seen) == ["category", "model"]
    assert places("edit.changed_identity", seen) == ["/category_id", "/attributes/1"]


def test_one_of_several_values_that_stays_keeps_the_identity() -> None:
    def materials(*values: str) -> list[dict[str, str]]:
        return [{"name": "Material", "value": value} for value in values]

    seen = view(attributes=materials("Cotton", "Linen"), previous={"attributes": materials("Linen", "Wool")})
    assert measure("edit.changed_identity", seen) == []


def test_what_changed_is_unknown_for_a_published_listing_without_its_previous_state() -> None:
    assert [measure("edit.changed_identity", view(**fields)) for fields in ({"id": "1"}, {})] == [None, []]


def test_titles_with_the_same_words_are_alike_in_any_order() -> None:
    seen = view(title="Steel Bottle 750 ml", previous={"title": "bottle steel 750 ML"})
    assert measure("edit.title_similarity", seen) == 100


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (None, None),
        ({"product_limit": 10, "online_products": 7}, 3),
        ({"product_limit": 10, "online_products": 7, "auditing_products": 3}, 0),
        ({"product_limit": 10}, None),
    ],
)
def test_free_slots_of_the_store(store: dict[str, Any] | None, expected: int | None) -> None:
    assert measure("store.free_slots", view(store=store)) == expected


def test_the_store_s_listings_of_a_category_are_counted_by_our_category() -> None:
    counts = {"category_counts": {"cups": 5}}
    known = view(category=CUP, category_id="123", store=counts)
    other = view(category=SOCK, category_id="124", store=counts)
    unknown = view(category_id="125", store=counts)
    assert [measure("store.products_in_category", seen) for seen in (known, other, unknown)] == [5, 0, None]


def test_a_listing_on_sale_takes_no_further_place() -> None:
    fields: list[dict[str, str]] = [{}, {"id": "1", "status": "offline"}, {"id": "1", "status": "onSelling"}]
    assert [measure("listing.takes_a_slot", view(**entry)) for entry in fields] == [True, True, False]


def test_papers_are_what_the_category_asks_for() -> None:
    required = [measure("qualification.required", view(category=c, category_id="1")) for c in (LAMP, SOCK, None)]
    assert required == ["Lamps: CE mark and EU responsible person.", "", None]
    given_papers = [{"key": "ce", "value": "a"}, {"key": "x", "value": " "}, {"key": "y"}]
    assert measure("qualification.given_count", view(qualifications=given_papers)) == 1


@pytest.mark.parametrize(
    ("category", "fields", "expected"),
    [
        (LAMP, {"deliverable_countries": ["US", "ES"]}, True),
        (LAMP, {"deliverable_countries": ["US"]}, False),
        (LAMP, {}, None),
        (LAMP, {"deliverable_countries": ["ES"], "eu_responsible_id": "7"}, False),
        (CUP, {"deliverable_countries": ["ES"]}, False),
        (None, {"deliverable_countries": ["ES"]}, None),
    ],
)
def test_an_eu_responsible_person_is_wanted_where_the_goods_can_go_to_the_eu(
    category: Any, fields: dict[str, Any], expected: bool | None
) -> None:
    seen = view(category=category, category_id="1", **fields)
    assert measure("qualification.lacks_eu_responsible", seen) is expected
