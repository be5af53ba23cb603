"""The life of findings: what a check makes of each, the turns that are kept, and the events that tell of them.

    (nothing) ──▶ new ──▶ unchanged ──▶ worsened ──▶ fixed ──▶ reopened ──▶ …

Worse is a finding whose severity or mode rose, or that stands in more places than before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.findings import Mode, Severity
from store_model.findings import Finding, FindingChange
from store_model.outbox import BATCH, News, emit_many
from store_model.tenancy import scoped_insert

MODES = tuple(Mode)
EVENTS = {"new": "finding.opened", "reopened": "finding.reopened", "fixed": "finding.fixed"}


class Known(NamedTuple):
    """A finding as it was stored before a check."""

    id: int
    fingerprint: str
    rule: str
    code: str
    severity: str
    mode: str
    state: str
    places: int
    listing_id: str | None
    product_id: int | None


KNOWN_COLUMNS = ", ".join(Known._fields)


class Seen(Protocol):
    """A finding as a check saw it."""

    @property
    def rule(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def places(self) -> int: ...
    @property
    def listing_id(self) -> str | None: ...


def turns_of(
    seen: Mapping[str, Seen],
    known: Mapping[str, Known],
    whole: Collection[int],
    spared: Mapping[int, Collection[str]],
) -> dict[str, str]:
    """Fingerprint → turn, of what a check saw and of what it saw no more on the products it checked as a whole.

    `spared`: product → rules that could not be decided there.
    """
    turns = {fingerprint: _turn(known.get(fingerprint), row) for fingerprint, row in seen.items()}
    for fingerprint, before in known.items():
        if fingerprint in seen or before.state != "open" or before.product_id not in whole:
            continue
        if before.rule not in spared.get(before.product_id or 0, ()):
            turns[fingerprint] = "fixed"
    return turns


def _turn(before: Known | None, now: Seen) -> str:
    if before is None:
        return "new"
    if before.state == "fixed":
        return "reopened"
    return "worsened" if _is_worse(before, now) else "unchanged"


def _is_worse(before: Known, now: Seen) -> bool:
    return (
        Severity(now.severity).rank > Severity(before.severity).rank
        or MODES.index(Mode(now.mode)) > MODES.index(Mode(before.mode))
        or now.places > before.places
    )


def tell(
    session: Session,
    store_id: int,
    changed: Mapping[str, str],
    seen: Mapping[str, Seen],
    known: Mapping[str, Known],
    *,
    now: datetime,
    cause: str,
) -> None:
    """Keep the turns and emit their events, listing by listing, in the session's transaction."""
    ids = ids_of(session, store_id, list(changed))
    ordered = sorted(changed, key=lambda key: ids[key])
    latest: dict[str, Any] = {key: seen.get(key) or known[key] for key in ordered}
    keep(
        session,
        [
            {
                "store_id": store_id, "finding_id": ids[key], "at": now, "turn": changed[key], "cause": cause[:80],
                "severity": latest[key].severity, "mode": latest[key].mode, "places": latest[key].places,
            }
            for key in ordered
        ],
    )  # fmt: skip
    entity_id = session.info["access"].entity_id
    news: list[News] = []
    for listing_id, keys in _by_listing(ordered, latest).items():
        told = [key for key in keys if changed[key] in EVENTS]
        news += [News(EVENTS[changed[key]], finding_data(ids[key], latest[key])) for key in told]
        news += _of_listing(listing_id, keys, changed, latest, seen, known)
    emit_many(session, entity_id=entity_id, store_id=store_id, news=news, now=now)


def keep(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append turns."""
    for start in range(0, len(rows), BATCH):
        scoped_insert(session, insert(FindingChange), rows[start : start + BATCH])


def finding_data(finding_id: int, row: Any) -> dict[str, Any]:
    """A finding as events tell it."""
    return {
        "finding_id": str(finding_id),
        "listing_id": row.listing_id,
        "rule": row.rule,
        "code": row.code,
        "severity": row.severity,
    }


def ids_of(session: Session, store_id: int, fingerprints: Sequence[str]) -> dict[str, int]:
    """Fingerprint → our id."""
    found: dict[str, int] = {}
    for start in range(0, len(fingerprints), BATCH):
        wanted = select(Finding.fingerprint, Finding.id).where(
            Finding.store_id == store_id, Finding.fingerprint.in_(fingerprints[start : start + BATCH])
        )
        found.update((fingerprint, number) for fingerprint, number in session.execute(wanted))
    return found


def _by_listing(keys: Sequence[str], latest: Mapping[str, Any]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for key in keys:
        found.setdefault(latest[key].listing_id, []).append(key)
    return found


def _of_listing(
    listing_id: str | None,
    keys: Sequence[str],
    changed: Mapping[str, str],
    latest: Mapping[str, Any],
    seen: Mapping[str, Seen],
    known: Mapping[str, Known],
) -> list[News]:
    """That a listing was diagnosed with another result than before, and how its codes changed."""
    now = {row.code for row in seen.values() if row.listing_id == listing_id}
    blocking = any(row.mode == Mode.BLOCK for row in seen.values() if row.listing_id == listing_id)
    before = {row.code for row in known.values() if row.listing_id == listing_id and row.state == "open"}
    data = {"listing_id": listing_id, "codes": sorted(now)}
    found = [News("listing.diagnosed", {**data, "verdict": "invalid" if blocking else "valid"})]
    if now != before:
        change = {"added": sorted(now - before), "removed": sorted(before - now)}
        found.append(News("findings.changed", {**data, **change}, {**data, "codes": sorted(before), **change}))
    return found
