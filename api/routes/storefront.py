"""The Store section: settings, assets, decoration, storefront preview, plans, collaboration tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from msgspec import Meta, field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Permit
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.resources import Change, Filter, Resource, document
from api.resources.changing import Changes
from api.services import plans as plan_jobs
from api.wire import IdText, Input, Line, Output
from store_model.products import Product, ProductGroup
from store_model.storefront import (
    ASSET_KINDS,
    DEVICES,
    PAGE_STATES,
    TASK_STATES,
    CollaborationTask,
    StoreAsset,
    StorePage,
    StoreSetting,
)

Url = Annotated[str, Meta(pattern=r"^https?://[^\s<>\"']{1,1990}$", description="http or https")]
Pixels = Annotated[int, Meta(ge=1, le=100_000)]
MOMENT = "2026-11-23T12:00:00Z"


class SettingIn(Input, kw_only=True):
    """A setting: any JSON under a name."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
    value: Any


class SettingOut(Output, kw_only=True):
    id: str
    name: str
    value: Any
    version: int
    updated_at: datetime


SETTINGS = Resource(
    path="store-settings",
    one="store_setting",
    title=("store settings", "店铺设置"),
    section="store",
    model=StoreSetting,
    answer=SettingOut,
    body=SettingIn,
    filters={"name": Filter(StoreSetting.name)},
    sorts={"name": StoreSetting.name},
    example={"id": "3", "name": "holiday_mode", "value": False, "version": 1, "updated_at": MOMENT},
)


class AssetIn(Input, kw_only=True):
    kind: Literal["logo", "banner", "picture", "video", "document"]
    name: Line
    url: Url
    width: Pixels | None = None
    height: Pixels | None = None
    size: Annotated[int, Meta(ge=0, le=2**40)] | None = None


class AssetOut(Output, kw_only=True):
    id: str
    kind: str
    name: str
    url: str
    width: int | None
    height: int | None
    size: int | None
    version: int
    updated_at: datetime


