"""One's own account: who one is, password, second factor, sign-in history, devices."""

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
from api.passwords import new_recovery_codes, password_faults, recovery_hash
from api.problems import ProblemError
from api.resources.document import BODY, COMMON, IF_MATCH, MATCH, path_parameters
from api.routes.prechecks import json_body
from store_model.accounts import DeviceSession, LegalEntity, SignIn, Store, User
from store_model.devices import end_devices, use_step

router = APIRouter(prefix="/v1/account", tags=["access"])
ANYONE = Permit(None)
OWN = (*(code for code in COMMON if code != "unknown_store"), "user_needed")
SHOWN = 100
"""Sign-ins and devices that are listed; the newest come first."""

Secret = Annotated[str, Meta(min_length=1, max_length=1000)]


class StoreAccess(wire.Output):
    """A store that one may see, and what one may do there."""

    id: str
    name: str
    platform: str
    permissions: list[str]


class Account(wire.Output):
    """Who calls: a user (`user_id`) or a key, of which legal entity, with which stores."""

    actor: str
    user_id: str | None
    email: str | None
    name: str | None
    language: str | None
    has_second_factor: bool
    entity: dict[str, str]
    stores: list[StoreAccess]
    permissions: list[str]
    version: int | None


class AccountPatch(wire.Input):
    """What one may change of one's own account."""

    name: wire.Line | UnsetType = UNSET
    language: Literal["en", "zh"] | UnsetType = UNSET


class PasswordChange(wire.Input):
    """The present password and the new one."""

    current: Secret
    password: Secret


class Proof(wire.Input):
    """The present password; and a code, to give up a second factor that is in force."""

    password: Secret
    code: str | None = None


class AppCode(wire.Input):
    """The six digits that the authenticator app shows."""

    code: Secret


class Enrolment(wire.Output):
    """The secret of a new second factor, shown this once; `uri` is what a QR code of it holds."""

    secret: str
    uri: str


class RecoveryCodes(wire.Output):
    """Shown this once; each works once, in place of a code of the app."""

    recovery_codes: list[str]


class SignInOut(wire.Output):
    id: str
    at: datetime
    outcome: str
    address: str | None
    device: str | None


class SignIns(wire.Output):
    items: list[SignInOut]


class Device(wire.Output):
    """A device that is signed in; `is_this` is the one that asks."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str | None
    device: str | None
    is_this: bool


class Devices(wire.Output):
    items: list[Device]


class SignedOut(wire.Output):
    """How many devices were signed out."""

    devices: int


ACCOUNT = {
    "actor": "user:1", "user_id": "1", "email": "owner@example.com", "name": "Owner", "language": "en",
    "has_second_factor": False, "entity": {"id": "1", "name": "First Trading Ltd"},
    "stores": [{"id": "1", "name": "North", "platform": "example", "permissions": ["home:read"]}],
    "permissions": ["home:read"], "version": 1,
}  # fmt: skip
MOMENT = "2026-08-22T12:00:00Z"
PLACE = {"address": "192.0.2.7", "device": "Firefox"}


def person(caller: Caller) -> int:
    """The user who calls; 403 for a key."""
    if caller.principal.user_id is None:
        raise ProblemError("user_needed")
    return caller.principal.user_id


def _document(kind: type, example: Any, *, body: tuple[type, Any] | None = None, **given: Any) -> dict[str, Any]:
    problems = (*OWN, *(BODY if body else ()), *given.pop("also", ()))
    described = {"body": openapi.answer_schema(body[0]), "body_example": body[1]} if body else {}
    return openapi.store_operation(
        openapi.answer_schema(kind), example=example, problems=problems, **described, **given
    )


async def _body(request: Request, kind: type[Any]) -> Any:
    return wire.read_struct(await json_body(context_of(request.scope), request.receive), kind)


@router.get(
    "", operation_id="get_own_account", summary="Who calls, and what they may do", **_document(Account, ACCOUNT)
)
async def read(request: Request) -> Response:
    """The user or key, the legal entity, and every store with the permissions there."""
    caller = await ANYONE(request)
    return (await caller.run(lambda session: _account(session, caller), read_only=True)).response()


def _account(session: Session, caller: Caller) -> Answer:
    who = caller.principal
    user = session.get(User, who.user_id) if who.user_id is not None else None
    entity = session.get_one(LegalEntity, who.entity_id)
    stores = [
        StoreAccess(id=str(store.id), name=store.name, platform=store.platform, permissions=sorted(permissions))
        for store in session.scalars(select(Store).order_by(Store.id))
        if (permissions := who.permissions(store.id))
    ]
    shown = Account(
        actor=who.actor,
        user_id=None if user is None else str(user.id),
        email=None if user is None else user.email,
        name=None if user is None else user.name,
        language=None if user is None else user.language,
        has_second_factor=user is not None and user.totp_confirmed_at is not None,
        entity={"id": str(entity.id), "name": entity.name},
        stores=stores,
        permissions=sorted(who.permissions()),
        version=None if user is None else user.version,
    )
    return Answer(200, shown, {} if user is None else {"etag": etag(user)})


@router.patch(
    "",
    operation_id="update_own_account",
    summary="Change one's name or language",
    **_document(Account, ACCOUNT, body=(AccountPatch, {"language": "zh"}), parameters=[IF_MATCH], also=MATCH),
)
async def update(request: Request) -> Response:
    """A JSON merge patch."""
    caller = await ANYONE(request)
    user_id = person(caller)
    patch = await _body(request, AccountPatch)

    def job(session: Session) -> Answer:
        user = session.get_one(User, user_id)
        demand_match(request.headers.get("if-match"), user)
        for name in ("name", "language"):
            if getattr(patch, name) is not UNSET:
                setattr(user, name, getattr(patch, name))
        session.flush()
        return _account(session, caller)

    return (await caller.run(job)).response()


@router.post(
    "/password",
    operation_id="change_password",
    summary="Change one's password; other devices are signed out",
    **_document(
        SignedOut,
        {"devices": 2},
        body=(PasswordChange, {"current": "correct horse", "password": "battery staple 7"}),
        also=("wrong_secret", "too_many_attempts"),
    ),
)
async def change_password(request: Request) -> Response:
    """Ten characters or more."""
    caller = await ANYONE(request)
    user_id, change = person(caller), await _body(request, PasswordChange)
    email = await _prove(request, caller, user_id, change.current)
    if faults := password_faults(change.password, email=email):
        raise ProblemError("invalid_body", errors=faults)
    hashed = await request.app.state.passwords.hash(change.password)

    def job(session: Session) -> Answer:
        user, now = session.get_one(User, user_id), caller.now()
        user.password_hash, user.password_changed_at = hashed, now
        own = caller.principal.session_id
        others = select(DeviceSession.id).where(DeviceSession.user_id == user_id, DeviceSession.id != own)
        ended = [end_devices(session, now, "password_changed", session_id=one) for one in session.scalars(others)]
        return Answer(200, SignedOut(devices=sum(ended)))

    return await _and_forget(request, caller, job)


async def _prove(request: Request, caller: Caller, user_id: int, password: str) -> str:
    """The user's e-mail, when the password is right; guesses count as they do at signing in."""
    state = request.app.state

    def look(session: Session) -> tuple[str, str | None]:
        user = session.get_one(User, user_id)
        return user.email, user.password_hash

    email, kept = await caller.run(look, read_only=True)
    state.guesses.demand_room(email)
    if not await state.passwords.check(password, kept):
        state.guesses.note(email)
        raise ProblemError("wrong_secret")
    return email


