"""The outbox: events written in the transaction of the change that they tell of, numbered per store without a gap.

    emit(session, entity_id=…, store_id=…, type="finding.opened", data={…}, previous={…}, now=…)

The number comes from the store's counter, whose row stays locked until the transaction ends: numbers appear in their
order, and a transaction that is rolled back leaves no hole. The body that is stored is what every delivery sends and
what the feed answers, byte for byte.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, bindparam, delete, event, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.accounts import Store
from store_model.columns import Base, UtcDateTime
from store_model.endpoints import ENABLED, Delivery, Endpoint
from store_model.leases import WAITING
from store_model.sessions import GuardedSession
from store_model.tenancy import Id, StoreRow, own, run_own, scoped_insert

TYPE = re.compile(r"[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*")
BATCH = 500

listeners: list[Callable[[], None]] = []
"""Called after a commit that brought events, so that a worker in this process need not wait for its next look."""


class EventCounter(StoreRow, Base):
    """The last number given to an event of a store."""

    __tablename__ = "event_counter"
    __audited__ = False  # rises with every event

    entity_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Id)


class Event(StoreRow, Base):
    """One event. `public_id` is what travels as webhook-id; `body` is JSON, never changed."""

    __tablename__ = "event"
    __audited__ = False  # it is itself the record of a change
    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "sequence"),
        UniqueConstraint("public_id"),
        Index("ix_event_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40))
    sequence: Mapped[int] = mapped_column(Id)
    type: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: the type, how things are now, and how they were (None: there was nothing before)."""

    type: str
    data: Mapping[str, Any]
    previous: Mapping[str, Any] | None = None


def emit(
    session: Session,
    *,
    entity_id: int,
    store_id: int,
    type: str,  # noqa: A002 - the standard's own word
    data: Mapping[str, Any],
    previous: Mapping[str, Any] | None = None,
    now: datetime,
) -> Event:
    """Write one event, and a delivery for each endpoint that listens to it. ValueError for a type that is none."""
    return emit_many(session, entity_id=entity_id, store_id=store_id, news=[News(type, data, previous)], now=now)[0]


NEW_EVENTS = insert(Event)
NUMBERED_EVENTS = insert(Event).returning(Event.id, sort_by_parameter_order=True)


def emit_many(session: Session, *, entity_id: int, store_id: int, news: Sequence[News], now: datetime) -> list[Event]:
    """The same for many events of one store, in their order. Their `id` is known where an endpoint listens."""
    for item in news:
        if not TYPE.fullmatch(item.type):
            raise ValueError(f"{item.type!r} is no event type; write words of letters, digits and _ with dots between")
    if not news:
        return []
    session.flush()
    first = _take_numbers(session, entity_id, store_id, len(news)) - len(news) + 1
    rows = [
        {
            "entity_id": entity_id,
            "store_id": store_id,
            "sequence": first + index,
            "type": item.type,
            "at": now,
            **_named(item, store_id, first + index, now),
        }
        for index, item in enumerate(news)
    ]
    written = [Event(**row) for row in rows]
    endpoints = run_own(session, ENABLED_ENDPOINTS, entity_id, store_id).all()
    if any(listens(endpoint.event_types, endpoint.store_ids, told) for told in written for endpoint in endpoints):
        for start in range(0, len(rows), BATCH):
            numbers = scoped_insert(session, NUMBERED_EVENTS, rows[start : start + BATCH]).scalars()
            for told, number in zip(written[start : start + BATCH], numbers, strict=True):
                told.id = number
        _fan_out(session, written, endpoints, now=now)
    else:
        scoped_insert(session, NEW_EVENTS, rows)
    session.info["news"] = True
    return written


def emit_everywhere(
    session: Session, *, entity_id: int, type: str, data: Mapping[str, Any],  # noqa: A002
    previous: Mapping[str, Any] | None = None, now: datetime, store_ids: Sequence[int] | None = None,
) -> list[Event]:  # fmt: skip
    """An event of the whole entity: told in each of its stores (or in these), in the order of their ids."""
    wanted = select(Store.id).where(Store.entity_id == entity_id).order_by(Store.id)
    if store_ids is not None:
        wanted = wanted.where(Store.id.in_(store_ids))
    news = [News(type, data, previous)]
    return [
        told
        for store_id in session.scalars(wanted).all()
        for told in emit_many(session, entity_id=entity_id, store_id=store_id, news=news, now=now)
    ]


