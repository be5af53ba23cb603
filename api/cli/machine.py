"""The answer for programs: JSON (one document, written as the check goes on) and CSV (one row a finding)."""

from __future__ import annotations

import csv
from typing import Any

import msgspec

from api.cli.results import FileResult, RowResult, Show, Summary

COLUMNS = (
    "file", "place", "listing", "verdict", "rule", "code", "severity", "confidence", "mode", "pointer", "start", "end",
    "text", "message", "fix", "fingerprint",
)  # fmt: skip


class Writer:
    """What the machine formats share."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.stream = show.stream
        self.lang = show.lang

    def begin(self) -> None:
        """Before the first file."""

    def file(self, result: FileResult) -> None:
        """Before the rows of a file."""

    def row(self, result: FileResult, row: RowResult) -> None:
        """One listing."""

    def file_end(self, result: FileResult) -> None:
        """After the rows of a file."""

    def note(self, lines: list[str]) -> None:
        """What --fix wrote; on standard error, so that the document stays whole."""
        import sys

        for line in lines:
            print(line, file=sys.stderr)

    def end(self, summary: Summary) -> None:
        """After the last file."""


class JsonWriter(Writer):
    """{"pack", "as_of", "files": [{"file", "form", "mapping", "problems", "results": […]}], "summary"}"""

    _files = 0
    _rows = 0

    def begin(self) -> None:
        self.stream.write(f'{{"pack":{_json(self.show.pack.ref)},"as_of":{_json(self.show.as_of)},"files":[')

    def file(self, result: FileResult) -> None:
        head: dict[str, Any] = {"file": result.name}
        if result.error is not None:
            error = result.error
            head["error"] = {"code": error.code, "where": error.where, "message": {"en": error.en, "zh": error.zh}}
        if result.intake is not None:
            head["form"] = result.intake.form
            head["mapping"] = result.intake.mapping.to_dict() if result.intake.mapping is not None else None
            head["problems"] = [problem.to_dict() for problem in result.intake.problems]
        comma = "," if self._files else ""
        self.stream.write(f'{comma}\n{_json(head)[:-1]},"results":[')
        self._files += 1
        self._rows = 0

    def row(self, result: FileResult, row: RowResult) -> None:
        origin = row.record.origin
        entry: dict[str, Any] = {
            "place": origin.place(""),
            "problems": [problem.to_dict() for problem in row.record.problems],
            "report": None,
        }
        if row.report is not None:
            report = row.report.to_dict()
            wanted = {finding.id for finding in row.report.findings if self.show.shows(finding)}
            report["findings"] = [finding for finding in report["findings"] if finding["id"] in wanted]
            for finding in report["findings"]:
                for place in finding["locations"]:
                    place["source"] = origin.source(place["pointer"])
            entry["report"] = report
            if self.show.explain is not None:
                entry["explanation"] = msgspec.to_builtins(row.report.explain(self.show.explain))
        self.stream.write(("," if self._rows else "") + "\n" + _json(entry))
        self._rows += 1

    def file_end(self, result: FileResult) -> None:
        self.stream.write("]}")

    def end(self, summary: Summary) -> None:
        counts = {
            "listings": summary.listings,
            "invalid": summary.invalid,
            "clean": summary.clean,
            "refused": summary.refused,
            "unreadable_files": summary.unreadable,
            "findings": summary.findings,
        }
        self.stream.write(f'\n],"summary":{_json(counts)}}}\n')


class CsvWriter(Writer):
    """One row for each finding and place, in UTF-8; what could not be read is a row with the code of the problem."""

    def begin(self) -> None:
        self._csv = csv.writer(self.stream)
        self._csv.writerow(COLUMNS)

    def file(self, result: FileResult) -> None:
        if result.error is not None:
            message = getattr(result.error, self.lang)
            self._write(file=result.name, place=result.error.where, code=result.error.code, message=message)

    def row(self, result: FileResult, row: RowResult) -> None:
        origin = row.record.origin
        for problem in row.record.problems:
            self._write(
                file=result.name,
                place=problem.place[self.lang],
                code=problem.code,
                pointer=problem.pointer,
                text=problem.value,
                message=problem.message[self.lang],
                severity="warning" if problem.used else "error",
            )
        if row.report is None:
            return
        for finding in filter(self.show.shows, row.report.findings):
            for place in finding.locations:
                self._write(
                    file=result.name,
                    place=origin.place(place.pointer)[self.lang],
                    listing=row.report.subject["id"],
                    verdict=row.report.verdict,
                    rule=finding.rule,
                    code=finding.code,
                    severity=finding.severity,
                    confidence=finding.bound.rule.confidence,
                    mode=finding.mode,
                    pointer=place.pointer,
                    start=place.start,
                    end=place.end,
                    text=place.text,
                    message=finding.message[self.lang],
                    fix="; ".join(fix.label[self.lang] for fix in finding.fixes),
                    fingerprint=finding.fingerprint,
                )

    def _write(self, **values: Any) -> None:
        self._csv.writerow([safe_cell(values.get(column)) for column in COLUMNS])


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula is kept text by a leading apostrophe."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    return "" if value is None else value


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
