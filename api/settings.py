"""The settings of the service: read from STOREWARDEN_* variables, checked at once, frozen.

Every fault is told in one message, with the variable's name and what it may be.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from limits import parse

from engine.errors import StorewardenError

PREFIX = "STOREWARDEN_"
OTHERS = ("CACHE", "DEBUG", "TEST_POSTGRES")
"""Variables with our prefix that other parts read: the cache, the whole trace of a fault, the tests' server."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsError(StorewardenError):
    """One or more variables cannot be used; `faults` holds a line for each."""

    code = "settings_invalid"

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`docs/http.md` explains each; a test holds that none is left out."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    data_dir: str = ""
    database_url: str = ""
    pack: str = "aliexpress"
    require_keys: str = "auto"  # auto, always, never
    key_cache_seconds: float = 10.0
    rate_limit: str = "6000/minute"  # empty: no limit
    max_body_bytes: int = 12 * 1024 * 1024
    max_import_bytes: int = 512 * 1024 * 1024
    max_batch_items: int = 1000
    inline_bytes: int = 128 * 1024
    inline_items: int = 20
    heavy_threads: int = 2
    database_threads: int = 8
    secret_key: str = ""
    run_worker: bool = True
    webhooks_allow_loopback: bool = False
    webhook_timeout_seconds: float = 15.0
    lease_seconds: float = 30.0
    event_retention_days: int = 90
    time_budget_seconds: float = 30.0
    body_timeout_seconds: float = 20.0
    log_level: str = "info"
    access_log: bool = True

    def __post_init__(self) -> None:
        """Fill in what depends on the machine: the data directory and the database in it."""
        if not self.data_dir:
            object.__setattr__(self, "data_dir", str(default_data_dir(os.environ)))
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{Path(self.data_dir) / 'storewarden.sqlite3'}")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return self.host in LOOPBACK

    @property
    def keys(self) -> str:
        """always, never, or optional: until the first key is created, and on loopback alone."""
        if self.require_keys != "auto":
            return self.require_keys
        return "optional" if self.is_loopback else "always"


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where this platform keeps a user's data."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Storewarden"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Storewarden"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "storewarden"


def read_settings(environ: Mapping[str, str], **given: Any) -> Settings:
    """The settings of an environment; `given` (None: not given) comes before it. SettingsError names every fault."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    known = {field.name for field in fields(Settings)}
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if variable.startswith(PREFIX) and name not in OTHERS and name.lower() not in known:
            faults.append(f"{variable}: there is no such setting; the settings are in docs/http.md")
    for name in sorted(known):
        value = given.get(name)
        if value is None and (value := environ.get(PREFIX + name.upper())) is None:
            continue
        try:
            values[name] = READERS.get(name, str)(value)
        except ValueError as error:
            faults.append(f"{PREFIX}{name.upper()}: {error}, not {str(value)[:100]!r}")
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return read


def _seconds(low: float, high: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not low <= number <= high:
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        return number

    return read


def _one_of(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return str(value)

    return read


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return bool(value.lower() == "true")


def _secret(value: str) -> str:
    if value and len(value) < 32:
        raise ValueError("must have at least 32 characters, or be empty for one that the database keeps")
    return value


def _limit(value: str) -> str:
    if value:
        try:
            parse(value)
        except ValueError:
            raise ValueError('must be like "100/second" or "6000/minute", or empty for no limit') from None
    return value


READERS: Mapping[str, Callable[[Any], Any]] = {
    "port": _whole(0, 65535),
    "workers": _whole(1, 64),
    "require_keys": _one_of("auto", "always", "never"),
    "key_cache_seconds": _seconds(0, 3600),
    "rate_limit": _limit,
    "max_body_bytes": _whole(1024, 1024**3),
    "max_import_bytes": _whole(1024, 1024**4),
    "max_batch_items": _whole(1, 100_000),
    "inline_bytes": _whole(0, 1024**3),
    "inline_items": _whole(0, 100_000),
    "heavy_threads": _whole(1, 64),
    "database_threads": _whole(1, 64),
    "secret_key": _secret,
    "run_worker": _yes_or_no,
    "webhooks_allow_loopback": _yes_or_no,
    "webhook_timeout_seconds": _seconds(0.1, 60),
    "lease_seconds": _seconds(1, 3600),
    "event_retention_days": _whole(1, 3650),
    "time_budget_seconds": _seconds(0.01, 3600),
    "body_timeout_seconds": _seconds(0.01, 3600),
    "log_level": _one_of("debug", "info", "warning", "error"),
    "access_log": _yes_or_no,
}
