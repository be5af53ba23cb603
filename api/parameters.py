"""Query parameters of the hot route, read by hand: FastAPI's own way costs more than the check itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from api.languages import LANGUAGES
from api.problems import ErrorAt, ProblemError, bad_parameter
from api.services.prechecks import RANK, Options
from api.services.reading import read_day

FLAGS = {"true": True, "1": True, "false": False, "0": False}
MAX_FIELDS = 50


def today() -> date:
    """The day of the service: UTC."""
    return datetime.now(UTC).date()


def read_options(query: bytes) -> Options:
    """The options of a pre-check. invalid_parameter names every fault at once."""
    return Options(**{"as_of": today(), **_read(query)}) if query else Options(as_of=today())


@lru_cache(maxsize=256)
def _read(query: bytes) -> dict[str, Any]:
    errors: list[ErrorAt] = []
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise ProblemError("invalid_parameter", errors=[bad_parameter("query", "cannot be read", "无法读取")]) from None
    for name, value in pairs:
        reader = READERS.get(name)
        if reader is None:
            known = ", ".join(READERS)
            shown = name[:40] if name.isprintable() else "?"
            errors.append(bad_parameter(shown, f"is unknown; known are {known}", f"未知；可用参数为 {known}"))
            continue
        read, en, zh = reader
        try:
            found[name] = read(value)
        except (KeyError, ValueError):
            errors.append(bad_parameter(name, en, zh))
    if errors:
        raise ProblemError("invalid_parameter", errors=errors[:20])
    return found


def _day(value: str) -> date:
    day = read_day(value)
    if day is None:
        raise ValueError(value)
    return day


def _among(names: Any) -> Callable[[str], str]:
    known = {name: name for name in names}
    return known.__getitem__


READERS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "as_of": (_day, "must be a day, such as 2026-08-22", "应为日期，例如 2026-08-22"),
    "lang": (_among(LANGUAGES), "must be one of en, zh", "必须为 en 或 zh"),
    "min_severity": (_among(RANK), "must be one of error, warning, info", "必须为 error、warning 或 info"),
    "fixes": (FLAGS.__getitem__, "must be true or false", "必须为 true 或 false"),
    "strict": (FLAGS.__getitem__, "must be true or false", "必须为 true 或 false"),
}
