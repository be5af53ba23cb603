"""The penalty rules of every shipped pack, as regimes."""

from __future__ import annotations

import pytest

import rules
from engine import load_pack
from engine.ledger import Regime


@pytest.fixture(scope="session")
def regimes() -> dict[str, Regime]:
    """Pack → its penalty rules."""
    return {name: load_pack(rules.path(name)).regime for name in rules.names()}


@pytest.fixture(scope="session")
def aliexpress(regimes: dict[str, Regime]) -> Regime:
    """The penalty rules of the AliExpress pack."""
    return regimes["aliexpress"]
