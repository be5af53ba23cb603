"""Lists of the transaction section: orders, shipments, disputes, cancellations, logistics, funds, evaluations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.resources import Change, Filter, Resource
from api.routes.product_resources import STAMP, Text, Word
from api.wire import Currency, IdText, Input, Line, Money, Output, refuse, show
from store_model.deadlines import scan_limit
from store_model.evaluations import Evaluation
from store_model.funds import ACCOUNT_KINDS, MOVEMENT_KINDS, FundAccount, FundMovement, FundPosting
from store_model.orders import (
    CANCELLATION_STATES,
    DISPUTE_STATES,
    ORDER_STATES,
    RECEIVE_STATES,
    Cancellation,
    Dispute,
    LogisticsSetting,
    Order,
    OrderLine,
    Shipment,
)

TIME = "2026-08-22T12:00:00Z"


class OrderLineOut(Output):
    """One line of an order."""

    position: int
    platform_id: str | None
    product_platform_id: str | None
    sku_code: str | None
    title: str | None
    quantity: int
    unit_price: Money | None
    currency: str | None
    handling_days: int | None
    state: str | None


class OrderOut(Output):
    """An order with its lines. `ship_by`: the last moment to ship, null once nothing is left to ship.

    `is_false_shipment` and `is_online_late`: what the store assessment says of it, null when nothing; `online_by`: when
    the carrier must have scanned it at the latest.
    """

    id: str
    platform_id: str
    state: str
    end_reason: str | None
    placed_at: datetime | None
    paid_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    ship_by: datetime | None
    amount: Money | None
    currency: str | None
    issue_status: str | None
    frozen_status: str | None
    fund_status: str | None
    logistics_status: str | None
    buyer_country: str | None
    is_false_shipment: bool | None
    is_online_late: bool | None
    online_by: datetime | None
    lines: list[OrderLineOut]
    version: int
    updated_at: datetime


def _order(session: Session, row: Order) -> OrderOut:
    lines = session.scalars(select(OrderLine).where(OrderLine.order_id == row.id).order_by(OrderLine.position))
    return show(row, OrderOut, lines=[show(line, OrderLineOut) for line in lines])


def _with_product(statement: Select[Any], product: str) -> Select[Any]:
    own = select(OrderLine.order_id).where(OrderLine.product_platform_id == product)
    return statement.where(Order.id.in_(own))


ORDERS = Resource(
    path="orders",
    one="order",
    title=("order", "订单"),
    section="transactions",
    model=Order,
    answer=OrderOut,
    operations=("list", "get"),
    filters={
        "platform_id": Filter(Order.platform_id),
        "state": Filter(Order.state, choices=ORDER_STATES),
        "ship_before": Filter(Order.ship_by, op="lt", note="Those that have to be shipped before this moment"),
        "ship_from": Filter(Order.ship_by, op="ge"),
        "placed_from": Filter(Order.placed_at, op="ge"),
        "placed_before": Filter(Order.placed_at, op="lt"),
        "is_false_shipment": Filter(
            Order.is_false_shipment, note="Those that the store assessment names false shipments"
        ),
        "is_online_late": Filter(Order.is_online_late, note="Those that the store assessment names late online"),
        "product": Filter(apply=_with_product, note="Those with a line of the product with this platform id"),
    },
    sorts={"updated_at": Order.updated_at},
    default_sort="-id",
    show=_order,
    example={
        "id": "21",
        "platform_id": "8123456789012345",
        "state": "WAIT_SELLER_SEND_GOODS",
        "end_reason": None,
        "placed_at": TIME,
        "paid_at": TIME,
        "sent_at": None,
        "finished_at": None,
        "ship_by": "2026-08-26T12:00:00Z",
        "amount": "23.80",
        "currency": "USD",
        "issue_status": None,
        "frozen_status": None,
        "fund_status": None,
        "logistics_status": None,
        "buyer_country": "US",
        "is_false_shipment": None,
        "is_online_late": None,
        "online_by": None,
        "lines": [
            {
                "position": 0,
                "platform_id": "8123456789012346",
                "product_platform_id": "1005006012345678",
                "sku_code": "TWL-BK",
                "title": "Turkish Cotton Bath Towel",
                "quantity": 2,
                "unit_price": "11.90",
                "currency": "USD",
                "handling_days": 3,
                "state": None,
            }
        ],
        **STAMP,
    },
)


class ShipmentIn(Input):
    """A parcel declared for an order. The carrier has to scan it within the days that the pack says."""

    order_id: IdText
    carrier: Word
    tracking_number: Word
    is_whole_order: bool = True
    declared_at: datetime | None = None
    scanned_at: datetime | None = None
    received_state: Literal["default", "received", "not_received", "suspected_received"] = "default"


class ShipmentOut(Output):
    id: str
    order_id: str
    carrier: str
    tracking_number: str
    is_whole_order: bool
    declared_at: datetime
    scan_by: datetime | None
    scanned_at: datetime | None
    received_state: str
    version: int
    updated_at: datetime


def _check_shipment(change: Change) -> None:
    """Times have zones; declaring a parcel sets when it has to be scanned and moves the order on."""
    if change.action == "delete":
        return
    parcel = change.row
    parcel.declared_at = parcel.declared_at or change.now
    for name in ("declared_at", "scanned_at"):
        moment = getattr(parcel, name)
        if moment is not None and moment.tzinfo is None:
            raise refuse(f"/{name}", "wrong_type", "must be a time with its zone", "应为带时区的时间")
    limits = change.caller.state.backoffice.limits(change.now.date())
    parcel.scan_by = scan_limit(parcel.declared_at, limits)
    if change.action == "create":
        with change.session.no_autoflush:
            order = change.session.get_one(Order, parcel.order_id)
        if order.state in ("WAIT_SELLER_SEND_GOODS", "SELLER_PART_SEND_GOODS"):
            order.state = "WAIT_BUYER_ACCEPT_GOODS" if parcel.is_whole_order else "SELLER_PART_SEND_GOODS"
            order.sent_at = order.sent_at or parcel.declared_at
            order.ship_by = None if parcel.is_whole_order else order.ship_by


SHIPMENTS = Resource(
    path="shipments",
    one="shipment",
    title=("shipment", "发货"),
    section="transactions",
    model=Shipment,
    answer=ShipmentOut,
    body=ShipmentIn,
    operations=("list", "get", "create", "update", "bulk"),
    filters={
        "order_id": Filter(Shipment.order_id),
        "tracking_number": Filter(Shipment.tracking_number),
        "scan_before": Filter(Shipment.scan_by, op="lt"),
        "not_scanned": Filter(Shipment.scanned_at, op="is_null"),
        "received_state": Filter(Shipment.received_state, choices=RECEIVE_STATES),
    },
    sorts={"declared_at": Shipment.declared_at},
    editable=frozenset({"carrier", "tracking_number", "scanned_at", "received_state"}),
    example={
        "id": "31",
        "order_id": "21",
        "carrier": "Standard",
        "tracking_number": "LP00123456789CN",
        "is_whole_order": True,
        "declared_at": TIME,
        "scan_by": "2026-08-27T12:00:00Z",
        "scanned_at": None,
        "received_state": "default",
        **STAMP,
    },
    before_change=_check_shipment,
)


class CancellationOut(Output):
    """A buyer's request to cancel; silence until `answer_by` cancels the order."""

    id: str
    order_id: str
    reason: str | None
    state: str
    requested_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    version: int
    updated_at: datetime


