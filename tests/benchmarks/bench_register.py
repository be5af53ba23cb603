"""Registers of marks by size: how long the index takes to build, its memory, and titles and listings read a second.

    STOREWARDEN_DATA=… python -m tests.benchmarks register

Each size runs in a process of its own. The marks beside the shipped ones are invented coined names, every third of two
words, all of the tier that is searched in every way. STOREWARDEN_BENCH_MARKS sets the largest size (500,000).
"""

from __future__ import annotations

import os
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from random import Random
from time import process_time

import msgspec

import rules
from engine import Listing, load_pack
from engine.features.mark_hits import mark_hits
from engine.features.texts import texts
from engine.features.view import View
from engine.marks.matcher import Matcher
from engine.marks.model import Mark
from tests.benchmarks import real_data
from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

AS_OF = date(2026, 11, 27)
SIZES = (1_000, 5_000, 50_000, 500_000)
TITLES, LISTINGS = 4_000, 400


def run() -> Table:
    """The table."""
    table = Table(
        "Registers of marks, one core", ["marks", "build s", "MB", "titles/s", "listings/s", "× titles/s of 5,000"]
    )
    most = int(os.environ.get("STOREWARDEN_BENCH_MARKS", "500000"))
    rows = []
    for size in SIZES:
        if size <= most:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                rows.append(pool.submit(measure, size).result())
    base = next((titles for size, _, _, titles, _, _ in rows if size == 5_000), None)
    for size, build, memory, titles, listings, length in rows:
        table.add(size, round(build, 2), memory, titles, listings, round(titles / base, 2) if base else None)
        table.note(f"{size}: {length} characters of text a listing") if size == SIZES[0] else None
    table.note("Asked: 10,000 titles and 1,500 listings of 2 KB a second with 5,000 marks, half of that with 500,000, ")
    table.note("a build of less than 10 s. MB: the whole process, pack and titles included.")
    return table


def measure(size: int) -> tuple[int, float, int, int, int, int]:
    """(marks, seconds to build, MB, titles a second, listings a second, characters of a listing)."""
    pack = load_pack(rules.path("aliexpress"))
    shipped = pack.resources.matcher
    assert shipped is not None
    marks = [*shipped.marks[:size], *(Mark(names=(name,), owner=name) for name in _names(size - len(shipped.marks)))]
    begun = process_time()
    matcher = Matcher(marks, shipped.words)
    build = process_time() - begun
    titles, drafts = _titles(), [msgspec.json.decode(draft, type=Listing) for draft in encoded(LISTINGS)]
    resources = replace(pack.resources, matcher=matcher)
    views = [View(draft, resources, as_of=AS_OF) for draft in drafts]
    length = sum(len(field.text) for view in views for field in texts(view)) // len(views)
    for title in titles[:500]:
        matcher.find(title)
    begun = process_time()
    for title in titles:
        matcher.find(title)
    by_title = len(titles) / (process_time() - begun)
    begun = process_time()
    for view in views:
        mark_hits(view)
    by_listing = len(views) / (process_time() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return size, build, memory, round(by_title), round(by_listing), length


def _names(count: int) -> list[str]:
    rng = Random(7)
    syllables = [one + other for one in "bcdfghklmnprstvz" for other in "aeiou"] + ["an", "er", "ol", "ix", "um", "on"]
    found: dict[str, None] = {}
    while len(found) < count:
        name = "".join(rng.choices(syllables, k=rng.randint(3, 5))).capitalize()
        if rng.random() < 1 / 3:
            name += " " + "".join(rng.choices(syllables, k=rng.randint(2, 3))).capitalize()
        found[name] = None
    return list(found)


def _titles() -> list[str]:
    place = real_data.folder()
    if place is None:
        return [msgspec.json.decode(draft, type=Listing).title or "" for draft in encoded(TITLES)]
    return [row.title for row in real_data.flipkart(place)[:TITLES]]
