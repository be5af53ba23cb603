"""The rules of a pack that are live on a day, compiled, with the scope of each by category."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from engine.evaluate.bound import BoundRule
from engine.evaluate.compile import Failed, Run, compile_rules, scopes
from engine.facts import Listing
from engine.features.registry import SUBJECTS, Registry
from engine.features.resources import Resources
from engine.model.rule import CheckRule

Applies = tuple[bool | None, ...]
"""For each scope: whether it holds for the listing; None when the listing's category is not known."""


class Program:
    """All live rules of one subject (or `only` some) on a day, and on every day until a rule or parameter changes."""

    def __init__(
        self,
        rules: Sequence[CheckRule],
        subject: str,
        as_of: date,
        resources: Resources,
        *,
        registry: Registry | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        self.known = {rule.id: rule for rule in rules}
        registry = registry if registry is not None else SUBJECTS[subject]
        live = [rule for rule in rules if rule.subject == subject and rule.is_live(as_of)]
        if only is not None:
            live = [rule for rule in live if rule.id in only]
        self.rules = [BoundRule(rule, as_of, registry, resources.lists) for rule in live]
        first_of = {rule.code: rule.id for rule in sorted(rules, key=lambda rule: rule.id, reverse=True)}
        for bound in self.rules:
            if bound.rule.id != first_of[bound.rule.code]:
                bound.fault = f"{bound.rule.code}/{bound.rule.id}"
        self.by_id = {bound.rule.id: index for index, bound in enumerate(self.rules)}
        self.scope_of, self._scopes = scopes(self.rules)
        self.run: Run
        self.run, self.source = compile_rules(self.rules, self.scope_of)
        self._taxonomy = resources.taxonomy
        self._applies: dict[Any, Applies] = {}

    def applies(self, listing: Listing) -> Applies:
        """Which scopes hold for a listing; worked out once for each category."""
        if not self._scopes:
            return ()
        key = (listing.category_id, listing.category_path)
        found = self._applies.get(key)
        if found is None:
            if len(self._applies) > 10_000:  # a feed of invented categories must not fill the memory
                self._applies.clear()
            found = self._applies[key] = self._work_out(listing)
        return found

    def scope_unknown(self) -> Applies:
        """As if the category were not known."""
        return tuple(None for _ in self._scopes)

    def scope_failed(self, error: Exception) -> list[Failed]:
        """The error of every rule that has a scope."""
        return [(index, error) for index, scope in enumerate(self.scope_of) if scope is not None]

    def _work_out(self, listing: Listing) -> Applies:
        category = self._taxonomy.resolve(listing.category_id, listing.category_path)
        if category is None:
            return self.scope_unknown()
        lineage = {category.id, *category.ancestors}
        return tuple(
            (not wanted or not lineage.isdisjoint(wanted)) and lineage.isdisjoint(unwanted)
            for wanted, unwanted in self._scopes
        )
