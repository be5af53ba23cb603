"""`pair_model.yaml` → how pairs of listings are scored, with every fault of the file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.duplicates.blocking import Blocking
from engine.duplicates.measures import NAMES
from engine.duplicates.model import PairModel, Steps
from engine.errors import suggestion
from engine.loading.fields import Faults, Fields
from engine.loading.strict_yaml import Node

FILE = "pair_model.yaml"


def read_pair_model(root: Node, faults: Faults) -> PairModel | None:
    """The model, or None when the file has a fault."""
    fields = Fields(root, faults, "a pair model")
    fields.wording("title")
    note, origin = fields.wording("note"), fields.choice("origin", ("house", "fitted"))
    numbers = {name: _number(fields, name) for name in ("intercept", "duplicate", "review", "join")}
    variants = [name for name, node in fields.texts("variants") if _is_measure(name, node, faults)]
    sizes = tuple(name for name, _ in fields.texts("size_words"))
    blocking = _blocking(fields, faults)
    measures = _measures(fields, faults)
    fields.close()
    if not faults.clean or note is None or origin is None or blocking is None:
        return None
    try:
        return PairModel(
            intercept=float(numbers["intercept"] or 0),
            duplicate=float(numbers["duplicate"] or 0),
            review=float(numbers["review"] or 0),
            join=float(numbers["join"] or 0),
            origin=origin,
            note=note,
            variants=tuple(variants),
            size_words=sizes,
            blocking=blocking,
            measures=measures,
        )
    except ValueError as error:
        faults.at(root, "R003", f"the pair model cannot be used: {error}")
        return None


def _number(fields: Fields, key: str) -> Decimal | int | None:
    value: Decimal | int | None = fields.scalar(key, (int, float, Decimal), "a number")
    return value


def _is_measure(name: Any, node: Node | tuple[int, int], faults: Faults) -> bool:
    if name in NAMES:
        return True
    faults.at(node, "R008", f'unknown measure "{name}"{suggestion(str(name), NAMES)}')
    return False


def _blocking(fields: Fields, faults: Faults) -> Blocking | None:
    node = fields.required("blocking")
    if node is None:
        return None
    inner = Fields(node, faults, '"blocking"')
    whole = {name: inner.integer(name) for name in ("rarest", "rare", "neighbours", "most")}
    likeness = _number(inner, "likeness")
    inner.close()
    if any(value is None or value < 1 for value in whole.values()) or likeness is None:
        faults.at(node, "R003", '"blocking" needs whole numbers above 0 and a likeness from 0 to 1')
        return None
    return Blocking(likeness=float(likeness), **{name: int(value or 0) for name, value in whole.items()})


def _measures(fields: Fields, faults: Faults) -> dict[str, Steps]:
    node = fields.required("measures")
    if node is None or not isinstance(node.value, dict):
        return {}
    found = {}
    for name, entry in node.value.items():
        if not _is_measure(name, node.keys[name], faults):
            continue
        inner = Fields(entry, faults, f'"{name}"')
        edges, points = _numbers(inner, "edges", faults), _numbers(inner, "points", faults)
        inner.close()
        try:
            found[str(name)] = Steps(edges, points)
        except ValueError as error:
            faults.at(entry, "R003", f'"{name}": {error}')
    return found


def _numbers(fields: Fields, key: str, faults: Faults) -> tuple[float, ...]:
    found = []
    for node in fields.entries(key, required=True):
        if isinstance(node.value, int | float | Decimal) and not isinstance(node.value, bool):
            found.append(float(node.value))
        else:
            faults.at(node, "R003", f'"{key}" must hold numbers')
    return tuple(found)
