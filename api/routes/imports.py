"""Imports over HTTP: a file as the body, its report as the answer, every refusal with its place."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Caller, Permit, in_database
from api.idempotency import Answer
from api.importing import run, sources
from api.problems import ErrorAt, ProblemError, bad_parameter
from api.resources import Filter, Resource, document
from api.services.penalties import Penalties, offence_id
from engine.errors import IntakeError
from store_model.imports import IMPORT_STATES, ImportRefusal, ImportRun

Writer = Annotated[Caller, Depends(Permit("products:write"))]
router = APIRouter(prefix="/v1/stores/{store_id}", tags=["imports"])
STATUSES = ("draft", "onSelling", "offline")
SECTION_OF = {"products": "products", "analytics": "products", "violations": "violations"}
"""What the caller needs to import each kind; transactions for the others."""
SHOWN = 100
"""Refusals in the answer itself."""
ANSWER_WITHIN = 10.0
"""Seconds after which an import that still runs is answered with 202."""
NAME = {"name": "name", "in": "query", "required": False, "description": "The file's name; it helps to tell its form",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200}, "example": "orders.csv"}  # fmt: skip
KIND = {"name": "kind", "in": "query", "description": "What the file holds; told by its content when left out",
        "schema": {"type": "string", "enum": list(sources.KINDS)}, "example": "orders"}  # fmt: skip
STATUS = {"name": "status", "in": "query", "description": "The status of new products that do not say theirs",
          "schema": {"type": "string", "enum": list(STATUSES), "default": "draft"}, "example": "draft"}  # fmt: skip


class ImportRunOut(wire.Output):
    """One import: how far it came and what it changed."""

    id: str
    kind: str
    file: str
    sha256: str
    state: str
    done: int
    inserted: int
    updated: int
    unchanged: int
    refused: int
    failure: dict[str, str] | None
    started_at: datetime
    ended_at: datetime | None
    started_by: str


class ImportRefusalOut(wire.Output):
    """One record, or one value of it, that was not taken."""

    record: int
    sheet: str
    row: int
    column: str
    place: dict[str, str]
    code: str
    reason: dict[str, str]
    value: str
    is_whole_record: bool


class ImportReportOut(ImportRunOut):
    """An import with its first refusals; all of them are below it."""

    refusals: list[ImportRefusalOut]


RUN = {
    "id": "11",
    "kind": "orders",
    "file": "orders.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "done",
    "done": 120,
    "inserted": 100,
    "updated": 4,
    "unchanged": 15,
    "refused": 1,
    "failure": None,
    "started_at": "2026-08-22T12:00:00Z",
    "ended_at": "2026-08-22T12:00:02Z",
    "started_by": "user:3",
}
REFUSAL = {
    "record": 41,
    "sheet": "",
    "row": 42,
    "column": "订单状态",
    "place": {"en": "row 42, column 订单状态", "zh": "第 42 行“订单状态”列"},
    "code": "incomplete",
    "reason": {"en": "expected a known order status, got ???", "zh": "应为已知的订单状态，实际为 ???"},
    "value": "???",
    "is_whole_record": True,
}
RUNS = Resource(
    path="imports",
    one="import",
    title=("import", "导入"),
    section="products",
    model=ImportRun,
    answer=ImportRunOut,
    operations=("list", "get"),
    filters={
        "state": Filter(ImportRun.state, choices=IMPORT_STATES),
        "kind": Filter(ImportRun.kind, choices=sources.KINDS),
    },
    default_sort="-id",
    example=RUN,
)
REFUSALS = Resource(
    path="imports/{run_id}/refusals",
    one="refusal",
    title=("refused row", "被拒绝的行"),
    section="products",
    model=ImportRefusal,
    answer=ImportRefusalOut,
    operations=("list",),
    filters={"code": Filter(ImportRefusal.code), "is_whole_record": Filter(ImportRefusal.is_whole_record)},
    parents={"run_id": ImportRefusal.run_id},
    example=REFUSAL,
)


@router.post(
    "/imports",
    operation_id="import_file",
    summary="Import a file",
    **openapi.store_operation(
        openapi.answer_schema(ImportReportOut),
        example={**RUN, "refusals": [REFUSAL]},
        parameters=[document.STORE_ID, NAME, KIND, STATUS],
        problems=(
            *document.COMMON, "invalid_parameter", "import_unreadable", "import_taken", "body_too_large",
            "body_timeout", "pack_without_backoffice",
        ),
    ),
)  # fmt: skip
async def import_file(request: Request, caller: Writer) -> Response:
    """The body is the file itself: xlsx, CSV, TSV, JSON or NDJSON, each also gzipped.

    The same file twice changes nothing; one whose import broke off goes on where it stopped. An import that takes
    longer than ten seconds is answered 202 and goes on; its state is at GET …/imports/{id}.
    """
    name, kind, status = _parameters(request)
    target = _target(caller)
    folder = Path(tempfile.mkdtemp(prefix="storewarden-import-"))
    path = folder / "file"
    try:
        await _receive(request, path)
        job = await in_database(caller.state, lambda: _prepare(target, path, name, kind, status, caller))
    except BaseException:
        _clean(folder)
        raise
    run_id, work = job

    def finish() -> None:
        try:
            work()
        finally:
            _clean(folder)

    task = asyncio.ensure_future(in_database(caller.state, finish))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait_for(asyncio.shield(task), ANSWER_WITHIN)
    except TimeoutError:
        pass  # it goes on
    except IntakeError as error:
        raise unreadable(error) from None
    except run.ImportTaken:
        raise ProblemError("import_taken") from None

    def report(session: Session) -> Answer:
        row = session.get_one(ImportRun, run_id)
        first = [ImportRefusalOut(**one) for one in run.refusals(session, row, SHOWN)]
        shown = wire.show(row, ImportReportOut, refusals=first)
        code = 202 if row.state == "running" else 200
        return Answer(code, shown, {"location": f"{request.url.path}/{run_id}"})

    return (await caller.run(report, read_only=True)).response()


def unreadable(error: IntakeError) -> ProblemError:
    """A file that cannot be imported at all, in both languages."""
    return ProblemError(
        "import_unreadable",
        cause_en=error.en,
        cause_zh=error.zh,
        errors=[ErrorAt(error.code, {"en": error.en, "zh": error.zh}, pointer="")],
    )


def _parameters(request: Request) -> tuple[str, str | None, str]:
    errors: list[ErrorAt] = []
    given = dict(request.query_params)
    name, kind, status = given.pop("name", "upload"), given.pop("kind", None), given.pop("status", "draft")
    if not 0 < len(name) <= 200:
        errors.append(bad_parameter("name", "must have 1 to 200 characters", "长度应为 1 至 200 个字符"))
    for parameter, value, known in (("kind", kind, sources.KINDS), ("status", status, STATUSES)):
        if value is not None and value not in known:
            shown = ", ".join(known)
            errors.append(bad_parameter(parameter, f"must be one of {shown}", f"必须为以下之一：{shown}"))
    errors += [bad_parameter(one[:40], "is unknown", "未知") for one in given if one.isprintable()]
    if errors:
        raise ProblemError("invalid_parameter", errors=errors[:20])
    return Path(name).name or "upload", kind, status


def _target(caller: Caller) -> run.Target:
    assert caller.store_id is not None
    return run.Target(database=caller.state.database, scope=caller.scope, store_id=caller.store_id)


async def _receive(request: Request, path: Path) -> None:
    """The body into a file, piece by piece."""
    with path.open("wb") as file:
        try:
            async for piece in request.stream():
                file.write(piece)
        except ClientDisconnect:
            raise ProblemError("bad_request") from None


def _prepare(
    target: run.Target, path: Path, name: str, kind: str | None, status: str, caller: Caller
) -> tuple[int, Callable[[], None]]:
    """Look into the file and begin its run, so that what is no file of any kind is refused at once."""
    now = caller.now()
    rules = caller.state.backoffice
    penalties: Penalties = caller.state.penalties

    def offence(named: str) -> str | None:
        with target.database.scoped(target.scope, read_only=True) as session:
            return offence_id(penalties.of_store(session, target.place).regime, named)

    try:
        source = sources.open_source(
            path, name=name, zone=rules.zone(now.date()), kind=kind, offence=lru_cache(offence)
        )
    except IntakeError as error:
        raise unreadable(error) from None
    caller.demand(f"{SECTION_OF.get(source.kind, 'transactions')}:write")
    options = run.Options(limits=rules.limits(now.date()), status=status, seen_at=now, book=penalties.of_store)
    run_id, done = run.begin(target, source, sources.sha256_of(path))
    return run_id, lambda: run.carry_on(target, source, run_id, done, options)


def _clean(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
