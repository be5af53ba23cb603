"""The home page of a store: one call, with the source of every number."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query
from api.callers import Permit
from api.idempotency import Answer
from api.resources import document
from api.routes.messages import QUICK_LINKS, QuickLinkOut, quick_links
from api.routes.performance_shapes import ScoreSuggestionOut
from api.routes.product_shapes import ProductCountsOut
from api.services import home as jobs
from api.wire import Output
from store_model import messages

MOMENT = "2026-11-23T12:00:00Z"


class HomeStoreOut(Output, kw_only=True):
    id: str
    name: str
    platform: str
    platform_id: str | None
    level: str | None
    type: str | None


class ModuleOut(Output, kw_only=True):
    """A module of the capability matrix; `score` null: not assessed."""

    id: str
    title: dict[str, str]
    score: Decimal | None


class CapabilityOut(Output, kw_only=True):
    """`state` is assessed or not_assessed; then `reason` says why. `score` and `level` are of the service score;
    `suggestions` what would raise it, best first."""

    state: str
    reason: dict[str, str] | None
    overall: Decimal | None
    modules: list[ModuleOut]
    score: Decimal | None
    level: str | None
    projected_level: str | None
    suggestions: list[ScoreSuggestionOut]
    source: str


class PrivilegeOut(Output, kw_only=True):
    id: str
    title: dict[str, str]
    value: int
    source: str


class SuggestionOut(Output, kw_only=True):
    """Open findings of one rule; `example` is the words of one of them."""

    rule: str
    code: str
    severity: str
    findings: int
    products: int
    blocking: int
    example: dict[str, str]
    source: str


class AnnouncementOut(Output, kw_only=True):
    id: str
    at: datetime
    title: dict[str, str]
    link: str | None


class HomeProductsOut(Output, kw_only=True):
    counts: ProductCountsOut
    source: str


class DueOut(Output, kw_only=True):
    overdue: int
    due_today: int
    later: int


class HomeOrdersOut(Output, kw_only=True):
    """`deadlines`: ship, scan, answer_cancellation, answer_dispute."""

    by_state: dict[str, int]
    deadlines: dict[str, DueOut]
    today_ends_at: datetime
    source: str


class MainDataOut(Output, kw_only=True):
    """The last seven whole days beside the seven before; `change` over the earlier."""

    metric: str
    title: dict[str, str]
    unit: str
    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None
    source: str


class TasksOut(Output, kw_only=True):
    open: int
    overdue: int
    source: str


class HomeOut(Output, kw_only=True):
    """Everything on the home page."""

    store: HomeStoreOut
    capability: CapabilityOut
    privileges: list[PrivilegeOut]
    suggestions: list[SuggestionOut]
    announcements: list[AnnouncementOut]
    quick_links: list[QuickLinkOut]
    products: HomeProductsOut
    orders: HomeOrdersOut
    main_data: list[MainDataOut]
    tasks: TasksOut
    unread_messages: int
    unread_notifications: int
    as_of: datetime


EXAMPLE = {
    "store": {"id": "1", "name": "North", "platform": "aliexpress", "platform_id": "1100", "level": "good",
              "type": None},
    "capability": {
        "state": "not_assessed",
        "reason": jobs.NOT_ASSESSED,
        "overall": None,
        "modules": [{"id": "service", "title": jobs.MODULES["service"], "score": None}],
        "score": None,
        "level": None,
        "projected_level": None,
        "suggestions": [],
        "source": "/v1/stores/1",
    },
    "privileges": [
        {"id": "showcase_slots", "title": {"en": "Showcase slots", "zh": "橱窗推荐位"}, "value": 5,
         "source": "/v1/stores/1/showcase"}
    ],
    "suggestions": [],
    "announcements": [],
    "quick_links": [dict(QUICK_LINKS.example)],
    "products": {
        "counts": {"on_selling": 40, "offline": 2, "offline_reasons": {"user_offline": 2}, "auditing": 1,
                   "editing_required": 0, "draft": 3, "all": 46},
        "source": "/v1/stores/1/products",
    },
    "orders": {
        "by_state": {"WAIT_SELLER_SEND_GOODS": 4},
        "deadlines": {"ship": {"overdue": 0, "due_today": 1, "later": 3}},
        "today_ends_at": "2026-11-24T08:00:00Z",
        "source": "/v1/stores/1/orders",
    },
    "main_data": [],
    "tasks": {"open": 1, "overdue": 0, "source": "/v1/stores/1/tasks?state=open&state=in_progress"},
    "unread_messages": 1,
    "unread_notifications": 0,
    "as_of": MOMENT,
}  # fmt: skip

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["home"])


@router.get(
    "/home",
    operation_id="get_home",
    summary="The whole home page",
    description="Store, capability, privileges, suggestions, announcements, links, data and orders. 店铺首页全部数据。",
    **openapi.store_operation(
        openapi.answer_schema(HomeOut),
        example=EXAMPLE,
        parameters=[document.STORE_ID],
        problems=(*document.COMMON, "invalid_parameter", "pack_without_backoffice"),
    ),
)
async def get_home(request: Request) -> Response:
    """The home page."""
    caller = await Permit("home:read")(request)
    query.read(request, {})
    metrics = request.app.state.metrics_of_stores

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        page = jobs.page(session, caller, metrics)
        page["quick_links"] = quick_links(session, caller)
        page["unread_messages"] = messages.unread_messages(session, caller.store_id)
        page["unread_notifications"] = messages.unread_notifications(session, caller.store_id, caller.actor)
        return Answer(200, msgspec.convert(page, HomeOut))

    return (await caller.run(job, read_only=True)).response()
