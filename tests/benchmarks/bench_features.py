"""Where the time of a pre-check goes: each feature and collection, and what the rules themselves cost.

Each figure is the least of many runs of one listing, averaged over listings, so that a busy machine disturbs little.
A value that several features share is counted for the one that asks first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from time import perf_counter
from typing import Any

import msgspec

import rules
from engine import Listing, load_pack
from engine.features.view import View
from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
RUNS = 60
SHOWN = 40


def run() -> Table:
    """Clean listings only: the common path."""
    pack = load_pack(rules.path("aliexpress"))
    drafts = [draft for number, draft in enumerate(encoded(40)) if number % 4 != 3]
    program = pack.program("listing", AS_OF)
    listings = [msgspec.json.decode(draft, type=Listing) for draft in drafts]

    def once(listing: Listing) -> None:
        view = View(listing, pack.resources, as_of=AS_OF)
        program.run(view, program.applies(listing), None, [], [], [])

    whole = _least(once, listings)
    check = _least(lambda draft: pack.check(draft, as_of=AS_OF, fixes=False).bare_findings, drafts)
    parse = _least(lambda draft: msgspec.json.decode(draft, type=Listing), drafts)
    costs = _by_feature(program.run.__globals__, once, listings)
    table = Table("Cost of a clean listing by feature", ["", "µs"])
    table.add("pre-check, JSON to findings", round(check, 1))
    table.add("  parse", round(parse, 1))
    table.add("  features and rules", round(whole, 1))
    table.add("  of that, rules without features (about)", round(whole - sum(costs.values()), 1))
    for name, cost in sorted(costs.items(), key=lambda pair: -pair[1])[:SHOWN]:
        table.add(f"    {name}", round(cost, 2))
    table.note(f"{len(costs)} features and collections, {len(program.rules)} rules")
    return table


def _least(work: Callable[[Any], Any], inputs: list[Any]) -> float:
    """Mean over the inputs of the least time of many runs, in µs."""
    total = 0.0
    for given in inputs:
        best = float("inf")
        for _ in range(RUNS):
            start = perf_counter()
            work(given)
            best = min(best, perf_counter() - start)
        total += best
    return total / len(inputs) * 1e6


def _by_feature(
    namespace: dict[str, Any], once: Callable[[Listing], None], listings: list[Listing]
) -> dict[str, float]:
    """Feature or collection → µs a listing, measured by wrapping each for a while."""
    labels = {variable: label for label, variable in namespace["names"].items() if label.startswith(("feat", "coll"))}
    originals = {variable: namespace[variable] for variable in labels}
    spent: dict[str, float] = {}

    def wrapped(label: str, compute: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            start = perf_counter()
            value = compute(*arguments)
            spent[label] = spent.get(label, 0.0) + perf_counter() - start
            return value

        return timed

    for variable, label in labels.items():
        namespace[variable] = wrapped(label, originals[variable])
    totals: dict[str, float] = {}
    for listing in listings:
        best: dict[str, float] = {}
        for _ in range(RUNS):
            spent.clear()
            once(listing)
            for label, seconds in spent.items():
                best[label] = min(best.get(label, seconds), seconds)
        for label, seconds in best.items():
            totals[label] = totals.get(label, 0.0) + seconds
    namespace.update(originals)
    return {label: seconds / len(listings) * 1e6 for label, seconds in totals.items()}
