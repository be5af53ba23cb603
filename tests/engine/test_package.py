"""The packed product."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.commerce import measure, places, view


def test_the_girth_takes_the_longest_side_once_and_the_others_twice() -> None:
    seen = view(package={"length": 10, "width": 40, "height": 20, "weight": 2})
    assert [measure(f"package.{name}", seen) for name in ("girth", "side_max", "side_min")] == [100, 40, 10]
    assert places("package.side_max", seen) == ["/package/width"]


@pytest.mark.parametrize(
    ("package", "missing"),
    [
        (None, ["length", "width", "height", "weight"]),
        ({"length": 1, "weight": 1}, ["width", "height"]),
        ({"length": 1, "width": 1, "height": 1, "weight": 1}, []),
    ],
)
def test_missing_fields_are_named_and_leave_the_girth_unknown(package: Any, missing: list[str]) -> None:
    seen = view(package=package)
    assert (measure("package.missing", seen), measure("package.girth", seen) is None) == (missing, bool(missing))


def test_density_is_weight_in_kilograms_for_each_litre() -> None:
    assert measure("package.density", view(package={"length": 10, "width": 10, "height": 20, "weight": 3})) == Decimal(
        "1.5"
    )


@pytest.mark.parametrize("side", [0, -1, "NaN"])
def test_a_package_without_volume_has_no_density(side: Any) -> None:
    assert measure("package.density", view(package={"length": side, "width": 1, "height": 1, "weight": 1})) is None


def test_decimals_of_the_weight_do_not_count_zeros_at_the_end() -> None:
    weights = ["0.4", "0.40", "0.4205", None]
    assert [measure("package.weight_decimals", view(package={"weight": weight})) for weight in weights] == [1, 1, 4, 0]


@given(st.permutations([3, 5, 11]))
def test_the_girth_does_not_depend_on_which_side_is_called_length(sides: list[int]) -> None:
    length, width, height = sides
    assert measure("package.girth", view(package={"length": length, "width": width, "height": height})) == 27
