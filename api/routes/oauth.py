"""Signing in and out: the OAuth2 password flow with refresh (RFC 6749) and revocation (RFC 7009), and invitations."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.context import context_of
from api.problems import ProblemError, bad_parameter
from api.resources.document import BODY
from api.routes.prechecks import json_body
from api.routes.rules import answer
from api.services import signing_in

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
FORM = b"application/x-www-form-urlencoded"
LONGEST = 20_000
TOKENS = {
    "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x",
    "token_type": "Bearer",
    "expires_in": 900,
    "refresh_token": "swr_…",
}


class Tokens(wire.Output):
    """RFC 6749: send `access_token` as Bearer for `expires_in` seconds, then trade `refresh_token` for the next two."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


class Acceptance(wire.Input):
    """The invitation that an owner was given for a new user, and the password that the user chooses."""

    invitation: Annotated[str, Meta(min_length=1, max_length=2000)]
    password: Annotated[str, Meta(min_length=1, max_length=1000)]


async def count(request: Request) -> None:
    """These routes are open to anyone, and counted by address."""
    context, client = context_of(request.scope), request.client
    request.app.state.limiter.hit(client.host if client else "unknown", context)


router = APIRouter(prefix="/v1/oauth", tags=["access"], dependencies=[Depends(count)])
COMMON = ("rate_limited", "internal_error", "database_unreachable", "database_busy", "too_many_attempts")
TOKEN_FORM = {
    "type": "object",
    "properties": {
        "grant_type": {"type": "string", "enum": ["password", "refresh_token"]},
        "username": {"type": "string", "description": "The e-mail"},
        "password": {"type": "string"},
        "otp": {"type": "string", "description": "Six digits, or a recovery code, where there is a second factor"},
        "refresh_token": {"type": "string"},
    },
    "required": ["grant_type"],
}
REVOKE_FORM = {"type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]}


@router.post(
    "/token",
    operation_id="token",
    summary="Sign in, or refresh",
    **openapi.open_operation(
        openapi.answer_schema(Tokens),
        example=TOKENS,
        problems=(*COMMON, "sign_in_failed", "second_factor_needed", "unsupported_grant", "invalid_parameter",
                  "unsupported_media_type", "body_too_large", "body_timeout"),
        form=TOKEN_FORM,
        form_example={"grant_type": "password", "username": "owner@example.com", "password": "correct horse"},
    ),
)  # fmt: skip
async def token(request: Request) -> Response:
    """`grant_type` password takes `username`, `password` and `otp`; refresh_token takes `refresh_token`."""
    form = await read_form(request)
    kind = form.get("grant_type")
    if kind == "password":
        needed = [name for name in ("username", "password") if not form.get(name)]
        _demand(needed)
        found = await signing_in.by_password(request, form["username"], form["password"], form.get("otp"))
    elif kind == "refresh_token":
        _demand([name for name in ("refresh_token",) if not form.get(name)])
        found = await signing_in.by_refresh_token(request, form["refresh_token"])
    else:
        raise ProblemError("unsupported_grant", extra={"error": "unsupported_grant_type"})
    response = answer(found)
    response.headers.update(NO_STORE)
    return response


@router.post(
    "/revoke",
    operation_id="revoke_token",
    summary="Sign a device out by one of its tokens",
    **openapi.open_operation(
        {"type": "object"},
        example={},
        problems=(*COMMON, "invalid_parameter", "unsupported_media_type", "body_too_large", "body_timeout"),
        form=REVOKE_FORM,
        form_example={"token": "swr_…"},
    ),
)
async def revoke(request: Request) -> Response:
    """RFC 7009: 200 whether or not the token was known."""
    form = await read_form(request)
    _demand([name for name in ("token",) if not form.get(name)])
    await signing_in.revoke_token(request, form["token"])
    return answer({})


@router.post(
    "/invitations",
    operation_id="accept_invitation",
    summary="Choose the first password, and sign in",
    **openapi.open_operation(
        openapi.answer_schema(Tokens),
        example=TOKENS,
        problems=(*COMMON, *BODY, "key_invalid"),
        body=openapi.answer_schema(Acceptance),
        body_example={"invitation": "eyJ…", "password": "correct horse battery"},
    ),
)
async def accept(request: Request) -> Response:
    """An invitation works once, for seven days."""
    body = wire.read_struct(await json_body(context_of(request.scope), request.receive), Acceptance)
    response = answer(await signing_in.accept_invitation(request, body.invitation, body.password))
    response.headers.update(NO_STORE)
    return response


async def read_form(request: Request) -> dict[str, str]:
    """A small form; 415 for anything else."""
    context = context_of(request.scope)
    if context.received.get(b"content-type", b"").partition(b";")[0].strip().lower() != FORM:
        raise ProblemError("unsupported_media_type")
    body = await request.body()
    if len(body) > LONGEST:
        raise ProblemError("body_too_large", limit=LONGEST)
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError:
        raise ProblemError("invalid_parameter", errors=[bad_parameter("form", "cannot be read", "无法读取")]) from None


def _demand(missing: list[str]) -> None:
    if missing:
        errors = [bad_parameter(name, "is required", "为必填项") for name in missing]
        raise ProblemError("invalid_parameter", errors=errors, extra={"error": "invalid_request"})
