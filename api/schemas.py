"""What is answered, as types: the OpenAPI schemas are made from these, and the tests hold answers against them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from msgspec import Struct

Text = dict[str, str]
"""A wording by language: {"en": …, "zh": …}, or the one asked for with ?lang=."""


class Strict(Struct, forbid_unknown_fields=True, kw_only=True):
    """Base: what is not declared here is not answered."""


class Subject(Strict):
    type: str
    id: str | None


class LocationOut(Strict):
    """A place: JSON Pointer into the draft, and for text the code-point span [start, end)."""

    pointer: str
    start: int | None = None
    end: int | None = None
    text: str | None = None


class FixOut(Strict):
    """A change: `patch` is RFC 6902 with a test before each change; `verified` says what it clears and introduces."""

    operation: str
    applicability: Literal["safe", "suggested", "manual"]
    label: Text
    patch: list[dict[str, Any]]
    verified: dict[str, list[str]] | None


class SourceOut(Strict):
    id: str
    publisher: str
    clause: str
    url: str


class FindingOut(Strict):
    """One suspicion, with its place, evidence, policy and fixes."""

    id: str
    fingerprint: str
    rule: str
    revision: int
    code: str
    result: Literal["fail"]
    severity: Literal["error", "warning", "info"]
    confidence: Literal["high", "medium", "low"]
    mode: Literal["shadow", "warn", "block"]
    section: str
    subject: Subject
    title: Text
    locations: list[LocationOut]
    message: Text
    evidence: dict[str, Any]
    params: dict[str, Any]
    source: list[SourceOut]
    points_at_risk: dict[str, Any] | None
    fixes: list[FixOut]
    as_of: date


class WaivedOut(FindingOut):
    waiver: dict[str, Any]


class NotCheckedOut(Strict):
    """A rule that could not be decided, and the facts it lacks."""

    rule: str
    missing: list[str]
    reason: str


class RuleErrorOut(Strict):
    """A rule that crashed; the others still ran."""

    rule: str
    cause: str


class PackOut(Strict):
    """Which rules answered."""

    id: str
    version: str
    digest: str


class InputNote(Strict):
    """A value read after a correction (`used`), or left out (only with strict=false)."""

    pointer: str
    code: str
    message: Text
    used: bool


class ReportOut(Strict):
    """The answer for one listing: `invalid` when a finding would stop it."""

    subject: Subject
    verdict: Literal["valid", "invalid"]
    findings: list[FindingOut]
    waived: list[WaivedOut]
    not_checked: list[NotCheckedOut]
    errors: list[RuleErrorOut]
    plan: FixOut | None
    as_of: date
    pack: PackOut
    input_notes: list[InputNote]
    recorded: str | None = None


class ProblemErrorOut(Strict):
    """One fault: `pointer` into the body, or the query `parameter`."""

    code: str
    detail: str
    detail_i18n: Text
    pointer: str | None = None
    parameter: str | None = None


class ProblemOut(Strict):
    """RFC 9457. `instance` is the request id; `error` is OAuth's word where a client of it asked for a token."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_i18n: Text
    instance: str
    errors: list[ProblemErrorOut] = []
    error: str | None = None


class BatchItem(Strict):
    """The answer for one item: a report, or the problem that kept it from being checked."""

    index: int
    status: int
    report: ReportOut | None = None
    problem: ProblemOut | None = None


class Summary(Strict):
    items: int
    valid: int
    invalid: int
    not_checked: int


class BatchOut(Strict):
    """A result for each item, in order."""

    summary: Summary
    items: list[BatchItem]
    as_of: date
    pack: PackOut


class ReadValueOut(Strict):
    condition: str
    selection: str | None
    value: Any
    operator: str
    against: Any
    answer: bool | None


class ExplanationOut(Strict):
    """Why a rule did or did not fire."""

    rule: str
    outcome: Literal["matched", "not_matched", "not_applicable", "not_checked", "suppressed", "error"]
    reason: Text
    read: list[ReadValueOut]
    first_failing: ReadValueOut | None
    items: int | None
    as_of: date
    pack: PackOut


class RuleSummary(Strict):
    """A rule of any kind; what only a check has is null in the others."""

    id: str
    name: str
    kind: str
    title: Text
    code: str | None
    section: str | None
    severity: Literal["error", "warning", "info"] | None
    confidence: Literal["high", "medium", "low"] | None
    mode: Literal["shadow", "warn", "block"] | None
    status: Literal["experimental", "stable", "deprecated"]
    revision: int


class OtherRuleOut(Struct, kw_only=True):
    """A rule that is no check, as its page shows it: what more its kind has stands beside these fields."""

    id: str
    kind: str
    name: str
    title: Text
    why: Text
    status: Literal["experimental", "stable", "deprecated"]
    revision: int


class RuleOut(RuleSummary):
    """A check as its page shows it."""

    why: Text
    message: Text
    applies_to: dict[str, Any]
    effective: dict[str, date | None]
    each: dict[str, str] | None
    when: Text
    params: dict[str, Any]
    fix: dict[str, Any] | None
    source: list[dict[str, Any]]
    examples: list[dict[str, Any]]
    notes: Text | None
    replaced_by: str | None


class RulePage(Strict):
    rules: list[RuleSummary]
    next_page_token: str | None
    pack: PackOut


class FeatureOut(Strict):
    name: str
    subject: str
    type: str
    unit: str | None
    nullable: bool
    argument: str | None
    reads: list[str]
    description: Text


class CollectionOut(Strict):
    name: str
    subject: str
    nullable: bool
    argument: str | None
    reads: list[str]
    item: dict[str, Any]
    description: Text


class FeaturesOut(Strict):
    features: list[FeatureOut]
    collections: list[CollectionOut]


class CodeOut(Strict):
    code: str
    since: date
    title: Text
    rules: list[str]


class CodesOut(Strict):
    codes: list[CodeOut]
    pack: PackOut


class Health(Strict):
    """`status` is ok, or degraded when the database does not answer (pre-checks without keys still work)."""

    status: Literal["ok", "degraded"]
    database: Literal["ok", "unreachable"]
    pack: PackOut
    rules: int


class Landing(Strict):
    service: str
    version: str
    pack: PackOut
    keys: Literal["required", "optional"]
    links: dict[str, str]


class ProblemKind(Strict):
    type: str
    code: str
    status: int
    title: Text
    detail: Text
