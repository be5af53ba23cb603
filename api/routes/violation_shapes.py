"""What the routes of violations read and answer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from api import wire
from api.wire import Input, Line, Output
from engine.ledger import Notice
from engine.ledger.charts import APPEAL, COMPLAINT
from engine.model.offence import FLAGS

FIRST_YEAR, LAST_YEAR = 2000, 2199
MAX_NOTICES = 1000
MOST_POINTS = 100_000

CaseNo = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-~]+$", description="The platform's number")]
Points = Annotated[Decimal, Meta(description="Points from 0 to 100000, to a thousandth")]
Share = Annotated[Decimal, Meta(description="Violating ÷ online products, from 0 to 1")]
Flag = Literal[FLAGS]  # type: ignore[valid-type]
Count = Annotated[int, Meta(ge=1, le=10_000_000)]
Words = Annotated[str, Meta(max_length=2000)]
ComplaintEvent = Literal[tuple(e for e in COMPLAINT.events if e != "deadline_passed")]  # type: ignore[misc]
AppealEvent = Literal[tuple(e for e in APPEAL.events if e != "deadline_passed")]  # type: ignore[misc]


class NoticeIn(Input):
    """One notice of the platform. `offence`: a rule's id, name or title; `points` and `days` only if it states them."""

    case_no: CaseNo
    at: datetime
    type: Literal["violation", "decision", "orders"] = "violation"
    offence: Line | None = None
    grade: Line | None = None
    products: Count = 1
    share: Share | None = None
    flags: Annotated[list[Flag], Meta(max_length=10)] = field(default_factory=list)
    points: Points | None = None
    days: Annotated[int, Meta(ge=0, le=3650)] | None = None
    outcome: Literal["reversed", "amended", "confirmed"] | None = None
    orders: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    listing: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    remark: Words | None = None
    evidence: Annotated[list[Line], Meta(max_length=50)] = field(default_factory=list)


class NoticesIn(Input):
    """Notices of one store, up to 1000; each is answered by itself."""

    items: Annotated[list[NoticeIn], Meta(min_length=1, max_length=MAX_NOTICES)]


class Reason(Output):
    """Why, in a stable code and in both languages."""

    code: str
    message: dict[str, str]


class TakenOut(Output):
    """What became of a notice: booked, parked with a reason, or known before."""

    case_no: str
    outcome: str
    reason: Reason | None = None


class NoticesOut(Output):
    """One result for each notice, in order, and what they brought."""

    items: list[TakenOut]
    entries: list[dict[str, Any]]
    started: list[dict[str, Any]]
    lifted: list[dict[str, Any]]


class NoticeOut(Output):
    """A notice as it came, and why it counts for nothing, if so."""

    id: str
    case_no: str
    type: str
    at: datetime
    received_at: datetime
    offence: str | None
    listing: str | None
    hold: str | None
    accepted_at: datetime | None
    accepted_by: str | None
    parked: str | None
    said: dict[str, Any]


class ViolationOut(Output):
    """A case as it stands: original and latest points, and when they lapse."""

    id: str
    case_no: str
    offence: str
    ladder: str | None
    grade: str | None
    state: str
    points: Decimal | None
    original: Decimal | None
    at: datetime
    lapses_at: datetime | None
    listing: str | None
    parked: str | None
    remark: str | None


class LedgerRowOut(Output):
    """One row of the ledger: entry or reversal, sealed by `hash` over it and the row before."""

    id: str
    sequence: int
    kind: str
    case_no: str
    ladder: str
    offence: str
    points: Decimal
    original: Decimal
    at: datetime
    lapses_at: datetime | None
    known_at: datetime
    pack: str
    reverses: int | None
    previous_hash: str
    hash: str
    entry: dict[str, Any]


class RootCause(Input):
    """What has to be mended before an appeal makes sense."""

    what: Line
    open: bool = True


class AppealIn(Input):
    case_no: CaseNo
    root_causes: Annotated[list[RootCause], Meta(max_length=100)] = field(default_factory=list)
    evidence: Annotated[list[Line], Meta(max_length=50)] = field(default_factory=list)
    note: Words | None = None


class AppealMove(Input):
    """An event of an appeal. `points`: what remains after one that was upheld in part."""

    event: AppealEvent
    note: Words | None = None
    evidence: Annotated[list[Line], Meta(max_length=50)] = field(default_factory=list)
    root_causes: Annotated[list[RootCause], Meta(max_length=100)] | None = None
    points: Points | None = None


