"""A catalogue by Apache Spark: the same bytes as by processes of this machine.

What Spark's workers run is tested without Spark; Spark itself where its extra and Java are installed.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rules
from api.cli import run as command
from api.diagnosis import pool, spark
from api.diagnosis.parts import find_files, find_parts
from api.diagnosis.state import Outcome, State
from engine import Pack
from engine.evaluate.catalogue import Kernel
from tests.diagnosis.conftest import listings

AS_OF = date(2026, 11, 23)
IS_THERE = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
needs_spark = pytest.mark.skipif(
    not IS_THERE, reason="Spark is not here; pip install -e '.[spark]' and Java 17 or later bring it"
)


def diagnose(*words: str | Path) -> int:
    return command(["diagnose", "--as-of", str(AS_OF), *map(str, words)])


@pytest.fixture
def plan(tmp_path: Path, shipped: Pack) -> pool.Plan:
    made = pool.Plan(pack=rules.path("aliexpress"), as_of=AS_OF, folder=tmp_path / "state")
    State(made.folder).begin({})
    pool.know(made, shipped)
    return made


def test_a_worker_does_the_parts_that_its_rows_name(parts: Path, plan: pool.Plan) -> None:
    found = find_parts(find_files([parts]), plan.folder / "spool")
    rows = [{"number": part.number, "part": msgspec.json.encode(part)} for part in found[:2]]
    batch = pa.RecordBatch.from_pylist(rows, pa.schema([("number", pa.int64()), ("part", pa.binary())]))
    answers = [row for one in spark.doing(plan)([batch]) for row in one.to_pylist()]
    expected = [pool.check_part(plan, part) for part in found[:2]]
    assert [row["number"] for row in answers] == [0, 1]
    assert [msgspec.json.decode(row["outcome"], type=Outcome) for row in answers] == [told for _, told in expected]
    assert [State(plan.folder).table(n) for n in (0, 1)] == [pa.Table.from_batches(rows) for rows, _ in expected]


def numbered(file: Path) -> Iterator[pa.RecordBatch]:
    first = 0
    for batch in pq.ParquetFile(file).iter_batches(batch_size=15):
        yield batch.append_column(spark.ROW, pa.array(range(first, first + len(batch)), pa.int64()))
        first += len(batch)


def test_a_worker_checks_batches_of_listings_and_keeps_the_numbers_of_their_rows(
    parts: Path, plan: pool.Plan, shipped: Pack
) -> None:
    file = parts / "part-001.parquet"
    whole = Kernel(shipped, as_of=AS_OF).run(pq.ParquetFile(file).iter_batches())
    assert pa.Table.from_batches(spark.checking(plan)(numbered(file))) == pa.Table.from_batches(whole)
    without = pa.Table.from_batches(spark.checking(plan)(pq.ParquetFile(file).iter_batches()))
    assert set(without["row"].to_pylist()) == {None}


def test_without_the_extra_the_way_out_is_told(
    parts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert diagnose(parts, "--engine", "spark") == 2
    assert "Spark is not installed: pip install 'storewarden[spark]'" in capsys.readouterr().err


def test_words_that_are_for_the_other_engine_are_refused(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diagnose(parts, "--master", "local[2]") == 2
    assert diagnose(parts, "--engine", "spark", "--workers", "2") == 2
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "storewarden diagnose: --master is Spark's; say --engine spark too",
        "storewarden diagnose: --workers is not Spark's; say how many with --master 'local[4]'",
    ]


@needs_spark
def test_spark_finds_byte_for_byte_what_this_machine_finds_and_names_the_bad_parts(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (parts / "part-004.parquet").read_bytes()
    (parts / "part-004.parquet").write_bytes(good[: len(good) // 2])
    said: list[Any] = []
    for engine in (("--engine", "local"), ("--engine", "spark", "--master", "local[2]")):
        target = tmp_path / f"{engine[1]}.ndjson"
        assert diagnose(parts, "-o", target, *engine) == 2
        told = [line for line in capsys.readouterr().out.splitlines() if "listings/s" not in line]
        said.append((target.read_bytes(), told))
    assert said[0] == said[1]
    assert len(said[0][0]) > 1000


@needs_spark
def test_spark_takes_up_what_another_run_has_begun(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, whole, again = tmp_path / "s", tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    diagnose(parts, "-o", whole, "--state", state)
    for number in (1, 3):
        State(state).path(number).unlink()
    capsys.readouterr()
    assert diagnose(parts, "-o", again, "--state", state, "--engine", "spark", "--master", "local[2]") == 1
    assert "4 of 6 parts are done" in capsys.readouterr().err
    assert again.read_bytes() == whole.read_bytes()


@needs_spark
def test_a_dataframe_of_listings_becomes_one_of_findings(parts: Path, plan: pool.Plan, shipped: Pack) -> None:
    file = parts / "part-002.parquet"
    with spark.session("local[2]") as session:
        found = spark.findings(spark.frame_of(session, file), plan.pack, as_of=AS_OF, shadow=True).toArrow().to_pylist()
    whole = Kernel(shipped, as_of=AS_OF).run(pq.ParquetFile(file).iter_batches())
    expected = pa.Table.from_batches(whole).to_pylist()
    assert sorted(found, key=lambda row: (row["row"], row["fingerprint"])) == sorted(
        expected, key=lambda row: (row["row"], row["fingerprint"])
    )


@needs_spark
def test_spark_finds_the_duplicates_that_this_machine_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = Random(7)
    known = [(one.id, one.title, one.description) for one in listings(0, 300)]
    edited = [(f"copy-{key}", _edited(title or "", rng), text) for key, title, text in rng.sample(known, 80)]
    drafts = [{"id": key, "title": title, "description": text, "price": "9.90"} for key, title, text in known + edited]
    file = tmp_path / "drafts.json"
    file.write_text(json.dumps(drafts), "utf-8")
    said = []
    for engine in (("--engine", "local"), ("--engine", "spark", "--master", "local[2]")):
        assert command(["duplicates", str(file), "-f", "json", "--explain", *engine]) == 1
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert said[0].count("\n") > 50


def _edited(title: str, rng: Random) -> str:
    words = title.split()
    words.insert(rng.randrange(len(words) + 1), rng.choice(["new", "hot", "2026"]))
    return " ".join(words)
