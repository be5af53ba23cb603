"""A brand authorisation holds for its days, its categories and its countries, and for nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import engine
import rules
from engine.facts import MarkAuthorisation

DAY = date(2026, 8, 22)


@pytest.fixture(scope="module")
def pack() -> engine.Pack:
    return engine.load_pack(rules.path("aliexpress"))


def codes(pack: engine.Pack, authorisations: list[dict[str, Any]], listing: dict[str, Any], as_of: date) -> set[str]:
    """What is said of the brand."""
    facts = tuple(
        MarkAuthorisation(**{"mark": "Nike", "valid_from": date(2026, 1, 1), **given})  # type: ignore[arg-type]
        for given in authorisations
    )
    draft = {**pack.baseline["listing"], **listing}
    report = pack.check(draft, store=engine.Store(authorisations=facts), as_of=as_of, fixes=False)
    found = {one.code for one in report.findings if one.code.startswith("BRAND_")}
    return found | {"not checked" for one in report.not_checked if one.rule == "IPR101"}


@pytest.mark.parametrize(
    ("authorisations", "listing", "expected"),
    [
        ([], {}, {"BRAND_UNAUTHORISED"}),
        ([{}], {}, set()),
        ([{"mark": "NIKE "}], {}, set()),
        ([{"mark": "Adidas"}], {}, {"BRAND_UNAUTHORISED"}),
        ([{"valid_until": DAY}], {}, set()),
        ([{"valid_until": date(2026, 8, 21)}], {}, {"BRAND_UNAUTHORISED"}),
        ([{"valid_from": DAY}], {}, set()),
        ([{"valid_from": date(2026, 8, 23)}], {}, {"BRAND_UNAUTHORISED"}),
        ([{"territories": ("DE", "FR")}], {"deliverable_countries": ["de"]}, set()),
        ([{"territories": ("DE",)}], {"deliverable_countries": ["DE", "US"]}, {"BRAND_UNAUTHORISED"}),
        ([{"territories": ("DE",)}, {"territories": ("US",)}], {"deliverable_countries": ["DE", "US"]}, set()),
        ([{"territories": ("DE",)}], {"deliverable_countries": None}, {"not checked"}),
        ([{"categories": ("drinkware_bottles",)}], {}, set()),
        ([{"categories": ("women_bags",)}], {}, {"BRAND_UNAUTHORISED"}),
        ([{"categories": ("drinkware_bottles",)}], {"category_id": None, "category_path": []}, {"not checked"}),
    ],
)
def test_an_authorisation_excuses_what_it_covers(
    pack: engine.Pack, authorisations: list[dict[str, Any]], listing: dict[str, Any], expected: set[str]
) -> None:
    draft = {"title": "Nike Stainless Steel Insulated Water Bottle 750 ml", **listing}
    assert codes(pack, authorisations, draft, DAY) == expected
