"""Messages of the platform and of other systems: verified, kept once, and turned into rows that rules see.

What a topic means is data of the pack (`callbacks.yaml`). The message is kept in the transaction that is answered,
together with the work of applying it, so it is never lost; a topic that nobody knows stays, and is shown.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.backoffice import BackofficeRules
from api.webhooks import signing
from engine.ledger import Regime
from store_model import messages, work
from store_model.bulk import Place
from store_model.callbacks import APPLIED, FAILED, PENDING, UNKNOWN_TOPIC, Callback, CallbackSource
from store_model.contests import open_complaint
from store_model.deadlines import TO_SHIP, ship_by
from store_model.messages import Conversation
from store_model.orders import Order
from store_model.outbox import emit
from store_model.products import Product
from store_model.violations import Complaint
from store_model.work import WorkItem

FILE = "callbacks.yaml"
USE = "callback secret"
KIND = "callback.apply"
STANDARD, PLATFORM = "standard_webhooks", "open_platform"
TOLERANCE = timedelta(minutes=10)
DOWN = "offline"


class NotApplicable(ValueError):
    """A message of a known topic whose data cannot be used; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What one group of topics means."""

    match: re.Pattern[str]
    effect: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as read: the sender's id of it, its topic, its data."""

    id: str
    topic: str
    data: Mapping[str, Any]


def load_topics(pack: Path) -> tuple[Topic, ...]:
    """The topics of a pack; none where it has no such file."""
    file = pack / FILE
    if not file.is_file():
        return ()
    found = yaml.safe_load(file.read_text(encoding="utf-8"))["topics"]
    return tuple(Topic(re.compile(entry["match"]), entry["effect"], entry["fields"]) for entry in found)


# Verifying -------------------------------------------------------------------------------------------------------


def platform_signature(secret: str, parameters: Mapping[str, str], body: bytes, *, path: str = "") -> str:
    """The Open Platform's own: path, the sorted parameters run together, the body; HMAC-SHA256, upper-case hex."""
    content = path + "".join(f"{name}{parameters[name]}" for name in sorted(parameters) if name != "sign")
    return hmac.new(secret.encode(), content.encode() + body, hashlib.sha256).hexdigest().upper()


