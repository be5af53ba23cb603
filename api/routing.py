"""Routes that cost little: one that hands the request over as it is, and a router that looks at few of many."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, cast

from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Step = Callable[[Request], Awaitable[Any]]


class RawRoute(APIRoute):
    """Runs the router's dependencies and the endpoint, each with the request alone.

    FastAPI's own way works out parameters and dependencies anew for each request; here there are none to work out,
    and that costs as much as the rules. Everything else (routing, OpenAPI, error handling) is FastAPI's.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        steps = [cast("Step", depends.dependency) for depends in self.dependencies]
        endpoint = cast("Callable[[Request], Awaitable[Response]]", self.endpoint)

        async def handle(request: Request) -> Response:
            for step in steps:
                await step(request)
            return await endpoint(request)

        return handle


class ByFirstWord:
    """The app's router, in front of which the section that a path names chooses the few routes that may match.

    The framework tries route after route, twice; with some hundred that costs two milliseconds a request. For each
    first word there is a copy of the router with those included routers alone that have a path with it, in their order;
    a path with no known word goes to the whole router, whose answer (404) is the same.
    """

    def __init__(self, router: APIRouter) -> None:
        self.whole = router
        words: dict[str, list[Any]] = {}
        for route in router.routes:
            for word in dict.fromkeys(first_word(path) for path in _paths(route)):
                words.setdefault(word, []).append(route)
        everywhere = {id(route) for route in words.pop("*", [])}
        self.few = {word: _only(router, {id(route) for route in routes} | everywhere) for word, routes in words.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self.few.get(first_word(scope["path"])) if scope["type"] == "http" else None
        await (chosen or self.whole)(scope, receive, send)


def first_word(path: str) -> str:
    """What a path (or its template) is about: the section of a store, or the word behind /v1; "*" for a parameter."""
    parts = path.split("/", 5)
    word = parts[2] if len(parts) > 2 else path
    if word == "stores" and len(parts) > 4:
        word = f"stores/{parts[4]}"
    return "*" if "{" in word else word


def _only(router: APIRouter, kept: set[int]) -> APIRouter:
    few = copy.copy(router)
    few.routes = [route for route in router.routes if id(route) in kept]
    few.middleware_stack = few.app
    return few


def _paths(route: Any) -> Iterator[str]:
    """The templates of a route, or of all routes of an included router."""
    inner = getattr(route, "original_router", None)
    if inner is None:
        yield getattr(route, "path", "{}")
        return
    for below in inner.routes:
        yield from _paths(below)
