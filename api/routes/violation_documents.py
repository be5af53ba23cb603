"""What the OpenAPI document says of the routes of violations."""

from __future__ import annotations

from typing import Any

from api import openapi
from api.resources.document import BODY, COMMON, IDEMPOTENCY_KEY, ONCE, STORE_ID
from api.routes.violation_lists import APPEAL_EXAMPLE, COMPLAINT_EXAMPLE
from api.routes.violation_shapes import (
    AppealIn,
    AppealMove,
    AppealOut,
    ComplaintIn,
    ComplaintMove,
    ComplaintOut,
    NoticesIn,
    NoticesOut,
    PenaltyAnswer,
    WhatIfIn,
)

AT = "2026-08-01T04:00:00Z"
FREEZE = {
    "ladder": "LAD103", "step": "frozen_first", "action": "freeze",
    "title": {"en": "Account frozen", "zh": "冻结账户"}, "blocks_release": True, "start": AT,
    "until": "2026-08-08T04:00:00Z", "entity": False, "assumed": False, "amount": None, "currency": None, "due": None,
    "cases": ["C-1001"],
}  # fmt: skip
TAKEN = {
    "items": [{"case_no": "C-1001", "outcome": "booked", "reason": None}],
    "entries": [{"sequence": 1, "kind": "entry", "case_no": "C-1001", "ladder": "LAD103", "points": 12, "reasons": []}],
    "started": [FREEZE],
    "lifted": [],
}
POOL = {
    "ladder": "LAD103", "title": {"en": "Transactions and other violations", "zh": "交易违规及其他积分"},
    "unit": "points", "balance": 12, "step": {"id": "frozen_first", "title": {"en": "Frozen", "zh": "冻结"}},
    "next_step_at": 24, "next_lapse": {"at": "2027-08-01T04:00:00Z", "points": 12}, "entries": 1,
}  # fmt: skip


def _parameter(name: str, words: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": schema, "example": example}


MOMENT = {"type": "string", "maxLength": 40}
AS_OF = _parameter("as_of", "A day or a moment; now when left out", MOMENT, "2026-08-22")
KNOWN = _parameter("known_as_of", "Only what was known by then", MOMENT, "2026-08-22T12:00:00Z")
DAILY = _parameter("daily", "So many days, each with its points", {"type": "integer", "minimum": 0, "maximum": 400}, 30)
POINTS = _parameter("points", "Of a further case; 6 when left out", {"type": "number", "minimum": 0}, 6)


def _id(name: str) -> dict[str, Any]:
    return {**STORE_ID, "name": name, "description": "The id of one of them"}


def _read(example: dict[str, Any], *parameters: dict[str, Any], problems: tuple[str, ...] = ()) -> dict[str, Any]:
    return openapi.store_operation(
        openapi.answer_schema(PenaltyAnswer),
        example=example,
        parameters=[STORE_ID, *parameters],
        problems=(*COMMON, "invalid_parameter", "no_penalty_rules", *problems),
    )


def _write(
    body: type, answer: type, example: Any, body_example: Any, *parameters: dict[str, Any], status: int = 200,
    problems: tuple[str, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    return openapi.store_operation(
        openapi.answer_schema(answer),
        status=status,
        example=example,
        parameters=[STORE_ID, *parameters, IDEMPOTENCY_KEY],
        problems=(*COMMON, *BODY, *ONCE, "no_penalty_rules", *problems),
        body=openapi.answer_schema(body),
        body_example=body_example,
    )


NOTICES = _write(
    NoticesIn, NoticesOut, TAKEN, {"items": [{"case_no": "C-1001", "at": AT, "offence": "PTS302", "grade": "medium"}]}
)
ACCEPT = openapi.store_operation(
    openapi.answer_schema(NoticesOut),
    example=TAKEN,
    parameters=[STORE_ID, _id("notice_id"), IDEMPOTENCY_KEY],
    problems=(*COMMON, *ONCE, "unknown_item", "no_penalty_rules", "conflict"),
)
BALANCE = _read(
    {"as_of": AT, "known_as_of": None, "pools": [POOL], "enforcement": [FREEZE], "release_block": FREEZE}, AS_OF, KNOWN
)
ENFORCEMENT = _read(
    {"as_of": AT, "items": [{**FREEZE, "in_force": True}], "inherited": [], "release_block": FREEZE}, AS_OF
)
FORECAST = _read(
    {
        "as_of": AT,
        "pools": [
            {
                "ladder": "LAD103", "balance": 12,
                "changes": [{"at": "2027-08-01T04:00:00Z", "day": "2027-08-01", "balance": 0, "step": None}],
                "next_lapse": {"at": "2027-08-01T04:00:00Z", "points": 12},
                "harmless": {"points": 6, "from": AT},
            }
        ],
    },
    AS_OF, DAILY, POINTS,
)  # fmt: skip
WHAT_IF = openapi.store_operation(
    openapi.answer_schema(PenaltyAnswer),
    example={
        "as_of": AT,
        "pools": [{"ladder": "LAD103", "from": 12, "to": 24, "step": "frozen_second", "enforcement": [FREEZE]}],
        "entries": [{"offence": "PTS302", "points": 12, "ladder": "LAD103", "reasons": []}],
    },
    parameters=[STORE_ID],
    problems=(*COMMON, *BODY, "no_penalty_rules"),
    body=openapi.answer_schema(WhatIfIn),
    body_example={"items": [{"offence": "PTS302", "grade": "medium"}]},
)
READINESS = _read(
    {
        "as_of": AT, "case_no": "C-1001", "kind": "appeal", "open": True, "refusals": [],
        "deadline": "2026-08-08T04:00:00Z", "attempts": 1, "attempts_left": 1,
        "evidence": [{"id": "waybill", "title": {"en": "Waybill", "zh": "物流底单"}, "given": False}],
        "readiness": {
            "ready": False, "root_causes": 5, "still_open": 2, "missing_evidence": ["waybill"],
            "advice": {"en": "2 of 5 root causes are still open", "zh": "5 个问题中仍有 2 个未解决"},
        },
    },
    _id("violation_id"), AS_OF, problems=("unknown_item",),
)  # fmt: skip
REFUSED = ("unknown_item", "move_refused", "appeal_refused", "changed_meanwhile")
APPEAL = _write(
    AppealIn, AppealOut, APPEAL_EXAMPLE,
    {"case_no": "C-1001", "root_causes": [{"what": "Reviews of five orders"}], "evidence": ["waybill"]},
    status=201, problems=("appeal_refused",),
)  # fmt: skip
MOVED = _write(AppealMove, AppealOut, APPEAL_EXAMPLE, {"event": "submitted"}, _id("appeal_id"), problems=REFUSED)
COMPLAINT = _write(
    ComplaintIn, ComplaintOut, COMPLAINT_EXAMPLE,
    {"platform_id": "IPP-88", "complainant": "rights_holder", "received_at": AT, "offence": "PTS101"},
    status=201,
)  # fmt: skip
COMPLAINT_MOVED = _write(
    ComplaintMove, ComplaintOut, COMPLAINT_EXAMPLE, {"event": "counter_notice", "evidence": ["authorisation"]},
    _id("complaint_id"), problems=("unknown_item", "move_refused", "changed_meanwhile"),
)  # fmt: skip
