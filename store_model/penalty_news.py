"""What taking in notices is worth telling, as events: violations, points, steps, enforcement, complaints, appeals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.ledger.book import Ledger, stamp
from engine.ledger.timeline import Enforcement
from store_model.outbox import News
from store_model.penalty_book import Receipt
from store_model.violations import Appeal, Complaint


def news_of(receipt: Receipt, now: datetime) -> list[News]:
    """The events of one transaction, in the order of their causes."""
    if receipt.before is None or receipt.after is None:
        return []
    before, after = receipt.before, receipt.after
    reversed_now = {row.entry.case for row in receipt.rows if row.kind == "reversal"}
    found = []
    for row in receipt.rows:
        entry = row.entry
        data = {
            "entry": str(row.seq),
            "case_no": entry.case,
            "ladder": entry.ladder,
            "points": str(entry.points),
            "balance": str(after.pools[entry.ladder].balance(now)),
        }
        if row.kind == "reversal":
            found.append(News("points.reversed", data))
            continue
        if entry.case not in reversed_now:
            told = {"case_no": entry.case, "offence": entry.offence, "points": str(entry.points)}
            found.append(News("violation.recorded", {**told, "at": stamp(entry.occurred)}))
        found.append(News("points.added", data))
    found += _steps(before, after, now)
    found += [News("enforcement.started", enforcement_data(e)) for e in receipt.started if not e.entity]
    ended = (*receipt.lifted, *receipt.over)
    found += [News("enforcement.ended", enforcement_data(e)) for e in ended if not e.entity]
    return found


def _steps(before: Ledger, after: Ledger, now: datetime) -> Iterable[News]:
    for ladder_id, pool in after.pools.items():
        if pool is before.pools[ladder_id]:
            continue
        old, new = (_step(ledger, ladder_id, now) for ledger in (before, after))
        if old["step"] != new["step"]:
            yield News("step.changed", new, old)


def _step(ledger: Ledger, ladder_id: str, now: datetime) -> dict[str, Any]:
    pool = ledger.pools[ladder_id]
    step = pool.step(now)
    held = step.step.id if step is not None else "none"
    return {"ladder": ladder_id, "step": held, "balance": str(pool.balance(now))}


def enforcement_data(enforcement: Enforcement) -> Mapping[str, Any]:
    """An enforcement as events tell it."""
    return {
        "ladder": enforcement.ladder,
        "step": enforcement.step,
        "action": enforcement.action,
        "start_at": stamp(enforcement.start),
        "until_at": stamp(enforcement.until) if enforcement.until is not None else None,
    }


def complaint_received(row: Complaint) -> News:
    """A complaint was recorded."""
    data = {"subject_id": row.platform_id, "topic": f"complaint.{row.complainant}", "at": stamp(row.received_at)}
    return News("complaint.received", data)


def appeal_opened(row: Appeal, now: datetime) -> News:
    """An appeal was submitted."""
    return News("appeal.opened", {"appeal_id": str(row.id), "case_no": row.case_no, "at": stamp(now)})


def appeal_decided(row: Appeal) -> News:
    """An appeal was decided."""
    return News("appeal.decided", {"appeal_id": str(row.id), "case_no": row.case_no, "decision": row.state})


def deadline_passed(row: Complaint | Appeal) -> News:
    """What a sweep found overdue."""
    if isinstance(row, Complaint):
        kind, subject, due = "complaint", row.platform_id, row.evidence_due_at
    else:
        kind, subject, due = "appeal", row.case_no, row.deadline_at
    due_at = stamp(due) if due is not None else None
    return News(
        "deadline.passed",
        {"kind": kind, "subject_type": kind, "subject_id": subject, "due_at": due_at},
    )
