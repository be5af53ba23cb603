"""Ordinary words that are marks: how often a word of a title that the rule calls a brand is one.

    STOREWARDEN_DATA=… python -m tests.benchmarks word_marks

There is no brand column in the data, so it is read off: at Flipkart from the category path, whose last nodes say whose
goods they are ("Shorts >> Alisha Shorts"), at Myntra from what stands before "Men", "Women" … in five titles or more.
Every brand of one word that people use (Zipf frequency 3.5 or more) becomes a mark of the measurement. "Plain" calls
each such word a brand, "first" each that heads the title.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from wordfreq import zipf_frequency

import rules
from engine import Listing, Pack, load_pack
from engine.features.view import View
from engine.marks.matcher import Matcher
from engine.marks.model import Mark
from tests.benchmarks import real_data
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 27)
ORDINARY = 3.5
WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")
AUDIENCES = frozenset(["men", "women", "unisex", "kids", "boys", "girls", "men's", "women's", "boy's", "girl's"])
NO_BRANDS = frozenset(
    ["women's", "men's", "kids'", "wrist", "gardening", "hand", "wall", "pet", "car", "table", "laptop", "bike",
     "storage", "seating", "bedroom", "artificial", "cm", "hrs", "protector", "imported", "generic"]
)  # fmt: skip
"""What the path says before the goods that is nobody's brand."""
Labelled = tuple[str, str]
"""A title and its brand in small letters."""


def run() -> Table:
    """The table."""
    table = Table(
        "Words that are marks, against a brand column read off",
        ["source", "method", "marks", "titles", "precision", "recall"],
    )
    place = real_data.folder()
    if place is None:
        table.note("no real titles at hand; set STOREWARDEN_DATA")
        return table
    pack = load_pack(rules.path("aliexpress"))
    for source, rows in (("Flipkart", flipkart(place)), ("Myntra", myntra(place))):
        brands = Counter(brand for _, brand in rows)
        marks = sorted(one for one in brands if one.isalpha() and zipf_frequency(one, "en") >= ORDINARY)
        said = _by_rule(pack, marks, rows)
        for method, chosen in (
            ("plain", lambda title, word: True),
            ("first", lambda title, word: WORD.findall(title.lower())[:1] == [word]),
            ("IPR109", lambda title, word, said=said: (title, word) in said),
        ):
            precision, recall = _measured(rows, marks, chosen)
            table.add(source, method, len(marks), len(rows), f"{precision:.3f}", f"{recall:.3f}")
    table.note("Asked: precision .80 at recall .70. No mark has a class and no title a category here.")
    return table


def _by_rule(pack: Pack, marks: Iterable[str], rows: Iterable[Labelled]) -> set[tuple[str, str]]:
    matcher = Matcher([Mark(names=(one,), owner=one, tier="word_like") for one in marks], pack.resources.matcher.words)  # type: ignore[union-attr]
    resources = replace(pack.resources, matcher=matcher)
    program = pack.program("listing", AS_OF)
    index = program.by_id["IPR109"]
    found = set()
    for title, _ in rows:
        view = View(Listing(title=title), resources, as_of=AS_OF)
        fired: list = []
        program.run(view, program.applies(view.listing), None, fired, [], [])
        found |= {(title, item.brand) for number, item, _ in fired if number == index}
    return found


def _measured(rows: Iterable[Labelled], marks: Iterable[str], said: Callable[[str, str], bool]) -> tuple[float, float]:
    right = wrong = missed = 0
    known = frozenset(marks)
    for title, brand in rows:
        for word in set(WORD.findall(title.lower())) & known:
            is_brand, is_said = brand == word, said(title, word)
            right, wrong, missed = (
                right + (is_brand and is_said), wrong + (is_said and not is_brand), missed + (is_brand and not is_said)
            )  # fmt: skip
    return right / max(right + wrong, 1), right / max(right + missed, 1)


def flipkart(place: Path) -> list[Labelled]:
    """Titles whose path says a brand."""
    with gzip.open(place / "titles_category_flipkart.csv.gz", "rt", encoding="utf-8") as file:
        rows = [(row[1], json.loads(row[2])[0].split(" >> ")) for row in csv.reader(file)]
    nodes = Counter(node for _, path in rows for node in path[:-2])
    found = []
    for title, path in rows:
        for goods, owned in list(pairwise(path))[-2:]:
            brand = owned[: -len(goods) - 1].lower()
            if owned.endswith(" " + goods) and not nodes[owned] and brand not in NO_BRANDS:
                found.append((title, brand))
                break
    return found


def myntra(place: Path) -> list[Labelled]:
    """Titles of which the words before the audience are those of others too: the longest that keeps most of them."""
    titles = [style.title for style in real_data.styles(place)]
    heads: Counter[tuple[str, ...]] = Counter()
    split: list[tuple[str, list[str]]] = []
    for title in titles:
        words = WORD.findall(title.lower())
        end = next((at for at, word in enumerate(words) if word in AUDIENCES), 0)
        split.append((title, words[:end]))
        heads.update(tuple(words[:size]) for size in range(1, end + 1))
    found = []
    for title, words in split:
        size = 1
        while size < len(words) and heads[tuple(words[: size + 1])] >= 0.6 * heads[tuple(words[:size])]:
            size += 1
        if words and heads[tuple(words[:size])] >= 5:
            found.append((title, " ".join(words[:size])))
    return found
