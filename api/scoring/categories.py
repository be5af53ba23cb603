"""How a store does in each of its categories: what the platform assesses apart, as category assessment (类目考核) does.

A listing belongs to the industry (经营大类) of its category: the top of our tree, or the category itself where the tree
does not know it. What is counted of a listing counts for its industry; the rules with the subject `category` judge it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.scoring import documents
from api.scoring.desk import Desk
from engine.scoring.board import windows_of
from engine.scoring.counting import Number
from engine.scoring.levels import decisions
from engine.taxonomy.tree import Taxonomy

SUBJECT = "category"
SHOWN = 20
"""Listings without a category that are named."""
Daily = dict[int, dict[str, Number]]


def assessments(desk: Desk) -> dict[str, Any]:
    """Each category with its scores and indicators: those that fail first, then by how much was counted."""
    of = desk.origin.categories(desk.store)
    taxonomy = desk.rules.pack.resources.taxonomy
    industries = {listing: industry(taxonomy, category) for listing, category in of.items()}
    found: dict[str, Daily] = {}
    members: dict[str, set[str]] = {}
    unknown: dict[str, None] = {}
    for place, sums in desk.counts.items():
        if place.listing is None:
            continue
        name = industries.get(place.listing)
        if name is None:
            unknown[place.listing] = None
            continue
        members.setdefault(name, set()).add(place.listing)
        into = found.setdefault(name, {}).setdefault(place.day, {})
        for key, number in sums.items():
            into[key] = into.get(key, 0) + number
    formulas = {name: one for name, one in desk.force.formulas.items() if one.rule.subject == SUBJECT}
    items = [_one(desk, name, daily, len(members[name]), set(formulas)) for name, daily in found.items()]
    return {
        "as_of": desk.as_of,
        "evaluations": {name: decisions(one, desk.as_of)[1] for name, one in formulas.items()},
        "items": sorted((item for item in items if item["scores"]), key=_order),
        "without_category": {"count": len(unknown), "listings": sorted(unknown)[:SHOWN]},
    }


def industry(taxonomy: Taxonomy, category: str) -> str:
    """The industry of a category by our id or the platform's; the category itself when it is not known."""
    node = taxonomy.resolve(category)
    return category if node is None else node.industry


def _one(desk: Desk, name: str, daily: Daily, listings: int, rules: set[str]) -> dict[str, Any]:
    needed = frozenset().union(*(desk.force.needs(rule) for rule in rules))
    windows = windows_of(daily, desk.today, desk.force.windows)
    judged = desk.force.judge(windows, desk.settings.confidence, recorded=desk.recorded, only=needed)
    node = desk.rules.pack.resources.taxonomy.nodes.get(name)
    scores = [documents.score_of(desk, scored) for scored in desk.force.scores(judged, SUBJECT).values()]
    for score in scores:
        levels = {one.id: one.title for one, _ in desk.force.formulas[score["rule"]].levels}
        score["level_title"] = levels.get(score["level"])
    return {
        "category_id": name,
        "title": dict(node.name) if node is not None else {"en": name, "zh": name},
        "listings": listings,
        "scores": scores,
        "indicators": [documents.indicator(desk, judgement) for judgement in judged.values()],
    }


def _order(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """Worst first: the points lost, unknown last; then by the rows behind it."""
    known = [score for score in item["scores"] if score["score"] is not None]
    lost = max((score["most"] - score["score"] for score in known), default=None)
    rows = sum(indicator["whole"] for indicator in item["indicators"])
    return (lost is None, -(lost or 0), -rows, item["category_id"])
