"""The transaction section's own routes: what is due, answers to buyers, evaluations that count, money that moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.etags import demand_match, etag
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.routes.prechecks import json_body
from api.routes.product_resources import PROPOSALS, CatalogueProposalOut, Text, check_money
from api.routes.section_docs import acts, reads
from api.routes.transaction_resources import (
    CANCELLATIONS,
    DISPUTES,
    EVALUATIONS,
    MOVEMENT,
    CancellationOut,
    DisputeOut,
    EvaluationOut,
    FundMovementOut,
    movement,
)
from store_model import funds
from store_model.deadlines import summary
from store_model.evaluation_counts import counts_of
from store_model.evaluations import Evaluation
from store_model.orders import Cancellation, Dispute, Order
from store_model.product_offers import CatalogueProposal

Reader = Annotated[Caller, Depends(Permit("transactions:read"))]
Writer = Annotated[Caller, Depends(Permit("transactions:write"))]
Products = Annotated[Caller, Depends(Permit("products:write"))]
router = APIRouter(prefix="/v1/stores/{store_id}", tags=["transactions"])
T = TypeVar("T")


def row_of(session: Session, request: Request, model: type[T], name: str) -> T:
    """The row that the path names, in the caller's store; else 404."""
    number = read_id(request.path_params[name])
    row = session.get(model, number) if number is not None else None
    if row is None:
        raise ProblemError("unknown_item")
    return row


class DeadlinesOut(wire.Output):
    """How many of one kind of deadline are overdue, due until the platform's day ends, or later."""

    overdue: int
    due_today: int
    later: int


class TransactionSummaryOut(wire.Output):
    """Orders by state, and what is due."""

    orders: dict[str, int]
    deadlines: dict[str, DeadlinesOut]
    as_of: datetime
    today_ends_at: datetime


DUE = {"overdue": 1, "due_today": 2, "later": 9}


@router.get(
    "/transactions/summary",
    operation_id="summarize_transactions",
    summary="Orders by state, and what is due",
    **reads(
        "/transactions/summary",
        TransactionSummaryOut,
        {
            "orders": {"WAIT_SELLER_SEND_GOODS": 12},
            "deadlines": {"ship": DUE, "scan": DUE, "answer_cancellation": DUE, "answer_dispute": DUE},
            "as_of": "2026-08-22T12:00:00Z",
            "today_ends_at": "2026-08-23T07:00:00Z",
        },
        problems=("pack_without_backoffice",),
    ),
)
async def summarize(caller: Reader) -> Response:
    """Due today ends with the day of the platform's clock, whose zone the pack names."""
    now, store_id = caller.now(), caller.store_id
    zone = caller.state.backoffice.zone(now.date())
    assert store_id is not None
    found = await caller.run(lambda session: summary(session, store_id, now=now, zone=zone), read_only=True)
    return Answer(200, found).response()


class CancellationAnswerIn(wire.Input):
    """Whether the store agrees."""

    accept: bool


async def decide(
    request: Request, caller: Caller, find: Callable[[Session], Any], act: Callable[[Session, Any], Any]
) -> Response:
    """Change one row under If-Match, and answer what it became."""

    def job(session: Session) -> Answer:
        row = find(session)
        demand_match(request.headers.get("if-match"), row)
        shown = act(session, row)
        session.flush()
        return Answer(200, wire.show(row, shown), {"etag": etag(row)})

    return (await caller.run(job)).response()


