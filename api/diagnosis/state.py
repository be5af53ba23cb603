"""What a diagnosis has done so far, in a directory: one file a part, there whole or not at all.

plan.json            what is diagnosed, by which rules; a directory serves one plan
spool/00000.parquet  listings of a file that was no Parquet
parts/000000.parquet the findings of a part; its counts and its fault stand in the file's metadata
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from api.diagnosis.parts import Fault, settle
from engine.errors import StorewardenError
from engine.evaluate.catalogue import Tally, schema

OUTCOME = b"storewarden.outcome"


class StateMismatch(StorewardenError):
    """The directory holds the work of another diagnosis."""

    code = "state_mismatch"


class Outcome(msgspec.Struct, frozen=True):
    """What became of a part."""

    name: str
    tally: Tally
    fault: tuple[str, str, str] | None = None
    ignored: tuple[str, ...] = ()

    @property
    def why(self) -> Fault | None:
        """The fault, when the part could not be done."""
        return None if self.fault is None else Fault(*self.fault)


@dataclass(frozen=True, slots=True)
class State:
    """The directory of one diagnosis."""

    folder: Path

    @property
    def spool(self) -> Path:
        """Where files that are no Parquet are laid down."""
        return self.folder / "spool"

    def begin(self, plan: Mapping[str, Any]) -> bool:
        """Take the directory for a plan; True when work of the same plan may be there. Raises StateMismatch."""
        (self.folder / "parts").mkdir(parents=True, exist_ok=True)
        self.spool.mkdir(exist_ok=True)
        file = self.folder / "plan.json"
        wanted = json.dumps(plan, sort_keys=True, default=str, indent=1)
        if file.exists():
            known = json.loads(file.read_text("utf-8"))
            if known != json.loads(wanted):
                differ = sorted(key for key in {*known, *plan} if known.get(key) != json.loads(wanted).get(key))
                raise StateMismatch(
                    f"{self.folder} holds another diagnosis (different: {', '.join(differ)}); "
                    "name another --state directory, or delete this one"
                )
            return True
        unfinished = self.folder / "plan.tmp"
        unfinished.write_text(wanted, "utf-8")
        settle(unfinished, file)
        return False

    def path(self, number: int) -> Path:
        """The file of a part."""
        return self.folder / "parts" / f"{number:06d}.parquet"

    def write(self, number: int, rows: list[pa.RecordBatch], outcome: Outcome) -> None:
        """Keep the result of a part."""
        known = schema().with_metadata({OUTCOME: msgspec.json.encode(outcome)})
        table = pa.Table.from_batches(rows, schema()).replace_schema_metadata(known.metadata)
        unfinished = self.path(number).with_suffix(".tmp")
        pq.write_table(table, unfinished, compression="zstd")
        settle(unfinished, self.path(number))

    def outcome(self, number: int) -> Outcome | None:
        """What became of a part; None while it is not done."""
        try:
            metadata = pq.read_schema(self.path(number)).metadata or {}
            return msgspec.json.decode(metadata[OUTCOME], type=Outcome)
        except (OSError, pa.ArrowException, KeyError, msgspec.MsgspecError):
            return None

    def table(self, number: int) -> pa.Table:
        """The findings of a part."""
        return pq.read_table(self.path(number), use_threads=False).replace_schema_metadata(None)

    def tables(self, count: int) -> Iterator[tuple[Outcome, pa.Table]]:
        """All parts in order."""
        for number in range(count):
            outcome = self.outcome(number)
            if outcome is not None:
                yield outcome, self.table(number)
