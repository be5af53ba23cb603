"""A protected mark as data, and the words for what it is."""

from __future__ import annotations

from engine.facts import Mark

RISKS = ("low", "medium", "high")
TIERS = ("protected", "word_like", "unknown")
"""protected: a coined name; word_like: also an ordinary word, evidence decides; unknown: read as it is written only."""

STATUSES = ("registered", "pending", "lapsed")

__all__ = ["RISKS", "STATUSES", "TIERS", "Mark"]
