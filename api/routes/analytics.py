"""Business analytics: today by the hour, any period by day, week or month, products, sources, and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from msgspec import Meta, field
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Permit
from api.context import context_of
from api.idempotency import Answer, once
from api.problems import ProblemError, bad_parameter
from api.resources import document
from api.routes.prechecks import json_body
from api.wire import Input, Output
from engine.loading.section_files import Metric
from store_model import analytics_queries as queries
from store_model.analytics import AMOUNTS, COUNTS, WHOLE_STORE
from store_model.deadlines import day_bounds

PREFIX = "/v1/stores/{store_id}/analytics"
MOST_DAYS = 1100
PRODUCT_ID = Annotated[str, Meta(pattern=r"^[0-9]{1,40}$", description="The platform's id of the product")]
Value = Decimal | None


class ValueOut(Output, kw_only=True):
    """A metric of a period: its value (null: not known), unit and name."""

    metric: str
    title: dict[str, str]
    unit: str
    value: Value


class PeriodOut(Output, kw_only=True):
    """A period from `since` to before `until`; `days` of it are known."""

    since: date
    until: date
    days: int
    metrics: list[ValueOut]


class PointOut(Output, kw_only=True):
    """One day, week or month: its first day, how many of its days are known, and metric → value."""

    period: date
    days: int
    values: dict[str, Value]


class SeriesOut(Output, kw_only=True):
    by: str
    total: PeriodOut
    points: list[PointOut]


class HourOut(Output, kw_only=True):
    hour: datetime
    values: dict[str, Value]


class TodayOut(Output, kw_only=True):
    """The current day of the platform's clock, hour by hour."""

    day: date
    time_zone: str
    hours: list[HourOut]
    total: dict[str, Value]


class ProductRowOut(Output, kw_only=True):
    product_platform_id: str
    values: dict[str, Value]


class ProductsOut(Output, kw_only=True):
    by: str
    items: list[ProductRowOut]


class SourceOut(Output, kw_only=True):
    """A source of traffic; `share` of all visitors, 0 to 1."""

    source: str
    visitors: int | None
    page_views: int | None
    paid_orders: int | None
    paid_buyers: int | None
    paid_amount: Value
    share: Value


class SourcesOut(Output, kw_only=True):
    items: list[SourceOut]


class ChangeOut(Output, kw_only=True):
    """A metric in two periods; `change` is the second over the first less 1 (null where that cannot be said)."""

    metric: str
    title: dict[str, str]
    unit: str
    first: Value
    second: Value
    change: Value


class ComparisonOut(Output, kw_only=True):
    first: PeriodOut
    second: PeriodOut
    changes: list[ChangeOut]


class StandingOut(Output, kw_only=True):
    """A metric beside what others reach; `benchmarks` by group, each with its day."""

    metric: str
    title: dict[str, str]
    unit: str
    own: Value
    benchmarks: dict[str, dict[str, Any]]


class BenchmarksOut(Output, kw_only=True):
    since: date
    until: date
    items: list[StandingOut]


router = APIRouter(prefix=PREFIX, tags=["analytics"])
PERIOD = {
    "since": query.Parameter("The first day; 30 days before until when left out", kind=date, example="2026-10-01"),
    "until": query.Parameter("The day after the last; today when left out", kind=date, example="2026-11-01"),
}
PRODUCT = {"product": query.Parameter("One product, by the platform's id; the whole store when left out")}
BY = {"by": query.Parameter("How days are put together", choices=queries.GRANULARITIES, default="day", example="day")}
COMMON = (*document.COMMON, "invalid_parameter")
ONE = {"metric": "visitors", "title": {"en": "Visitors", "zh": "访客数"}, "unit": "visitors", "value": "412"}
WHOLE = {"since": "2026-10-01", "until": "2026-11-01", "days": 31, "metrics": [ONE]}


