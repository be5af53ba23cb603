"""Secrets of endpoints and callback sources, as they are kept: sealed with AES-256-GCM, each for its own use.

The key comes from STOREWARDEN_SECRET_KEY; without it from the file `webhooks.key` in the data directory, which is made
at the first use and which only its owner can read. So the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.settings import Settings

FILE = "webhooks.key"
NONCE = 12


class Sealer:
    """Seals and opens. The key is looked for when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cipher: AESGCM | None = None

    def seal(self, secret: str, use: str) -> str:
        """The secret as it is kept; it opens for the same use alone."""
        nonce = secrets.token_bytes(NONCE)
        return base64.b64encode(nonce + self._key().encrypt(nonce, secret.encode(), use.encode())).decode()

    def open(self, sealed: str, use: str) -> str | None:
        """The secret; None when it was sealed with another key or for another use."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._key().decrypt(raw[:NONCE], raw[NONCE:], use.encode()).decode()
        except (InvalidTag, ValueError):
            return None

    def _key(self) -> AESGCM:
        if self._cipher is None:
            root = self._settings.secret_key or _key_of_file(Path(self._settings.data_dir) / FILE)
            self._cipher = AESGCM(hashlib.blake2b(root.encode(), person=b"webhooks", digest_size=32).digest())
        return self._cipher


def _key_of_file(file: Path) -> str:
    """What the file holds; made, by whoever is first, when there is none."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(32))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)  # whole or not at all, and never over another's
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()
