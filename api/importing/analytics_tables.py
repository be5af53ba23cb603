"""The business-analytics export of products (Chinese or English headers) → days of products."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from api.importing.records import Item
from api.importing.tables import Cells, Table
from api.importing.trade_columns import fields_of
from engine.intake.values import Unreadable, day, identifier, number, text, whole
from store_model.analytics import AMOUNTS, COUNTS
from store_model.incoming import IncomingMetric

BLANK = ("-", "--", "—", "/", "n/a", "N/A")
_DAYS = re.compile(r"(\d{4})[-/.年]?(\d{2})[-/.月]?(\d{2})日?")


def read(table: Table) -> Iterator[Item]:
    """One record a row: a product, a day, and what was counted."""
    columns = fields_of(table.headers, "analytics")
    for sheet_row, cells in table.rows():
        kept = [None if isinstance(cell, str) and cell.strip() in BLANK else cell for cell in cells or []]
        row = Cells(table, sheet_row, kept, columns, [])
        if any(cell not in (None, "") for cell in kept):
            yield _metric(row)


def _metric(row: Cells) -> Item:
    product, moment = row.read("product_id", identifier), row.read("day", _day)
    for field, is_missing, en, zh in (
        ("product_id", product is None, "a row needs a product id", "缺少商品ID"),
        ("day", moment is None, "a row needs the one day that it is about", "缺少统计日期，或不是单日数据"),
    ):
        if is_missing:
            row.refuse(Unreadable(en, zh, "incomplete"), field, whole_record=True)
            return Item(None, tuple(row.refusals))
    counts = {name: row.read(name, _count) for name in COUNTS if name in row.columns}
    amounts = {name: row.read(name, _amount) for name in AMOUNTS if name in row.columns}
    value = IncomingMetric(
        product_platform_id=product[:40],
        day=moment,
        counts={name: count for name, count in counts.items() if count is not None},
        amounts={name: amount for name, amount in amounts.items() if amount is not None},
    )
    return row.item(value, tuple(row.refusals))


def _day(value: Any) -> tuple[date, str]:
    """A day; of a span, only one that begins and ends on the same day."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(int(value))
    if not isinstance(value, str):
        return day(value)
    found = {"-".join(parts) for parts in _DAYS.findall(text(value)[0])}
    if len(found) != 1:
        raise Unreadable("expected one day like 2026-11-01", "应为单个日期，例如 2026-11-01")
    return day(found.pop())


def _count(value: Any) -> tuple[int, str]:
    found, how = whole(value)
    if not 0 <= found < 2**31:
        raise Unreadable("expected a count", "应为计数")
    return found, how


def _amount(value: Any) -> tuple[Decimal, str]:
    found, how = number(value)
    if not 0 <= found < 10**14:
        raise Unreadable("expected an amount", "应为金额")
    return round(found, 4), how
