"""A store's own register of marks: those it adds, and those it learned of from a notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from msgspec.structs import replace
from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.marks.model import Mark
from store_model.columns import Base
from store_model.tenancy import Id, StoreRow, Versioned
from store_model.violations import Violation


class StoreMark(StoreRow, Versioned, Base):
    """A protected mark as `engine.marks.model.Mark` has it: its name, and its other spellings in any script.

    `folded` is the name without case, once in a store. `violation_id`: the violation that it was learned from.
    """

    __tablename__ = "store_mark"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(200))
    aliases: Mapped[list[str]] = mapped_column(JSON)
    owner: Mapped[str] = mapped_column(String(200))
    classes: Mapped[list[int]] = mapped_column(JSON)
    categories: Mapped[list[str]] = mapped_column(JSON)
    territories: Mapped[list[str]] = mapped_column(JSON)
    tier: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(12))
    since: Mapped[date | None]
    until: Mapped[date | None]
    risk: Mapped[str | None] = mapped_column(String(8))
    patterns: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(300))
    violation_id: Mapped[int | None] = mapped_column(Id)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "folded", name="uq_store_mark_folded"),
        Index("ix_store_mark_name", "entity_id", "store_id", "name", "id"),
    )


UNSAID = {"tier": Mark(names=(), owner="").tier, "status": Mark(names=(), owner="").status}
"""What a mark is when nothing is said."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many marks of an import were new, were changed, and stood there already."""

    added: int
    updated: int
    unchanged: int


def mark_of(row: StoreMark) -> Mark:
    """A row as a mark."""
    return Mark(
        names=(row.name, *row.aliases), owner=row.owner, classes=tuple(row.classes), categories=tuple(row.categories),
        territories=tuple(row.territories), tier=row.tier, status=row.status, since=row.since, until=row.until,
        risk=row.risk or "", patterns=row.patterns or "", source=row.source or "",
    )  # fmt: skip


def marks_of(session: Session, store_id: int) -> tuple[Mark, ...]:
    """The register of a store, in the order of the names."""
    rows = session.scalars(select(StoreMark).where(StoreMark.store_id == store_id).order_by(StoreMark.name))
    return tuple(map(mark_of, rows))


def values_of(mark: Mark) -> dict[str, Any]:
    """A mark as the attributes of a row."""
    name, *aliases = mark.names
    return {
        "name": name, "folded": fold(name), "aliases": aliases, "owner": mark.owner, "classes": list(mark.classes),
        "categories": list(mark.categories), "territories": list(mark.territories), "tier": mark.tier,
        "status": mark.status, "since": mark.since, "until": mark.until, "risk": mark.risk or None,
        "patterns": mark.patterns or None, "source": mark.source or None,
    }  # fmt: skip


def fold(name: str) -> str:
    """What makes two names the same mark of a store."""
    return " ".join(name.casefold().split())


def take_in(session: Session, *, entity_id: int, store_id: int, marks: Iterable[Mark]) -> TakenIn:
    """Add marks to a store's register; one of the same name is brought to what is given. What is not given (empty, or
    what a mark is when nothing is said) takes nothing away, and other spellings are added to those that are there.
    """
    known = {row.folded: row for row in session.scalars(select(StoreMark).where(StoreMark.store_id == store_id))}
    added = updated = unchanged = 0
    for mark in marks:
        values = values_of(mark)
        row = known.get(values["folded"])
        if row is None:
            row = known[values["folded"]] = StoreMark(entity_id=entity_id, store_id=store_id, **values)
            session.add(row)
            added += 1
            continue
        values["aliases"] = list(dict.fromkeys([*row.aliases, *values["aliases"]]))
        changed = {
            name: value
            for name, value in values.items()
            if name != "name" and value and value != UNSAID.get(name) and getattr(row, name) != value
        }
        for name, value in changed.items():
            setattr(row, name, value)
        updated, unchanged = updated + bool(changed), unchanged + (not changed)
    session.flush()
    return TakenIn(added, updated, unchanged)


def learn(session: Session, violation: Violation, mark: Mark) -> StoreMark:
    """A violation's mark in the register of its store, with the case as its source. One that is there keeps what is
    known of it.
    """
    told = replace(mark, source=f"violation {violation.case_no}")
    known = session.scalars(
        select(StoreMark).where(StoreMark.store_id == violation.store_id, StoreMark.folded == fold(mark.names[0]))
    ).one_or_none()
    if known is not None and mark.owner == mark.names[0]:  # nobody said whose it is
        told = replace(told, owner=known.owner)
    take_in(session, entity_id=violation.entity_id, store_id=violation.store_id, marks=[told])
    row = session.scalars(
        select(StoreMark).where(StoreMark.store_id == violation.store_id, StoreMark.folded == fold(mark.names[0]))
    ).one()
    row.violation_id = violation.id
    session.flush()
    return row
