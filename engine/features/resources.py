"""What a pack brings besides rules: word lists, the category tree, trained weights. Read-only, shared by all views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.features.scan import Scanner
    from engine.marks.matcher import Matcher
    from engine.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class WordList:
    """`rules/lists/ID.yaml`: terms with optional notes. `scan`: looked for in every text of a listing.

    `terms` are lower case. `boundary` "word" wants no letter or digit beside a hit, "letters" lets a digit
    follow it, "none" takes any place.
    """

    id: str
    terms: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    scan: bool = False
    boundary: str = "word"
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resources:
    lists: Mapping[str, WordList]
    taxonomy: Taxonomy
    scanner: Scanner
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Per pack: marketplace, currency, listing language …, as its `pack.yaml` says."""
    matcher: Matcher | None = None
    """The pack's register of marks, ready to look for; None in a pack without one."""