async def _and_forget(request: Request, caller: Caller, job: Any) -> Response:
    answer: Answer = await caller.run(job)
    request.app.state.principals.forget()
    return answer.response()


# Second factor ---------------------------------------------------------------------------------------------------


@router.post(
    "/second_factor",
    operation_id="enrol_second_factor",
    summary="Begin a second factor (TOTP)",
    **_document(
        Enrolment,
        {"secret": "JBSWY3DPEHPK3PXP", "uri": "otpauth://totp/Storewarden:owner%40example.com?secret=JBSWY3DPEHPK3PXP"},
        body=(Proof, {"password": "correct horse"}),
        also=("wrong_secret", "too_many_attempts"),
    ),
)
async def enrol(request: Request) -> Response:
    """It counts from the confirmation on; enrolling again replaces one that was not confirmed."""
    caller = await ANYONE(request)
    user_id, proof = person(caller), await _body(request, Proof)
    email = await _prove(request, caller, user_id, proof.password)
    factor = request.app.state.second_factor
    secret = factor.new_secret()

    def job(session: Session) -> Answer:
        user = session.get_one(User, user_id)
        if user.totp_confirmed_at is not None:
            raise ProblemError("conflict")
        user.totp_secret = factor.seal(secret)
        return Answer(200, Enrolment(secret=secret, uri=factor.uri(secret, email)))

    return (await caller.run(job)).response()


@router.post(
    "/second_factor/confirm",
    operation_id="confirm_second_factor",
    summary="Put the second factor in force",
    **_document(
        RecoveryCodes,
        {"recovery_codes": ["abcd-efgh-ijkl-mnop"]},
        body=(AppCode, {"code": "123456"}),
        also=("wrong_secret", "too_many_attempts"),
    ),
)
async def confirm(request: Request) -> Response:
    """With a code of the app. Keep the recovery codes that are answered; they are shown this once."""
    caller = await ANYONE(request)
    user_id, sent = person(caller), await _body(request, AppCode)
    state = request.app.state
    name = f"code of {user_id}"
    state.guesses.demand_room(name)
    codes = new_recovery_codes()

    def job(session: Session) -> Answer:
        user, now = session.get_one(User, user_id), caller.now()
        if user.totp_confirmed_at is not None or user.totp_secret is None:
            raise ProblemError("conflict")
        step = state.second_factor.step(user.totp_secret, sent.code, now)
        if step is None or not use_step(session, user_id, step):
            raise ProblemError("wrong_secret")
        user.totp_confirmed_at = now
        user.recovery_hashes = [recovery_hash(code) for code in codes]
        return Answer(200, RecoveryCodes(recovery_codes=codes))

    try:
        return (await caller.run(job)).response()
    except ProblemError:
        state.guesses.note(name)
        raise


