"""Verdicts of officers on findings, how right each rule has been, and violations traced back to findings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from msgspec import Meta
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import query, wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.idempotency import Answer
from api.problems import ProblemError
from api.resources import Change, Filter, Resource
from api.routes.prechecks import json_body
from api.routes.section_docs import acts, reads
from api.services.rule_drafts import DraftRefused, draft_of
from api.wire import Input, Output, refuse
from engine import Pack
from engine.loading.header import NAME
from store_model import waivers
from store_model.findings import Finding, Waiver
from store_model.traces import trace
from store_model.verdicts import FALSE_POSITIVE, VERDICTS, FindingVerdict, precision_by_rule
from store_model.violations import Violation

MOMENT = "2026-11-23T12:00:00Z"


class VerdictIn(Input, kw_only=True):
    """A false positive may become a waiver in the same step: until `waive_until`, of this finding alone, of its rule
    on this listing, or of its rule everywhere in the store.
    """

    verdict: Literal["upheld", "false_positive"]
    reason: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
    waive_until: datetime | None = None
    waive_scope: Literal["finding", "listing", "rule"] = "finding"


class VerdictOut(Output, kw_only=True):
    """`revision` is that of the rule when the finding was last seen."""

    id: str
    finding_id: str
    rule: str
    revision: int
    verdict: str
    reason: str
    officer: str
    version: int
    created_at: datetime


def complete(change: Change) -> None:
    """A verdict names the rule that it is about and who gave it; both come from us, never from the body."""
    finding = change.session.get(Finding, change.row.finding_id)
    if finding is None:
        raise ProblemError("unknown_item")
    change.row.rule, change.row.revision = finding.rule, finding.revision
    change.row.officer = change.caller.actor
    if change.row.waive_until is None:
        return
    change.caller.demand("products:write")  # what a waiver needs when it is made by itself
    if change.row.verdict != FALSE_POSITIVE:
        raise refuse("/waive_until", "not_false_positive", "goes with a false positive", "仅用于误报")
    if change.row.waive_until <= change.now:
        raise refuse("/waive_until", "past", "must be in the future", "应为将来的时间")


def waive(change: Change) -> None:
    """The waiver that a false positive asked for."""
    verdict = change.row
    if verdict.waive_until is None:
        return
    finding = change.session.get_one(Finding, verdict.finding_id)
    scope = {
        "finding": {"fingerprint": finding.fingerprint},
        "listing": {"rule": finding.rule, "listing_id": finding.listing_id},
        "rule": {"rule": finding.rule},
    }
    waiver = Waiver(
        entity_id=finding.entity_id, store_id=finding.store_id, reason=verdict.reason, state=waivers.ACTIVE,
        approver=change.caller.actor, ends_at=verdict.waive_until, **scope[verdict.waive_scope],
    )  # fmt: skip
    change.session.add(waiver)
    change.session.flush()
    waivers.begin(change.session, waiver, now=change.now)


FINDING_VERDICTS = Resource(
    path="findings/{finding_id}/verdicts",
    one="verdict",
    title=("verdicts on a finding; the last one counts", "对检查结果的人工判定，以最后一次为准"),
    section="violations",
    model=FindingVerdict,
    answer=VerdictOut,
    body=VerdictIn,
    parents={"finding_id": FindingVerdict.finding_id},
    filters={"verdict": Filter(FindingVerdict.verdict, choices=VERDICTS)},
    operations=("list", "get", "create"),
    values=lambda session, body: {name: getattr(body, name) for name in body.__struct_fields__},
    before_change=complete,
    after_change=waive,
    example={
        "id": "4", "finding_id": "101", "rule": "PRO104", "revision": 1, "verdict": "false_positive",
        "reason": "a detector of hidden cameras", "officer": "user:3", "version": 1, "created_at": MOMENT,
    },
)  # fmt: skip

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["violations"])
Reader = Annotated[Caller, Depends(Permit("violations:read"))]


class RulePrecisionOut(Output, kw_only=True):
    """Of `n` findings of the rule that officers judged so many were `upheld`; the bounds are Wilson's 95 % interval."""

    rule: str
    n: int
    upheld: int
    precision: float | None
    low: float | None
    high: float | None


class PrecisionAnswer(Output, kw_only=True):
    """Rules without a verdict are left out."""

    items: list[RulePrecisionOut]


RULE = {"rule": query.Parameter("One rule alone, such as PRO104", example="PRO104")}


@router.get(
    "/rule-precision",
    operation_id="list_rule_precision",
    summary="How right each rule has been, by the verdicts of officers",
    **reads(
        "/rule-precision",
        PrecisionAnswer,
        {"items": [{"rule": "PRO104", "n": 20, "upheld": 17, "precision": 0.85, "low": 0.6396, "high": 0.9476}]},
        query=tuple(query.documented(RULE)),
        problems=("invalid_parameter",),
    ),
)
async def list_rule_precision(request: Request, caller: Reader) -> Response:
    """Measured on this store's own findings."""
    rule = query.read(request, RULE)["rule"]

    def job(session: Session) -> Answer:
        return Answer(200, PrecisionAnswer(items=precisions(session, rule)))

    return (await caller.run(job, read_only=True)).response()


