"""The pre-check: read the body, check every listing, answer item by item. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

import msgspec

from api.metrics import Metrics
from api.problems import ProblemError
from api.services.reading import Entry, Work
from engine import Pack, Peers, Report
from engine.findings import Severity
from engine.intake import Problem
from engine.ledger.risk import PointsAtRisk
from engine.pictures import has_embedded, nowhere, with_pictures

RANK = {str(severity): severity.rank for severity in Severity}
encode = msgspec.json.Encoder(decimal_format="string").encode
Keep = Callable[[Entry, Report, dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the query asks for. `lang` None: both languages."""

    as_of: date
    lang: str | None = None
    min_severity: str = "info"
    fixes: bool = True
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Prechecks:
    """The service. `describe` turns the problem of one item into its body, `failed` logs a crash of ours."""

    pack: Pack
    metrics: Metrics
    seconds: float
    failed: Callable[[int], None]

    def run(
        self,
        work: Work,
        options: Options,
        describe: Callable[[ProblemError], dict[str, Any]],
        keep: Keep | None = None,
        at_risk: PointsAtRisk | None = None,
    ) -> bytes:
        """The JSON of the whole answer. `keep` sees each report before it is encoded, and may add to it. `at_risk`,
        of a store's ledger, gives every finding its points at risk.
        """
        if not work.is_batch:
            (entry,) = work.entries
            assert isinstance(entry, Entry)
            return encode(self._one(entry, options, None, self.seconds, keep, at_risk))
        return encode(self._many(work.entries, options, describe, keep, at_risk))

    def _many(
        self,
        entries: Sequence[Entry | ProblemError],
        options: Options,
        describe: Callable[[ProblemError], dict[str, Any]],
        keep: Keep | None,
        at_risk: PointsAtRisk | None,
    ) -> dict[str, Any]:
        """Each listing is compared with the others of the call; a bad one does not stop the rest."""
        peers = Peers([entry.listing for entry in entries if isinstance(entry, Entry)])
        deadline = perf_counter() + self.seconds
        items: list[dict[str, Any]] = []
        counts = {"valid": 0, "invalid": 0, "not_checked": 0}
        for index, entry in enumerate(entries):
            found: dict[str, Any] | ProblemError
            left = deadline - perf_counter()
            if isinstance(entry, ProblemError):
                found = entry
            elif left <= 0:
                found = ProblemError("time_budget_spent", seconds=f"{self.seconds:g}")
            else:
                try:
                    found = self._one(entry, options, peers, left, keep, at_risk)
                except Exception:
                    self.failed(index)
                    found = ProblemError("internal_error")
            if isinstance(found, ProblemError):
                counts["not_checked"] += 1
                items.append({"index": index, "status": found.kind.status, "problem": describe(found)})
            else:
                counts[found["verdict"]] += 1
                items.append({"index": index, "status": 200, "report": found})
        ref = self.pack.ref
        return {
            "summary": {"items": len(items), **counts},
            "items": items,
            "as_of": options.as_of.isoformat(),
            "pack": {"id": ref.id, "version": ref.version, "digest": ref.digest},
        }

    def _one(
        self,
        entry: Entry,
        options: Options,
        peers: Peers | None,
        seconds: float,
        keep: Keep | None,
        at_risk: PointsAtRisk | None,
    ) -> dict[str, Any]:
        listing = entry.listing
        if has_embedded(listing):  # only pictures that come along: the service fetches none
            listing = with_pictures(listing, nowhere)
        report = self.pack.check(
            listing,
            store=entry.store,
            as_of=entry.as_of or options.as_of,
            fixes=options.fixes,
            peers=peers,
            not_carried=entry.not_carried,
            seconds=seconds,
            at_risk=at_risk,
        )
        answer = shape(report, options, entry.notes)
        if keep is not None:
            keep(entry, report, answer)
        self.metrics.listing(
            answer["verdict"],
            [finding["rule"] for finding in answer["findings"]],
            [error["rule"] for error in answer["errors"]],
        )
        return answer


def shape(report: Report, options: Options, notes: Sequence[Problem] = ()) -> dict[str, Any]:
    """The report as it travels: severities below the asked-for left out, and one language if asked for."""
    answer = report.to_dict()
    lowest = RANK[options.min_severity]
    if lowest:
        answer["findings"] = [finding for finding in answer["findings"] if RANK[finding["severity"]] >= lowest]
    for error in answer["errors"]:  # the kind of crash is for the caller, its text for our log
        error["cause"] = error["cause"].partition(":")[0]
    answer["input_notes"] = [
        {"pointer": note.pointer, "code": note.code, "message": dict(note.message), "used": note.used} for note in notes
    ]
    if options.lang is not None:
        _reduce(answer, options.lang)
    return answer


def _reduce(answer: dict[str, Any], lang: str) -> None:
    """Keep one language. The shape stays: a wording is an object with one member."""
    worded = [*answer["findings"], *answer["waived"], *answer["input_notes"]]
    for entry in worded:
        for name in ("message", "title"):
            if name in entry:
                entry[name] = {lang: entry[name][lang]}
    fixes = [fix for finding in worded for fix in finding.get("fixes", ())]
    if answer["plan"] is not None:
        fixes.append(answer["plan"])
    for fix in fixes:
        fix["label"] = {lang: fix["label"][lang]}
