"""The secrets of the service: one from the settings or the database, and keys for each use derived from it."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy.exc import IntegrityError

from api.settings import Settings
from store_model.accounts import ServiceSecret
from store_model.db import Database

NAME = "service"


class Secrets:
    """Derives a key for each use, so that what is sealed for one cannot be passed off for another."""

    def __init__(self, root: str) -> None:
        self._root = root.encode()

    def key(self, use: str) -> bytes:
        """32 bytes for one use."""
        return hashlib.blake2b(use.encode(), key=hashlib.sha256(self._root).digest(), digest_size=32).digest()


def load_secrets(settings: Settings, database: Database) -> Secrets:
    """The secret of the settings; else the one that all processes share in the database, made at the first start."""
    if settings.secret_key:
        return Secrets(settings.secret_key)
    try:
        with database.transaction() as session:
            found = session.get(ServiceSecret, NAME)
            if found is None:
                found = ServiceSecret(name=NAME, value=secrets.token_hex(32))
                session.add(found)
            return Secrets(found.value)
    except IntegrityError:  # another process was first
        with database.transaction() as session:
            return Secrets(session.get_one(ServiceSecret, NAME).value)
