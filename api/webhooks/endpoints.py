"""What can be done with endpoints and deliveries: secrets made and rotated, tests sent, events sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from api.webhooks import signing
from api.webhooks.sealing import Sealer
from store_model.accounts import Store
from store_model.endpoints import DISABLED, ENABLED, Delivery, Endpoint
from store_model.leases import DEAD, WAITING
from store_model.outbox import Event, delivery_row, emit, emit_everywhere, listens
from store_model.tenancy import scoped_insert

OVERLAP = timedelta(hours=24)
"""How long the secret before still signs, unless the rotation says otherwise."""

MOST_SECRETS = 5
USE = "endpoint secret"
"""What the secrets are sealed for."""

MOST_REPLAYED = 10_000
"""Events of one replay; what is more comes with the next, from where this one ended."""


def new_sealed(sealer: Sealer, signature: str, now: datetime, given: str | None = None) -> tuple[str, dict[str, Any]]:
    """A secret, shown this once, and what is kept of it."""
    secret = given or signing.new_secret(signature)
    kept = {
        "sealed": sealer.seal(secret, USE),
        "public": signing.public_key(secret),
        "created_at": now.isoformat(),
        "expires_at": None,
    }
    return secret, kept


def rotate(endpoint: Endpoint, sealer: Sealer, *, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """A new secret; the ones before sign along until `overlap` is over."""
    secret, kept = new_sealed(sealer, endpoint.signature, now)
    until = now + overlap
    before = [
        {**entry, "expires_at": min(until, _moment(entry["expires_at"]) or until).isoformat()}
        for entry in holding(endpoint.secrets, now)
    ]
    endpoint.secrets = [kept, *before][:MOST_SECRETS]
    return secret


def holding(secrets: Sequence[Mapping[str, Any]], now: datetime) -> list[Mapping[str, Any]]:
    """The secrets that still sign, the newest first."""
    return [entry for entry in secrets if (_moment(entry["expires_at"]) or now + OVERLAP) > now]


def keys_of(secrets: Sequence[Mapping[str, Any]], sealer: Sealer, now: datetime) -> list[str]:
    """The secrets that still sign, opened. Empty when none can be opened."""
    opened = [sealer.open(entry["sealed"], USE) for entry in holding(secrets, now)]
    return [key for key in opened if key is not None]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def disable(session: Session, endpoint: Endpoint, *, reason: str, now: datetime) -> None:
    """No more events go there; what was on its way is dead and can be sent again later. Told in every store."""
    if endpoint.state == DISABLED:
        return
    data = {
        "endpoint_id": str(endpoint.id),
        "url": endpoint.url,
        "reason": reason,
        "failing_since": (endpoint.failing_since or now).isoformat(),
    }
    endpoint.state, endpoint.disabled_reason = DISABLED, reason
    session.flush()
    session.execute(
        update(Delivery)
        .where(Delivery.endpoint_id == endpoint.id, Delivery.state == WAITING)
        .values(state=DEAD, due_at=None, finished_at=now, last_error=f"endpoint disabled: {reason}"),
        execution_options={"synchronize_session": False},
    )
    stores = None if endpoint.store_ids is None else [int(store) for store in endpoint.store_ids]
    emit_everywhere(
        session, entity_id=endpoint.entity_id, type="endpoint.disabled", data=data, now=now, store_ids=stores
    )


def enable(endpoint: Endpoint) -> None:
    """Events go there again, from now on; those missed are sent by a replay."""
    endpoint.state, endpoint.disabled_reason, endpoint.failing_since = ENABLED, None, None


def send_test(session: Session, endpoint: Endpoint, *, now: datetime) -> Event | None:
    """A test event that goes to this endpoint, whatever it listens to; None when the entity has no store."""
    wanted = select(Store.id).where(Store.entity_id == endpoint.entity_id).order_by(Store.id).limit(1)
    if endpoint.store_ids:
        wanted = wanted.where(Store.id.in_([int(store) for store in endpoint.store_ids]))
    store_id = session.scalar(wanted)
    if store_id is None:
        return None
    data = {"endpoint_id": str(endpoint.id), "at": now.isoformat()}
    event = emit(session, entity_id=endpoint.entity_id, store_id=store_id, type="endpoint.test", data=data, now=now)
    if not listens(endpoint.event_types, endpoint.store_ids, event):
        event.id = session.scalars(select(Event.id).where(Event.public_id == event.public_id)).one()
        scoped_insert(session, insert(Delivery), [delivery_row(event, endpoint.id, now)])
    return event


def replay(
    session: Session,
    endpoint: Endpoint,
    *,
    now: datetime,
    event_ids: Sequence[str] | None = None,
    store_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    first: int | None = None,
    last: int | None = None,
    types: Sequence[str] | None = None,
    only_dead: bool = False,
) -> tuple[int, str | None]:
    """Send events again that fit everything given, with their first ids, so that a receiver knows them.

    Answers how many, and the id of the last when there may be more than MOST_REPLAYED. Without `event_ids` only what
    the endpoint listens to is sent.
    """
    wanted = _wanted(endpoint, event_ids, store_id, since, until, first, last, only_dead)
    events = session.scalars(wanted.order_by(Event.id).limit(MOST_REPLAYED + 1)).all()
    more = len(events) > MOST_REPLAYED
    events = events[:MOST_REPLAYED]
    if event_ids is None:
        events = [event for event in events if listens(endpoint.event_types, endpoint.store_ids, event)]
    if types is not None:
        events = [event for event in events if listens(types, None, event)]
    rounds = _rounds(session, endpoint.id, [event.id for event in events])
    rows = [delivery_row(event, endpoint.id, now, number=rounds.get(event.id, -1) + 1) for event in events]
    for start in range(0, len(rows), 500):
        scoped_insert(session, insert(Delivery), rows[start : start + 500])
    return len(rows), events[-1].public_id if more and events else None


def _wanted(
    endpoint: Endpoint, event_ids: Sequence[str] | None, store_id: int | None, since: datetime | None,
    until: datetime | None, first: int | None, last: int | None, only_dead: bool,
) -> Select[Any]:  # fmt: skip
    found = select(Event).where(Event.entity_id == endpoint.entity_id)
    if event_ids is not None:
        found = found.where(Event.public_id.in_(event_ids))
    if store_id is not None:
        found = found.where(Event.store_id == store_id)
    if since is not None:
        found = found.where(Event.at >= since)
    if until is not None:
        found = found.where(Event.at < until)
    if first is not None:
        found = found.where(Event.sequence >= first)
    if last is not None:
        found = found.where(Event.sequence <= last)
    if only_dead:
        dead = select(Delivery.event_id).where(Delivery.endpoint_id == endpoint.id, Delivery.state == DEAD)
        found = found.where(Event.id.in_(dead))
    return found


def _rounds(session: Session, endpoint_id: int, event_ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(event_ids), 500):
        rows = session.execute(
            select(Delivery.event_id, func.max(Delivery.round))
            .where(Delivery.endpoint_id == endpoint_id, Delivery.event_id.in_(event_ids[start : start + 500]))
            .group_by(Delivery.event_id)
        )
        found |= {row[0]: row[1] for row in rows}
    return found
