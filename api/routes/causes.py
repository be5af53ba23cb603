"""Same cause, one fix: groups of findings, a preview of the fix of one, applying it, and taking it back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.idempotency import Answer, once
from api.resources import Filter, Resource, document
from api.routes.prechecks import json_body
from api.routes.products import desk
from api.services import causes, fixing
from store_model.bulk_fixes import BULK_FIX_STATES, BulkFix, BulkFixItem

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["findings"])
Reader = Annotated[Caller, Depends(Permit("products:read"))]
Writer = Annotated[Caller, Depends(Permit("products:write"))]
CAUSE = {
    "name": "cause", "in": "path", "required": True, "description": "The key of a cause, as the list gives it",
    "schema": {"type": "string", "maxLength": 40}, "example": "9f2c1b7e4d5a0c11",
}  # fmt: skip
WHYS = {
    "gone": {"en": "the finding is gone", "zh": "该问题已不存在"},
    "no_fix": {"en": "there is no fix for it", "zh": "没有可用的修复"},
    "only_suggested": {"en": "only a suggested fix; ask for it with suggested", "zh": "仅有建议性修复，请加 suggested"},
    "not_verified": {"en": "the fix would bring a new finding", "zh": "修复会引入新的问题"},
}


class CauseOut(wire.Output):
    """Findings with one cause. `kind`: phrase (the same words), template, group, or rule alone."""

    cause: str
    rule: str
    code: str
    severity: str
    kind: str
    value: str
    field: str
    findings: int
    products: int
    points: Decimal


class CausesOut(wire.Output):
    """What puts most at risk first, then what hits most listings."""

    items: list[CauseOut]


class FixedListingOut(wire.Output):
    """What the fix does to one product; `why` it does nothing, in both languages."""

    product_id: str
    listing_id: str | None
    patch: list[dict[str, Any]]
    why: dict[str, str] | None


class FixPreviewOut(wire.Output):
    """The fix of a cause, product by product; nothing is changed."""

    cause: CauseOut
    changed: int
    skipped: int
    items: list[FixedListingOut]


class FixIn(wire.Input, kw_only=True):
    """Apply the safe fixes; with `suggested` those that a person should have looked at as well."""

    suggested: bool = False


class BulkFixOut(wire.Output):
    """A fix of many listings that was applied."""

    id: str
    rule: str
    cause: str
    state: str
    changed: int
    skipped: int
    applied_at: datetime
    applied_by: str
    undone_at: datetime | None


CAUSE_EXAMPLE = {
    "cause": "9f2c1b7e4d5a0c11", "rule": "LST114", "code": "TITLE_NOISE", "severity": "info", "kind": "phrase",
    "value": "hot sale", "field": "title", "findings": 412, "products": 412, "points": "0.00",
}  # fmt: skip
CHANGE_EXAMPLE = {
    "product_id": "7", "listing_id": "1005006012345678",
    "patch": [{"op": "test", "path": "/title", "value": "Hot Sale mug"},
              {"op": "replace", "path": "/title", "value": "mug"}],
    "why": None,
}  # fmt: skip
FIX_EXAMPLE = {
    "id": "3", "rule": "LST114", "cause": "9f2c1b7e4d5a0c11", "state": "applied", "changed": 410, "skipped": 2,
    "applied_at": "2026-08-22T12:00:00Z", "applied_by": "user:3", "undone_at": None,
}  # fmt: skip
BULK_FIXES = Resource(
    path="bulk-fixes",
    one="bulk_fix",
    title=("fix of many listings", "批量修复"),
    section="products",
    model=BulkFix,
    answer=BulkFixOut,
    operations=("list", "get"),
    filters={"state": Filter(BulkFix.state, choices=BULK_FIX_STATES), "rule": Filter(BulkFix.rule)},
    default_sort="-id",
    example=FIX_EXAMPLE,
)


class BulkFixItemOut(wire.Output):
    """What was done to one product."""

    id: str
    product_id: str
    patch: list[dict[str, Any]]
    state: str


ITEMS = Resource(
    path="bulk-fixes/{bulk_fix_id}/items",
    one="bulk_fix_item",
    title=("product of a bulk fix", "批量修复的商品"),
    section="products",
    model=BulkFixItem,
    answer=BulkFixItemOut,
    operations=("list",),
    parents={"bulk_fix_id": BulkFixItem.fix_id},
    filters={"state": Filter(BulkFixItem.state, choices=BULK_FIX_STATES)},
    example={"id": "31", "product_id": "7", "patch": CHANGE_EXAMPLE["patch"], "state": "applied"},
)


@router.get(
    "/causes",
    operation_id="list_causes",
    summary="Open findings grouped by what brought them",
    description="By shared words, template, product group, else by rule. 按成因归类的诊断结果。",
    **openapi.store_operation(
        openapi.answer_schema(CausesOut),
        example={"items": [CAUSE_EXAMPLE]},
        parameters=[document.STORE_ID],
        problems=document.COMMON,
    ),
)
async def list_causes(request: Request, caller: Reader) -> Response:
    """Waived findings are left out."""

    def job(session: Session) -> CausesOut:
        assert caller.store_id is not None
        return CausesOut(items=[show_cause(one) for one in causes.causes(session, caller.store_id)])

    return Answer(200, await caller.run(job, read_only=True)).response()


SUGGESTED = {"suggested": query.Parameter("true: the suggested fixes too", bool, default=False, example=False)}


@router.get(
    "/causes/{cause}/preview",
    operation_id="preview_fix",
    summary="What the fix of a cause would change",
    description="Each fix was applied in memory and the whole pack ran again. 预览批量修复，不作更改。",
    **openapi.store_operation(
        openapi.answer_schema(FixPreviewOut),
        example={"cause": CAUSE_EXAMPLE, "changed": 1, "skipped": 0, "items": [CHANGE_EXAMPLE]},
        parameters=[document.STORE_ID, CAUSE, *query.documented(SUGGESTED)],
        problems=(*document.COMMON, "unknown_item", "invalid_parameter"),
    ),
)
async def preview_fix(request: Request, caller: Reader) -> Response:
    """Nothing is written."""
    suggested = query.read(request, SUGGESTED)["suggested"]

    def job(session: Session) -> FixPreviewOut:
        assert caller.store_id is not None
        key, day = request.path_params["cause"], caller.now().date()
        return show_preview(*fixing.plan(session, caller.state.pack, caller.store_id, key, day, suggested=suggested))

    return Answer(200, await caller.run(job, read_only=True)).response()


@router.post(
    "/causes/{cause}/fix",
    operation_id="apply_fix",
    summary="Fix all listings of a cause",
    description="The verified fixes, in one transaction; it can be undone. 批量修复同一成因的商品，可撤销。",
    **openapi.store_operation(
        openapi.answer_schema(BulkFixOut),
        status=201,
        example=FIX_EXAMPLE,
        parameters=[document.STORE_ID, CAUSE, document.IDEMPOTENCY_KEY],
        problems=(*document.COMMON, "unknown_item", *document.BODY, *document.ONCE),
        body=openapi.answer_schema(FixIn),
        body_example={"suggested": False},
    ),
)
async def apply_fix(request: Request, caller: Writer) -> Response:
    """Each changed product is checked again, so its findings are fixed at once."""
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, FixIn)

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        key, now = request.path_params["cause"], caller.now()
        planned = fixing.plan(session, caller.state.pack, caller.store_id, key, now.date(), suggested=wanted.suggested)
        fix = fixing.fix(session, desk(request), caller.store_id, planned, actor=caller.actor, now=now)
        path = request.url.path.partition("/causes/")[0]
        return Answer(201, wire.show(fix, BulkFixOut), {"location": f"{path}/bulk-fixes/{fix.id}"})

    return await once(request, caller, body, job)


@router.post(
    "/bulk-fixes/{bulk_fix_id}/undo",
    operation_id="undo_fix",
    summary="Take a fix of many listings back",
    description="A product that was edited since stays as it is. 撤销批量修复；之后被编辑过的商品保持不变。",
    **openapi.store_operation(
        openapi.answer_schema(BulkFixOut),
        example={**FIX_EXAMPLE, "state": "undone", "undone_at": "2026-08-22T13:00:00Z"},
        parameters=document.path_parameters("/v1/stores/{store_id}/bulk-fixes/{bulk_fix_id}"),
        problems=(*document.COMMON, "unknown_item"),
    ),
)
async def undo_fix(request: Request, caller: Writer) -> Response:
    """Undone twice, it changes nothing."""

    def job(session: Session) -> Answer:
        number = read_id(request.path_params["bulk_fix_id"])
        fix = fixing.take_back(session, desk(request), number, now=caller.now())
        return Answer(200, wire.show(fix, BulkFixOut))

    return (await caller.run(job)).response()


def show_preview(cause: causes.Cause, found: list[causes.Change]) -> FixPreviewOut:
    """What a fix would do, product by product."""
    made = sum(bool(change.patch) for change in found)
    items = [
        FixedListingOut(
            product_id=str(one.product_id), listing_id=one.listing_id, patch=list(one.patch), why=WHYS.get(one.why)
        )
        for one in found
    ]  # fmt: skip
    return FixPreviewOut(cause=show_cause(cause), changed=made, skipped=len(found) - made, items=items)


def show_cause(cause: causes.Cause) -> CauseOut:
    """A cause as it is answered."""
    return CauseOut(
        cause=cause.key, rule=cause.rule, code=cause.code, severity=cause.severity, kind=cause.kind, value=cause.value,
        field=cause.field, findings=len(cause.findings), products=len(cause.products),
        points=cause.points.quantize(Decimal("0.01")),
    )  # fmt: skip
