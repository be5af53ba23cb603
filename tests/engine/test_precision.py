"""The interval of a rule's precision is Wilson's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.precision import Precision, precision


@pytest.mark.parametrize(
    ("upheld", "n", "expected"),
    [
        (0, 0, Precision(0, 0, None, None, None)),
        (17, 20, Precision(20, 17, 0.85, 0.6396, 0.9476)),
        (0, 10, Precision(10, 0, 0.0, 0.0, 0.2775)),
        (10, 10, Precision(10, 10, 1.0, 0.7225, 1.0)),
        (1, 1, Precision(1, 1, 1.0, 0.2065, 1.0)),
    ],
)
def test_known_values(upheld: int, n: int, expected: Precision) -> None:
    assert precision(upheld, n) == expected


def test_more_upheld_than_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        precision(3, 2)


@given(st.integers(1, 10_000), st.data())
def test_the_share_lies_within_its_bounds_and_both_sides_mirror_each_other(n: int, data: st.DataObject) -> None:
    upheld = data.draw(st.integers(0, n))
    found, mirrored = precision(upheld, n), precision(n - upheld, n)
    low, value, high = found.low, found.value, found.high
    assert None not in (low, value, high)
    assert 0 <= low <= value <= high <= 1  # type: ignore[operator]
    assert mirrored.low == pytest.approx(
        1 - high,  # type: ignore[operator]
        abs=1e-4,
    )
