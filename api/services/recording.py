"""Recorded pre-checks: what was asked and answered is committed before the answer goes out."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from engine import Listing, Report
from engine.evaluate.finding import Finding
from engine.intake.values import clean
from store_model.db import Database
from store_model.findings_load import FindingRow, PrecheckRow, load_findings, load_prechecks, product_ids
from store_model.group_commit import GroupWriter
from store_model.outbox import News, emit_many
from store_model.tenancy import Scope

ACTOR = "system:recorder"
_encode = msgspec.json.Encoder(decimal_format="string").encode


@dataclass(frozen=True, slots=True)
class Recorded:
    """One pre-check to be recorded, for one store."""

    entity_id: int
    store_id: int
    checked_at: datetime
    row: PrecheckRow
    findings: tuple[FindingRow, ...]
    undecided: frozenset[str] = frozenset()


def new_id(now: datetime) -> str:
    """32 hexadecimal digits that sort by time."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def record_of(report: Report, listing: Listing, *, scope: Scope, store_id: int, caller: str, now: datetime) -> Recorded:
    """What is kept of one answer."""
    found = report.bare_findings
    row = PrecheckRow(
        id=new_id(now),
        listing_id=listing.id[:64] if listing.id is not None else None,
        listing_digest=hashlib.sha256(repr(listing).encode("utf-8", "surrogatepass")).hexdigest(),
        verdict=report.verdict,
        pack=report.pack.id,
        pack_version=report.pack.version,
        pack_digest=report.pack.digest,
        as_of=report.as_of,
        checked_at=now,
        caller=caller,
        findings=_encode(
            [
                {
                    "fingerprint": one.fingerprint,
                    "rule": one.rule,
                    "code": one.code,
                    "severity": one.severity,
                    "mode": one.mode,
                }
                for one in found
            ]
        ).decode(),
    )
    listing_id = clean(listing.id)[0][:64] if listing.id is not None else None
    return Recorded(
        scope.entity_id,
        store_id,
        now,
        row._replace(listing_id=listing_id),
        tuple(finding_row(one, listing_id, None) for one in found),
        report.undecided(),
    )


def finding_row(finding: Finding, listing_id: str | None, product_id: int | None) -> FindingRow:
    """A finding as the store keeps it."""
    detail = {
        "locations": [msgspec.to_builtins(place) for place in finding.locations],
        "evidence": finding.evidence,
        "params": finding.params,
        "confidence": finding.bound.rule.confidence,
        "section": finding.bound.rule.section,
    }
    return FindingRow(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        revision=finding.bound.rule.revision,
        code=finding.code,
        severity=finding.severity,
        mode=finding.mode,
        subject="listing",
        listing_id=listing_id,
        product_id=product_id,
        message=_json(finding.message),
        detail=_json(detail),
        places=len(finding.locations),
        points="0" if finding.points_at_risk is None else str(finding.points_at_risk["points"]),
    )


def _json(value: Any) -> str:
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:  # a lone surrogate of a listing's own text
        return _encode(_without_surrogates(value)).decode()


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)[0]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value


class Recorder:
    """Takes recorded pre-checks of all stores and writes them in groups; `put` returns after the commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer: GroupWriter[Recorded] | None = None

    async def put(self, records: Sequence[Recorded]) -> None:
        """Wait until all of these are committed."""
        if self._writer is None:  # a thread of its own, begun when first needed
            self._writer = GroupWriter(self._write, name="recorder")
        await asyncio.gather(*map(self._writer.put_async, records))

    def close(self) -> None:
        """Write what waits and end."""
        if self._writer is not None:
            self._writer.close()

    def _write(self, records: Sequence[Recorded]) -> None:
        by_entity: dict[int, dict[int, list[Recorded]]] = {}
        for record in records:
            by_entity.setdefault(record.entity_id, {}).setdefault(record.store_id, []).append(record)
        for entity_id, stores in sorted(by_entity.items()):
            scope = Scope(entity_id, frozenset(stores), ACTOR)
            with self._database.scoped(scope) as session:
                for store_id, own in sorted(stores.items()):
                    write(session, store_id, own)


def _news(record: Recorded) -> News:
    codes = sorted({finding.code for finding in record.findings})
    row = record.row
    data = {"precheck_id": row.id, "listing_id": row.listing_id, "verdict": row.verdict, "codes": codes}
    return News("listing.prechecked", data)


def write(session: Session, store_id: int, records: Sequence[Recorded]) -> None:
    """Record pre-checks of one store. Findings are kept for listings that are products of the store, the last check
    of each counting; of others only the pre-check itself says what was found.
    """
    load_prechecks(session, store_id, [record.row for record in records])
    news = [_news(record) for record in records]
    emit_many(session, entity_id=records[0].entity_id, store_id=store_id, news=news, now=records[-1].checked_at)
    listing_ids = {record.row.listing_id for record in records if record.row.listing_id is not None}
    known = product_ids(session, store_id, listing_ids)
    last = {record.row.listing_id: record for record in records if record.row.listing_id in known}
    rows = [
        finding._replace(product_id=known[str(listing_id)])
        for listing_id, record in last.items()
        for finding in record.findings
    ]
    if last:
        now = max(record.checked_at for record in last.values())
        spared = {known[str(listing_id)]: record.undecided for listing_id, record in last.items()}
        load_findings(session, store_id, rows, checked=known.values(), now=now, cause="precheck", spared=spared)
