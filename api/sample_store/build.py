"""Makes the sample store: a legal entity with two stores and a user of each role, then section by section."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.passwords import Passwords
from api.sample_store import desk, goods, trade
from api.services.backoffice import BackofficeRules
from api.services.penalties import Penalties
from api.services.products import Desk, check
from engine import Pack
from engine.errors import StorewardenError
from engine.facts import Listing
from engine.intake import one_listing
from engine.ledger import Notice
from store_model import bulk
from store_model.accounts import Grant, User
from store_model.bulk import Place
from store_model.db import Database
from store_model.penalty_forecasts import forecast_store
from store_model.people import add_store, found_entity
from store_model.products import Product
from store_model.tenancy import Scope

ENTITY = "Norvella Trading Ltd (sample)"
ROLES = ("owner", "operator", "compliance_officer", "analyst", "read_only")
NOTICES = (
    ("SAMPLE-1", 300, "PTS101", None),
    ("SAMPLE-2", 90, "PTS101", None),
    ("SAMPLE-3", 20, "PTS102", None),
)
"""Case, days ago, offence, points: what the platform is said to have told."""
SECONDS = 30.0


class SampleExists(StorewardenError):
    """There is a sample store already."""

    code = "sample_exists"


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: stores by name, and the password of each user by e-mail, shown this once."""

    entity_id: int
    stores: Mapping[str, int]
    passwords: Mapping[str, str]
    products: int
    findings: int


def make(
    database: Database, pack: Pack, backoffice: BackofficeRules, penalties: Penalties, *, now: datetime,
    domain: str = "sample.example.com",
) -> Made:  # fmt: skip
    """Make it for the moment `now`; SampleExists when its owner's e-mail is taken."""
    passwords = {f"{role}@{domain}": secrets.token_urlsafe(12) for role in ROLES}
    hasher = Passwords()
    hashes = {email: hasher.hash_now(password) for email, password in passwords.items()}
    hasher.close()
    with database.system(actor="system:sample-store") as session:
        if session.scalar(select(User.id).where(User.email.in_(list(passwords)))) is not None:
            raise SampleExists(f"there is a sample store already: {', '.join(passwords)} are taken")
        emails = iter(passwords)
        first = next(emails)
        owner = found_entity(session, entity=ENTITY, email=first, name="Owner", password_hash=hashes[first])
        entity_id = owner.entity_id
        stores = {
            name: add_store(session, entity_id, platform=pack.marketplace, platform_id=platform_id, name=name)
            for name, platform_id in (("Norvella Home", "1100990001"), ("Norvella Outdoor", "1100990002"))
        }
        for store in stores.values():
            store.level, store.type = "good", "specialty"
        for email, role in zip(emails, ROLES[1:], strict=True):
            user = User(
                entity_id=entity_id, email=email, name=role.replace("_", " ").title(), password_hash=hashes[email]
            )
            session.add(user)
            session.flush()
            session.add(Grant(entity_id=entity_id, user_id=user.id, store_id=None, role=role))
        numbers = {name: store.id for name, store in stores.items()}
    main = Place(entity_id, next(iter(numbers.values())))
    scope = Scope(entity_id, frozenset({main.store_id}), "system:sample-store")
    with database.scoped(scope) as session:
        found = _fill(session, main, Desk(pack, backoffice, SECONDS, penalties), now, f"user:{owner.id}")
    with database.scoped(scope) as session:
        _violations(session, main, penalties, now)
    return Made(entity_id, numbers, passwords, *found)


def _fill(session: Session, place: Place, checks: Desk, now: datetime, owner: str) -> tuple[int, int]:
    """Every section of the main store; how many products and findings there are."""
    listings = [one_listing(draft) for draft in goods.listings(checks.pack.baseline["listing"])]
    bulk.upsert_products(session, place, listings, status="onSelling", now=now)
    session.flush()
    rows = session.scalars(select(Product).where(Product.store_id == place.store_id).order_by(Product.id)).all()
    found = sum(len(check(session, checks, row, now=now).bare_findings) for row in rows)
    session.expire_all()
    on_sale = [row for row in rows if row.status == "onSelling"]
    desk.products(session, place.store_id, on_sale, now)
    trade.fill(session, place, _with_price(listings), checks.rules.limits(now.date()), now)
    desk.storefront(session, place.store_id, now)
    desk.marketing(session, place.store_id, on_sale, now)
    desk.account(session, place.store_id, now)
    desk.header(session, place.store_id, owner, now)
    desk.analytics(session, place.store_id, on_sale, now)
    session.flush()
    return len(rows), found


def _with_price(listings: list[Listing]) -> list[Listing]:
    return [listing for listing in listings if listing.price is not None and listing.price > Decimal(0)]


def _violations(session: Session, place: Place, penalties: Penalties, now: datetime) -> None:
    """What the platform told, as it would have: one notice after the other."""
    book = penalties.of_store(session, place)
    for case, days, offence, points in NOTICES:
        notice = Notice(
            case=case,
            at=now - timedelta(days=days),
            known=now,
            offence=offence,
            points=None if points is None else Decimal(points),
            listing=str(1005000000100000 + days % 7),
        )
        book.receive(session, place, [notice], now=now)
    forecast_store(session, place, book.ledger(session, place), now)
