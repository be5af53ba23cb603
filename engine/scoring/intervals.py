"""How sure a measure of few rows is: the interval of a share, and of a mean of bounded numbers.

Wilson (1927) score interval. A mean of numbers between two bounds is taken as a share of the way from the lower to the
upper: no distribution between the bounds spreads more than the one at its ends, so the interval errs to the safe side.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

PLACES = Decimal("0.000001")


class Interval(NamedTuple):
    """From `low` to `high`, both possible."""

    low: Decimal
    high: Decimal


@lru_cache(maxsize=64)
def _z(confidence: float) -> float:
    from statistics import NormalDist  # not needed to load a pack

    return NormalDist().inv_cdf((1 + confidence) / 2)


def of_share(part: float, whole: float, confidence: Decimal) -> Interval | None:
    """The interval of a share that was seen `part` times of `whole`; None for nothing seen."""
    if whole <= 0:
        return None
    z = _z(float(confidence))
    share, square = min(max(part / whole, 0.0), 1.0), z * z / whole
    middle = (share + square / 2) / (1 + square)
    reach = z / (1 + square) * sqrt(share * (1 - share) / whole + square / (4 * whole))
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return Interval(Decimal(min(low, share)).quantize(PLACES), Decimal(max(high, share)).quantize(PLACES))


def of_mean(total: float, number: float, bounds: tuple[int, int], confidence: Decimal) -> Interval | None:
    """The interval of the mean of `number` values between the bounds, which add up to `total`."""
    low, high = bounds
    found = of_share((total - low * number) / (high - low), number, confidence)
    return None if found is None else Interval(low + found.low * (high - low), low + found.high * (high - low))
