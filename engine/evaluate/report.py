"""What a check answers for one listing or store: findings, what could not be checked, and one plan to mend it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from engine.errors import UnknownName
from engine.evaluate.compile import Failed, Fired, Unchecked, read_features
from engine.evaluate.finding import Finding
from engine.evaluate.program import Applies, Program
from engine.facts import Listing
from engine.features.view import View
from engine.findings import Fix, Mode
from engine.intake.values import clean
from engine.lazily import lazily

if TYPE_CHECKING:
    from engine.evaluate.explain import Explanation
    from engine.evaluate.fixing import Mender, Offer
    from engine.features.registry import Collection, Feature
    from engine.ledger.risk import PointsAtRisk


class Waiver(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A person accepts a finding until a day. Every field that is given must agree; `until` is exclusive."""

    reason: str
    until: date
    fingerprint: str | None = None
    rule: str | None = None
    subject: str | None = None
    approver: str | None = None

    def covers(self, finding: Finding, subject_id: str | None, as_of: date) -> bool:
        """Whether the waiver is in force and means this finding; one that names nothing covers nothing."""
        named = self.fingerprint is not None or self.rule is not None
        return (
            named
            and as_of < self.until
            and self.fingerprint in {None, finding.fingerprint}
            and self.rule in {None, finding.rule}
            and self.subject in {None, subject_id}
        )


class PackRef(Struct, frozen=True):
    """Which rules answered."""

    id: str
    version: str
    digest: str


class NotChecked(Struct, frozen=True):
    """A rule that could not be decided: the facts it lacks, or that time ran out."""

    rule: str
    missing: tuple[str, ...]
    reason: str = "missing_fact"  # missing_fact | unknown_category | not_in_source | out_of_time


class RuleError(Struct, frozen=True):
    """A rule that crashed; the others still ran."""

    rule: str
    cause: str


