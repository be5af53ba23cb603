"""The home page of a store in one answer: where it stands, what is due, what is worth doing next.

Parts carry a `source`: the call that lists what is behind them. What nobody has measured is `not_assessed`, with
the reason, and never a number.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from api.callers import Caller
from api.problems import ProblemError
from api.scoring import documents, moves
from api.scoring.stores import desk_of
from store_model import analytics_queries
from store_model.accounts import Store
from store_model.deadlines import summary
from store_model.findings import Finding
from store_model.messages import Notification
from store_model.product_queries import counts_by_status
from store_model.storefront import CollaborationTask

MODULES = {
    "service": {"en": "Service", "zh": "服务能力"},
    "product": {"en": "Products", "zh": "商品能力"},
    "traffic_channel": {"en": "Traffic channels", "zh": "流量渠道能力"},
    "traffic_conversion": {"en": "Traffic conversion", "zh": "流量承接能力"},
    "logistics": {"en": "Logistics", "zh": "物流能力"},
    "customer_operation": {"en": "Customer operation", "zh": "客户运营能力"},
    "growth": {"en": "Growth", "zh": "成长规模"},
}
"""The seven modules of the platform's capability matrix (reference §5.1, 2022-03 on)."""

NOT_ASSESSED = {
    "en": "No score has been computed for this store yet.",
    "zh": "该店铺尚未计算过评分。",
}
MAIN_DATA = ("visitors", "paid_orders", "paid_amount", "conversion")
SUGGESTIONS = 10
SCORE_SUGGESTIONS = 5
ANNOUNCEMENTS = 5
RANK = case({"error": 0, "warning": 1}, value=Finding.severity, else_=2)


def page(session: Session, caller: Caller, metrics: Any) -> dict[str, Any]:
    """The whole page."""
    store_id = cast("int", caller.store_id)
    store = session.get_one(Store, store_id)
    now = caller.now()
    here = f"/v1/stores/{store_id}"
    zone = caller.state.backoffice.zone(now.date())
    return {
        "store": {
            "id": str(store.id),
            "name": store.name,
            "platform": store.platform,
            "platform_id": store.platform_id,
            "level": store.level,
            "type": store.type,
        },
        "capability": capability(session, caller, here),
        "privileges": privileges(caller, store.level, now.date(), here),
        "suggestions": suggestions(session, store_id, here),
        "announcements": announcements(session, store_id),
        "products": products(session, store_id, here),
        "orders": orders(session, store_id, now, zone, here),
        "main_data": main_data(session, store_id, now.astimezone(zone).date(), metrics, here),
        "tasks": tasks(session, store_id, now, here),
        "as_of": now,
    }


def capability(session: Session, caller: Caller, here: str) -> dict[str, Any]:
    """The overall score and the modules, as scored today; and what would raise the daily score most for its cost."""
    try:
        desk = desk_of(session, caller, None)
        is_scored = bool(desk.counts)
    except ProblemError:  # no pack scores stores of this marketplace
        is_scored = False
    source = f"{here}/performance"
    if not is_scored:
        modules = [{"id": name, "title": title, "score": None} for name, title in MODULES.items()]
        return {
            "state": "not_assessed", "reason": NOT_ASSESSED, "overall": None, "modules": modules, "score": None,
            "level": None, "projected_level": None, "suggestions": [], "source": source,
        }  # fmt: skip
    found = documents.capability(desk)
    modules = [{key: module[key] for key in ("id", "title", "score")} for module in found["modules"]]
    offers = moves.suggestions(desk, moves.open_actions(desk), limit=SCORE_SUGGESTIONS) if desk.main else []
    return {
        "state": "assessed",
        "reason": None,
        "overall": found["overall"],
        "modules": modules,
        "score": desk.main.score if desk.main is not None else None,
        "level": desk.current.scored.level if desk.current is not None else None,
        "projected_level": desk.projected.scored.level if desk.projected is not None else None,
        "suggestions": offers,
        "source": source,
    }