def precisions(session: Session, rule: str | None) -> list[RulePrecisionOut]:
    """How right each rule has been (or one alone), by the verdicts that the session sees."""
    found = precision_by_rule(session, None if rule is None else [rule])
    return [
        RulePrecisionOut(rule=name, n=one.n, upheld=one.upheld, precision=one.value, low=one.low, high=one.high)
        for name, one in found.items()
    ]


class TraceOut(Output, kw_only=True):
    """`outcome`: caught, in_shadow, waived, not_fired (there are rules, none spoke up) or no_rule."""

    violation_id: str
    case_no: str
    offence: str
    listing: str | None
    outcome: str
    findings: list[str]
    rules: list[str]
    waivers: list[str]


@router.get(
    "/violations/{violation_id}/trace",
    operation_id="trace_violation",
    summary="Trace a violation back to our findings",
    **reads(
        "/violations/{violation_id}/trace",
        TraceOut,
        {
            "violation_id": "7", "case_no": "C-1001", "offence": "PTS208", "listing": "1005006", "outcome": "caught",
            "findings": ["101"], "rules": ["PRO104"], "waivers": [],
        },
        problems=("unknown_item",),
    ),
)  # fmt: skip
async def trace_violation(request: Request, caller: Reader, violation_id: str) -> Response:
    """Whether a finding of the listing said so before the penalty, in which mode, and whether somebody waived it."""
    pack = request.app.state.pack

    def job(session: Session) -> Answer:
        number = read_id(violation_id)
        row = None if number is None else session.get(Violation, number)
        if row is None:
            raise ProblemError("unknown_item")
        return Answer(200, traced(session, pack, row))

    return (await caller.run(job, read_only=True)).response()


class DraftIn(Input, kw_only=True):
    """What the rule is called. `code`: of the finding, from /v1/codes; that of the offence without one."""

    rule_id: Annotated[str, Meta(pattern="^[A-Z]{3}[0-9]{3}$", max_length=6)]
    name: Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
    code: Annotated[str, Meta(max_length=100)] | None = None


class DraftOut(Output, kw_only=True):
    """Two files of a rule pack as text: the rule, in the folder of its section, and its word list, in `lists`."""

    rule_file: str
    rule: str
    list_file: str
    words: str


@router.post(
    "/violations/{violation_id}/rule-draft",
    operation_id="draft_rule",
    summary="Draft a rule from a violation",
    description="By the offence and the rarest words of the listing's title; nothing is stored. 由违规生成规则草稿。",
    **acts(
        "/violations/{violation_id}/rule-draft",
        DraftOut,
        {"rule_file": "PRO150_own_goods.yaml", "rule": "id: PRO150\n…", "list_file": "own_own_goods.yaml",
         "words": "id: own_own_goods\n…"},
        body=DraftIn,
        body_example={"rule_id": "PRO150", "name": "own-goods"},
        problems=("unknown_item",),
    ),
)  # fmt: skip
async def draft_rule(request: Request, caller: Reader, violation_id: str) -> Response:
    """The draft loads and its examples hold; what it says is for an author to complete."""
    pack = request.app.state.pack
    wanted = wire.read_struct(await json_body(context_of(request.scope), request.receive), DraftIn)
    if not NAME.match(wanted.name):  # a line's end before the end of the text
        raise refuse("/name", "format", "is lower-case words joined by -", "应为以 - 连接的小写单词")
    if wanted.rule_id in pack.all_rules:
        raise refuse("/rule_id", "taken", f"{wanted.rule_id} is a rule already", f"规则 {wanted.rule_id} 已存在")

    def job(session: Session) -> Answer:
        number = read_id(violation_id)
        row = None if number is None else session.get(Violation, number)
        if row is None:
            raise ProblemError("unknown_item")
        try:
            found = draft_of(
                session, pack, row, rule_id=wanted.rule_id, name=wanted.name, code=wanted.code, day=pack.examples_as_of
            )
        except DraftRefused as refused:
            raise refuse(refused.pointer, "draft_refused", refused.en, refused.zh) from None
        return Answer(200, DraftOut(
            rule_file=found.rule_file, rule=found.rule, list_file=found.list_file, words=found.words
        ))  # fmt: skip

    return (await caller.run(job, read_only=True)).response()


def traced(session: Session, pack: Pack, row: Violation) -> TraceOut:
    """A violation traced back by the rules of a pack."""
    offence = pack.offences.get(row.offence)
    codes = set(offence.codes) if offence is not None else set()
    rules = [rule.id for rule in pack.rules.values() if rule.code in codes]
    found = trace(session, row, codes, rules)
    return TraceOut(
        violation_id=str(row.id), case_no=row.case_no, offence=row.offence, listing=row.listing,
        outcome=found.outcome, findings=list(map(str, found.findings)), rules=list(found.rules),
        waivers=list(map(str, found.waivers)),
    )  # fmt: skip
