"""Parts: done by a pool, kept, taken up again after a kill; a bad one is named and the rest completes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.cli import run as command
from api.diagnosis import pool
from api.diagnosis.parts import ROWS, find_files, find_parts
from api.diagnosis.state import State, StateMismatch
from engine import Listing, Pack
from engine.evaluate.catalogue import Kernel
from engine.intake import arrow
from tests.diagnosis.conftest import listings, write_parts

DAY = "2026-11-23"
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"


def diagnose(*words: str | Path) -> int:
    return command(["diagnose", "--as-of", DAY, *map(str, words)])


def test_every_form_of_result_is_the_same_for_any_number_of_workers(parts: Path, tmp_path: Path) -> None:
    for form in ("ndjson", "parquet", "csv", "sarif"):
        files = [tmp_path / f"{workers}.{form}" for workers in (1, 2)]
        for workers, file in zip((1, 2), files, strict=True):
            assert diagnose(parts, "--out", file, "--workers", str(workers)) == 1
        assert files[0].read_bytes() == files[1].read_bytes()
        assert files[0].stat().st_size > 1000


def test_results_in_a_workbook_can_be_opened(parts: Path, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    diagnose(parts / "part-000.parquet", "-o", tmp_path / "f.xlsx")
    book = load_workbook(tmp_path / "f.xlsx", read_only=True)
    rows = list(book.active.values)
    book.close()
    assert rows[0][:4] == ("part", "row", "listing", "result")
    assert len(rows) > 40


def test_bad_parts_are_named_and_the_rest_completes(
    parts: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good = (parts / "part-001.parquet").read_bytes()
    (parts / "part-001.parquet").write_bytes(good[: len(good) // 2])
    pq.write_table(pa.table({"foo": [1]}), parts / "part-003.parquet")
    assert diagnose(parts, "--out", tmp_path / "f.parquet") == 2
    told = capsys.readouterr().out
    assert "part-001.parquet: the file is damaged or cut short" in told
    assert "part-003.parquet: no column is a field of a listing; there are foo" in told
    assert "160 listings" in told
    done = set(pq.read_table(tmp_path / "f.parquet")["part"].to_pylist())
    assert done == {str(parts / f"part-00{number}.parquet") for number in (0, 2, 4, 5)}


def test_a_part_that_kills_its_process_is_named(
    parts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Kernel.check
    fatal = listings(100, 101)[0].id  # in part-002

    def check(self: Kernel, found: list[Listing], *rest: object, **more: object) -> None:
        if any(listing.id == fatal for listing in found):
            os._exit(9)
        whole(self, found, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Kernel, "check", check)
    # forked workers have the change above, whatever threads other tests have left
    monkeypatch.setattr(pool.threading, "active_count", lambda: 1)
    assert diagnose(parts, "--workers", "2") == 2
    told = capsys.readouterr().out
    assert "part-002.parquet: checking it killed the process" in told
    assert "200 listings" in told


def test_a_stopped_run_goes_on_with_the_last_finished_part(parts: Path, tmp_path: Path, shipped: Pack) -> None:
    kept = State(tmp_path / "state")
    plan = pool.Plan(pack=shipped.path, as_of=date.fromisoformat(DAY), folder=kept.folder)
    kept.begin({"day": DAY})
    all_parts = find_parts(find_files([parts]), kept.spool)
    done: list[int] = []
    for part, _ in pool.run(plan, all_parts, 1, stop=lambda: len(done) == 2):
        done.append(part.number)
    assert done == [0, 1]
    before = kept.path(0).stat().st_mtime_ns
    left = [part for part in all_parts if kept.outcome(part.number) is None]
    assert [part.number for part, _ in pool.run(plan, left, 1)] == [2, 3, 4, 5]
    assert kept.path(0).stat().st_mtime_ns == before


def test_a_state_directory_serves_one_diagnosis(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = State(tmp_path / "state")
    assert state.begin({"a": 1}) is False
    assert state.begin({"a": 1}) is True
    with pytest.raises(StateMismatch, match=r"different: a.*delete this one"):
        state.begin({"a": 2})
    assert diagnose(parts, "--state", tmp_path / "state") == 2
    assert "holds another diagnosis" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name at least one file"),
        (["missing.parquet"], "missing.parquet: there is no such file or directory"),
        (["--workers", "0", "x"], "--workers 0: at least 1"),
        ([str(SAMPLES / "draft.json"), "--out", "x.doc"], "the name must end in one of .ndjson"),
    ],
)
def test_bad_calls_say_the_way_out(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["diagnose", *words]) == 2
    assert told in capsys.readouterr().err


def test_every_form_of_input_is_taken(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert diagnose(SAMPLES, "--out", tmp_path / "f.ndjson", "--lang", "zh") in (1, 2)
    assert "共 27 个商品" in capsys.readouterr().out
    assert "dianxiaomi-export.xlsx" in (tmp_path / "f.ndjson").read_text("utf-8")


def test_a_large_row_group_is_cut(tmp_path: Path) -> None:
    count = ROWS + 5
    pq.write_table(pa.table({"title": ["a"] * count}), tmp_path / "large.parquet", row_group_size=count)
    found = find_parts([tmp_path / "large.parquet"], tmp_path / "spool")
    assert [(part.start, part.stop, part.first) for part in found] == [(0, ROWS, 0), (ROWS, count, ROWS)]


def kill_at_random(words: list[str], moments: list[float], cwd: Path) -> int:
    """Run the command again and again, each time killed after a while; the last time it may end. How often killed."""
    script = "from api.cli import main; main()"
    killed = 0
    for moment in [*moments, 120.0]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *words],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + moment
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        killed += 1
    return killed


def test_killed_at_random_moments_the_result_is_the_same(tmp_path: Path) -> None:
    catalogue = write_parts(tmp_path / "catalogue", 8, 60)
    words = ["diagnose", str(catalogue), "--as-of", DAY, "--workers", "2"]
    undisturbed, resumed = tmp_path / "whole.ndjson", tmp_path / "resumed.ndjson"
    assert command([*words, "--out", str(undisturbed)]) == 1
    chance = random.Random(4)
    moments = [chance.uniform(0.5, 1.4) for _ in range(3)]
    kill_at_random([*words, "--state", str(tmp_path / "state"), "--out", str(resumed)], moments, tmp_path)
    assert resumed.read_bytes() == undisturbed.read_bytes()


def test_what_is_written_as_columns_is_read_back(tmp_path: Path) -> None:
    some = listings(0, 5)
    batch = arrow.write(some)
    assert arrow.Reader(batch.schema).read(batch).listings == some
