"""The lives of a complaint and of an appeal as statecharts, driven by the rule network.

complaint: received → evidence_due → counter_noticed → upheld | rejected | withdrawn; a deadline that passes without a
counter-notice makes it overdue, which the platform then decides. appeal: drafted → submitted → upheld | rejected;
a rejected one may be drafted again while attempts are left (the caller knows). Deadlines are no timers: whoever sweeps
the rows sends `deadline_passed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.ledger.engines import RuleEngine
from engine.ledger.network import Fact, NetRule, Where


class Chart(NamedTuple):
    """Its name, its first state, and (state, event) → state; an event that a state does not know is refused."""

    name: str
    start: str
    moves: Mapping[tuple[str, str], str]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, the first first."""
        return tuple(dict.fromkeys((self.start, *(state for state, _ in self.moves), *self.moves.values())))

    @property
    def events(self) -> tuple[str, ...]:
        """Every event."""
        return tuple(dict.fromkeys(event for _, event in self.moves))

    def known_in(self, state: str) -> tuple[str, ...]:
        """The events that a state knows."""
        return tuple(event for known, event in self.moves if known == state)

    def is_final(self, state: str) -> bool:
        """Whether nothing more can happen."""
        return not self.known_in(state)


_OPEN = ("received", "evidence_due", "counter_noticed", "overdue")
COMPLAINT = Chart(
    "complaint",
    "received",
    {
        ("received", "evidence_requested"): "evidence_due",
        ("received", "counter_notice"): "counter_noticed",
        ("evidence_due", "counter_notice"): "counter_noticed",
        ("evidence_due", "deadline_passed"): "overdue",
        ("received", "deadline_passed"): "overdue",
        **{(state, "upheld"): "upheld" for state in _OPEN},
        **{(state, "rejected"): "rejected" for state in _OPEN},
        **{(state, "withdrawn"): "withdrawn" for state in _OPEN},
    },
)
APPEAL = Chart(
    "appeal",
    "drafted",
    {
        ("drafted", "submitted"): "submitted",
        ("drafted", "withdrawn"): "withdrawn",
        ("drafted", "deadline_passed"): "expired",
        ("submitted", "upheld"): "upheld",
        ("submitted", "rejected"): "rejected",
        ("submitted", "withdrawn"): "withdrawn",
        ("rejected", "redrafted"): "drafted",
    },
)
CHARTS = {chart.name: chart for chart in (COMPLAINT, APPEAL)}


class Move(NamedTuple):
    """What one event did: `to` is None when the state does not know the event."""

    state: str
    event: str
    to: str | None


def rules_of(chart: Chart) -> list[NetRule]:
    """One rule for each move."""
    return [
        NetRule(
            f"{state}>{event}",
            (Where("kind", "==", chart.name), Where("state", "==", state), Where("event", "==", event)),
        )
        for state, event in chart.moves
    ]


def drive(engine: RuleEngine, chart: Chart, state: str, events: Sequence[str]) -> list[Move]:
    """The moves of events one after the other; a refused event leaves the state as it is."""
    moves: list[Move] = []
    while len(moves) < len(events):
        state = moves[-1].to or moves[-1].state if moves else state
        begin = len(moves)
        then: dict[str, dict[str, list[Fact]]] = {}
        for index in range(begin, len(events) - 1):
            for known, event in chart.moves:
                if event == events[index]:
                    to = chart.moves[known, event]
                    follower = _fact(chart, index + 1, to, events[index + 1])
                    then.setdefault(_id(index, known), {})[f"{known}>{event}"] = [follower]
        fired = engine.run(chart.name, rules_of(chart), [_fact(chart, begin, state, events[begin])], then)
        for rule, _ in sorted(fired, key=lambda item: int(item[1].partition(":")[0])):
            known, _, event = rule.partition(">")
            moves.append(Move(known, event, chart.moves[known, event]))
        if len(moves) < len(events):
            now = moves[-1].to or moves[-1].state if moves else state
            moves.append(Move(now, events[len(moves)], None))
    return moves


def _id(index: int, state: str) -> str:
    return f"{index}:{state}"


def _fact(chart: Chart, index: int, state: str, event: str) -> Fact:
    return {"id": _id(index, state), "kind": chart.name, "state": state, "event": event}
