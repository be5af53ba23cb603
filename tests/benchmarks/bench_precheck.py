"""The whole pack on a 4 KB listing, against the floor: parse the JSON and scan its text once.

`python -m tests.benchmarks precheck` prints the table; `--json FILE` writes it. One process, one core.
"""

from __future__ import annotations

import gc
import statistics
from datetime import date
from time import perf_counter_ns
from typing import Any

import msgspec
import orjson

import rules
from engine import Listing, load_pack
from engine.features.texts import same_length_lower, texts
from engine.features.view import View
from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
LISTINGS = 400
ROUNDS = 12


def run() -> Table:
    """Floor and pre-check side by side, in turn, so that a drift of the machine meets both."""
    pack = load_pack(rules.path("aliexpress"))
    drafts = encoded(LISTINGS)
    automaton = pack.resources.scanner.automaton
    decode = msgspec.json.Decoder(Listing).decode
    joined = [
        "\n".join(field.text for field in texts(View(decode(draft), pack.resources, as_of=AS_OF))) for draft in drafts
    ]

    def floor_orjson(number: int) -> Any:
        orjson.loads(drafts[number])
        return automaton.find_matches_as_indexes(same_length_lower(joined[number]), overlapping=True)

    def floor_msgspec(number: int) -> Any:
        decode(drafts[number])
        return automaton.find_matches_as_indexes(same_length_lower(joined[number]), overlapping=True)

    def parse(number: int) -> Any:
        return orjson.loads(drafts[number])

    def precheck(number: int) -> Any:
        return pack.check(drafts[number], as_of=AS_OF, fixes=False).bare_findings

    def whole(number: int) -> Any:
        return pack.check(drafts[number], as_of=AS_OF).to_json()

    plans = {
        "parse (orjson)": parse,
        "floor: orjson + scan": floor_orjson,
        "floor: msgspec + scan": floor_msgspec,
        "pre-check, findings": precheck,
        "pre-check, fixes verified, JSON out": whole,
    }
    times: dict[str, list[float]] = {name: [] for name in plans}
    for plan in plans.values():
        for number in range(LISTINGS):
            plan(number)
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        for name, plan in plans.items():
            for number in range(LISTINGS):
                start = perf_counter_ns()
                plan(number)
                times[name].append((perf_counter_ns() - start) / 1000)
    floor = min(statistics.median(times[name]) for name in plans if name.startswith("floor"))
    table = Table(
        f"Pre-check of a {sum(map(len, drafts)) // LISTINGS} byte listing, {len(pack.rules)} rules, one core",
        ["", "p50 µs", "p99 µs", "mean µs", "listings/s", "× floor (p50)"],
    )
    for name, found in times.items():
        ordered = sorted(found)
        middle, mean = statistics.median(ordered), statistics.fmean(ordered)
        high = ordered[int(len(ordered) * 0.99)]
        table.add(name, round(middle, 1), round(high, 1), round(mean, 1), round(1e6 / mean), round(middle / floor, 2))
    table.note("Target: the findings at most 3 × the floor. A quarter of the listings has faults.")
    return table
