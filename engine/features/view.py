"""One subject as the features see it: the facts, what the pack brings, and a cache of shared intermediate results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from engine.facts import Listing, Store

if TYPE_CHECKING:
    from engine.features.resources import Resources

T = TypeVar("T")

LONGEST_TITLE = 10_000
"""Code points of a title that are read word by word, many times what a marketplace takes. A bound of time: the length
of a title, and what is searched for in all texts, know the whole."""


class View:
    """What every feature function is given.

    `peers` are the other listings of the same call (for duplicates); None when the call had only this one. A view of
    a store has an empty listing. `not_carried` are the fields that the source of the listing has no place for.
    """

    __slots__ = ("as_of", "cache", "listing", "not_carried", "peers", "resources", "store", "subject", "title")

    def __init__(
        self,
        listing: Listing,
        resources: Resources,
        *,
        as_of: date,
        store: Store | None = None,
        peers: Sequence[Listing] | None = None,
        not_carried: frozenset[str] = frozenset(),
        subject: str = "listing",
    ) -> None:
        self.listing = listing
        self.title = listing.title if listing.title is None else listing.title[:LONGEST_TITLE]
        self.resources = resources
        self.as_of = as_of
        self.store = store
        self.peers = peers
        self.not_carried = not_carried
        self.subject = subject
        self.cache: dict[Any, Any] = {}

    @property
    def subject_id(self) -> str | None:
        """The id of the listing, or of the store."""
        return self.listing.id if self.subject == "listing" else self.store.id if self.store else None


def derived(compute: Callable[[View], T]) -> Callable[[View], T]:
    """An intermediate result that several features share: computed at most once for a view."""

    @wraps(compute)
    def once(view: View) -> T:
        cache = view.cache
        try:
            return cache[once]  # type: ignore[no-any-return]
        except KeyError:
            value = cache[once] = compute(view)
            return value

    return once
