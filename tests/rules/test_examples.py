"""Every example of every rule, against the whole pack. Adding a rule needs no test code."""

from __future__ import annotations

import pytest

import rules
from engine import Pack, load_pack
from engine.loading.example_run import Outcome, baseline_findings, run_examples

PACKS = [load_pack(rules.path(name), use_cache=False) for name in rules.names()]
OUTCOMES = [pytest.param(outcome, id=outcome.label) for pack in PACKS for outcome in run_examples(pack)]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_example_holds(outcome: Outcome) -> None:
    assert outcome.problems == ()


def test_the_clean_listing_passes_every_rule(aliexpress: Pack) -> None:
    assert baseline_findings(aliexpress) == []
