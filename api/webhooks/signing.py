"""Standard Webhooks 1.0: secrets, signatures and their verification, `v1` (HMAC-SHA256) and `v1a` (ed25519).

Signed is `id.timestamp.body` over the very bytes that are sent.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

V1, V1A = "v1", "v1a"
SECRET, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SECRET_BYTES = 32
TOLERANCE = 300
"""Seconds by which a message may be old, or ahead."""


class NotVerified(ValueError):
    """A message that is not what it claims; the text says which part does not hold."""


def new_secret(signature: str) -> str:
    """A new secret for signatures of this version."""
    mark = SECRET if signature == V1 else PRIVATE
    return mark + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def public_key(secret: str) -> str | None:
    """What verifies the signatures of a `whsk_` secret; None for a shared secret."""
    if not secret.startswith(PRIVATE):
        return None
    key = Ed25519PrivateKey.from_private_bytes(_raw(secret)[:32]).public_key()
    return PUBLIC + base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of one secret, with its version in front."""
    content = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    if secret.startswith(PRIVATE):
        made = Ed25519PrivateKey.from_private_bytes(_raw(secret)[:32]).sign(content)
        return f"{V1A},{base64.b64encode(made).decode()}"
    made = hmac.digest(_raw(secret), content, hashlib.sha256)
    return f"{V1},{base64.b64encode(made).decode()}"


def headers(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, with a signature of each secret that holds."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in keys),
    }


def verify(keys: Sequence[str], received: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The id of a message that one of these secrets (or public keys) signed; NotVerified otherwise."""
    given = {name.lower(): value for name, value in received.items()}
    message_id, moment, signatures = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (message_id and moment and signatures):
        raise NotVerified("webhook-id, webhook-timestamp or webhook-signature is missing")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 13):
        raise NotVerified("webhook-timestamp is no whole number of seconds")
    if abs(now - int(moment)) > TOLERANCE:
        raise NotVerified(f"webhook-timestamp is more than {TOLERANCE} seconds away from now")
    for entry in signatures.split(" "):
        version, _, value = entry.partition(",")
        if any(_holds(key, version, value, message_id, int(moment), body) for key in keys):
            return message_id
    raise NotVerified("no signature fits")


def _holds(key: str, version: str, value: str, message_id: str, moment: int, body: bytes) -> bool:
    if version == V1 and not key.startswith((PRIVATE, PUBLIC)):
        return hmac.compare_digest(sign(key, message_id, moment, body).encode(), f"{V1},{value}".encode())
    if version != V1A or not key.startswith((PRIVATE, PUBLIC)):
        return False
    shared = public_key(key) or key
    try:
        public = Ed25519PublicKey.from_public_bytes(_raw(shared))
        public.verify(base64.b64decode(value, validate=True), b"%s.%d.%s" % (message_id.encode(), moment, body))
    except (InvalidSignature, ValueError):
        return False
    return True


def check_key(key: str) -> None:
    """ValueError for what is no secret and no public key."""
    if not key.startswith((SECRET, PRIVATE, PUBLIC)) or not _raw(key):
        raise ValueError("no key")


@lru_cache(maxsize=1000)
def _raw(key: str) -> bytes:
    """The bytes behind a mark; ValueError when it is no key."""
    text = key
    for mark in (SECRET, PRIVATE, PUBLIC):
        text = text.removeprefix(mark)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a secret is whsec_, whsk_ or whpk_ and base64") from None
