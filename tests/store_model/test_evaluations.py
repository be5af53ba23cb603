"""Which evaluations count (reference §6.3), on each bound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from store_model.evaluations import Counted, CountingRules, Given, count
from tests.store_model.conftest import TODAY

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def counting(backoffice) -> CountingRules:
    return backoffice.counting(TODAY)


def given(number: int, **changes: Any) -> Given:
    facts = {
        "id": number,
        "buyer": f"b{number}",
        "stars": 5,
        "scores": (5, 4, None),
        "given_at": START,
        "finished_at": START,
        "amount": Decimal(20),
        "currency": "USD",
        "dispute_kind": None,
    }
    return Given(**{**facts, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"amount": Decimal("4.99")}, "below_minimum"),
        ({"amount": Decimal(5)}, None),
        ({"amount": Decimal("4.99"), "currency": "EUR"}, None),  # no rate is at hand
        ({"amount": None}, None),
        ({"dispute_kind": "not_received"}, "dispute"),
        ({"dispute_kind": "returned"}, "dispute"),
        ({"dispute_kind": "not_as_described"}, None),
        ({"given_at": START + timedelta(days=30)}, "late"),
        ({"given_at": START + timedelta(days=30) - timedelta(seconds=1)}, None),
        ({"given_at": START + timedelta(days=99), "finished_at": None}, None),
    ],
)
def test_what_takes_an_evaluation_out_of_the_count(
    counting: CountingRules, changes: dict[str, Any], reason: str | None
) -> None:
    found = count([given(1, **changes)], counting)
    assert (found.positive, found.left_out) == ((1, {}) if reason is None else (0, {reason: [1]}))


def test_a_buyer_counts_once_for_each_mark_and_period(counting: CountingRules) -> None:
    same = [
        given(1, buyer="anna"),
        given(2, buyer="anna", given_at=START + timedelta(minutes=1)),
        given(3, buyer="anna", stars=1, given_at=START + timedelta(minutes=2)),
        given(4, buyer="anna", stars=3),
        given(5, buyer="ben"),
        given(6, buyer="anna", given_at=START + timedelta(days=10)),
    ]
    assert count(same, counting) == Counted(
        positive=3,
        neutral=1,
        negative=1,
        positive_rate=Decimal("0.7500"),
        dsr={"description": Decimal("5.0000"), "communication": Decimal("4.0000"), "delivery": None},
        left_out={"same_buyer_and_period": [2]},
    )


def test_nothing_counted_has_no_rate(counting: CountingRules) -> None:
    assert count([], counting).positive_rate is None
