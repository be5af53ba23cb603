"""Listings of ten megabytes that were made to be slow: seconds of CPU for the whole pack, by what fills which field."""

from __future__ import annotations

from datetime import date
from time import process_time

import rules
from engine import load_pack
from tests.benchmarks.table import Table

SIZE = 10_000_000
UNITS = [
    "http://a.b/ ", "é", "a", " ", "1234567890 ", "<b>", "case phone ", "n.i.k.e ", "&amp;", "微信", "\u200b", "a@",
    "_.com ", "найк ",
]  # fmt: skip
DAY = date(2026, 11, 27)


def run() -> list[Table]:
    """One table."""
    pack = load_pack(rules.path("aliexpress"))
    clean = dict(pack.baseline["listing"])
    pack.check({**clean, "title": "Chaîne en argent"}, as_of=DAY, fixes=False).to_json()  # loads what is loaded late
    table = Table("A field of 10 MB, seconds of CPU", ["filled with", "title", "description"])
    for unit in UNITS:
        row: list[float] = []
        for field in ("title", "description"):
            text = (unit * (SIZE // len(unit) + 1))[:SIZE]
            begun = process_time()
            pack.check({**clean, field: text}, as_of=DAY, fixes=False).to_json()
            row.append(round(process_time() - begun, 2))
        table.add(repr(unit), *row)
    table.note("Aim: each below 2.")
    return [table]
