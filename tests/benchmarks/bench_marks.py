"""Marks in disguise: how many of each kind of trick are found, and how often an honest title is taken for one.

    STOREWARDEN_DATA=… python -m tests.benchmarks marks

Every mark of the register is attacked by every trick in titles of nine languages; "unseen" are brand names that are in
no register of ours, put into one for the measurement. The tables that find tricks and those that make them were written
apart. Half of the marks and half of the titles ("held out") were not looked at while the matcher was tuned. A mark of
one word in an attacked name of several (Ford in Ford Motor) counts as found: it is what was left plain.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from time import process_time
from zlib import crc32

import rules
from engine import load_pack
from engine.marks.matcher import Matcher
from engine.marks.model import Mark
from engine.precision import precision
from tests.benchmarks import real_data
from tests.benchmarks.attacks import CARRIERS, COMBINED, REVIEW, TRICKS, Attack, combined
from tests.benchmarks.table import Table

SEED = 20261127
SHOWN = int(os.environ.get("STOREWARDEN_SHOWN", "0"))
UNSEEN = 500
SHORTEST = 4
"""Letters of a name that a trick is done to: shorter ones are told from chance by nothing."""


def run() -> list[Table]:
    """Recall by trick for our marks and for unseen ones, then what is said of honest titles."""
    pack = load_pack(rules.path("aliexpress"))
    known = pack.resources.matcher
    assert known is not None
    tables = [_recall("Marks of the register, each trick in nine languages", known, _names(known.marks))]
    place = real_data.folder()
    if place is None:
        tables[-1].note("no real titles and brand names at hand; set STOREWARDEN_DATA")
        return tables
    fresh = _unseen(place, known)
    unseen = Matcher([*known.marks, *(Mark(names=(name,), owner=name) for name in fresh)], known.words)
    tables.append(_recall(f"{len(fresh)} brand names of no register of ours", unseen, [(name, name) for name in fresh]))
    tables.append(_honest(place, known))
    return tables


def _names(marks: Iterable[Mark]) -> list[tuple[str, str]]:
    """(what is written, the mark's first name): every Latin first name that is long enough for a trick."""
    return [(mark.names[0], mark.names[0]) for mark in marks if _letters(mark.names[0]) >= SHORTEST]


def _letters(name: str) -> int:
    return sum(char.isascii() and char.isalpha() for char in name)


def _unseen(place: Path, known: Matcher) -> list[str]:
    """Coined brand names from public lists that our register does not hold."""
    ours = {name.lower() for mark in known.marks for name in mark.names}
    lines = (place / "brands_name_suggestion_index.txt").read_text(encoding="utf-8").splitlines()
    names = [line.split("\t")[0].strip() for line in lines]
    coined = [
        name
        for name in dict.fromkeys(names)
        if name.isascii() and name.isalpha() and 5 <= len(name) <= 12 and name.lower() not in ours
        and name.lower() not in known.words and not known.is_word(name)
    ]  # fmt: skip
    return sorted(Random(SEED).sample(coined, min(UNSEEN, len(coined))))


def is_held_out(text: str) -> bool:
    """Half of everything, by its letters alone."""
    return bool(crc32(text.encode()) & 1)


def _recall(title: str, matcher: Matcher, names: Sequence[tuple[str, str]]) -> Table:
    table = Table(
        title, ["trick", "n", "found", "recall", "held out", "95 % interval", "exact span", "weakest language"]
    )
    attacks: dict[str, Attack] = {**TRICKS, **{f"{a} + {b}": combined(a, b) for a, b in COMBINED}, **REVIEW}
    for trick, attack in attacks.items():
        _row(table, trick, attack, matcher, names)
    written = [
        (name, mark.names[0])
        for mark in matcher.marks
        for name in mark.names[1:]
        if not name.isascii() and not _letters(name)
    ]
    if len(written) > 50 and matcher.marks[0].names[0] == names[0][1]:
        _row(table, "transliteration", lambda name, _: name, matcher, written)
    table.note("Asked: .98 for each trick; .80 for typo and glued.")
    return table


def _row(table: Table, trick: str, attack: Attack, matcher: Matcher, names: Sequence[tuple[str, str]]) -> None:
    rng = Random(f"{SEED} {trick}")
    tried = found = exact = held = held_found = 0
    by_language: dict[str, list[int]] = {}
    missed: list[str] = []
    for name, mark in names:
        for language, carriers in CARRIERS.items():
            written = attack(name, rng)
            if written is None or (trick == "typo" and _letters(name) < 6) or (trick == "glued" and _letters(name) < 5):
                continue
            before, _, after = rng.choice(carriers).partition("{}")
            text, start = before + written + after, len(before)
            hits = [hit for hit in matcher.find(text) if hit.start < start + len(written) and start < hit.end]
            is_hit = any(mark in hit.mark.names or hit.name.lower() in mark.lower().split() for hit in hits)
            tried, found = tried + 1, found + is_hit
            exact += any((hit.start, hit.end) == (start, start + len(written)) for hit in hits)
            counted = by_language.setdefault(language, [0, 0])
            counted[0] += 1
            counted[1] += is_hit
            if is_held_out(mark):
                held, held_found = held + 1, held_found + is_hit
            elif not is_hit:
                missed.append(f"{name}: {text}")
    if not tried:
        return
    held_out = precision(held_found, held)
    low, high = held_out.low or 0.0, 1.0 if held_out.high is None else held_out.high
    weakest = min(by_language, key=lambda language: by_language[language][1] / by_language[language][0])
    share = by_language[weakest][1] / by_language[weakest][0]
    table.add(
        trick, tried, found, f"{found / tried:.3f}", f"{held_found / max(held, 1):.3f}", f"{low:.3f}–{high:.3f}",
        f"{exact / max(found, 1):.3f}", f"{weakest} {share:.3f}",
    )  # fmt: skip
    for line in islice(rng.sample(missed, min(len(missed), SHOWN)), SHOWN):
        table.note(f"missed {trick}: {line}")


def _honest(place: Path, matcher: Matcher) -> Table:
    """Real titles that say no mark of ours: whatever is found in them is false."""
    rows = [*real_data.flipkart(place), *real_data.pricerunner(place)]
    titles = list(dict.fromkeys([row.title for row in rows] + [style.title for style in real_data.styles(place)]))
    table = Table("Real titles", ["titles", "n", "with a mark", "tricked", "share", "near", "share", "titles/s"])
    for label, chosen in (
        ("looked at", [title for title in titles if not is_held_out(title)]),
        ("held out", [title for title in titles if is_held_out(title)]),
    ):
        begun = process_time()
        found = [(title, matcher.find(title)) for title in chosen]
        seconds = process_time() - begun
        honest = [(title, hits) for title, hits in found if not any(hit.kind == "plain" for hit in hits)]
        tricked = [(title, hits) for title, hits in honest if any(hit.kind == "tricked" for hit in hits)]
        near = [(title, hits) for title, hits in honest if any(hit.kind == "near" for hit in hits)]
        table.add(
            label, len(honest), len(chosen) - len(honest), len(tricked), f"{len(tricked) / len(honest):.4%}",
            len(near), f"{len(near) / len(honest):.4%}", round(len(chosen) / seconds),
        )  # fmt: skip
        for title, hits in [*tricked, *near][: SHOWN if label == "looked at" else 0]:
            told = "; ".join(f"{title[hit.start : hit.end]} → {hit.name} ({', '.join(hit.chain)})" for hit in hits)
            table.note(f"{told} in {title[:80]}")
    table.note("Titles without a plainly written mark. Asked: tricked at most .02 %, near at most .3 %.")
    return table
