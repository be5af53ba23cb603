"""Access tokens: short-lived JWTs that name a signed-in device. What it may do is looked up, not believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

ALGORITHM = "HS256"
ISSUER = "storewarden"
LIFETIME = timedelta(minutes=15)
BEGINS = "eyJ"
"""How every JWT begins; no API key does."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a valid token says: which device, whose, until when."""

    session_id: int
    user_id: int
    entity_id: int
    expires_at: int


def make_access_token(key: bytes, *, session_id: int, user_id: int, entity_id: int, now: datetime) -> str:
    """A token for LIFETIME from now."""
    claims = {
        "iss": ISSUER,
        "sub": str(user_id),
        "sid": str(session_id),
        "ent": str(entity_id),
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read_access_token(token: str, key: bytes, now: datetime) -> AccessToken | None:
    """What a token says; None when it is not ours, was changed, or has run out."""
    options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub", "sid", "ent"]}
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=ISSUER, options=options)  # type: ignore[arg-type]
        found = AccessToken(int(claims["sid"]), int(claims["sub"]), int(claims["ent"]), int(claims["exp"]))
    except (jwt.InvalidTokenError, ValueError, TypeError):
        return None
    return found if now.timestamp() < found.expires_at else None