def _period(given: Mapping[str, Any], today: date, since: str = "since", until: str = "until") -> tuple[date, date]:
    """The days asked for; invalid_parameter when they are none, or too many."""
    last = given[until] or today
    try:
        first = given[since] or last - timedelta(days=30)
    except OverflowError:
        first = last
    if not first < last or (last - first).days > MOST_DAYS:
        fault = bad_parameter(
            until, f"must be 1 to {MOST_DAYS} days after {since}", f"应晚于 {since}，且不超过 {MOST_DAYS} 天"
        )
        raise ProblemError("invalid_parameter", errors=[fault])
    return first, last


def _values(metrics: Mapping[str, Metric], sums: Mapping[str, Any]) -> dict[str, Value]:
    return {name: _value(metric, sums) for name, metric in metrics.items()}


def _value(metric: Metric, sums: Mapping[str, Any]) -> Value:
    """A metric; amounts of money with two places at least, and no more zeros than that."""
    value = metric.value(sums)
    return value if value is None or metric.columns[0] not in AMOUNTS else Decimal(wire.decimal_text(value))


def _whole(metrics: Mapping[str, Metric], since: date, until: date, sums: Mapping[str, Any]) -> PeriodOut:
    values = [
        ValueOut(metric=name, title=metric.title, unit=metric.unit, value=_value(metric, sums))
        for name, metric in metrics.items()
    ]
    return PeriodOut(since=since, until=until, days=sums["days"], metrics=values)


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Metrics of a period, and its days, weeks or months",
    description="Rates are worked out from sums, never averaged. 按日、周、月统计的经营数据。",
    **openapi.store_operation(
        openapi.answer_schema(SeriesOut),
        example={
            "by": "day",
            "total": WHOLE,
            "points": [{"period": "2026-10-01", "days": 1, "values": {"visitors": "12"}}],
        },
        parameters=[document.STORE_ID, *query.documented({**PERIOD, **BY, **PRODUCT})],
        problems=COMMON,
    ),
)
async def get_metrics(request: Request) -> Response:
    """A period with its parts."""
    caller = await Permit("analytics:read")(request)
    given = query.read(request, {**PERIOD, **BY, **PRODUCT})
    since, until = _period(given, caller.now().date())
    metrics = request.app.state.metrics_of_stores

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        product = given["product"] or WHOLE_STORE
        sums = queries.totals(session, caller.store_id, since, until, product)
        parts = queries.series(session, caller.store_id, since, until, given["by"], product)
        points = [PointOut(period=p["period"], days=p["days"], values=_values(metrics, p)) for p in parts]
        return Answer(200, SeriesOut(by=given["by"], total=_whole(metrics, since, until, sums), points=points))

    return (await caller.run(job, read_only=True)).response()


@router.get(
    "/today",
    operation_id="get_today",
    summary="The current day, hour by hour",
    description="The day of the platform's clock. 实时数据（平台时区）。",
    **openapi.store_operation(
        openapi.answer_schema(TodayOut),
        example={"day": "2026-11-23", "time_zone": "America/Los_Angeles", "hours": [], "total": {"visitors": None}},
        parameters=[document.STORE_ID],
        problems=(*COMMON, "pack_without_backoffice"),
    ),
)
async def get_today(request: Request) -> Response:
    """Today."""
    caller = await Permit("analytics:read")(request)
    query.read(request, {})
    now = caller.now().astimezone(UTC)
    zone = request.app.state.backoffice.zone(now.date())
    start, end = day_bounds(now, zone)
    metrics = request.app.state.metrics_of_stores

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        rows = queries.hours(session, caller.store_id, start, end)
        measured = [{name: getattr(row, name) for name in (*COUNTS, *AMOUNTS)} for row in rows]
        total = {name: _added([row[name] for row in measured]) for name in (*COUNTS, *AMOUNTS)}
        shown = TodayOut(
            day=now.astimezone(zone).date(),
            time_zone=str(zone),
            hours=[
                HourOut(hour=row.hour, values=_values(metrics, sums)) for row, sums in zip(rows, measured, strict=True)
            ],
            total=_values(metrics, total),
        )
        return Answer(200, shown)

    return (await caller.run(job, read_only=True)).response()


