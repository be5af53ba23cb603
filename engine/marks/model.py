"""A protected mark as data."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

RISKS = ("low", "medium", "high")
TIERS = ("protected", "word_like", "unknown")
"""protected: a coined name; word_like: also an ordinary word, evidence decides; unknown: read as it is written only."""

STATUSES = ("registered", "pending", "lapsed")


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One mark. `names` are all its spellings in any script, the first is the one shown.

    `classes`: Nice classes (empty: not known). `territories`: ISO 3166-1 alpha-2, empty means everywhere. It is in
    force from `since` until and with `until`, where these are known. `patterns` tells of designs that need no word.
    `categories`: ids of ours for whose goods (and those below) it is registered, told instead of classes. `risk`: how
    hard its owner pursues, as far as it is known.
    """

    names: Annotated[tuple[str, ...], Meta(min_length=1)]
    owner: str
    classes: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    tier: str = "protected"
    status: str = "registered"
    since: date | None = None
    until: date | None = None
    risk: str = ""
    patterns: str = ""
    source: str = ""

    def in_force(self, day: date) -> bool:
        """Whether it is a registered mark on a day."""
        return (
            self.status == "registered"
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
        )