def verify(
    scheme: str,
    secret: str,
    app_key: str | None,
    *,
    headers: Mapping[str, str],
    parameters: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> str | None:
    """The message's id where the signature covers one; NotVerified (`signing`) when it is not what it claims."""
    if scheme == STANDARD:
        return signing.verify([secret], headers, body, now=now.timestamp())
    moment = parameters.get("timestamp", "")
    if parameters.get("sign_method") != "sha256" or not (moment.isascii() and moment.isdigit() and len(moment) < 15):
        raise signing.NotVerified("sign_method=sha256 and a timestamp in milliseconds are needed")
    if abs(now - datetime.fromtimestamp(int(moment) / 1000, UTC)) > TOLERANCE:
        raise signing.NotVerified("timestamp is more than 10 minutes away from now")
    if app_key is not None and parameters.get("app_key") != app_key:
        raise signing.NotVerified("app_key is not the one of this source")
    made = platform_signature(secret, parameters, body)
    if not hmac.compare_digest(made.encode(), parameters.get("sign", "").encode()):
        raise signing.NotVerified("sign does not fit")
    return None


def read_message(body: bytes, message_id: str | None) -> Message:
    """A message; ValueError when it is no JSON object with a topic. Content that is JSON in a string is opened."""
    found = json.loads(body)
    topic = found.get("topic", found.get("type")) if isinstance(found, dict) else None
    if not isinstance(topic, str) or not 0 < len(topic) <= 120 or not topic.isprintable():
        raise ValueError("no topic")
    data = next((found[name] for name in ("data", "content") if name in found), {})
    if isinstance(data, str):
        data = json.loads(data)
    if isinstance(data, dict) and isinstance(data.get("current"), dict):
        data = data["current"]
    given = message_id or found.get("message_id") or found.get("id") or hashlib.sha256(body).hexdigest()
    return Message(str(given)[:128], topic, data if isinstance(data, dict) else {})


# Keeping ---------------------------------------------------------------------------------------------------------


def receive(session: Session, source: CallbackSource, message: Message, body: bytes, now: datetime) -> Callback:
    """Keep a message, and plan to apply it; one that is known already is that one, unchanged."""
    known = session.scalars(
        select(Callback).where(
            Callback.entity_id == source.entity_id,
            Callback.store_id == source.store_id,
            Callback.source_id == source.id,
            Callback.message_id == message.id,
        )
    ).one_or_none()
    if known is not None:
        return known
    row = Callback(
        entity_id=source.entity_id,
        store_id=source.store_id,
        source_id=source.id,
        message_id=message.id,
        topic=message.topic,
        received_at=now,
        body=body.decode(),
        state=PENDING,
    )
    session.add(row)
    session.flush()
    apply_later(session, row, now)
    return row


def apply_later(session: Session, row: Callback, now: datetime, *, again: bool = False) -> None:
    """Plan to apply a message (again)."""
    key = f"{row.id}" if not again else f"{row.id}/{now.isoformat()}"
    work.plan(
        session, entity_id=row.entity_id, store_id=row.store_id, kind=KIND, key=key, at=now, now=now,
        payload={"callback": row.id},
    )  # fmt: skip


# Applying --------------------------------------------------------------------------------------------------------

Effect = Callable[["Applier", Session, Callback, Mapping[str, Any], datetime], dict[str, Any]]


class Applier:
    """Turns messages into rows, by the topics and the back-office rules of the pack."""

    def __init__(
        self,
        topics: tuple[Topic, ...],
        rules: BackofficeRules,
        regime_of: Callable[[Session, Place], Regime],
    ) -> None:
        self.topics = topics
        self.rules = rules
        self.regime_of = regime_of

    def __call__(self, session: Session, item: WorkItem, now: datetime) -> None:
        """The handler of the planned work."""
        row = session.get(Callback, item.payload["callback"])
        if row is not None:
            self.apply(session, row, now)

    def apply(self, session: Session, row: Callback, now: datetime) -> None:
        """Do what the topic means. A message that cannot be used says why and stays."""
        topic = next((topic for topic in self.topics if topic.match.search(row.topic)), None)
        where = {"entity_id": row.entity_id, "store_id": row.store_id}
        row.applied_at = now
        if topic is None:
            row.state, row.outcome = UNKNOWN_TOPIC, None
            data = {"callback_id": str(row.id), "source": str(row.source_id), "topic": row.topic}
            emit(session, **where, type="callback.received", data=data, now=now)
            return
        try:
            data = read_message(row.body.encode(), row.message_id).data
            values = {name: data.get(field) for name, field in topic.fields.items()}
            row.outcome = EFFECTS[topic.effect](self, session, row, values, now)
            row.state = APPLIED
        except NotApplicable as refused:
            row.state, row.outcome = FAILED, {"reason": str(refused)}

    def moment(self, value: Any, now: datetime) -> datetime | None:
        """A time of a message: milliseconds, RFC 3339, or the platform's own clock without a zone."""
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e14:
            return datetime.fromtimestamp(value / 1000, UTC)
        if not isinstance(value, str) or not value:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return None
        zone: ZoneInfo = self.rules.zone(now.date())
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)


def _id(value: Any, what: str) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,40}", text):
        raise NotApplicable(f"{what} is missing or no id")
    return text


