"""Making and ending API keys, for whoever has the database; `storewarden keys` is the command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.orm import Session

from api.access import utc_now
from api.settings import Settings
from store_model.access import SCOPES, Key, create_key, list_keys, revoke_key
from store_model.db import open_database


def create(settings: Settings, name: str, *, days: int | None = None, scopes: Sequence[str] = tuple(SCOPES)) -> str:
    """A new key, shown this once; it ends after `days`, or never."""
    now = utc_now()
    ends = None if days is None else now + timedelta(days=days)
    with _session(settings) as session:
        return create_key(session, name=name, now=now, scopes=scopes, expires_at=ends)[0]


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
