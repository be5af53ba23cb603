"""Administration of a legal entity: sub-accounts with their roles, and the roles there are. For owners."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.etags import demand_match, etag
from api.idempotency import Answer
from api.problems import ErrorAt, ProblemError
from api.resources.document import BODY, COMMON, IF_MATCH, MATCH, path_parameters
from api.routes.prechecks import json_body
from api.services.signing_in import make_invitation
from store_model.accounts import Store, User
from store_model.devices import end_devices
from store_model.people import LastOwner, disable, grants_of, roles_there_are, set_grants

router = APIRouter(prefix="/v1", tags=["access"])
READ = Permit("admin:read", whole_entity=True)
WRITE = Permit("admin:write", whole_entity=True)
ADMIN = tuple(code for code in COMMON if code != "unknown_store")
MOST = 1000
"""Users of one legal entity."""


class GrantIn(wire.Input):
    """A role, for one store or (without `store_id`) for all stores of the legal entity."""

    role: Annotated[str, Meta(max_length=40)]
    store_id: wire.IdText | None = None


class UserIn(wire.Input):
    """A new user. The answer holds an invitation: hand it over, and they choose their own password."""

    email: Annotated[str, Meta(pattern=r"^[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,60}$", max_length=254)]
    name: wire.Line
    grants: Annotated[list[GrantIn], Meta(min_length=1, max_length=100)]
    language: Literal["en", "zh"] = "en"


class UserChange(wire.Input):
    """What an owner may change of a user. `is_disabled` true signs them out everywhere."""

    name: wire.Line | UnsetType = UNSET
    language: Literal["en", "zh"] | UnsetType = UNSET
    grants: Annotated[list[GrantIn], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    is_disabled: bool | UnsetType = UNSET


class GrantOut(wire.Output):
    role: str
    store_id: str | None


class UserOut(wire.Output):
    """A user; `is_invited` until the first password is chosen."""

    id: str
    email: str
    name: str
    language: str
    grants: list[GrantOut]
    has_second_factor: bool
    is_invited: bool
    is_disabled: bool
    version: int
    created_at: datetime
    updated_at: datetime


class InvitedUser(wire.Output):
    """A user with the invitation, which is shown this once and ends after seven days."""

    user: UserOut
    invitation: str


class Users(wire.Output):
    items: list[UserOut]


class RoleOut(wire.Output):
    name: str
    title: dict[str, str]
    permissions: list[str]


class Roles(wire.Output):
    items: list[RoleOut]


USER = {
    "id": "2", "email": "ann@example.com", "name": "Ann", "language": "en",
    "grants": [{"role": "operator", "store_id": "1"}], "has_second_factor": False, "is_invited": True,
    "is_disabled": False, "version": 1, "created_at": "2026-08-22T12:00:00Z", "updated_at": "2026-08-22T12:00:00Z",
}  # fmt: skip
NEW = {"email": "ann@example.com", "name": "Ann", "grants": [{"role": "operator", "store_id": "1"}]}
ROLE = {"name": "analyst", "title": {"en": "Analyst", "zh": "数据分析"}, "permissions": ["home:read"]}


def shown(session: Session, user: User) -> UserOut:
    """A user as answered."""
    return wire.show(
        user,
        UserOut,
        grants=[wire.show(grant, GrantOut) for grant in grants_of(session, user.id)],
        has_second_factor=user.totp_confirmed_at is not None,
        is_invited=user.password_hash is None,
        is_disabled=user.disabled_at is not None,
    )


@router.get(
    "/roles",
    operation_id="list_roles",
    summary="The roles, and what each may do",
    **openapi.store_operation(openapi.answer_schema(Roles), example={"items": [ROLE]}, problems=ADMIN),
)
async def roles(request: Request) -> Response:
    """The same for every legal entity."""
    caller = await Permit(None)(request)

    def job(session: Session) -> Answer:
        return Answer(200, Roles(items=[wire.show(role, RoleOut) for role in roles_there_are(session)]))

    return (await caller.run(job, read_only=True)).response()


@router.get(
    "/users",
    operation_id="list_users",
    summary="The users of the legal entity",
    **openapi.store_operation(openapi.answer_schema(Users), example={"items": [USER]}, problems=ADMIN),
)
async def list_users(request: Request) -> Response:
    """All of them, disabled ones too."""
    caller = await READ(request)

    def job(session: Session) -> Answer:
        rows = session.scalars(select(User).order_by(User.id).limit(MOST))
        return Answer(200, Users(items=[shown(session, row) for row in rows]))

    return (await caller.run(job, read_only=True)).response()


@router.post(
    "/users",
    operation_id="create_user",
    summary="Invite a user",
    **openapi.store_operation(
        openapi.answer_schema(InvitedUser),
        status=201,
        example={"user": USER, "invitation": "eyJ…"},
        problems=(*ADMIN, *BODY),
        body=openapi.answer_schema(UserIn),
        body_example=NEW,
    ),
)
async def create_user(request: Request) -> Response:
    """The invitation is a secret: whoever has it chooses the password (`POST /v1/oauth/invitations`).

    It is kept nowhere, so there is no Idempotency-Key here; a second user with the e-mail is a conflict.
    """
    caller = await WRITE(request)
    sent = wire.read_struct(await json_body(context_of(request.scope), request.receive), UserIn)

    def job(session: Session) -> Answer:
        wanted = _wanted(session, sent.grants)
        user = User(email=sent.email.lower(), name=sent.name, language=sent.language)
        session.add(user)
        session.flush()
        set_grants(session, user, wanted)
        invitation = make_invitation(_key(request), user, caller.now())
        return Answer(201, InvitedUser(user=shown(session, user), invitation=invitation), _place(user))

    return (await caller.run(job)).response()


@router.get(
    "/users/{user_id}",
    operation_id="get_user",
    summary="Read a user",
    **openapi.store_operation(
        openapi.answer_schema(UserOut),
        example=USER,
        parameters=path_parameters("{user_id}"),
        problems=(*ADMIN, "unknown_item"),
    ),
)
async def get_user(request: Request) -> Response:
    """With the ETag that a change needs."""
    caller = await READ(request)

    def job(session: Session) -> Answer:
        user = _find(session, request)
        return Answer(200, shown(session, user), {"etag": etag(user)})

    return (await caller.run(job, read_only=True)).response()


@router.patch(
    "/users/{user_id}",
    operation_id="update_user",
    summary="Change a user's name, roles, or disable them",
    **openapi.store_operation(
        openapi.answer_schema(UserOut),
        example=USER,
        parameters=[*path_parameters("{user_id}"), IF_MATCH],
        problems=(*ADMIN, "unknown_item", *BODY, *MATCH, "last_owner"),
        body=openapi.answer_schema(UserChange),
        body_example={"grants": [{"role": "analyst"}]},
    ),
)
async def update_user(request: Request) -> Response:
    """`grants` replaces all of them. The last owner of the whole legal entity stays."""
    caller = await WRITE(request)
    change = wire.read_struct(await json_body(context_of(request.scope), request.receive), UserChange)

    def job(session: Session) -> Answer:
        user, now = _find(session, request), caller.now()
        demand_match(request.headers.get("if-match"), user)
        for name in ("name", "language"):
            if getattr(change, name) is not UNSET:
                setattr(user, name, getattr(change, name))
        try:
            if change.grants is not UNSET:
                set_grants(session, user, _wanted(session, change.grants))
                user.updated_at = now  # a new version, for whoever read the old roles
            if change.is_disabled is True and user.disabled_at is None:
                disable(session, user, now)
            elif change.is_disabled is False:
                user.disabled_at = None
        except LastOwner:
            raise ProblemError("last_owner") from None
        session.flush()
        return Answer(200, shown(session, user), {"etag": etag(user)})

    return await _and_forget(request, caller, job)


@router.post(
    "/users/{user_id}/invitation",
    operation_id="reinvite_user",
    summary="Take a user's password away and invite them anew",
    **openapi.store_operation(
        openapi.answer_schema(InvitedUser),
        example={"user": USER, "invitation": "eyJ…"},
        parameters=[*path_parameters("{user_id}"), IF_MATCH],
        problems=(*ADMIN, "unknown_item", *MATCH),
    ),
)
async def reinvite(request: Request) -> Response:
    """For a lost password or device: their second factor goes too, and every device is signed out."""
    caller = await WRITE(request)

    def job(session: Session) -> Answer:
        user = _find(session, request)
        demand_match(request.headers.get("if-match"), user)
        user.password_hash = user.totp_secret = user.totp_confirmed_at = user.recovery_hashes = None
        user.password_changed_at = caller.now()
        end_devices(session, caller.now(), "reset", user_id=user.id)
        session.flush()
        invitation = make_invitation(_key(request), user, caller.now())
        return Answer(200, InvitedUser(user=shown(session, user), invitation=invitation), {"etag": etag(user)})

    return await _and_forget(request, caller, job)


def _find(session: Session, request: Request) -> User:
    number = read_id(request.path_params["user_id"])
    user = None if number is None else session.get(User, number)
    if user is None:
        raise ProblemError("unknown_item")
    return user


def _wanted(session: Session, grants: list[GrantIn]) -> list[tuple[str, int | None]]:
    """The grants, when every role and store is known."""
    known = {role.name for role in roles_there_are(session)}
    stores = set(session.scalars(select(Store.id)))
    errors: list[ErrorAt] = []
    for index, grant in enumerate(grants):
        if grant.role not in known:
            names = ", ".join(sorted(known))
            place = f"/grants/{index}/role"
            errors.append(wire.fault(place, "not_allowed", f"must be one of {names}", f"必须为以下之一：{names}"))
        if grant.store_id is not None and int(grant.store_id) not in stores:
            place = f"/grants/{index}/store_id"
            errors.append(wire.fault(place, "unknown_reference", "is no store of yours", "不是您的店铺"))
    if errors:
        raise ProblemError("invalid_body", errors=errors)
    return [(grant.role, None if grant.store_id is None else int(grant.store_id)) for grant in grants]


async def _and_forget(request: Request, caller: Caller, job: Any) -> Response:
    answer: Answer = await caller.run(job)
    request.app.state.principals.forget()
    return answer.response()


def _key(request: Request) -> bytes:
    return request.app.state.secrets.key("invitation")  # type: ignore[no-any-return]


def _place(user: User) -> dict[str, str]:
    return {"etag": etag(user), "location": f"/v1/users/{user.id}"}
