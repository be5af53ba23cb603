"""Honest titles that are made to mislead are let be: at most one in twenty is taken for the use of a mark."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import rules
from engine import Listing, Pack, Store, load_pack

DAY = date(2026, 11, 27)
TITLES = [
    line
    for line in Path(__file__).with_name("honest_titles.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
ACCUSING = {"IPR101", "IPR102", "IPR104", "IPR105", "IPR107", "IPR108", "IPR109"}
"""Rules that say a mark is used, imitated or disguised; IPR103 and IPR106 ask to look."""


def accused(pack: Pack, title: str) -> list[str]:
    """The accusing rules, for a store that may sell no brand at all."""
    report = pack.check(Listing(title=title), store=Store(approved_brands=()), as_of=DAY, fixes=False)
    return [f"{one.rule} {one.message['en']}" for one in report.bare_findings if one.rule in ACCUSING]


def test_at_most_one_honest_title_in_twenty_is_accused() -> None:
    pack = load_pack(rules.path("aliexpress"))
    told = {title: found for title in TITLES if (found := accused(pack, title))}
    assert len(TITLES) >= 300
    assert len(told) <= len(TITLES) / 20, "\n".join(f"{title}: {found}" for title, found in told.items())
