"""Passwords and second factors: argon2id in threads of their own, TOTP secrets sealed, codes that work once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from pwdlib import PasswordHash

from api.problems import ErrorAt
from api.wire import fault

SHORTEST, LONGEST = 10, 128
"""Characters of a password; a longer one would only keep argon2 busy."""

AT_ONCE = 2
"""Hashes that run at the same time: each takes 64 MiB and a tenth of a second of a core."""

STEP_SECONDS = 30
RECOVERY_CODES = 10
ISSUER = "Storewarden"


class Passwords:
    """Hashes and checks passwords, a few at a time, off the event loop."""

    def __init__(self) -> None:
        self._hash = PasswordHash.recommended()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")

    async def hash(self, password: str) -> str:
        """The argon2id hash to keep."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.hash_now, password)

    async def check(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one; without a hash just as slow, so that nobody learns which accounts exist."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._check, password, kept)

    def hash_now(self, password: str) -> str:
        """The same for a command line."""
        return self._hash.hash(password)

    def _check(self, password: str, kept: str | None) -> bool:
        is_right = self._hash.verify(password[: LONGEST + 1], kept or self._nobodys)
        return is_right and kept is not None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _nobodys(self) -> str:
        return self._hash.hash(secrets.token_hex(16))


def password_faults(password: str, *, email: str, at: str = "/password") -> list[ErrorAt]:
    """What is wrong with a new password; nothing when it will do."""
    if not SHORTEST <= len(password) <= LONGEST:
        return [
            fault(
                at,
                "wrong_length",
                f"must have {SHORTEST} to {LONGEST} characters",
                f"长度应为 {SHORTEST} 至 {LONGEST} 个字符",
            )
        ]
    lowered = password.lower()
    if len(set(lowered)) < 4 or lowered in email or email.partition("@")[0] in lowered.split():
        return [fault(at, "too_easy", "is too easy to guess", "过于简单，容易被猜中")]
    return []


class SecondFactor:
    """TOTP (RFC 6238) with a sealed secret, and recovery codes of which only hashes are kept."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def new_secret(self) -> str:
        """A secret as authenticator apps take it (base32)."""
        return pyotp.random_base32()

    def seal(self, secret: str) -> str:
        """The secret as it is kept."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The secret; None when it was sealed with another key of the service."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def uri(self, secret: str, email: str) -> str:
        """What an authenticator app reads from a QR code."""
        return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)

    def step(self, sealed: str | None, code: str, now: datetime) -> int | None:
        """The time step that a code belongs to, the one before and after allowed; None when it is wrong."""
        secret = self.open(sealed) if sealed is not None else None
        if secret is None or not (len(code) == 6 and code.isascii() and code.isdigit()):
            return None
        current = int(now.timestamp()) // STEP_SECONDS
        totp = pyotp.TOTP(secret)
        found = [
            step
            for step in (current, current - 1, current + 1)
            if secrets.compare_digest(totp.generate_otp(step), code)
        ]
        return found[0] if found else None


def new_recovery_codes() -> list[str]:
    """Codes for a lost device: shown once, each works once."""
    return [
        "-".join(
            base64.b32encode(secrets.token_bytes(10)).decode().lower()[start : start + 4] for start in range(0, 16, 4)
        )
        for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(code: str) -> str:
    """What is kept of a recovery code; 80 random bits need no slow hash."""
    return hashlib.sha256(code.strip().lower().replace(" ", "").encode()).hexdigest()


def without_code(hashes: Sequence[str] | None, code: str) -> list[str] | None:
    """The hashes that are left when a recovery code was used; None when it is none of them."""
    used = recovery_hash(code)
    return None if used not in (hashes or ()) else [one for one in hashes or () if one != used]
