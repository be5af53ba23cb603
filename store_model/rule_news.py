"""Which rules each store was last told of: a pack that is another than before is told rule by rule, store by store.

A store that was never told of any rules (it is new, or the service is) starts at the pack of the day, silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from store_model.accounts import Store
from store_model.columns import Base, UtcDateTime
from store_model.outbox import News, emit_many
from store_model.tenancy import Id, StoreRow, scoped_insert

BATCH = 50
Rules = Mapping[str, Mapping[str, Any]]
"""Rule id → {revision, mode}."""


class PackSeen(Base):
    """The rules of a pack as they were when the service first ran it."""

    __tablename__ = "pack_seen"

    digest: Mapped[str] = mapped_column(String(80), primary_key=True)
    pack: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PackTold(StoreRow, Base):
    """The pack whose rules a store was last told of."""

    __tablename__ = "pack_told"
    __audited__ = False

    entity_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(80))


def tell_rules(
    session: Session, *, digest: str, pack: str, version: str, platform: str, rules: Rules, now: datetime
) -> bool:
    """Tell up to `BATCH` stores of a marketplace what this pack changed for them; whether more are waiting."""
    if session.get(PackSeen, digest) is None:
        session.add(PackSeen(digest=digest, pack=pack, version=version, rules=dict(rules), seen_at=now))
        session.flush()
    waiting = (
        select(Store.entity_id, Store.id, PackTold.digest)
        .outerjoin(PackTold, (PackTold.entity_id == Store.entity_id) & (PackTold.store_id == Store.id))
        .where(Store.platform == platform, or_(PackTold.digest.is_(None), PackTold.digest != digest))
        .order_by(Store.id)
        .limit(BATCH)
    )
    rows = session.execute(waiting).all()
    old: dict[str, Rules] = {}
    for entity_id, store_id, told in rows:
        if told is not None:
            if told not in old:
                before = session.get(PackSeen, told)
                old[told] = before.rules if before is not None else rules
            news = list(_news(old[told], rules, version))
            emit_many(session, entity_id=entity_id, store_id=store_id, news=news, now=now)
        _set(session, {"entity_id": entity_id, "store_id": store_id, "digest": digest})
    return len(rows) == BATCH


def _news(before: Rules, after: Rules, version: str) -> Iterator[News]:
    """New and revised rules are published; one whose mode alone is another, changed its mode."""
    for rule in sorted(after):
        new, old = after[rule], before.get(rule)
        data = {"rule": rule, **new, "pack_version": version}
        if old is None or old["revision"] != new["revision"]:
            yield News("rule.published", data, None if old is None else {"rule": rule, **old})
        if old is not None and old["mode"] != new["mode"]:
            yield News("rule.mode_changed", data, {"rule": rule, **old})


def _set(session: Session, row: dict[str, Any]) -> None:
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(PackTold)
    statement = statement.on_conflict_do_update(
        index_elements=["entity_id", "store_id"], set_={"digest": statement.excluded.digest}
    )
    scoped_insert(session, statement, [row])