CANCELLATIONS = Resource(
    path="cancellations",
    one="cancellation",
    title=("cancellation", "取消申请"),
    section="transactions",
    model=Cancellation,
    answer=CancellationOut,
    operations=("list", "get"),
    filters={
        "state": Filter(Cancellation.state, choices=CANCELLATION_STATES),
        "order_id": Filter(Cancellation.order_id),
        "answer_before": Filter(Cancellation.answer_by, op="lt"),
    },
    sorts={"answer_by": Cancellation.answer_by},
    example={
        "id": "41",
        "order_id": "21",
        "reason": "Changed my mind",
        "state": "requested",
        "requested_at": TIME,
        "answer_by": "2026-08-24T12:00:00Z",
        "answered_at": None,
        **STAMP,
    },
)


class DisputeOut(Output):
    """A dispute. `timeout_at` is when `timeout_kind` happens by itself; null when nothing runs."""

    id: str
    platform_id: str
    order_platform_id: str | None
    line_platform_id: str | None
    state: str
    reason: str | None
    detail_state: str | None
    opened_at: datetime | None
    timeout_kind: str | None
    timeout_at: datetime | None
    refund: Money | None
    currency: str | None
    solutions: list[dict[str, str]]
    answer: str | None
    answered_at: datetime | None
    version: int
    updated_at: datetime


