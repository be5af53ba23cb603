"""Store performance: score, level, indicators and what is behind them; what would change them, and the way up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Caller, Permit
from api.context import context_of
from api.idempotency import Answer
from api.languages import choose
from api.paging import make_token, read_token
from api.problems import ProblemError
from api.resources import Change, Filter, Resource, document
from api.routes import performance_shapes as shapes
from api.routes.prechecks import json_body
from api.scoring import alarms, documents, moves, pictures
from api.scoring.categories import assessments
from api.scoring.desk import Desk
from api.scoring.rules import SECTION
from api.scoring.stores import desk_of, store_id_of, today_of
from engine.scoring.actions import KINDS
from engine.scoring.plan import Aim
from store_model.performance.kept import GROUPS, PlatformNumber, pinned

MOST_DAYS = 400
router = APIRouter(prefix="/v1/stores/{store_id}/performance", tags=["analytics"])
Reader = Annotated[Caller, Depends(Permit("analytics:read"))]
AS_OF = {"as_of": query.Parameter("The day; whole days before it count. Today when left out", date)}
DAYS = {"days": query.Parameter("How many days", int, default=30, least=1, most=MOST_DAYS)}
PAGE = {
    "page_size": query.Parameter("How many rows at most", int, default=50, least=1, most=200),
    "page_token": query.Parameter("From the page before"),
}
WINDOW = {"en": "Sold but not shipped", "zh": "成交不卖率"}
SAID = {
    "indicator": "SVC101", "revision": 1, "title": WINDOW, "over": "orders", "unit": "share",
    "direction": "lower_is_better", "value": "0.013333", "band": "good", "band_title": {"en": "good", "zh": "良好"},
    "window_days": 30, "part": "1", "whole": "75", "interval": {"low": "0.002360", "high": "0.071761"},
    "certain": False, "reason": None, "left_out": {},
    "says": {"en": "1 of 75 orders: cannot tell yet (good to breach)",
             "zh": "75个订单中1个：尚不能断定（良好至不达标）"},
}  # fmt: skip
SEEN = {"score_today": "87.50", "on": "2026-12-03", "score": "86.20", "level": None}
ACTION = {
    "action": "withdraw_dispute", "id": "7000000001", "listing_id": "1005001234567890", "cost": "12.00",
    "title": {"en": "Settle the dispute so that the buyer withdraws it", "zh": "与买家协商撤销纠纷"},
}  # fmt: skip
TODAY = {
    "store": "1", "as_of": "2026-11-23", "pack": {"id": "aliexpress", "version": "2026.11.0", "digest": "sha256:0"},
    "is_empty": False, "score": None, "level": None, "capability": {"overall": "73.70", "modules": []}, "scores": [],
    "indicators": [SAID], "bad_data": [], "platform_numbers": [],
}  # fmt: skip


def _documented(
    answer: type, example: Any, parameters: Mapping[str, query.Parameter], *problems: str, path: Iterable[Any] = (),
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    return openapi.store_operation(
        openapi.answer_schema(answer),
        example=example,
        parameters=[document.STORE_ID, *path, *query.documented(parameters)],
        problems=(*document.COMMON, "invalid_parameter", "pack_without_backoffice", *problems),
        **more,
    )


def _in_path(name: str, words: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 20}
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema, "example": example}


INDICATOR = _in_path("indicator_id", "The indicator", "SVC101")
CHART = _in_path("chart", "waterfall, history, listings or indicator", "waterfall")


@router.get(
    "",
    operation_id="get_performance",
    summary="Score, level, capability, indicators",
    description="With the waterfall of each score, bad data, and the platform's numbers beside. 店铺表现总览。",
    **_documented(shapes.PerformanceOut, TODAY, AS_OF),
)
async def performance(request: Request, caller: Reader) -> Response:
    """The whole page of performance."""
    given = query.read(request, AS_OF)

    def job(session: Session, desk: Desk) -> Any:
        pins = [pin for pin in pinned(session, store_id_of(caller), desk.as_of) if pin.group == "store"]
        shown = [{"measure": pin.measure, "value": pin.value, "day": pin.day} for pin in pins]
        return {**documents.today(desk), "platform_numbers": documents.beside(desk, shown)}

    return await _answer(caller, given["as_of"], job, shapes.PerformanceOut)


@router.get(
    "/indicators/{indicator_id}/evidence",
    operation_id="list_indicator_evidence",
    summary="The orders behind an indicator",
    description="Newest first: what each row is counted as, or by which name it is left out. 指标明细。",
    **_documented(
        shapes.EvidenceOut,
        {"indicator": SAID, "items": [], "next_page_token": None},
        {**AS_OF, **PAGE},
        "unknown_item",
        "bad_page_token",
        path=[INDICATOR],
    ),
)
async def evidence(request: Request, caller: Reader, indicator_id: str) -> Response:
    """Keyset paged by moment and id."""
    given = query.read(request, {**AS_OF, **PAGE})
    secret = caller.state.secrets.key("page token")
    day = given["as_of"] or today_of(caller)
    binding = f"evidence {store_id_of(caller)} {indicator_id} {day} {caller.state.pack.digest}"

    def job(session: Session, desk: Desk) -> Any:
        if indicator_id not in desk.judgements:
            raise ProblemError("unknown_item")
        after = None
        if given["page_token"] is not None:
            at, row_id = msgspec.json.decode(read_token(given["page_token"], binding=binding, secret=secret))
            after = (int(at), str(row_id))
        rows, following = documents.evidence(desk, indicator_id, after=after, limit=given["page_size"])
        last = msgspec.json.encode(list(following)).decode() if following is not None else None
        return {
            "indicator": documents.indicator(desk, desk.judgements[indicator_id]),
            "items": rows,
            "next_page_token": make_token(last, binding=binding, secret=secret) if last is not None else None,
        }

    return await _answer(caller, day, job, shapes.EvidenceOut)


@router.get(
    "/listings",
    operation_id="list_listing_costs",
    summary="What each listing costs the score",
    description="Dearest first; the points of all listings add up to what the items lost. 商品失分。",
    **_documented(shapes.ListingCostsOut, {"as_of": "2026-11-23", "items": []}, {**AS_OF, "limit": PAGE["page_size"]}),
)
async def listings(request: Request, caller: Reader) -> Response:
    """By what they cost."""
    given = query.read(request, {**AS_OF, "limit": PAGE["page_size"]})
    return await _answer(
        caller,
        given["as_of"],
        lambda session, desk: {"as_of": desk.as_of, "items": documents.listings(desk, limit=given["limit"])},
        shapes.ListingCostsOut,
    )


@router.get(
    "/categories",
    operation_id="list_category_assessments",
    summary="How the store does in each category",
    description="Category assessment: each industry of the store by itself, worst first. 类目考核。",
    **_documented(
        shapes.CategoriesOut,
        {
            "as_of": "2026-11-23", "evaluations": {"SVC505": "2027-01-02"},
            "items": [{"category_id": "home_garden", "title": {"en": "Home & Garden", "zh": "家居与园艺"},
                       "listings": 12, "scores": [], "indicators": [SAID]}],
            "without_category": {"count": 0, "listings": []},
        },
        AS_OF,
    ),
)  # fmt: skip
async def categories(request: Request, caller: Reader) -> Response:
    """By what is lost."""
    given = query.read(request, AS_OF)
    return await _answer(caller, given["as_of"], lambda session, desk: assessments(desk), shapes.CategoriesOut)


@router.get(
    "/history",
    operation_id="get_score_history",
    summary="The score of each day",
    description="By the rules in force on each day, over what is known today. 历史得分。",
    **_documented(shapes.ScoreHistoryOut, {"items": []}, {**AS_OF, **DAYS}),
)
async def history(request: Request, caller: Reader) -> Response:
    """The last `days` days up to `as_of`."""
    given = query.read(request, {**AS_OF, **DAYS})

    def job(session: Session, desk: Desk) -> Any:
        since = desk.as_of - timedelta(days=given["days"] - 1)
        return {"items": documents.history(desk, since, desk.as_of + timedelta(days=1))}

    return await _answer(caller, given["as_of"], job, shapes.ScoreHistoryOut, history=given["days"])


@router.get(
    "/trends",
    operation_id="get_score_trends",
    summary="Unusual days, bounds ahead, comparisons",
    description="The last days beside those before, and beside what others reach. 趋势、预警与对比。",
    **_documented(
        shapes.ScoreTrendsOut,
        {"as_of": "2026-11-23", "anomalies": [], "crossings": [], "comparison": [], "against": []},
        {**AS_OF, **DAYS},
    ),
)
async def trends(request: Request, caller: Reader) -> Response:
    """Periods of `days` days."""
    given = query.read(request, {**AS_OF, **DAYS})

    def job(session: Session, desk: Desk) -> Any:
        earlier, later = alarms.periods(desk.as_of, given["days"])
        others: dict[str, dict[str, Decimal]] = {group: {} for group in GROUPS if group != "store"}
        for pin in pinned(session, store_id_of(caller), desk.as_of):
            if pin.group in others:
                others[pin.group][pin.measure] = pin.value
        return {
            "as_of": desk.as_of,
            "anomalies": alarms.anomalies(desk, later[0], later[1]),
            "crossings": alarms.crossings(desk),
            "comparison": alarms.comparison(desk, earlier, later),
            "against": alarms.against(desk, others),
        }

    return await _answer(caller, given["as_of"], job, shapes.ScoreTrendsOut, history=2 * given["days"])


@router.get(
    "/suggestions",
    operation_id="list_score_suggestions",
    summary="What would raise the score, best first",
    description="Actions that can be done now, by points gained for what they cost. 提分建议。",
    **_documented(shapes.ScoreSuggestionsOut, {"as_of": "2026-11-23", "items": []}, AS_OF),
)
async def suggestions(request: Request, caller: Reader) -> Response:
    """By points for cost."""
    given = query.read(request, AS_OF)

    def job(session: Session, desk: Desk) -> Any:
        return {"as_of": desk.as_of, "items": moves.suggestions(_scored(desk), moves.open_actions(desk))}

    return await _answer(caller, given["as_of"], job, shapes.ScoreSuggestionsOut)


@router.post(
    "/what-if",
    operation_id="what_if_score",
    summary="Suppose that some things are done",
    description="The new score and level; nothing is stored. 假设分析，不保存。",
    **_documented(
        shapes.ScoreWhatIfOut,
        {"actions": [ACTION], "cost": "12.00", "before": SEEN, "after": SEEN, "gain_today": "2.50", "gain": "1.30"},
        AS_OF,
        *document.BODY,
        body=openapi.answer_schema(shapes.ScoreWhatIfIn),
        body_example={"actions": [{"action": "withdraw_dispute", "id": "7000000001"}]},
    ),
)
async def what_if(request: Request, caller: Reader) -> Response:
    """Actions by kind and id."""
    given = query.read(request, AS_OF)
    body = wire.read_struct(await json_body(context_of(request.scope), request.receive), shapes.ScoreWhatIfIn)

    def job(session: Session, desk: Desk) -> Any:
        _ahead(desk, body.on, "/on")
        _costs(body.costs)
        try:
            changes = moves.named(_scored(desk), [(one.action, one.id) for one in body.actions], body.costs)
        except moves.UnknownAction as unknown:
            place = next(index for index, one in enumerate(body.actions) if one.id == unknown.word)
            raise wire.refuse(f"/actions/{place}/id", "unknown_reference", unknown.en, unknown.zh) from None
        return moves.what_if(desk, changes, body.on)

    return await _answer(caller, given["as_of"], job, shapes.ScoreWhatIfOut)


@router.post(
    "/plan",
    operation_id="plan_score",
    summary="The cheapest way to a level",
    description="The cheapest set of actions that reaches a level or a score by a day. 达标的最低成本方案。",
    **_documented(
        shapes.ScorePlanOut,
        {
            "aim": {"level": "excellent", "score": None, "by": "2026-12-01"}, "reached": True, "is_cheapest": True,
            "cost": "12.00", "actions": [ACTION], "offered": 4, "before": SEEN, "after": SEEN,
        },
        AS_OF,
        *document.BODY,
        body=openapi.answer_schema(shapes.ScorePlanIn),
        body_example={"level": "excellent", "by": "2026-12-01"},
    ),
)  # fmt: skip
async def plan(request: Request, caller: Reader) -> Response:
    """A level or a score."""
    given = query.read(request, AS_OF)
    body = wire.read_struct(await json_body(context_of(request.scope), request.receive), shapes.ScorePlanIn)
    if (body.level is None) == (body.score is None):
        raise wire.refuse("/level", "missing", "or /score: give one of them", "与 /score 二者必填其一")

    def job(session: Session, desk: Desk) -> Any:
        _ahead(_scored(desk), body.by, "/by")
        _costs(body.costs)
        _within(body.score, 1000, "/score")
        known = [one.id for one, _ in desk.force.formula(desk.level).levels] if desk.level is not None else []
        if body.level is not None and body.level not in known:
            shown = ", ".join(known)
            raise wire.refuse("/level", "unknown_reference", f"must be one of {shown}", f"应为以下之一：{shown}")
        aim = Aim(body.by or desk.outlook.next_decision() or desk.as_of, body.level, body.score)
        return moves.cheapest(desk, aim, moves.open_actions(desk, body.costs))

    return await _answer(caller, given["as_of"], job, shapes.ScorePlanOut)


@router.get(
    "/charts/{chart}",
    operation_id="get_score_chart",
    summary="A chart as data",
    description="A Vega-Lite specification with the store's numbers in it. 图表数据。",
    **_documented(
        shapes.ChartOut,
        {"spec": {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}},
        {**AS_OF, **DAYS, "indicator": query.Parameter("Which, for the chart of an indicator", example="SVC101")},
        "unknown_item",
        path=[CHART],
    ),
)
async def chart(request: Request, caller: Reader, chart: str) -> Response:
    """waterfall, history, listings, or one indicator."""
    asked = {**AS_OF, **DAYS, "indicator": query.Parameter("Which, for the chart of an indicator")}
    given = query.read(request, asked)
    language = choose(context_of(request.scope).accept_language)

    def job(session: Session, desk: Desk) -> Any:
        if chart not in pictures.KINDS or (chart == "indicator" and given["indicator"] not in desk.force.terms):
            raise ProblemError("unknown_item")
        spec = pictures.chart(_scored(desk), chart, language, days=given["days"], indicator=given["indicator"])
        return {"spec": spec}

    return await _answer(caller, given["as_of"], job, shapes.ChartOut, history=2 * given["days"])


# Helpers ---------------------------------------------------------------------------------------------------------


async def _answer(
    caller: Caller, as_of: date | None, job: Callable[[Session, Desk], Any], answer: type, *, history: int = 0
) -> Response:
    def work(session: Session) -> Any:
        return msgspec.convert(job(session, desk_of(session, caller, as_of, history=history)), answer)

    return Answer(200, await caller.run(work, read_only=True)).response()


def _scored(desk: Desk) -> Desk:
    if desk.score is None or desk.score not in desk.force.formulas:
        raise ProblemError("pack_without_backoffice", section=SECTION)
    return desk


def _ahead(desk: Desk, day: date | None, pointer: str) -> None:
    """A later day lies within the next year: further ahead nothing is expected."""
    if day is not None and not 0 <= (day - desk.as_of).days <= 366:
        raise wire.refuse(pointer, "out_of_range", "must be within a year from as_of", "应在 as_of 起一年之内")


def _costs(given: Mapping[str, Decimal]) -> None:
    """Costs are of actions that there are, and no less than nothing."""
    for name, cost in given.items():
        pointer = f"/costs/{wire.escape(name)}"
        if name not in KINDS:
            known = ", ".join(KINDS)
            raise wire.refuse(pointer, "unknown_reference", f"must be one of {known}", f"应为以下之一：{known}")
        _within(cost, 10**6, pointer, least=0)


def _within(value: Decimal | None, most: int, pointer: str, *, least: int | None = None) -> None:
    low = -most if least is None else least
    if value is not None and not (value.is_finite() and low <= value <= most):
        raise wire.refuse(
            pointer, "out_of_range", f"must be a number from {low} to {most}", f"应为 {low} 至 {most} 的数"
        )


def _check_number(change: Change) -> None:
    """A number that the column can hold, of a measure that the pack has."""
    performance = change.caller.state.performance.performance
    head, _, item = change.row.measure.partition(".")
    score = performance.scores.get(head)
    if head not in performance.indicators and score is None:
        raise wire.refuse("/measure", "unknown_reference", "names no indicator or score", "不是已有的指标或评分")
    if item and (score is None or item not in {one.id for one in score.items}):
        raise wire.refuse("/measure", "unknown_reference", "names no item of the score", "不是该评分的评分项")
    _within(change.row.value, 10**9, "/value")


NUMBERS = Resource(
    path="performance/platform-numbers",
    one="platform_number",
    title=("platform's number", "平台数值"),
    section="analytics",
    model=PlatformNumber,
    answer=shapes.PlatformNumberOut,
    body=shapes.PlatformNumberIn,
    filters={
        "measure": Filter(PlatformNumber.measure),
        "group": Filter(PlatformNumber.group, choices=GROUPS),
        "day_from": Filter(PlatformNumber.day, op="ge"),
    },
    sorts={"day": PlatformNumber.day},
    before_change=_check_number,
    example={
        "id": "3", "day": "2026-11-22", "group": "store", "measure": "SVC501", "value": "86.40", "version": 1,
        "updated_at": "2026-11-23T12:00:00Z",
    },
)  # fmt: skip
