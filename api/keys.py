"""Making and ending API keys, for whoever has the database; `storewarden keys` is the command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import utc_now
from api.settings import Settings
from store_model.access import SCOPES, Key, create_key, list_keys, revoke_key
from store_model.accounts import Store
from store_model.db import open_database


def create(
    settings: Settings,
    name: str,
    *,
    days: int | None = None,
    scopes: Sequence[str] = tuple(SCOPES),
    stores: Sequence[int] = (),
) -> str:
    """A new key, shown this once; it ends after `days`, or never. With `stores` it is one of their legal entity.

    ValueError for an unknown scope or store, or stores of several legal entities.
    """
    now = utc_now()
    ends = None if days is None else now + timedelta(days=days)
    entity_id = _entity_of(settings, stores) if stores else None
    with _session(settings) as session:
        return create_key(
            session,
            name=name,
            now=now,
            scopes=scopes,
            expires_at=ends,
            entity_id=entity_id,
            store_ids=stores or None,
            created_by="system:command-line",
        )[0]


def _entity_of(settings: Settings, stores: Sequence[int]) -> int:
    database = open_database(settings.database_url)
    try:
        with database.system(actor="system:command-line", read_only=True) as session:
            found = dict(session.execute(select(Store.id, Store.entity_id).where(Store.id.in_(stores))).all())
    finally:
        database.close()
    if unknown := sorted(set(stores) - set(found)):
        raise ValueError(f"there is no store {', '.join(map(str, unknown))}; see: storewarden accounts list")
    if len(set(found.values())) > 1:
        raise ValueError("these stores belong to several legal entities; make a key for each")
    return next(iter(found.values()))


def revoke(settings: Settings, prefix: str) -> bool:
    """End a key; False when there is no such key that still holds."""
    with _session(settings) as session:
        return revoke_key(session, prefix=prefix, now=utc_now())


def listed(settings: Settings) -> list[Key]:
    """All keys, oldest first."""
    with _session(settings) as session:
        return list_keys(session)


@contextmanager
def _session(settings: Settings) -> Iterator[Session]:
    database = open_database(settings.database_url)
    try:
        with database.transaction() as session:
            yield session
    finally:
        database.close()