@router.post(
    "/second_factor/disable",
    operation_id="disable_second_factor",
    summary="Give up the second factor",
    **_document(
        SignedOut,
        {"devices": 0},
        body=(Proof, {"password": "correct horse", "code": "123456"}),
        also=("wrong_secret", "too_many_attempts"),
    ),
)
async def give_up(request: Request) -> Response:
    """With the password and a code of the app, or a recovery code."""
    caller = await ANYONE(request)
    user_id, proof = person(caller), await _body(request, Proof)
    state = request.app.state
    email = await _prove(request, caller, user_id, proof.password)

    def job(session: Session) -> Answer:
        user, now = session.get_one(User, user_id), caller.now()
        code = proof.code or ""
        if user.totp_confirmed_at is not None:
            step = state.second_factor.step(user.totp_secret, code, now)
            is_right = use_step(session, user_id, step) if step is not None else False
            if not is_right and recovery_hash(code) not in (user.recovery_hashes or ()):
                raise ProblemError("wrong_secret")
        user.totp_secret = user.totp_confirmed_at = user.recovery_hashes = None
        return Answer(200, SignedOut(devices=0))

    try:
        return (await caller.run(job)).response()
    except ProblemError:
        state.guesses.note(email)
        raise


# Devices ---------------------------------------------------------------------------------------------------------


@router.get(
    "/sign_ins",
    operation_id="list_sign_ins",
    summary="One's sign-in history",
    **_document(SignIns, {"items": [{"id": "9", "at": MOMENT, "outcome": "ok", **PLACE}]}),
)
async def sign_ins(request: Request) -> Response:
    """The newest hundred; wrong passwords and codes too."""
    caller = await ANYONE(request)
    user_id = person(caller)

    def job(session: Session) -> Answer:
        wanted = select(SignIn).where(SignIn.user_id == user_id).order_by(SignIn.id.desc()).limit(SHOWN)
        return Answer(200, SignIns(items=[wire.show(row, SignInOut) for row in session.scalars(wanted)]))

    return (await caller.run(job, read_only=True)).response()


DEVICE = {"id": "3", "created_at": MOMENT, "last_seen_at": MOMENT, "expires_at": MOMENT, **PLACE, "is_this": True}


@router.get(
    "/devices",
    operation_id="list_devices",
    summary="Devices on which one is signed in",
    **_document(Devices, {"items": [DEVICE]}),
)
async def devices(request: Request) -> Response:
    """The newest first."""
    caller = await ANYONE(request)
    user_id = person(caller)

    def job(session: Session) -> Answer:
        wanted = select(DeviceSession).where(
            DeviceSession.user_id == user_id,
            DeviceSession.ended_at.is_(None),
            DeviceSession.expires_at > caller.now(),
        )
        rows = session.scalars(wanted.order_by(DeviceSession.id.desc()).limit(SHOWN))
        shown = [wire.show(row, Device, is_this=row.id == caller.principal.session_id) for row in rows]
        return Answer(200, Devices(items=shown))

    return (await caller.run(job, read_only=True)).response()


@router.delete(
    "/devices/{device_id}",
    operation_id="sign_out_device",
    summary="Sign a device out",
    **openapi.store_operation(
        None, status=204, parameters=path_parameters("{device_id}"), problems=(*OWN, "unknown_item")
    ),
)
async def sign_out_device(request: Request) -> Response:
    """At once: its tokens do not hold any more."""
    caller = await ANYONE(request)
    user_id, device_id = person(caller), read_id(request.path_params["device_id"])

    def job(session: Session) -> Answer:
        if device_id is None or not end_devices(
            session, caller.now(), "signed_out", user_id=user_id, session_id=device_id
        ):
            raise ProblemError("unknown_item")
        return Answer(204)

    return await _and_forget(request, caller, job)


@router.post("/sign_out", operation_id="sign_out", summary="Sign out here", **_document(SignedOut, {"devices": 1}))
async def sign_out(request: Request) -> Response:
    """This device alone."""
    caller = await ANYONE(request)
    user_id, own = person(caller), caller.principal.session_id

    def job(session: Session) -> Answer:
        return Answer(
            200, SignedOut(devices=end_devices(session, caller.now(), "signed_out", user_id=user_id, session_id=own))
        )

    return await _and_forget(request, caller, job)


@router.post(
    "/sign_out_everywhere",
    operation_id="sign_out_everywhere",
    summary="Sign out on every device",
    **_document(SignedOut, {"devices": 3}),
)
async def sign_out_everywhere(request: Request) -> Response:
    """This one too."""
    caller = await ANYONE(request)
    user_id = person(caller)

    def job(session: Session) -> Answer:
        return Answer(200, SignedOut(devices=end_devices(session, caller.now(), "signed_out", user_id=user_id)))

    return await _and_forget(request, caller, job)
