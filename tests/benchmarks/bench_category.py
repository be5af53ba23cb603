"""How well a wrong category, and an attribute that contradicts the title, are found on real titles.

`python -m tests.benchmarks.bench_category [--json FILE] [--rows N]`, or `python -m tests.benchmarks category`.

Out of the box nothing is fitted: the source's classes are mapped to ours, 5 % of the rows get another class, and the
lead of the best other category (`category.margin`) ranks them. Fitted: the model of `storewarden train category` on
four fifths of the rows, judged on the fifth that was held out.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from time import process_time

import rules
from engine import Listing, load_pack
from engine.facts import Attribute
from engine.features.category_scores import quick, ranking, verdict
from engine.features.contradictions import attributes_contradictions
from engine.features.resources import Resources
from engine.features.view import View
from engine.training.category import area, train_category
from tests.benchmarks import real_data
from tests.benchmarks.real_data import Row
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 23)
ROWS = 3_000
SWAPPED = 0.05
SEED = 11
LEAD = 0.5
"""The margin from which rule LST204 speaks."""

Reader = Callable[[Path], list[Row]]
SOURCES: tuple[tuple[str, Reader], ...] = (
    ("Flipkart", real_data.flipkart),
    ("Myntra", real_data.myntra),
    ("PriceRunner", real_data.pricerunner),
)


def run(count: int = ROWS) -> list[Table]:
    """All tables; one with a note alone where the data are absent."""
    place = real_data.folder()
    if place is None:
        table = Table("Title against category on real titles", ["data"])
        table.note("Skipped: set STOREWARDEN_DATA to the folder with the public title data.")
        return [table]
    resources = load_pack(rules.path("aliexpress")).resources
    return [
        _out_of_the_box(place, resources, count),
        _fitted(place),
        _contradictions(place, resources, count * 4),
        _speed(place, resources),
    ]


def _view(resources: Resources, title: str, category: str | None) -> View:
    return View(Listing(title=title, category_id=category), resources, as_of=AS_OF)


def _lead(resources: Resources, row: Row, right: Sequence[str]) -> float:
    """How far the best other category beats the best of those that the listing may stand in (unclipped)."""
    leads = []
    for category in right:
        found = verdict(_view(resources, row.title, category))
        if found is not None:
            leads.append(found.best_share - found.own if found.best is not None else -1.0)
    return min(leads)


def _out_of_the_box(place: Path, resources: Resources, count: int) -> Table:
    table = Table(
        "Wrong category, out of the box (5 % of the rows swapped)",
        ["source", "rows", "mapped", "AUC", f"precision at {LEAD}", "recall", "false alarms", "top-1"],
    )
    nodes = resources.taxonomy.nodes
    for name, read in SOURCES:
        everything = read(place)
        mapped = [row for row in everything if row.right and all(node in nodes for node in row.right)]
        chance = random.Random(SEED)
        rows = chance.sample(mapped, min(count, len(mapped)))
        classes = sorted({row.right for row in rows})
        wrong, right = [], []
        for row in rows:
            if chance.random() < SWAPPED:
                others = [other for other in classes if _apart(resources, other, row.right)]
                wrong.append(_lead(resources, row, chance.choice(others)))
            else:
                right.append(_lead(resources, row, row.right))
        hits = sum(_top(resources, row) for row in rows)
        told, false = sum(lead >= LEAD for lead in wrong), sum(lead >= LEAD for lead in right)
        table.add(
            name,
            len(rows),
            f"{len(mapped) / len(everything):.1%}",
            f"{area(wrong, right) or 0:.4f}",
            f"{told / max(told + false, 1):.3f}",
            f"{told / max(len(wrong), 1):.3f}",
            f"{false / max(len(right), 1):.2%}",
            f"{hits / len(rows):.3f}",
        )
    table.note("Several of our leaves may be right for a class of the source: the row counts as right in any of them.")
    table.note("Precision is on 5 % wrong rows; many false alarms are rows whose own source class is odd.")
    return table


def _apart(resources: Resources, one: Sequence[str], other: Sequence[str]) -> bool:
    below = resources.taxonomy.below
    nodes = resources.taxonomy.nodes
    mine = {leaf for name in one for leaf in below(nodes[name])}
    return mine.isdisjoint(leaf for name in other for leaf in below(nodes[name]))


def _top(resources: Resources, row: Row) -> bool:
    """Whether the best leaf is one of the right ones."""
    shares = ranking(_view(resources, row.title, None)).probabilities
    if not shares:
        return False
    best = max(shares, key=lambda leaf: shares[leaf])
    return any(best in resources.taxonomy.below(resources.taxonomy.nodes[name]) for name in row.right)


def _fitted(place: Path) -> Table:
    table = Table(
        "Wrong category, model fitted to the source (80 % to train, 20 % judged, 5 % swapped)",
        ["source", "rows", "classes", "accuracy", "macro-F1", "AUC", "model kB"],
    )
    for name, read in SOURCES:
        rows = [(row.title, row.label) for row in read(place)]
        with tempfile.TemporaryDirectory() as folder:
            report = train_category(rows, Path(folder) / "model.npz")
        table.add(
            name,
            report.rows,
            report.categories,
            f"{report.accuracy:.3f}",
            f"{report.macro_f1:.3f}",
            f"{report.swap_auc or 0:.4f}",
            report.bytes // 1000,
        )
    table.note("Titles that occur twice in a class count once; classes with fewer than five titles are left out.")
    return table


def _contradictions(place: Path, resources: Resources, count: int) -> Table:
    table = Table(
        "Attributes that contradict the title (Myntra; 5 % of colours and of genders replaced by another row's)",
        [
            "attribute",
            "rows",
            "replaced",
            "found",
            "also told",
            "precision against labels",
            "recall",
            "clean rows told",
        ],
    )
    styles = real_data.styles(place)
    chance = random.Random(SEED)
    rows = chance.sample(styles, min(count, len(styles)))
    tally = {"color": [0, 0, 0], "gender": [0, 0, 0]}
    for style in rows:
        given = {"color": style.color, "gender": style.gender}
        true = dict(given)
        for kind in given:
            if chance.random() < SWAPPED:
                given[kind] = getattr(chance.choice(styles), kind)
        listing = Listing(
            title=style.title,
            attributes=(Attribute(name="Color", value=given["color"]), Attribute(name="Gender", value=given["gender"])),
        )
        told = {item.kind for item in attributes_contradictions(View(listing, resources, as_of=AS_OF))}
        for kind, counts in tally.items():
            is_replaced = given[kind] != true[kind]
            counts[0] += is_replaced
            counts[1] += is_replaced and kind in told
            counts[2] += not is_replaced and kind in told
    for kind, (replaced, found, also) in tally.items():
        table.add(
            kind,
            len(rows),
            replaced,
            found,
            also,
            f"{found / max(found + also, 1):.3f}",
            f"{found / max(replaced, 1):.3f}",
            f"{also / max(len(rows) - replaced, 1):.2%}",
        )
    table.note(
        "Also told: rows nobody touched. Most are errors of the source (a Navy Blue Shirt whose colour is White);"
    )
    table.note("docs/reading-contradictions.md has what a reader decided on a sample of them.")
    return table


def _speed(place: Path, resources: Resources) -> Table:
    table = Table("Titles a second, one core (processor time)", ["path", "titles", "per second"])
    rows = [row for row in real_data.myntra(place) if row.right and row.right[0] in resources.taxonomy.nodes][:3_000]
    resources.taxonomy.linear  # noqa: B018  built before the clock starts
    for name, work, amount in (("quick agreement", quick, 3_000), ("full ranking", ranking, 600)):
        views = [_view(resources, row.title, row.right[0]) for row in rows[:amount]]
        work(_view(resources, rows[0].title, rows[0].right[0]))
        start = process_time()
        for view in views:
            work(view)
        table.add(name, len(views), round(len(views) / max(process_time() - start, 1e-9)))
    return table


def main(arguments: list[str]) -> int:
    """Print the tables; `--json FILE` writes them too."""
    count = int(arguments[arguments.index("--rows") + 1]) if "--rows" in arguments else ROWS
    tables = run(count)
    for table in tables:
        print(table.text() + "\n")
    if "--json" in arguments:
        target = Path(arguments[arguments.index("--json") + 1])
        target.write_text(
            json.dumps([table.data() for table in tables], indent=1, ensure_ascii=False), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
