"""Where rows come from: tables of the database, or files. Both count and list them the same way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from engine.scoring.bound import Counting
from engine.scoring.counting import Counts
from engine.scoring.sources import Row


class Origin(Protocol):
    """Rows of stores. `now`: when they are read, in seconds. `store` None: all of them."""

    now: int

    @property
    def recorded(self) -> frozenset[str]:
        """`kind.column` of everything that is said."""

    def counts(
        self,
        countings: Iterable[Counting],
        *,
        since: int,
        until: int,
        by_listing: bool = True,
        store: str | None = None,
    ) -> Counts:
        """The counts of every day from `since` to before `until`."""

    def faults(self, store: str | None = None, *, limit: int = 20) -> dict[str, dict[str, tuple[int, list[str]]]]:
        """Kind of row → fault → how many rows have it, and the ids of some."""

    def evidence(
        self,
        counting: Counting,
        *,
        since: int,
        until: int,
        store: str | None = None,
        after: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """The rows behind an indicator, newest first."""

    def categories(self, store: str | None = None) -> dict[str, str]:
        """Listing → its category, where that is known."""

    def select(self, over: str, condition: str, *, store: str | None = None, limit: int = 500) -> list[Row]:
        """Rows of a kind that hold a condition over its columns."""
