"""Orders, disputes, evaluations and money of the sample store: four months of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from engine.facts import Listing
from store_model import bulk, funds
from store_model.bulk import Place
from store_model.deadlines import Limits
from store_model.incoming import IncomingDispute, IncomingEvaluation, IncomingLine, IncomingOrder, IncomingShipment
from store_model.orders import LogisticsSetting

DAYS = 120
COUNTRIES = ("US", "ES", "FR", "DE", "BR", "PL")
FEEDBACK = (
    (5, "Exactly as described, fast delivery."),
    (5, "Keeps my tea hot all day."),
    (4, "Good bottle, the box was dented."),
    (3, "Smaller than I thought."),
    (1, "The lid leaks."),
)
FEE = Decimal("0.08")


def orders(listings: Sequence[Listing], now: datetime) -> list[IncomingOrder]:
    """Two or three orders a day; the newest wait to be shipped, one of them too long."""
    chance = random.Random(20)
    goods = [listing for listing in listings if listing.status == "onSelling"]
    found = []
    for number in range(DAYS * 5 // 2):
        age = timedelta(days=DAYS) * (1 - number / (DAYS * 5 / 2))
        placed = now - age - timedelta(minutes=chance.randrange(60))
        listing = chance.choice(goods)
        found.append(_order(number, listing, placed, age, chance))
    return found


def _order(number: int, listing: Listing, placed: datetime, age: timedelta, chance: random.Random) -> IncomingOrder:
    price = listing.price or Decimal(0)
    pieces = chance.choice((1, 1, 1, 2, 3))
    sku = chance.choice(listing.skus)
    late = number % 25 == 0
    if age < timedelta(hours=20):
        state = "RISK_CONTROL" if number % 2 else "IN_CANCEL"
    elif age < timedelta(days=4) or (late and age < timedelta(days=12)):
        state = "WAIT_SELLER_SEND_GOODS"
    elif age < timedelta(days=25):
        state = "WAIT_BUYER_ACCEPT_GOODS"
    else:
        state = "FINISH"
    sent = placed + timedelta(days=2) if state in ("WAIT_BUYER_ACCEPT_GOODS", "FINISH") else None
    parcel = IncomingShipment(
        tracking_number=f"LP{number:09d}CN",
        carrier="CAINIAO_STANDARD",
        received_state="received" if state == "FINISH" else "default",
        declared_at=sent,
        scanned_at=None if sent is None or number % 40 == 0 else sent + timedelta(days=1),
    )
    return IncomingOrder(
        platform_id=str(8190000000000000 + number),
        state=state,
        placed_at=placed,
        paid_at=placed + timedelta(minutes=10),
        sent_at=sent,
        finished_at=placed + timedelta(days=24) if state == "FINISH" else None,
        changed_at=placed + min(age, timedelta(days=3)),
        cancel_reason="ordered by mistake" if state == "IN_CANCEL" else None,
        amount=price * pieces,
        currency="USD",
        buyer_country=chance.choice(COUNTRIES),
        lines=(
            IncomingLine(
                platform_id=f"{8190000000000000 + number}1",
                product_platform_id=listing.id,
                sku_code=sku.code,
                title=listing.title,
                quantity=pieces,
                unit_price=price,
                currency="USD",
                handling_days=listing.handling_days,
            ),
        ),
        shipments=(parcel,) if sent is not None else (),
    )


def disputes(sold: Sequence[IncomingOrder], now: datetime) -> list[IncomingDispute]:
    """One order in forty is disputed; the newest of them still run."""
    found = []
    for number, order in enumerate(order for order in sold[::40] if order.sent_at is not None):
        assert order.placed_at is not None
        opened = order.placed_at + timedelta(days=15)
        runs = opened > now - timedelta(days=5)
        found.append(
            IncomingDispute(
                platform_id=str(7000000000 + number),
                state="processing" if runs else "finish",
                order_platform_id=order.platform_id,
                reason=("not_as_described", "not_received")[number % 2],
                opened_at=min(opened, now - timedelta(days=1)),
                timeout_kind="WAIT_SOLUTION_TIMEOUT" if runs else None,
                timeout_at=now + timedelta(days=2) if runs else None,
                refund=order.amount,
                currency="USD",
            )
        )
    return found


def evaluations(sold: Sequence[IncomingOrder], now: datetime) -> list[IncomingEvaluation]:
    """Every second finished order is evaluated."""
    found = []
    for number, order in enumerate([order for order in sold if order.finished_at is not None][::2]):
        assert order.finished_at is not None
        stars, text = FEEDBACK[(number * number + number) % 9 % len(FEEDBACK)]
        found.append(
            IncomingEvaluation(
                platform_id=f"E{number:08d}",
                stars=stars,
                given_at=min(order.finished_at + timedelta(days=2), now),
                order_platform_id=order.platform_id,
                product_platform_id=order.lines[0].product_platform_id,
                buyer=f"Buyer {number % 37:02d}",
                description=stars,
                communication=min(5, stars + 1),
                delivery=min(5, stars + number % 2),
                feedback=text,
                finished_at=order.finished_at,
                order_amount=order.amount,
                order_currency="USD",
            )
        )
    return found


def fill(session: Session, place: Place, listings: Sequence[Listing], limits: Limits, now: datetime) -> None:
    """Write all of it."""
    sold = orders(listings, now)
    bulk.upsert_orders(session, place, sold, limits=limits, seen_at=now, now=now)
    bulk.upsert_disputes(session, place, disputes(sold, now), answer=limits.dispute_answer, now=now)
    bulk.upsert_evaluations(session, place, evaluations(sold, now), now=now)
    session.add(
        LogisticsSetting(
            **place.columns(), name="Standard line", carrier="CAINIAO_STANDARD", ship_from="CN", handling_days=5
        )
    )
    _money(session, place, [order for order in sold if order.state == "FINISH"], now)


def _money(session: Session, place: Place, finished: Sequence[IncomingOrder], now: datetime) -> None:
    """What finished orders brought, less the fee, and a withdrawal at the end."""
    accounts = {
        kind: funds.FundAccount(**place.columns(), kind=kind, name=kind.title(), currency="USD")
        for kind in ("available", "sales", "fees", "withdrawn")
    }
    session.add_all(accounts.values())
    session.flush()

    def move(kind: str, reference: str, at: datetime, sides: dict[str, Decimal], order: str | None = None) -> None:
        movement = funds.FundMovement(
            **place.columns(),
            kind=kind,
            happened_at=at,
            recorded_at=now,
            reference=reference,
            order_platform_id=order,
        )
        funds.post(session, movement, [funds.Side(accounts[name], amount) for name, amount in sides.items()])

    total = Decimal(0)
    for order in finished[-40:]:
        assert order.finished_at is not None
        amount = order.amount or Decimal(0)
        fee = (amount * FEE).quantize(Decimal("0.01"))
        sides = {"sales": -amount, "available": amount - fee, "fees": fee}
        move("sale", f"sale {order.platform_id}", order.finished_at, sides, order.platform_id)
        total += amount - fee
    taken = (total / 2).quantize(Decimal("0.01"))
    move("withdrawal", "withdrawal 1", now - timedelta(days=1), {"available": -taken, "withdrawn": taken})
