"""The text rules on real titles (findings per rule, the sample that was read) and on ten megabytes of nonsense.

`python -m tests.benchmarks.bench_text_rules FILE` writes the sample of docs/reading-200-titles.md as tab-separated
text: row, rule, words, title. The titles are in ../shared/data and are skipped where that is absent.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import rules
from engine import Listing, load_pack
from engine.features import contacts, description, links
from engine.features.scan import hits
from engine.features.view import View
from tests.benchmarks.table import Table

DATA = Path(__file__).parents[3] / "shared" / "data"
AS_OF = date(2026, 11, 23)
SEED = 20261123
QUOTAS = {"LST102": 10, "LST103": 25, "LST104": 27, "LST106": 45, "LST107": 30, "LST114": 10}
QUOTA = 14
TEXT_RULE = re.compile(r"(LST1|TXT1)\d\d\Z")
NONSENSE = {
    "<div style='display:none'> unclosed": "<div style='display:none'>",
    "angle brackets": "<",
    "comments left open": "<!--",
    "quotes left open": '<p style="',
    "at signs": "a@",
    "handlers": " onclick=",
    "addresses": "//a.bc/",
    "entities": "&#119;",
    "words split by tags": "a<b></b>",
    "one word": "a",
}
SIZE = 10_000_000


class Found(NamedTuple):
    """A finding of a text rule on a real title."""

    row: str
    rule: str
    words: list[str]
    title: str


def run() -> list[Table]:
    """Both tables."""
    return [_titles_table(), _nonsense_table()]


def real_titles() -> Iterator[tuple[str, str]]:
    """(row, title) of every different title of the shared data."""
    seen: set[str] = set()
    for row, title in _all_titles():
        if title.strip() and title.strip() not in seen:
            seen.add(title.strip())
            yield row, title


def _all_titles() -> Iterator[tuple[str, str]]:
    with gzip.open(DATA / "titles_category_flipkart.csv.gz", "rt", encoding="utf-8") as file:
        for product in csv.reader(file):
            yield f"flipkart:{product[0][:12]}", product[1]
    styles, names = DATA / "styles_myntra.csv.gz", DATA / "styles_myntra_text.csv.gz"
    with gzip.open(styles, "rt", encoding="utf-8") as left, gzip.open(names, "rt", encoding="utf-8") as right:
        for style, name in zip(csv.DictReader(left), csv.DictReader(right), strict=True):
            yield f"myntra:{style['id']}", name["productDisplayName"]
    with gzip.open(DATA / "offers_pricerunner_half.csv.gz", "rt", encoding="utf-8") as file:
        for offer in csv.DictReader(file):
            yield f"pricerunner:{offer['product_id']}", offer["product_title"]
    for base, column in (("abt-buy", "name"), ("amazon-google", "title")):
        for part in ("train", "valid", "test"):
            with gzip.open(DATA / f"pairs_{base}_{part}.txt.gz", "rt", encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    for side, cell in zip("ab", line.rstrip("\n").split("\t")[:2], strict=False):
                        match = re.search(rf"COL {column} VAL (.*?) COL ", cell)
                        if match:
                            yield f"{base}-{part}:{number}{side}", match.group(1)


def findings() -> list[Found]:
    """Every finding of the text rules on the real titles, each as an English listing with a plain description."""
    pack = load_pack(rules.path("aliexpress"))
    found = []
    for row, title in real_titles():
        listing = Listing(id=row, marketplace="aliexpress", locale="en", title=title, description="<p>" + "x " * 80)
        for finding in pack.check(listing, as_of=AS_OF, fixes=False).findings:
            if TEXT_RULE.match(finding.rule):
                words = [place.text or "" for place in finding.locations]
                found.append(Found(row, finding.rule, words[:8], title))
    return found


def sample(found: list[Found]) -> list[Found]:
    """The findings that were read: a quota for each rule, drawn by a fixed seed."""
    chosen = random.Random(SEED)
    drawn: list[Found] = []
    for rule in sorted({item.rule for item in found}):
        pool = sorted((item for item in found if item.rule == rule), key=lambda item: item.row)
        quota = QUOTAS.get(rule, QUOTA)
        drawn += chosen.sample(pool, quota) if len(pool) > quota else pool
    return drawn


def _titles_table() -> Table:
    table = Table("Findings of the text rules on real titles", ["rule", "findings", "per 1,000 titles"])
    if not DATA.is_dir():
        table.note("skipped: ../shared/data is not here")
        return table
    count = sum(1 for _ in real_titles())
    found = findings()
    for rule in sorted({item.rule for item in found}):
        number = sum(item.rule == rule for item in found)
        table.add(rule, number, round(1000 * number / count, 2))
    table.note(f"{count} different titles; a reader's verdicts are in docs/reading-200-titles.md")
    return table


def _nonsense_table() -> Table:
    """Seconds that each reader of a description takes; the shared scan of the words is counted apart."""
    resources = load_pack(rules.path("aliexpress")).resources
    measures = {
        "text": description.description_text_length,
        "repeats": description.description_repeated_sentence_count,
        "links": links.description_links,
        "scan": hits,
        "elements": description.description_unsafe_elements,
        "hidden": description.description_hidden_texts,
        "contacts": contacts.text_contacts,
    }
    table = Table("Seconds on a description of 10 MB", ["of nothing but", *measures, "in all"])
    for name, part in NONSENSE.items():
        view = View(Listing(description=part * (SIZE // len(part))), resources, as_of=AS_OF)
        spent = []
        for measure in measures.values():
            start = perf_counter()
            measure(view)
            spent.append(perf_counter() - start)
        table.add(name, *[round(seconds, 2) for seconds in spent], round(sum(spent), 2))
    return table


if __name__ == "__main__":
    lines = ["\t".join([item.row, item.rule, ", ".join(item.words), item.title]) for item in sample(findings())]
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
