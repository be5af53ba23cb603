"""The nightly forecast of every store: the step ahead, and the step if all open findings were confirmed.

Stores are taken in turns, those first whose forecast is missing or oldest, so that a sweep is a series of short
transactions. What differs from the night before is told as `step.forecast`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
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
from store_model.penalty_book import entries_of, load_orders
from store_model.penalty_due import BookOf
from store_model.products import Product
from store_model.tenancy import scoped_insert
from store_model.violations import PenaltyForecast

BATCH = 200
NONE = "none"
OVER = ("fixed", "waived")
"""The states of a finding that puts nothing at risk."""


def forecast_stores(
    session: Session, book_of: BookOf, *, platforms: Collection[str], since: datetime, now: datetime
) -> bool:
    """Forecast up to `BATCH` stores of these platforms that have none since `since`; whether more are waiting."""
    has_one = (
        select(PenaltyForecast.store_id)
        .where(
            PenaltyForecast.entity_id == Store.entity_id,
            PenaltyForecast.store_id == Store.id,
            PenaltyForecast.as_of >= since,
        )
        .exists()
    )
    waiting = select(Store.entity_id, Store.id).where(Store.platform.in_(platforms), ~has_one)
    found = session.execute(waiting.order_by(Store.entity_id, Store.id).limit(BATCH)).all()
    for entity_id, stores in groupby(found, key=itemgetter(0)):
        _forecast_entity(session, book_of, entity_id, [store_id for _, store_id in stores], now)
    return len(found) == BATCH


def _forecast_entity(
    session: Session, book_of: BookOf, entity_id: int, store_ids: Sequence[int], now: datetime
) -> None:
    """Forecast some stores of one legal entity, all that is looked up for all of them at once."""
    seen = _Seen.of(session, entity_id, store_ids)
    entries = entries_of(session, entity_id, [number for number in store_ids if number not in seen.findings])
    rows: list[dict[str, Any]] = []
    for store_id in store_ids:
        place = Place(entity_id, store_id)
        book = book_of(session, place)
        if book is None:
            continue
        if store_id in seen.findings:  # what they would cost depends on the cases before, which entries do not hold
            ledger = book.ledger(session, place)
        else:
            orders = load_orders(session, place) if book.regime.earns else ()
            ledger = Ledger.of_entries(book.regime, entries[store_id], orders)
        rows += _forecast_store(session, place, ledger, seen, now)
    if rows:
        scoped_insert(session, _upsert(session.get_bind().dialect.name), rows)


def forecast_store(session: Session, place: Place, ledger: Ledger, now: datetime) -> None:
    """Make the forecast of one store, tell what is new in it, and keep it."""
    seen = _Seen.of(session, place.entity_id, [place.store_id])
    rows = _forecast_store(session, place, ledger, seen, now)
    scoped_insert(session, _upsert(session.get_bind().dialect.name), rows)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What forecasts of stores look at beside the ledger: their last forecasts, open findings, products on sale."""

    last: Mapping[tuple[int, str], PenaltyForecast]
    findings: Mapping[int, list[tuple[str, str]]]
    online: Mapping[int, int]

    @classmethod
    def of(cls, session: Session, entity_id: int, store_ids: Sequence[int]) -> _Seen:
        mine = (PenaltyForecast.entity_id == entity_id, PenaltyForecast.store_id.in_(store_ids))
        last = {(row.store_id, row.ladder): row for row in session.scalars(select(PenaltyForecast).where(*mine))}
        findings = _open_findings(session, entity_id, store_ids)
        counted = (
            select(Product.store_id, func.count(Product.id))
            .where(Product.entity_id == entity_id, Product.store_id.in_(list(findings)), Product.status == "onSelling")
            .group_by(Product.store_id)
        )
        online = {row[0]: row[1] for row in session.execute(counted)} if findings else {}
        return cls(last, findings, online)


def _forecast_store(session: Session, place: Place, ledger: Ledger, seen: _Seen, now: datetime) -> list[dict[str, Any]]:
    """The rows of one store, a ladder each; what is new in them is told."""
    findings = seen.findings.get(place.store_id, [])
    supposed = if_confirmed(ledger, now, findings, seen.online.get(place.store_id)) if findings else {"pools": []}
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
    news = [item for row in rows for item in _news(row, seen.last.get((place.store_id, row["ladder"])), now)]
    emit_many(session, entity_id=place.entity_id, store_id=place.store_id, news=news, now=now)
    return rows


def open_findings(session: Session, place: Place) -> list[tuple[str, str]]:
    """(code, listing id) of every finding that may still be confirmed; rules in shadow accuse nobody."""
    return _open_findings(session, place.entity_id, [place.store_id]).get(place.store_id, [])


def _open_findings(session: Session, entity_id: int, store_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    wanted = select(Finding.store_id, Finding.code, Finding.listing_id).where(
        Finding.entity_id == entity_id, Finding.store_id.in_(store_ids), Finding.state.not_in(OVER),
        Finding.mode != "shadow",
    )  # fmt: skip
    found: dict[int, list[tuple[str, str]]] = {}
    for store_id, code, listing in session.execute(wanted.order_by(Finding.store_id, Finding.id)):
        found.setdefault(store_id, []).append((code, listing or ""))
    return found


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
