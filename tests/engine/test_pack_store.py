"""What is known of a store is taken as a value or as decoded JSON, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

import rules
from engine import IntakeError, Listing, Pack, Store, load_pack

DAY = date(2026, 11, 27)
TITLE = Listing(title="Nike bottle")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(rules.path("aliexpress"))


def test_a_store_as_json_is_the_store_as_a_value(pack: Pack) -> None:
    value = pack.check(TITLE, store=Store(approved_brands=("Nike",)), as_of=DAY, fixes=False)
    plain = pack.check(TITLE, store={"approved_brands": ["Nike"]}, as_of=DAY, fixes=False)
    assert plain.to_json() == value.to_json()
    assert "IPR101" not in {finding.rule for finding in plain.findings}


@pytest.mark.parametrize("store", [{"approved": ["Nike"]}, {"approved_brands": 5}, ["Nike"], "Nike"])
def test_what_is_no_store_is_refused_with_its_place(pack: Pack, store: object) -> None:
    with pytest.raises(IntakeError, match="the store: "):
        pack.check(TITLE, store=store, as_of=DAY)  # type: ignore[arg-type]
