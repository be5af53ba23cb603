"""Making and ending API keys, for whoever has the database: `python -m api.keys create NAME`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.orm import Session

from api.access import utc_now
from api.settings import Settings, read_settings
from engine.errors import StorewardenError
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


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 done, 1 no such key, 2 bad input."""
    parser = argparse.ArgumentParser(prog="python -m api.keys", description="API keys of the service")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("create", help="make a key and print it, this once")
    new.add_argument("name")
    new.add_argument("--days", type=int, help="days until it ends (default: never)")
    new.add_argument("--scope", action="append", choices=list(SCOPES), help="a right (default: all)")
    end = commands.add_parser("revoke", help="end a key at once")
    end.add_argument("prefix")
    commands.add_parser("list", help="show the keys there are")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(os.environ)
        if given.command == "create":
            print(create(settings, given.name, days=given.days, scopes=given.scope or tuple(SCOPES)))
            return 0
        if given.command == "revoke":
            return 0 if revoke(settings, given.prefix) else 1
        for key in listed(settings):
            state = "valid" if key.is_valid(utc_now()) else "ended"
            print(f"{key.prefix}  {state}  {','.join(sorted(key.scopes))}  {key.name}")
    except StorewardenError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
