"""The answer as SARIF 2.1.0, for code hosts and review tools."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from api.cli.machine import Writer
from api.cli.results import FileResult, RowResult, Summary
from engine import Finding
from engine.findings import Location
from engine.intake import Origin
from engine.model.rule import CheckRule

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class SarifWriter(Writer):
    """One run; a result for each finding, its places as logical locations with the span in the text."""

    def begin(self) -> None:
        self._results: list[dict[str, Any]] = []
        self._notifications: list[dict[str, Any]] = []

    def file(self, result: FileResult) -> None:
        if result.error is not None:
            self._notify(result, "error", getattr(result.error, self.lang))

    def row(self, result: FileResult, row: RowResult) -> None:
        for problem in row.record.problems:
            self._notify(result, "warning" if problem.used else "error", problem.text(self.lang))
        if row.report is None:
            return
        listing = row.report.subject["id"]
        for finding in filter(self.show.shows, row.report.findings):
            self._results.append(self._result(result, row.record.origin, listing, finding))

    def end(self, summary: Summary) -> None:
        pack = self.show.pack
        run = {
            "tool": {
                "driver": {
                    "name": "storewarden",
                    "semanticVersion": "0.1.0",
                    "rules": [self._rule(rule) for rule in pack.rules.values()],
                    "properties": {
                        "pack": self.show.pack.id,
                        "packVersion": self.show.pack.version,
                        "digest": self.show.pack.digest,
                    },
                }
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [
                {
                    "executionSuccessful": not (summary.refused or summary.unreadable),
                    "toolExecutionNotifications": self._notifications,
                }
            ],
            "results": self._results,
        }
        document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
        json.dump(document, self.stream, ensure_ascii=True, indent=1)
        self.stream.write("\n")

    def _notify(self, result: FileResult, level: str, text: str) -> None:
        location = {"physicalLocation": {"artifactLocation": {"uri": _uri(result.name)}}}
        self._notifications.append({"level": level, "message": {"text": text}, "locations": [location]})

    def _rule(self, rule: CheckRule) -> dict[str, Any]:
        return {
            "id": rule.id,
            "name": "".join(part.capitalize() for part in rule.name.split("-")),
            "shortDescription": {"text": rule.title[self.lang]},
            "fullDescription": {"text": rule.why[self.lang]},
            "helpUri": rule.sources[0].url,
            "defaultConfiguration": {"level": LEVELS[rule.severity]},
            "properties": {"code": rule.code, "mode": rule.mode, "confidence": rule.confidence},
        }

    def _result(self, result: FileResult, origin: Origin, listing: str | None, finding: Finding) -> dict[str, Any]:
        return {
            "ruleId": finding.rule,
            "level": LEVELS[finding.severity],
            "message": {"text": finding.message[self.lang]},
            "locations": [self._location(result, origin, listing, place) for place in finding.locations],
            "partialFingerprints": {"storewarden/v1": finding.fingerprint},
            "properties": {"code": finding.code, "mode": finding.mode, "listing": listing},
        }

    def _location(self, result: FileResult, origin: Origin, listing: str | None, place: Location) -> dict[str, Any]:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(result.name)}}
        row = origin.row_of(place.pointer) or origin.line
        if row:
            physical["region"] = {"startLine": row}
        logical: dict[str, Any] = {"fullyQualifiedName": f"{listing or ''}{place.pointer}", "kind": "member"}
        logical["properties"] = {"pointer": place.pointer, "source": origin.source(place.pointer)}
        if place.start is not None:
            logical["properties"] |= {"start": place.start, "end": place.end, "text": place.text}
        return {"physicalLocation": physical, "logicalLocations": [logical]}


def _uri(name: str) -> str:
    """A relative, percent-encoded path as SARIF wants it."""
    from urllib.parse import quote

    return quote(PurePath(name).as_posix())
