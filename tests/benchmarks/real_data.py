"""Real titles with their categories, outside of the repository: read where they are there, skipped where not."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

MAPS = Path(__file__).parent / "maps"
REPOSITORY = Path(__file__).parents[2]


class Row(NamedTuple):
    """A title, the class of its source, and our ids that are right for it (leaves, groups or industries)."""

    title: str
    label: str
    right: tuple[str, ...]


def folder() -> Path | None:
    """Where the data are: STOREWARDEN_DATA, else shared/data beside the repository; None when absent."""
    place = Path(os.environ.get("STOREWARDEN_DATA", REPOSITORY.parent / "shared" / "data"))
    return place if place.is_dir() else None


def _open(place: Path, name: str) -> Iterator[list[str]]:
    with gzip.open(place / name, "rt", encoding="utf-8") as file:
        yield from csv.reader(file)


def _map(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((MAPS / f"{name}.yaml").read_text(encoding="utf-8"))["map"]
    return entries


def _by_path(name: str, path: list[str], known: dict[str, dict[tuple[str, ...], tuple[str, ...]]]) -> tuple[str, ...]:
    if name not in known:
        known[name] = {tuple(entry["path"]): tuple(entry["to"]) for entry in _map(name)}
    for length in range(len(path), 0, -1):
        found = known[name].get(tuple(path[:length]))
        if found is not None:
            return found
    return ()


def flipkart(place: Path) -> list[Row]:
    """Titles by the top class; our ids by the longest mapped path."""
    known: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {}
    rows = []
    for record in _open(place, "titles_category_flipkart.csv.gz"):
        path = json.loads(record[2])[0].split(" >> ")
        rows.append(Row(record[1], path[0], _by_path("flipkart", path, known)))
    return rows


def pricerunner(place: Path) -> list[Row]:
    """Offers by their category label."""
    known: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {}
    records = _open(place, "offers_pricerunner_half.csv.gz")
    next(records)
    return [Row(record[1], record[6], _by_path("pricerunner", [record[6]], known)) for record in records]


class Style(NamedTuple):
    """One row of the fashion data."""

    title: str
    article: str
    gender: str
    color: str


def styles(place: Path) -> list[Style]:
    """Title, class, gender and colour of the fashion data."""
    facts = _open(place, "styles_myntra.csv.gz")
    texts = _open(place, "styles_myntra_text.csv.gz")
    next(facts), next(texts)
    return [Style(text[0] if text else "", fact[4], fact[1], fact[5]) for fact, text in zip(facts, texts, strict=True)]


def myntra(place: Path) -> list[Row]:
    """Titles by articleType; our ids by articleType and gender."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in _map("myntra"):
        entries.setdefault(entry["articleType"], []).append(entry)
    rows = []
    for style in styles(place):
        fitting = (e for e in entries.get(style.article, ()) if e.get("gender") in (None, style.gender))
        found = next(fitting, None)
        rows.append(Row(style.title, style.article, tuple(found["to"]) if found else ()))
    return rows