def privileges(caller: Caller, level: str | None, today: date, here: str) -> list[dict[str, Any]]:
    """What the store's level gives it today."""
    try:
        slots = caller.state.backoffice.quota(level, today)
    except ProblemError:  # the pack says nothing of it
        return []
    title = {"en": "Showcase slots", "zh": "橱窗推荐位"}
    return [{"id": "showcase_slots", "title": title, "value": slots, "source": f"{here}/showcase"}]


def suggestions(session: Session, store_id: int, here: str) -> list[dict[str, Any]]:
    """What to mend first: open findings by rule, those that block before those that warn, then the most frequent."""
    blocks = func.sum(case((Finding.mode == "block", 1), else_=0))
    rows = session.execute(
        select(
            Finding.rule,
            Finding.code,
            func.min(RANK),
            func.count(),
            func.count(Finding.product_id.distinct()),
            blocks,
            func.min(Finding.id),
        )
        .where(Finding.store_id == store_id, Finding.state == "open", Finding.mode != "shadow")
        .group_by(Finding.rule, Finding.code)
        .order_by(blocks.desc(), func.min(RANK), func.count().desc(), Finding.rule)
        .limit(SUGGESTIONS)
    ).all()
    messages = dict(
        session.execute(select(Finding.id, Finding.message).where(Finding.id.in_([row[-1] for row in rows]))).all()
    )  # type: ignore[arg-type]
    return [
        {
            "rule": rule,
            "code": code,
            "severity": ("error", "warning", "info")[rank],
            "findings": count,
            "products": listings,
            "blocking": int(blocking or 0),
            "example": messages[first],
            "source": f"{here}/products?has_findings=true&rule={rule}",
        }
        for rule, code, rank, count, listings, blocking, first in rows
    ]


def announcements(session: Session, store_id: int) -> list[dict[str, Any]]:
    """The latest announcements."""
    rows = session.scalars(
        select(Notification)
        .where(Notification.store_id == store_id, Notification.kind == "announcement")
        .order_by(Notification.at.desc(), Notification.id.desc())
        .limit(ANNOUNCEMENTS)
    )
    return [{"id": str(row.id), "at": row.at, "title": row.title, "link": row.link} for row in rows]


def products(session: Session, store_id: int, here: str) -> dict[str, Any]:
    """Products by status."""
    return {"counts": counts_by_status(session, store_id), "source": f"{here}/products"}


def orders(session: Session, store_id: int, now: datetime, zone: ZoneInfo, here: str) -> dict[str, Any]:
    """Orders by state, and what is due today or overdue."""
    found = summary(session, store_id, now=now, zone=zone)
    return {
        "by_state": found["orders"],
        "deadlines": found["deadlines"],
        "today_ends_at": found["today_ends_at"],
        "source": f"{here}/orders",
    }


def main_data(session: Session, store_id: int, until: date, metrics: Any, here: str) -> list[dict[str, Any]]:
    """The main metrics of the last seven whole days before `until` beside the seven before."""
    since, before = until - timedelta(days=7), until - timedelta(days=14)
    current = analytics_queries.totals(session, store_id, since, until)
    previous = analytics_queries.totals(session, store_id, before, since)
    shown = []
    for name in MAIN_DATA:
        metric = metrics.get(name)
        if metric is None:
            continue
        new, old = metric.value(current), metric.value(previous)
        change = None if new is None or not old else (Decimal(new - old) / old).quantize(Decimal("0.0001"))
        shown.append(
            {
                "metric": name,
                "title": metric.title,
                "unit": metric.unit,
                "value": new,
                "previous": old,
                "change": change,
                "source": f"{here}/analytics/comparison?since={since}&until={until}",
            }
        )
    return shown


def tasks(session: Session, store_id: int, now: datetime, here: str) -> dict[str, Any]:
    """Collaboration tasks that wait, and how many of them are late."""
    row = session.execute(
        select(func.count(), func.sum(case((CollaborationTask.due_at < now, 1), else_=0))).where(
            CollaborationTask.store_id == store_id, CollaborationTask.state.in_(("open", "in_progress"))
        )
    ).one()
    return {"open": row[0], "overdue": int(row[1] or 0), "source": f"{here}/tasks?state=open&state=in_progress"}