class AppealOut(Output):
    id: str
    case_no: str
    attempt: int
    state: str
    deadline_at: datetime | None
    submitted_at: datetime | None
    decided_at: datetime | None
    evidence: list[str]
    root_causes: list[dict[str, Any]]
    note: str | None
    history: list[dict[str, Any]]
    version: int


class ComplaintIn(Input):
    """A complaint. `evidence_due_at` where the platform names it; else it is worked out from the offence."""

    platform_id: CaseNo
    complainant: Literal["rights_holder", "buyer"]
    received_at: datetime
    offence: Line | None = None
    listing: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    case_no: CaseNo | None = None
    evidence_due_at: datetime | None = None
    evidence: Annotated[list[Line], Meta(max_length=50)] = field(default_factory=list)
    note: Words | None = None


class ComplaintMove(Input):
    event: ComplaintEvent
    note: Words | None = None
    evidence: Annotated[list[Line], Meta(max_length=50)] = field(default_factory=list)


class ComplaintOut(Output):
    id: str
    platform_id: str
    complainant: str
    offence: str | None
    listing: str | None
    case_no: str | None
    state: str
    received_at: datetime
    evidence_due_at: datetime | None
    decided_at: datetime | None
    evidence: list[str]
    note: str | None
    history: list[dict[str, Any]]
    version: int


class SupposedCase(Input):
    """A case that is not real: an offence (or the code of a finding), how grave, how many."""

    offence: Line | None = None
    code: Line | None = None
    grade: Line | None = None
    points: Points | None = None
    products: Count = 1
    share: Share | None = None
    cases: Annotated[int, Meta(ge=1, le=100)] = 1


class WhatIfIn(Input):
    """Supposed cases, or with `open_findings` every open finding of the store confirmed today."""

    items: Annotated[list[SupposedCase], Meta(max_length=100)] = field(default_factory=list)
    open_findings: bool = False


class PenaltyAnswer(Struct, kw_only=True):
    """An answer of the ledger; the guide to the ledger shows each."""

    as_of: str


def check_moment(at: datetime, pointer: str) -> datetime:
    """A moment that a platform could mean, as UTC; a fault of the body otherwise."""
    from datetime import UTC

    if at.tzinfo is None:
        raise wire.refuse(pointer, "no_time_zone", "must say its time zone, such as Z", "必须带时区，例如 Z")
    try:
        moment = at.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise wire.refuse(
            pointer, "out_of_range", f"must lie between {FIRST_YEAR} and {LAST_YEAR}",
            f"应在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间",
        )  # fmt: skip
    return moment


def check_points(points: Decimal | None, pointer: str) -> Decimal | None:
    """Points from 0 to 100000, to a thousandth."""
    return _check_number(points, pointer, MOST_POINTS, 3)


def check_share(share: Decimal | None, pointer: str) -> Decimal | None:
    """A share from 0 to 1, to a millionth."""
    return _check_number(share, pointer, 1, 6)


def _check_number(value: Decimal | None, pointer: str, most: int, places: int) -> Decimal | None:
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -places or not 0 <= value <= most:
        en, zh = (
            f"must lie between 0 and {most}, with {places} decimal places at most",
            f"应为 0 至 {most}，最多 {places} 位小数",
        )
        raise wire.refuse(pointer, "out_of_range", en, zh)
    return abs(value)


def to_notice(body: NoticeIn, offence: str | None, pointer: str) -> Notice:
    """A notice of the engine; faults of the body name their place."""
    if body.type == "violation" and body.offence is None:
        raise wire.refuse(f"{pointer}/offence", "required", "is required for a violation", "违规通知必填")
    if body.type == "decision" and body.outcome is None:
        raise wire.refuse(f"{pointer}/outcome", "required", "is required for a decision", "决定通知必填")
    if body.outcome == "amended" and body.points is None:
        raise wire.refuse(f"{pointer}/points", "required", "is required when points are amended", "变更分值时必填")
    at = check_moment(body.at, f"{pointer}/at")
    return Notice(
        case=body.case_no,
        at=at,
        known=at,
        type=body.type,
        offence=offence,
        grade=body.grade,
        products=body.products,
        share=check_share(body.share, f"{pointer}/share"),
        flags=tuple(dict.fromkeys(body.flags)),
        points=check_points(body.points, f"{pointer}/points"),
        days=body.days,
        outcome=body.outcome,
        orders=body.orders,
        listing=body.listing,
        remark=body.remark,
        evidence=tuple(body.evidence),
    )
