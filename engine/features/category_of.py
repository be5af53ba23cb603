"""The category the listing stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.features.view import View, derived

if TYPE_CHECKING:
    from engine.taxonomy import Category


@derived
def category(view: View) -> Category | None:
    """The category of the listing by id or path; None when the tree does not know it."""
    listing = view.listing
    if listing.category_id is None and not listing.category_path:
        return None
    return view.resources.taxonomy.resolve(listing.category_id, listing.category_path)
