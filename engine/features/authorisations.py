"""Which marks the store may use on this listing, on this day, where it is sold: approved brands and authorisations.

Three answers: yes, no, and not known, which is when an authorisation is bound to countries or categories and the
listing does not say where it is sold or what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from engine.facts import MarkAuthorisation
from engine.features.category_of import category
from engine.features.view import View, derived

APPROVALS = ("store.approved_brands", "store.authorisations")
"""What the answers read of the store."""
_NAME = re.compile(r"[\W_]+")


def bare(name: str) -> str:
    """A mark as it is compared: lower case, letters and digits alone."""
    return _NAME.sub("", name.lower())


def is_known(view: View) -> bool:
    """Whether anything was said of what the store may sell."""
    store = view.store
    return store is not None and (store.approved_brands is not None or store.authorisations is not None)


def is_approved(view: View, names: Iterable[str]) -> bool | None:
    """Whether the store may use a mark that goes by any of these names; None when that is not known."""
    if not is_known(view):
        return None
    wanted = {bare(name) for name in names}
    if not wanted.isdisjoint(_approved(view)):
        return True
    in_force = _in_force(view)
    found = [one for name in wanted for one in in_force.get(name, ())]
    return _covered(view, found) if found else False


@derived
def _approved(view: View) -> frozenset[str]:
    brands = view.store.approved_brands if view.store else None
    return frozenset(map(bare, brands or ()))


@derived
def _in_force(view: View) -> dict[str, list[MarkAuthorisation]]:
    """Authorisations that hold on the day of the check, by bare mark."""
    found: dict[str, list[MarkAuthorisation]] = {}
    given = view.store.authorisations if view.store else None
    for one in given or ():
        if one.valid_from <= view.as_of and (one.valid_until is None or view.as_of <= one.valid_until):
            found.setdefault(bare(one.mark), []).append(one)
    return found


def _covered(view: View, found: Sequence[MarkAuthorisation]) -> bool | None:
    """Several authorisations may cover the countries together."""
    fits = [(one, _in_category(view, one)) for one in found]
    if (sure := _in_territory(view, [one for one, fit in fits if fit is True])) is True:
        return True
    at_best = _in_territory(view, [one for one, fit in fits if fit is not False])
    return False if at_best is False else sure if sure is None else None


def _in_category(view: View, one: MarkAuthorisation) -> bool | None:
    """Whether the listing stands in one of the categories or below it."""
    if not one.categories:
        return True
    if view.listing.category_id in one.categories:
        return True
    here = category(view)
    if here is None:
        return None
    taxonomy = view.resources.taxonomy
    above = (taxonomy.resolve(name) for name in one.categories)
    return any(node is not None and taxonomy.within(here.id, node.id) for node in above)


def _in_territory(view: View, found: Sequence[MarkAuthorisation]) -> bool | None:
    """Whether every country that the listing is delivered to is covered. None: those countries are not given."""
    if any(not one.territories for one in found):
        return True
    if not found:
        return False
    countries = view.listing.deliverable_countries
    if countries is None:
        return None
    covered = {country.upper() for one in found for country in one.territories}
    return all(country.upper() in covered for country in countries)
