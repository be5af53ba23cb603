"""Diagnoses as jobs: begun with 202, followed by polling or server-sent events, cancelled, and their results."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from api import openapi, query, wire
from api.callers import Caller, Permit, in_database, read_id
from api.context import context_of
from api.diagnosis.forms import FORMS, MEDIA, Form
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.resources import Filter, Resource, document
from api.routes.imports import unreadable
from api.routes.prechecks import json_body
from engine.errors import IntakeError
from engine.evaluate.catalogue import schema
from store_model import jobs
from store_model.jobs import Diagnosis, DiagnosisPart
from store_model.leases import STATES

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["diagnoses"])
Reader = Annotated[Caller, Depends(Permit("products:read"))]
Writer = Annotated[Caller, Depends(Permit("products:write"))]
POLL, KEEP_ALIVE = 0.5, 15.0
"""Seconds between looks at a job whose events are followed, and between signs of life."""


class DiagnosisIn(wire.Input, kw_only=True):
    """Diagnose the products of the store. `as_of`: by the rules of that day; today when left out."""

    source: Literal["products"] = "products"
    as_of: date | None = None


class DiagnosisOut(wire.Output):
    """A diagnosis: how far it is, and the counts so far. `tally.not_checked`: rule → listings it lacked facts for."""

    id: str
    source: str
    name: str | None
    state: str
    cancelled: bool
    as_of: date
    pack_digest: str
    parts: int
    parts_done: int
    parts_failed: int
    listings: int
    listings_done: int
    tally: dict[str, Any]
    attempts: int
    last_error: str | None
    started_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


EXAMPLE = {
    "id": "12", "source": "products", "name": None, "state": "running", "cancelled": False, "as_of": "2026-08-22",
    "pack_digest": "sha256:" + "cd" * 32, "parts": 40, "parts_done": 12, "parts_failed": 0, "listings": 40000,
    "listings_done": 12000,
    "tally": {"listings": 12000, "invalid": 37, "clean": 4100, "results": {"fail": 21000},
              "codes": {"TITLE_STACKING": 900}, "severities": {"warning": 9000}, "not_checked": {"IMG108": 12000}},
    "attempts": 1, "last_error": None, "started_by": "user:3", "created_at": "2026-08-22T12:00:00Z",
    "started_at": "2026-08-22T12:00:01Z", "finished_at": None,
}  # fmt: skip
DIAGNOSES = Resource(
    path="diagnoses",
    one="diagnosis",
    title=("diagnosis", "诊断任务"),
    section="products",
    model=Diagnosis,
    answer=DiagnosisOut,
    operations=("list", "get"),
    filters={
        "state": Filter(Diagnosis.state, choices=STATES),
        "source": Filter(Diagnosis.source, choices=jobs.SOURCES),
    },
    default_sort="-id",
    example=EXAMPLE,
)


class DiagnosisPartOut(wire.Output):
    """A part of a diagnosis. `outcome.fault` says why it could not be done: code and words in both languages."""

    id: str
    number: int
    name: str
    rows: int
    outcome: dict[str, Any] | None
    done_at: datetime | None


PARTS = Resource(
    path="diagnoses/{diagnosis_id}/parts",
    one="diagnosis_part",
    title=("part of a diagnosis", "诊断任务分片"),
    section="products",
    model=DiagnosisPart,
    answer=DiagnosisPartOut,
    operations=("list",),
    parents={"diagnosis_id": DiagnosisPart.diagnosis_id},
    filters={"undone": Filter(DiagnosisPart.done_at, op="is_null", note="true: those that are not done yet")},
    example={
        "id": "88", "number": 0, "name": "products 1–1000", "rows": 1000,
        "outcome": {"name": "products 1–1000", "tally": {"listings": 1000}, "fault": None},
        "done_at": "2026-08-22T12:00:03Z",
    },
)  # fmt: skip


@router.post(
    "/diagnoses",
    operation_id="start_diagnosis",
    summary="Diagnose all products of the store",
    description="Answered 202 at once; follow it at Location. Findings get their life in the store. 诊断全店商品。",
    **openapi.store_operation(
        openapi.answer_schema(DiagnosisOut),
        status=202,
        example={**EXAMPLE, "state": "waiting", "parts": 0, "parts_done": 0, "listings": 0, "listings_done": 0,
                 "tally": {}, "attempts": 0, "started_at": None},
        parameters=[document.STORE_ID, document.IDEMPOTENCY_KEY],
        problems=(*document.COMMON, *document.BODY, *document.ONCE),
        body=openapi.answer_schema(DiagnosisIn),
        body_example={"source": "products"},
    ),
)  # fmt: skip
async def start_diagnosis(request: Request, caller: Writer) -> Response:
    """A worker takes it up; it survives restarts."""
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, DiagnosisIn)

    def job(session: Session) -> Answer:
        row = jobs.start(session, _new(caller, "products", None, wanted.as_of), (), now=caller.now())
        return _accepted(request.url.path, row)

    return await once(request, caller, body, job)


UPLOAD = {
    "name": query.Parameter(
        "The file's name; it helps to tell its form", default="upload", example="catalogue.parquet"
    ),
    "as_of": query.Parameter("By the rules of this day; today when left out", date),
}


@router.post(
    "/diagnoses/uploads",
    operation_id="diagnose_file",
    summary="Diagnose a file",
    description="The body is the file: Parquet, xlsx, CSV, JSON, NDJSON. Answered 202. 诊断上传的文件。",
    **openapi.store_operation(
        openapi.answer_schema(DiagnosisOut),
        status=202,
        example={**EXAMPLE, "source": "upload", "name": "catalogue.parquet", "state": "waiting"},
        parameters=[document.STORE_ID, *query.documented(UPLOAD)],
        problems=(*document.COMMON, "invalid_parameter", "import_unreadable", "body_too_large", "body_timeout"),
    ),
)
async def diagnose_file(request: Request, caller: Writer) -> Response:
    """What was uploaded is kept with the job, to be done after a restart too. The store's findings stay as they are."""
    given = query.read(request, UPLOAD)
    name = Path(given["name"]).name[:200] or "upload"
    with tempfile.TemporaryDirectory(prefix="storewarden-diagnosis-") as folder:
        path = Path(folder) / ("file" + Path(name).suffix.lower())
        with path.open("wb") as file:
            try:
                async for piece in request.stream():
                    file.write(piece)
            except ClientDisconnect:
                raise ProblemError("bad_request") from None

        def work() -> Answer:
            from api.diagnosis.jobs import parts_of_file

            with caller.session() as session:
                parts = parts_of_file(path, Path(folder) / "spool", name)
                row = jobs.start(session, _new(caller, "upload", name, given["as_of"]), parts, now=caller.now())
                return _accepted(request.url.path.rpartition("/")[0], row)

        try:
            return (await in_database(caller.state, work)).response()
        except IntakeError as error:
            raise unreadable(error) from None


