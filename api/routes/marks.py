"""The store's own marks: kept, searched, imported, learned from a violation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from msgspec import Meta, field
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.resources import Change, Filter, Resource
from api.routes.prechecks import json_body
from api.routes.section_docs import acts
from api.wire import Input, Line, Output
from engine.errors import Fault
from engine.loading.fields import Faults
from engine.loading.marks_files import read_marks
from engine.marks.model import RISKS, STATUSES, TIERS, Mark
from store_model.store_marks import StoreMark, fold, learn, take_in
from store_model.violations import Violation

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["account"])
Writer = Annotated[Caller, Depends(Permit("account:write"))]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Spelling = Annotated[str, Meta(min_length=1, max_length=200)]
MOMENT = "2026-11-27T12:00:00Z"


class StoreMarkIn(Input, kw_only=True):
    """A mark. `tier`: protected (a coined name), word_like (an ordinary word too), unknown (read only as written)."""

    name: Line
    aliases: Annotated[list[Spelling], Meta(max_length=50)] = field(default_factory=list)
    owner: Line
    classes: Annotated[list[Annotated[int, Meta(ge=1, le=45)]], Meta(max_length=45)] = field(default_factory=list)
    categories: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=500)] = field(default_factory=list)
    territories: Annotated[list[Country], Meta(max_length=250)] = field(default_factory=list)
    tier: Literal["protected", "word_like", "unknown"] = "protected"
    status: Literal["registered", "pending", "lapsed"] = "registered"
    since: date | None = None
    until: date | None = None
    risk: Literal["low", "medium", "high"] | None = None
    patterns: Annotated[str, Meta(max_length=2000)] | None = None
    source: Annotated[str, Meta(max_length=300)] | None = None


class StoreMarkOut(Output, kw_only=True):
    id: str
    name: str
    aliases: list[str]
    owner: str
    classes: list[int]
    categories: list[str]
    territories: list[str]
    tier: str
    status: str
    since: date | None
    until: date | None
    risk: str | None
    patterns: str | None
    source: str | None
    violation_id: str | None
    version: int
    updated_at: datetime


EXAMPLE = {
    "id": "3", "name": "Zorvik", "aliases": ["左维克"], "owner": "Zorvik AG", "classes": [21], "categories": [],
    "territories": [], "tier": "protected", "status": "registered", "since": None, "until": None, "risk": "high",
    "patterns": None, "source": "violation 2026-1187", "violation_id": "12", "version": 1, "updated_at": MOMENT,
}  # fmt: skip


def _search(statement: Select[Any], words: str) -> Select[Any]:
    return statement.where(StoreMark.folded.contains(fold(words), autoescape=True))


def _check(change: Change) -> None:
    """The name holds letters; the last day comes after the first. The table itself keeps a name from standing twice."""
    if change.action == "delete":
        return
    row = change.row
    if not any(char.isalnum() for char in row.name):
        raise wire.refuse("/name", "invalid", "needs letters or digits", "须含字母或数字")
    if row.since and row.until and row.until < row.since:
        raise wire.refuse("/until", "too_early", "lies before the first day", "早于起始日")
    row.folded = fold(row.name)


MARKS = Resource(
    path="marks",
    one="mark",
    title=("the store's own marks", "店铺自有商标库"),
    section="account",
    model=StoreMark,
    answer=StoreMarkOut,
    body=StoreMarkIn,
    filters={
        "tier": Filter(StoreMark.tier, choices=TIERS),
        "status": Filter(StoreMark.status, choices=STATUSES),
        "risk": Filter(StoreMark.risk, choices=RISKS),
        "learned": Filter(StoreMark.violation_id, op="is_null", note="false: those learned from a violation"),
    },
    sorts={"name": StoreMark.name},
    search=_search,
    defaults=lambda caller: {"folded": ""},
    before_change=_check,
    example=EXAMPLE,
)  # fmt: skip


class MarksIn(Input, kw_only=True):
    """A register as CSV text: a header, and a row a mark; several values in a cell are parted by "|"."""

    csv: Annotated[str, Meta(min_length=1, max_length=8_000_000)]


class RefusedOut(Output, kw_only=True):
    """A row, or a cell of it, that could not be used."""

    line: int
    column: int
    message: str


class MarksOut(Output, kw_only=True):
    """What an import did. Rows that are refused leave the others alone."""

    added: int
    updated: int
    unchanged: int
    refused: list[RefusedOut]


@router.post(
    "/marks/import",
    operation_id="import_marks",
    summary="Import marks from CSV",
    description="Columns as in docs/marks.md; a mark of the same name is brought to the row. 从 CSV 导入商标。",
    **acts(
        "/marks/import",
        MarksOut,
        {"added": 1, "updated": 0, "unchanged": 0,
         "refused": [{"line": 3, "column": 3, "message": '"99" is no Nice class; they are 1 to 45, parted by "|"'}]},
        body=MarksIn,
        body_example={"csv": "name,owner,classes\nZorvik,Zorvik AG,21\nVelmora,Velmora Inc,99\n"},
        once=True,
    ),
)  # fmt: skip
async def import_marks(request: Request, caller: Writer) -> Response:
    """Every faulty row is named by line and column; the same file again changes nothing."""
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, MarksIn)
    faults: list[Fault] = []
    marks = read_marks(wanted.csv.encode("utf-8", "replace"), Faults("csv", faults))

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        done = take_in(session, entity_id=caller.scope.entity_id, store_id=caller.store_id, marks=marks)
        refused = [RefusedOut(line=one.line, column=one.column, message=one.reason) for one in faults]
        return Answer(200, MarksOut(added=done.added, updated=done.updated, unchanged=done.unchanged, refused=refused))

    return await once(request, caller, body, job)


class LearnIn(Input, kw_only=True):
    """The mark that a violation was about. Who owns it is rarely told; then the name stands for the owner."""

    name: Line
    owner: Line | None = None
    aliases: Annotated[list[Spelling], Meta(max_length=50)] = field(default_factory=list)
    classes: Annotated[list[Annotated[int, Meta(ge=1, le=45)]], Meta(max_length=45)] = field(default_factory=list)
    tier: Literal["protected", "word_like", "unknown"] = "protected"


@router.post(
    "/violations/{violation_id}/mark",
    operation_id="learn_mark",
    summary="Learn a mark from a violation",
    description="The mark is added to the store's own, with the violation as its source. 从违规记录学习商标。",
    **acts(
        "/violations/{violation_id}/mark",
        StoreMarkOut,
        EXAMPLE,
        body=LearnIn,
        body_example={"name": "Zorvik", "classes": [21]},
        status=201,
        once=True,
        problems=("unknown_item",),
    ),
)
async def learn_mark(request: Request, caller: Writer, violation_id: str) -> Response:
    """A mark of the same name is brought to it, so that a second violation of the same mark is no fault."""
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, LearnIn)

    def job(session: Session) -> Answer:
        number = read_id(violation_id)
        found = session.get(Violation, number) if number is not None else None
        if found is None or caller.store_id is None:
            raise ProblemError("unknown_item")
        row = learn(session, found, Mark(
            names=(wanted.name, *wanted.aliases), owner=wanted.owner or wanted.name, classes=tuple(wanted.classes),
            tier=wanted.tier, risk="high",
        ))  # fmt: skip
        return Answer(201, wire.show(row, StoreMarkOut))

    return await once(request, caller, body, job)
