"""The steps ahead in all stores that are open to the caller."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query
from api.callers import Caller, Permit
from api.idempotency import Answer
from api.paging import make_token, read_token
from api.resources.document import COMMON, page_of
from api.services import outlook

router = APIRouter(prefix="/v1", tags=["violations"])
READ = Permit("violations:read")
PARAMETERS = {
    "within_days": query.Parameter("Steps that change within so many days", int, least=0, most=400, example=30),
    "cause": query.Parameter(
        "time: a step changes by itself; open_findings: confirmed, the open findings would bring another",
        choices=outlook.CAUSES,
    ),
    "ladder": query.Parameter("Of this ladder", example="LAD103"),
    "store_id": query.Parameter("Of this store", int, least=1, most=2**63 - 1),
    "page_size": query.Parameter("How many at most; 50 when left out", int, default=50, least=1, most=1000),
    "page_token": query.Parameter("`next_page_token` of the page before"),
}
EXAMPLE = {
    "store_id": "1", "store_name": "North", "ladder": "LAD103",
    "title": {"en": "Transactions and other violations", "zh": "交易违规及其他积分"}, "as_of": "2026-08-01T16:05:00Z",
    "balance": "12.00", "step": "frozen_first", "next_step": "none", "next_step_at": "2027-08-01T04:00:00Z",
    "open_findings": 3, "confirmed_balance": "24.00", "confirmed_step": "frozen_second",
}  # fmt: skip


@router.get(
    "/penalty-forecasts",
    operation_id="list_penalty_forecasts",
    summary="The steps ahead in all stores",
    description=(
        "As the last night found them, the soonest first; a store that was never forecast is not in it yet. "
        "With within_days also what open findings would bring at once, unless cause says otherwise. "
        "全部店铺即将发生的节点变化。"
    ),
    **openapi.store_operation(
        openapi.answer_schema(page_of(outlook.ForecastOut)),
        example={"items": [EXAMPLE], "next_page_token": None},
        parameters=query.documented(PARAMETERS),
        problems=(*(code for code in COMMON if code != "unknown_store"), "invalid_parameter", "bad_page_token"),
    ),
)
async def list_forecasts(request: Request) -> Response:
    """Of every ladder of every store that the caller may see."""
    caller = await READ(request)
    given = query.read(request, PARAMETERS)
    size, token = given.pop("page_size"), given.pop("page_token")
    binding = repr((caller.scope.entity_id, request.url.path, sorted(given.items(), key=str)))
    after = None if token is None else _position(caller, token, binding)
    wanted = outlook.Wanted(**given)

    def job(session: Session) -> Answer:
        found = outlook.page(session, caller.state.penalties, wanted, caller.now(), size=size, after=after)
        ended = None if found.position is None else msgspec.json.encode(found.position).decode()
        further = None if ended is None else make_token(ended, binding=binding, secret=_secret(caller))
        return Answer(200, {"items": found.items, "next_page_token": further})

    return (await caller.run(job, read_only=True)).response()


def _position(caller: Caller, token: str, binding: str) -> outlook.Position:
    return msgspec.json.decode(read_token(token, binding=binding, secret=_secret(caller)), type=outlook.Position)


def _secret(caller: Caller) -> bytes:
    return bytes(caller.state.secrets.key("page token"))
