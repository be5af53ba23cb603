"""Files of orders and of evaluations → records. An order may take several rows, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from decimal import Decimal

from api.importing.order_words import state_of
from api.importing.records import Item, Refusal
from api.importing.tables import Cells, Table
from api.importing.times import moment
from api.importing.trade_columns import DISPUTE_KINDS, fields_of
from engine.intake.values import Unreadable, currency_of, identifier, number, text, whole
from store_model.incoming import IncomingEvaluation, IncomingLine, IncomingOrder, IncomingShipment

BROKEN = Unreadable("the quotes of the row are broken", "该行引号不完整", "broken_row")


def read(table: Table, kind: str, zone: tzinfo) -> Iterator[Item]:
    """The records of a table of this kind, in its order."""
    yield from (_orders if kind == "orders" else _evaluations)(table, zone)


def _rows(table: Table, kind: str) -> Iterator[Cells | Item]:
    columns = fields_of(table.headers, kind)
    for sheet_row, cells in table.rows():
        row = Cells(table, sheet_row, cells or [], columns, [])
        if cells is None:
            row.refuse(
                Unreadable("the quotes of the row are broken", "该行引号不完整", "broken_row"), "", whole_record=True
            )
            yield Item(None, tuple(row.refusals))
        elif any(cell not in (None, "") for cell in cells):
            yield row


def _orders(table: Table, zone: tzinfo) -> Iterator[Item]:
    for group in order_groups(table, "orders"):
        yield group if isinstance(group, Item) else _order(*group, zone)


def order_groups(table: Table, kind: str) -> Iterator[tuple[list[Cells], str] | Item]:
    """The rows of one order, which follow each other, with its id; a row that is broken comes as what it was refused
    for.
    """
    group: list[Cells] = []
    key = ""
    for row in _rows(table, kind):
        if isinstance(row, Item):
            yield row
            continue
        own = row.read("order_id", identifier) or ""
        if group and own in ("", key):
            group.append(row)
            continue
        if group:
            yield group, key
        group, key = [row], own
    if group:
        yield group, key


def _order(rows: list[Cells], key: str, zone: tzinfo) -> Item:
    head = rows[0]
    word = head.read("state", text) or ""
    state = state_of(word)
    if not key or state is None:
        field, en, zh = (
            ("order_id", "an order needs its id", "缺少订单号")
            if not key
            else ("state", "expected a known order status", "应为已知的订单状态")
        )
        head.refuse(Unreadable(en, zh, "incomplete"), field, whole_record=True)
        return Item(None, all_refusals(rows))
    placed = time_of(head, "placed_at", zone)
    lines = tuple(line_of(row) for row in rows)
    amount = head.read("amount", number)
    parcels: dict[str, IncomingShipment] = {}
    for row in rows:
        parcel = row.read("tracking_number", identifier)
        if parcel is not None:
            carrier = row.read("carrier", text) or "unknown"
            parcels.setdefault(parcel[:64], IncomingShipment(tracking_number=parcel[:64], carrier=carrier[:64]))
    country = (head.read("country", text) or "").upper()
    value = IncomingOrder(
        platform_id=key,
        state=state,
        placed_at=placed,
        paid_at=time_of(head, "paid_at", zone, placed),
        sent_at=time_of(head, "sent_at", zone, placed),
        finished_at=time_of(head, "finished_at", zone, placed),
        amount=amount,
        currency=_currency(head, "amount"),
        buyer_country=country if len(country) == 2 and country.isalpha() else None,
        cancel_reason=head.read("cancel_reason", text),
        lines=lines,
        shipments=tuple(parcels.values()),
    )
    return head.item(value, all_refusals(rows))


def line_of(row: Cells) -> IncomingLine:
    """The line of an order that a row is."""
    quantity = row.read("quantity", whole)
    return IncomingLine(
        platform_id=row.read("line_id", identifier),
        product_platform_id=row.read("product_id", identifier),
        sku_code=row.read("sku_code", identifier),
        title=row.read("title", text),
        quantity=quantity if quantity is not None and quantity > 0 else 1,
        unit_price=row.read("unit_price", number),
        currency=_currency(row, "unit_price"),
        handling_days=row.read("handling_days", whole),
    )


def _evaluations(table: Table, zone: tzinfo) -> Iterator[Item]:
    for row in _rows(table, "evaluations"):
        yield row if isinstance(row, Item) else _evaluation(row, zone)


def _evaluation(row: Cells, zone: tzinfo) -> Item:
    stars = row.read("stars", whole)
    given = time_of(row, "given_at", zone)
    order = row.read("order_id", identifier)
    product = row.read("product_id", identifier)
    own = row.read("evaluation_id", identifier) or (f"{order}/{product or ''}" if order else None)
    for field, is_missing, en, zh in (
        ("order_id", own is None, "an evaluation needs its own id or that of the order", "缺少评价编号或订单号"),
        ("stars", stars is None or not 1 <= stars <= 5, "expected 1 to 5 stars", "应为 1 至 5 星"),
        ("given_at", given is None, "an evaluation needs its date", "缺少评价时间"),
    ):
        if is_missing:
            row.refuse(Unreadable(en, zh, "incomplete"), field, whole_record=True)
            return Item(None, tuple(row.refusals))
    assert own is not None
    assert stars is not None
    assert given is not None
    kind = row.read("dispute_kind", text)
    value = IncomingEvaluation(
        platform_id=own[:64],
        stars=stars,
        given_at=given,
        order_platform_id=order,
        product_platform_id=product,
        buyer=row.read("buyer", text),
        description=_score(row, "description"),
        communication=_score(row, "communication"),
        delivery=_score(row, "delivery"),
        feedback=row.read("feedback", text),
        reply=row.read("reply", text),
        finished_at=time_of(row, "finished_at", zone),
        order_amount=row.read("amount", number),
        order_currency=_currency(row, "amount"),
        dispute_kind=DISPUTE_KINDS.get(kind.lower(), kind[:32]) if kind else None,
    )
    return row.item(value, tuple(row.refusals))


def _score(row: Cells, field: str) -> int | None:
    value: Decimal | None = row.read(field, number)
    if value is None:
        return None
    if value != value.to_integral_value() or not 1 <= value <= 5:
        row.refuse(Unreadable("expected a score from 1 to 5", "应为 1 至 5 的评分"), field)
        return None
    return int(value)


def time_of(row: Cells, field: str, zone: tzinfo, not_before: datetime | None = None) -> datetime | None:
    """A moment of the row, as UTC."""
    found: datetime | None = row.read(field, lambda value: (moment(value, zone, not_before=not_before), ""))
    return found


def _currency(row: Cells, money: str) -> str | None:
    named: str | None = row.read("currency", text)
    found: str | None = named if named is not None else currency_of(row.raw(money))
    return found[:3].upper() if found else None


def all_refusals(rows: list[Cells]) -> tuple[Refusal, ...]:
    """What was refused in the rows of one record."""
    return tuple(refusal for row in rows for refusal in row.refusals)
