"""What stands in the header of every page, and the small things of the home page: messages, notices, links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, and_, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow, Versioned


class Conversation(StoreRow, Versioned, Base):
    """A buyer's messages, about an order or a product. `unread` counts the buyer's messages nobody has read."""

    __tablename__ = "conversation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform_id: Mapped[str | None] = mapped_column(String(40))
    buyer: Mapped[str] = mapped_column(String(100))
    order_platform_id: Mapped[str | None] = mapped_column(String(40))
    product_platform_id: Mapped[str | None] = mapped_column(String(40))
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_from: Mapped[str] = mapped_column(String(10))
    unread: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_conversation_platform_id"),
        Index("ix_conversation_last", "entity_id", "store_id", "last_at", "id"),
        Index("ix_conversation_unread", "entity_id", "store_id", "unread"),
    )


class BuyerMessage(StoreRow, Base):
    """One message of a conversation. Messages are added, never changed."""

    __tablename__ = "buyer_message"
    __audited__ = False  # high volume, and each is its own record

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversation.id", ondelete="CASCADE"))
    from_party: Mapped[str] = mapped_column(String(10))  # buyer, seller
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_buyer_message_conversation", "entity_id", "conversation_id", "at", "id"),)


class Notification(StoreRow, Base):
    """Something the service or the platform tells everybody who works for the store."""

    __tablename__ = "notification"
    __audited__ = False  # added by the service, never changed

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))  # announcement, or what happened
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[dict[str, str]] = mapped_column(JSON)
    link: Mapped[str | None] = mapped_column(Text)  # path of the API behind it

    __table_args__ = (Index("ix_notification_at", "entity_id", "store_id", "at", "id"),)


class NotificationRead(StoreRow, Base):
    """A person has read a notification."""

    __tablename__ = "notification_read"
    __audited__ = False

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notification_id: Mapped[int] = mapped_column(Id, ForeignKey("notification.id", ondelete="CASCADE"))
    reader: Mapped[str] = mapped_column(String(60))  # user:ID or key:PREFIX
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("entity_id", "notification_id", "reader", name="uq_notification_read"),)


class QuickLink(StoreRow, Versioned, Base):
    """A link that a person put on their home page."""

    __tablename__ = "quick_link"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reader: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(500))
    position: Mapped[int]

    __table_args__ = (Index("ix_quick_link_reader", "entity_id", "store_id", "reader", "position", "id"),)


def unread_messages(session: Session, store_id: int) -> int:
    """Messages of buyers nobody has read."""
    total = session.scalar(
        select(func.coalesce(func.sum(Conversation.unread), 0)).where(
            Conversation.store_id == store_id, Conversation.unread > 0
        )
    )
    return int(total or 0)


def unread_notifications(session: Session, store_id: int, reader: str) -> int:
    """Notifications that this person has not read."""
    read = exists().where(and_(NotificationRead.notification_id == Notification.id, NotificationRead.reader == reader))
    total = session.scalar(
        select(func.count()).select_from(Notification).where(Notification.store_id == store_id, ~read)
    )
    return int(total or 0)


def add_message(
    session: Session, conversation: Conversation, *, from_party: str, text: str, at: datetime
) -> BuyerMessage:
    """Put a message into a conversation: a buyer's counts as unread, an answer marks all before it as read."""
    message = BuyerMessage(
        store_id=conversation.store_id, conversation_id=conversation.id, from_party=from_party, at=at, text=text
    )
    session.add(message)
    conversation.last_at = max(conversation.last_at, at)
    conversation.last_from = from_party
    conversation.unread = conversation.unread + 1 if from_party == "buyer" else 0
    session.flush()
    return message


def mark_all_read(session: Session, store_id: int, reader: str, now: datetime) -> int:
    """Mark every notification of the store as read by this person; how many were not."""
    read = exists().where(and_(NotificationRead.notification_id == Notification.id, NotificationRead.reader == reader))
    waiting = session.scalars(select(Notification.id).where(Notification.store_id == store_id, ~read)).all()
    for number in waiting:
        session.add(NotificationRead(store_id=store_id, notification_id=number, reader=reader, at=now))
    session.flush()
    return len(waiting)
