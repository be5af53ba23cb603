"""Values as people write them → values as facts hold them. Pure functions; none raises anything but `Unreadable`.

Each reader returns `(value, how)`: how is EXACT, CONVERTED (another type or notation, no doubt about the meaning) or
GUESSED (read one of two possible ways).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

EXACT, CONVERTED, GUESSED = "exact", "converted", "guessed"

REPLACEMENT = "\ufffd"
"""Stands for each NUL and lone surrogate, so that positions in the text stay."""

LARGEST = 10**18
"""No price, stock or size is larger; beyond it arithmetic and printing get slow."""
EXACT_FLOAT = 10**15
"""Excel keeps 15 significant digits: a longer id that was stored as a number has lost its end."""

_BAD_CHARACTERS = re.compile("[\x00\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}", re.ASCII)
_GROUPED_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", re.ASCII)
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
_ONE_COMMA = re.compile(r"[+-]?(\d+),(\d+)", re.ASCII)
_MONEY_WORDS = re.compile(
    r"(?:US|HK|CA|AU)?\s?[$€£¥￥₽₩₹]|\b(?:USD|EUR|CNY|RMB|RUB|GBP|BRL|JPY|KRW)\b|元|美元|卢布|руб\.?", re.IGNORECASE
)
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "₩": "KRW", "₹": "INR"}
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].{0,40})?", re.ASCII)
_UNITS = {
    "kg": {"kg": "1", "kgs": "1", "公斤": "1", "千克": "1", "g": "0.001", "克": "0.001", "lb": "0.45359237"},
    "cm": {"cm": "1", "厘米": "1", "mm": "0.1", "毫米": "0.1", "m": "100", "米": "100", "in": "2.54", "inch": "2.54"},
}
_TRUE = frozenset({"true", "yes", "y", "1", "是", "有"})
_FALSE = frozenset({"false", "no", "n", "0", "否", "无"})


class Unreadable(Exception):
    """The value is not what was expected; `en` and `zh` say what was."""

    def __init__(self, en: str, zh: str, code: str = "wrong_type") -> None:
        self.en, self.zh, self.code = en, zh, code
        super().__init__(en)


def shown(value: object, limit: int = 60) -> str:
    """`value` for a message: short, on one line, safe for any nesting and any character."""
    if isinstance(value, dict):
        return f"an object with {len(value)} fields"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LARGEST:
        return "a very large number"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    text = " ".join(clean(str(value)[: limit * 4])[0].split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean(text: str) -> tuple[str, int]:
    """`text` with every NUL and lone surrogate replaced, one for one, and how many there were."""
    if text.isascii() and "\0" not in text:
        return text, 0
    return _BAD_CHARACTERS.subn(REPLACEMENT, text)


def text(value: Any) -> tuple[str, str]:
    """A string; numbers become their digits."""
    if isinstance(value, str):
        return value, EXACT
    if isinstance(value, bool) or value is None:
        raise Unreadable("expected text", "应为文本")
    if isinstance(value, int):
        return (str(value), CONVERTED) if abs(value) < 10**400 else _too_large()
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise Unreadable("expected text", "应为文本")
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            return str(int(value)), CONVERTED
        return str(value), CONVERTED
    if isinstance(value, date | datetime):
        return value.isoformat(), CONVERTED
    raise Unreadable("expected text", "应为文本")


def identifier(value: Any) -> tuple[str, str]:
    """A platform id as a string of digits or whatever the platform uses; never through a float that lost digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) >= 2**53:
        raise _lost_digits()
    found, how = text(value)
    found = found.strip()
    if found[:1].isdigit() and _SCIENTIFIC.fullmatch(found):
        raise _lost_digits()
    if found.endswith(".0") and found[:-2].isdigit():
        return found[:-2], CONVERTED
    return found, how


