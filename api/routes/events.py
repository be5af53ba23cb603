"""The feed: the same events that webhooks deliver, with the same bodies, for whoever pulls or has missed some."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Caller, Permit
from api.idempotency import Answer
from api.paging import make_token, read_token
from api.problems import ProblemError
from api.resources.document import COMMON, STORE_ID
from api.webhooks import types
from store_model.accounts import Store
from store_model.outbox import Event, last_sequence, oldest_sequence

router = APIRouter(prefix="/v1", tags=["webhooks"])
READ = Permit("webhooks:read")
MOST = 1000
EXAMPLE = types.TYPES["finding.opened"].body()


class EventsOut(wire.Output, kw_only=True):
    """Events in their order, each as it is delivered. Pass `after` to go on; keep it: it does not expire by itself."""

    events: list[dict[str, Any]]
    after: str
    has_more: bool


LIMIT = query.Parameter("How many at most; 100 when left out", int, default=100, least=1, most=MOST, example=100)
STORE = {
    "after": query.Parameter("The sequence after which to go on; 0 or left out: the oldest", int, default=0, least=0),
    "limit": LIMIT,
}
ALL = {"after": query.Parameter("`after` of the answer before; left out: from the oldest event"), "limit": LIMIT}
SHARED = {
    "example": {"events": [EXAMPLE], "after": "42", "has_more": False},
    "problems": (*COMMON, "invalid_parameter", "events_gone"),
}


@router.get(
    "/stores/{store_id}/events",
    operation_id="list_store_events",
    summary="The events of a store after a number",
    description="Numbers have no gap, and appear in their order. 店铺事件流，序号连续无缺。",
    **openapi.store_operation(
        openapi.answer_schema(EventsOut), parameters=[STORE_ID, *query.documented(STORE)], **SHARED
    ),
)
async def list_store_events(request: Request) -> Response:
    """Bodies are byte for byte those of the deliveries."""
    caller = await READ(request)
    wanted = query.read(request, STORE)

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        found = _after(session, caller.store_id, wanted["after"], wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        after = page[-1].sequence if page else wanted["after"]
        return _answer(page, str(after), len(found) > len(page))

    return (await caller.run(job, read_only=True)).response()


@router.get(
    "/events",
    operation_id="list_events",
    summary="The events of all stores that are open to the caller",
    description="In the order of each store; `after` remembers where each was. 全部可见店铺的事件流。",
    **openapi.store_operation(
        openapi.answer_schema(EventsOut),
        example={**SHARED["example"], "after": "c2VhbGVk"},
        parameters=query.documented(ALL),
        problems=(*(c for c in COMMON if c != "unknown_store"), "invalid_parameter", "bad_page_token", "events_gone"),
    ),
)
async def list_events(request: Request) -> Response:
    """`after` holds the number reached in every store, so nothing that commits late is passed over."""
    caller = await READ(request)
    wanted = query.read(request, ALL)
    reached = _read_cursor(caller, wanted["after"])

    def job(session: Session) -> Answer:
        found: list[Event] = []
        for store_id in session.scalars(select(Store.id).order_by(Store.id)).all():
            found += _after(session, store_id, reached.get(str(store_id), 0), wanted["limit"] + 1)
        found.sort(key=lambda event: event.id)
        page = found[: wanted["limit"]]
        now_at = reached | {str(event.store_id): event.sequence for event in page}
        return _answer(page, _cursor(caller, now_at), len(found) > len(page))

    return (await caller.run(job, read_only=True)).response()


def _after(session: Session, store_id: int, after: int, limit: int) -> list[Event]:
    """The next events of a store; 410 when some of them are kept no longer."""
    found = list(
        session.scalars(
            select(Event)
            .where(Event.store_id == store_id, Event.sequence > after)
            .order_by(Event.sequence)
            .limit(limit)
        )
    )
    first = found[0].sequence if found else last_sequence(session, store_id) + 1
    if after and first > after + 1:
        oldest = oldest_sequence(session, store_id)
        raise ProblemError("events_gone", after=after, oldest=first if oldest is None else oldest)
    return found


def _answer(page: list[Event], after: str, has_more: bool) -> Answer:
    events = [msgspec.Raw(event.body.encode()) for event in page]
    return Answer(200, {"events": events, "after": after, "has_more": has_more})


def _cursor(caller: Caller, reached: dict[str, int]) -> str:
    text = msgspec.json.encode(reached, order="sorted").decode()
    secret = caller.state.secrets.key("event feed")
    return make_token(text, binding=str(caller.scope.entity_id), secret=secret)


def _read_cursor(caller: Caller, given: str | None) -> dict[str, int]:
    if given is None:
        return {}
    secret = caller.state.secrets.key("event feed")
    text = read_token(given, binding=str(caller.scope.entity_id), secret=secret)
    return msgspec.json.decode(text, type=dict[str, int])
