"""What a store can do about its score: each action changes rows, and so the counts of their days, by what is exact.

withdraw_dispute   the buyer takes a dispute back: it stands no more
ship_order         an order that waits ships today
answer_message     a message that waits is answered today
answer_dispute     a dispute that waits for the seller is answered today
take_offline       a listing goes off sale: what is in the windows stays, what was expected of it does not come
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from engine.scoring.bound import Counting
from engine.scoring.counting import added, counts_of
from engine.scoring.judging import Sums
from engine.scoring.sources import Row

KINDS = ("withdraw_dispute", "ship_order", "answer_message", "answer_dispute", "take_offline")
OVER = {
    "withdraw_dispute": "orders",
    "ship_order": "orders",
    "answer_message": "messages",
    "answer_dispute": "disputes",
}
"""The kind of row that an action changes."""

TITLES: Mapping[str, dict[str, str]] = {
    "withdraw_dispute": {"en": "Settle the dispute so that the buyer withdraws it", "zh": "与买家协商撤销纠纷"},
    "ship_order": {"en": "Ship the order today", "zh": "今天发货"},
    "answer_message": {"en": "Answer the message now", "zh": "立即回复消息"},
    "answer_dispute": {"en": "Answer the dispute today", "zh": "今天响应纠纷"},
    "take_offline": {"en": "Take the listing off sale", "zh": "下架商品"},
}


class Action(Struct, frozen=True, omit_defaults=True):
    """One action on a row (or a listing) by its id. `cost` is in the unit of the cost model."""

    kind: str
    id: str
    cost: Decimal = Decimal(0)
    listing: str | None = None


class Change(Struct, frozen=True):
    """What an action does to the counts: `daily` differences by day, and the `listings` that sell no more."""

    action: Action
    daily: dict[int, Sums]
    listings: frozenset[str] = frozenset()


class CostModel(Struct, frozen=True):
    """What actions cost: a fixed part each, and for a dispute a share of what is refunded."""

    fixed: dict[str, Decimal]
    refund_share: Decimal

    def of(self, kind: str, amount: Decimal | None = None) -> Decimal:
        """The cost of an action; `amount` of the order behind a dispute."""
        share = self.refund_share * (amount or Decimal(0)) if kind == "withdraw_dispute" else Decimal(0)
        return (self.fixed[kind] + share).quantize(Decimal("0.01"))


def after(action: Action, row: Row, now: int) -> dict[str, object]:
    """The row as it is after the action, done `now`."""
    changed = dict(row)
    if action.kind == "withdraw_dispute":
        changed |= {"disputes": None, "disputed": None, "liable": None, "assessed": None}
    elif action.kind == "ship_order":
        changed["sent"] = now
    else:
        changed["answered"] = now
        changed.pop("hours", None)
    return changed


def change_of(action: Action, row: Row | None, countings: Sequence[Counting], now: int) -> Change:
    """What an action does. `row` is what it changes; None for a listing that goes off sale."""
    if action.kind == "take_offline":
        return Change(action, {}, frozenset({action.id}))
    assert row is not None
    over = OVER[action.kind]
    mine = [counting for counting in countings if counting.over == over]
    before = counts_of(mine, {over: [row]}, now=now)
    then = counts_of(mine, {over: [after(action, row, now)]}, now=now)
    daily: dict[int, Sums] = {place.day: sums for place, sums in added(then, before, sign=-1).items()}
    return Change(action, daily)


def waiting(countings: Sequence[Counting], rows: Iterable[Row], over: str, now: int) -> dict[int, Sums]:
    """What rows whose time runs out soon bring if nobody acts: they are counted as they stand now."""
    mine = [counting for counting in countings if counting.over == over]
    found: dict[int, dict[str, int | Decimal]] = {}
    for place, sums in counts_of(mine, {over: list(rows)}, now=now).items():
        into = found.setdefault(place.day, {})
        for key, number in sums.items():
            into[key] = into.get(key, 0) + number
    return found  # type: ignore[return-value]


def together(changes: Iterable[Change]) -> tuple[dict[int, dict[str, int | Decimal]], frozenset[str]]:
    """The differences of several actions added up, and all listings that go off sale."""
    daily: dict[int, dict[str, int | Decimal]] = {}
    listings: set[str] = set()
    for change in changes:
        listings |= change.listings
        for day, sums in change.daily.items():
            into = daily.setdefault(day, {})
            for key, number in sums.items():
                into[key] = into.get(key, 0) + number
    return daily, frozenset(listings)