_endpoint: Any = Endpoint.__table__.c
ENABLED_ENDPOINTS = own(
    select(_endpoint.id, _endpoint.event_types, _endpoint.store_ids).where(_endpoint.state == ENABLED), Endpoint
)


def _fan_out(session: Session, events: Sequence[Event], endpoints: Sequence[Any], *, now: datetime) -> None:
    """A delivery for each event and each of these endpoints that listens to it."""
    rows = [
        delivery_row(told, endpoint.id, now)
        for told in events
        for endpoint in endpoints
        if listens(endpoint.event_types, endpoint.store_ids, told)
    ]
    for start in range(0, len(rows), BATCH):
        scoped_insert(session, insert(Delivery), rows[start : start + BATCH])


def delivery_row(told: Event, endpoint_id: int, now: datetime, *, number: int = 0) -> dict[str, Any]:
    """The columns of a delivery that is due at once."""
    return {
        "entity_id": told.entity_id, "store_id": told.store_id, "event_id": told.id, "endpoint_id": endpoint_id,
        "round": number, "state": WAITING, "due_at": now, "attempts": 0, "created_at": now,
    }  # fmt: skip


def listens(event_types: Sequence[str] | None, store_ids: Sequence[str] | None, told: Event) -> bool:
    """Whether an endpoint with these filters wants an event; `finding.*` stands for all that begin with `finding.`."""
    if store_ids is not None and str(told.store_id) not in store_ids:
        return False
    return event_types is None or any(
        told.type == wanted or (wanted.endswith(".*") and told.type.startswith(wanted[:-1])) for wanted in event_types
    )


def last_sequence(session: Session, store_id: int) -> int:
    """The number of the newest event of a store; 0 when there was none."""
    return session.scalar(select(EventCounter.last).where(EventCounter.store_id == store_id)) or 0


def oldest_sequence(session: Session, store_id: int) -> int | None:
    """The number of the oldest event that is still kept; None when none is."""
    return session.scalar(select(func.min(Event.sequence)).where(Event.store_id == store_id))


def forget_before(session: Session, moment: datetime, *, limit: int = 5000) -> int:
    """Delete events older than this, with their deliveries and attempts; how many (at most `limit`) went.

    An event that is still on its way stays until it has arrived or is given up.
    """
    on_its_way = select(Delivery.id).where(Delivery.event_id == Event.id, Delivery.due_at.is_not(None)).exists()
    old = select(Event.id).where(Event.at < moment, ~on_its_way).order_by(Event.at, Event.id).limit(limit)
    gone = delete(Event).where(Event.id.in_(old)).returning(Event.id)
    return len(session.scalars(gone, execution_options={"synchronize_session": False}).all())


_counter: Any = EventCounter.__table__
RAISE_COUNTER = own(update(_counter), EventCounter).values(last=_counter.c.last + bindparam("count"))
RAISE_COUNTER = RAISE_COUNTER.returning(_counter.c.last)


def _take_numbers(session: Session, entity_id: int, store_id: int, count: int) -> int:
    """Raise the counter by `count` and hold it; answers where it stands then."""
    last = run_own(session, RAISE_COUNTER, entity_id, store_id, count=count).scalar()
    if last is None:
        dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        first = {"entity_id": entity_id, "store_id": store_id, "last": 0}
        scoped_insert(session, dialect.insert(EventCounter).on_conflict_do_nothing(), [first])
        last = run_own(session, RAISE_COUNTER, entity_id, store_id, count=count).scalar()
    assert last is not None
    return int(last)


def _named(news: News, store_id: int, sequence: int, now: datetime) -> dict[str, str]:
    """The id, which nobody can guess and sorts by time, and the body."""
    public_id = f"evt_{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"
    body = {
        "type": news.type,
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "id": public_id,
        "store_id": str(store_id),
        "sequence": sequence,
        "data": {"current": dict(news.data), "previous": None if news.previous is None else dict(news.previous)},
    }
    return {"public_id": public_id, "body": json.dumps(body, ensure_ascii=False, separators=(",", ":"))}


@event.listens_for(GuardedSession, "after_commit")
def _tell(session: Session) -> None:
    if session.info.pop("news", False):
        for listener in listeners:
            listener()