ASSETS = Resource(
    path="assets",
    one="asset",
    title=("store assets", "店铺素材"),
    section="store",
    model=StoreAsset,
    answer=AssetOut,
    body=AssetIn,
    filters={"kind": Filter(StoreAsset.kind, choices=ASSET_KINDS)},
    sorts={"name": StoreAsset.name, "updated_at": StoreAsset.updated_at},
    search=lambda statement, words: statement.where(StoreAsset.name.contains(words, autoescape=True)),
    example={
        "id": "5", "kind": "logo", "name": "Logo", "url": "https://img.example.com/logo.png", "width": 240,
        "height": 240, "size": 18_400, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class ModuleIn(Input, kw_only=True):
    """One part of a page: what it is, the assets and product groups it shows, and its own settings."""

    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    asset_ids: list[IdText] = field(default_factory=list)
    group_ids: list[IdText] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


class PageIn(Input, kw_only=True):
    device: Literal["app", "desktop"]
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,99}$")]
    title: Line
    modules: Annotated[list[ModuleIn], Meta(max_length=100)] = field(default_factory=list)


class PageOut(Output, kw_only=True):
    id: str
    device: str
    name: str
    title: str
    modules: list[dict[str, Any]]
    state: str
    published_at: datetime | None
    version: int
    updated_at: datetime


PAGE = {
    "id": "9", "device": "app", "name": "home", "title": "Home page", "state": "draft", "published_at": None,
    "modules": [{"kind": "banner", "asset_ids": ["5"], "group_ids": [], "settings": {}}], "version": 1,
    "updated_at": MOMENT,
}  # fmt: skip


def check_page(change: Change) -> None:
    """A published page is not changed under its visitors' eyes; what its parts show must be the store's own."""
    if change.action != "create" and change.row.state == "published":
        raise ProblemError("page_published")
    if change.action == "delete":
        return
    for number, module in enumerate(change.row.modules):
        for name, kind in (("asset_ids", StoreAsset), ("group_ids", ProductGroup)):
            ids = {int(given) for given in module[name]}
            known = set(change.session.scalars(select(kind.id).where(kind.id.in_(ids)))) if ids else set()
            if ids - known:
                pointer = f"/modules/{number}/{name}"
                raise wire.refuse(pointer, "unknown_reference", "names nothing in this store", "在此店铺中不存在")


PAGES = Resource(
    path="pages",
    one="page",
    title=("storefront decoration", "店铺装修"),
    section="store",
    model=StorePage,
    answer=PageOut,
    body=PageIn,
    filters={
        "device": Filter(StorePage.device, choices=DEVICES),
        "state": Filter(StorePage.state, choices=PAGE_STATES),
    },
    sorts={"name": StorePage.name},
    editable=frozenset({"title", "modules"}),
    defaults=lambda caller: {"state": "draft", "published_at": None},
    before_change=check_page,
    example=PAGE,
)


class TaskIn(Input, kw_only=True):
    title: Line
    details: Annotated[str, Meta(max_length=4000)] | None = None
    from_party: Literal["platform", "store"] = "store"
    state: Literal["open", "in_progress", "done", "declined", "cancelled"] = "open"
    due_at: datetime | None = None
    assignee_id: IdText | None = None


class TaskOut(Output, kw_only=True):
    id: str
    title: str
    details: str | None
    from_party: str
    state: str
    due_at: datetime | None
    assignee_id: str | None
    finished_at: datetime | None
    version: int
    updated_at: datetime


def finish_task(change: Change) -> None:
    """Note when a task ended; one that is opened again has not."""
    if change.action != "delete" and "state" in change.values:
        change.row.finished_at = None if change.row.state in ("open", "in_progress") else change.now


TASKS = Resource(
    path="tasks",
    one="task",
    title=("collaboration tasks", "协同任务"),
    section="store",
    model=CollaborationTask,
    answer=TaskOut,
    body=TaskIn,
    filters={
        "state": Filter(CollaborationTask.state, choices=TASK_STATES),
        "assignee_id": Filter(CollaborationTask.assignee_id),
        "due_before": Filter(CollaborationTask.due_at, op="lt"),
    },
    sorts={"updated_at": CollaborationTask.updated_at},
    before_change=finish_task,
    example={
        "id": "4", "title": "Confirm the stock for the campaign", "details": None, "from_party": "platform",
        "state": "open", "due_at": MOMENT, "assignee_id": None, "finished_at": None, "version": 1,
        "updated_at": MOMENT,
    },
)  # fmt: skip

PREFIX = "/v1/stores/{store_id}"
RESOURCES = (SETTINGS, ASSETS, PAGES, TASKS)
router = APIRouter(prefix=PREFIX, tags=["store"])
PUBLISHING = (*document.COMMON, "unknown_item", *document.ONCE)


@router.post(
    "/pages/{page_id}/publish",
    operation_id="publish_page",
    summary="Publish a page of the storefront",
    description="The page of this name that was published is retired. 发布店铺页面，原已发布的同名页面随之下线。",
    **openapi.store_operation(
        openapi.answer_schema(PageOut),
        example={**PAGE, "state": "published", "published_at": MOMENT},
        parameters=[*document.path_parameters(f"{PREFIX}/pages/{{page_id}}"), document.IDEMPOTENCY_KEY],
        problems=(*PUBLISHING, "conflict"),
    ),
)
async def publish_page(request: Request) -> Response:
    """Publish a page."""
    caller = await Permit("store:write")(request)

    def job(session: Session) -> Answer:
        page = Changes(session, PAGES, caller, {}).find(request.path_params["page_id"])
        if page.state != "published":
            before = session.scalars(
                select(StorePage).where(
                    StorePage.device == page.device, StorePage.name == page.name, StorePage.state == "published"
                )
            )
            for other in before:
                other.state = "retired"
            page.state, page.published_at = "published", caller.now()
            session.flush()
        return Answer(200, wire.show(page, PageOut))

    return await once(request, caller, b"", job)


PREVIEW = {
    "device": query.Parameter("app when left out", choices=DEVICES, default="app", example="app"),
    "draft": query.Parameter("Show drafts where there are some", kind=bool, default=False, example=False),
}


class GroupShown(Output, kw_only=True):
    """A product group as the storefront shows it."""

    id: str
    name: str
    parent_id: str | None
    position: int


class ProductShown(Output, kw_only=True):
    id: str
    title: str
    price_min: str | None
    price_max: str | None
    currency: str | None


class Preview(Output, kw_only=True):
    """What a visitor of the storefront would see: published pages, or with `draft` the latest of each."""

    device: str
    pages: list[PageOut]
    assets: list[AssetOut]
    groups: list[GroupShown]
    newest_products: list[ProductShown]


@router.get(
    "/storefront",
    operation_id="preview_storefront",
    summary="Preview of the storefront",
    description="Pages with the assets and groups they show, and the newest products on sale. 店铺前台预览数据。",
    **openapi.store_operation(
        openapi.answer_schema(Preview),
        example={
            "device": "app",
            "pages": [PAGE],
            "assets": [ASSETS.example],
            "groups": [{"id": "7", "name": "Bottles", "parent_id": None, "position": 0}],
            "newest_products": [
                {"id": "12", "title": "Steel bottle", "price_min": "12.90", "price_max": "12.90", "currency": "USD"}
            ],
        },
        parameters=[
            document.STORE_ID,
            *query.documented(PREVIEW),
        ],
        problems=(*document.COMMON, "invalid_parameter"),
    ),
)
async def preview_storefront(request: Request) -> Response:
    """What a visitor would see."""
    caller = await Permit("store:read")(request)
    given = query.read(request, PREVIEW)
    device, draft = given["device"], given["draft"]

    def job(session: Session) -> Answer:
        states = ("published", "draft") if draft else ("published",)
        rows = session.scalars(
            select(StorePage).where(StorePage.device == device, StorePage.state.in_(states)).order_by(StorePage.id)
        ).all()
        latest = {page.name: page for page in sorted(rows, key=lambda page: (page.state == "draft", page.id))}
        pages = [latest[name] for name in sorted(latest)]
        asset_ids = {int(n) for page in pages for module in page.modules for n in module["asset_ids"]}
        assets = session.scalars(select(StoreAsset).where(StoreAsset.id.in_(asset_ids)).order_by(StoreAsset.id)).all()
        groups = session.scalars(select(ProductGroup).order_by(ProductGroup.position, ProductGroup.id)).all()
        newest = session.scalars(
            select(Product)
            .where(Product.store_id == caller.store_id, Product.status == "onSelling")
            .order_by(Product.id.desc())
            .limit(10)
        ).all()
        shown = Preview(
            device=device,
            pages=[wire.show(page, PageOut) for page in pages],
            assets=[wire.show(asset, AssetOut) for asset in assets],
            groups=[wire.show(group, GroupShown) for group in groups],
            newest_products=[wire.show(product, ProductShown) for product in newest],
        )
        return Answer(200, shown)

    return (await caller.run(job, read_only=True)).response()


# Plans -----------------------------------------------------------------------------------------------------------


class ConditionOut(Output, kw_only=True):
    """A condition: whether the store meets it (null: not known), and the fact it was judged by."""

    fact: str
    title: dict[str, str]
    is_met: bool | None
    value: Any


class PlanOut(Output, kw_only=True):
    """A plan, whether the store may join (null: not known), and whether it has."""

    id: str
    title: dict[str, str]
    about: dict[str, str]
    origin: str
    note: dict[str, str] | None
    conditions: list[ConditionOut]
    eligible: bool | None
    state: str
    joined_at: datetime | None


class PlansOut(Output, kw_only=True):
    items: list[PlanOut]


PLAN = {
    "id": "worry_free_shipping",
    "title": {"en": "Worry-free shipping", "zh": "无忧物流"},
    "about": {"en": "The platform's own lines", "zh": "平台官方物流线路"},
    "origin": "house",
    "note": {"en": "No platform text was found.", "zh": "未找到平台原文。"},
    "conditions": [
        {"fact": "verified_account", "title": {"en": "verified", "zh": "已认证"}, "is_met": True, "value": 1}
    ],
    "eligible": True,
    "state": "none",
    "joined_at": None,
}
PLAN_ID = {
    **document.STORE_ID,
    "name": "plan_id",
    "description": "A plan, as the list names it",
    "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,59}$"},
    "example": "worry_free_shipping",
}