DISPUTES = Resource(
    path="disputes",
    one="dispute",
    title=("dispute", "纠纷"),
    section="transactions",
    model=Dispute,
    answer=DisputeOut,
    operations=("list", "get"),
    filters={
        "state": Filter(Dispute.state, choices=DISPUTE_STATES),
        "order": Filter(Dispute.order_platform_id),
        "timeout_before": Filter(Dispute.timeout_at, op="lt"),
    },
    example={
        "id": "51",
        "platform_id": "60012345678",
        "order_platform_id": "8123456789012345",
        "line_platform_id": "8123456789012346",
        "state": "processing",
        "reason": "Item not as described",
        "detail_state": None,
        "opened_at": TIME,
        "timeout_kind": "WAIT_SOLUTION_TIMEOUT",
        "timeout_at": "2026-08-27T12:00:00Z",
        "refund": "11.90",
        "currency": "USD",
        "solutions": [{"type": "refund", "amount": "11.90", "currency": "USD"}],
        "answer": None,
        "answered_at": None,
        **STAMP,
    },
)

Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class LogisticsSettingIn(Input):
    """How the store ships by one line. `countries` null: to all."""

    name: Line
    carrier: Word
    ship_from: Country
    handling_days: Annotated[int, Meta(ge=0, le=365)]
    countries: list[Country] | None = None
    return_address: Text | None = None
    is_enabled: bool = True


class LogisticsSettingOut(Output):
    id: str
    name: str
    carrier: str
    ship_from: str
    handling_days: int
    countries: list[str] | None
    return_address: str | None
    is_enabled: bool
    version: int
    updated_at: datetime


LOGISTICS = Resource(
    path="logistics-settings",
    one="setting",
    title=("logistics setting", "物流设置"),
    section="transactions",
    model=LogisticsSetting,
    answer=LogisticsSettingOut,
    body=LogisticsSettingIn,
    filters={"is_enabled": Filter(LogisticsSetting.is_enabled)},
    sorts={"name": LogisticsSetting.name},
    example={
        "id": "61",
        "name": "Standard to the US",
        "carrier": "Standard",
        "ship_from": "CN",
        "handling_days": 3,
        "countries": ["US"],
        "return_address": None,
        "is_enabled": True,
        **STAMP,
    },
)


class FundAccountIn(Input):
    """A funds account in one currency; its balance is the sum of its postings."""

    kind: Literal["available", "frozen", "pending", "deposit", "withdrawn", "sales", "fees", "refunds", "penalties"]
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    currency: Currency


class FundAccountOut(Output):
    id: str
    kind: str
    name: str
    currency: str
    version: int
    updated_at: datetime


