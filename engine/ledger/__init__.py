"""The penalty ledger: notices in; entries, balances, steps, enforcement, forecasts out, for any day and any knowledge.

    ledger = Ledger(pack.regime, notices)                  # everything that is known
    ledger.standing(as_of).to_dict()                       # balance, step, enforcement at a moment
    Ledger(pack.regime, notices, known_as_of=then)         # what was known then

Everything is a pure function of the set of notices: their order of arrival decides nothing. Two times are kept apart:
`at`, when something is true (points are taken at that moment), and `known`, when we were told. Nothing here reads a
clock or stores anything.
"""

from __future__ import annotations

from engine.ledger.book import Ledger, Standing
from engine.ledger.notices import Case, Notice, Parked, settle
from engine.ledger.regime import Regime

__all__ = ["Case", "Ledger", "Notice", "Parked", "Regime", "Standing", "settle"]
