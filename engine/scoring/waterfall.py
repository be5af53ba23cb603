"""Values → points of each item → score, level and privileges. The points of the items add up to the score, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from engine.model.score import Item, Level, ScoreRule
from engine.scoring.bound import Values

POINT = Decimal("0.01")
"""Points are kept to the cent; the sum is that of what is shown."""


class Curve(Struct, frozen=True):
    """A line through points, level outside of them."""

    values: tuple[Decimal, ...]
    points: tuple[Decimal, ...]

    def at(self, value: Decimal) -> Decimal:
        """The points of a value. Of two points at one value, which make a step, the later holds at it."""
        if value < self.values[0]:
            return self.points[0]
        for index in range(len(self.values) - 1, -1, -1):
            if value >= self.values[index]:
                break
        if index == len(self.values) - 1:
            return self.points[-1]
        left, right = self.values[index], self.values[index + 1]
        rise = self.points[index + 1] - self.points[index]
        return self.points[index] + rise * (value - left) / (right - left)


class BoundItem(Struct, frozen=True):
    """An item's numbers on a day. Without a curve, `passes` says whether a value brings `most` points or none."""

    item: Item
    most: Decimal
    least: Decimal
    curve: Curve | None
    at: Decimal | None

    def points(self, value: Decimal) -> Decimal:
        """The points of a value, to the cent and within the caps."""
        if self.curve is not None:
            found = self.curve.at(value)
        else:
            assert self.at is not None
            is_met = value >= self.at if self.item.meets == "gte" else value < self.at
            found = self.most if is_met else self.least
        return max(self.least, min(self.most, found)).quantize(POINT)


class Share(Struct, frozen=True, omit_defaults=True):
    """What one item brings: `points` of at most `most` (a cap), `lost` to it. `value` None: not assessed."""

    id: str
    of: str
    value: Decimal | None
    points: Decimal
    most: Decimal
    least: Decimal
    lost: Decimal
    origin: str = "house"


class Scored(Struct, frozen=True, omit_defaults=True):
    """A score with its waterfall. `score` None: not assessed, because of the items in `missing`.

    `scaling` is what scaling up for missing items adds, `cut` what the caps of the whole add or take:
    items + scaling + cut = score.
    """

    rule: str
    revision: int
    score: Decimal | None
    most: Decimal
    level: str | None
    items: tuple[Share, ...]
    missing: tuple[str, ...] = ()
    scaling: Decimal = Decimal(0)
    cut: Decimal = Decimal(0)
    privileges: dict[str, Any] = {}


class Formula:
    """A score rule on a day on which it is in force."""

    def __init__(self, rule: ScoreRule, as_of: date) -> None:
        values = Values(rule.parameters, as_of)
        self.rule = rule
        self.most = Decimal(values.one(rule.most))
        self.least = Decimal(values.one(rule.least)) if rule.least is not None else Decimal(0)
        self.items = tuple(_bound(item, values) for item in rule.items)
        self.levels = tuple((level, _number(level.at, values)) for level in rule.levels)
        self.privileges: Mapping[str, dict[str, Any]] = {
            level.id: {given.id: values.one(given.value) for given in level.privileges} for level in rule.levels
        }
        self.evaluated = _dates(rule, values)

    def score(self, measured: Mapping[str, Decimal | None]) -> Scored:
        """The score of what was measured: indicator or score → value (None or missing: not assessed)."""
        shares = [self._share(bound, measured.get(bound.item.of)) for bound in self.items]
        missing = tuple(share.id for share in shares if share.value is None)
        total = sum((share.points for share in shares), Decimal(0))
        common: dict[str, Any] = {"rule": self.rule.id, "revision": self.rule.revision, "most": self.most}
        if len(missing) == len(shares) or (missing and self.rule.missing == "not_assessed"):
            return Scored(score=None, level=None, items=tuple(shares), missing=missing, **common)
        scaling = self._scaling(shares, total) if missing and self.rule.missing == "scale" else Decimal(0)
        score = max(self.least, min(self.most, total + scaling))
        level = self.level(score)
        return Scored(
            score=score,
            level=level.id if level is not None else None,
            items=tuple(shares),
            missing=missing,
            scaling=scaling,
            cut=score - total - scaling,
            privileges=dict(self.privileges.get(level.id, {})) if level is not None else {},
            **common,
        )

    def mean(self, scores: Sequence[Decimal]) -> Scored:
        """The mean of daily scores; not assessed without any."""
        common: dict[str, Any] = {"rule": self.rule.id, "revision": self.rule.revision, "most": self.most, "items": ()}
        if not scores:
            return Scored(score=None, level=None, **common)
        score = (sum(scores, Decimal(0)) / len(scores)).quantize(POINT)
        level = self.level(score)
        given = dict(self.privileges.get(level.id, {})) if level is not None else {}
        return Scored(score=score, level=level.id if level is not None else None, privileges=given, **common)

    def level(self, score: Decimal) -> Level | None:
        """The level of a score: the highest whose bound it reaches."""
        held = None
        for level, at in self.levels:
            if at is None or score >= at:
                held = level
        return held

    def bound_of(self, level: str) -> Decimal | None:
        """The least score of a level; None for the lowest, or one that there is not."""
        return next((at for known, at in self.levels if known.id == level), None)

    def _share(self, bound: BoundItem, value: Decimal | None) -> Share:
        item = bound.item
        unknown = bound.most if self.rule.missing == "most" else Decimal(0)
        points = unknown if value is None else bound.points(value)
        lost = Decimal(0) if value is None else bound.most - points
        source = self.rule.parameters.get(item.points or item.at or "")
        origin = source.origin if source is not None else "house"
        return Share(item.id, item.of, value, points, bound.most, bound.least, lost, origin)

    def _scaling(self, shares: Sequence[Share], total: Decimal) -> Decimal:
        known = sum((share.most for share in shares if share.value is not None), Decimal(0))
        whole = sum((share.most for share in shares), Decimal(0))
        return ((total * whole / known) - total).quantize(POINT) if known else Decimal(0)


def _bound(item: Item, values: Values) -> BoundItem:
    curve = None
    if item.values is not None and item.points is not None:
        curve = Curve(_numbers(item.values, values), _numbers(item.points, values))
    least = _number(item.least, values)
    return BoundItem(item, Decimal(values.one(item.most)), least or Decimal(0), curve, _number(item.at, values))


def _numbers(name: str, values: Values) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values.all(name))


def _number(name: str | None, values: Values) -> Decimal | None:
    return None if name is None else Decimal(values.one(name))


Next = Callable[[date], date]


def _dates(rule: ScoreRule, values: Values) -> Next | None:
    """When the level is decided next: the first decision day after a day."""
    if rule.evaluated is None:
        return None
    on = int(values.one(rule.evaluated.day))
    months = {int(month) for month in values.all(rule.evaluated.months)} if rule.evaluated.months else set(range(1, 13))

    def following(day: date) -> date:
        year, month = day.year, day.month
        while True:
            if month in months and (found := date(year, month, on)) > day:
                return found
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)

    return following
