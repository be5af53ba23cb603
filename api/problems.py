"""RFC 9457 problems: how one is raised, and how it is answered.

An answer holds words of the catalogue alone. What an exception says is for the log, never for the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.catalogue import BY_STATUS, KINDS, Kind
from api.context import context_of
from api.languages import LANGUAGES, choose
from engine.errors import StorewardenError

MEDIA_TYPE = "application/problem+json"


class ErrorAt(msgspec.Struct, frozen=True):
    """One fault of the input: a JSON Pointer into the body (or `parameter`, the query parameter), and what is wrong."""

    code: str
    detail: dict[str, str]
    pointer: str | None = None
    parameter: str | None = None


class ProblemError(StorewardenError):
    """Ends a request with a problem of the catalogue. `words` fill the placeholders of its detail.

    `extra` are further members of the answer, such as the `error` of OAuth.
    """

    def __init__(
        self,
        code: str,
        *,
        errors: Sequence[ErrorAt] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
        **words: Any,
    ) -> None:
        self.kind = KINDS[code]
        self.code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        self.words = words
        super().__init__(code)

    def to_dict(self, language: str, instance: str) -> dict[str, Any]:
        """The body of the answer, read first in `language`."""
        return {**problem(self.kind, language, instance, errors=self.errors, words=self.words), **self.extra}


def problem(
    kind: Kind,
    language: str,
    instance: str,
    *,
    errors: Sequence[ErrorAt] = (),
    words: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A problem as it travels."""
    detail = {name: kind.detail[name].format_map(words or {}) for name in LANGUAGES}
    body: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title[language],
        "status": kind.status,
        "code": kind.code,
        "detail": detail[language],
        "detail_i18n": detail,
        "instance": instance,
    }
    if errors:
        body["errors"] = [_error(error, language) for error in errors]
    return body


def _error(error: ErrorAt, language: str) -> dict[str, Any]:
    place = {"pointer": error.pointer} if error.pointer is not None else {"parameter": error.parameter}
    return {**place, "code": error.code, "detail": error.detail[language], "detail_i18n": error.detail}


def answer(scope: Mapping[str, Any], error: ProblemError) -> Response:
    """The response for a problem, in the caller's language."""
    context = context_of(scope)
    language = choose(context.accept_language)
    headers = {**error.headers, "content-language": language, "cache-control": "no-store"}
    body = msgspec.json.encode(error.to_dict(language, context.request_id))
    context.noted["problem"] = error.code
    return Response(body, error.kind.status, headers, MEDIA_TYPE)


def install(app: Starlette) -> None:
    """Answer everything that can go wrong with a problem."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return answer(request.scope, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal_error")
        return answer(request.scope, ProblemError(code, headers=error.headers))

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request.scope, ProblemError("invalid_parameter", errors=[_parameter(e) for e in error.errors()]))

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def _parameter(fault: Mapping[str, Any]) -> ErrorAt:
    """A parameter's fault in our words; what the caller sent is not repeated."""
    name = str(fault["loc"][-1])
    limits = fault.get("ctx", {})
    if expected := limits.get("expected"):
        shown = str(expected).replace("'", "").replace(" or ", ", ")
        return bad_parameter(name, f"must be one of {shown}", f"必须为以下之一：{shown}")
    if "int" in fault["type"]:
        return bad_parameter(name, "must be a whole number", "必须为整数")
    for bound, en, zh in (("ge", "must be at least", "不得小于"), ("le", "must be at most", "不得大于")):
        if bound in limits:
            return bad_parameter(name, f"{en} {limits[bound]}", f"{zh} {limits[bound]}")
    return bad_parameter(name, "cannot be used", "无法使用")


def bad_parameter(name: str, en: str, zh: str) -> ErrorAt:
    """The fault of a query parameter."""
    return ErrorAt("invalid_parameter", {"en": f"{name} {en}", "zh": f"{name} {zh}"}, parameter=name)