def number(value: Any, unit: str = "") -> tuple[Decimal, str]:
    """A decimal. Understands `12,50`, `1.234,50`, `$12.5`, `1,234.50`, and for kg and cm a unit behind it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _not_a_number(unit)
    if isinstance(value, str):
        found, how = _number_of_text(value, unit)
    else:
        found, how = _decimal(value, unit), EXACT
    if not found.is_finite():
        raise Unreadable("expected a finite number", "应为有限数值", "not_finite")
    if found and found.adjusted() >= 18:
        _too_large()
    if found.adjusted() < -100:
        return Decimal(0), GUESSED
    return found, how


def whole(value: Any) -> tuple[int, str]:
    """A whole number; 12.0 and "12" count as one."""
    if type(value) is int and abs(value) < LARGEST:
        return value, EXACT
    try:
        found, how = number(value)
    except Unreadable as error:
        raise error if error.code != "wrong_type" else Unreadable("expected a whole number", "应为整数") from None
    if found != found.to_integral_value():
        raise Unreadable("expected a whole number", "应为整数")
    return int(found), CONVERTED if how == EXACT else how


def flag(value: Any) -> tuple[bool, str]:
    """True or false."""
    if isinstance(value, bool):
        return value, EXACT
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE, CONVERTED
    raise Unreadable("expected true or false", "应为 true 或 false")


def day(value: Any) -> tuple[date, str]:
    """A date: ISO text, with or without a time; 2024/1/31; milliseconds since 1970."""
    if isinstance(value, datetime):
        return value.date(), CONVERTED
    if isinstance(value, date):
        return value, EXACT
    expected = Unreadable("expected a date like 2024-01-31", "应为日期，例如 2024-01-31")
    try:
        if isinstance(value, str):
            match = _DATE.fullmatch(value.strip())
            if match:
                found = date(int(match[1]), int(match[2]), int(match[3]))
                return found, EXACT if len(value) == 10 and value[4] == "-" else CONVERTED
        elif isinstance(value, int) and not isinstance(value, bool) and 10**11 <= value < 10**13:
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)).date(), CONVERTED
    except (ValueError, OverflowError):
        raise expected from None
    raise expected


def currency_of(value: Any) -> str | None:
    """The ISO 4217 code that a price text names, None when it names none or an ambiguous sign (¥)."""
    if not isinstance(value, str) or value[:1].isdigit():
        match = re.search(r"[A-Z]{3}", value) if isinstance(value, str) else None
    else:
        for sign, code in _CURRENCIES.items():
            if sign in value[:4]:
                return code
        match = re.search(r"[A-Z]{3}", value[:4])
    found = match[0] if match else ""
    return {"RMB": "CNY"}.get(found, found if found in {"USD", "EUR", "CNY", "RUB", "GBP", "BRL", "JPY"} else None)


def _decimal(value: int | float | Decimal, unit: str) -> Decimal:
    if isinstance(value, int) and abs(value) >= LARGEST:
        _too_large()
    try:
        if not isinstance(value, float):
            return Decimal(value)
        return Decimal(int(value)) if value.is_integer() and abs(value) < EXACT_FLOAT else Decimal(repr(value))
    except (InvalidOperation, ValueError):
        raise _not_a_number(unit) from None


def _number_of_text(value: str, unit: str) -> tuple[Decimal, str]:
    if len(value) > 400:
        raise _not_a_number(unit)
    body = value.strip()
    if _NUMBER.fullmatch(body):
        return _decimal_of(body, unit), EXACT if body == value else CONVERTED
    if body.lower().lstrip("+-") in {"nan", "inf", "infinity", "snan"}:
        raise Unreadable("expected a finite number", "应为有限数值", "not_finite")
    factor = Decimal(1)
    lowered = body.lower().rstrip(". ")
    for suffix, times in sorted(_UNITS.get(unit, {}).items(), key=lambda item: -len(item[0])):
        if lowered.endswith(suffix) and lowered[: -len(suffix)].strip()[-1:].isdigit():
            factor, body = Decimal(times), lowered[: -len(suffix)].strip()
            break
    if not unit:
        body = _MONEY_WORDS.sub("", body)
    body = re.sub(r"(?<=\d)[\s\u00a0\u202f'](?=\d{3})", "", body).strip()
    if _NUMBER.fullmatch(body):
        return _decimal_of(body, unit) * factor, CONVERTED
    if _GROUPED.fullmatch(body) or _GROUPED_POINT.fullmatch(body):
        return _decimal_of(body.replace(",", ""), unit) * factor, CONVERTED
    if _GROUPED_COMMA.fullmatch(body):
        return _decimal_of(body.replace(".", "").replace(",", "."), unit) * factor, CONVERTED
    match = _ONE_COMMA.fullmatch(body)
    if match is None:
        raise _not_a_number(unit)
    if len(match[2]) == 3 and match[1].lstrip("0") and len(match[1]) <= 3:
        return _decimal_of(body.replace(",", ""), unit) * factor, GUESSED
    return _decimal_of(body.replace(",", "."), unit) * factor, CONVERTED


def _decimal_of(body: str, unit: str) -> Decimal:
    try:
        return Decimal(body)
    except InvalidOperation:
        raise _not_a_number(unit) from None


def _not_a_number(unit: str) -> Unreadable:
    return Unreadable(
        f"expected a number of {unit}" if unit else "expected a number", f"应为数字（{unit}）" if unit else "应为数字"
    )


def _too_large() -> Any:
    raise Unreadable("expected a number below 10^18", "应为小于 10^18 的数字", "too_large")


def _lost_digits() -> Unreadable:
    return Unreadable(
        "the id was stored as a number and lost its last digits; format the column as text and export again",
        "该 ID 以数字格式保存，末位已丢失；请将该列设为文本格式后重新导出",
        "id_lost_digits",
    )