class Report:
    """The answer for one listing or store. Findings are worked out when first asked for."""

    def __init__(
        self,
        program: Program,
        view: View,
        pack: PackRef,
        *,
        fired: Sequence[Fired] = (),
        unchecked: Sequence[Unchecked] = (),
        failed: Sequence[Failed] = (),
        applies: Applies = (),
        late_from: int | None = None,
        waivers: Sequence[Waiver] = (),
        mender: Mender | None = None,
        seconds: float | None = None,
        is_foreign: bool = False,
    ) -> None:
        self._program = program
        self._view = view
        self._fired = fired
        self._unchecked = unchecked
        self._failed = failed
        self._applies = applies
        self._late_from = late_from
        self._waivers = waivers
        self._mender = mender
        self._seconds = seconds
        self.pack = pack
        self.is_foreign = is_foreign
        self.at_risk: PointsAtRisk | None = None

    @property
    def subject(self) -> dict[str, str | None]:
        """Type and id of what was checked."""
        return {"type": self._view.subject, "id": self._view.subject_id}

    @property
    def listing(self) -> Listing:
        """The listing that was checked."""
        return self._view.listing

    @property
    def as_of(self) -> date:
        """The day the rules were taken from."""
        return self._view.as_of

    @property
    def verdict(self) -> str:
        """invalid when a finding would stop the listing, else valid."""
        return "invalid" if any(finding.mode == Mode.BLOCK for finding in self.bare_findings) else "valid"

    @property
    def fingerprints(self) -> dict[str, str]:
        """Fingerprint → rule of all findings, the waived ones too."""
        return {finding.fingerprint: finding.rule for finding in self._all}

    @lazily
    def _fired_findings(self) -> tuple[Finding, ...]:
        """One finding for each rule and offending value, by rule."""
        by_rule: dict[int, list[Finding]] = {}
        for index, item, values in self._fired:
            by_rule.setdefault(index, []).append(Finding(self._program.rules[index], self._view, item, values))
        found: list[Finding] = []
        for index in sorted(by_rule):
            found += _without_repeats(by_rule[index])
        return tuple(found)

    @lazily
    def _all(self) -> tuple[Finding, ...]:
        found = [finding for finding in self._fired_findings if not self._says_nothing(finding)]
        for finding in found:
            if self.at_risk is not None:
                finding.points_at_risk = self.at_risk.of(finding.code)
            for waiver in self._waivers:
                if waiver.covers(finding, self._view.subject_id, self.as_of):
                    finding.waiver = waiver
                    break
        return tuple(found)

    def _says_nothing(self, finding: Finding) -> bool:
        """Whether every place of the finding lies in a field that the source never fills."""
        absent = self._view.not_carried
        return bool(absent) and all(place.pointer.split("/", 2)[1] in absent for place in finding.locations)

    @lazily
    def bare_findings(self) -> tuple[Finding, ...]:
        """The findings nobody waived, without their fixes worked out, by rule."""
        return tuple(finding for finding in self._all if finding.waiver is None)

    @lazily
    def findings(self) -> tuple[Finding, ...]:
        """The findings nobody waived, by rule, each with its fixes."""
        _ = self._offers  # gives the findings their fixes
        return self.bare_findings

    @lazily
    def _offers(self) -> tuple[Offer, ...]:
        return self._mender.mend(self, self._view, self._seconds) if self._mender is not None else ()

    @property
    def waived(self) -> tuple[Finding, ...]:
        """The findings a person accepted, each with its `waiver`."""
        return tuple(finding for finding in self._all if finding.waiver is not None)

    @lazily
    def plan(self) -> Fix | None:
        """All fixes that go together as one atomic patch; None when there is nothing to apply."""
        return self._mender.plan(self, self._view, self._offers) if self._mender is not None else None

    @lazily
    def safe_plan(self) -> Fix | None:
        """The plan of the safe fixes alone."""
        safe = [offer for offer in self._offers if offer.applicability == "safe"]
        return self._mender.plan(self, self._view, safe) if self._mender is not None else None

    @lazily
    def errors(self) -> tuple[RuleError, ...]:
        """Rules that crashed, once each."""
        causes: dict[int, str] = {}
        for index, error in self._failed:
            causes.setdefault(index, f"{type(error).__name__}: {error}"[:200])
        return tuple(RuleError(self._program.rules[index].rule.id, cause) for index, cause in sorted(causes.items()))

    def undecided(self) -> frozenset[str]:
        """The rules of `not_checked` that lacked a fact or the category, without saying which: many times as fast."""
        rules, scope_of, applies = self._program.rules, self._program.scope_of, self._applies
        found = {index for index, _, _ in self._unchecked if (s := scope_of[index]) is None or applies[s]}
        if None in applies:
            found |= {index for index, scope in enumerate(scope_of) if scope is not None and applies[scope] is None}
        return frozenset([rules[index].rule.id for index in found])

    @lazily
    def not_checked(self) -> tuple[NotChecked, ...]:
        """Rules that apply but could not be decided."""
        rules = self._program.rules
        answers: dict[int, NotChecked] = {}
        for index, scope in enumerate(self._program.scope_of):
            if scope is not None and self._applies and self._applies[scope] is None:
                answers[index] = NotChecked(rules[index].rule.id, ("category",), "unknown_category")
        for index, item, values in self._unchecked:
            scope = self._program.scope_of[index]
            if scope is None or self._applies[scope]:
                answers.setdefault(index, NotChecked(rules[index].rule.id, self._missing(index, item, values)))
        for finding in self._fired_findings:
            if self._says_nothing(finding):
                fields = tuple(dict.fromkeys(place.pointer.split("/", 2)[1] for place in finding.locations))
                index = self._program.by_id[finding.rule]
                answers.setdefault(index, NotChecked(finding.rule, fields, "not_in_source"))
        if self._late_from is not None:
            begun = {index for index, _, _ in self._fired}
            for index in range(self._late_from, len(rules)):
                if index not in begun:
                    answers.setdefault(index, NotChecked(rules[index].rule.id, (), "out_of_time"))
        return tuple(answers[index] for index in sorted(answers))

    def _missing(self, index: int, item: Any, values: Sequence[Any]) -> tuple[str, ...]:
        """The names of the facts that were read and are unknown, as the rule writes them."""
        bound = self._program.rules[index]
        each = bound.rule.each
        if each is not None and item is None:
            return (str(each.collection),)
        known = dict(zip(read_features(bound), values, strict=True))
        names = []
        for ref in bound.refs:
            if ref.item:
                if getattr(item, ref.name) is None and each is not None:
                    names.append(f"{each.item}.{ref}")
            elif known[ref] is None:
                names.append(str(ref))
        return tuple(names)

    def facts_missing(self, entry: NotChecked) -> tuple[str, ...]:
        """What the caller can add for a rule to be checked: "peers", "store.FIELD" or a field of the listing."""
        index = self._program.by_id.get(entry.rule)
        if index is None:
            return entry.missing
        bound = self._program.rules[index]
        each = bound.rule.each
        prefix = f"{each.item}." if each is not None else ""
        found: dict[str, None] = {}
        for name in entry.missing:
            measure: Feature | Collection | None = bound.registry.features.get(name.partition("[")[0])
            if measure is None and ((prefix and name.startswith(prefix)) or name == str(each and each.collection)):
                measure = bound.collection
            sources = (*measure.beside, *measure.reads) if measure is not None else ()
            found[next(filter(self._is_empty, sources), sources[0] if sources else name)] = None
        return tuple(found)

    def _is_empty(self, source: str) -> bool:
        """Whether nothing was given for a field of the listing or a "store.FIELD"; peers only when there are none."""
        owner, _, field = source.rpartition(".")
        if source == "peers":
            return self._view.peers is None
        return getattr(self._view.store if owner else self._view.listing, field, None) in (None, (), {}, "")

    def explain(self, rule_id: str) -> Explanation:
        """Why a rule did or did not fire here. Raises UnknownName for a rule that does not exist."""
        from engine.evaluate.explain import explain

        rule = self._program.known.get(rule_id)
        if rule is None:
            raise UnknownName("rule", rule_id, list(self._program.known))
        return explain(rule, self._program, self._view, self)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON data."""
        return {
            "subject": self.subject,
            "verdict": self.verdict,
            "findings": [finding.to_dict() for finding in self.findings],
            "waived": [{**finding.to_dict(), "waiver": msgspec.to_builtins(finding.waiver)} for finding in self.waived],
            "not_checked": [msgspec.to_builtins(entry) for entry in self.not_checked],
            "errors": [msgspec.to_builtins(entry) for entry in self.errors],
            "plan": msgspec.to_builtins(self.plan),
            "as_of": self.as_of.isoformat(),
            "pack": msgspec.to_builtins(self.pack),
        }

    def to_json(self) -> bytes:
        """The report as JSON; the same input and pack give the same bytes."""
        data = self.to_dict()
        try:
            return msgspec.json.encode(data)
        except UnicodeEncodeError:  # a lone surrogate, which only a listing made in Python can hold
            return clean(json.dumps(data, ensure_ascii=False, separators=(",", ":")))[0].encode()


def _without_repeats(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of one rule with the same fingerprint become one with several places."""
    if len(findings) == 1:
        return list(findings)
    same: dict[str, list[Finding]] = {}
    for finding in findings:
        same.setdefault(finding.fingerprint, []).append(finding)
    for first, *others in same.values():
        if others:
            first.merge(others)
    return [first for first, *_ in same.values()]
