"""A rule file as a value. `check` is the kind that asks whether a listing or store is at fault."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from msgspec import Struct

from engine.model.expressions import Expr, Literal, Ref

Text = dict[str, str]

LANGUAGES = ("en", "zh")
STATUSES = ("experimental", "stable", "deprecated")
MODES = ("shadow", "warn", "block")
SEVERITIES = ("error", "warning", "info")
CONFIDENCES = ("high", "medium", "low")
SECTIONS = ("products", "transactions", "store", "marketing", "account", "analytics", "violations")
APPLICABILITIES = ("safe", "suggested", "manual")
GRADES = ("primary", "secondary", "house")


class Source(Struct, frozen=True, omit_defaults=True):
    """Where the policy is written. `grade` primary is the platform's own text."""

    id: str
    publisher: str
    clause: str
    url: str
    grade: str
    retrieved: date


class Dated(Struct, frozen=True):
    """The values of a parameter from one day on: one value, or the items of a list."""

    since: date
    values: tuple[Literal, ...]


class Parameter(Struct, frozen=True, omit_defaults=True):
    """A dated number, text or list that the rule compares with."""

    name: str
    origin: str  # platform | house
    unit: str
    history: tuple[Dated, ...]  # by date, oldest first
    is_list: bool = False
    source: str | None = None
    note: Text | None = None

    def at(self, as_of: date) -> Dated | None:
        """What is in force on a day; None before the first date."""
        current = None
        for dated in self.history:
            if dated.since <= as_of:
                current = dated
        return current


class Each(Struct, frozen=True):
    """`each: collection as item`: the conditions run once for each item."""

    collection: Ref
    item: str


class FixSpec(Struct, frozen=True, omit_defaults=True):
    """Which operation mends it; `arguments` are literals or "$param"."""

    operation: str
    applicability: str
    label: Text
    field: str | None = None
    arguments: dict[str, Any] = {}


class Example(Struct, frozen=True, omit_defaults=True):
    """A listing (over the baseline) on which the rule must or must not fire."""

    name: str
    fires: bool
    listing: dict[str, Any]
    store: dict[str, Any] = {}
    peers: tuple[dict[str, Any], ...] | None = None
    as_of: date | None = None
    fixed: dict[str, Any] | None = None
    also: tuple[str, ...] = ()
    result: str | None = None  # not_checked or not_applicable, where a must_pass example proves that
    line: int = 0


class AnyRule(Protocol):
    """What the rules of every kind have."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def title(self) -> Text: ...
    @property
    def why(self) -> Text: ...
    @property
    def sources(self) -> tuple[Source, ...]: ...
    @property
    def parameters(self) -> dict[str, Parameter]: ...
    @property
    def file(self) -> str: ...
    def dates(self) -> set[date]:
        """Every day on which the rule changes its behaviour."""


class CheckRule(Struct, frozen=True, omit_defaults=True):
    """One rule, one file, one fault."""

    id: str
    name: str
    code: str
    kind: str
    status: str
    mode: str
    revision: int
    section: str
    marketplace: str
    subject: str
    effective_from: date
    severity: str
    confidence: str
    title: Text
    why: Text
    sources: tuple[Source, ...]
    when: Expr
    message: Text
    examples: tuple[Example, ...]
    file: str
    parameters: dict[str, Parameter] = {}
    effective_until: date | None = None
    categories: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    each: Each | None = None
    at: Ref | None = None
    fix: FixSpec | None = None
    replaced_by: str | None = None
    notes: Text | None = None

    def is_live(self, as_of: date) -> bool:
        """In force on a day: inside `effective`, and every parameter has a value by then."""
        if as_of < self.effective_from or (self.effective_until is not None and as_of >= self.effective_until):
            return False
        return all(parameter.at(as_of) is not None for parameter in self.parameters.values())

    def dates(self) -> set[date]:
        """Every day on which this rule changes its behaviour."""
        days = {self.effective_from, *(d.since for p in self.parameters.values() for d in p.history)}
        return days | ({self.effective_until} if self.effective_until else set())
