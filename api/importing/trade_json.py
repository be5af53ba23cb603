"""Orders, disputes and evaluations in the Open Platform's JSON → records (reference §7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from api.importing.json_objects import Fields, find
from api.importing.order_words import state_of
from api.importing.records import Item, Refusal
from api.importing.times import moment
from store_model.incoming import (
    IncomingDispute,
    IncomingEvaluation,
    IncomingLine,
    IncomingOrder,
    IncomingShipment,
)
from store_model.orders import DISPUTE_STATES, RECEIVE_STATES

Reader = Callable[[Fields, tzinfo], Item]


@dataclass(frozen=True, slots=True)
class Form:
    """How objects of a kind are known by their field names, and read."""

    kind: str
    is_wanted: Callable[[set[str]], bool]
    read: Reader


def _has(*groups: tuple[str, ...]) -> Callable[[set[str]], bool]:
    """Wanted is an object that has a name of every group."""
    return lambda names: all(any(name in names for name in group) for group in groups)


def read(document: Any, kind: str, zone: tzinfo, *, line: int = 0) -> Iterator[Item]:
    """The records of a kind in a document; none when it holds no such object."""
    form = FORMS[kind]
    for payload, pointer in find(document, form.is_wanted):
        refusals: list[Refusal] = []
        yield form.read(Fields(payload, pointer, refusals, line), zone)


def kind_of(document: Any) -> str | None:
    """The kind of the first object that is known."""
    for form in FORMS.values():
        if next(find(document, form.is_wanted), None) is not None:
            return form.kind
    return None


def order(fields: Fields, zone: tzinfo) -> Item:
    """One order, of the list call or of the detail."""
    number = fields.id("orderid", "id")
    state = fields.text("orderstatus")
    known = state_of(state or "")
    if number is None or known is None:
        return fields.missing(
            "an order needs its id and a known order_status", "订单缺少订单号，或 order_status 不是已知状态"
        )
    placed = fields.time(lambda value: moment(value, zone), "gmtcreate")

    def after(value: Any) -> datetime:
        return moment(value, zone, not_before=placed)

    amount, currency = fields.money("payamount", "orderamount", "initoderamount")
    lines = tuple(_line(line) for line in fields.objects("productlist", "childorderlist", "childorderextinfolist"))
    refund = next(fields.objects("receiptaddress"), None)
    return fields.item(
        IncomingOrder(
            platform_id=number,
            state=known,
            end_reason=fields.text("endreason"),
            placed_at=placed,
            paid_at=fields.time(after, "gmtpay", "gmtpaysuccess"),
            sent_at=fields.time(after, "gmtsend"),
            finished_at=fields.time(after, "gmttradeend"),
            changed_at=fields.time(after, "gmtupdate", "gmtmodified"),
            amount=amount,
            currency=currency,
            issue_status=fields.text("issuestatus"),
            frozen_status=fields.text("frozenstatus"),
            fund_status=fields.text("fundstatus"),
            logistics_status=fields.text("logisticsstatus"),
            buyer_country=_country(refund.text("country", "countrycode") if refund else None),
            cancel_reason=fields.text("cancelrequestreason"),
            left=_left(fields),
            lines=lines,
            shipments=tuple(_shipments(fields, after)),
        )
    )


def _line(fields: Fields) -> IncomingLine:
    price, currency = fields.money("productunitprice", "productprice", "unitprice")
    quantity = fields.whole("productcount", "quantity")
    return IncomingLine(
        platform_id=fields.id("childid", "childorderid", "id"),
        product_platform_id=fields.id("productid"),
        sku_code=fields.text("skucode"),
        title=fields.text("productname", "subject"),
        quantity=quantity if quantity is not None and quantity > 0 else 1,
        unit_price=price,
        currency=currency,
        handling_days=fields.whole("goodspreparetime"),
        state=fields.text("sonorderstatus", "orderstatus"),
    )


def _left(fields: Fields) -> timedelta | None:
    parts = [fields.whole(f"leftsendgood{unit}") for unit in ("day", "hour", "min")]
    if all(part is None for part in parts) or any(part is not None and abs(part) > 10_000 for part in parts):
        return None
    days, hours, minutes = (part or 0 for part in parts)
    return timedelta(days=days, hours=hours, minutes=minutes)


def _shipments(fields: Fields, after: Callable[[Any], datetime]) -> Iterator[IncomingShipment]:
    for parcel in fields.objects("logisticinfolist", "logisticsinfolist"):
        number = parcel.text("logisticsno", "trackingnumber")
        received = (parcel.text("receivestatus") or "default").lower()
        if number is not None:
            yield IncomingShipment(
                tracking_number=number[:64],
                carrier=(parcel.text("logisticsservicename", "logisticstypecode") or "unknown")[:64],
                received_state=received if received in RECEIVE_STATES else "default",
                declared_at=parcel.time(after, "gmtsend"),
            )


def _country(value: str | None) -> str | None:
    return value.upper() if value is not None and len(value) == 2 and value.isalpha() else None


def dispute(fields: Fields, zone: tzinfo) -> Item:
    """One dispute, of the list call or of the detail."""
    number = fields.id("issueid", "id")
    state = (fields.text("issuestatus") or "").lower()
    if number is None or state not in DISPUTE_STATES:
        return fields.missing(
            f"a dispute needs its issue_id and an issue_status ({', '.join(DISPUTE_STATES)})",
            f"纠纷缺少 issue_id，或 issue_status 不是 {'、'.join(DISPUTE_STATES)} 之一",
        )
    opened = fields.time(lambda value: moment(value, zone), "gmtcreate")
    refund, currency = fields.money("refundmoneymax", "issuerefundmoney", "refundmoney")

    def after(value: Any) -> datetime:
        return moment(value, zone, not_before=opened)

    return fields.item(
        IncomingDispute(
            platform_id=number,
            state=state,
            # The parent is the order, order_id the line; a lone order_id is the order (reference §7.2).
            order_platform_id=fields.id("parentorderid") or fields.id("orderid"),
            line_platform_id=fields.id("orderid") if fields.raw("parentorderid")[0] is not None else None,
            reason=fields.text("reasonenglish", "issuereason", "reasonchinese", "reason"),
            detail_state=fields.text("reversedetailstatus", "issuedetailstatus"),
            opened_at=opened,
            changed_at=fields.time(after, "gmtmodified", "gmtupdate"),
            timeout_kind=fields.text("timeouttype"),
            timeout_at=fields.time(after, "timeouttime", "timeout"),
            refund=refund,
            currency=currency,
            solutions=tuple(
                _solution(item) for item in fields.objects("solutions", "solutionlist", "sellersolutionlist")
            ),
        )
    )


def _solution(fields: Fields) -> dict[str, str]:
    named = {
        "type": fields.text("solutiontype", "type"),
        "owner": fields.text("solutionowner"),
        "reached_by": fields.text("reachedtype"),
        "status": fields.text("status", "solutionstatus"),
    }
    amount, currency = fields.money("refundmoney", "refundmoneypost")
    named |= {"amount": f"{amount:f}" if amount is not None else None, "currency": currency}
    return {name: value for name, value in named.items() if value is not None}


def evaluation(fields: Fields, zone: tzinfo) -> Item:
    """One buyer's evaluation."""
    line, parent = fields.id("orderid"), fields.id("parentorderid")
    stars = fields.whole("buyerevaluation", "buyerproductratings", "evalstar", "stars")
    given = fields.time(lambda value: moment(value, zone), "buyerfbdate", "gmtordercomplete", "evaldate")
    number = fields.id("evaluationid", "id") or line or parent
    if number is None or stars is None or not 1 <= stars <= 5 or given is None:
        return fields.missing(
            "an evaluation needs an order_id, 1 to 5 stars (buyer_evaluation) and its date (buyer_fb_date)",
            "评价缺少 order_id、1 至 5 星的 buyer_evaluation 或评价时间 buyer_fb_date",
        )
    amount, currency = fields.money("orderamount", "payamount")
    return fields.item(
        IncomingEvaluation(
            platform_id=number,
            stars=stars,
            given_at=given,
            order_platform_id=parent or line,
            product_platform_id=fields.id("productid"),
            buyer=fields.text("buyerloginid", "buyername", "buyeraliid"),
            description=_score(fields.whole("dsrproductscore", "productdescriptionscore")),
            communication=_score(fields.whole("dsrcommunicatescore", "communicationscore")),
            delivery=_score(fields.whole("dsrlogisticsscore", "deliveryscore")),
            feedback=fields.text("buyerfeedback"),
            reply=fields.text("sellerreply", "buyerreply"),
            finished_at=fields.time(lambda value: moment(value, zone), "gmttradeend"),
            order_amount=amount,
            order_currency=currency,
            dispute_kind=fields.text("disputekind"),
        )
    )


def _score(value: int | None) -> int | None:
    return value if value is not None and 1 <= value <= 5 else None


FORMS: dict[str, Form] = {
    form.kind: form
    for form in (
        Form("disputes", _has(("issueid",), ("issuestatus",)), dispute),
        Form("evaluations", _has(("buyerevaluation", "buyerfeedback"), ("orderid", "parentorderid")), evaluation),
        Form("orders", _has(("orderstatus",), ("orderid", "productlist", "childorderlist")), order),
    )
}
"""Asked in this order: a dispute names its order as well."""
