"""What a pack owes its readers beyond loading: sources that are primary and fresh, thresholds that examples touch."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine.errors import Fault

if TYPE_CHECKING:
    from engine.pack import Pack

STALE_AFTER = timedelta(days=400)
"""A source not looked at for longer is asked for again (house style; not a platform number)."""


def hygiene_faults(pack: Pack, today: date) -> list[Fault]:
    """H001: a stable rule without a primary or house source. H002: a source last read too long ago. H003: see below."""
    faults = []
    for rule in pack.all_rules.values():
        grades = {source.grade for source in rule.sources}
        if rule.status == "stable" and grades <= {"secondary"}:
            reason = f"{rule.id} is stable but has only secondary sources; make it experimental or find the policy"
            faults.append(Fault(rule.file, 1, 1, "H001", reason))
        for source in rule.sources:
            if today - source.retrieved > STALE_AFTER:
                reason = f"the source {source.id} was last read on {source.retrieved}; read it again"
                faults.append(Fault(rule.file, 1, 1, "H002", reason))
    return sorted([*faults, *_unsafe_networks(pack)])


def _unsafe_networks(pack: Pack) -> list[Fault]:
    """H003: a ladder whose nodes make rules that the rule network cannot be trusted with."""
    from engine.ledger.chain import rules_of
    from engine.ledger.network import lint

    return [
        Fault(rule.file, 1, 1, "H003", f"{rule.id} is unsafe for the rule network from {day}: {reason}")
        for rule in pack.ladders.values()
        for day in sorted(rule.dates())
        for reason in lint(rules_of([pack.regime.ladder(rule.id, day)]))
    ]
