"""JSON bytes of any kind → Python values, with a clear error where that can't be done. Nothing here knows listings.

Tolerates what strict readers refuse: a byte order mark, UTF-16, GB 18030, NaN, lone surrogates, raw control
characters, repeated keys (kept in `Repeated.names`). Refuses what is too large or nested too deep.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import IntakeError
from engine.intake.limits import LIMITS, Limits

_HIGH_BYTES = bytes(range(128, 256))
_GB_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Repeated(dict[str, Any]):
    """An object in which some key stood more than once; the last one counts, as everywhere."""

    names: tuple[str, ...] = ()


def decode_text(data: bytes) -> tuple[str, str]:
    """The text of `data` and the encoding it was read in; never fails (cp1252 is the last resort)."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    head = data[:4096]
    if head.count(0) * 3 >= len(head) > 1:
        even, odd = head[::2].count(0), head[1::2].count(0)
        return data.decode("utf-16-le" if odd >= even else "utf-16-be", "replace"), "utf-16"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _is_chinese(data[:65536]):
        try:
            return data.decode("gb18030"), "gb18030"
        except UnicodeDecodeError:
            pass
    return data.decode("cp1252", "replace"), "cp1252"


def _is_chinese(data: bytes) -> bool:
    """Whether the high bytes stand in pairs, as in GB text; in Western text they stand alone."""
    high = len(data) - len(data.translate(None, _HIGH_BYTES))
    return high > 0 and 2 * len(_GB_PAIR.findall(data)) >= 0.7 * high


def check_size(data: bytes | str, where: str, limits: Limits = LIMITS) -> None:
    """Raises IntakeError (too_large, empty)."""
    if len(data) > limits.max_bytes:
        size, most = len(data) // 1_000_000, limits.max_bytes // 1_000_000
        raise IntakeError(
            f"the input has {size} MB, at most {most} MB are read",
            f"输入为 {size} MB，最多读取 {most} MB",
            where=where,
            code="too_large",
        )
    if not data.strip():
        raise IntakeError("the input is empty", "输入为空", where=where, code="empty")


def check_depth(value: Any, where: str, limits: Limits = LIMITS) -> None:
    """Raises IntakeError (too_deep). Goes down level by level, so that depth costs no stack."""
    level = [value]
    for _ in range(limits.max_depth + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += [child for child in item.values() if isinstance(child, dict | list)]
            elif isinstance(item, list):
                below += [child for child in item if isinstance(child, dict | list)]
        if not below:
            return
        level = below
    raise too_deep(where, limits)


def too_deep(where: str, limits: Limits = LIMITS) -> IntakeError:
    """The error for a document that nests deeper than is read."""
    return IntakeError(
        f"the document is nested more than {limits.max_depth} deep",
        f"文档嵌套超过 {limits.max_depth} 层",
        where=where,
        code="too_deep",
    )


def parse_json(data: bytes | str, where: str, limits: Limits = LIMITS) -> Any:
    """The value of a JSON document; raises IntakeError that names line and column."""
    text = decode_text(data)[0] if isinstance(data, bytes) else data.removeprefix("\ufeff")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        en = f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        zh = f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 列"
        raise IntakeError(en, zh, where=where, code="not_json") from None
    except RecursionError:
        raise too_deep(where, limits) from None
    check_depth(value, where, limits)
    return value


def json_lines(data: bytes | str) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and text of every line that is not blank."""
    text = decode_text(data)[0] if isinstance(data, bytes) else data.removeprefix("\ufeff")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = Repeated(found)
    seen: set[str] = set()
    names: dict[str, None] = {}
    for name, _ in pairs:
        if name in seen:
            names[name] = None
        seen.add(name)
    repeated.names = tuple(names)
    return repeated


def _integer(digits: str) -> int | Decimal | float:
    return int(digits) if len(digits) < 400 else _decimal(digits)


def _decimal(digits: str) -> Decimal | float:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return float("inf")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, strict=False)
