"""What stands in the header of every page, and buyers' messages, notifications and quick links behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import openapi, query, wire
from api.callers import Caller, Permit, read_id
from api.context import context_of
from api.idempotency import Answer, once
from api.problems import ProblemError
from api.resources import Change, Filter, Resource, document
from api.resources.listing import list_rows, read_query
from api.routes.prechecks import json_body
from api.wire import Input, Line, Output
from store_model import messages
from store_model.accounts import Store
from store_model.messages import BuyerMessage, Conversation, Notification, NotificationRead, QuickLink

PREFIX = "/v1/stores/{store_id}"
MOMENT = "2026-11-23T12:00:00Z"
Party = Literal["buyer", "seller"]
Words = Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S")]


class ConversationIn(Input, kw_only=True):
    buyer: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    platform_id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{1,40}$")] | None = None
    order_platform_id: Annotated[str, Meta(pattern=r"^[0-9]{1,40}$")] | None = None
    product_platform_id: Annotated[str, Meta(pattern=r"^[0-9]{1,40}$")] | None = None


class ConversationOut(Output, kw_only=True):
    id: str
    platform_id: str | None
    buyer: str
    order_platform_id: str | None
    product_platform_id: str | None
    last_at: datetime
    last_from: str
    unread: int
    version: int
    updated_at: datetime


CONVERSATIONS = Resource(
    path="conversations",
    one="conversation",
    title=("buyers' messages by conversation", "买家会话"),
    section="transactions",
    model=Conversation,
    answer=ConversationOut,
    body=ConversationIn,
    operations=("list", "get", "create"),
    filters={
        "unread": Filter(
            apply=lambda statement, value: statement.where(
                Conversation.unread > 0 if value else Conversation.unread == 0
            ),
            kind=bool,
            note="true: those with unread messages",
        ),
        "order_platform_id": Filter(Conversation.order_platform_id),
    },
    sorts={"last_at": Conversation.last_at},
    default_sort="-last_at",
    defaults=lambda caller: {"last_at": caller.now(), "last_from": "seller", "unread": 0},
    example={
        "id": "3", "platform_id": None, "buyer": "A. Buyer", "order_platform_id": "8190000000000001",
        "product_platform_id": None, "last_at": MOMENT, "last_from": "buyer", "unread": 1, "version": 2,
        "updated_at": MOMENT,
    },
)  # fmt: skip


class MessageOut(Output, kw_only=True):
    id: str
    from_party: str
    at: datetime
    text: str


MESSAGES = Resource(
    path="conversations/{conversation_id}/messages",
    one="message",
    title=("messages of a conversation", "会话消息"),
    section="transactions",
    model=BuyerMessage,
    answer=MessageOut,
    parents={"conversation_id": BuyerMessage.conversation_id},
    operations=("list", "get"),
    example={"id": "11", "from_party": "buyer", "at": MOMENT, "text": "When will it ship?"},
)


class QuickLinkIn(Input, kw_only=True):
    title: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    url: Annotated[str, Meta(pattern=r"^(/|https?://)[^\s<>\"']{0,480}$", description="A path, or http(s)")]
    position: Annotated[int, Meta(ge=0, le=1000)] = 0


class QuickLinkOut(Output, kw_only=True):
    id: str
    title: str
    url: str
    position: int
    version: int
    updated_at: datetime


MOST_LINKS = 50


def own_link(change: Change) -> None:
    """A person changes their own links alone, and has a page of them at most."""
    if change.action == "create":
        change.row.reader = change.caller.actor
        mine = change.session.scalars(select(QuickLink.id).where(QuickLink.reader == change.caller.actor)).all()
        if len(mine) >= MOST_LINKS:
            raise ProblemError(
                "limit_reached", limit=MOST_LINKS, what_en="quick links of one person", what_zh="快捷入口（每人）"
            )
    elif change.row.reader != change.caller.actor:
        raise ProblemError("unknown_item")


QUICK_LINKS = Resource(
    path="quick-links",
    one="quick_link",
    title=("quick links of whoever asks", "快捷入口（本人）"),
    section="home",
    model=QuickLink,
    answer=QuickLinkOut,
    body=QuickLinkIn,
    sorts={"position": QuickLink.position},
    default_sort="position",
    visible=lambda caller: QuickLink.reader == caller.actor,
    before_change=own_link,
    example={
        "id": "2", "title": "Orders due today", "url": "/v1/stores/1/orders", "position": 0, "version": 1,
        "updated_at": MOMENT,
    },
)  # fmt: skip

RESOURCES = (CONVERSATIONS, MESSAGES, QUICK_LINKS)
router = APIRouter(prefix=PREFIX)


class MessageIn(Input, kw_only=True):
    """A message. One of a buyer comes from the platform; a person writes as the seller."""

    text: Words
    from_party: Party = "seller"


@router.post(
    "/conversations/{conversation_id}/messages",
    tags=["transactions"],
    operation_id="send_message",
    summary="Put a message into a conversation",
    description="An answer marks what the buyer wrote as read. 回复后买家消息标记为已读。",
    **openapi.store_operation(
        openapi.answer_schema(MessageOut),
        status=201,
        example=MESSAGES.example,
        parameters=[*document.path_parameters(f"{PREFIX}/conversations/{{conversation_id}}"), document.IDEMPOTENCY_KEY],
        problems=(*document.COMMON, "unknown_item", *document.BODY, *document.ONCE, "changed_meanwhile"),
        body=openapi.answer_schema(MessageIn),
        body_example={"text": "It ships today."},
    ),
)
async def send_message(request: Request) -> Response:
    """Add a message."""
    caller = await Permit("transactions:write")(request)
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, MessageIn)

    def job(session: Session) -> Answer:
        conversation = _conversation(session, request)
        message = messages.add_message(
            session, conversation, from_party=wanted.from_party, text=wanted.text, at=caller.now()
        )
        return Answer(201, wire.show(message, MessageOut))

    return await once(request, caller, body, job)


@router.post(
    "/conversations/{conversation_id}/read",
    tags=["transactions"],
    operation_id="read_conversation",
    summary="Mark the messages of a conversation as read",
    description="Marking them again changes nothing. 标记会话消息为已读。",
    **openapi.store_operation(
        openapi.answer_schema(ConversationOut),
        example={**CONVERSATIONS.example, "unread": 0},
        parameters=document.path_parameters(f"{PREFIX}/conversations/{{conversation_id}}"),
        problems=(*document.COMMON, "unknown_item", "changed_meanwhile", "conflict"),
    ),
)
async def read_conversation(request: Request) -> Response:
    """Mark as read."""
    caller = await Permit("transactions:write")(request)

    def job(session: Session) -> Answer:
        conversation = _conversation(session, request)
        conversation.unread = 0
        session.flush()
        return Answer(200, wire.show(conversation, ConversationOut))

    return (await caller.run(job)).response()


def _conversation(session: Session, request: Request) -> Conversation:
    number = read_id(request.path_params["conversation_id"])
    found = None if number is None else session.get(Conversation, number)
    if found is None:
        raise ProblemError("unknown_item")
    return found


# Notifications ---------------------------------------------------------------------------------------------------


class NotificationOut(Output, kw_only=True):
    """A notification; `is_read` is whether whoever asks has read it."""

    id: str
    kind: str
    at: datetime
    title: dict[str, str]
    body: dict[str, str]
    link: str | None
    is_read: bool


NOTIFICATION = {
    "id": "5", "kind": "announcement", "at": MOMENT, "title": {"en": "Holiday shipping", "zh": "假期发货安排"},
    "body": {"en": "Lines close on 1 October.", "zh": "10月1日物流停运。"}, "link": None, "is_read": False,
}  # fmt: skip
NOTIFICATIONS = Resource(
    path="notifications",
    one="notification",
    title=("notifications", "通知"),
    section="home",
    model=Notification,
    answer=NotificationOut,
    filters={"kind": Filter(Notification.kind)},
    sorts={"at": Notification.at},
    default_sort="-at",
    operations=("list",),
    example=NOTIFICATION,
)


@router.get(
    "/notifications",
    tags=["home"],
    **document.operation(NOTIFICATIONS, "list", f"{PREFIX}/notifications"),
)
async def list_notifications(request: Request) -> Response:
    """Notifications, each with whether the caller has read it."""
    caller = await Permit("home:read")(request)
    wanted = read_query(NOTIFICATIONS, request.scope["query_string"])
    secret = request.app.state.secrets.key("page token")

    def job(session: Session) -> Answer:
        rows, token = list_rows(session, NOTIFICATIONS, caller, wanted, path=request.url.path, secret=secret, where=[])
        read = _read_by(session, caller, [row.id for row in rows])
        items = [wire.show(row, NotificationOut, is_read=row.id in read) for row in rows]
        return Answer(200, {"items": items, "next_page_token": token})

    return (await caller.run(job, read_only=True)).response()


def _read_by(session: Session, caller: Caller, ids: list[int]) -> set[int]:
    return set(
        session.scalars(
            select(NotificationRead.notification_id).where(
                NotificationRead.reader == caller.actor, NotificationRead.notification_id.in_(ids)
            )
        )
    )


class MarkedOut(Output, kw_only=True):
    """How many were marked as read."""

    marked: int


@router.post(
    "/notifications/read",
    tags=["home"],
    operation_id="read_notifications",
    summary="Mark every notification as read, for whoever asks",
    description="Marking them again marks none. 将全部通知标记为已读（仅本人）。",
    **openapi.store_operation(
        openapi.answer_schema(MarkedOut),
        example={"marked": 3},
        parameters=[document.STORE_ID],
        problems=(*document.COMMON, "conflict"),
    ),
)
async def read_notifications(request: Request) -> Response:
    """Mark all as read. Reading is enough of a right: it changes what the caller alone sees."""
    caller = await Permit("home:read")(request)

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        marked = messages.mark_all_read(session, caller.store_id, caller.actor, caller.now())
        return Answer(200, MarkedOut(marked=marked))

    return (await caller.run(job)).response()


class NotificationIn(Input, kw_only=True):
    """An announcement of the owner to everybody who works for the store."""

    title: dict[Literal["en", "zh"], Line]
    body: dict[Literal["en", "zh"], Words]
    link: Annotated[str, Meta(pattern=r"^(/|https?://)[^\s<>\"']{0,480}$")] | None = None


@router.post(
    "/notifications",
    tags=["home"],
    operation_id="announce",
    summary="Announce something to everybody who works for the store",
    description="In one language or both. 向店铺全体成员发布公告。",
    **openapi.store_operation(
        openapi.answer_schema(NotificationOut),
        status=201,
        example=NOTIFICATION,
        parameters=[document.STORE_ID, document.IDEMPOTENCY_KEY],
        problems=(*document.COMMON, *document.BODY, *document.ONCE),
        body=openapi.answer_schema(NotificationIn),
        body_example={"title": NOTIFICATION["title"], "body": NOTIFICATION["body"]},
    ),
)
async def announce(request: Request) -> Response:
    """Add an announcement."""
    caller = await Permit("home:write")(request)
    body = await json_body(context_of(request.scope), request.receive)
    wanted = wire.read_struct(body, NotificationIn)
    if not wanted.title or not wanted.body:
        raise wire.refuse("/title", "required", "needs a language", "至少需要一种语言")

    def job(session: Session) -> Answer:
        row = Notification(
            store_id=caller.store_id,
            kind="announcement",
            at=caller.now(),
            title=dict(wanted.title),
            body=dict(wanted.body),
            link=wanted.link,
        )
        session.add(row)
        session.flush()
        return Answer(201, wire.show(row, NotificationOut, is_read=False))

    return await once(request, caller, body, job)


# The header ------------------------------------------------------------------------------------------------------


class HeaderOut(Output, kw_only=True):
    """What stands at the top of every page. `links` lead to what is behind each number, and to signing out."""

    store_id: str
    store_name: str
    actor: str
    languages: list[str]
    unread_messages: int
    unread_notifications: int
    quick_links: list[QuickLinkOut]
    permissions: list[str]
    links: dict[str, str]


@router.get(
    "/header",
    tags=["home"],
    operation_id="get_header",
    summary="The header of every page",
    description="Unread messages and notifications, quick links, languages, sign-out. 页面顶部栏。",
    **openapi.store_operation(
        openapi.answer_schema(HeaderOut),
        example={
            "store_id": "1", "store_name": "North", "actor": "user:2", "languages": ["en", "zh"], "unread_messages": 1,
            "unread_notifications": 2, "quick_links": [QUICK_LINKS.example], "permissions": ["home:read"],
            "links": {"sign_out": "/v1/oauth/revoke"},
        },
        parameters=[document.STORE_ID],
        problems=document.COMMON,
    ),
)  # fmt: skip
async def get_header(request: Request) -> Response:
    """The header."""
    caller = await Permit("home:read")(request)
    query.read(request, {})

    def job(session: Session) -> Answer:
        assert caller.store_id is not None
        store = session.get_one(Store, caller.store_id)
        here = f"/v1/stores/{store.id}"
        shown = HeaderOut(
            store_id=str(store.id),
            store_name=store.name,
            actor=caller.actor,
            languages=["en", "zh"],
            unread_messages=messages.unread_messages(session, store.id),
            unread_notifications=messages.unread_notifications(session, store.id, caller.actor),
            quick_links=quick_links(session, caller),
            permissions=sorted(caller.permissions),
            links={
                "home": f"{here}/home",
                "messages": f"{here}/conversations?unread=true",
                "notifications": f"{here}/notifications",
                "quick_links": f"{here}/quick-links",
                "sign_out": "/v1/oauth/revoke",
            },
        )
        return Answer(200, shown)

    return (await caller.run(job, read_only=True)).response()


def quick_links(session: Session, caller: Caller) -> list[QuickLinkOut]:
    """The caller's own links in their order."""
    rows = session.scalars(
        select(QuickLink)
        .where(QuickLink.store_id == caller.store_id, QuickLink.reader == caller.actor)
        .order_by(QuickLink.position, QuickLink.id)
    )
    return [wire.show(row, QuickLinkOut) for row in rows]
