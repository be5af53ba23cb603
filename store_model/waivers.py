"""Waivers: a person accepts findings until a time. They come last: a finding is stored whole, then waived.

A waived finding stays open and is left out of the counts. When its waiver ends or is revoked, another one may cover
it; else it counts again. The end is a piece of due work, so it happens on time and is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from store_model.findings import Finding, FindingChange, Waiver
from store_model.outbox import BATCH, News, emit_many
from store_model.products import Product, ProductGroupMember
from store_model.tenancy import scoped_insert
from store_model.work import plan

ACTIVE, EXPIRED, REVOKED = "active", "expired", "revoked"
WAIVER_STATES = (ACTIVE, EXPIRED, REVOKED)
WORK = "waiver.end"

below: Callable[[str], Collection[str]] = lambda category_id: (category_id,)  # noqa: E731
"""A category and those below it; whoever knows the taxonomy replaces it."""


def apply(session: Session, store_id: int, fingerprints: Sequence[str], *, now: datetime) -> None:
    """Let the active waivers of a store cover these findings, the oldest waiver first."""
    active = session.scalars(
        select(Waiver)
        .where(Waiver.store_id == store_id, Waiver.state == ACTIVE, Waiver.ends_at > now)
        .order_by(Waiver.id)
    ).all()
    for waiver in active:
        for start in range(0, len(fingerprints), BATCH):
            _cover(session, waiver, now, Finding.fingerprint.in_(fingerprints[start : start + BATCH]))


def begin(session: Session, waiver: Waiver, *, now: datetime) -> int:
    """Put a new waiver (flushed) into force and plan its end; how many findings it covers now."""
    plan(
        session, entity_id=waiver.entity_id, store_id=waiver.store_id, kind=WORK, key=str(waiver.id),
        at=waiver.ends_at, now=now, payload={"waiver_id": waiver.id},
    )  # fmt: skip
    return _cover(session, waiver, now)


def end(session: Session, waiver: Waiver, state: str, *, now: datetime) -> list[Finding]:
    """End a waiver as expired or revoked; the findings that count again."""
    waiver.state = state
    covered = session.scalars(
        select(Finding).where(Finding.store_id == waiver.store_id, Finding.waiver_id == waiver.id).order_by(Finding.id)
    ).all()
    for finding in covered:
        finding.waiver_id = None
    session.flush()
    apply(session, waiver.store_id, [finding.fingerprint for finding in covered], now=now)
    again = [finding for finding in covered if finding.waiver_id is None]
    _turns(session, again, "unwaived", f"waiver:{waiver.id} {state}", now)
    _count(session, waiver.store_id, covered)
    if state == EXPIRED:
        told = [(str(finding.id), finding.code) for finding in again if finding.state == "open"] or [("", "")]
        news = [
            News("waiver.expired", {"waiver_id": str(waiver.id), "finding_id": number, "code": code})
            for number, code in told
        ]
        emit_many(session, entity_id=waiver.entity_id, store_id=waiver.store_id, news=news, now=now)
    return again


def revoke(session: Session, waiver: Waiver, *, now: datetime) -> None:
    """End a waiver now; one that has ended stays as it is."""
    if waiver.state == ACTIVE:
        end(session, waiver, REVOKED, now=now)
        session.flush()


def end_due(session: Session, waiver_id: int, *, now: datetime) -> None:
    """The due work of a waiver: end it, unless it was prolonged or ended before."""
    waiver = session.get(Waiver, waiver_id)
    if waiver is None or waiver.state != ACTIVE:
        return
    if waiver.ends_at > now:
        plan(
            session, entity_id=waiver.entity_id, store_id=waiver.store_id, kind=WORK, key=str(waiver.id),
            at=waiver.ends_at, now=now, payload={"waiver_id": waiver.id},
        )  # fmt: skip
        return
    end(session, waiver, EXPIRED, now=now)


def _cover(session: Session, waiver: Waiver, now: datetime, *more: Any) -> int:
    wanted = select(Finding).where(Finding.store_id == waiver.store_id, Finding.waiver_id.is_(None), *more)
    findings = session.scalars(wanted.where(*scope_of(waiver)).order_by(Finding.id)).all()
    if not findings:
        return 0
    for finding in findings:
        finding.waiver_id = waiver.id
    waiver.used_at = now
    session.flush()
    _turns(session, findings, "waived", f"waiver:{waiver.id}", now)
    _count(session, waiver.store_id, findings)
    news = [
        News(
            "finding.waived",
            {
                "finding_id": str(finding.id), "listing_id": finding.listing_id, "rule": finding.rule,
                "code": finding.code, "severity": finding.severity, "waiver_id": str(waiver.id),
                "reason": waiver.reason, "until_at": waiver.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )
        for finding in findings
        if finding.state == "open"
    ]  # fmt: skip
    emit_many(session, entity_id=waiver.entity_id, store_id=waiver.store_id, news=news, now=now)
    return len(findings)


def scope_of(waiver: Waiver) -> list[Any]:
    """The conditions on findings that a waiver names."""
    found: list[Any] = []
    for name in ("rule", "code", "fingerprint", "listing_id"):
        value = getattr(waiver, name)
        if value is not None:
            found.append(getattr(Finding, name) == value)
    if waiver.category_id is not None:
        inside = select(Product.id).where(Product.category_id.in_(sorted(below(waiver.category_id))))
        found.append(Finding.product_id.in_(inside))
    if waiver.group_id is not None:
        members = select(ProductGroupMember.product_id).where(ProductGroupMember.group_id == waiver.group_id)
        found.append(Finding.product_id.in_(members))
    if all(getattr(waiver, name) is None for name in ("rule", "code", "fingerprint")):
        found.append(or_(False))  # one that names no fault covers nothing
    return found


def _turns(session: Session, findings: Iterable[Finding], turn: str, cause: str, now: datetime) -> None:
    from sqlalchemy import insert

    rows = [
        {
            "store_id": one.store_id, "finding_id": one.id, "at": now, "turn": turn, "severity": one.severity,
            "mode": one.mode, "places": one.places, "cause": cause,
        }
        for one in findings
    ]  # fmt: skip
    access = session.info["access"]
    for row, one in zip(rows, findings, strict=True):
        row["entity_id"] = getattr(access, "entity_id", one.entity_id)
    for start in range(0, len(rows), BATCH):
        scoped_insert(session, insert(FindingChange), rows[start : start + BATCH])


def _count(session: Session, store_id: int, findings: Iterable[Finding]) -> None:
    """Count the findings of the products anew."""
    from store_model.findings_load import count_products

    products = {finding.product_id for finding in findings if finding.product_id is not None}
    count_products(session, store_id, sorted(products))
