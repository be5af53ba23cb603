"""Findings of a store with their life, history and facets; waivers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from msgspec import Meta
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Caller, Permit, read_id
from api.etags import demand_match, etag
from api.idempotency import Answer
from api.problems import ProblemError
from api.resources import Change, Filter, Resource, document
from api.resources.listing import Query, filtered, read_query
from api.wire import IdText, Input, Output, refuse
from store_model import waivers
from store_model.findings import FINDING_STATES, LIVES, TURNS, Finding, FindingChange, Waiver
from store_model.orders import OrderLine
from store_model.products import Product, ProductGroup, ProductGroupMember

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["findings"])
Reader = Annotated[Caller, Depends(Permit("products:read"))]
Writer = Annotated[Caller, Depends(Permit("products:write"))]
SEVERITIES = ("error", "warning", "info")


class StoredFindingOut(Output):
    """One finding of the store. `state`: open or fixed; `life`: what the last check made of it."""

    id: str
    fingerprint: str
    rule: str
    revision: int
    code: str
    severity: str
    mode: str
    state: str
    life: str
    subject: str
    listing_id: str | None
    product_id: str | None
    message: dict[str, str]
    detail: dict[str, Any]
    places: int
    points: Decimal
    waiver_id: str | None
    first_seen: datetime
    last_seen: datetime
    opened_at: datetime
    fixed_at: datetime | None


def _of_products(*conditions: Any) -> Any:
    return Finding.product_id.in_(select(Product.id).where(*conditions))


def _in_category(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(_of_products(Product.category_id.in_(sorted(waivers.below(value)))))


def _in_group(statement: Select[Any], value: int) -> Select[Any]:
    inside = select(ProductGroup.id).where((ProductGroup.id == value) | (ProductGroup.parent_id == value))
    members = select(ProductGroupMember.product_id).where(ProductGroupMember.group_id.in_(inside))
    return statement.where(Finding.product_id.in_(members))


def _waived(statement: Select[Any], value: bool) -> Select[Any]:
    return statement.where(Finding.waiver_id.is_not(None) if value else Finding.waiver_id.is_(None))


def _sold(statement: Select[Any], value: int) -> Select[Any]:
    sold = (
        select(OrderLine.product_platform_id)
        .where(OrderLine.product_platform_id.is_not(None))
        .group_by(OrderLine.product_platform_id)
        .having(func.sum(OrderLine.quantity) >= value)
    )
    return statement.where(_of_products(Product.platform_id.in_(sold)))


FINDING_EXAMPLE = {
    "id": "101",
    "fingerprint": "f1:0123456789abcdef01234567",
    "rule": "LST104",
    "revision": 1,
    "code": "TITLE_STACKING",
    "severity": "warning",
    "mode": "warn",
    "state": "open",
    "life": "reopened",
    "subject": "listing",
    "listing_id": "1005006012345678",
    "product_id": "7",
    "message": {
        "en": 'The title uses "mp3" 3 times; use it at most 2 times.',
        "zh": "标题中“mp3”出现 3 次，最多使用 2 次。",
    },
    "detail": {"locations": [{"pointer": "/title", "start": 0, "end": 3, "text": "mp3"}]},
    "places": 1,
    "points": "2.00",
    "waiver_id": None,
    "first_seen": "2026-08-01T12:00:00Z",
    "last_seen": "2026-08-22T12:00:00Z",
    "opened_at": "2026-08-20T12:00:00Z",
    "fixed_at": None,
}
FINDINGS = Resource(
    path="findings",
    one="finding",
    title=("finding", "诊断结果"),
    section="products",
    model=Finding,
    answer=StoredFindingOut,
    operations=("list", "get"),
    filters={
        "state": Filter(Finding.state, choices=FINDING_STATES),
        "life": Filter(Finding.life, choices=LIVES),
        "rule": Filter(Finding.rule),
        "code": Filter(Finding.code),
        "severity": Filter(Finding.severity, choices=SEVERITIES),
        "mode": Filter(Finding.mode, choices=("shadow", "warn", "block")),
        "listing_id": Filter(Finding.listing_id),
        "product_id": Filter(Finding.product_id),
        "fingerprint": Filter(Finding.fingerprint),
        "category_id": Filter(apply=_in_category, note="Of products in this category or one below it"),
        "group_id": Filter(apply=_in_group, kind=int, note="Of products in this group or one below it"),
        "waived": Filter(apply=_waived, kind=bool, note="true: those that a waiver covers; false: the others"),
        "waiver_id": Filter(Finding.waiver_id),
        "points_from": Filter(Finding.points, op="ge", note="At least so many points at risk"),
        "opened_before": Filter(Finding.opened_at, op="lt", note="Open since before this time: how old they are"),
        "opened_after": Filter(Finding.opened_at, op="ge", note="Opened at this time or later"),
        "seen_before": Filter(Finding.last_seen, op="lt", note="Not seen by a check since this time"),
        "sold_from": Filter(apply=_sold, kind=int, note="Of products of which at least so many pieces were ordered"),
    },
    sorts={"last_seen": Finding.last_seen, "opened_at": Finding.opened_at, "points": Finding.points},
    default_sort="-id",
    example=FINDING_EXAMPLE,
)


class FindingChangeOut(Output):
    """One turn in the life of a finding, and what brought it: a check, a diagnosis, a waiver."""

    id: str
    at: datetime
    turn: str
    severity: str
    mode: str
    places: int
    cause: str


CHANGES = Resource(
    path="findings/{finding_id}/changes",
    one="finding_change",
    title=("turn in the life of a finding", "诊断结果的变化记录"),
    section="products",
    model=FindingChange,
    answer=FindingChangeOut,
    operations=("list",),
    filters={"turn": Filter(FindingChange.turn, choices=TURNS)},
    parents={"finding_id": FindingChange.finding_id},
    example={
        "id": "9001", "at": "2026-08-22T12:00:00Z", "turn": "reopened", "severity": "warning", "mode": "warn",
        "places": 1, "cause": "diagnosis:12",
    },
)  # fmt: skip


class FacetsOut(Output):
    """How many findings there are of each kind, most first; `points`: what all of them put at risk."""

    count: int
    points: Decimal
    severity: dict[str, int]
    mode: dict[str, int]
    state: dict[str, int]
    life: dict[str, int]
    rule: dict[str, int]
    code: dict[str, int]
    category_id: dict[str, int]
    group_id: dict[str, int]


FACETS = ("severity", "mode", "state", "life", "rule", "code")
MOST_FACETS = 200
FACETS_EXAMPLE = {
    "count": 3, "points": "6.00", "severity": {"warning": 3}, "mode": {"warn": 3}, "state": {"open": 3},
    "life": {"unchanged": 2, "new": 1}, "rule": {"LST104": 3}, "code": {"TITLE_STACKING": 3},
    "category_id": {"drinkware_bottles": 3}, "group_id": {"3": 2},
}  # fmt: skip


@router.get(
    "/findings/facets",
    operation_id="count_findings",
    summary="Count findings by severity, rule, code, category, group, state",
    description="The filters are those of the list. 按级别、规则、代码、类目、分组、状态统计诊断结果。",
    **openapi.store_operation(
        openapi.answer_schema(FacetsOut),
        example=FACETS_EXAMPLE,
        parameters=[
            document.STORE_ID,
            *[p for p in document.query_parameters(FINDINGS) if p["name"] in FINDINGS.filters],
        ],
        problems=(*document.COMMON, "invalid_parameter"),
    ),
)
async def count_findings(request: Request, caller: Reader) -> Response:
    """Findings without a category or group are in no facet of it."""
    query = read_query(FINDINGS, request.scope["query_string"])

    assert caller.store_id is not None
    store_id = caller.store_id
    found = await caller.run(lambda session: facets(session, store_id, query), read_only=True)
    return Answer(200, found).response()


def facets(session: Session, store_id: int, query: Query) -> FacetsOut:
    """The findings of a store that a query leaves, counted."""
    wanted = filtered(FINDINGS, query, [Finding.store_id == store_id]).with_only_columns(Finding.id)

    def counted(column: Any, statement: Any) -> dict[str, int]:
        rows = session.execute(statement.group_by(column).order_by(func.count().desc(), column).limit(MOST_FACETS))
        return {str(value): number for value, number in rows if value is not None}

    def of(column: Any) -> Any:
        return select(column, func.count()).where(Finding.id.in_(wanted))

    by_group = (
        select(ProductGroupMember.group_id, func.count())
        .join(Finding, Finding.product_id == ProductGroupMember.product_id)
        .where(Finding.id.in_(wanted))
    )
    by_category = (
        select(Product.category_id, func.count())
        .join(Finding, Finding.product_id == Product.id)
        .where(Finding.id.in_(wanted))
    )
    count, points = session.execute(
        select(func.count(Finding.id), func.sum(Finding.points)).where(Finding.id.in_(wanted))
    ).one()
    return FacetsOut(
        count=count,
        points=Decimal(points or 0).quantize(Decimal("0.01")),
        **{name: counted(getattr(Finding, name), of(getattr(Finding, name))) for name in FACETS},
        category_id=counted(Product.category_id, by_category),
        group_id=counted(ProductGroupMember.group_id, by_group),
    )


# Waivers ---------------------------------------------------------------------------------------------------------

Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
Reason = Annotated[str, Meta(min_length=3, max_length=2000, pattern=r"\S", description="Why it is accepted")]


class WaiverIn(Input, kw_only=True):
    """Accept findings until a time. Give a rule, a code or one finding's fingerprint; every scope given must agree."""

    reason: Reason
    ends_at: datetime
    rule: Annotated[str, Meta(max_length=16, pattern=r"\S")] | None = None
    code: Word | None = None
    fingerprint: Annotated[str, Meta(max_length=40, pattern=r"\S")] | None = None
    listing_id: Word | None = None
    category_id: Word | None = None
    group_id: IdText | None = None
    approver: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")] | None = None


