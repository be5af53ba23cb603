"""The rows that indicators count, and what their columns are: the closed vocabulary of `over`, `day` and tests.

Rows are plain mappings, column → value. Moments are whole seconds since 1970 (UTC), sets are frozensets of texts, what
is not known is missing or None. `id` and `store` are texts, `listing` the product behind a row, where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOMENT, TEXT, NUMBER, SET, DAY = "moment", "text", "number", "set", "day"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is bad data. `kind`: `future` (a moment after the reading), `backwards` (the second column before the
    first), `missing`, `range` (a number outside of `bounds`), `not_whole`."""

    name: str
    kind: str
    columns: tuple[str, ...]
    bounds: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class RowKind:
    """One kind of row. `deadlines` are moments that may lie ahead; `faults` in the order in which a row is named.
    `remarks` are columns that only add to what the others say: data without them counts all the same.
    """

    columns: Mapping[str, str]
    deadlines: frozenset[str]
    faults: tuple[Fault, ...]
    remarks: frozenset[str] = frozenset()

    @property
    def moments(self) -> tuple[str, ...]:
        """The columns that are moments."""
        return tuple(name for name, kind in self.columns.items() if kind == MOMENT)

    @property
    def days(self) -> tuple[str, ...]:
        """The columns that can put a row on a day."""
        return tuple(name for name, kind in self.columns.items() if kind in (MOMENT, DAY))


def _kind(
    columns: Mapping[str, str], deadlines: tuple[str, ...], *faults: Fault, remarks: tuple[str, ...] = ()
) -> RowKind:
    common = {"id": TEXT, "store": TEXT, "listing": TEXT}
    happened = tuple(name for name, kind in columns.items() if kind == MOMENT and name not in deadlines)
    future = (Fault("in_the_future", "future", happened),) if happened else ()
    return RowKind({**common, **columns}, frozenset(deadlines), (*future, *faults), frozenset(remarks))


STARS = (1, 5)  # the scale of the platform's stars, below and above which a number is none
ROWS: Mapping[str, RowKind] = {
    "orders": _kind(
        {
            "buyer": TEXT, "state": TEXT, "end_reason": TEXT, "currency": TEXT, "amount": NUMBER, "country": TEXT,
            "carrier": TEXT, "category": TEXT, "placed": MOMENT, "paid": MOMENT, "due": MOMENT, "sent": MOMENT,
            "finished": MOMENT, "disputed": MOMENT, "assessed": MOMENT, "disputes": SET, "liable": SET,
        },
        ("due",),
        Fault("sent_before_paid", "backwards", ("paid", "sent")),
        Fault("finished_before_placed", "backwards", ("placed", "finished")),
        Fault("negative_amount", "range", ("amount",), (0, 10**12)),
    ),
    "parcels": _kind(
        {
            "order": TEXT, "carrier": TEXT, "received": TEXT, "declared": MOMENT, "scan_due": MOMENT,
            "scanned": MOMENT, "false_shipment": TEXT, "late_online": TEXT,
        },
        ("scan_due",),
        remarks=("false_shipment", "late_online"),
    ),
    "disputes": _kind(
        {
            "order": TEXT, "kind": TEXT, "state": TEXT, "liable": TEXT, "opened": MOMENT, "answer_due": MOMENT,
            "answered": MOMENT,
        },
        ("answer_due",),
        Fault("answered_before_opened", "backwards", ("opened", "answered")),
    ),
    "evaluations": _kind(
        {
            "order": TEXT, "buyer": TEXT, "carrier": TEXT, "stars": NUMBER, "description": NUMBER,
            "communication": NUMBER, "delivery": NUMBER, "given": MOMENT, "finished": MOMENT,
            "amount": NUMBER, "currency": TEXT, "dispute": TEXT,
        },
        (),
        Fault("rating_missing", "missing", ("stars",)),
        Fault("rating_out_of_scale", "range", ("stars", "description", "communication", "delivery"), STARS),
    ),
    "messages": _kind(
        {"conversation": TEXT, "buyer": TEXT, "asked": MOMENT, "answered": MOMENT, "hours": NUMBER},
        (),
    ),
    "traffic": _kind(
        {
            "date": DAY, "exposure": NUMBER, "visitors": NUMBER, "new_visitors": NUMBER,
            "page_views": NUMBER,
            "wishlisted": NUMBER, "cart_buyers": NUMBER, "paid_orders": NUMBER, "paid_buyers": NUMBER,
            "refunded_orders": NUMBER, "paid_amount": NUMBER,
        },
        (),
        Fault("negative_count", "range", ("exposure", "visitors", "paid_orders", "paid_buyers"), (0, 10**12)),
    ),
}  # fmt: skip
"""Kind of row → its columns.

orders: one a parent order; `disputes` are the reasons of its standing disputes, `liable` the reasons of those that the
platform decided against the seller, `disputed` when the first was opened, `assessed` when its outcome was known: the
earlier of `disputed` and `finished`. parcels: one a declared parcel; `false_shipment` and `late_online`
are "yes" where the platform's store assessment says so of its order, which stands for a parcel where none is known.
messages: one a turn, from the first message of a
buyer to the seller's next. traffic: one a day of the platform's statistics.
"""

FAULT_TITLES: Mapping[str, dict[str, str]] = {
    "in_the_future": {"en": "a time after the reading", "zh": "时间晚于读取时间"},
    "sent_before_paid": {"en": "shipped before it was paid", "zh": "发货早于付款"},
    "finished_before_placed": {"en": "finished before it was placed", "zh": "完成早于下单"},
    "negative_amount": {"en": "an amount below zero", "zh": "金额为负"},
    "answered_before_opened": {"en": "answered before it was opened", "zh": "响应早于发起"},
    "rating_missing": {"en": "no rating", "zh": "缺少评分"},
    "rating_out_of_scale": {"en": "a rating that is not 1 to 5", "zh": "评分不在1至5之间"},
    "negative_count": {"en": "a count below zero", "zh": "计数为负"},
    "other_currency": {"en": "an amount in another currency", "zh": "币种不同"},
}
"""Why a row is left out as bad data, in words."""


def derived(over: str, row: Row) -> dict[str, Any]:
    """A row with the columns that follow from others."""
    whole = dict(row)
    if over == "orders" and whole.get("assessed") is None:
        outcomes = [whole[name] for name in ("disputed", "finished") if whole.get(name) is not None]
        whole["assessed"] = min(outcomes) if outcomes else None
    if over == "messages" and whole.get("answered") is not None and whole.get("hours") is None:
        whole["hours"] = (whole["answered"] - whole["asked"]) // 3600
    return whole


def fault_of(over: str, row: Row, now: int) -> str | None:
    """The first fault of a row by its name, None for a good one. `now`: when the rows were read."""
    return next((fault.name for fault in ROWS[over].faults if _is_faulty(fault, row, now)), None)


def _is_faulty(fault: Fault, row: Row, now: int) -> bool:
    given = [row.get(name) for name in fault.columns]
    match fault.kind:
        case "future":
            return any(value is not None and value > now for value in given)
        case "backwards":
            return given[0] is not None and given[1] is not None and given[1] < given[0]
        case "missing":
            return any(value is None for value in given)
        case _:
            low, high = fault.bounds
            return any(value is not None and not low <= value <= high for value in given)
