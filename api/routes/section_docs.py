"""What explicit routes of a store's sections say of themselves in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api import openapi
from api.resources import document

STORE = "/v1/stores/{store_id}"


def reads(
    path: str, answer: type, example: Any, *, query: tuple[dict[str, Any], ...] = (), problems: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A route that answers and changes nothing."""
    return openapi.store_operation(
        openapi.answer_schema(answer),
        example=example,
        parameters=[*document.path_parameters(STORE + path), *query],
        problems=(*document.COMMON, *problems),
    )


def acts(
    path: str,
    answer: type,
    example: Any,
    *,
    body: type,
    body_example: Any,
    status: int = 200,
    once: bool = False,
    match: bool = False,
    problems: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A route that changes something. `once`: it takes an Idempotency-Key. `match`: it takes If-Match."""
    headers = [*([document.IDEMPOTENCY_KEY] if once else []), *([document.IF_MATCH] if match else [])]
    more = (*(document.ONCE if once else ()), *(document.MATCH if match else ()))
    return openapi.store_operation(
        openapi.answer_schema(answer),
        status=status,
        example=example,
        parameters=[*document.path_parameters(STORE + path), *headers],
        problems=(*document.COMMON, *document.BODY, *more, *problems),
        body=openapi.answer_schema(body),
        body_example=body_example,
    )
