"""The Marketing section: store activities, platform campaigns, affiliate, pay per click, existing customers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from msgspec import Meta, field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Permit
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.resources import Change, Filter, Resource, document
from api.resources.changing import Changes
from api.services import activities
from api.wire import Currency, IdText, Input, Line, Money, Output
from store_model.marketing import (
    ACTIVITY_KINDS,
    AD_STATES,
    AUDIENCES,
    CAMPAIGN_STATES,
    DECIDED,
    REACH_STATES,
    Activity,
    ActivityProduct,
    AdCampaign,
    AffiliateOffer,
    Campaign,
    CampaignRegistration,
    CustomerReach,
)
from store_model.product_queries import GONE
from store_model.products import Product

PREFIX = "/v1/stores/{store_id}"
MOMENT, LATER = "2026-11-23T12:00:00Z", "2026-12-01T00:00:00Z"
Percent = Annotated[int, Meta(ge=0, le=100)]


class ActivityIn(Input, kw_only=True):
    """`terms` are those of the kind: see SingleDiscount, Coupon, FullDiscount and Interactive in docs/sections.md."""

    kind: Literal["single_discount", "coupon", "full_discount", "interactive"]
    name: Line
    starts_at: datetime
    ends_at: datetime
    terms: dict[str, Any] = field(default_factory=dict)


class ActivityOut(Output, kw_only=True):
    """`decided` is what a person decided, `state` what follows from it and the time."""

    id: str
    kind: str
    name: str
    state: str
    decided: str
    starts_at: datetime
    ends_at: datetime
    exclusive: bool
    terms: dict[str, Any]
    published_at: datetime | None
    version: int
    updated_at: datetime


def show_activity(session: Session, row: Any) -> ActivityOut:
    """An activity with its state at this moment."""
    return wire.show(row, ActivityOut, state=row.state(session.info["now"]()))


ACTIVITY = {
    "id": "4", "kind": "single_discount", "name": "Winter sale", "state": "draft", "decided": "draft",
    "starts_at": MOMENT, "ends_at": LATER, "exclusive": True, "terms": {"terminal": "all", "followers_discount": None},
    "published_at": None, "version": 1, "updated_at": MOMENT,
}  # fmt: skip
ACTIVITIES = Resource(
    path="activities",
    one="activity",
    title=("store activities", "店铺活动"),
    section="marketing",
    model=Activity,
    answer=ActivityOut,
    body=ActivityIn,
    filters={
        "kind": Filter(Activity.kind, choices=ACTIVITY_KINDS),
        "decided": Filter(Activity.decided, choices=DECIDED),
        "running_at": Filter(
            apply=lambda statement, moment: statement.where(Activity.starts_at <= moment, Activity.ends_at > moment),
            kind=datetime,
            note="Those whose time holds this moment",
        ),
    },
    sorts={"starts_at": Activity.starts_at, "ends_at": Activity.ends_at, "name": Activity.name},
    editable=frozenset({"name", "starts_at", "ends_at", "terms"}),
    defaults=lambda caller: {"decided": "draft", "published_at": None, "exclusive": False},
    show=show_activity,
    before_change=activities.check_activity,
    example=ACTIVITY,
)


class ActivityProductIn(Input, kw_only=True):
    product_id: IdText
    discount: Percent | None = None
    limit_per_buyer: Annotated[int, Meta(ge=1, le=100_000)] | None = None


class ActivityProductOut(Output, kw_only=True):
    id: str
    product_id: str
    discount: int | None
    limit_per_buyer: int | None
    version: int
    updated_at: datetime


ACTIVITY_PRODUCTS = Resource(
    path="activities/{activity_id}/products",
    one="activity_product",
    title=("products of an activity", "活动商品"),
    section="marketing",
    model=ActivityProduct,
    answer=ActivityProductOut,
    body=ActivityProductIn,
    parents={"activity_id": ActivityProduct.activity_id},
    filters={"product_id": Filter(ActivityProduct.product_id)},
    editable=frozenset({"discount", "limit_per_buyer"}),
    before_change=activities.check_product,
    example={
        "id": "9", "product_id": "12", "discount": 20, "limit_per_buyer": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class CampaignIn(Input, kw_only=True):
    """A campaign of the platform, as it announced it."""

    name: Line
    platform_id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{1,40}$")] | None = None
    registration_from: datetime
    registration_until: datetime
    starts_at: datetime
    ends_at: datetime
    least_discount: Percent | None = None


class CampaignOut(Output, kw_only=True):
    id: str
    name: str
    platform_id: str | None
    registration_from: datetime
    registration_until: datetime
    starts_at: datetime
    ends_at: datetime
    least_discount: int | None
    version: int
    updated_at: datetime


def check_campaign(change: Change) -> None:
    """Times in their order."""
    row = change.row
    if change.action == "delete":
        return
    if row.registration_until <= row.registration_from:
        raise wire.refuse("/registration_until", "out_of_range", "must be after its start", "必须晚于开始时间")
    if row.ends_at <= row.starts_at:
        raise wire.refuse("/ends_at", "out_of_range", "must be after starts_at", "必须晚于 starts_at")


CAMPAIGNS = Resource(
    path="campaigns",
    one="campaign",
    title=("campaigns of the platform", "平台活动"),
    section="marketing",
    model=Campaign,
    answer=CampaignOut,
    body=CampaignIn,
    filters={
        "open_at": Filter(
            apply=lambda statement, moment: statement.where(
                Campaign.registration_from <= moment, Campaign.registration_until > moment
            ),
            kind=datetime,
            note="Those that can be registered for at this moment",
        )
    },
    sorts={"registration_until": Campaign.registration_until, "starts_at": Campaign.starts_at},
    before_change=check_campaign,
    example={
        "id": "2", "name": "Year-end sale", "platform_id": "880042", "registration_from": MOMENT,
        "registration_until": LATER, "starts_at": LATER, "ends_at": "2026-12-08T00:00:00Z", "least_discount": 10,
        "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class RegistrationIn(Input, kw_only=True):
    product_id: IdText
    discount: Percent
    stock: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    state: Literal["registered", "approved", "refused", "withdrawn"] = "registered"
    reason: Annotated[str, Meta(max_length=2000)] | None = None


class RegistrationOut(Output, kw_only=True):
    id: str
    product_id: str
    discount: int
    stock: int | None
    state: str
    reason: str | None
    version: int
    updated_at: datetime


STEPS = {"registered": ("approved", "refused", "withdrawn"), "approved": ("withdrawn",), "refused": (), "withdrawn": ()}
"""Which state of a registration may follow which."""


def check_registration(change: Change) -> None:
    """While registration is open, for a product on sale, with enough off; states in their order."""
    if change.action == "delete":
        return
    row, session = change.row, change.session
    campaign = session.get_one(Campaign, row.campaign_id)
    if change.action == "create":
        if not campaign.registration_from <= change.now < campaign.registration_until:
            raise ProblemError("illegal_step", state="registration_closed", allowed="–")
        if row.state != "registered":
            raise wire.refuse("/state", "not_allowed", "must be registered at first", "新建时必须为 registered")
        product = session.get(Product, row.product_id)
        if product is None or product.status != "onSelling":
            raise wire.refuse("/product_id", "not_allowed", "is not on sale", "不是在售商品")
    before = change.previous.get("state")
    if before is not None and row.state not in STEPS[before]:
        raise ProblemError("illegal_step", state=before, allowed=", ".join(STEPS[before]) or "–")
    if campaign.least_discount is not None and row.discount < campaign.least_discount:
        least = campaign.least_discount
        raise wire.refuse("/discount", "out_of_range", f"must be at least {least}", f"不得小于 {least}")


REGISTRATIONS = Resource(
    path="campaigns/{campaign_id}/registrations",
    one="registration",
    title=("registrations for a campaign", "平台活动报名"),
    section="marketing",
    model=CampaignRegistration,
    answer=RegistrationOut,
    body=RegistrationIn,
    parents={"campaign_id": CampaignRegistration.campaign_id},
    filters={"state": Filter(CampaignRegistration.state, choices=CAMPAIGN_STATES)},
    editable=frozenset({"discount", "stock", "state", "reason"}),
    before_change=check_registration,
    example={
        "id": "3", "product_id": "12", "discount": 15, "stock": 200, "state": "registered", "reason": None,
        "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class AffiliateIn(Input, kw_only=True):
    """Of the whole store when neither a category nor a product is named."""

    rate: Annotated[Decimal, Meta(description="Percent of the price, as a decimal string")]
    starts_at: datetime
    ends_at: datetime | None = None
    category_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    product_id: IdText | None = None


class AffiliateOut(Output, kw_only=True):
    id: str
    rate: Decimal
    starts_at: datetime
    ends_at: datetime | None
    category_id: str | None
    product_id: str | None
    version: int
    updated_at: datetime


def check_offer(change: Change) -> None:
    """A rate that the pack allows, for one thing; of the same thing one at a time."""
    if change.action == "delete":
        return
    row, rules, today = change.row, change.caller.state.backoffice, change.now.date()
    least = rules.value("marketing", "commission_least", today)
    most = rules.value("marketing", "commission_most", today)
    if not row.rate.is_finite() or not least <= row.rate <= most:
        raise wire.refuse("/rate", "out_of_range", f"must be {least} to {most} percent", f"应为 {least} 至 {most}（%）")
    if row.category_id is not None and row.product_id is not None:
        raise wire.refuse("/product_id", "invalid", "and category_id exclude each other", "与 category_id 只能填一个")
    if row.ends_at is not None and row.ends_at <= row.starts_at:
        raise wire.refuse("/ends_at", "out_of_range", "must be after starts_at", "必须晚于 starts_at")
    others = [
        AffiliateOffer.id != (row.id or 0),
        or_(AffiliateOffer.ends_at.is_(None), AffiliateOffer.ends_at > row.starts_at),
        AffiliateOffer.category_id.is_(None)
        if row.category_id is None
        else AffiliateOffer.category_id == row.category_id,
        AffiliateOffer.product_id.is_(None) if row.product_id is None else AffiliateOffer.product_id == row.product_id,
    ]
    if row.ends_at is not None:
        others.append(AffiliateOffer.starts_at < row.ends_at)
    with change.session.no_autoflush:
        if change.session.scalars(select(AffiliateOffer.id).where(*others)).first() is not None:
            raise ProblemError("conflict")


AFFILIATE = Resource(
    path="affiliate-offers",
    one="affiliate_offer",
    title=("affiliate commissions", "联盟佣金"),
    section="marketing",
    model=AffiliateOffer,
    answer=AffiliateOut,
    body=AffiliateIn,
    filters={
        "category_id": Filter(AffiliateOffer.category_id),
        "product_id": Filter(AffiliateOffer.product_id),
    },
    sorts={"starts_at": AffiliateOffer.starts_at, "rate": AffiliateOffer.rate},
    editable=frozenset({"rate", "ends_at"}),
    before_change=check_offer,
    example={
        "id": "1", "rate": "8.00", "starts_at": MOMENT, "ends_at": None, "category_id": None, "product_id": None,
        "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class BidIn(Input, kw_only=True):
    word: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S")]
    bid: Money


class AdIn(Input, kw_only=True):
    name: Line
    daily_budget: Money
    currency: Currency
    state: Literal["draft", "running", "paused", "ended"] = "draft"
    bids: Annotated[list[BidIn], Meta(max_length=1000)] = field(default_factory=list)
    product_ids: Annotated[list[IdText], Meta(max_length=500)] = field(default_factory=list)


class AdOut(Output, kw_only=True):
    id: str
    name: str
    daily_budget: Money
    currency: str
    state: str
    bids: list[dict[str, Any]]
    product_ids: list[str]
    version: int
    updated_at: datetime


def check_ad(change: Change) -> None:
    """Money above 0, products of the store, no word twice; what has ended stays so."""
    if change.action == "delete":
        return
    row = change.row
    if change.previous.get("state") == "ended":
        raise ProblemError("illegal_step", state="ended", allowed="–")
    if not row.daily_budget.is_finite() or row.daily_budget <= 0:
        raise wire.refuse("/daily_budget", "out_of_range", "must be more than 0", "必须大于 0")
    words = [bid["word"].casefold() for bid in row.bids]
    for number, bid in enumerate(row.bids):
        amount = Decimal(str(bid["bid"]))
        if not amount.is_finite() or not 0 < amount <= row.daily_budget:
            raise wire.refuse(
                f"/bids/{number}/bid",
                "out_of_range",
                "must be above 0 and within the budget",
                "必须大于 0 且不超过预算",
            )
        if words.index(words[number]) != number:
            raise wire.refuse(f"/bids/{number}/word", "duplicate", "stands twice", "重复")
    wanted = {int(given) for given in row.product_ids}
    known = set(
        change.session.scalars(select(Product.id).where(Product.id.in_(wanted), Product.status.not_in(GONE)))
    ) if wanted else set()  # fmt: skip
    if wanted - known:
        raise wire.refuse("/product_ids", "unknown_reference", "names nothing in this store", "在此店铺中不存在")
    if row.state == "running" and not (row.bids and row.product_ids):
        raise wire.refuse("/state", "not_allowed", "needs bids and products to run", "投放需要出价词和商品")


ADS = Resource(
    path="ad-campaigns",
    one="ad_campaign",
    title=("pay-per-click advertising", "直通车推广"),
    section="marketing",
    model=AdCampaign,
    answer=AdOut,
    body=AdIn,
    filters={"state": Filter(AdCampaign.state, choices=AD_STATES)},
    sorts={"name": AdCampaign.name},
    before_change=check_ad,
    example={
        "id": "1", "name": "Bottles", "daily_budget": "20.00", "currency": "USD", "state": "draft",
        "bids": [{"word": "steel bottle", "bid": "0.20"}], "product_ids": ["12"], "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class ReachIn(Input, kw_only=True):
    name: Line
    audience: Literal["bought_before", "added_to_cart", "wished", "followers", "not_seen_lately"]
    message: dict[Annotated[str, Meta(pattern=r"^[a-z]{2}$")], Annotated[str, Meta(min_length=1, max_length=2000)]]
    activity_id: IdText | None = None
    state: Literal["draft", "scheduled", "sent", "cancelled"] = "draft"
    send_at: datetime | None = None


class ReachOut(Output, kw_only=True):
    id: str
    name: str
    audience: str
    message: dict[str, str]
    activity_id: str | None
    state: str
    send_at: datetime | None
    version: int
    updated_at: datetime


def check_reach(change: Change) -> None:
    """Scheduled for a moment to come; what was sent stays."""
    row = change.row
    if change.action != "create" and (change.previous.get("state") or row.state) == "sent":
        raise ProblemError("illegal_step", state="sent", allowed="–")
    if change.action == "delete":
        return
    if not row.message:
        raise wire.refuse("/message", "required", "needs a language", "至少需要一种语言")
    if row.state == "scheduled" and (row.send_at is None or row.send_at <= change.now):
        raise wire.refuse("/send_at", "out_of_range", "must lie ahead", "必须为将来的时间")


REACHES = Resource(
    path="customer-reaches",
    one="customer_reach",
    title=("marketing to existing customers", "老客户营销"),
    section="marketing",
    model=CustomerReach,
    answer=ReachOut,
    body=ReachIn,
    filters={
        "state": Filter(CustomerReach.state, choices=REACH_STATES),
        "audience": Filter(CustomerReach.audience, choices=AUDIENCES),
    },
    sorts={"name": CustomerReach.name},
    before_change=check_reach,
    example={
        "id": "1", "name": "Thank you", "audience": "bought_before", "message": {"en": "A coupon for you"},
        "activity_id": None, "state": "draft", "send_at": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip

RESOURCES = (ACTIVITIES, ACTIVITY_PRODUCTS, CAMPAIGNS, REGISTRATIONS, AFFILIATE, ADS, REACHES)
router = APIRouter(prefix=PREFIX, tags=["marketing"])
WORDS = {
    "publish": ("Publish an activity", "发布活动"),
    "pause": ("Pause an activity", "暂停活动"),
    "resume": ("Resume an activity", "恢复活动"),
    "stop": ("Stop an activity for good", "终止活动"),
}


def _step(step: str) -> Any:
    async def endpoint(request: Request) -> Response:
        caller = await Permit("marketing:write")(request)

        def job(session: Session) -> Answer:
            activity = Changes(session, ACTIVITIES, caller, {}).find(request.path_params["activity_id"])
            return Answer(200, show_activity(session, activities.take(session, caller, activity, step)))

        return await once(request, caller, b"", job)

    return endpoint


for _name, (_en, _zh) in WORDS.items():
    router.add_api_route(
        f"/activities/{{activity_id}}/{_name}",
        _step(_name),
        methods=["POST"],
        operation_id=f"{_name}_activity",
        summary=_en,
        description=f"{_en}. {_zh}。",
        **openapi.store_operation(
            openapi.answer_schema(ActivityOut),
            example=ACTIVITY,
            parameters=[
                *document.path_parameters(f"{PREFIX}/activities/{{activity_id}}"),
                document.IDEMPOTENCY_KEY,
            ],
            problems=(
                *document.COMMON, "unknown_item", *document.ONCE, "illegal_step", "activity_conflict", "invalid_body",
                "changed_meanwhile", "conflict",
            ),
        ),
    )  # fmt: skip
