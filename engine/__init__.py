"""Storewarden's rules engine: facts in, findings out.

    pack = engine.load_pack("rules/aliexpress")
    report = pack.check(draft, as_of=date(2026, 11, 23))
    report.verdict, report.findings, report.plan

The public face is what this module names; it stays stable. The engine is a pure library: no web, no database, no
clock (`as_of` is passed), no network.
"""

from __future__ import annotations

from engine.errors import Fault, IntakeError, RulePackError, StorewardenError, UnknownName
from engine.evaluate.explain import Explanation
from engine.evaluate.finding import Finding
from engine.evaluate.report import Report, Waiver
from engine.facts import Listing, Store
from engine.features.duplicates import Peers
from engine.pack import Pack, load_pack

__all__ = [
    "Explanation",
    "Fault",
    "Finding",
    "IntakeError",
    "Listing",
    "Pack",
    "Peers",
    "Report",
    "RulePackError",
    "Store",
    "StorewardenError",
    "UnknownName",
    "Waiver",
    "load_pack",
]
