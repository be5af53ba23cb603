"""Duplicates: fitted to labelled pairs and to offers of known products, injected into real titles, and at scale.

STOREWARDEN_BENCH_TITLES sets how many titles the scale table goes up to (1,000,000 for the full run).
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import rules
from engine import load_pack
from engine.duplicates import Card, Catalogue, PairModel, make_card
from engine.duplicates.blocking import candidates
from engine.duplicates.words import WordTable
from engine.training.duplicates import Labelled, candidate_pairs, fit_pairs
from tests.benchmarks.real_data import folder, pricerunner
from tests.benchmarks.table import Table

PROMOTIONS = ("Hot Sale", "New", "Free Shipping", "High Quality", "Best")
FIELD = re.compile(r"COL (\w+) VAL (.*?)(?= COL |$)")


def run() -> list[Table]:
    """The tables; those on real data only where it is at hand."""
    place = folder()
    tables = [] if place is None else [_fitted(place), _injected(place)]
    return [*tables, _scale(place)]


def _f1(found: int, told: int, there: int) -> tuple[float, float, float]:
    precision, recall = found / max(told, 1), found / max(there, 1)
    return round(precision, 3), round(recall, 3), round(2 * found / max(told + there, 1), 3)


# Fitted ----------------------------------------------------------------------------------------------------------


def _fitted(place: Path) -> Table:
    table = Table(
        "Pairs told by a fitted model, on pairs it has not seen", ["data", "precision", "recall", "F1", "asked"]
    )
    for name, asked in (("abt-buy", 0.85), ("amazon-google", 0.74)):
        table.add(name, *_labelled(place, name), asked)
    table.add("pricerunner, clusters", *_offers(place), 0.75)
    table.note("18 cheap features and gradient boosting reached .803, .704 and .69 on the same data.")
    return table


def _labelled(place: Path, name: str) -> tuple[float, float, float]:
    numbers: dict[str, int] = {}
    cards: list[Card] = []

    def number(text: str) -> int:
        if text not in numbers:
            numbers[text] = len(cards)
            found = {key: value.strip() for key, value in FIELD.findall(text)}
            digits = re.sub("[^0-9.]", "", found.get("price", ""))
            cards.append(
                make_card(
                    str(len(cards)),
                    found.get("title") or found.get("name") or "",
                    text=found.get("description", ""),
                    brand=found.get("manufacturer", ""),
                    price=float(digits) if digits.count(".") <= 1 and digits.strip(".") else None,
                )
            )
        return numbers[text]

    def read(split: str) -> list[Labelled]:
        with gzip.open(place / f"pairs_{name}_{split}.txt.gz", "rt", encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
        return [Labelled(number(left), number(right), label == "1") for left, right, label in rows]

    learnt, held = [*read("train"), *read("valid")], read("test")
    model, _ = fit_pairs(cards, learnt)
    catalogue = Catalogue.of(cards, model)
    told = [model.score(catalogue.compare(p.left, p.right)).probability >= model.duplicate for p in held]
    right = sum(one and pair.same for one, pair in zip(told, held, strict=True))
    return _f1(right, sum(told), sum(pair.same for pair in held))


def _offers(place: Path) -> tuple[float, float, float]:
    with gzip.open(place / "offers_pricerunner_half.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    products = sorted({row["cluster_id"] for row in rows})
    random.Random(3).shuffle(products)
    learnt = set(products[: len(products) // 2])

    def side(keep: bool) -> tuple[list[Card], list[str]]:
        kept = [row for row in rows if (row["cluster_id"] in learnt) == keep]
        return [make_card(row["product_id"], row["product_title"]) for row in kept], [row["cluster_id"] for row in kept]

    cards, truth = side(True)
    model, _ = fit_pairs(cards, candidate_pairs(cards, truth))
    cards, truth = side(False)
    catalogue = Catalogue.of(cards, model)
    groups = [Counter(truth[number] for number in group) for group in catalogue.clusters(catalogue.matches())]

    def pairs(count: int) -> int:
        return count * (count - 1) // 2

    right = sum(pairs(count) for group in groups for count in group.values())
    told = sum(pairs(sum(group.values())) for group in groups)
    return _f1(right, told, sum(pairs(count) for count in Counter(truth).values()))


# Injected --------------------------------------------------------------------------------------------------------


def _injected(place: Path) -> Table:
    """Near copies of a tenth of real titles, by the shipped model; titles like another one are left out first."""
    chance = random.Random(5)
    with gzip.open(place / "titles_category_flipkart.csv.gz", "rt", encoding="utf-8") as lines:
        titles = sorted({row[1] for row in csv.reader(lines) if len(row[1].split()) >= 6})
    model = _shipped()
    titles = _unlike(titles, model)
    chosen = chance.sample(range(len(titles)), len(titles) // 10)
    copies = [_near(titles[number], chance) for number in chosen]
    prices = [chance.uniform(2, 80) for _ in titles]
    cards = [make_card(str(n), title, price=price) for n, (title, price) in enumerate(zip(titles, prices, strict=True))]
    truth = {(number, len(titles) + place) for place, number in enumerate(chosen)}
    cards += [
        make_card(str(len(titles) + n), title, price=prices[chosen[n]] * chance.choice((1, 1, 0.98, 1.03)))
        for n, title in enumerate(copies)
    ]
    catalogue = Catalogue.of(cards, model)
    told = {(match.left, match.right) for match in catalogue.matches() if match.relation == "duplicate"}
    table = Table(
        "Near copies injected into real titles, by the shipped model", ["titles", "precision", "recall", "F1"]
    )
    table.add(len(cards), *_f1(len(told & truth), len(told), len(truth)))
    table.note("Copies: words swapped, dropped, misspelt, in capitals, with promotions; the same price or 3 % off.")
    return table


def _shipped() -> PairModel:
    model = load_pack(rules.path("aliexpress")).pair_model
    assert model is not None
    return model


def _unlike(titles: Sequence[str], model: PairModel) -> list[str]:
    """Real titles hold near copies of their own, which nobody labelled."""
    catalogue = Catalogue.of([make_card(str(n), title) for n, title in enumerate(titles)], model)
    twins = {match.right for match in catalogue.matches() if match.score.probability >= model.review}
    return [title for number, title in enumerate(titles) if number not in twins]


def _near(title: str, chance: random.Random) -> str:
    words = title.split()
    at = chance.randrange(len(words) - 1)
    match chance.randrange(5):
        case 0:
            words[at], words[at + 1] = words[at + 1], words[at]
        case 1:
            words.insert(0, chance.choice(PROMOTIONS))
        case 2:
            word = words[at]
            if len(word) > 4 and word.isalpha():
                words[at] = word[:2] + word[3] + word[2] + word[4:]
        case 3:
            words = [word.upper() for word in words] + [chance.choice(PROMOTIONS)]
        case _:
            words.pop(at)
    return " ".join(words)


# Scale -----------------------------------------------------------------------------------------------------------


def _scale(place: Path | None) -> Table:
    most = int(os.environ.get("STOREWARDEN_BENCH_TITLES", "100000"))
    table = Table(
        "Duplicates of many titles, one core", ["titles", "table s", "candidates s", "pairs", "scored s", "MB"]
    )
    model = _shipped()
    make = _titles(place)
    for count in sorted({most // 10, most}):
        titles = make(count)
        started = time.perf_counter()
        words = WordTable(titles)
        tabled = time.perf_counter()
        found = candidates(words, model.blocking)
        blocked = time.perf_counter()
        catalogue = Catalogue(titles, lambda number, titles=titles: make_card(str(number), titles[number]), model)
        catalogue.__dict__["candidates"] = found
        matches = sum(1 for _ in catalogue.matches())
        done = time.perf_counter()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        cells = (
            round(tabled - started, 1),
            round(blocked - tabled, 1),
            len(found.left),
            round(done - blocked, 1),
            memory,
        )
        table.add(count, *cells)
        table.note(f"{count:,} titles: {matches:,} pairs are more than different")
    return table


def _titles(place: Path | None) -> Callable[[int], list[str]]:
    """Real titles with three words changed each, or invented ones."""
    chance = random.Random(1)
    base = [row.title for row in pricerunner(place)] if place is not None else []
    base = base or [f"Maker{n % 97} Thing{n % 89} Model{n} Colour{n % 11} Size{n % 13}" for n in range(20_000)]
    vocabulary = sorted({word for title in base for word in title.split()})

    def make(count: int) -> list[str]:
        found = []
        for _ in range(count):
            words = chance.choice(base).split()
            for _ in range(3):
                words[chance.randrange(len(words))] = chance.choice(vocabulary)
            found.append(" ".join(words))
        return found

    return make
