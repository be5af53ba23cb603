"""What each listing costs the score: the points that an item lost, shared out by who caused them; they add up exactly.

A listing causes what is bad: its part of a rate where lower is better, what its rows lack where higher is.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from engine.scoring.board import InForce, windows_of
from engine.scoring.counting import Counts, Number
from engine.scoring.judging import Judgement, Sums, Terms
from engine.scoring.sources import STARS
from engine.scoring.waterfall import POINT, Scored

UNKNOWN = ""
"""The listing of rows that name none."""


class ListingCost(Struct, frozen=True):
    """What one listing costs: `points` in all, and by item. `bad` of `rows` of it, by item."""

    listing: str
    points: Decimal
    items: dict[str, Decimal]
    bad: dict[str, Decimal]
    rows: dict[str, Decimal]


def by_listing(
    force: InForce, counts: Counts, as_of: int, judgements: Mapping[str, Judgement], scored: Scored
) -> list[ListingCost]:
    """Listings by what they cost a score, dearest first; those that cost nothing are left out."""
    listings: dict[str, dict[int, dict[str, Number]]] = {}
    for place, sums in counts.items():
        into = listings.setdefault(place.listing or UNKNOWN, {}).setdefault(place.day, {})
        for key, number in sums.items():
            into[key] = into.get(key, 0) + number
    windows = {name: windows_of(daily, as_of, force.windows) for name, daily in listings.items()}
    items: dict[str, dict[str, Decimal]] = {}
    bad: dict[str, dict[str, Decimal]] = {}
    rows: dict[str, dict[str, Decimal]] = {}
    for share in scored.items:
        terms, judgement = force.terms.get(share.of), judgements.get(share.of)
        if terms is None or judgement is None or judgement.value is None or share.lost <= 0:
            continue
        shares = {name: _bad(terms, found[judgement.window]) for name, found in windows.items()}
        guilty = {name: part for name, (part, _) in shares.items() if part > 0}
        for name, points in split(share.lost, guilty).items():
            items.setdefault(name, {})[share.id] = points
            bad.setdefault(name, {})[share.id], rows.setdefault(name, {})[share.id] = shares[name]
    found = [
        ListingCost(name, sum(points.values(), Decimal(0)), points, bad[name], rows[name])
        for name, points in items.items()
    ]
    return sorted(found, key=lambda cost: (-cost.points, cost.listing))


def split(total: Decimal, shares: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """A number of points shared out to the cent, in proportion; the cents left over go to the largest rests."""
    whole = sum((Fraction(part) for part in shares.values()), Fraction(0))
    if not whole:
        return {}
    cents = int(total / POINT)
    exact = {name: Fraction(part) * cents / whole for name, part in shares.items()}
    floors = {name: int(value) for name, value in exact.items()}
    left = cents - sum(floors.values())
    for name in sorted(exact, key=lambda one: (floors[one] - exact[one], one))[:left]:
        floors[name] += 1
    return {name: POINT * number for name, number in floors.items() if number}


def _bad(terms: Terms, sums: Sums) -> tuple[Decimal, Decimal]:
    """How much of a listing's rows is bad, and of how many."""
    part = sum((Decimal(sums.get(key, 0)) for key in terms.part), Decimal(0))
    whole = sum((Decimal(sums.get(key, 0)) for key in terms.whole), Decimal(0))
    if terms.rule.direction == "lower_is_better":
        return (part if terms.rule.value.kind == "share" else Decimal(0)), whole
    if terms.rule.value.kind == "mean" and terms.rule.unit == "stars":
        return STARS[1] * whole - part, whole
    return (whole - part if terms.rule.value.kind == "share" else Decimal(0)), whole