@router.get(
    "/plans",
    operation_id="list_plans",
    summary="Plans of the platform, and which the store may join",
    description="Each condition with the fact it was judged by. 平台计划及参加资格。",
    **openapi.store_operation(
        openapi.answer_schema(PlansOut),
        example={"items": [PLAN]},
        parameters=[document.STORE_ID],
        problems=document.COMMON,
    ),
)
async def list_plans(request: Request) -> Response:
    """Every plan with the store's standing."""
    caller = await Permit("store:read")(request)
    plans = request.app.state.plans

    def job(session: Session) -> Answer:
        standings = plan_jobs.standings(session, caller, plans)
        return Answer(200, PlansOut(items=[_plan(standing) for standing in standings]))

    return (await caller.run(job, read_only=True)).response()


@router.put(
    "/plans/{plan_id}",
    operation_id="join_plan",
    summary="Join a plan",
    description="Refused with the conditions that are not met. 加入计划。",
    **openapi.store_operation(
        openapi.answer_schema(PlanOut),
        example={**PLAN, "state": "joined", "joined_at": MOMENT},
        parameters=[document.STORE_ID, PLAN_ID],
        problems=(*document.COMMON, "unknown_item", "not_eligible", "changed_meanwhile", "conflict"),
    ),
)
async def join_plan(request: Request) -> Response:
    """Join; joining again changes nothing."""
    caller = await Permit("store:write")(request)
    plan = _named(request)

    def job(session: Session) -> Answer:
        return Answer(200, _plan(plan_jobs.join(session, caller, plan)))

    return (await caller.run(job)).response()