@router.post(
    "/cancellations/{cancellation_id}/answer",
    operation_id="answer_cancellation",
    summary="Answer a request to cancel",
    **acts(
        "/cancellations/{cancellation_id}/answer",
        CancellationOut,
        {**CANCELLATIONS.example, "state": "accepted", "answered_at": "2026-08-22T13:00:00Z"},
        body=CancellationAnswerIn,
        body_example={"accept": True},
        match=True,
        problems=("unknown_item", "already_decided"),
    ),
)
async def answer_cancellation(request: Request, caller: Writer) -> Response:
    """Accepting ends the order; refusing leaves it to be shipped."""
    wanted = wire.read_struct(await json_body(context_of(request.scope), request.receive), CancellationAnswerIn)

    def act(session: Session, row: Cancellation) -> type:
        if row.state != "requested":
            raise ProblemError("already_decided", state=row.state)
        row.state = "accepted" if wanted.accept else "refused"
        row.answered_at = caller.now()
        order = session.get_one(Order, row.order_id)
        if wanted.accept:
            order.state, order.end_reason, order.ship_by = "FINISH", "cancelled", None
            order.finished_at = caller.now()
        elif order.state == "IN_CANCEL":
            order.state = "WAIT_SELLER_SEND_GOODS"
        return CancellationOut

    return await decide(request, caller, lambda session: row_of(session, request, Cancellation, "cancellation_id"), act)


class DisputeAnswerIn(wire.Input):
    """The seller's answer to the buyer's solution."""

    answer: Literal["accept", "reject"]


@router.post(
    "/disputes/{dispute_id}/answer",
    operation_id="answer_dispute",
    summary="Answer a dispute",
    **acts(
        "/disputes/{dispute_id}/answer",
        DisputeOut,
        {**DISPUTES.example, "answer": "reject", "answered_at": "2026-08-22T13:00:00Z", "timeout_at": None},
        body=DisputeAnswerIn,
        body_example={"answer": "reject"},
        match=True,
        problems=("unknown_item", "already_decided"),
    ),
)
async def answer_dispute(request: Request, caller: Writer) -> Response:
    """Before its time-out. Accepting ends the dispute; rejecting stops this clock, and the platform steps in."""
    wanted = wire.read_struct(await json_body(context_of(request.scope), request.receive), DisputeAnswerIn)

    def act(session: Session, row: Dispute) -> type:
        now = caller.now()
        late = row.timeout_at is not None and now >= row.timeout_at
        if row.state != "processing" or row.answer is not None or late:
            raise ProblemError("already_decided", state="timed_out" if late else row.answer or row.state)
        row.answer, row.answered_at = wanted.answer, now
        row.timeout_at, row.timeout_kind = None, None
        if wanted.answer == "accept":
            row.state = "finish"
        return DisputeOut

    return await decide(request, caller, lambda session: row_of(session, request, Dispute, "dispute_id"), act)


class ProposalReviewIn(wire.Input):
    """The outcome of a review."""

    decision: Literal["in_review", "accepted", "rejected", "withdrawn"]
    note: Text | None = None


@router.post(
    "/catalogue-proposals/{proposal_id}/review",
    operation_id="review_proposal",
    summary="Review a proposal on catalogue data",
    tags=["products"],
    **acts(
        "/catalogue-proposals/{proposal_id}/review",
        CatalogueProposalOut,
        {**PROPOSALS.example, "state": "accepted", "reviewed_by": "user:1", "reviewed_at": "2026-08-22T13:00:00Z"},
        body=ProposalReviewIn,
        body_example={"decision": "accepted", "note": "Matches the data sheet."},
        match=True,
        problems=("unknown_item", "already_decided"),
    ),
)
async def review_proposal(request: Request, caller: Products) -> Response:
    """submitted → in review → accepted or rejected; a proposal can be withdrawn until then."""
    wanted = wire.read_struct(await json_body(context_of(request.scope), request.receive), ProposalReviewIn)

    def act(session: Session, row: CatalogueProposal) -> type:
        if row.state not in ("submitted", "in_review"):
            raise ProblemError("already_decided", state=row.state)
        row.state, row.review_note = wanted.decision, wanted.note
        row.reviewed_by, row.reviewed_at = caller.actor[:100], caller.now()
        return CatalogueProposalOut

    return await decide(
        request, caller, lambda session: row_of(session, request, CatalogueProposal, "proposal_id"), act
    )


