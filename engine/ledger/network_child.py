"""The rule network behind a pipe: one process that holds durable_rules, so that a crash of it takes nothing with it.

Run as a script; reads one JSON request a line and answers one line. It imports nothing of the engine and decides
nothing: it is sent rules that were linted, facts, and which facts to add when a rule fires on a fact.

    {"set": "name", "rules": {rule: [[field, op, value], …]}}              once for a rule set
    {"set": "name", "facts": [fact, …], "then": {fact id: {rule: [fact, …]}}}
    → {"fired": [[rule, fact id], …]}    or {"error": "…"}

Contained as measured: facts and no events, one constant sid, every fact retracted after the run (deleting the state
after a fact that matched nothing corrupts the heap), no timers and no threads of the library's own.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from durable import engine as durable

SID = "0"
OPERATORS = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte", "!=": "$neq"}


class QuietHost(durable.Host):  # type: ignore[misc]
    """A host that starts no dispatch threads."""

    def _run(self) -> None:
        """No timers: everything happens while a fact is asserted."""


class Network:
    """The rule sets of one process."""

    def __init__(self) -> None:
        self._host: Any = QuietHost()
        self._fired: list[tuple[str, str]] = []
        self.known: set[str] = set()

    def define(self, name: str, rules: dict[str, list[list[Any]]]) -> None:
        """Register a rule set once; sets are never replaced or deleted, which the library cannot do cleanly."""
        if name in self.known:
            return
        definition = {
            rule: {"all": [{"m": _condition(tests)}], "run": self._note(rule)} for rule, tests in rules.items()
        }
        self._host.set_rulesets({name: definition})
        self.known.add(name)

    def run(self, name: str, facts: list[dict[str, Any]], then: dict[str, Any]) -> list[tuple[str, str]]:
        """Assert the facts and those that follow from rules that fire, and say which rule fired on which fact."""
        fired: list[tuple[str, str]] = []
        self._fired = fired
        waiting, asserted, seen = list(facts), [], 0
        try:
            while waiting:
                fact = {**waiting.pop(0), "sid": SID}
                asserted.append(fact)
                try:
                    self._host.assert_fact(name, fact)
                except durable.MessageNotHandledException:
                    continue
                for rule, fact_id in fired[seen:]:
                    waiting += then.get(fact_id, {}).get(rule, ())
                seen = len(fired)
        finally:
            for fact in asserted:
                try:
                    self._host.retract_fact(name, fact)
                except durable.MessageNotHandledException:
                    continue
        return fired

    def _note(self, rule: str) -> Any:
        def note(context: Any) -> None:
            self._fired.append((rule, context.m.id))

        return note


def _condition(tests: list[list[Any]]) -> dict[str, Any]:
    parts = [{field: value} if op == "==" else {OPERATORS[op]: {field: value}} for field, op, value in tests]
    return parts[0] if len(parts) == 1 else {"$and": parts}


def main() -> None:
    """Answer requests until the pipe closes."""
    network = Network()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "rules" in request:
                network.define(request["set"], request["rules"])
                answer: dict[str, Any] = {"defined": request["set"]}
            else:
                answer = {"fired": network.run(request["set"], request["facts"], request["then"])}
        except Exception as error:  # told to the parent, which falls back to the twin
            answer = {"error": f"{type(error).__name__}: {error}"}
        try:
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:  # whoever asked is gone, and so is all reason to be here
            os._exit(0)


if __name__ == "__main__":
    main()