class WaiverOut(Output):
    """`covers`: findings that it accepts now; `used_at` null: it never covered any."""

    id: str
    rule: str | None
    code: str | None
    fingerprint: str | None
    listing_id: str | None
    category_id: str | None
    group_id: str | None
    reason: str
    approver: str
    ends_at: datetime
    state: str
    used_at: datetime | None
    covers: int
    version: int
    created_at: datetime
    updated_at: datetime


def show_waiver(session: Session, row: Waiver) -> WaiverOut:
    """A waiver with the number of findings it covers."""
    covers = session.scalar(select(func.count(Finding.id)).where(Finding.waiver_id == row.id)) or 0
    return wire.show(row, WaiverOut, covers=covers)


def _check_waiver(change: Change) -> None:
    row: Waiver = change.row
    if change.action == "create":
        if row.rule is None and row.code is None and row.fingerprint is None:
            raise refuse("", "no_fault_named", "name a rule, a code or a fingerprint", "请指定规则、代码或诊断结果指纹")
        rules = change.caller.state.pack.all_rules
        if row.rule is not None and row.rule not in rules:
            raise refuse(
                "/rule", "unknown_rule", "must be a rule of the pack, such as LST104", "应为规则包中的规则编号"
            )
        row.approver = row.approver or change.caller.actor
        row.state = waivers.ACTIVE
    elif change.action == "update" and row.state != waivers.ACTIVE:
        raise refuse("", "ended", "the waiver has ended; make a new one", "豁免已结束，请新建")
    if change.action != "delete" and row.ends_at <= change.now:
        raise refuse("/ends_at", "past", "must be in the future", "应为将来的时间")


