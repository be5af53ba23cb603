"""The page of a rule of any kind, as Markdown and as data: each kind's own module writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.reference import check_data, check_page
from api.reference_penalties import ladder_page, offence_page, penalty_data
from api.reference_performance import indicator_page, score_page
from engine.model.rule import AnyRule


@dataclass(frozen=True, slots=True)
class Page:
    """`markdown(rule, lang)` writes the page, `data(rule)` says the same as JSON data."""

    markdown: Callable[[Any, str], str]
    data: Callable[[Any], dict[str, Any]]


PAGES: dict[str, Page] = {
    "check": Page(check_page, check_data),
    "offence": Page(offence_page, penalty_data),
    "ladder": Page(ladder_page, penalty_data),
    "indicator": Page(indicator_page, penalty_data),
    "score": Page(score_page, penalty_data),
}
"""Kind of rule → its page."""


def rule_page(rule: AnyRule, lang: str = "en") -> str:
    """The page of a rule in Markdown."""
    return PAGES[rule.kind].markdown(rule, lang)


def rule_data(rule: AnyRule) -> dict[str, Any]:
    """The same page as data: everything the file says but its place on this machine's disk."""
    return PAGES[rule.kind].data(rule)
