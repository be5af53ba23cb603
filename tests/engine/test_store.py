"""Measures of the store itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.facts import Listing, Store
from engine.features import store as measures
from engine.features.view import View


def view_of(**fields: Any) -> View:
    nothing: Any = None
    return View(Listing(), nothing, as_of=date(2026, 1, 1), store=Store(**fields), subject="store")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (None, None, None, None)),
        ({"groups": {}}, (0, 0, None, None)),
        ({"groups": {"a": 1, "b": 4}}, (2, 4, None, None)),
        ({"product_limit": 10, "online_products": 7}, (None, None, 7, Decimal("0.7"))),
        ({"product_limit": 10, "online_products": 7, "auditing_products": 4}, (None, None, 11, Decimal("1.1"))),
        ({"product_limit": 0, "online_products": 7}, (None, None, 7, None)),
        ({"product_limit": 10}, (None, None, None, None)),
    ],
)
def test_what_is_not_given_is_not_known(fields: dict[str, Any], expected: tuple[Any, ...]) -> None:
    view = view_of(**fields)
    found = (
        measures.group_count(view),
        measures.subgroup_max(view),
        measures.product_count(view),
        measures.products_share(view),
    )
    assert found == expected
