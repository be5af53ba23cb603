"""The penalty side of the service: which rules a store is under, what a notice may name, and answers in plain data."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import rules
from api.callers import Caller
from api.problems import ProblemError
from engine import Pack, load_pack
from engine.ledger import Ledger, Notice, Regime
from engine.ledger.book import number, shown, stamp
from engine.ledger.chain import Chain
from engine.ledger.engines import DurableEngine, RuleEngine, best_engine
from engine.ledger.forecast import forecast, harmless_from
from engine.ledger.notices import REASONS
from engine.model.ladder import ACTIONS
from store_model.accounts import Store
from store_model.bulk import Place
from store_model.penalty_book import PenaltyBook, Taken
from store_model.penalty_rows import inherited, release_block
from store_model.products import Product


class Penalties:
    """The penalty rules of every marketplace that a pack is at hand for, loaded when a store first needs them."""

    def __init__(self, pack: Pack, engine: RuleEngine | None = None) -> None:
        self.engine = engine or best_engine()
        self._packs = {pack.marketplace: pack}
        self._books: dict[str, PenaltyBook] = {}
        self._lock = threading.Lock()

    def book(self, platform: str) -> PenaltyBook:
        """The book of a marketplace; a problem where no pack holds penalty rules for it."""
        with self._lock:
            if platform not in self._books:
                pack = self._packs.get(platform) or next(
                    (load_pack(rules.path(name)) for name in rules.names() if name == platform), None
                )
                if pack is None or not pack.ladders:
                    raise ProblemError("no_penalty_rules", platform=platform)
                self._books[platform] = PenaltyBook(pack.regime, Chain(pack.regime, self.engine), pack.digest)
            return self._books[platform]

    def platforms(self) -> tuple[str, ...]:
        """The marketplaces that a pack with penalty rules is at hand for."""
        found = []
        for platform in {*self._packs, *rules.names()}:
            try:
                self.book(platform)
            except ProblemError:
                continue
            found.append(platform)
        return tuple(sorted(found))

    def of_store(self, session: Session, place: Place) -> PenaltyBook:
        """The book of a store's marketplace."""
        platform = session.scalar(select(Store.platform).where(Store.id == place.store_id))
        return self.book(str(platform))

    def close(self) -> None:
        """End what the engine started."""
        if isinstance(self.engine, DurableEngine):
            self.engine.close()


def place_of(caller: Caller) -> Place:
    """The store of a request."""
    assert caller.store_id is not None
    return Place(caller.scope.entity_id, caller.store_id)


def offence_id(regime: Regime, name: str | None) -> str | None:
    """The rule behind an id, a name or a title in either language; what is none of them stays as it is."""
    if name is None or name in regime.offences:
        return name
    wanted = name.strip().casefold()
    for rule in regime.offences.values():
        if wanted in (rule.id.casefold(), rule.name, *(text.casefold() for text in rule.title.values())):
            return rule.id
    return name


def unknown_listings(session: Session, place: Place, notices: Sequence[Notice]) -> dict[int, str]:
    """Index → hold for notices about listings that a store with imported listings does not have."""
    wanted = {notice.listing for notice in notices if notice.listing is not None}
    if not wanted:
        return {}
    mine = Product.store_id == place.store_id
    if session.scalar(select(Product.id).where(mine).limit(1)) is None:
        return {}
    known = set(session.scalars(select(Product.platform_id).where(mine, Product.platform_id.in_(wanted))))
    return {
        index: "unknown_listing"
        for index, notice in enumerate(notices)
        if notice.listing is not None and notice.listing not in known
    }


def online_products(session: Session, place: Place) -> int | None:
    """How many listings of the store are on sale; None when none were imported."""
    mine = select(func.count(Product.id)).where(Product.store_id == place.store_id)
    return session.scalar(mine.where(Product.status == "onSelling")) or None


def demand_unblocked(session: Session, place: Place, as_of: datetime) -> None:
    """409 `store_frozen` while the platform forbids the store to publish: why, and until when."""
    block = release_block(session, place, as_of)
    if block is not None:
        action = ACTIONS[block.action]
        until = stamp(block.until) if block.until is not None else "-"
        words = {
            "action": action.en,
            "action_zh": action.zh,
            "ladder": block.ladder,
            "step": block.step,
            "until": until,
        }
        raise ProblemError("store_frozen", **words)


def taken(item: Taken) -> dict[str, Any]:
    """What became of a notice, as it is answered."""
    reason = None if item.reason is None else {"code": item.reason, "message": REASONS[item.reason]}
    return {"case_no": item.case_no, "outcome": item.outcome, "reason": reason}


def standing(
    book: PenaltyBook, session: Session, place: Place, as_of: datetime, known_as_of: datetime | None, *, replay: bool
) -> dict[str, Any]:
    """Balances, steps and enforcement; from the stored rows, or with `replay` by booking every notice anew."""
    read = book.ledger if replay else book.stored
    ledger: Ledger = read(session, place, known_as_of)
    return ledger.standing(as_of, inherited(session, place, as_of)).to_dict()


def enforcement(book: PenaltyBook, session: Session, place: Place, as_of: datetime) -> dict[str, Any]:
    """All enforcement of a store: in force, to come, over; and what it inherits."""
    ledger = book.stored(session, place)
    given = inherited(session, place, as_of)
    state = ledger.standing(as_of, given)
    block = state.release_block
    items = [
        {**shown(e), "in_force": e.holds(as_of)}
        for pool in ledger.pools.values()
        for e in pool.enforcement
        if not e.entity
    ]
    return {
        "as_of": stamp(as_of),
        "items": items,
        "inherited": [shown(e) for e in given],
        "release_block": None if block is None else shown(block),
    }


def outlook(
    book: PenaltyBook, session: Session, place: Place, as_of: datetime, *, daily: int, points: Any
) -> dict[str, Any]:
    """The forecast, and from when a further case of so many points is harmless."""
    ledger = book.stored(session, place)
    found = forecast(ledger, as_of, daily=daily)
    for entry, pool in zip(found["pools"], ledger.pools.values(), strict=True):
        moment = harmless_from(pool, as_of, points)
        entry["harmless"] = {"points": number(points), "from": None if moment is None else stamp(moment)}
    return found


def read_moment(text: str) -> datetime:
    """A day (its end is not meant: its first moment) or an RFC 3339 moment, as UTC. ValueError otherwise."""
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    moment = msgspec.convert(text, datetime)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
