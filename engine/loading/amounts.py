"""`$name` in offences and ladders: every number is a dated parameter, and every parameter is used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.errors import suggestion
from engine.loading.fields import Faults, Fields
from engine.loading.strict_yaml import Node
from engine.model.rule import Parameter

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( ([01][0-9]|2[0-3]):[0-5][0-9])?\Z")


class Amounts:
    """The parameters of one rule and which of them were named."""

    def __init__(self, parameters: Mapping[str, Parameter], faults: Faults) -> None:
        self._parameters = parameters
        self._faults = faults
        self._used: set[str] = set()

    def of(self, fields: Fields, key: str, *, required: bool = False, kinds: Sequence[str] = ()) -> str | None:
        """The parameter that a field names; `kinds` says what its values may be (numbers by default)."""
        node = fields.required(key) if required else fields.optional(key)
        return None if node is None else self.named(node, kinds)

    def named(self, node: Node, kinds: Sequence[str] = ()) -> str | None:
        """The name behind `$name`; a number without a date (R008), an unknown name (R009) and text are faults."""
        value = node.value
        if not isinstance(value, str) or not value.startswith("$"):
            if isinstance(value, list | dict):
                self._faults.at(node, "R003", "one parameter is named here, as $name")
            else:
                reason = f"{value} is a policy number without a date: name it in params and write $name here"
                self._faults.at(node, "R008", reason)
            return None
        name = value[1:]
        parameter = self._parameters.get(name)
        self._used.add(name)
        if parameter is None:
            self._faults.at(node, "R009", f'unknown parameter "{value}"{suggestion(name, self._parameters)}')
            return None
        wanted = tuple(kinds) or ("int", "decimal")
        if any(value.kind not in wanted for dated in parameter.history for value in dated.values):
            self._faults.at(node, "R013", f'the parameter "{name}" must hold {" or ".join(wanted)} values here')
            return None
        return name

    def close(self, root: Node) -> None:
        """Parameters that nothing names are faults (R015)."""
        for name in self._parameters.keys() - self._used:
            self._faults.at(root.value["params"].keys[name], "R015", f'the parameter "{name}" is used nowhere')


def moment(fields: Fields, key: str) -> str | None:
    """A date or a date with hours and minutes, in the platform's time, as text."""
    node = fields.required(key)
    if node is None:
        return None
    text = str(node.value)
    if not MOMENT.match(text):
        fields.faults.at(node, "R003", f'"{key}" must be a day or a moment such as 2026-11-23 or "2026-11-23 10:30"')
        return None
    return text


def number(fields: Fields, key: str, *, required: bool = True) -> str | None:
    """A number as text; halves are written 0.5."""
    from decimal import Decimal

    value = fields.scalar(key, (int, Decimal), "a number", required=required)
    return None if value is None else str(value)
