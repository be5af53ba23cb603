"""The append-only journal: entries and reversals as rows, each sealed into a hash chain. Nothing is ever changed.

`post` compares what the notices say now with what the open rows say, and appends the difference: a case whose entry
changed (an appeal, a late notice of an earlier case) gets a reversal and a new entry. So the open rows at any moment
of knowledge are exactly what booking all notices known by then gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from engine.ledger.booking import Entry

GENESIS = "0" * 64


class Row(Struct, frozen=True):
    """One row. `reverses` is the seq of the entry that a reversal undoes; its `entry` repeats that entry.

    `known` is when the row was appended, `pack` the digest of the rules that booked it, `hash` seals all of it and the
    row before.
    """

    seq: int
    kind: str  # entry | reversal
    entry: Entry
    known: datetime
    pack: str
    reverses: int | None
    previous: str
    hash: str


def seal(seq: int, kind: str, entry: Entry, known: datetime, pack: str, reverses: int | None, previous: str) -> str:
    """The hash of a row over all that it says and the hash before it."""
    said = msgspec.json.encode([seq, kind, entry, known, pack, reverses, previous], order="deterministic")
    return hashlib.sha256(said).hexdigest()


def open_rows(rows: Iterable[Row], known_as_of: datetime | None = None) -> dict[str, Row]:
    """Case → its entry that no reversal undid, as known at a moment."""
    found: dict[str, Row] = {}
    for row in rows:
        if known_as_of is not None and row.known > known_as_of:
            continue
        if row.kind == "entry":
            found[row.entry.case] = row
        else:
            found.pop(row.entry.case, None)
    return found


def post(
    opened: Mapping[str, Row],
    entries: Sequence[Entry],
    *,
    known: datetime,
    pack: str,
    last: tuple[int, str] = (0, GENESIS),
) -> list[Row]:
    """The rows to append so that the open entries are `entries`. `last`: seq and hash of the last row."""
    wanted = {entry.case: entry for entry in entries}
    planned: list[tuple[str, Entry, int | None]] = []
    for case, row in sorted(opened.items(), key=lambda item: item[1].seq):
        if not _same(wanted.get(case), row.entry):
            planned.append(("reversal", row.entry, row.seq))
    for entry in entries:
        row_of = opened.get(entry.case)
        if row_of is None or not _same(entry, row_of.entry):
            planned.append(("entry", entry, None))
    seq, previous = last
    rows = []
    for kind, entry, reverses in planned:
        seq += 1
        digest = seal(seq, kind, entry, known, pack, reverses, previous)
        rows.append(Row(seq, kind, entry, known, pack, reverses, previous, digest))
        previous = digest
    return rows


def broken_at(rows: Sequence[Row]) -> int | None:
    """The seq of the first row that does not fit the chain; None when it is whole."""
    previous = GENESIS
    for index, row in enumerate(rows, start=1):
        sealed = seal(row.seq, row.kind, row.entry, row.known, row.pack, row.reverses, row.previous)
        if row.seq != index or row.previous != previous or row.hash != sealed:
            return row.seq
        previous = row.hash
    return None


def _same(new: Entry | None, old: Entry) -> bool:
    """Whether two entries say the same; a new revision of the rule alone books nothing anew."""
    return new is not None and (new == old or msgspec.structs.replace(new, revision=old.revision) == old)