def _new(caller: Caller, source: str, name: str | None, as_of: date | None) -> Diagnosis:
    return Diagnosis(
        store_id=caller.store_id,
        entity_id=caller.scope.entity_id,
        source=source,
        name=name,
        as_of=as_of or caller.now().date(),
        pack_digest=caller.state.pack.digest,
        started_by=caller.actor,
        parts=0, parts_done=0, parts_failed=0, listings=0, listings_done=0, tally={}, cancelled=False,
    )  # fmt: skip


def _accepted(path: str, row: Diagnosis) -> Answer:
    return Answer(202, wire.show(row, DiagnosisOut), {"location": f"{path}/{row.id}"})


def _find(session: Session, given: str) -> Diagnosis:
    number = read_id(given)
    row = session.get(Diagnosis, number) if number is not None else None
    if row is None:
        raise ProblemError("unknown_item")
    return row


ONE = document.path_parameters("/v1/stores/{store_id}/diagnoses/{diagnosis_id}")


@router.post(
    "/diagnoses/{diagnosis_id}/cancel",
    operation_id="cancel_diagnosis",
    summary="Cancel a diagnosis",
    description="What it has found stays; a job that runs ends after the part in hand. 取消诊断任务。",
    **openapi.store_operation(
        openapi.answer_schema(DiagnosisOut),
        example={**EXAMPLE, "cancelled": True},
        parameters=ONE,
        problems=(*document.COMMON, "unknown_item", "job_ended"),
    ),
)
async def cancel_diagnosis(request: Request, caller: Writer) -> Response:
    """409 for one that has ended."""

    def job(session: Session) -> Answer:
        row = _find(session, request.path_params["diagnosis_id"])
        if not jobs.cancel(session, row, now=caller.now()):
            raise ProblemError("job_ended", state=row.state)
        session.flush()
        return Answer(200, wire.show(row, DiagnosisOut))

    return (await caller.run(job)).response()


