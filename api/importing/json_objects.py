"""Objects of a kind in an answer of the Open Platform, whatever it is wrapped in (reference §7.1), and their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.importing.records import Item, Refusal
from engine.intake.envelope import from_text, items, squash
from engine.intake.own import escape
from engine.intake.values import Unreadable, clean, currency_of, identifier, number, shown, text, whole

MAX_DEPTH = 12


def find(document: Any, is_wanted: Callable[[set[str]], bool], pointer: str = "", depth: int = 0) -> Iterator[Any]:
    """(object, pointer) of every object whose squashed field names are wanted; what is found is not searched."""
    if depth > MAX_DEPTH:
        return
    if isinstance(document, str) and document[:1] in "[{" and document:
        document = from_text(document)
    if isinstance(document, list):
        for index, item in enumerate(document):
            yield from find(item, is_wanted, f"{pointer}/{index}", depth + 1)
    elif isinstance(document, dict):
        if is_wanted({squash(str(name)) for name in document}):
            yield document, pointer
            return
        for name, value in document.items():
            if isinstance(value, dict | list | str):
                yield from find(value, is_wanted, f"{pointer}/{escape(str(name))}", depth + 1)


class Fields:
    """The fields of one object by squashed name; what cannot be read is noted with its pointer and left out."""

    def __init__(self, payload: Mapping[str, Any], pointer: str, refusals: list[Refusal], line: int = 0) -> None:
        self.payload, self.pointer, self.refusals, self.line = payload, pointer, refusals, line
        self._names = {squash(str(name)): str(name) for name in payload}

    def raw(self, *names: str) -> tuple[Any, str]:
        """The first of these fields that holds something, with its pointer; (None, "") when none does."""
        for name in names:
            key = self._names.get(name)
            if key is not None and self.payload[key] not in (None, "", [], {}):
                return self.payload[key], f"{self.pointer}/{escape(key)}"
        return None, ""

    def read(self, reader: Callable[[Any], tuple[Any, str]], *names: str) -> Any:
        """The value of the first of these fields, None when there is none or it cannot be read."""
        value, pointer = self.raw(*names)
        if value is None:
            return None
        try:
            found = reader(value)[0]
        except Unreadable as error:
            self.refuse(error, value, pointer)
            return None
        return clean(found)[0] if isinstance(found, str) else found

    def text(self, *names: str) -> str | None:
        """A text; an empty one is None."""
        found: str | None = self.read(text, *names)
        return found.strip() or None if found is not None else None

    def id(self, *names: str) -> str | None:
        """A platform id."""
        found: str | None = self.read(identifier, *names)
        return found or None

    def whole(self, *names: str) -> int | None:
        """A whole number."""
        found: int | None = self.read(whole, *names)
        return found

    def time(self, read: Callable[[Any], datetime], *names: str) -> datetime | None:
        """A moment."""
        found: datetime | None = self.read(lambda value: (read(value), ""), *names)
        return found

    def money(self, *names: str) -> tuple[Decimal | None, str | None]:
        """An amount and its currency: {"amount", "currency_code"}, or a text that names both."""
        value, pointer = self.raw(*names)
        if isinstance(value, dict):
            inner = Fields(value, pointer, self.refusals, self.line)
            amount = inner.read(number, "amount", "value")
            if amount is None and (cents := inner.read(number, "cent")) is not None:
                amount = cents / 100
            return amount, inner.text("currencycode", "currency")
        if value is None:
            return None, None
        return self.read(number, *names), currency_of(value)

    def objects(self, *names: str) -> Iterator[Fields]:
        """The objects of a list, plain or wrapped once by its type name."""
        value, pointer = self.raw(*names)
        for item, at in items(value, pointer):
            if isinstance(item, dict):
                yield Fields(item, at, self.refusals, self.line)
            else:
                self.refuse(Unreadable("expected an object", "应为对象"), item, at)

    def refuse(self, error: Unreadable, value: Any, pointer: str, *, whole_record: bool = False) -> None:
        """Note what was not taken."""
        en, zh = f"{error.en}, got {shown(value)}", f"{error.zh}，实际为 {shown(value)}"
        self.refusals.append(
            Refusal(
                error.code,
                {"en": en, "zh": zh},
                self._place(pointer),
                "",
                self.line,
                pointer,
                shown(value),
                is_whole_record=whole_record,
            )
        )

    def _place(self, pointer: str) -> dict[str, str]:
        if self.line:
            return {"en": f"line {self.line}, {pointer}", "zh": f"第 {self.line} 行，{pointer}"}
        return {"en": pointer, "zh": pointer}

    def item(self, value: Any) -> Item:
        """The record with all that was refused on the way."""
        return Item(value, tuple(self.refusals), "", self.line, self._place(self.pointer))

    def missing(self, en: str, zh: str) -> Item:
        """The record as a whole is refused: it lacks what makes it one."""
        error = Unreadable(en, zh, "incomplete")
        self.refuse(error, ", ".join(list(self.payload)[:8]), self.pointer, whole_record=True)
        return Item(None, tuple(self.refusals))
