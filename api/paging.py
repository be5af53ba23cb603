"""Opaque page tokens: the last key of a page, sealed together with the filters it belongs to."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from api.problems import ProblemError

SEAL = 12
"""Bytes of the seal."""


def make_token(last: str, *, binding: str, secret: bytes) -> str:
    """The token for what comes after `last`, good only with the same `binding` (filters, pack)."""
    key = last.encode()
    return base64.urlsafe_b64encode(_seal(key, binding, secret) + key).decode().rstrip("=")


def read_token(token: str, *, binding: str, secret: bytes) -> str:
    """The key in a token; bad_page_token when it was changed, or made for other filters."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        seal, key = raw[:SEAL], raw[SEAL:]
        if hmac.compare_digest(seal, _seal(key, binding, secret)):
            return key.decode()
    except (binascii.Error, ValueError):
        pass
    raise ProblemError("bad_page_token")


def _seal(key: bytes, binding: str, secret: bytes) -> bytes:
    return hashlib.blake2b(binding.encode() + b"\0" + key, key=secret[:64], digest_size=SEAL).digest()
