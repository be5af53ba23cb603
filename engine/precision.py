"""How often a rule was right when a person looked, with the interval in which its true precision lies.

The interval is Wilson's score interval (E. B. Wilson, Probable inference, the law of succession, and statistical
inference, Journal of the American Statistical Association 22 (1927), 209-212): good for few verdicts and for shares
near 0 and 1, where the usual one is not.
"""

from __future__ import annotations

from math import sqrt

from msgspec import Struct

Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


class Precision(Struct, frozen=True):
    """`n` verdicts, of which `upheld`; `value` and the bounds `low` and `high` lie in 0..1, None without a verdict."""

    n: int
    upheld: int
    value: float | None
    low: float | None
    high: float | None


def precision(upheld: int, n: int) -> Precision:
    """Of n judged findings so many were upheld. ValueError when that cannot be."""
    if not 0 <= upheld <= n:
        raise ValueError(f"{upheld} of {n} verdicts cannot be upheld")
    if n == 0:
        return Precision(0, 0, None, None, None)
    share, weight = upheld / n, Z * Z / n
    centre = (share + weight / 2) / (1 + weight)
    half = Z * sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Precision(n, upheld, round(share, 4), round(low, 4), round(high, 4))
