"""The ledger on the command line: a violation list in, balance and forecast out, replay byte for byte."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store_model.accounts import LegalEntity, Store
from store_model.db import open_database
from tests.cli.conftest import Ran

Run = Callable[..., Ran]

LIST = """\
违规编号,违规类型,违规等级,扣分,处罚时间,商品ID,违规原因
A-1,信用及销量炒作,medium,,2026-08-01 12:00:00,1005006,五个订单
A-2,PTS101,,0,2026-08-02,1005007,
A-3,不存在的违规,,2,2026-08-03,,
,PTS101,,6,2026-08-04,,
A-5,PTS101,,六,2026-08-05,,
A-6,PTS101,,6,昨天,,
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with one store, as the command finds it."""
    file = tmp_path / "sw.sqlite3"
    monkeypatch.setenv("STOREWARDEN_DATABASE_URL", f"sqlite:///{file}")
    opened = open_database(f"sqlite:///{file}")
    with opened.system(actor="system:test") as session:
        entity = LegalEntity(name="Shop Ltd")
        session.add(entity)
        session.flush()
        session.add(Store(entity_id=entity.id, platform="aliexpress", name="North"))
    opened.close()
    return file


@pytest.fixture
def imported(database: Path, tmp_path: Path, run: Run) -> Ran:
    file = tmp_path / "violations.csv"
    file.write_text(LIST, encoding="utf-8")
    return run("notices", "import", file, "--store", "North")


def test_a_list_is_taken_in_and_every_row_left_out_says_why(imported: Ran) -> None:
    assert imported.code == 1
    assert imported.out.splitlines()[-1] == "3 notices: 2 booked, 0 known before, 1 parked; 3 rows refused."
    assert "A-3  parked: no rule of the pack describes this offence" in imported.out
    assert "expected a time like" in imported.out
    assert "is required" in imported.out


def test_the_same_list_again_changes_nothing(imported: Ran, tmp_path: Path, run: Run) -> None:
    again = run("notices", "import", tmp_path / "violations.csv", "--store", "1", "--lang", "zh")
    assert again.out.splitlines()[-1] == "共 3 条通知：入账 0，已知 3，待处理 0；拒绝 3 行。"


def test_balance_and_replay_say_the_same_byte_for_byte(imported: Ran, run: Run) -> None:
    for words in (("--as-of", "2026-08-03"), ("--as-of", "2027-08-01T04:00:00Z", "--known-as-of", "2999-01-01")):
        said = run("ledger", "balance", "--store", "North", *words)
        again = run("ledger", "replay", "--store", "North", *words)
        assert (said.code, again.code) == (0, 0)
        assert said.out == again.out
    pools = {pool["ladder"]: pool["balance"] for pool in json.loads(said.out)["pools"]}
    assert pools == {"LAD101": 0, "LAD102": 0, "LAD103": 0, "LAD104": 0}
    before = json.loads(run("ledger", "balance", "--store", "1", "--as-of", "2027-08-01T03:59:59Z").out)
    assert {pool["ladder"]: pool["balance"] for pool in before["pools"]}["LAD103"] == 12


def test_replay_finds_a_row_that_was_changed_behind_the_ledgers_back(imported: Ran, database: Path, run: Run) -> None:
    raw = sqlite3.connect(database)
    raw.execute("DROP TRIGGER ledger_entry_no_update")
    raw.execute('UPDATE ledger_entry SET entry = replace(entry, \'"points": "12"\', \'"points": "1"\')')
    raw.commit()
    raw.close()
    told = run("ledger", "replay", "--store", "North", "--as-of", "2026-08-03")
    assert told.code == 1
    assert "broken at row 1" in told.err
    assert "do not agree" in told.err


def test_the_forecast_says_when_the_points_are_gone(imported: Ran, run: Run) -> None:
    told = json.loads(run("ledger", "forecast", "--store", "North", "--as-of", "2026-08-03", "--points", "12").out)
    pool = next(entry for entry in told["pools"] if entry["ladder"] == "LAD103")
    assert [change["at"] for change in pool["changes"]] == ["2027-08-01T04:00:00Z"]
    assert pool["harmless"] == {"points": 12, "from": None}


def test_overdue_complaints_and_appeals_are_swept(database: Path, run: Run) -> None:
    assert run("ledger", "sweep").out == "0 deadlines passed.\n"


def test_bad_words_are_refused_with_the_way_out(database: Path, tmp_path: Path, run: Run) -> None:
    assert run("ledger", "balance", "--store", "South").err.startswith(
        "There is no store South; the stores are: 1 North"
    )
    assert '"soon" is no moment' in run("ledger", "balance", "--store", "1", "--as-of", "soon").err
    nothing = tmp_path / "list.csv"
    nothing.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "no table has the columns of case_no" in run("notices", "import", nothing, "--store", "1").err
    assert run("notices", "import", tmp_path / "none.csv", "--store", "1").code == 2
    as_json = tmp_path / "list.json"
    as_json.write_text('{"items": [{"case_no": "J-1", "at": "2026-08-01T00:00:00Z", "offence": "PTS101"}, 7]}', "utf-8")
    told = run("notices", "import", as_json, "--store", "1")
    assert told.out.splitlines()[-1] == "1 notices: 1 booked, 0 known before, 0 parked; 1 rows refused."


def answer(said: Ran) -> Any:
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_lists_are_filtered_as_over_http_and_a_wrong_filter_says_what_there_is(imported: Ran, run: Run) -> None:
    active = answer(run("ledger", "list", "violations", "--store", "North", "--where", "min_points=6"))
    assert [item["case_no"] for item in active["items"]] == ["A-1"]
    parked = answer(run("ledger", "list", "notices", "--store", "North", "--where", "is_parked=true"))
    assert [(item["case_no"], item["parked"]) for item in parked["items"]] == [("A-3", "unknown_offence")]
    rows = answer(run("ledger", "list", "rows", "--store", "North", "--sort", "sequence", "--limit", "1"))
    assert ([item["sequence"] for item in rows["items"]], rows["has_more"]) == ([1], True)
    refused = run("ledger", "list", "violations", "--store", "North", "--where", "colour=red")
    assert (refused.code, "colour is unknown; known are case_no" in refused.err) == (2, True)
    assert "write name=value" in run("ledger", "list", "violations", "--store", "North", "--where", "red").err


def test_all_stores_are_forecast_and_listed_the_soonest_step_first(imported: Ran, run: Run) -> None:
    ahead = answer(run("ledger", "forecasts", "--cause", "time"))["items"]
    assert [(item["store_name"], item["step"], item["next_step"], item["next_step_at"]) for item in ahead] == [
        ("North", "frozen_first", "none", "2027-08-01T04:00:00Z")
    ]
    assert answer(run("ledger", "forecasts", "--within-days", "1"))["items"] == []


def test_a_supposed_case_an_appeal_and_a_complaint_from_the_command_line(imported: Ran, run: Run) -> None:
    store = ("--store", "North")
    pools = answer(run("ledger", "what-if", *store, "--offence", "PTS302", "--grade", "medium"))["pools"]
    assert [(pool["from"], pool["to"]) for pool in pools] == [(12, 24)]
    assert answer(run("ledger", "enforcement", *store, "--as-of", "2026-08-03"))["release_block"]["action"] == "freeze"
    late = run("ledger", "appeal", "A-1", *store, "--event", "submitted")
    assert (late.code, "begin with --event drafted" in late.err) == (2, True)
    assert answer(run("ledger", "appeal", "A-1", *store))["case_no"] == "A-1"
    made = answer(
        run("ledger", "complaint", "IPP-1", *store, "--event", "received", "--complainant", "buyer",
            "--received-at", "2026-08-05", "--offence", "PTS101")
    )  # fmt: skip
    assert (made["platform_id"], made["state"]) == ("IPP-1", "evidence_due")
    moved = answer(run("ledger", "complaint", "IPP-1", *store, "--event", "counter_notice", "--evidence", "invoice"))
    assert moved["evidence"] == ["invoice"]
    again = run("ledger", "complaint", "IPP-1", *store, "--event", "counter_notice")
    assert (again.code, "what can happen now: " in again.err) == (2, True)
