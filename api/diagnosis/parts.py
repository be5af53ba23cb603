"""Inputs → parts: a part is a range of rows of one Parquet file, small enough to be done again after a crash.

Parquet is read where it lies. Every other form (xlsx, CSV, JSON, NDJSON, Open Platform) is read once and laid down as
Parquet beside the results, with what could not be read of each row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from engine import IntakeError, Listing, Store
from engine.intake import Origin, Record, arrow, read_file

ROWS = 20_000
"""Rows of a part, about; a row group is cut into at most MOST_SLICES, as each slice is found by reading on to it."""
MOST_SLICES = 8
SPOOL_ROWS = 5_000
PARQUET = b"PAR1"
NOT_CARRIED, STORE = b"storewarden.not_carried", b"storewarden.store"
PROBLEMS, REFUSED = "storewarden_problems", "storewarden_refused"
"""Columns beside a listing's own in what was laid down: why values were left out, and whether all of it was."""

_NOWHERE = Origin("store")
_PROBLEM = pa.struct([("pointer", pa.string()), ("en", pa.string()), ("zh", pa.string())])


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a part could not be done, in both languages."""

    code: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Part:
    """Rows `start` to `stop` of a row group; `first` is the number of the first of them in the file.

    A file that can't even be opened is one part with a `fault`.
    """

    number: int
    path: str
    name: str
    group: int = 0
    start: int = 0
    stop: int = 0
    first: int = 0
    fault: Fault | None = None

    @property
    def rows(self) -> int:
        """How many listings it has."""
        return self.stop - self.start


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files that are named and those in the directories that are, in order. Raises IntakeError for none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "_")))
            if not inside:
                raise IntakeError("the directory is empty", "目录为空", where=str(path), code="empty")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise IntakeError("there is no such file or directory", "文件或目录不存在", where=str(path), code="no_file")
    return found


def identity(files: Sequence[Path]) -> list[list[Any]]:
    """What tells that the input is still the same: names, sizes and times of change."""
    return [[str(path), (stat := path.stat()).st_size, stat.st_mtime_ns] for path in files]


def find_parts(files: Sequence[Path], spool: Path) -> list[Part]:
    """The parts of all files; what is no Parquet is laid down in `spool` first (once)."""
    parts: list[Part] = []
    for number, path in enumerate(files):
        parts += _parts_of(path, spool / f"{number:05d}.parquet", len(parts))
    return parts


def _parts_of(path: Path, laid_down: Path, first_number: int) -> list[Part]:
    name = str(path)
    try:
        if is_parquet(path):
            return list(_slices(path, name, first_number))
        if not laid_down.exists():
            lay_down(path, laid_down)
        return list(_slices(laid_down, name, first_number))
    except IntakeError as error:
        return [Part(first_number, name, name, fault=Fault(error.code, error.en, error.zh))]
    except (pa.ArrowException, OSError) as error:
        return [Part(first_number, name, name, fault=damaged(error))]


def damaged(error: BaseException) -> Fault:
    """The fault of a file that Arrow refuses."""
    reason = " ".join(str(error).split())[:200]
    return Fault("damaged", f"the file is damaged or cut short ({reason})", f"文件已损坏或不完整（{reason}）")


def is_parquet(path: Path) -> bool:
    """By content, or by name when the content is damaged."""
    with path.open("rb") as stream:
        return stream.read(4) == PARQUET or path.suffix.lower() in {".parquet", ".pq"}


def _slices(path: Path, name: str, number: int) -> Iterator[Part]:
    metadata = pq.read_metadata(path)
    first = 0
    several = metadata.num_rows > ROWS or metadata.num_row_groups > 1
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        size = max(ROWS, -(-rows // MOST_SLICES))
        for start in range(0, rows, size):
            stop = min(rows, start + size)
            told = f"{name}, rows {first + start + 1}–{first + stop}" if several else name
            yield Part(number, str(path), told, group, start, stop, first + start)
            number += 1
        first += rows


def batches(part: Part, size: int) -> Iterator[pa.RecordBatch]:
    """The rows of a part."""
    with pq.ParquetFile(part.path, memory_map=True, pre_buffer=False) as file:
        at = 0
        for batch in file.iter_batches(batch_size=size, row_groups=[part.group], use_threads=False):
            low, high = max(part.start - at, 0), min(part.stop - at, len(batch))
            if low < high:
                yield batch.slice(low, high - low)
            at += len(batch)
            if at >= part.stop:
                return


# Laying down -------------------------------------------------------------------------------------------------------


def lay_down(path: Path, target: Path) -> None:
    """Read a file of any form and write its listings as Parquet. Raises IntakeError."""
    intake = read_file(path)
    records = iter(intake)
    head = next(records, None)
    not_carried = head.origin.not_carried if head is not None else frozenset()
    metadata = {NOT_CARRIED: json.dumps(sorted(not_carried)).encode()}
    if intake.store is not None:
        metadata[STORE] = msgspec.json.encode(intake.store)
    write_parquet(([] if head is None else _chain(head, records)), target, metadata)


def _chain(head: Record, rest: Iterator[Record]) -> Iterator[Record]:
    yield head
    yield from rest


def write_listings(listings: Iterable[Listing], target: Path) -> int:
    """Write listings as Parquet; how many there were."""
    return write_parquet((Record(listing, (), _NOWHERE) for listing in listings), target, {})


def write_parquet(records: Iterable[Record], target: Path, metadata: dict[bytes, bytes]) -> int:
    """Write records, whole or not at all; how many there were."""
    given = arrow.schema().append(pa.field(PROBLEMS, pa.list_(_PROBLEM))).append(pa.field(REFUSED, pa.bool_()))
    given = given.with_metadata(metadata)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".tmp")
    count = 0
    with pq.ParquetWriter(unfinished, given, compression="zstd") as writer:
        held: list[Record] = []
        for record in records:
            held.append(record)
            count += 1
            if len(held) == SPOOL_ROWS:
                writer.write_batch(_batch(held, given))
                held = []
        if held:
            writer.write_batch(_batch(held, given))
    settle(unfinished, target)
    return count


def _batch(records: Sequence[Record], given: pa.Schema) -> pa.RecordBatch:
    columns = arrow.write([record.listing or Listing() for record in records]).columns
    problems = [
        [{"pointer": p.pointer, "en": p.text("en"), "zh": p.text("zh")} for p in record.problems] for record in records
    ]
    refused = [record.listing is None for record in records]
    extra = [pa.array(problems, pa.list_(_PROBLEM)), pa.array(refused, pa.bool_())]
    return pa.RecordBatch.from_arrays([*columns, *extra], schema=given)


def settle(unfinished: Path, target: Path) -> None:
    """Make a written file last under its name: it is there whole after a crash, or not at all."""
    with unfinished.open("rb+") as stream:
        os.fsync(stream.fileno())
    unfinished.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of its listings as a whole."""

    not_carried: frozenset[str]
    store: Store | None


NOTHING = About(frozenset(), None)


def about(path: str) -> About:
    """Read what was laid down beside the listings."""
    known = pq.read_schema(path).metadata or {}
    store = known.get(STORE)
    return About(
        frozenset(json.loads(known.get(NOT_CARRIED, b"[]"))), msgspec.json.decode(store, type=Store) if store else None
    )