def _added(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


TOP = {
    **PERIOD,
    "by": query.Parameter("The column whose sum comes first", choices=queries.COLUMNS, default="paid_amount"),
    "limit": query.Parameter("How many", kind=int, default=50, least=1, most=1000, example=50),
}


@router.get(
    "/products",
    operation_id="get_product_metrics",
    summary="The products with most of something in a period",
    description="With all metrics of each. 商品数据排行。",
    **openapi.store_operation(
        openapi.answer_schema(ProductsOut),
        example={"by": "paid_amount", "items": [{"product_platform_id": "1005001", "values": {"visitors": "40"}}]},
        parameters=[document.STORE_ID, *query.documented(TOP)],
        problems=COMMON,
    ),
)
async def get_product_metrics(request: Request) -> Response:
    """Products, most first."""
    caller = await Permit("analytics:read")(request)
    given = query.read(request, TOP)
    since, until = _period(given, caller.now().date())
    metrics = request.app.state.metrics_of_stores

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        rows = queries.products(session, caller.store_id, since, until, given["by"], given["limit"])
        items = [
            ProductRowOut(product_platform_id=row["product_platform_id"], values=_values(metrics, row)) for row in rows
        ]
        return Answer(200, ProductsOut(by=given["by"], items=items))

    return (await caller.run(job, read_only=True)).response()


@router.get(
    "/sources",
    operation_id="get_traffic_sources",
    summary="Where visitors came from in a period",
    description="With the share of each. 流量来源。",
    **openapi.store_operation(
        openapi.answer_schema(SourcesOut),
        example={
            "items": [
                {"source": "search", "visitors": 300, "page_views": 900, "paid_orders": 9, "paid_buyers": 8,
                 "paid_amount": "116.10", "share": "0.728155"}
            ]
        },
        parameters=[document.STORE_ID, *query.documented(PERIOD)],
        problems=COMMON,
    ),
)  # fmt: skip
async def get_traffic_sources(request: Request) -> Response:
    """Sources, most visitors first."""
    caller = await Permit("analytics:read")(request)
    since, until = _period(query.read(request, PERIOD), caller.now().date())

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        rows = queries.sources(session, caller.store_id, since, until)
        whole = _added([row["visitors"] for row in rows])
        items = [SourceOut(**row, share=_ratio(row["visitors"], whole)) for row in rows]
        return Answer(200, SourcesOut(items=items))

    return (await caller.run(job, read_only=True)).response()


def _ratio(part: Any, whole: Any) -> Value:
    if part is None or not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.000001"))


TWO = {
    "since": query.Parameter("First day of the second period", kind=date, example="2026-11-01"),
    "until": query.Parameter("Day after the last of the second period; today when left out", kind=date),
    "against_since": query.Parameter("First day of the first period; as long before when left out", kind=date),
    "against_until": query.Parameter("Day after the last of the first period", kind=date),
    **PRODUCT,
}


@router.get(
    "/comparison",
    operation_id="compare_periods",
    summary="Any two periods beside each other",
    description="The period before, as long, when no other is named. 任意两个时段对比。",
    **openapi.store_operation(
        openapi.answer_schema(ComparisonOut),
        example={
            "first": WHOLE,
            "second": WHOLE,
            "changes": [
                {**{k: v for k, v in ONE.items() if k != "value"}, "first": "412", "second": "412", "change": "0"}
            ],
        },
        parameters=[document.STORE_ID, *query.documented(TWO)],
        problems=COMMON,
    ),
)
async def compare_periods(request: Request) -> Response:
    """Compare."""
    caller = await Permit("analytics:read")(request)
    given = query.read(request, TWO)
    since, until = _period(given, caller.now().date())
    against = {"against_until": since, **{k: v for k, v in given.items() if k.startswith("against") and v is not None}}
    try:
        against.setdefault("against_since", against["against_until"] - (until - since))
    except OverflowError:
        against["against_since"] = against["against_until"]
    before, before_end = _period(against, since, "against_since", "against_until")
    metrics = request.app.state.metrics_of_stores

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        product = given["product"] or WHOLE_STORE
        first = queries.totals(session, caller.store_id, before, before_end, product)
        second = queries.totals(session, caller.store_id, since, until, product)
        changes = []
        for name, metric in metrics.items():
            old, new = _value(metric, first), _value(metric, second)
            change = None if old is None or new is None or old == 0 else _ratio(new - old, old)
            changes.append(
                ChangeOut(metric=name, title=metric.title, unit=metric.unit, first=old, second=new, change=change)
            )
        shown = ComparisonOut(
            first=_whole(metrics, before, before_end, first),
            second=_whole(metrics, since, until, second),
            changes=changes,
        )
        return Answer(200, shown)

    return (await caller.run(job, read_only=True)).response()


@router.get(
    "/benchmarks",
    operation_id="get_benchmarks",
    summary="The store beside industry average, excellent stores and market",
    description="The latest value of each group, with its day. 行业均值、优秀店铺与大盘对比。",
    **openapi.store_operation(
        openapi.answer_schema(BenchmarksOut),
        example={
            "since": "2026-10-01",
            "until": "2026-11-01",
            "items": [
                {"metric": "conversion", "title": {"en": "Conversion", "zh": "支付转化率"}, "unit": "/1",
                 "own": "0.021000", "benchmarks": {"industry_average": {"value": "0.018000", "day": "2026-10-31"}}}
            ],
        },
        parameters=[document.STORE_ID, *query.documented(PERIOD)],
        problems=COMMON,
    ),
)  # fmt: skip
async def get_benchmarks(request: Request) -> Response:
    """Own metrics beside others'."""
    caller = await Permit("analytics:read")(request)
    since, until = _period(query.read(request, PERIOD), caller.now().date())
    metrics = request.app.state.metrics_of_stores

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        sums = queries.totals(session, caller.store_id, since, until)
        known = queries.benchmarks(session, caller.store_id, until)
        items = [
            StandingOut(
                metric=name,
                title=metric.title,
                unit=metric.unit,
                own=_value(metric, sums),
                benchmarks={
                    group: {"value": str(rows[name].value), "day": rows[name].day.isoformat()}
                    for group, rows in known.items()
                    if name in rows
                },
            )
            for name, metric in metrics.items()
        ]
        return Answer(200, BenchmarksOut(since=since, until=until, items=items))

    return (await caller.run(job, read_only=True)).response()


# Writing ---------------------------------------------------------------------------------------------------------

Amount = Annotated[Decimal, Meta(description="In the store's currency, as a decimal string")]
Many = Annotated[int, Meta(ge=0, le=2**53)]
MOST_ROWS = 10_000


class DayIn(Input, kw_only=True):
    """What was measured on one day: `columns` by name. Without a product it is the whole store."""

    day: date
    product_platform_id: PRODUCT_ID | None = None
    counts: dict[str, Many] = field(default_factory=dict)
    amounts: dict[str, Amount] = field(default_factory=dict)


class HourIn(Input, kw_only=True):
    hour: datetime
    counts: dict[str, Many] = field(default_factory=dict)
    amounts: dict[str, Amount] = field(default_factory=dict)


class SourceIn(Input, kw_only=True):
    day: date
    source: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
    visitors: Many | None = None
    page_views: Many | None = None
    paid_orders: Many | None = None
    paid_buyers: Many | None = None
    paid_amount: Amount | None = None


class BenchmarkIn(Input, kw_only=True):
    day: date
    group: Literal["industry_average", "excellent_stores", "market"]
    metric: Annotated[str, Meta(pattern=r"^[a-z][a-z_]{0,39}$")]
    value: Amount


class AnalyticsIn(Input, kw_only=True):
    """Days, hours, sources and benchmarks to write; the same again changes nothing."""

    days: Annotated[list[DayIn], Meta(max_length=MOST_ROWS)] = field(default_factory=list)
    hours: Annotated[list[HourIn], Meta(max_length=MOST_ROWS)] = field(default_factory=list)
    sources: Annotated[list[SourceIn], Meta(max_length=MOST_ROWS)] = field(default_factory=list)
    benchmarks: Annotated[list[BenchmarkIn], Meta(max_length=MOST_ROWS)] = field(default_factory=list)


class WrittenOut(Output, kw_only=True):
    """How many rows of each were written."""

    days: int
    hours: int
    sources: int
    benchmarks: int


@router.put(
    "/metrics",
    operation_id="put_metrics",
    summary="Write days, hours, sources and benchmarks",
    description="What is there already takes the given values. 写入经营数据（幂等）。",
    **openapi.store_operation(
        openapi.answer_schema(WrittenOut),
        example={"days": 1, "hours": 0, "sources": 0, "benchmarks": 0},
        parameters=[document.STORE_ID],
        problems=(*document.COMMON, *document.BODY),
        body=openapi.answer_schema(AnalyticsIn),
        body_example={"days": [{"day": "2026-11-22", "counts": {"visitors": 40}, "amounts": {"paid_amount": "12.90"}}]},
    ),
)
async def put_metrics(request: Request) -> Response:
    """Write what was measured."""
    caller = await Permit("analytics:write")(request)
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, AnalyticsIn)
    days = [
        {"day": row.day, "product_platform_id": row.product_platform_id or WHOLE_STORE, **_columns(row, f"/days/{n}")}
        for n, row in enumerate(wanted.days)
    ]
    hours = [{"hour": _hour(row, n), **_columns(row, f"/hours/{n}")} for n, row in enumerate(wanted.hours)]
    sources = [
        {name: value for name in row.__struct_fields__ if (value := getattr(row, name)) is not None}
        for row in wanted.sources
    ]
    for number, row in enumerate(wanted.sources):
        _demand_money(row.paid_amount, f"/sources/{number}/paid_amount")
    others = [
        {
            "day": row.day,
            "group": row.group,
            "metric": row.metric,
            "value": _demand_money(row.value, f"/benchmarks/{n}/value"),
        }
        for n, row in enumerate(wanted.benchmarks)
    ]

    def job(session: Session) -> Answer:
        store_id = caller.store_id
        assert store_id is not None
        written = WrittenOut(
            days=queries.upsert_daily(session, store_id, days),
            hours=queries.upsert_hourly(session, store_id, hours),
            sources=queries.upsert_sources(session, store_id, sources),
            benchmarks=queries.upsert_benchmarks(session, store_id, others),
        )
        return Answer(200, written)

    return await once(request, caller, body, job)


def _columns(row: DayIn | HourIn, at: str) -> dict[str, Any]:
    for kind, names in (("counts", COUNTS), ("amounts", AMOUNTS)):
        for name, value in getattr(row, kind).items():
            if name not in names:
                shown = wire.escape(name[:60])
                known = ", ".join(names)
                raise wire.refuse(f"{at}/{kind}/{shown}", "unknown_field", f"is none of {known}", f"应为 {known} 之一")
            if kind == "amounts":
                _demand_money(value, f"{at}/{kind}/{name}")
    return {**row.counts, **row.amounts}


def _demand_money(value: Decimal | None, at: str) -> Decimal | None:
    if value is not None and not (value.is_finite() and abs(value) < Decimal(10) ** 12):
        raise wire.refuse(at, "out_of_range", "is too large, or no number", "数值过大或无效")
    return value


def _hour(row: HourIn, number: int) -> datetime:
    if row.hour.tzinfo is None or (row.hour.minute, row.hour.second, row.hour.microsecond) != (0, 0, 0):
        raise wire.refuse(f"/hours/{number}/hour", "invalid", "must be a full hour with its zone", "应为带时区的整点")
    return row.hour.astimezone(UTC)
