"""A store's own marks take part in the checks of that store, and of no other."""

from __future__ import annotations

from datetime import date

import pytest

import rules
from engine import Listing, Pack, Store, load_pack
from engine.errors import Fault
from engine.features import mark_hits
from engine.features.mark_hits import own_matcher
from engine.loading.fields import Faults
from engine.loading.marks_files import read_marks, write_marks
from engine.marks.model import Mark

DAY = date(2026, 11, 27)
ZORVIK = Mark(names=("Zorvik", "左维克"), owner="Zorvik AG", since=date(2026, 1, 1), until=date(2026, 12, 31))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(rules.path("aliexpress"))


def told(pack: Pack, title: str, *, day: date = DAY, marks: tuple[Mark, ...] = (ZORVIK,), **store: object) -> list[str]:
    report = pack.check(Listing(title=title), store=Store(marks=marks, **store), as_of=day, fixes=False)  # type: ignore[arg-type]
    return [f"{one.rule} {one.locations[0].text}" for one in report.bare_findings if one.rule.startswith("IPR10")]


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Zorvik steel bottle", ["IPR101 Zorvik"]),
        ("Z0rvik steel bottle", ["IPR107 Z0rvik"]),
        ("Z.o.r.v.i.k steel bottle", ["IPR107 Z.o.r.v.i.k"]),
        ("左维克 bottle", ["IPR101 左维克"]),
        ("Zorvi steel bottle", ["IPR108 Zorvi"]),
        ("lid for Zorvik bottles", ["IPR103 Zorvik"]),
        ("Zorvik style bottle", ["IPR104 Zorvik"]),
        ("steel bottle", []),
    ],
)
def test_it_is_found_as_a_mark_of_the_pack_is(pack: Pack, title: str, said: list[str]) -> None:
    assert told(pack, title, approved_brands=()) == said
    assert told(pack, title, approved_brands=(), marks=()) == []


def test_it_counts_while_it_is_in_force_and_not_where_it_is_approved(pack: Pack) -> None:
    title = "Zorvik steel bottle"
    assert told(pack, title, approved_brands=(), day=date(2025, 12, 31)) == []
    assert told(pack, title, approved_brands=(), day=date(2026, 12, 31)) == ["IPR101 Zorvik"]
    assert told(pack, title, approved_brands=(), day=date(2027, 1, 1)) == []
    assert told(pack, title, approved_brands=("zorvik",)) == []
    assert told(pack, title) == ["IPR106 Zorvik"]


def test_a_mark_without_a_name_or_of_signs_alone_is_found_nowhere(pack: Pack) -> None:
    for names in ((), ("",), (" ",), ("\x1f",), ("...", "\ud800")):
        assert told(pack, "steel ... bottle \x1f", marks=(Mark(names=names, owner="A"),), approved_brands=()) == []


def test_a_register_that_is_written_is_read_back() -> None:
    marks = [
        Mark(
            names=("Zorvik", "Zorvik Steel", "左维克", "зорвик"), owner="Zorvik AG", classes=(21, 25),
            categories=("shoes",),
            territories=("DE", "US"), tier="word_like", status="pending", since=date(2026, 1, 1), risk="high",
            patterns="three rings", source="violation 42",
        ),
        Mark(names=('A "quoted", name',), owner="B"),
    ]  # fmt: skip
    found: list[Fault] = []
    assert read_marks(write_marks(marks).encode(), Faults("x.csv", found)) == marks
    assert found == []


def test_marks_that_are_read_anew_share_the_index_that_is_kept() -> None:
    def read() -> tuple[Mark, ...]:
        return (Mark(names=("Qorvexa",), owner="Qorvexa AG"),)

    first = read()
    index, kept = own_matcher(first, None), len(mark_hits._OWN)
    assert own_matcher(first, None) is index
    assert [own_matcher(read(), None) is index for _ in range(3)] == [True] * 3
    assert len(mark_hits._OWN) == kept
    assert own_matcher((*first, Mark(names=("Brelvan",), owner="Brelvan")), None) is not index
