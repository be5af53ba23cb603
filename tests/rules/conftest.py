"""The shipped pack, read from its files (never from the cache)."""

from __future__ import annotations

import pytest

import rules
from engine import Pack, load_pack


@pytest.fixture(scope="session")
def aliexpress() -> Pack:
    """The AliExpress pack."""
    return load_pack(rules.path("aliexpress"), use_cache=False)
