"""About the service itself: the landing page, health, metrics, the kinds of problem, and the documentation."""

from __future__ import annotations

import asyncio
from importlib.metadata import PackageNotFoundError, version

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import metrics, openapi
from api.catalogue import KINDS
from api.context import context_of
from api.docs_page import docs_page
from api.guard import Guard
from api.languages import choose
from api.problems import ProblemError
from api.reference import PAGE_HEADERS, to_html
from api.routes.rules import answer

router = APIRouter(tags=["service"])
guarded = APIRouter(tags=["service"], dependencies=[Depends(Guard("metrics"))])

LINKS = {
    "prechecks": "/v1/prechecks",
    "rules": "/v1/rules",
    "features": "/v1/features",
    "codes": "/v1/codes",
    "stores": "/v1/stores",
    "account": "/v1/account",
    "sign_in": "/v1/oauth/token",
    "health": "/healthz",
    "metrics": "/metrics",
    "openapi": "/openapi.json",
    "documentation": "/docs",
}


def service_version() -> str:
    """The version of the installed distribution; 0 in a bare checkout."""
    try:
        return version("storewarden")
    except PackageNotFoundError:
        return "0"


@router.get("/", operation_id="landing", summary="What there is", **openapi.LANDING)
async def landing(request: Request) -> Response:
    """Links to everything."""
    state = request.app.state
    return answer(
        {
            "service": "storewarden",
            "version": service_version(),
            "pack": msgspec.to_builtins(state.pack.ref),
            "keys": "required" if await state.keys.are_required() else "optional",
            "links": LINKS,
        }
    )


@router.get("/healthz", operation_id="health", summary="Whether the service works", **openapi.HEALTH)
async def health(request: Request) -> Response:
    """200 as long as listings can be checked; `degraded` when the database does not answer."""
    state = request.app.state
    reachable = await asyncio.to_thread(state.database.is_reachable)
    return answer(
        {
            "status": "ok" if reachable else "degraded",
            "database": "ok" if reachable else "unreachable",
            "pack": msgspec.to_builtins(state.pack.ref),
            "rules": len(state.pack.rules),
        }
    )


@router.get("/problems/{name}", operation_id="get_problem", summary="What a problem means", **openapi.PROBLEM)
async def problem(request: Request, name: str) -> Response:
    """The `type` of every problem leads here."""
    kind = KINDS.get(name.replace("-", "_"))
    if kind is None or name != kind.type.removeprefix("/problems/"):
        raise ProblemError("not_found")
    return answer(
        {"type": kind.type, "code": kind.code, "status": kind.status, "title": kind.title, "detail": kind.detail}
    )


@router.get("/openapi.json", include_in_schema=False)
async def openapi_document(request: Request) -> Response:
    """The OpenAPI document of this pack and version."""
    return answer(request.app.openapi())


@router.get("/docs", include_in_schema=False)
async def documentation(request: Request) -> Response:
    """The OpenAPI document as a page that loads nothing from elsewhere."""
    language = choose(context_of(request.scope).accept_language)
    page = to_html(docs_page(request.app.openapi(), language), title="Storewarden HTTP API", lang=language)
    return Response(page, headers=PAGE_HEADERS, media_type="text/html")


@guarded.get("/metrics", operation_id="metrics", summary="Metrics for Prometheus", **openapi.METRICS)
async def read_metrics(request: Request) -> Response:
    """Requests by route, listings by verdict, findings by rule."""
    return Response(request.app.state.metrics.render(), media_type=metrics.CONTENT_TYPE)
