"""Mutants change one thing each, and only examples decide whether they live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine import Pack, load_pack
from engine.loading.mutation import mutants, survivors


def test_every_operator_number_date_filter_and_selection_is_changed_once(mini_pack: Pack) -> None:
    changes = [mutant.change for mutant in mutants(mini_pack.rules["LST104"])]
    assert changes == [
        'selection "selection" dropped',
        'selection "selection" negated',
        "title.length|lt → lte",
        'not selection "filter_code" dropped',
        'selection "filter_code" negated',
        "params.least 2026-01-01 5 → 6",
        "params.least 2026-01-01 5 → 4",
        "params.least 2026-05-01 10 → 11",
        "params.least 2026-05-01 10 → 9",
        "params.least 2026-05-01 +1 day",
        "params.least 2026-05-01 -1 day",
        "effective.from +1 day",
        "effective.from -1 day",
    ]


def test_a_mutant_names_the_line_of_what_it_changes(mini_pack: Pack, rule_text: str) -> None:
    lines = rule_text.splitlines()
    found = mutants(mini_pack.rules["LST104"], mini_pack.path.parent)
    places = {mutant.change: lines[mutant.line - 1].strip() for mutant in found}
    assert places["title.length|lt → lte"] == "selection: {title.length|lt: $least}"
    assert places["params.least 2026-05-01 +1 day"].startswith("least: {origin: platform")


def test_what_no_example_proves_survives(write_pack: Callable[..., Path], rule_text: str) -> None:
    text = rule_text.partition("examples:")[0] + (
        "examples:\n"
        "  must_fire:\n"
        "    - {name: on the first day, listing: {title: Abcd}, as_of: 2026-01-01}\n"
        "    - {name: one below, listing: {title: Bottle xl}}\n"
        "    - {name: on the day of the change, listing: {title: Bottle xl}, as_of: 2026-05-01}\n"
        "  must_pass:\n"
        "    - {name: on the line, listing: {title: Bottle xxl}}\n"
        "    - {name: on the older line, listing: {title: Abcde}, as_of: 2026-01-01}\n"
        "    - {name: the day before the change, listing: {title: Bottle xl}, as_of: 2026-04-30}\n"
        "    - {name: before the rule, listing: {title: Abcd}, as_of: 2025-12-31, result: not_applicable}\n"
    )
    pack = load_pack(write_pack(text), use_cache=False)
    assert [survivor.change for survivor in survivors(pack)] == ['not selection "filter_code" dropped']
