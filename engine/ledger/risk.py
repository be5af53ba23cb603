"""What a finding puts at risk: the points its offence would cost today, and how near the next step is then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.ledger.book import Ledger, next_node, number
from engine.ledger.booking import book
from engine.ledger.forecast import supposed_case
from engine.ledger.notices import Case
from engine.ledger.timeline import timelines


class PointsAtRisk:
    """Finding code → what its confirmation would cost this store at a moment. Each code is worked out once."""

    def __init__(self, ledger: Ledger, as_of: datetime) -> None:
        self._ledger = ledger
        self._as_of = as_of
        self._known: dict[str, Mapping[str, Any] | None] = {}

    def of(self, code: str) -> Mapping[str, Any] | None:
        """The points at risk, or None for a code that is no offence (or whose offence has no numbers that day)."""
        if code not in self._known:
            self._known[code] = self._work_out(code)
        return self._known[code]

    def _work_out(self, code: str) -> dict[str, Any] | None:
        ledger, as_of = self._ledger, self._as_of
        rule = ledger.regime.by_code.get(code)
        if rule is None:
            return None
        notice = supposed_case(rule, rule.codes[code], as_of)
        cases = sorted((*ledger.cases, Case(notice)), key=lambda case: (case.notice.at, case.id))
        entries = book(cases, ledger.regime).entries
        entry = next((entry for entry in entries if entry.case == notice.case), None)
        if entry is None:
            return None
        pool = timelines(ledger.regime, entries, ledger.orders)[entry.ladder]
        before = ledger.pools[entry.ladder]
        moment = max(as_of, entry.at)
        ahead = next_node(before, moment)
        return {
            "ladder": pool.rule.name,
            "points": number(entry.points),
            "from": number(before.balance(moment)),
            "to": number(pool.balance(moment)),
            "next_step_at": None if ahead is None else number(ahead),
        }
