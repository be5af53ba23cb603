"""The violation list of a store (copied or exported from its page) → notices for the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from api.importing.records import Item
from api.importing.tables import Cells, Table
from api.importing.times import moment
from api.importing.trade_columns import fields_of
from engine.intake.values import Unreadable, identifier, number, text
from engine.ledger import Notice

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the moment that a notice was known, which the ledger sets when it takes it in."""


def read(table: Table, zone: tzinfo, offence: Callable[[str], str | None]) -> Iterator[Item]:
    """One notice a row. `offence` gives the rule behind a name in either language; one that has none is kept as named,
    and waits in the ledger for a person.
    """
    columns = fields_of(table.headers, "violations")
    for sheet_row, cells in table.rows():
        row = Cells(table, sheet_row, cells or [], columns, [])
        if any(cell not in (None, "") for cell in cells or ()):
            yield _notice(row, zone, offence)


def _notice(row: Cells, zone: tzinfo, offence: Callable[[str], str | None]) -> Item:
    case, name = row.read("case", identifier), row.read("offence", text)
    at = row.read("at", lambda value: (moment(value, zone), ""))
    for field, is_missing, en, zh in (
        ("case", case is None or len(case) > 60, "a violation needs its case number", "缺少违规编号"),
        ("offence", name is None, "a violation needs its type", "缺少违规类型"),
        ("at", at is None, "a violation needs the moment of its penalty", "缺少处罚时间"),
    ):
        if is_missing:
            row.refuse(Unreadable(en, zh, "incomplete"), field, whole_record=True)
            return Item(None, tuple(row.refusals))
    listing = row.read("listing", identifier)
    notice = Notice(
        case=case,
        at=at,
        known=FIRST,
        offence=(offence(name) or name)[:60],
        points=row.read("points", _points),
        listing=listing[:40] if listing else None,
        remark=(row.read("remark", text) or name)[:500],
    )
    return row.item(notice, tuple(row.refusals))


def _points(value: Any) -> tuple[Decimal, str]:
    found, how = number(value)
    if not 0 <= abs(found) <= 1000:
        raise Unreadable("expected points", "应为扣分")
    return abs(found), how  # some pages show what is taken as a negative number
