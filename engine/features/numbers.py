"""Small exact arithmetic that features of price, weight and size share. Nothing here leaves Decimal and int."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

LONGEST_NUMBER = 400
"""Numbers of more digits than that are not written out to count their decimals."""

CENTS = 2
RATIO_DIGITS = 12
"""Significant digits of a quotient: enough to compare, short enough to show."""
_CALM = Context(prec=RATIO_DIGITS, traps=[])
_DIVIDE = _CALM.divide
_MULTIPLY = _CALM.multiply


def finite(value: Decimal | None) -> Decimal | None:
    """The value itself, or None when it is missing or no number (NaN, infinity)."""
    return value if value is not None and value.is_finite() else None


def decimals(value: Decimal) -> int:
    """Significant digits behind the decimal point: 2 for 19.90 and 19.95, 1 for 19.9 and 19.900."""
    text = str(value)
    if text[-3:-2] == "." and text[-1] != "0":  # cents: nearly every price
        return CENTS
    if "E" in text:
        text = format(value, "f") if abs(value.adjusted()) < LONGEST_NUMBER else ""
    return len(text.partition(".")[2].rstrip("0"))


def most_decimals(values: Iterable[Decimal]) -> int:
    """The most decimals of any of the values; 0 of none."""
    most = 0
    for value in values:
        text = str(value)
        count = CENTS if text[-3:-2] == "." and text[-1] != "0" else decimals(value)
        if count > most:  # noqa: PLR1730  max() would cost as much as the rest
            most = count
    return most


def quotient(value: Decimal | int, by: Decimal | int) -> Decimal | None:
    """value ÷ by, rounded to `RATIO_DIGITS` digits; None when it can't be divided or is out of range."""
    if not by:
        return None
    result = _DIVIDE(value, by)
    return result if result.is_finite() else None


def median(values: Iterable[Decimal]) -> Decimal | None:
    """The lower middle of the sorted values (a value that occurs); None of none."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def product(value: Decimal, *factors: Decimal | int) -> Decimal | None:
    """value × every factor, rounded like a quotient; None when it is out of range."""
    for factor in factors:
        value = _MULTIPLY(value, factor)
    return value if value.is_finite() else None
