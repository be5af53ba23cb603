"""The nightly forecast of every store: the step ahead, and the step if all open findings were confirmed.

Stores are taken in turns, those first whose forecast is missing or oldest, so that a sweep is a series of short
transactions. What differs from the night before is told as `step.forecast`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.ledger import Ledger
from engine.ledger.book import stamp
from engine.ledger.forecast import if_confirmed
from engine.ledger.upcoming import step_ahead, step_name
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.findings import Finding
from store_model.outbox import News, emit_many
from store_model.penalty_book import load_notices
from store_model.penalty_due import BookOf
from store_model.products import Product
from store_model.tenancy import scoped_insert
from store_model.violations import PenaltyForecast

BATCH = 50
NONE = "none"
OVER = ("fixed", "waived")
"""The states of a finding that puts nothing at risk."""


def forecast_stores(
    session: Session, book_of: BookOf, *, platforms: Collection[str], since: datetime, now: datetime
) -> bool:
    """Forecast up to `BATCH` stores of these platforms that have none since `since`; whether more are waiting."""
    has_one = (
        select(PenaltyForecast.store_id)
        .where(PenaltyForecast.store_id == Store.id, PenaltyForecast.as_of >= since)
        .exists()
    )
    waiting = select(Store.entity_id, Store.id).where(Store.platform.in_(platforms), ~has_one)
    rows = session.execute(waiting.order_by(Store.id).limit(BATCH)).all()
    for entity_id, store_id in rows:
        place = Place(entity_id, store_id)
        book = book_of(session, place)
        if book is not None:
            forecast_store(session, place, Ledger(book.regime, load_notices(session, place)), now)
    return len(rows) == BATCH


def forecast_store(session: Session, place: Place, ledger: Ledger, now: datetime) -> list[PenaltyForecast]:
    """Make the forecast of one store, tell what is new in it, and keep it."""
    last = {
        row.ladder: row
        for row in session.scalars(select(PenaltyForecast).where(PenaltyForecast.store_id == place.store_id))
    }
    findings = open_findings(session, place)
    online = session.scalar(
        select(func.count(Product.id)).where(Product.store_id == place.store_id, Product.status == "onSelling")
    )
    supposed = if_confirmed(ledger, now, findings, online or None) if findings else {"pools": []}
    confirmed = {pool["ladder"]: pool for pool in supposed["pools"]}
    rows = []
    for ladder, pool in ledger.pools.items():
        ahead = step_ahead(pool, now)
        then = confirmed.get(ladder)
        balance, step = pool.balance(now), step_name(pool, now) or NONE
        rows.append(
            {
                **place.columns(), "ladder": ladder, "as_of": now, "balance": balance, "step": step,
                "next_step": None if ahead is None else ahead.step or NONE,
                "next_step_at": None if ahead is None else ahead.at, "open_findings": len(findings),
                "confirmed_balance": balance if then is None else Decimal(str(then["to"])),
                "confirmed_step": step if then is None else then["step"] or NONE,
            }
        )  # fmt: skip
    news = [item for row in rows for item in _news(row, last.get(row["ladder"]), now)]
    emit_many(session, entity_id=place.entity_id, store_id=place.store_id, news=news, now=now)
    scoped_insert(session, _upsert(session.get_bind().dialect.name), rows)
    return [PenaltyForecast(**row) for row in rows]


def open_findings(session: Session, place: Place) -> list[tuple[str, str]]:
    """(code, listing id) of every finding that may still be confirmed; rules in shadow accuse nobody."""
    wanted = select(Finding.code, Finding.listing_id).where(
        Finding.store_id == place.store_id, Finding.state.not_in(OVER), Finding.mode != "shadow"
    )
    return [(code, listing or "") for code, listing in session.execute(wanted)]


def _news(row: Mapping[str, Any], last: PenaltyForecast | None, now: datetime) -> Iterable[News]:
    """A step ahead that was not told before, and a step that open findings would bring and did not before."""
    ladder, step = row["ladder"], row["step"]
    told = None if last is None or last.next_step is None else (last.next_step, last.next_step_at)
    if row["next_step"] is not None and (row["next_step"], row["next_step_at"]) != told:
        before = None if told is None or told[1] is None else _forecast(ladder, told[0], told[1], "time")
        yield News("step.forecast", _forecast(ladder, row["next_step"], row["next_step_at"], "time"), before)
    risk, risked = row["confirmed_step"], step if last is None else last.confirmed_step
    if risk not in (step, risked):
        before = None if last is None else _forecast(ladder, risked, now, "open_findings")
        yield News("step.forecast", _forecast(ladder, risk, now, "open_findings"), before)


def _forecast(ladder: str, step: str, at: datetime, cause: str) -> dict[str, Any]:
    return {"ladder": ladder, "step": step, "at": stamp(at), "cause": cause}


@lru_cache(maxsize=2)
def _upsert(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(PenaltyForecast)
    key = ("entity_id", "store_id", "ladder")
    changed = {
        column.name: statement.excluded[column.name]
        for column in PenaltyForecast.__table__.columns
        if column.name not in key
    }
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed)
