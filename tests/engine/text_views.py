"""A view over an invented listing with the word lists of the shipped pack."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from engine.facts import Listing
from engine.features.resources import Resources, WordList
from engine.features.scan import Scanner
from engine.features.view import View

LISTS = Path(__file__).parents[2] / "rules" / "lists"
TEXT_LISTS = (
    "contact_channels", "contact_disguised", "digit_words", "double_names", "doubling_faults", "english_title_words",
    "foreign_function_words", "html_hiding", "offsite_payment", "promotional_claims", "title_spec_words",
    "title_stop_words", "title_synonyms", "unsafe_html",
)  # fmt: skip


@lru_cache(maxsize=1)
def resources() -> Resources:
    """The lists that the text features read; no category tree."""
    lists = {}
    for name in TEXT_LISTS:
        data = yaml.safe_load((LISTS / f"{name}.yaml").read_text(encoding="utf-8"))
        terms = [entry["term"] if isinstance(entry, dict) else str(entry) for entry in data["entries"]]
        notes = {entry["term"]: entry["note"] for entry in data["entries"] if isinstance(entry, dict)}
        lists[name] = WordList(name, tuple(terms), notes, data["scan"], data["boundary"], frozenset(terms))
    return Resources(lists, None, Scanner(lists.values()))  # type: ignore[arg-type]


def view_of(**fields: Any) -> View:
    """A view of a listing with just these fields."""
    return View(msgspec.convert(fields, Listing), resources(), as_of=date(2026, 11, 23))
