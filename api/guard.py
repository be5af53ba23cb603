"""The dependency in front of every router under /v1: who calls, may they, and how often."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Scope

from api.access import Keys
from api.context import context_of
from api.limiting import RateLimiter
from api.problems import ProblemError


class Guard:
    """`APIRouter(dependencies=[Depends(Guard("prechecks"))])`. `scope_name` is the right that a key needs."""

    def __init__(self, scope_name: str) -> None:
        self.scope_name = scope_name

    async def __call__(self, request: Request) -> None:
        await self.admit(request.scope)

    async def admit(self, scope: Scope) -> None:
        """Refuse the request (ProblemError), or let it pass and count it."""
        state = scope["app"].state
        keys: Keys = state.keys
        limiter: RateLimiter = state.limiter
        context = context_of(scope)
        client = scope.get("client")
        address = client[0] if client else "unknown"
        try:
            await keys.identify(scope, self.scope_name)
        except ProblemError as refused:
            if refused.kind.status == 401:  # guessing is counted too
                limiter.hit(address, context)
            raise
        limiter.hit(context.caller or address, context)
