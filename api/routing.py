"""A route that hands the request to its function as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

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
