"""Who runs the network: durable_rules in a child process, or its plain Python twin. Both give the same action log.

The child holds nothing that matters: each run is sent whole. When it dies or answers nonsense it is started anew and
the run repeated; when that fails too the twin answers. So a crash can neither lose nor double anything.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.ledger.network import Fact, Fired, NetRule, Then, UnsafeRules, lint, lint_facts, run_twin

CHILD = Path(__file__).with_name("network_child.py")
SECONDS = 20.0
"""A run takes well under a millisecond; a child that is silent for so long hangs and is killed."""


class RuleEngine(Protocol):
    """Runs rules over facts and says which rule fired on which fact, sorted."""

    def run(self, name: str, rules: Sequence[NetRule], facts: Sequence[Fact], then: Then) -> Fired:
        """`name` stands for exactly these rules."""


class Twin:
    """The plain Python engine: always there, and on Python 3.13 and later the only one."""

    def run(self, name: str, rules: Sequence[NetRule], facts: Sequence[Fact], then: Then) -> Fired:
        """See RuleEngine."""
        _refuse(lint(rules), facts, then)
        return sorted(run_twin(rules, facts, then))


class DurableEngine:
    """durable_rules in a child process of its own; safe to share between threads and across a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._twin = Twin()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._defined: set[str] = set()
        self._linted: set[str] = set()
        self.restarts = 0
        self.fallbacks = 0
        atexit.register(self.close)

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._child.pid if self._child is not None else None

    def run(self, name: str, rules: Sequence[NetRule], facts: Sequence[Fact], then: Then) -> Fired:
        """See RuleEngine. A child that fails twice on one run leaves it to the twin."""
        _refuse([] if name in self._linted else lint(rules), facts, then)
        with self._lock:
            self._linted.add(name)
            for attempt in (1, 2):
                try:
                    return sorted(self._ask(name, rules, facts, then))
                except (OSError, ValueError):
                    self._stop()
                    self.restarts += attempt == 1
        self.fallbacks += 1
        return self._twin.run(name, rules, facts, then)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._stop()

    def _ask(self, name: str, rules: Sequence[NetRule], facts: Sequence[Fact], then: Then) -> Fired:
        child = self._started()
        if name not in self._defined:
            self._talk(
                child, {"set": name, "rules": {rule.name: [list(test) for test in rule.tests] for rule in rules}}
            )
            self._defined.add(name)
        answer = self._talk(child, {"set": name, "facts": list(facts), "then": then})
        return [(rule, fact) for rule, fact in answer["fired"]]

    def _talk(self, child: subprocess.Popen[bytes], request: dict[str, Any]) -> dict[str, Any]:
        if child.stdin is None or child.stdout is None:
            raise OSError("the child has no pipes")
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
        if not select.select([child.stdout], [], [], SECONDS)[0]:
            raise OSError("the child does not answer")
        line = child.stdout.readline()
        if not line.endswith(b"\n"):
            raise OSError("the child is gone")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._owner != os.getpid():  # after a fork the child is the parent's
            self._child, self._defined = None, set()
        if self._child is None:
            self._owner, self._defined = os.getpid(), set()
            self._child = subprocess.Popen(
                [sys.executable, "-E", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
            )
        return self._child

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written yet has nobody to go to
                    continue


def is_available() -> bool:
    """Whether durable_rules can be imported here: up to Python 3.12, where it is installed."""
    return sys.version_info < (3, 13) and importlib.util.find_spec("durable_rules_engine") is not None


def best_engine() -> RuleEngine:
    """durable_rules where it can be imported, else its twin."""
    return DurableEngine() if is_available() else Twin()


def _refuse(reasons: list[str], facts: Sequence[Fact], then: Then) -> None:
    later = [fact for by_rule in then.values() for added in by_rule.values() for fact in added]
    unique = {id(fact): fact for fact in (*facts, *later)}
    found = [*reasons, *lint_facts(_once_each(unique.values()))]
    if found:
        raise UnsafeRules(found)


def _once_each(facts: Any) -> list[Fact]:
    """Facts that are the same in every way count as one: several rules may lead to one and the same."""
    seen: list[Fact] = []
    known: dict[Any, Fact] = {}
    for fact in facts:
        if known.get(fact.get("id")) != fact:
            known.setdefault(fact.get("id"), fact)
            seen.append(fact)
    return seen
