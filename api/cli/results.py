"""What the writers of `storewarden check` are given, and the counts at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TextIO

from api.cli.common import Lang
from engine import Finding, IntakeError, Pack, Report
from engine.findings import Mode, Severity
from engine.intake import Intake, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What is to be written, where and how. `hidden` are rule modes left out; `explain` is one rule's id."""

    stream: TextIO
    pack: Pack
    as_of: date
    lang: Lang
    least: Severity
    hidden: frozenset[str] = frozenset()
    explain: str | None = None

    def shows(self, finding: Finding) -> bool:
        """Whether a finding is to be written."""
        return Severity(finding.severity).rank >= self.least.rank and finding.mode not in self.hidden


@dataclass(slots=True)
class FileResult:
    """One input file: what was understood of it, and its rows, checked as they are taken."""

    name: str
    intake: Intake | None = None
    rows: Iterable[RowResult] = ()
    count: int = 0
    error: IntakeError | None = None


@dataclass(slots=True)
class RowResult:
    """One listing of a file. `report` is None when the listing could not be read at all."""

    record: Record
    report: Report | None


@dataclass(slots=True)
class Summary:
    """Counts over all files. `refused` rows and `unreadable` files are bad input."""

    listings: int = 0
    invalid: int = 0
    clean: int = 0
    refused: int = 0
    unreadable: int = 0
    findings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Mode, 0))

    def add(self, row: RowResult) -> None:
        """Count one listing."""
        if row.report is None:
            self.refused += 1
            return
        self.listings += 1
        self.invalid += row.report.verdict == "invalid"
        self.clean += not row.report.findings
        for finding in row.report.findings:
            self.findings[finding.mode] += 1

    def close(self, result: FileResult) -> None:
        """Count the file itself."""
        self.unreadable += result.error is not None
