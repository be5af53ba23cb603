"""Runs of the importers: how far each came, what it changed, and every row that was refused.

`done` counts the records whose changes are committed: it is written in the same transaction as they are, so that a
run that was killed goes on exactly behind its last commit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store_model.db import Base, UtcDateTime
from store_model.tenancy import Id, StoreRow

IMPORT_STATES = ("running", "done", "failed")


class ImportRun(StoreRow, Base):
    """One file imported into one store. A run is known by its file's content, kind and store."""

    __tablename__ = "import_run"
    __audited__ = False  # recorded once, when it ends, with all that it did

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    file: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    done: Mapped[int] = mapped_column(default=0)
    inserted: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    failure: Mapped[dict[str, str] | None] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_import_run_file", "entity_id", "store_id", "sha256", "kind"),)


class ImportRefusal(StoreRow, Base):
    """One record (or one value) that was not taken: its place in the file, the value, and why, in both languages."""

    __tablename__ = "import_refusal"
    __audited__ = False  # written with its run, which is recorded

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("import_run.id", ondelete="CASCADE"))
    record: Mapped[int]
    sheet: Mapped[str] = mapped_column(String(200))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(Text)
    place: Mapped[dict[str, str]] = mapped_column(JSON)
    code: Mapped[str] = mapped_column(String(40))
    reason: Mapped[dict[str, str]] = mapped_column(JSON)
    value: Mapped[str] = mapped_column(Text)
    is_whole_record: Mapped[bool]

    __table_args__ = (Index("ix_import_refusal_run", "entity_id", "run_id", "id"),)