@router.get(
    "/diagnoses/{diagnosis_id}/events",
    operation_id="follow_diagnosis",
    summary="Follow a diagnosis by server-sent events",
    description="`progress` whenever it came on, `end` when it ended; the data is the diagnosis. 以 SSE 跟踪进度。",
    **openapi.store_operation(
        {},
        example='event: progress\\ndata: {"id":"12","state":"running","listings_done":12000}\\n\\n',
        parameters=ONE,
        problems=(*document.COMMON, "unknown_item"),
        media_type="text/event-stream",
    ),
)
async def follow_diagnosis(request: Request, caller: Reader) -> Response:
    """Ends by itself after `end`."""
    number = request.path_params["diagnosis_id"]

    def look(session: Session) -> tuple[str, bool]:
        row = _find(session, number)
        return msgspec.json.encode(wire.show(row, DiagnosisOut)).decode(), row.due_at is None

    first = await caller.run(look, read_only=True)

    async def events() -> AsyncIterator[str]:
        told, quiet = "", 0.0
        text, ended = first
        while True:
            if text != told:
                yield f"event: {'end' if ended else 'progress'}\ndata: {text}\n\n"
                told, quiet = text, 0.0
            if ended:
                return
            await asyncio.sleep(POLL)
            quiet += POLL
            if quiet >= KEEP_ALIVE:
                yield ": still here\n\n"
                quiet = 0.0
            text, ended = await caller.run(look, read_only=True)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})


RESULTS = {
    "format": query.Parameter("The form of the results", choices=FORMS, default="ndjson", example="ndjson"),
    "lang": query.Parameter("Language of xlsx, CSV and SARIF", choices=("en", "zh"), default="en", example="en"),
}


@router.get(
    "/diagnoses/{diagnosis_id}/results",
    operation_id="get_diagnosis_results",
    summary="The findings of a diagnosis",
    description="NDJSON, Parquet, xlsx, CSV or SARIF; of the parts that are done so far. 下载诊断结果。",
    **openapi.store_operation(
        {},
        example='{"part":"products 1–1000","row":0,"rule":"LST104"}\\n',
        parameters=[*ONE, *query.documented(RESULTS)],
        problems=(*document.COMMON, "unknown_item", "invalid_parameter"),
        media_type="application/x-ndjson",
    ),
)
async def get_diagnosis_results(request: Request, caller: Reader) -> Response:
    """The parts in their order: the same job gives the same bytes."""
    wanted = query.read(request, RESULTS)
    form: Form = wanted["format"]

    def job(session: Session) -> Path:
        from api.diagnosis import outputs

        row = _find(session, request.path_params["diagnosis_id"])
        with tempfile.NamedTemporaryFile(prefix="storewarden-", suffix=f".{form}", delete=False) as file:
            outputs.write(
                form, _tables(session, row.id), file, pack=caller.state.pack, as_of=row.as_of, lang=wanted["lang"]
            )  # fmt: skip
        return Path(file.name)

    path = await caller.run(job, read_only=True)
    name = f"diagnosis-{request.path_params['diagnosis_id']}.{form}"
    return FileResponse(
        path, media_type=MEDIA[form], filename=name, background=BackgroundTask(path.unlink, missing_ok=True)
    )


def _tables(session: Session, diagnosis_id: int) -> Iterator[tuple[Any, Any]]:
    """The `Outcome` and the table of findings of each part that is done, one at a time."""
    import pyarrow.parquet as pq

    from api.diagnosis.state import Outcome

    numbers = session.scalars(
        select(DiagnosisPart.id)
        .where(DiagnosisPart.diagnosis_id == diagnosis_id, DiagnosisPart.done_at.is_not(None))
        .order_by(DiagnosisPart.number)
    ).all()
    for number in numbers:
        result, told = session.execute(
            select(DiagnosisPart.result, DiagnosisPart.outcome).where(DiagnosisPart.id == number)
        ).one()
        table = pq.read_table(io.BytesIO(result)) if result else schema().empty_table()
        yield msgspec.convert(told, Outcome), table
