"""Cases → entries → steps → enforcement → notices: what a change of a ledger means, as an action log.

The sums come from the ledger; the network only chains what follows from them. Thresholds become rules, one for each
stretch between two nodes, so that exactly the gravest step of a change is reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from engine.ledger import times
from engine.ledger.book import Ledger, stamp
from engine.ledger.booking import Entry
from engine.ledger.engines import RuleEngine
from engine.ledger.network import Fact, NetRule, Where
from engine.ledger.regime import LadderTerms, Regime, StepTerms
from engine.ledger.timeline import Change, Enforcement, Timeline
from engine.model.ladder import ACTIONS

SCALE = 1000
"""Points as whole numbers: thousandths."""


class Action(NamedTuple):
    """One line of the action log. `stage`: 1 entry, 2 step, 3 enforcement, 4 notice."""

    stage: int
    what: str
    at: str
    ladder: str
    subject: str
    detail: str = ""


class Reaction(NamedTuple):
    """The action log, and the enforcements that it starts."""

    log: tuple[Action, ...]
    enforcement: tuple[Enforcement, ...]


def rules_of(ladders: Iterable[LadderTerms]) -> list[NetRule]:
    """The network rules of the ladders as they are on one day."""
    rules = [
        NetRule("book", (Where("kind", "==", "case"),)),
        NetRule("tell-points", (Where("kind", "==", "entry"), Where("points", ">", 0))),
        NetRule("tell-record", (Where("kind", "==", "entry"), Where("points", "==", 0))),
        NetRule("step", (Where("kind", "==", "step"),)),
        NetRule("enforce", (Where("kind", "==", "measure"),)),
        NetRule("tell-store", (Where("kind", "==", "measure"), Where("entity", "==", 0))),
        NetRule("tell-entity", (Where("kind", "==", "measure"), Where("entity", "==", 1))),
        NetRule("block", (Where("kind", "==", "measure"), Where("entity", "==", 0), Where("blocks", "==", 1))),
    ]
    for terms in ladders:
        rules += _ladder_rules(terms)
    return rules


def _ladder_rules(terms: LadderTerms) -> list[NetRule]:
    """One rule for each stretch between nodes, one for further multiples, and those for steps reached at once."""
    nodes = [step for step in terms.steps if step.at is not None]
    rules = []
    on = (Where("kind", "==", "change"), Where("ladder", "==", terms.rule.id))
    for index, step in enumerate(nodes):
        stretch = _stretch(terms, nodes, index)
        not_direct = Where("direct", "<", step.rank)
        rules.append(NetRule(_name(terms, step, "node"), (*on, *stretch, _from_before(terms, step), not_direct)))
        if step.every is not None:
            again = (Where("laps", ">", 0), *_already(terms, step))
            rules.append(NetRule(_name(terms, step, "again"), (*on, *stretch, *again, not_direct)))
    rules.append(NetRule(f"{terms.rule.id}:direct", (*on, Where("wins", "==", 1))))
    return rules


def _name(terms: LadderTerms, step: StepTerms, how: str) -> str:
    return f"{terms.rule.id}:{step.rank}:{how}"


def _stretch(terms: LadderTerms, nodes: Sequence[StepTerms], index: int) -> tuple[Where, ...]:
    """The balance after the change stands on this node and on no graver one."""
    here, further = nodes[index].at, nodes[index + 1].at if index + 1 < len(nodes) else None
    reach, short = ("<", ">=") if terms.deducts else (">=", "<")
    tests = [Where("after", reach, scaled(here))]
    if further is not None:
        tests.append(Where("after", short, scaled(further)))
    return tuple(tests)


def _from_before(terms: LadderTerms, step: StepTerms) -> Where:
    return Where("before", ">=" if terms.deducts else "<", scaled(step.at))


def _already(terms: LadderTerms, step: StepTerms) -> tuple[Where, ...]:
    return (Where("before", "<" if terms.deducts else ">=", scaled(step.at)),)


def scaled(value: Decimal | None) -> int:
    """Points in thousandths."""
    return int((value or Decimal(0)) * SCALE)


class Chain:
    """Runs the network for changes of ledgers of one regime."""

    def __init__(self, regime: Regime, engine: RuleEngine) -> None:
        self._regime = regime
        self.engine = engine
        self._rules: dict[str, list[NetRule]] = {}

    def react(self, ledger: Ledger, entries: Sequence[Entry], changes: Mapping[str, Sequence[int]]) -> Reaction:
        """What follows from entries that were booked and changes (ladder → indices into its timeline's changes)."""
        groups: dict[str, tuple[list[NetRule], _Run]] = {}
        for entry in entries:
            self._group(groups, ledger, entry.ladder, entry.at).add_entry(entry)
        for ladder_id, indices in changes.items():
            pool = ledger.pools[ladder_id]
            for index in indices:
                at = pool.changes[index].at
                self._group(groups, ledger, ladder_id, at).add_change(pool, index)
        log: list[Action] = []
        enforcement: list[Enforcement] = []
        for name, (rules, run) in groups.items():
            for rule, fact_id in self.engine.run(name, rules, run.facts, run.then):
                run.note(rule, fact_id, log, enforcement)
        return Reaction(tuple(sorted(log)), tuple(sorted(enforcement, key=_order)))

    def _group(
        self, groups: dict[str, tuple[list[NetRule], _Run]], ledger: Ledger, ladder_id: str, at: datetime
    ) -> _Run:
        """The run for the rules as they are on the platform's day of a moment."""
        day = times.local_day(at, self._regime.ladders[ladder_id].timezone)
        terms = self._regime.ladder(ladder_id, day)
        name = f"{ladder_id}@{self._regime.stretch(ladder_id, day)}"
        if name not in self._rules:
            self._rules[name] = rules_of([terms])
        if name not in groups:
            groups[name] = (self._rules[name], _Run(ledger, terms))
        return groups[name][1]


def all_changes(ledger: Ledger, known: Ledger | None = None) -> dict[str, list[int]]:
    """Ladder → the changes that bring entries or lower a rating and that a ledger known before did not hold."""
    found = {}
    for ladder_id, pool in ledger.pools.items():
        if known is not None and known.pools[ladder_id] is pool:
            continue
        before = {change.at: change for change in known.pools[ladder_id].changes} if known is not None else {}
        deducts = pool.rule.direction == "deduct"
        indices = [
            index
            for index, change in enumerate(pool.changes)
            if (change.entries or (deducts and change.after < change.before)) and before.get(change.at) != change
        ]
        if indices:
            found[ladder_id] = indices
    return found


class _Run:
    """The facts of one run, what they lead to, and what they stand for."""

    def __init__(self, ledger: Ledger, terms: LadderTerms) -> None:
        self._ledger = ledger
        self._terms = terms
        self._entries: dict[str, Entry] = {}
        self._steps: dict[str, tuple[Timeline, int, StepTerms]] = {}
        self._measures: dict[str, tuple[str, int]] = {}
        self.facts: list[Fact] = []
        self.then: dict[str, dict[str, list[Fact]]] = {}

    def add_entry(self, entry: Entry) -> None:
        case, booked = f"c{len(self._entries)}", f"e{len(self._entries)}"
        self._entries[case] = self._entries[booked] = entry
        points = scaled(entry.points)
        self.facts.append({"id": case, "kind": "case", "points": points})
        self.then[case] = {"book": [{"id": booked, "kind": "entry", "points": points}]}

    def add_change(self, pool: Timeline, index: int) -> None:
        change, terms = pool.changes[index], self._terms
        number = f"x{len(self.facts)}"
        direct = max((self._rank(entry.step) for entry in change.entries), default=-1)
        self.facts.append(
            {
                "id": number,
                "kind": "change",
                "ladder": terms.rule.id,
                "before": scaled(change.before),
                "after": scaled(change.after),
                "laps": laps(terms, change),
                "direct": direct,
                "wins": int(direct >= 0 and direct >= _crossed_rank(terms, change)),
            }
        )
        led = self.then.setdefault(number, {})
        for step in terms.steps:
            fact: Fact = {"id": f"{number}s{step.rank}", "kind": "step", "rank": step.rank}
            self._steps[fact["id"]] = (pool, index, step)
            self.then[fact["id"]] = {"step": self._measure_facts(fact["id"], step)}
            for how in ("node", "again"):
                led[_name(terms, step, how)] = [fact]
            if step.rank == direct:
                led[f"{terms.rule.id}:direct"] = [fact]

    def _rank(self, step_id: str | None) -> int:
        return next((step.rank for step in self._terms.steps if step.step.id == step_id), -1)

    def _measure_facts(self, step_fact: str, step: StepTerms) -> list[Fact]:
        facts: list[Fact] = []
        own, entity = self._terms.actions[step.step.id], self._terms.entity[step.step.id]
        for position, item in enumerate((*own, *entity)):
            fact_id = f"{step_fact}m{position}"
            self._measures[fact_id] = (step_fact, position)
            blocks = int(ACTIONS[item.measure.action].blocks_release)
            facts.append({"id": fact_id, "kind": "measure", "entity": int(position >= len(own)), "blocks": blocks})
        return facts

    def note(self, rule: str, fact_id: str, log: list[Action], enforcement: list[Enforcement]) -> None:
        """Write down what a firing means."""
        if rule in ("book", "tell-points", "tell-record"):
            entry = self._entries[fact_id]
            stage, what = (1, "entry") if rule == "book" else (4, "points" if rule == "tell-points" else "recorded")
            log.append(Action(stage, what, stamp(entry.at), entry.ladder, entry.case, str(entry.points)))
        elif rule == "step":
            pool, index, step = self._steps[fact_id]
            at = pool.changes[index].at
            log.append(Action(2, "step", stamp(at), pool.rule.id, step.step.id))
        elif fact_id in self._measures:
            step_fact, position = self._measures[fact_id]
            pool, index, step = self._steps[step_fact]
            found = pool.executed(index, step)[position]
            until = stamp(found.until) if found.until is not None else ""
            stage, what = WORDS[rule]
            log.append(Action(stage, what, stamp(found.start), found.ladder, f"{found.step}/{found.action}", until))
            if rule == "enforce":
                enforcement.append(found)


WORDS = {
    "enforce": (3, "enforcement"), "tell-store": (4, "enforcement_started"), "tell-entity": (4, "entity_affected"),
    "block": (4, "release_blocked"),
}  # fmt: skip


def laps(terms: LadderTerms, change: Change) -> int:
    """How many further multiples of a repeating node the change passes; the network cannot divide."""
    for step in terms.steps:
        if step.every is not None and step.at is not None and change.after >= step.at and change.before >= step.at:
            return int((change.after - step.at) // step.every - (change.before - step.at) // step.every)
    return 0


def _crossed_rank(terms: LadderTerms, change: Change) -> int:
    """The gravest step that the balance itself crosses, -1 for none: what a step reached at once is held against."""
    rank = -1
    for step in terms.steps:
        if step.at is None:
            continue
        if terms.deducts:
            hit = change.after < step.at <= change.before
        else:
            hit = change.before < step.at <= change.after or (step.every is not None and laps(terms, change) > 0)
        if hit:
            rank = step.rank
    return rank


def _order(enforcement: Enforcement) -> Any:
    return (enforcement.start, enforcement.ladder, enforcement.step, enforcement.entity, enforcement.action)