class EvaluationReplyIn(wire.Input):
    """The seller's reply; null takes it back."""

    reply: Text | None


@router.put(
    "/evaluations/{evaluation_id}/reply",
    operation_id="reply_to_evaluation",
    summary="Reply to an evaluation",
    **acts(
        "/evaluations/{evaluation_id}/reply",
        EvaluationOut,
        {**EVALUATIONS.example, "reply": "Thank you!"},
        body=EvaluationReplyIn,
        body_example={"reply": "Thank you!"},
        match=True,
        problems=("unknown_item",),
    ),
)
async def reply_to_evaluation(request: Request, caller: Writer) -> Response:
    """One reply for each evaluation."""
    wanted = wire.read_struct(await json_body(context_of(request.scope), request.receive), EvaluationReplyIn)

    def act(session: Session, row: Evaluation) -> type:
        row.reply = wanted.reply
        return EvaluationOut

    return await decide(request, caller, lambda session: row_of(session, request, Evaluation, "evaluation_id"), act)


class EvaluationCountsOut(wire.Output):
    """What counts of the evaluations, and how many were left out for which reason."""

    positive: int
    neutral: int
    negative: int
    positive_rate: Decimal | None
    dsr: dict[str, Decimal | None]
    left_out: dict[str, int]


@router.get(
    "/evaluations/counts",
    operation_id="count_evaluations",
    summary="Which evaluations count",
    **reads(
        "/evaluations/counts",
        EvaluationCountsOut,
        {
            "positive": 96,
            "neutral": 3,
            "negative": 4,
            "positive_rate": "0.9600",
            "dsr": {"description": "4.7100", "communication": "4.8000", "delivery": "4.6000"},
            "left_out": {"below_minimum": 2, "same_buyer_and_period": 1},
        },
        problems=("pack_without_backoffice",),
    ),
)
async def count_evaluations(caller: Reader) -> Response:
    """By the counting rules of the pack: below the smallest amount, in a dispute, late, or the same buyer again."""
    rules = caller.state.backoffice.counting(caller.now().date())
    assert caller.store_id is not None
    store_id = caller.store_id
    found = await caller.run(lambda session: counts_of(session, store_id, rules), read_only=True)
    shown = EvaluationCountsOut(
        positive=found.positive,
        neutral=found.neutral,
        negative=found.negative,
        positive_rate=found.positive_rate,
        dsr=found.dsr,
        left_out={reason: len(ids) for reason, ids in found.left_out.items()},
    )
    return Answer(200, shown).response()


class FundSideIn(wire.Input):
    """One side: plus comes into the account, minus leaves it."""

    account_id: wire.IdText
    amount: wire.Money


class FundMovementIn(wire.Input):
    """A movement; its amounts add up to zero in each currency. `reference` names it once in a store."""

    kind: Literal[
        "sale", "loan", "release", "refund", "fee", "withdrawal", "freeze", "unfreeze", "deposit", "penalty",
        "correction",
    ]  # fmt: skip
    reference: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    postings: Annotated[list[FundSideIn], Meta(min_length=2, max_length=100)]
    happened_at: datetime | None = None
    order_platform_id: Annotated[str, Meta(max_length=40)] | None = None
    note: Text | None = None


