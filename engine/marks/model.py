"""A protected mark as data."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

TIERS = ("protected", "word_like", "unknown")
"""protected: a coined name; word_like: also an ordinary word, evidence decides; unknown: read as it is written only."""

STATUSES = ("registered", "pending", "lapsed")


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mark. `names` are all its spellings in any script, the first is the one shown.

    `classes`: Nice classes (empty: not known). `territories`: ISO 3166-1 alpha-2, empty means everywhere. It is in
    force from `since` until and with `until`, where these are known. `patterns` tells of designs that need no word.
    """

    names: tuple[str, ...]
    owner: str
    classes: tuple[int, ...] = ()
    territories: tuple[str, ...] = ()
    tier: str = "protected"
    status: str = "registered"
    since: date | None = None
    until: date | None = None
    patterns: str = ""
    source: str = ""

    def in_force(self, day: date) -> bool:
        """Whether it is a registered mark on a day."""
        return (
            self.status == "registered"
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
        )
