"""The query parameters of the routes of violations: moments, days and points; every fault of a query at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from api.problems import ProblemError, bad_parameter
from api.routes.violation_shapes import FIRST_YEAR, LAST_YEAR
from api.services import penalties


def read_query(request: Request, **readers: Callable[[str], Any]) -> dict[str, Any]:
    """The query's values; every fault at once."""
    errors, found = [], {}
    try:
        pairs = parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise ProblemError("invalid_parameter", errors=[bad_parameter("query", "cannot be read", "无法读取")]) from None
    for name, value in pairs:
        if name not in readers:
            known = ", ".join(readers)
            shown_name = name[:40] if name.isprintable() else "?"
            errors.append(bad_parameter(shown_name, f"is unknown; known are {known}", f"未知；可用参数为 {known}"))
            continue
        try:
            found[name] = readers[name](value)
        except (ValueError, OverflowError, InvalidOperation, msgspec.ValidationError):
            errors.append(bad_parameter(name, *WANTED[readers[name].__name__]))
    if errors:
        raise ProblemError("invalid_parameter", errors=errors[:20])
    return found


def moment(text: str) -> datetime:
    found = penalties.read_moment(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    return found


def days(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 <= int(text) <= 400:
        raise ValueError(text)
    return int(text)


def points_of(text: str) -> Decimal:
    points = Decimal(text)
    if not points.is_finite() or not 0 <= points <= 100_000:
        raise ValueError(text)
    return points


WANTED = {
    "moment": (
        f"must be a day or an RFC 3339 moment between {FIRST_YEAR} and {LAST_YEAR}, such as 2026-08-22",
        f"应为 {FIRST_YEAR} 至 {LAST_YEAR} 年之间的日期或 RFC 3339 时间，例如 2026-08-22",
    ),
    "days": ("must be a whole number from 0 to 400", "应为 0 至 400 的整数"),
    "points_of": ("must be a number from 0 to 100000", "应为 0 至 100000 的数字"),
}
