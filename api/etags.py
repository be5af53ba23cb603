"""ETags from row versions, and the preconditions of a change: 428 without If-Match, 412 when it is stale."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from api.problems import ProblemError


def etag(row: Any) -> str:
    """The strong ETag of a versioned row."""
    return f'"{row.id}-{row.version}"'


def demand_match(given: str | None, row: Any) -> None:
    """428 unless an ETag is given, 412 unless it is the row's own. `*` would lose another's change: it is no ETag."""
    if given is None or given.strip() == "*":
        raise ProblemError("precondition_missing")
    if etag(row) not in [part.strip() for part in given.split(",")]:
        raise ProblemError("changed_meanwhile")


def is_unchanged(request: Request, row: Any) -> bool:
    """Whether If-None-Match names the row as it is: then 304 answers."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or etag(row) in [part.strip().removeprefix("W/") for part in given.split(",")]
