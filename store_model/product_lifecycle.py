"""The life of a product: which moves there are from a status, and what each one does. The table is data of the pack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.errors import StorewardenError
from store_model.products import OFFLINE_REASONS, STATUSES


class Row(Protocol):
    """A row of the table as the pack's file gives it."""

    move: str
    sources: tuple[str, ...]
    to: str | None
    reason: str | None
    barred: tuple[str, ...]
    checked: bool
    title: dict[str, str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One move that is open now, and the status it leads to."""

    move: str
    to: str
    title: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"move": self.move, "to": self.to, "title": dict(self.title)}


class IllegalMove(StorewardenError):
    """The status does not allow the move; `allowed` are those that it does."""

    code = "illegal_move"

    def __init__(self, move: str, status: str, reason: str | None, allowed: Sequence[Allowed]) -> None:
        self.move, self.status, self.reason, self.allowed = move, status, reason, tuple(allowed)
        super().__init__(f"{move} from {status}")


class Lifecycle:
    """The table, ready to be asked. ValueError for one that names a status or reason that does not exist."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = tuple(rows)
        for row in self._rows:
            named = [*row.sources, *([row.to] if row.to is not None else [])]
            reasons = [*row.barred, *([row.reason] if row.reason is not None else [])]
            if unknown := sorted({*named} - {*STATUSES} | {*reasons} - {*OFFLINE_REASONS}):
                raise ValueError(f"the move {row.move} names what does not exist: {', '.join(unknown)}")

    @property
    def moves(self) -> tuple[str, ...]:
        """The names of all moves, each once."""
        return tuple(dict.fromkeys(row.move for row in self._rows))

    def allowed(self, status: str, reason: str | None) -> list[Allowed]:
        """The moves that are open to a product in this status, offline for this reason."""
        return [
            Allowed(row.move, row.to or status, row.title)
            for row in self._rows
            if status in row.sources and reason not in row.barred
        ]

    def find(self, move: str, status: str, reason: str | None) -> Row:
        """The row that a move takes from a status. IllegalMove names what is allowed instead."""
        for row in self._rows:
            if row.move == move and status in row.sources and reason not in row.barred:
                return row
        raise IllegalMove(move, status, reason, self.allowed(status, reason))


class Stateful(Protocol):
    """What a move changes."""

    status: str
    offline_reason: str | None


def take(product: Stateful, row: Row) -> None:
    """Do what the row says: the new status, and the reason where the product goes offline."""
    if row.to is not None:
        product.status = row.to
        product.offline_reason = row.reason
