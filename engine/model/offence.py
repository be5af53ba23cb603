"""`offence`: what a confirmed violation costs, by grade, by how often, within which windows and caps.

Every number is the name of a dated parameter of the rule.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from engine.model.rule import Parameter, Source, Text

PER = ("case", "product")
COUNTS = ("own", "family")
SCOPES = ("every", "first")
FLAGS = ("wilful", "evasive", "from_report", "editable", "spot_check", "offline", "vile")
"""What a case can be said to be; a rule may double for it, raise a grade by it or refuse an appeal for it."""

GRADE_TITLES: dict[str, Text] = {
    "general": {"en": "General", "zh": "一般"},
    "minor": {"en": "Minor", "zh": "轻微"},
    "medium": {"en": "Medium", "zh": "中等"},
    "serious": {"en": "Serious", "zh": "严重"},
    "especially_serious": {"en": "Especially serious", "zh": "特别严重"},
    "extreme": {"en": "Extreme", "zh": "极其严重"},
}


class Grade(Struct, frozen=True, omit_defaults=True):
    """How bad a case is. `points` of the first, second … case, the last for all later ones; `step` is reached at once.

    `at_most`: the platform takes up to that many; what its notice states counts, else the most is assumed.
    """

    id: str
    title: Text
    points: tuple[str, ...] = ()
    step: str | None = None
    at_most: bool = False
    per: str = "case"


class Once(Struct, frozen=True):
    """Cases within `days` of the first of them count as one: each time (`every`), or only around the very `first`."""

    days: str
    scope: str


class Raise(Struct, frozen=True, omit_defaults=True):
    """The case is taken as grade `to`. Exactly one of the conditions is given (a flag may stand alone).

    `cases_from` counts the cases of grade `of` (as committed) in the platform's month up to this one.
    """

    to: str
    products_above: str | None = None
    share_from: str | None = None
    cases_from: str | None = None
    of: str | None = None
    flag: str | None = None


class Multiply(Struct, frozen=True, omit_defaults=True):
    """Points times `times` for a flagged case, or from the `cases_from`-th case on."""

    times: str
    flag: str | None = None
    cases_from: str | None = None


class Proof(Struct, frozen=True):
    """One piece of evidence that an appeal or a counter-notice needs."""

    id: str
    title: Text


class Contest(Struct, frozen=True, omit_defaults=True):
    """How a case is challenged: within `days` (working days if `working`), so many `attempts`, with which evidence.

    `never`: flags of cases that cannot be challenged. `recorded_from`: cases before that day cannot either.
    """

    days: str
    working: bool = False
    attempts: str | None = None
    evidence: tuple[Proof, ...] = ()
    never: tuple[str, ...] = ()
    recorded_from: str | None = None


class CaseExample(Struct, frozen=True, omit_defaults=True):
    """A case of an example and the points that are booked for it. `at` is platform time: 2026-01-05 or with 10:00."""

    at: str
    points: str
    grade: str | None = None
    taken_as: str | None = None
    products: int = 1
    share: str | None = None
    flags: tuple[str, ...] = ()
    offence: str | None = None
    step: str | None = None
    stated: str | None = None


class OffenceExample(Struct, frozen=True, omit_defaults=True):
    """Cases of one store in the order of time."""

    name: str
    cases: tuple[CaseExample, ...]
    line: int = 0


class OffenceRule(Struct, frozen=True, omit_defaults=True):
    """One kind of violation. `grades` are mildest first; the first is meant when a notice names none.

    The cap of a day is shared by a `family`; leniency and windows by the offence itself (`counts` own) or the family.
    """

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
    ladder: str
    family: str
    counts: str
    grades: tuple[Grade, ...]
    examples: tuple[OffenceExample, ...]
    parameters: dict[str, Parameter] = {}
    memory: str | None = None  # parameter: days that an earlier case counts as earlier
    once: Once | None = None
    cap: str | None = None  # parameter: the most points of a family on one day
    raises: tuple[Raise, ...] = ()
    multiplies: tuple[Multiply, ...] = ()
    month_start: str | None = None  # parameter: the day on which the platform's month begins
    codes: dict[str, str] = {}  # code of a finding → the grade it would be, if the platform confirmed it
    appeal: Contest | None = None
    complaint: Contest | None = None
    effective_until: date | None = None
    replaced_by: str | None = None
    notes: Text | None = None

    def is_live(self, as_of: date) -> bool:
        """In force on a day, with a value for every parameter."""
        if as_of < self.effective_from or (self.effective_until is not None and as_of >= self.effective_until):
            return False
        return all(parameter.at(as_of) is not None for parameter in self.parameters.values())

    def dates(self) -> set[date]:
        """Every day on which the offence changes."""
        days = {self.effective_from, *(d.since for p in self.parameters.values() for d in p.history)}
        return days | ({self.effective_until} if self.effective_until else set())
