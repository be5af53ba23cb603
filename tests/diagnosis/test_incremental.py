"""After any edits the findings are those of a full run, though little was checked again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace

import rules
from engine import Listing, Pack, Store, load_pack
from engine.duplicates import neighbours
from engine.duplicates.neighbours import Neighbours, keys_of
from engine.evaluate import incremental
from engine.evaluate.incremental import Upkeep
from engine.facts import MarkAuthorisation
from engine.features.registry import LISTING
from engine.features.view import View
from engine.marks.model import Mark
from tests.diagnosis.conftest import listings

AS_OF = date(2026, 11, 23)
PACK: Pack = load_pack(rules.path("aliexpress"))
WORDS = ("zorva", "z0rva", "kettle", "steel", "mini", "red", "blue", "v8", "v9", "replica", "travel", "Nike", "for")
BASE = listings(0, 1)[0]
titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)
pictures = st.sampled_from(["a", "b", "c"])


def made(number: int, title: str, picture: str) -> Listing:
    image = replace(BASE.images[0], url=f"https://ae01.alicdn.com/kf/{picture}.jpg")
    return replace(BASE, id=f"n{number}", title=title, images=(image,), skus=())


some = st.builds(lambda title, picture: (title, picture), titles, pictures)
edits = st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), some, some)), max_size=12)
ZORVA = Mark(names=("zorva",), owner="Zorva AG")
SOLD = MarkAuthorisation(mark="zorva", valid_from=date(2026, 1, 1))
stores = st.sampled_from([
    None,
    *(Store(id="1", approved_brands=known) for known in (None, ("Nike",), ())),
    Store(id="1", marks=(ZORVA,)),
    Store(id="1", marks=(ZORVA,), approved_brands=(), authorisations=(SOLD,)),
    Store(id="1", marks=(ZORVA,), authorisations=(replace(SOLD, valid_until=date(2026, 2, 1)),)),
])  # fmt: skip


@given(st.lists(some, min_size=1, max_size=10), edits, stores, stores)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_any_edits_end_where_a_full_run_ends(
    first: list[tuple[str, str]],
    changes: list[tuple[int, tuple[str, str] | None]],
    store: Store | None,
    later: Store | None,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "RARE", 3)  # small catalogues cross the bounds too
        patch.setattr(neighbours, "NEXT", 1)
        patch.setattr(neighbours, "MOST", 4)
        kept = Upkeep(PACK, {n: made(n, *one) for n, one in enumerate(first)}, as_of=AS_OF, store=store)
        kept.full()
        for number, change in changes:
            kept.edit(number, None if change is None else made(number, *change))
        kept.change_store(later)
        fresh = Upkeep(PACK, dict(kept.listings), as_of=AS_OF, store=later)
        fresh.full()
        assert kept.findings == fresh.findings


def test_a_changed_rule_alone_runs_again(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(PACK.path.parent, tmp_path / "rules")
    file = next((tmp_path / "rules").rglob("LST104_*.yaml"))
    text = file.read_text("utf-8")
    file.write_text(text.replace("severity: warning", "severity: error"), "utf-8")
    other = load_pack(tmp_path / "rules" / "aliexpress", use_cache=False)
    kept = Upkeep(PACK, dict(enumerate(listings(0, 30))), as_of=AS_OF)
    kept.full()
    assert kept.change_rules(other) <= {"LST104"}
    fresh = Upkeep(other, dict(kept.listings), as_of=AS_OF)
    fresh.full()
    assert {n: set(own) for n, own in kept.findings.items()} == {n: set(own) for n, own in fresh.findings.items()}


def test_what_a_rule_reads_of_the_store_is_declared() -> None:
    """Every field of the store that a feature touches stands in what it declares."""
    known = [field.name for field in fields(Store)]
    declared = {name for bound in PACK.program("listing", AS_OF).rules for name in bound.beside}
    assert declared <= {incremental.PEERS, *(f"store.{name}" for name in known)}
    assert {"peers", "store.approved_brands", "store.authorisations", "store.marks", "store.product_limit"} <= declared
    assert "store.category_counts" in declared


class Seen(Store, frozen=True, kw_only=True):
    """A store that writes down which of its fields are read."""

    def __getattribute__(self, name: str) -> object:
        READ.add(f"store.{name}")
        return super().__getattribute__(name)


FIELDS = frozenset(field.name for field in fields(Store))
READ: set[str] = set()
NAMED = {
    "title": "Authorized reseller zorva z0rva Nike kettle replica 1:1",
    "description": '<p>Nike zorva</p><p style="display:none">zorva Nike</p><img src="a.jpg" alt="zorva">',
}


def test_every_feature_declares_what_it_reads_of_the_store() -> None:
    listing = replace(made(1, "", "zorva"), **NAMED)
    store = Seen(
        id="1", marks=(ZORVA,), approved_brands=("x",), authorisations=(SOLD,), product_limit=9, online_products=1,
        auditing_products=1, category_counts={"1": 2}, groups={},
    )  # fmt: skip
    undeclared = {}
    for known in (LISTING.features, LISTING.collections):
        for one in known.values():
            if one.argument is None:
                READ.clear()
                one.compute(View(listing, PACK.resources, as_of=AS_OF, store=store, peers=()))
                extra = {name for name in READ if name.removeprefix("store.") in FIELDS} - {*one.beside, "store.id"}
                undeclared |= {one.name: extra} if extra else {}
    assert undeclared == {}


def test_an_index_is_kept_in_files_with_its_changes(tmp_path: Path) -> None:
    index = Neighbours.of_listings(enumerate(listings(0, 40)))
    one, other = listings(3, 4)[0], replace(listings(5, 6)[0], id="x")
    index.change(3, keys_of(one), keys_of(other))
    index.save(tmp_path)
    again = Neighbours.load(tmp_path)
    assert again.of_number(3, keys_of(other)) == index.of_number(3, keys_of(other))
    assert 5 in again.of_number(3, keys_of(other))
