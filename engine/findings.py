"""What the engine answers: findings with their places, evidence and fixes, and the report that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

Text = Mapping[str, str]
"""A wording in every supported language: {"en": …, "zh": …}."""


class Result(StrEnum):
    """The answer of one rule for one subject."""

    FAIL = "fail"
    PASS = "pass"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"
    ERROR = "error"


class Severity(StrEnum):
    """How bad it is if true."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info to 2 for error."""
        return (Severity.INFO, Severity.WARNING, Severity.ERROR).index(self)


class Mode(StrEnum):
    """What happens: nothing but a record, a warning, or a stop."""

    SHADOW = "shadow"
    WARN = "warn"
    BLOCK = "block"


class Location(Struct, frozen=True, omit_defaults=True):
    """A place in the listing: JSON pointer, and for text the code-point span [start, end) in the original text."""

    pointer: str
    start: int | None = None
    end: int | None = None
    text: str | None = None


class Fix(Struct, frozen=True, kw_only=True):
    """A change to the listing.

    `applicability`: safe (apply unseen), suggested (a person should look), manual (`patch` is empty, `label` says what
    to do). `patch` is RFC 6902 with a `test` op before each change. `verified` is None until the patched listing went
    through the whole pack again; then {"clears": [fingerprint…], "introduces": [fingerprint…]}.
    """

    operation: str
    applicability: str
    label: Text
    patch: tuple[Mapping[str, Any], ...] = ()
    verified: Mapping[str, list[str]] | None = None
