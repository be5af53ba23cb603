"""The routes of a resource: each reads the request, hands one job to the caller's session, and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import wire
from api.callers import Caller, Permit
from api.context import context_of
from api.etags import demand_match, etag, is_unchanged
from api.idempotency import Answer, once
from api.languages import choose
from api.problems import ProblemError
from api.resources import document
from api.resources.changing import Changes
from api.resources.declare import Operation, Resource
from api.resources.listing import list_rows, read_query, where_parents
from api.routes.prechecks import json_body

MAX_BULK = 1000
"""Items of one bulk call."""

Endpoint = Callable[[Request, Caller], Awaitable[Response]]


def make_router(resource: Resource) -> APIRouter:
    """The routes of the operations that the resource has."""
    router = APIRouter(prefix="/v1/stores/{store_id}", tags=[resource.section])
    several, one = f"/{resource.path}", f"/{resource.path}/{{{resource.one}_id}}"
    routes: dict[Operation, tuple[str, str, Callable[[Resource], Endpoint]]] = {
        "list": ("GET", several, _list),
        "bulk": ("POST", f"{several}/bulk", _bulk),
        "create": ("POST", several, _create),
        "get": ("GET", one, _get),
        "update": ("PATCH", one, _update),
        "delete": ("DELETE", one, _delete),
    }
    for operation, (method, path, make) in routes.items():
        if operation not in resource.operations:
            continue
        right = f"{resource.section}:{'read' if method == 'GET' else 'write'}"
        router.add_api_route(
            path,
            _endpoint(make(resource), right),
            methods=[method],
            **document.operation(resource, operation, f"{router.prefix}{path}"),
        )
    return router


def _endpoint(work: Endpoint, right: str) -> Any:
    permit = Permit(right)

    async def endpoint(request: Request) -> Response:
        return await work(request, await permit(request))

    return endpoint


def _changes(session: Session, resource: Resource, request: Request, caller: Caller) -> Changes:
    """Parents are looked up first: what is below an unknown one is unknown."""
    parents = where_parents(resource, request.path_params)
    for name, column in resource.parents.items():
        (key,) = inspect_foreign_keys(column)
        target = document.class_of(key.column.table)
        if session.get(target, parents[column.key]) is None:
            raise ProblemError("unknown_item", parameter=name)
    return Changes(session, resource, caller, parents)


def inspect_foreign_keys(column: Any) -> Any:
    """The foreign keys of a mapped column that name a table of tenants by its id."""
    return [key for key in column.property.columns[0].foreign_keys if key.column.name == "id"]


def _list(resource: Resource) -> Endpoint:
    async def work(request: Request, caller: Caller) -> Response:
        query = read_query(resource, request.scope["query_string"])
        secret = request.app.state.secrets.key("page token")

        def job(session: Session) -> dict[str, Any]:
            changes = _changes(session, resource, request, caller)
            below = [getattr(resource.model, name) == value for name, value in changes.parents.items()]
            below += [resource.visible(caller)] if resource.visible is not None else []
            rows, token = list_rows(session, resource, caller, query, path=request.url.path, secret=secret, where=below)
            return {"items": [changes.show(row) for row in rows], "next_page_token": token}

        return Answer(200, await caller.run(job, read_only=True)).response()

    return work


def _get(resource: Resource) -> Endpoint:
    async def work(request: Request, caller: Caller) -> Response:
        def job(session: Session) -> Answer:
            changes = _changes(session, resource, request, caller)
            row = changes.find(request.path_params[f"{resource.one}_id"])
            if not hasattr(row, "version"):
                return Answer(200, changes.show(row))
            headers = {"etag": etag(row)}
            return Answer(304, None, headers) if is_unchanged(request, row) else Answer(200, changes.show(row), headers)

        return (await caller.run(job, read_only=True)).response()

    return work


def _create(resource: Resource) -> Endpoint:
    async def work(request: Request, caller: Caller) -> Response:
        body = await json_body(context_of(request.scope), request.receive)
        data = wire.read_json(body)

        def job(session: Session) -> Answer:
            changes = _changes(session, resource, request, caller)
            row = changes.create(data)
            return Answer(201, changes.show(row), {"etag": etag(row), "location": f"{request.url.path}/{row.id}"})

        return await once(request, caller, body, job)

    return work


def _update(resource: Resource) -> Endpoint:
    async def work(request: Request, caller: Caller) -> Response:
        patch = wire.read_json(await json_body(context_of(request.scope), request.receive))

        def job(session: Session) -> Answer:
            changes = _changes(session, resource, request, caller)
            row = changes.find(request.path_params[f"{resource.one}_id"])
            demand_match(request.headers.get("if-match"), row)
            row = changes.update(row, patch)
            return Answer(200, changes.show(row), {"etag": etag(row)})

        return (await caller.run(job)).response()

    return work


def _delete(resource: Resource) -> Endpoint:
    async def work(request: Request, caller: Caller) -> Response:
        def job(session: Session) -> Answer:
            changes = _changes(session, resource, request, caller)
            row = changes.find(request.path_params[f"{resource.one}_id"])
            demand_match(request.headers.get("if-match"), row)
            changes.delete(row)
            return Answer(204)

        return (await caller.run(job)).response()

    return work


def _bulk(resource: Resource) -> Endpoint:
    async def work(request: Request, caller: Caller) -> Response:
        context = context_of(request.scope)
        body = await json_body(context, request.receive)
        items = wire.convert(wire.read_json(body), Bulk).items
        if len(items) > MAX_BULK:
            raise ProblemError("bulk_too_large", limit=MAX_BULK, count=len(items))
        language = choose(context.accept_language)

        def job(session: Session) -> Answer:
            changes = _changes(session, resource, request, caller)
            results = changes.bulk(items, lambda problem: problem.to_dict(language, context.request_id))
            return Answer(200, {"items": results})

        return await once(request, caller, body, job)

    return work


class Bulk(wire.Input):
    """Up to 1000 changes; each is answered for itself."""

    items: list[Any]
