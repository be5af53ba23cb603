"""A small catalogue in Parquet parts, and the shipped pack."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rules
from engine import Listing, Pack, load_pack
from engine.intake import arrow
from tests.benchmarks.listings import listing


def listings(start: int, stop: int) -> list[Listing]:
    """Invented listings, a quarter with faults."""
    return [msgspec.convert(listing(number), Listing, strict=False) for number in range(start, stop)]


def write_parts(folder: Path, parts: int, rows: int) -> Path:
    """A directory of Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(parts):
        batch = arrow.write(listings(number * rows, (number + 1) * rows))
        pq.write_table(pa.Table.from_batches([batch]), folder / f"part-{number:03d}.parquet")
    return folder


@pytest.fixture(scope="session")
def shipped() -> Pack:
    """The shipped pack."""
    return load_pack(rules.path("aliexpress"))


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Six parts of forty listings."""
    return write_parts(tmp_path / "catalogue", 6, 40)
