"""What a store can do about its score: the actions there are, what they would bring, and the cheapest that suffice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from api.scoring.desk import Desk
from api.scoring.documents import standing
from engine.errors import StorewardenError
from engine.scoring import plan
from engine.scoring.actions import KINDS, OVER, TITLES, Action, Change, change_of
from engine.scoring.outlook import Seen
from engine.scoring.sources import Row
from engine.scoring.sql import literal

LISTINGS = 10
"""The dearest listings that are offered to go off sale."""

MOST = 300
"""Rows of a kind that are offered."""

WHERE = {
    "ship_order": '"sent" IS NULL AND "finished" IS NULL AND "paid" IS NOT NULL',
    "answer_message": '"answered" IS NULL',
    "answer_dispute": '"answered" IS NULL AND "state" = \'processing\'',
}
"""The rows that an action can be done on."""


class UnknownAction(StorewardenError):
    """An action that cannot be done: `word` is the kind or the id that is not known."""

    code = "unknown_action"

    def __init__(self, word: str, en: str, zh: str) -> None:
        self.word, self.en, self.zh = word, en, zh
        super().__init__(en)


def open_actions(desk: Desk, costs: Mapping[str, Decimal] | None = None) -> list[Change]:
    """Everything that can be done now and changes a count, each with its cost. `costs`: the caller's own, by kind."""
    since, now = desk.today - desk.force.longest, desk.origin.now
    recent = now - 3 * 86400  # what has waited longer is late in any case
    conditions = {
        "ship_order": WHERE["ship_order"] + f' AND "due" >= {now}',
        "answer_message": WHERE["answer_message"] + f' AND "asked" >= {recent}',
        "answer_dispute": WHERE["answer_dispute"] + f' AND "answer_due" >= {now}',
    }
    rows: list[tuple[str, Row]] = [
        (kind, row)
        for kind, condition in conditions.items()
        for row in desk.origin.select(OVER[kind], condition, store=desk.store, limit=MOST)
    ]
    rows += [("withdraw_dispute", row) for row in _disputed(desk, since)]
    found = [_change(desk, kind, str(row["id"]), row, costs) for kind, row in rows]
    dear = [cost.listing for cost in desk.listings[:LISTINGS] if cost.listing]
    found += [_change(desk, "take_offline", name, None, costs) for name in dear]
    return [change for change in found if change.daily or change.listings]


def named(desk: Desk, wanted: Iterable[tuple[str, str]], costs: Mapping[str, Decimal] | None = None) -> list[Change]:
    """The actions that somebody names by kind and id. UnknownAction for one that cannot be done."""
    found: list[Change] = []
    rows: set[tuple[str, str]] = set()
    for kind, name in wanted:
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise UnknownAction(
                kind, f'there is no action "{kind}"; known are {known}', f"没有操作“{kind}”；可用：{known}"
            )
        change = _change(desk, kind, name, _row(desk, kind, name), costs)
        where = (OVER.get(kind, "listing"), change.action.id)
        if where in rows:
            raise UnknownAction(name, f"{name} is named twice", f"{name} 重复出现")
        rows.add(where)
        found.append(change)
    return found


def what_if(desk: Desk, changes: Sequence[Change], on: date | None = None) -> dict[str, Any]:
    """The score and the level as they stand, and with the changes."""
    before, after = desk.outlook.see([], on=on), desk.outlook.see(changes, on=on)
    return {
        "actions": [action(change) for change in changes],
        "cost": sum((change.action.cost for change in changes), Decimal(0)),
        "before": seen(desk, before),
        "after": seen(desk, after),
        "gain_today": _gain(before.today.score, after.today.score),
        "gain": _gain(before.on.score, after.on.score),
    }


def cheapest(desk: Desk, aim: plan.Aim, changes: Sequence[Change]) -> dict[str, Any]:
    """The cheapest set of the changes that reaches an aim."""
    found = plan.cheapest(desk.outlook, aim, changes)
    return {
        "aim": {"level": aim.level, "score": aim.score, "by": aim.by},
        "reached": found.reached,
        "is_cheapest": found.is_cheapest,
        "cost": found.cost,
        "actions": [action(change) for change in found.changes],
        "offered": len(changes),
        "before": seen(desk, found.before),
        "after": seen(desk, found.after),
    }


def suggestions(desk: Desk, changes: Sequence[Change], *, limit: int = 10) -> list[dict[str, Any]]:
    """The actions that bring most for what they cost."""
    decided = desk.outlook.next_decision()
    found = plan.suggestions(desk.outlook, changes, on=decided or desk.as_of)
    return [
        {**action(one.change), "alike": one.times, "gain": one.gain, "gain_per_cost": one.per_cost}
        for one in found[:limit]
    ]


def action(change: Change) -> dict[str, Any]:
    """An action as data."""
    done = change.action
    return {
        "action": done.kind,
        "id": done.id,
        "listing_id": done.listing,
        "cost": done.cost,
        "title": TITLES[done.kind],
    }


def seen(desk: Desk, found: Seen) -> dict[str, Any]:
    """A store as it would be."""
    level = standing(desk.force.formula(desk.level), found.level) if desk.level is not None else None
    return {"score_today": found.today.score, "on": found.on_day, "score": found.on.score, "level": level}


def _change(desk: Desk, kind: str, name: str, row: Row | None, costs: Mapping[str, Decimal] | None) -> Change:
    model = desk.rules.costs(desk.as_of)
    amount = row.get("amount") if row is not None else None
    cost = (costs or {}).get(kind)
    if cost is None:
        cost = model.of(kind, Decimal(amount) if amount is not None else None)
    listing = name if kind == "take_offline" else (row.get("listing") if row is not None else None)
    done = Action(kind, name, cost, listing)
    return change_of(done, row, list(desk.force.countings.values()), desk.origin.now)


def _row(desk: Desk, kind: str, name: str) -> Row | None:
    if kind == "take_offline":
        if all(place.listing != name for place in desk.counts):
            raise UnknownAction(name, f"nothing is counted of the listing {name}", f"没有商品 {name} 的数据")
        return None
    if kind == "withdraw_dispute":
        asked = desk.origin.select("disputes", f'"id" = {literal(name)}', store=desk.store, limit=1)
        order = str(asked[0].get("order")) if asked else name
        found = desk.origin.select("orders", f'"id" = {literal(order)} AND "disputes" IS NOT NULL', store=desk.store)
    else:
        condition = f'"id" = {literal(name)} AND {WHERE[kind]}'
        found = desk.origin.select(OVER[kind], condition, store=desk.store, limit=1)
    if not found:
        raise UnknownAction(name, f"{kind} cannot be done on {name}", f"无法对 {name} 执行 {kind}")
    return found[0]


def _disputed(desk: Desk, since: int) -> list[Row]:
    """The orders with a dispute that can still be taken back."""
    asked = desk.origin.select("disputes", "\"state\" = 'processing'", store=desk.store, limit=MOST)
    names = sorted({str(row["order"]) for row in asked if row.get("order") is not None})
    if not names:
        return []
    listed = ", ".join(literal(name) for name in names)
    rows = desk.origin.select("orders", f'"id" IN ({listed}) AND "disputes" IS NOT NULL', store=desk.store, limit=MOST)
    return [row for row in rows if row.get("assessed") is not None and int(row["assessed"]) // 86400 >= since - 1]


def _gain(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else after - before
