"""The order sheet of the store-assessment page → what the platform says of orders. An order may take several rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, tzinfo
from typing import Any

import msgspec

from api.importing.records import Item
from api.importing.tables import Cells, Table
from api.importing.trade_tables import all_refusals, line_of, order_groups, time_of
from engine.intake.columns import plain
from engine.intake.values import Unreadable, flag
from store_model.incoming import IncomingAssessment, IncomingLine

BLANK = ("-", "--", "—", "/")
YES = ("√", "✓", "✔", "已超时", "超时")
NO = ("×", "✗", "未超时", "正常")
"""Beside what every flag may be: 是, no, 1 …"""
OVER = ("已超时", "超时", "已结束", "已到期", "overdue", "expired", "timed out")
"""How a sheet says that no time is left."""
CURRENCY = "CNY"
"""Of prices under a header that names it."""
SILENT = Unreadable("the row names no fault and no time left", "该行未注明违规或剩余时间", "incomplete")
_SPAN = re.compile(
    r"(?P<sign>-?)\s*(?:(?P<days>\d{1,4})\s*(?:天|日|days?|d)[\s,，]*)?"
    r"(?:(?P<clock>\d{1,5}:\d{2}(?::\d{2})?)"
    r"|(?:(?P<hours>\d{1,5})\s*(?:小时|时|hours?|hrs?|h)[\s,，]*)?"
    r"(?:(?P<minutes>\d{1,6})\s*(?:分钟|分|minutes?|mins?|m)[\s,，]*)?"
    r"(?:(?P<seconds>\d{1,7})\s*(?:秒钟?|seconds?|secs?|s))?)",
    re.IGNORECASE,
)


def read(table: Table, zone: tzinfo) -> Iterator[Item]:
    """One record an order. A row whose flag or time left cannot be read is refused as a whole."""
    for group in order_groups(table, "assessments"):
        yield group if isinstance(group, Item) else _assessment(*group, zone)


def _assessment(rows: list[Cells], key: str, zone: tzinfo) -> Item:
    head = rows[0]
    before = sum(len(row.refusals) for row in rows)
    false = _any(rows, "is_false_shipment")
    late = _any(rows, "is_online_late")
    left = _first(rows, "left", span)
    unreadable = sum(len(row.refusals) for row in rows) > before
    if not key:
        head.refuse(Unreadable("an order needs its id", "缺少订单号", "incomplete"), "order_id", whole_record=True)
    elif false is late is left is None and not unreadable:
        head.refuse(SILENT, "is_false_shipment", whole_record=True)
    elif not unreadable:
        value = IncomingAssessment(
            platform_id=key,
            placed_at=time_of(head, "placed_at", zone),
            is_false_shipment=false,
            is_online_late=late,
            left=left,
            lines=tuple(_line(row) for row in rows),
        )
        return head.item(value, all_refusals(rows))
    return Item(None, tuple(replace(one, is_whole_record=True) for one in all_refusals(rows)))


def _any(rows: list[Cells], field: str) -> bool | None:
    """Whether any line of the order is said to be so; None when none says anything."""
    said = [found for row in rows if (found := _value(row, field, yes_or_no)) is not None]
    return any(said) if said else None


def _first(rows: list[Cells], field: str, reader: Any) -> Any:
    return next((found for row in rows if (found := _value(row, field, reader)) is not None), None)


def _value(row: Cells, field: str, reader: Any) -> Any:
    raw = row.raw(field)
    return None if isinstance(raw, str) and raw.strip() in BLANK else row.read(field, reader)


def _line(row: Cells) -> IncomingLine:
    line = line_of(row)
    index = row.columns.get("unit_price")
    names_currency = index is not None and CURRENCY.lower() in plain(row.table.headers[index])
    if line.unit_price is None or line.currency is not None or not names_currency:
        return line
    return msgspec.structs.replace(line, currency=CURRENCY)


def yes_or_no(value: Any) -> tuple[bool, str]:
    """A flag of the sheet in either language. Raises Unreadable."""
    word = value.strip() if isinstance(value, str) else value
    if word in YES or word in NO:
        return word in YES, ""
    try:
        return flag(int(word) if isinstance(word, float) and word in (0, 1) else word)
    except Unreadable:
        raise Unreadable("expected yes or no", "应为是或否") from None


def span(value: Any) -> tuple[timedelta, str]:
    """A time left such as `2天3小时`, `1 day 05:30:00` or `36:00:00`; nothing when it is over. Raises Unreadable."""
    if isinstance(value, timedelta):
        return value, ""
    word = value.strip() if isinstance(value, str) else ""
    if word.lower() in OVER:
        return timedelta(0), ""
    match = _SPAN.fullmatch(word)
    parts = match.groupdict() if match is not None else {}
    if not word or not any(parts.get(name) for name in ("days", "clock", "hours", "minutes", "seconds")):
        raise Unreadable("expected a time left like 2 days 3 hours", "应为剩余时间，例如 2天3小时")
    units = {name: int(parts[name]) for name in ("days", "hours", "minutes", "seconds") if parts[name]}
    if parts["clock"]:
        units |= dict(zip(("hours", "minutes", "seconds"), map(int, parts["clock"].split(":")), strict=False))
    found = timedelta(**units)
    return (-found if parts["sign"] else found), ""
