"""The examples of the rules prove every part of them: a rule with one small thing changed fails some example.

What survives is a defect of the rule's examples, unless `mutation_allowed.yaml` says why it cannot be otherwise.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

import rules
from engine import load_pack
from engine.loading.mutation import Survivor, survivors

ALLOWED = yaml.safe_load((Path(__file__).parent / "mutation_allowed.yaml").read_text("utf-8"))


def is_allowed(survivor: Survivor, entry: dict[str, str]) -> bool:
    return fnmatchcase(survivor.rule, entry["rule"]) and fnmatchcase(survivor.change, entry["change"])


@pytest.fixture(scope="module")
def found() -> list[Survivor]:
    return sorted(found for name in rules.names() for found in survivors(load_pack(rules.path(name))))


@pytest.mark.slow
def test_every_part_of_every_rule_is_proved_by_an_example(found: list[Survivor]) -> None:
    left = [survivor for survivor in found if not any(is_allowed(survivor, entry) for entry in ALLOWED)]
    lines = "\n".join(f"rules/{survivor}" for survivor in left)
    assert not left, f"{len(left)} mutants survive; add an example that fails for each, or a reason:\n{lines}"


@pytest.mark.slow
def test_every_allowance_is_needed_and_has_a_reason(found: list[Survivor]) -> None:
    idle = [entry for entry in ALLOWED if not any(is_allowed(survivor, entry) for survivor in found)]
    assert idle == []
    assert [entry for entry in ALLOWED if set(entry) != {"rule", "change", "reason"} or len(entry["reason"]) < 20] == []
