"""What a listing costs as the number of rules grows from 10 to 1,000."""

from __future__ import annotations

import gc
import statistics
from datetime import date
from time import perf_counter_ns

import msgspec

from engine import Listing
from engine.evaluate.program import Program
from engine.features.resources import Resources
from engine.features.view import View
from tests.benchmarks.common_rules import common_program
from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
COUNTS = (10, 40, 100, 300, 1000)
ROUNDS = 15


def run() -> Table:
    """The common rules of the peers' benchmark, repeated with other constants."""
    drafts = encoded(200)
    decode = msgspec.json.Decoder(Listing).decode
    table = Table("Cost of a listing by number of rules (parse included)", ["rules", "p50 µs", "× 10 rules"])
    base = None
    for count in COUNTS:
        program, resources = common_program(count)

        def check(draft: bytes, program: Program = program, resources: Resources = resources) -> None:
            fired: list[object] = []
            view = View(decode(draft), resources, as_of=AS_OF)
            program.run(view, program.applies(view.listing), None, fired, [], [])

        for draft in drafts:
            check(draft)
        gc.collect()
        times = []
        for _ in range(ROUNDS):
            for draft in drafts:
                start = perf_counter_ns()
                check(draft)
                times.append((perf_counter_ns() - start) / 1000)
        middle = statistics.median(times)
        base = base or middle
        table.add(count, round(middle, 1), round(middle / base, 2))
    table.note("Target: from 10 to 1,000 rules less than 15 ×.")
    return table
