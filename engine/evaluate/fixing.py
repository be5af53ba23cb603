"""Fixes of a report: worked out, applied in memory, and verified by running the whole pack again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.facts import Listing
from engine.features.view import View
from engine.findings import Fix

if TYPE_CHECKING:
    from engine.evaluate.report import Report


class Mender:
    """Works out and verifies fixes. `again` runs the whole pack on a changed listing."""

    def __init__(self, again: Callable[[Listing, View], Report]) -> None:
        self._again = again

    def mend(self, report: Report) -> None:
        """Give each finding its fixes."""

    def plan(self, report: Report) -> Fix | None:
        """One patch of all fixes that go together."""
        return None