@router.post(
    "/fund-movements",
    operation_id="post_movement",
    summary="Record a funds movement",
    **acts(
        "/fund-movements",
        FundMovementOut,
        MOVEMENT,
        body=FundMovementIn,
        body_example={
            "kind": "sale",
            "reference": "8123456789012345/paid",
            "postings": [{"account_id": "71", "amount": "23.80"}, {"account_id": "72", "amount": "-23.80"}],
        },
        status=201,
        once=True,
        problems=("not_balanced",),
    ),
)
async def post_movement(request: Request, caller: Writer) -> Response:
    """Appended for good: it is never changed or removed, only reversed."""
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, FundMovementIn)
    if wanted.happened_at is not None and wanted.happened_at.tzinfo is None:
        raise wire.refuse("/happened_at", "wrong_type", "must be a time with its zone", "应为带时区的时间")
    for index, side in enumerate(wanted.postings):
        check_money(side.amount, f"/postings/{index}/amount")

    def job(session: Session) -> Answer:
        now = caller.now()
        ids = [int(side.account_id) for side in wanted.postings]
        accounts = {
            account.id: account
            for account in session.scalars(select(funds.FundAccount).where(funds.FundAccount.id.in_(ids)))
        }
        for index, number in enumerate(ids):
            if number not in accounts:
                place = f"/postings/{index}/account_id"
                raise wire.refuse(place, "unknown_reference", "names nothing in this store", "在此店铺中不存在")
        row = funds.FundMovement(
            store_id=caller.store_id,
            entity_id=caller.scope.entity_id,
            kind=wanted.kind,
            happened_at=wanted.happened_at or now,
            recorded_at=now,
            reference=wanted.reference,
            order_platform_id=wanted.order_platform_id,
            note=wanted.note,
        )
        sides = [funds.Side(accounts[number], side.amount) for number, side in zip(ids, wanted.postings, strict=True)]
        try:
            funds.post(session, row, sides)
        except funds.NotBalanced as error:
            raise ProblemError("not_balanced", off=str(error)) from None
        return Answer(201, movement(session, row), {"location": f"{request.url.path}/{row.id}"})

    return await once(request, caller, body, job)


class FundReversalIn(wire.Input):
    """The reference of the reversal, and why."""

    reference: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    note: Text | None = None


@router.post(
    "/fund-movements/{movement_id}/reversal",
    operation_id="reverse_movement",
    summary="Reverse a funds movement",
    **acts(
        "/fund-movements/{movement_id}/reversal",
        FundMovementOut,
        {**MOVEMENT, "id": "82", "kind": "correction", "reverses_id": "81"},
        body=FundReversalIn,
        body_example={"reference": "8123456789012345/undone", "note": "Entered twice"},
        status=201,
        once=True,
        problems=("unknown_item", "already_decided"),
    ),
)
async def reverse_movement(request: Request, caller: Writer) -> Response:
    """Append the exact opposite; a movement is reversed at most once."""
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, FundReversalIn)

    def job(session: Session) -> Answer:
        row = row_of(session, request, funds.FundMovement, "movement_id")
        try:
            undone = funds.reverse(session, row, reference=wanted.reference, now=caller.now(), note=wanted.note)
        except funds.AlreadyReversed:
            raise ProblemError("already_decided", state="reversed") from None
        return Answer(201, movement(session, undone))

    return await once(request, caller, body, job)


class FundBalanceOut(wire.Output):
    """One account and what is in it."""

    account_id: str
    kind: str
    name: str
    currency: str
    balance: wire.Money


class FundBalancesOut(wire.Output):
    """Every account of the store."""

    balances: list[FundBalanceOut]


@router.get(
    "/fund-balances",
    operation_id="list_balances",
    summary="Balances of the funds accounts",
    **reads(
        "/fund-balances",
        FundBalancesOut,
        {
            "balances": [
                {"account_id": "71", "kind": "available", "name": "Available", "currency": "USD", "balance": "23.80"}
            ]
        },
    ),
)
async def list_balances(caller: Reader) -> Response:
    """Each the sum of its postings, computed when asked."""
    assert caller.store_id is not None
    store_id = caller.store_id

    def job(session: Session) -> FundBalancesOut:
        known = funds.balances(session, store_id)
        rows = session.scalars(select(funds.FundAccount).order_by(funds.FundAccount.id))
        return FundBalancesOut(
            balances=[
                wire.show(
                    row,
                    FundBalanceOut,
                    account_id=str(row.id),
                    balance=Decimal(wire.decimal_text(known.get(row.id, Decimal(0)))),
                )
                for row in rows
            ]
        )

    return Answer(200, await caller.run(job, read_only=True)).response()
