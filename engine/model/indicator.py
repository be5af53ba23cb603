"""`indicator`: what a measure is over a window of days, and in which band it lies.

It says over which rows it is counted (`over`, see engine.scoring.sources), which moment of a row puts it on a day,
which rows are left out and by what name, and which counts are divided by which. Every number is the name of a dated
parameter of the rule.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import Struct

from engine.model.expressions import Literal
from engine.model.rule import Parameter, Source, Text

TESTS = {
    "eq": "is equal to",
    "ne": "is not equal to",
    "in": "is one of",
    "not_in": "is none of",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
    "exists": "is given",
    "has": "holds one of",
    "by": "is not after a moment (plus a span)",
    "missed": "is after a moment (plus a span), or never came",
    "after": "is after a moment (plus a span)",
}
"""How a column is tested. A column that is not given passes no test but `missed` and `exists: false`."""

MOMENT_TESTS = ("by", "missed", "after")
SPANS = {"hours": 3600, "days": 86400}
DIRECTIONS = ("higher_is_better", "lower_is_better")
UNITS = ("share", "stars", "hours", "number", "money")
VALUES = ("share", "mean", "ratio", "total")
BANDS: dict[str, Text] = {
    "good": {"en": "good", "zh": "良好"},
    "at_risk": {"en": "at risk", "zh": "有风险"},
    "breach": {"en": "breach", "zh": "不达标"},
    "not_assessed": {"en": "not assessed", "zh": "不考核"},
}


class Span(Struct, frozen=True, omit_defaults=True):
    """The moment `of`, and so many `unit` (hours or days, by the parameter `amount`) after it."""

    of: str
    amount: str | None = None
    unit: str = "days"


class Test(Struct, frozen=True, omit_defaults=True):
    """One column compared: with literals, with the values of a `parameter`, or with a moment (`span`)."""

    column: str
    op: str
    values: tuple[Literal, ...] = ()
    parameter: str | None = None
    span: Span | None = None


Tests = tuple[Test, ...]
"""All of them must hold."""


class Once(Struct, frozen=True):
    """Of the rows that agree in `by` within one period of `days` (a parameter) each count takes the first alone.

    Periods begin at 1970-01-01 UTC, one after the other: natural periods, which do not move with the window.
    """

    by: str
    days: str


class Value(Struct, frozen=True, omit_defaults=True):
    """What is computed: `share` part ÷ of, `mean` of a column over rows, `ratio` of two sums, or a `total`.

    `of` names counts, which are added up, and so do `part` and `also`; for a ratio and for totals of a column, `column`
    is what is added up.
    """

    kind: str
    part: str | None = None
    of: tuple[str, ...] = ()
    column: str | None = None
    over: str | None = None
    also: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The counts above the line."""
        return (self.part, *self.also) if self.part is not None else ()


class Window(Struct, frozen=True, omit_defaults=True):
    """The last `short` days when `enough` was counted in them, else the last `long`; below `minimum` no value."""

    long: str
    minimum: str
    short: str | None = None
    enough: str | None = None


class Bands(Struct, frozen=True):
    """Where a band begins (parameters): at that value when lower is better, below it when higher is."""

    at_risk: str
    breach: str


class IndicatorExample(Struct, frozen=True, omit_defaults=True):
    """Rows of one store, and what the indicator says of them on a day.

    A row may say `times`: that many of the same.
    """

    name: str
    as_of: date
    rows: tuple[dict[str, Any], ...]
    value: str | None = None
    band: str | None = None
    window: int | None = None
    left_out: dict[str, int] = {}
    line: int = 0


class IndicatorRule(Struct, frozen=True, omit_defaults=True):
    """One measure. `rows`: only rows that this other indicator looks at and does not leave out."""

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
    over: str
    day: str
    timezone: str
    unit: str
    direction: str
    counts: dict[str, Tests]
    value: Value
    window: Window
    examples: tuple[IndicatorExample, ...]
    parameters: dict[str, Parameter] = {}
    rows: str | None = None
    where: Tests = ()
    left_out: dict[str, Tests] = {}
    once: Once | None = None
    bands: Bands | None = None
    effective_until: date | None = None
    replaced_by: str | None = None
    notes: Text | None = None

    def is_live(self, as_of: date) -> bool:
        """In force on a day, with a value for every parameter."""
        if as_of < self.effective_from or (self.effective_until is not None and as_of >= self.effective_until):
            return False
        return all(parameter.at(as_of) is not None for parameter in self.parameters.values())

    def dates(self) -> set[date]:
        """Every day on which the indicator changes."""
        days = {self.effective_from, *(d.since for p in self.parameters.values() for d in p.history)}
        return days | ({self.effective_until} if self.effective_until else set())
