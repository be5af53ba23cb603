"""How often the rules of prohibited goods speak up on real titles of honest shops: by rule, with titles to read.

    STOREWARDEN_DATA=… python -m tests.benchmarks goods

Every hit is a candidate for a person to read; the shops of these titles sold ordinary goods, so nearly all are false.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date

import rules
from engine import Listing, load_pack
from tests.benchmarks import real_data
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
SHOWN = int(os.environ.get("STOREWARDEN_SHOWN", "2"))


def titles() -> list[str]:
    """Different titles of all sources, in order; empty where the data are not there."""
    place = real_data.folder()
    if place is None:
        return []
    rows = [*real_data.flipkart(place), *real_data.pricerunner(place)]
    return list(dict.fromkeys([row.title for row in rows] + [style.title for style in real_data.styles(place)]))


def measure(found: list[str]) -> tuple[Counter[str], dict[str, list[tuple[str, str]]]]:
    """Titles hit by each rule, and for each rule (word, title) of every hit."""
    pack = load_pack(rules.path("aliexpress"))
    wanted = {rule.id for rule in pack.rules.values() if rule.id.startswith("PRO")}
    counts: Counter[str] = Counter()
    hits: dict[str, list[tuple[str, str]]] = {}
    for title in found:
        report = pack.check(Listing(title=title), as_of=AS_OF, fixes=False)
        mine = {one.rule: one for one in report.bare_findings if one.rule in wanted}
        counts.update(mine.keys())
        counts["any"] += bool(mine)
        for rule, one in mine.items():
            hits.setdefault(rule, []).append((one.locations[0].text or "", title))
    return counts, hits


def run() -> Table:
    """The table."""
    table = Table("prohibited goods on real titles", ["rule", "titles", "share", "for example"])
    found = titles()
    if not found:
        table.note("no real titles at hand; set STOREWARDEN_DATA")
        return table
    counts, hits = measure(found)
    for rule, count in counts.most_common():
        examples = "; ".join(f"{word}: {title[:60]}" for word, title in hits.get(rule, [])[:SHOWN])
        table.add(rule, count, f"{100 * count / len(found):.4f} %", examples)
    table.note(f"{len(found)} different real titles")
    return table
