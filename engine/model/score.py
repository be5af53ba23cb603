"""`score`: how indicators add up to points, which level that is, and what the level brings.

Points of an item come from a curve (two lists of a dated parameter each, straight lines between), or from a
threshold that is met or not. Every number is the name of a dated parameter of the rule.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from engine.model.rule import Parameter, Source, Text

SUBJECTS = ("store", "product", "category")
METHODS = ("sum", "month_mean")
MISSING = ("most", "scale", "not_assessed")
"""What an item that is not assessed brings: its most points; nothing, the others scaled up; or no score at all."""

COMPARATORS = ("gte", "lt")


class Item(Struct, frozen=True, omit_defaults=True):
    """One part of a score. `of` is an indicator, or another score of the same subject.

    `values` and `points` name the two lists of the curve; `meets` with `at` is a threshold, which brings `most` points.
    """

    id: str
    title: Text
    of: str
    most: str
    least: str | None = None
    values: str | None = None
    points: str | None = None
    meets: str | None = None
    at: str | None = None


class Privilege(Struct, frozen=True, omit_defaults=True):
    """What a level brings: `value` names a parameter (a number, or true and false)."""

    id: str
    title: Text
    value: str


class Level(Struct, frozen=True, omit_defaults=True):
    """A level, held from a score of `at` points (a parameter; None for the lowest)."""

    id: str
    title: Text
    at: str | None = None
    privileges: tuple[Privilege, ...] = ()


class Evaluated(Struct, frozen=True, omit_defaults=True):
    """When a level is decided: on the `day` (a parameter) of each month, or of the `months` (a parameter) alone."""

    day: str
    months: str | None = None


class ScoreExample(Struct, frozen=True, omit_defaults=True):
    """What the items measure (None: not assessed; left out too), or the daily scores of a month, and what follows."""

    name: str
    as_of: date
    values: dict[str, str] = {}
    days: tuple[str, ...] = ()
    score: str | None = None
    level: str | None = None
    points: dict[str, str] = {}
    privileges: dict[str, str] = {}
    next: date | None = None
    line: int = 0


class ScoreRule(Struct, frozen=True, omit_defaults=True):
    """One score. `of_score` (month_mean): the score whose daily values of a month are averaged."""

    id: str
    name: str
    kind: str
    status: str
    revision: int
    marketplace: str
    effective_from: date
    title: Text
    why: Text
    sources: tuple[Source, ...]
    file: str
    subject: str
    method: str
    most: str
    examples: tuple[ScoreExample, ...]
    items: tuple[Item, ...] = ()
    of_score: str | None = None
    least: str | None = None
    missing: str = "not_assessed"
    levels: tuple[Level, ...] = ()
    evaluated: Evaluated | None = None
    module: str | None = None
    parameters: dict[str, Parameter] = {}
    effective_until: date | None = None
    replaced_by: str | None = None
    notes: Text | None = None

    def is_live(self, as_of: date) -> bool:
        """In force on a day, with a value for every parameter."""
        if as_of < self.effective_from or (self.effective_until is not None and as_of >= self.effective_until):
            return False
        return all(parameter.at(as_of) is not None for parameter in self.parameters.values())

    def dates(self) -> set[date]:
        """Every day on which the score changes."""
        days = {self.effective_from, *(d.since for p in self.parameters.values() for d in p.history)}
        return days | ({self.effective_until} if self.effective_until else set())
