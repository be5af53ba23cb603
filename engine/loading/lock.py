"""rules.lock.json: the witness that a rule whose behaviour changed has a new revision, and that no code was lost."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from engine.errors import Fault
from engine.loading.kinds import KINDS
from engine.model.rule import AnyRule

if TYPE_CHECKING:
    from engine.pack import Pack

FILE = "rules.lock.json"


class Locked(Struct, frozen=True):
    """What the lock keeps of a rule."""

    revision: int
    behaviour: str


class Lock(Struct, frozen=True):
    """The whole lock file."""

    rules: dict[str, Locked]
    codes: list[str]


def behaviour(rule: AnyRule) -> str:
    """A digest of everything that decides when the rule fires and what follows (`Kind.behaviour`)."""
    parts = {name: getattr(rule, name) for name in KINDS[rule.kind].behaviour}
    data = msgspec.json.encode(_without_places(msgspec.to_builtins(parts)), order="deterministic")
    return hashlib.sha256(data).hexdigest()[:16]


def lock_of(pack: Pack) -> Lock:
    """The lock that fits the pack as it is."""
    rules = {rule.id: Locked(rule.revision, behaviour(rule)) for rule in pack.all_rules.values()}
    return Lock(dict(sorted(rules.items())), sorted(pack.codes))


def write_lock(pack: Pack) -> Path:
    """Write the lock beside pack.yaml."""
    file = pack.path / FILE
    file.write_bytes(msgspec.json.format(msgspec.json.encode(lock_of(pack)), indent=1) + b"\n")
    return file


def lock_faults(pack: Pack) -> list[Fault]:
    """Where pack and lock disagree."""
    file = pack.path / FILE
    if not file.is_file():
        return [Fault(file.as_posix(), 1, 1, "R024", "there is no lock; write it with `storewarden rules lock`")]
    try:
        lock = msgspec.json.decode(file.read_bytes(), type=Lock)
    except msgspec.MsgspecError as error:
        return [Fault(file.as_posix(), 1, 1, "R024", f"the lock can not be read: {error}")]
    faults = [
        Fault(file.as_posix(), 1, 1, "R025", f'the code "{code}" is gone; a code that was issued stays in codes.yaml')
        for code in lock.codes
        if code not in pack.codes
    ]
    for rule_id in lock.rules.keys() - pack.all_rules.keys():
        reason = f"the rule {rule_id} is gone; keep it with `status: deprecated` and `replaced_by`"
        faults.append(Fault(file.as_posix(), 1, 1, "R024", reason))
    for rule in pack.all_rules.values():
        faults += _rule_faults(rule, lock.rules.get(rule.id))
    return sorted(faults)


def _rule_faults(rule: AnyRule, locked: Locked | None) -> list[Fault]:
    if locked is None:
        return [Fault(rule.file, 1, 1, "R024", f"{rule.id} is not in the lock; run `storewarden rules lock`")]
    if locked.behaviour == behaviour(rule):
        return []
    if rule.revision <= locked.revision:
        reason = f"{rule.id} behaves otherwise than its revision {locked.revision}: set revision {locked.revision + 1}"
    else:
        reason = f"{rule.id} has a new revision: run `storewarden rules lock`"
    return [Fault(rule.file, 1, 1, "R024", reason)]


def _without_places(value: Any) -> Any:
    """The tree without lines and columns: a comment added above changes no behaviour."""
    if isinstance(value, dict):
        return {key: _without_places(child) for key, child in value.items() if key not in {"line", "column"}}
    if isinstance(value, list):
        return [_without_places(child) for child in value]
    return value
