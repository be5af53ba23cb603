"""Rows at random for property tests: close in time, so that windows, periods and days have edges to fall on."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from engine.scoring import days
from engine.scoring.sources import DAY, MOMENT, NUMBER, ROWS, SET

AS_OF = days.number(date(2026, 11, 23))
NOW = days.start(AS_OF, "America/Los_Angeles") + 7 * 3600
CLOCK_CHANGE = days.number(date(2026, 11, 1))
WORDS = {
    "state": ("FINISH", "WAIT_SELLER_SEND_GOODS", "canceled_issue"),
    "end_reason": ("buyer_cancel_order", "seller_cancel_order"),
    "carrier": ("CAINIAO_STANDARD", "OTHER"),
    "currency": ("USD", "EUR"),
    "dispute": ("not_received", "returned", "not_as_described"),
    "kind": ("not_received", "not_as_described"),
    "liable": ("seller",),
    "buyer": ("a", "b", "c"),
    "listing": ("L1", "L2"),
    "false_shipment": ("yes",),
    "late_online": ("yes",),
}
KINDS = ("not_received", "not_as_described", "other")


def moments() -> st.SearchStrategy[int]:
    """Seconds over some 130 days, thick around midnights of the platform and the change of its clock."""
    zone = "America/Los_Angeles"
    edges = [days.start(day, zone) for day in (AS_OF, AS_OF - 30, AS_OF - 90, CLOCK_CHANGE, AS_OF - 1)]
    near = st.builds(lambda edge, off: edge + off, st.sampled_from(edges), st.integers(-7200, 7200))
    return st.one_of(near, st.integers(NOW - 130 * 86400, NOW + 86400))


def row(over: str) -> st.SearchStrategy[dict[str, Any]]:
    """A row of a kind, without its id."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name, kind in ROWS[over].columns.items():
        if name in ("id", "store", "assessed", "hours", "order", "conversation"):
            continue
        if kind == MOMENT:
            value: st.SearchStrategy[Any] = moments()
        elif kind == NUMBER:
            value = st.integers(0, 6) if over == "evaluations" else st.integers(0, 50)
        elif kind == DAY:
            value = st.integers(AS_OF - 100, AS_OF)
        elif kind == SET:
            value = st.frozensets(st.sampled_from(KINDS), min_size=1)
        else:
            value = st.sampled_from(WORDS.get(name, ("x",)))
        fields[name] = st.one_of(st.none(), value) if kind != DAY else value
    return st.fixed_dictionaries(fields)


@st.composite
def stores(draw: st.DrawFn, most: int = 25) -> dict[str, list[dict[str, Any]]]:
    """Rows of every kind, of two stores, each with an id of its own."""
    found: dict[str, list[dict[str, Any]]] = {}
    for over in ROWS:
        rows = draw(st.lists(row(over), max_size=most))
        found[over] = [{"id": f"{over}{i:03d}", "store": str(1 + i % 2), **one} for i, one in enumerate(rows)]
        for one in found[over]:
            if over == "messages" and one.get("asked") is None:
                one["asked"] = NOW - 86400
    return found
