"""Freight by country, templates and destinations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.engine.commerce import measure, places, view


def test_the_dearest_country_is_measured_against_the_price_and_the_other_countries() -> None:
    rows = [{"country": "US", "amount": "2"}, {"country": "BR", "amount": "14"}, {"country": "ES", "amount": "2.5"}]
    seen = view(price="7", freight=[*rows, {"country": "FR"}])
    assert {name: measure(f"freight.{name}", seen) for name in ("highest", "highest_country", "to_price")} == {
        "highest": Decimal(14),
        "highest_country": "BR",
        "to_price": Decimal(2),
    }
    assert (measure("freight.to_median", seen), measure("freight.country_count", seen)) == (Decimal("5.6"), 3)
    assert (measure("freight.lowest", seen), places("freight.to_price", seen)) == (Decimal(2), ["/freight/1/amount"])


@pytest.mark.parametrize("fields", [{}, {"price": "7"}, {"freight": [{"country": "US", "amount": "2"}]}])
def test_without_freight_or_price_nothing_is_compared(fields: dict[str, object]) -> None:
    assert measure("freight.to_price", view(**fields)) is None


def test_free_freight_everywhere_has_no_middle_to_compare_with() -> None:
    rows = [{"country": country, "amount": 0} for country in ("US", "ES", "FR")]
    assert measure("freight.to_median", view(freight=rows)) is None


@pytest.mark.parametrize(("template", "expected"), [(None, False), ("", False), ("0", False), (" 7 ", True)])
def test_a_template_is_chosen_unless_it_is_empty_or_zero(template: str | None, expected: bool) -> None:
    assert measure("freight.has_template", view(freight_template_id=template)) is expected


@pytest.mark.parametrize(("countries", "expected"), [(None, None), ([], 0), (["US", "ES"], 2)])
def test_destinations_are_counted_when_they_are_known(countries: list[str] | None, expected: int | None) -> None:
    assert measure("freight.deliverable_count", view(deliverable_countries=countries)) == expected
