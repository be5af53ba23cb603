"""Fixes of a report: worked out, applied in memory, and verified by running the whole pack again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from engine.facts import Listing
from engine.features.texts import corpus
from engine.features.view import View
from engine.findings import Fix, Severity
from engine.fixes import Original, Patch, Proposal, plan, propose, to_patch, verify

if TYPE_CHECKING:
    from engine.evaluate.finding import Finding
    from engine.evaluate.report import Report

VERIFIED_AT_MOST = 25
"""Fixes verified one by one for a report; each costs one more run of the pack. Those beyond carry `verified` None."""

PROPOSED_AT_MOST = 200
"""Fixes worked out for a report; the findings beyond keep the label alone."""

WORK = 20_000
"""What the verified fixes of a report may cost together, in findings that are made again (0.2 ms each)."""

TEXT_OF_ONE_FINDING = 250
"""Code points of text whose check costs as much as a finding."""

PLAN_LABEL = {"en": "Apply the fixes that go together", "zh": "一次应用可合并的修复"}


class Offer(NamedTuple):
    """A fix that was verified, with the edits it stands for."""

    finding: Finding
    applicability: str
    proposal: Proposal


class Mender:
    """Works out and verifies fixes. `again` runs the whole pack on a changed listing; `words` are the pack's lists."""

    def __init__(self, again: Callable[[Listing, View], Report], words: Mapping[str, frozenset[str]]) -> None:
        self._again = again
        self._words = words

    def mend(self, report: Report, view: View, seconds: float | None = None) -> tuple[Offer, ...]:
        """Give each finding its fixes; returns those that were verified. None is begun after `seconds`.

        A machine fix that would not clear its finding, or would bring another, is not offered: its label stays, as a
        thing to do by hand.
        """
        fixable = [finding for finding in report.bare_findings if finding.bound.rule.fix is not None]
        if not fixable:
            return ()
        original = Original(report.listing, self._words)
        before = report.fingerprints
        offers: list[Offer] = []
        tried = proposed = 0
        most = min(VERIFIED_AT_MOST, WORK // _cost(report, view))
        deadline = None if seconds is None else perf_counter() + seconds
        for finding in fixable:
            spec = finding.bound.rule.fix
            assert spec is not None
            if deadline is not None and perf_counter() > deadline:
                proposed = PROPOSED_AT_MOST
            proposal = None
            if spec.applicability != "manual" and proposed < PROPOSED_AT_MOST:
                proposal = self._propose(original, finding)
                proposed += 1
            patch: Patch = ()
            verified = None
            if proposal is not None:
                patch = to_patch(original, proposal.edits)
                if tried < most:
                    tried += 1
                    verified = self._verify(view, patch, before)
                    if finding.fingerprint in verified["clears"] and not verified["introduces"]:
                        offers.append(Offer(finding, spec.applicability, proposal))
                    else:
                        patch, verified = (), None
            applicability = spec.applicability if patch else "manual"
            finding.fixes = (
                Fix(
                    operation=spec.operation,
                    applicability=applicability,
                    label=spec.label,
                    patch=patch,
                    verified=verified,
                ),
            )
        return tuple(offers)

    def plan(self, report: Report, view: View, offers: Sequence[Offer]) -> Fix | None:
        """One atomic patch of the offers that go together, verified as a whole; None when there is none."""
        remaining = list(offers)
        original = Original(report.listing, self._words)
        while remaining:
            joint = plan(original, [offer.proposal for offer in remaining])
            if not joint.patch:
                return None
            verified = self._verify(view, joint.patch, report.fingerprints)
            if not verified["introduces"]:
                kinds = {offer.applicability for offer in remaining if offer.proposal.id in joint.included}
                applicability = "safe" if kinds <= {"safe"} else "suggested"
                return Fix(
                    operation="plan",
                    applicability=applicability,
                    label=PLAN_LABEL,
                    patch=joint.patch,
                    verified=verified,
                )
            remaining.pop()  # together they bring something new: leave out the least severe and try again
        return None

    def _propose(self, original: Original, finding: Finding) -> Proposal | None:
        spec = finding.bound.rule.fix
        assert spec is not None
        arguments = {name: finding.argument(value) for name, value in spec.arguments.items()}
        if any(value is None for value in arguments.values()):
            return None
        return propose(
            original,
            spec.operation,
            finding.locations,
            target=spec.field,
            arguments=arguments,
            id=finding.fingerprint,
            rank=Severity(finding.severity).rank,
        )

    def _verify(self, view: View, patch: Patch, before: Mapping[str, str]) -> dict[str, list[str]]:
        return verify(view.listing, patch, lambda changed: self._again(changed, view).fingerprints, before)


def _cost(report: Report, view: View) -> int:
    """What one more run of the pack costs, in findings."""
    items = len(view.listing.skus) + len(view.listing.attributes) + len(view.listing.images)
    return 1 + len(report.bare_findings) + items // 4 + len(corpus(view).haystack) // TEXT_OF_ONE_FINDING
