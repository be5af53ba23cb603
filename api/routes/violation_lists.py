"""Lists of violations, notices, ledger rows, complaints and appeals, with filters: plain sections of the kit."""

from __future__ import annotations

from datetime import datetime

from api.resources import Filter, Resource
from api.routes.violation_shapes import AppealOut, ComplaintOut, LedgerRowOut, NoticeOut, ViolationOut
from engine.ledger.charts import APPEAL, COMPLAINT
from store_model.violations import Appeal, Complaint, LedgerEntry, PlatformNotice, Violation

AT = "2026-08-01T04:00:00Z"
SECTION = "violations"
VIOLATION = {
    "id": "7", "case_no": "C-1001", "offence": "PTS302", "ladder": "LAD103", "grade": "medium", "state": "active",
    "points": "12.00", "original": "12.00", "at": AT, "lapses_at": "2027-08-01T04:00:00Z", "listing": "1005006",
    "parked": None, "remark": None,
}  # fmt: skip
NOTICE = {
    "id": "7", "case_no": "C-1001", "type": "violation", "at": AT, "received_at": AT, "offence": "PTS302",
    "listing": "1005006", "hold": None, "accepted_at": None, "accepted_by": None, "parked": None,
    "said": {"case": "C-1001", "at": AT, "offence": "PTS302", "grade": "medium"},
}  # fmt: skip
ROW = {
    "id": "7", "sequence": 1, "kind": "entry", "case_no": "C-1001", "ladder": "LAD103", "offence": "PTS302",
    "points": "12.00", "original": "12.00", "at": AT, "lapses_at": "2027-08-01T04:00:00Z", "known_at": AT,
    "pack": "sha256:" + "0" * 64, "reverses": None, "previous_hash": "0" * 64, "hash": "a" * 64,
    "entry": {"case": "C-1001", "points": "12", "grade": "medium", "occurrence": 1},
}  # fmt: skip
APPEAL_EXAMPLE = {
    "id": "7", "case_no": "C-1001", "attempt": 1, "state": "drafted", "deadline_at": "2026-08-08T04:00:00Z",
    "submitted_at": None, "decided_at": None, "evidence": ["waybill"],
    "root_causes": [{"what": "Reviews of five orders", "open": True}], "note": None,
    "history": [{"at": AT, "event": "drafted", "state": "drafted"}], "version": 1,
}  # fmt: skip
COMPLAINT_EXAMPLE = {
    "id": "7", "platform_id": "IPP-88", "complainant": "rights_holder", "offence": "PTS101", "listing": "1005006",
    "case_no": None, "state": "evidence_due", "received_at": AT, "evidence_due_at": "2026-08-07T04:00:00Z",
    "decided_at": None, "evidence": [], "note": None, "history": [{"at": AT, "event": "received", "state": "received"}],
    "version": 1,
}  # fmt: skip

VIOLATIONS = Resource(
    path="violations",
    one="violation",
    title=("violations", "违规"),
    section=SECTION,
    model=Violation,
    answer=ViolationOut,
    operations=("list", "get"),
    filters={
        "case_no": Filter(Violation.case_no),
        "offence": Filter(Violation.offence),
        "ladder": Filter(Violation.ladder),
        "state": Filter(Violation.state, choices=("active", "amended", "reversed", "parked")),
        "listing": Filter(Violation.listing),
        "from": Filter(Violation.at, op="ge", kind=datetime, note="Penalised at or after"),
        "until": Filter(Violation.at, op="lt", kind=datetime, note="Penalised before"),
        "lapses_until": Filter(Violation.lapses_at, op="lt", kind=datetime, note="Lapses before"),
        "min_points": Filter(Violation.points, op="ge"),
    },
    sorts={"at": Violation.at, "updated_at": Violation.updated_at},
    example=VIOLATION,
)
NOTICES = Resource(
    path="notices",
    one="notice",
    title=("notices of the platform", "平台通知"),
    section=SECTION,
    model=PlatformNotice,
    answer=NoticeOut,
    operations=("list", "get"),
    filters={
        "case_no": Filter(PlatformNotice.case_no),
        "type": Filter(PlatformNotice.type, choices=("violation", "decision", "orders")),
        "parked": Filter(PlatformNotice.parked),
        "hold": Filter(PlatformNotice.hold),
        "is_parked": Filter(
            apply=lambda statement, value: statement.where(_waits() if value else ~_waits()),
            kind=bool,
            note="Whether it counts for nothing, parked or held",
        ),
    },
    sorts={"received_at": PlatformNotice.received_at},
    example=NOTICE,
)
LEDGER = Resource(
    path="ledger",
    one="row",
    title=("rows of the ledger", "积分台账"),
    section=SECTION,
    model=LedgerEntry,
    answer=LedgerRowOut,
    operations=("list", "get"),
    filters={
        "case_no": Filter(LedgerEntry.case_no),
        "ladder": Filter(LedgerEntry.ladder),
        "kind": Filter(LedgerEntry.kind, choices=("entry", "reversal")),
        "known_until": Filter(LedgerEntry.known_at, op="le", kind=datetime, note="Appended by then"),
    },
    sorts={"sequence": LedgerEntry.sequence},
    example=ROW,
)
APPEALS = Resource(
    path="appeals",
    one="appeal",
    title=("appeals", "申诉"),
    section=SECTION,
    model=Appeal,
    answer=AppealOut,
    operations=("list", "get"),
    filters={
        "case_no": Filter(Appeal.case_no),
        "state": Filter(Appeal.state, choices=APPEAL.states),
        "due_until": Filter(Appeal.deadline_at, op="lt", kind=datetime),
    },
    sorts={"created_at": Appeal.created_at},
    example=APPEAL_EXAMPLE,
)
COMPLAINTS = Resource(
    path="complaints",
    one="complaint",
    title=("complaints", "投诉"),
    section=SECTION,
    model=Complaint,
    answer=ComplaintOut,
    operations=("list", "get"),
    filters={
        "platform_id": Filter(Complaint.platform_id),
        "state": Filter(Complaint.state, choices=COMPLAINT.states),
        "complainant": Filter(Complaint.complainant, choices=("rights_holder", "buyer")),
        "due_until": Filter(Complaint.evidence_due_at, op="lt", kind=datetime),
    },
    sorts={"received_at": Complaint.received_at},
    example=COMPLAINT_EXAMPLE,
)


def _waits():  # type: ignore[no-untyped-def]
    held = PlatformNotice.hold.is_not(None) & PlatformNotice.accepted_at.is_(None)
    return PlatformNotice.parked.is_not(None) | held


routers = [resource.router() for resource in (VIOLATIONS, NOTICES, LEDGER, APPEALS, COMPLAINTS)]
