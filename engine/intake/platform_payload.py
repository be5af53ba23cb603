"""One payload of the Open Platform while it is read: its fields, what was taken from where, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.intake import values
from engine.intake.envelope import items, squash
from engine.intake.own import escape
from engine.intake.records import Sink

Reader = Callable[[Any], tuple[Any, str]]
"""One of the readers of `engine.intake.values`."""


def kilograms(value: Any) -> tuple[Decimal, str]:
    """A weight in kg; another unit behind the number is converted."""
    return values.number(value, "kg")


def centimetres(value: Any) -> tuple[Decimal, str]:
    """A length in cm; another unit behind the number is converted."""
    return values.number(value, "cm")


class Payload:
    """One payload being read: its fields by squashed name, what was taken, and what went wrong."""

    def __init__(self, payload: Mapping[str, Any], base: str, sink: Sink) -> None:
        self.payload, self.base, self.sink = payload, base, sink
        self.names = {squash(str(name)): str(name) for name in payload}
        self.taken: set[str] = set()
        self.pointers: dict[str, str] = {"": base}

    def get(self, name: str) -> Any:
        """The value of a field, None when absent; counts as taken."""
        self.taken.add(name)
        return self.payload.get(self.names[name]) if name in self.names else None

    def at(self, name: str) -> str:
        """The source pointer of a field."""
        return f"{self.base}/{escape(self.names.get(name, name))}"

    def read(self, value: Any, reader: Reader, ours: str, source: str) -> Any:
        """`value` through `reader`; what can't be read is reported at `ours` and None."""
        if value is None or value == "":
            return None
        self.pointers[ours] = source
        try:
            found, how = reader(value)
        except values.Unreadable as error:
            self.sink.refuse(ours, error, value)
            return None
        if how is not values.EXACT:
            self.sink.converted(ours, how, found, value)
        if isinstance(found, str) and not (found.isascii() and "\0" not in found):
            found, bad = values.clean(found)
            if bad:
                self.sink.replaced(ours, bad, found)
        return found


def objects(product: Payload, name: str, ours: str) -> list[tuple[Mapping[str, Any], str]]:
    """The objects of a list field; anything else in it is reported and read as an empty object."""
    found: list[tuple[Mapping[str, Any], str]] = []
    product.pointers[ours] = product.at(name)
    for index, (item, pointer) in enumerate(items(product.get(name), product.at(name))):
        product.pointers[f"{ours}/{index}"] = pointer
        if isinstance(item, dict):
            found.append((item, pointer))
        else:
            product.sink.refuse(f"{ours}/{index}", values.Unreadable("expected an object", "应为对象"), item)
            found.append(({}, pointer))
    return found


def getter(product: Payload, item: Mapping[str, Any], pointer: str, ours: str) -> Callable[[str, Reader, str], Any]:
    names = {squash(str(name)): str(name) for name in item}

    def get(name: str, reader: Reader, field: str) -> Any:
        key = names.get(name)
        return None if key is None else product.read(item[key], reader, f"{ours}/{field}", f"{pointer}/{escape(key)}")

    return get