def _begin_waiver(change: Change) -> None:
    if change.action != "delete":
        waivers.begin(change.session, change.row, now=change.now)


def _unused(statement: Select[Any], value: bool) -> Select[Any]:
    return statement.where(Waiver.used_at.is_(None) if value else Waiver.used_at.is_not(None))


WAIVER_EXAMPLE = {
    "id": "5", "rule": "LST104", "code": None, "fingerprint": None, "listing_id": None,
    "category_id": "drinkware_bottles", "group_id": None, "reason": "names of the series repeat a word",
    "approver": "user:3", "ends_at": "2026-12-31T00:00:00Z", "state": "active", "used_at": "2026-08-22T12:00:00Z",
    "covers": 12, "version": 1, "created_at": "2026-08-22T12:00:00Z", "updated_at": "2026-08-22T12:00:00Z",
}  # fmt: skip
WAIVERS = Resource(
    path="waivers",
    one="waiver",
    title=("waiver", "豁免"),
    section="products",
    model=Waiver,
    answer=WaiverOut,
    body=WaiverIn,
    operations=("list", "get", "create", "update"),
    editable=frozenset({"reason", "ends_at"}),
    filters={
        "state": Filter(Waiver.state, choices=waivers.WAIVER_STATES),
        "rule": Filter(Waiver.rule),
        "code": Filter(Waiver.code),
        "listing_id": Filter(Waiver.listing_id),
        "unused": Filter(apply=_unused, kind=bool, note="true: those that never covered a finding"),
        "ends_before": Filter(Waiver.ends_at, op="lt", note="Those that end before this time"),
    },
    sorts={"ends_at": Waiver.ends_at},
    example=WAIVER_EXAMPLE,
    show=show_waiver,
    before_change=_check_waiver,
    after_change=_begin_waiver,
)


@router.post(
    "/waivers/{waiver_id}/revoke",
    operation_id="revoke_waiver",
    summary="End a waiver now",
    description="What it covered counts again, unless another waiver covers it. 立即撤销豁免，相关结果恢复计入。",
    **openapi.store_operation(
        openapi.answer_schema(WaiverOut),
        example={**WAIVER_EXAMPLE, "state": "revoked", "covers": 0},
        parameters=[*document.path_parameters("/v1/stores/{store_id}/waivers/{waiver_id}"), document.IF_MATCH],
        problems=(*document.COMMON, "unknown_item", *document.MATCH),
    ),
)
async def revoke_waiver(request: Request, caller: Writer) -> Response:
    """A waiver that has ended stays as it is."""

    def job(session: Session) -> Answer:
        number = read_id(request.path_params["waiver_id"])
        row = session.get(Waiver, number) if number is not None else None
        if row is None:
            raise ProblemError("unknown_item")
        demand_match(request.headers.get("if-match"), row)
        waivers.revoke(session, row, now=caller.now())
        return Answer(200, show_waiver(session, row), {"etag": etag(row)})

    return (await caller.run(job)).response()