def _order_changed(
    applier: Applier, session: Session, row: Callback, values: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The order's state, unless what is known is newer; an order that is not known yet is begun."""
    number, state = _id(values["id"], "the order"), values["state"]
    if not isinstance(state, str) or not re.fullmatch(r"[A-Za-z_]{1,32}", state):
        raise NotApplicable("the order's state is missing")
    at = applier.moment(values["at"], now) or row.received_at
    order = session.scalars(
        select(Order).where(Order.store_id == row.store_id, Order.platform_id == number)
    ).one_or_none()
    if order is not None and order.changed_at is not None and order.changed_at > at:
        return {"order": number, "change": "older than what is known"}
    previous = None if order is None else order.state
    if order is None:
        order = Order(entity_id=row.entity_id, store_id=row.store_id, platform_id=number, digest="0" * 64, state=state)
        session.add(order)
    order.state, order.changed_at = state, at
    if order.ship_by is None or state not in TO_SHIP:
        order.ship_by = ship_by(
            state=state, paid_at=order.paid_at or at, handling_days=[], left=None, seen_at=now,
            limits=applier.rules.limits(now.date()),
        )  # fmt: skip
    session.flush()
    if state in TO_SHIP and previous != state:
        data = {"subject_id": number, "topic": row.topic, "at": at.isoformat()}
        emit(session, entity_id=row.entity_id, store_id=row.store_id, type="order.due", data=data, now=now)
    return {"order": number, "state": state, "previous": previous}


def _message_received(
    applier: Applier, session: Session, row: Callback, values: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """A buyer's message, in the conversation about the order or product, or in a new one."""
    buyer, text = values["buyer"], values["text"]
    if not (isinstance(buyer, str) and 0 < len(buyer) <= 100 and isinstance(text, str) and text):
        raise NotApplicable("the sender or the text is missing")
    about = {}
    if values["about"] in ("order", "product") and values["subject"] is not None:
        about[f"{values['about']}_platform_id"] = _id(values["subject"], "what it is about")
    at = applier.moment(values["at"], now) or row.received_at
    wanted = select(Conversation).where(Conversation.store_id == row.store_id, Conversation.buyer == buyer)
    for name in ("order_platform_id", "product_platform_id"):
        wanted = wanted.where(getattr(Conversation, name) == about.get(name))
    found = session.scalars(wanted.order_by(Conversation.id).limit(1)).first()
    if found is None:
        found = Conversation(
            entity_id=row.entity_id,
            store_id=row.store_id,
            buyer=buyer,
            last_at=at,
            last_from="buyer",
            unread=0,
            **about,
        )
        session.add(found)
        session.flush()
    place = Place(row.entity_id, row.store_id)
    message = messages.BuyerMessage(
        **place.columns(), conversation_id=found.id, from_party="buyer", at=at, text=text[:4000]
    )
    session.add(message)
    found.last_at, found.last_from, found.unread = max(found.last_at, at), "buyer", found.unread + 1
    session.flush()
    return {"conversation": str(found.id), "message": str(message.id)}


def _listing_taken_down(
    applier: Applier, session: Session, row: Callback, values: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The product is off the market."""
    number = _id(values["id"], "the listing")
    product = session.scalars(
        select(Product).where(Product.store_id == row.store_id, Product.platform_id == number)
    ).one_or_none()
    previous = None if product is None else product.status
    if product is not None:
        product.status = DOWN
        session.flush()
    data = {"listing_id": number, "reason": str(values["reason"] or "not said")[:200]}
    emit(
        session, entity_id=row.entity_id, store_id=row.store_id, type="listing.taken_down", data=data,
        previous={"status": previous}, now=now,
    )  # fmt: skip
    return {"listing": number, "known": product is not None, "previous": previous}


def _complaint_received(
    applier: Applier, session: Session, row: Callback, values: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """A complaint to be answered; one with the same number is that one."""
    number = _id(values["id"], "the complaint")
    if values["complainant"] not in ("rights_holder", "buyer"):
        raise NotApplicable("complainant is neither rights_holder nor buyer")
    known = session.scalars(
        select(Complaint).where(Complaint.store_id == row.store_id, Complaint.platform_id == number)
    ).one_or_none()
    if known is not None:
        return {"complaint": number, "known": True}
    place = Place(row.entity_id, row.store_id)
    regime = applier.regime_of(session, place)
    complaint = Complaint(
        **place.columns(), platform_id=number, complainant=values["complainant"],
        listing=None if values["listing"] is None else _id(values["listing"], "the listing"),
        offence=values["offence"] if values["offence"] in regime.offences else None, evidence=[],
        received_at=applier.moment(values["at"], now) or row.received_at,
    )  # fmt: skip
    open_complaint(session, place, regime, complaint, now=now)  # tells of it, too
    return {"complaint": number, "known": False}


EFFECTS: dict[str, Effect] = {
    "order_changed": _order_changed,
    "message_received": _message_received,
    "listing_taken_down": _listing_taken_down,
    "complaint_received": _complaint_received,
}