ACCOUNTS = Resource(
    path="fund-accounts",
    one="account",
    title=("funds account", "资金账户"),
    section="transactions",
    model=FundAccount,
    answer=FundAccountOut,
    body=FundAccountIn,
    operations=("list", "get", "create", "update"),
    editable=frozenset({"name"}),
    filters={"kind": Filter(FundAccount.kind, choices=ACCOUNT_KINDS), "currency": Filter(FundAccount.currency)},
    example={"id": "71", "kind": "available", "name": "Available", "currency": "USD", **STAMP},
)


class FundPostingOut(Output):
    """One side of a movement: plus comes into the account, minus leaves it."""

    account_id: str
    amount: Money
    currency: str


class FundMovementOut(Output):
    """One movement; its postings add up to zero in each currency."""

    id: str
    kind: str
    happened_at: datetime
    recorded_at: datetime
    reference: str
    order_platform_id: str | None
    note: str | None
    reverses_id: str | None
    postings: list[FundPostingOut]


def movement(session: Session, row: FundMovement) -> FundMovementOut:
    """A movement with its postings."""
    sides = session.scalars(select(FundPosting).where(FundPosting.movement_id == row.id).order_by(FundPosting.id))
    return show(row, FundMovementOut, postings=[show(side, FundPostingOut) for side in sides])


MOVEMENT = {
    "id": "81",
    "kind": "sale",
    "happened_at": TIME,
    "recorded_at": TIME,
    "reference": "8123456789012345/paid",
    "order_platform_id": "8123456789012345",
    "note": None,
    "reverses_id": None,
    "postings": [
        {"account_id": "71", "amount": "23.80", "currency": "USD"},
        {"account_id": "72", "amount": "-23.80", "currency": "USD"},
    ],
}
MOVEMENTS = Resource(
    path="fund-movements",
    one="movement",
    title=("funds movement", "资金流水"),
    section="transactions",
    model=FundMovement,
    answer=FundMovementOut,
    operations=("list", "get"),
    filters={
        "kind": Filter(FundMovement.kind, choices=MOVEMENT_KINDS),
        "order": Filter(FundMovement.order_platform_id),
        "from": Filter(FundMovement.happened_at, op="ge"),
        "before": Filter(FundMovement.happened_at, op="lt"),
    },
    sorts={"happened_at": FundMovement.happened_at},
    show=movement,
    example=MOVEMENT,
)


class EvaluationOut(Output):
    """A buyer's evaluation."""

    id: str
    platform_id: str
    order_platform_id: str | None
    product_platform_id: str | None
    buyer: str | None
    stars: int
    description: int | None
    communication: int | None
    delivery: int | None
    feedback: str | None
    reply: str | None
    given_at: datetime
    dispute_kind: str | None
    version: int
    updated_at: datetime


EVALUATIONS = Resource(
    path="evaluations",
    one="evaluation",
    title=("evaluation", "评价"),
    section="transactions",
    model=Evaluation,
    answer=EvaluationOut,
    operations=("list", "get"),
    filters={
        "stars": Filter(Evaluation.stars),
        "product": Filter(Evaluation.product_platform_id),
        "order": Filter(Evaluation.order_platform_id),
        "given_from": Filter(Evaluation.given_at, op="ge"),
        "given_before": Filter(Evaluation.given_at, op="lt"),
        "without_reply": Filter(Evaluation.reply, op="is_null"),
    },
    sorts={"given_at": Evaluation.given_at, "stars": Evaluation.stars},
    example={
        "id": "91",
        "platform_id": "8123456789012346",
        "order_platform_id": "8123456789012345",
        "product_platform_id": "1005006012345678",
        "buyer": "a***a",
        "stars": 5,
        "description": 5,
        "communication": 5,
        "delivery": 4,
        "feedback": "Soft and thick.",
        "reply": None,
        "given_at": TIME,
        "dispute_kind": None,
        **STAMP,
    },
)
RESOURCES = (
    ORDERS, SHIPMENTS, CANCELLATIONS, DISPUTES, LOGISTICS, ACCOUNTS, MOVEMENTS, EVALUATIONS,
)  # fmt: skip