@router.delete(
    "/plans/{plan_id}",
    operation_id="leave_plan",
    summary="Leave a plan",
    description="Leaving one that was not joined changes nothing. 退出计划。",
    **openapi.store_operation(
        openapi.answer_schema(PlanOut),
        example={**PLAN, "state": "left"},
        parameters=[document.STORE_ID, PLAN_ID],
        problems=(*document.COMMON, "unknown_item", "changed_meanwhile", "conflict"),
    ),
)
async def leave_plan(request: Request) -> Response:
    """Leave."""
    caller = await Permit("store:write")(request)
    plan = _named(request)

    def job(session: Session) -> Answer:
        return Answer(200, _plan(plan_jobs.leave(session, caller, plan)))

    return (await caller.run(job)).response()


def _named(request: Request) -> Any:
    plan = request.app.state.plans.get(request.path_params["plan_id"])
    if plan is None:
        raise ProblemError("unknown_item")
    return plan


def _plan(standing: plan_jobs.Standing) -> PlanOut:
    plan = standing.plan
    return PlanOut(
        id=plan.id,
        title=plan.title,
        about=plan.about,
        origin=plan.origin,
        note=plan.note,
        conditions=[
            ConditionOut(fact=c.fact, title=c.title, is_met=c.is_met(standing.facts), value=standing.facts.get(c.fact))
            for c in plan.conditions
        ],
        eligible=standing.eligible,
        state=standing.state,
        joined_at=standing.joined_at,
    )
