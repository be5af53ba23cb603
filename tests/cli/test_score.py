"""`storewarden score …` on files: what a seller types and reads."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.cli import run

AS_OF = "2026-11-23"
NOON = datetime(2026, 11, 22, 20)  # noon of the platform's clock, as UTC


def write(folder: Path, kind: str, rows: list[dict[str, object]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty orders of two listings: two were not shipped, one is disputed; twenty evaluations, two of them bad data."""
    orders, evaluations = [], []
    for number in range(40):
        paid = NOON - timedelta(days=1 + number % 20)
        orders.append(
            {
                "order_id": f"O{number:02d}",
                "product_id": f"L{number % 2}",
                "paid_at": f"{paid - timedelta(days=8):%Y-%m-%d %H:%M:%S}",
                "ship_by": f"{paid:%Y-%m-%d %H:%M:%S}",
                "sent_at": "" if number in (1, 3) else f"{paid - timedelta(days=7):%Y-%m-%d %H:%M:%S}",
                "finished_at": f"{paid:%Y-%m-%d %H:%M:%S}",
                "amount": "20.00",
                "currency": "USD",
            }
        )
        if number < 20:
            evaluations.append(
                {
                    "evaluation_id": f"E{number:02d}",
                    "order_id": f"O{number:02d}",
                    "product_id": f"L{number % 2}",
                    "buyer": f"B{number}",
                    "stars": "" if number == 0 else "9" if number == 1 else "5",
                    "description": "5",
                    "communication": "5",
                    "delivery": "5",
                    "given_at": f"{paid:%Y-%m-%d %H:%M:%S}",
                }
            )
    write(tmp_path, "orders", orders)
    write(tmp_path, "evaluations", evaluations)
    dispute = {"dispute_id": "D1", "order_id": "O05", "reason": "not_as_described", "state": "processing"}
    write(tmp_path, "disputes", [{**dispute, "opened_at": f"{NOON - timedelta(days=3):%Y-%m-%d %H:%M:%S}"}])
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["score", *words])
    return code, capsys.readouterr().out


def test_today_says_score_level_indicators_and_bad_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = answer(capsys, "today", str(folder), "--as-of", AS_OF)
    assert code == 0
    assert "Daily service score: 87.5 of 100  (2026-11-23)" in said
    assert "SVC101 Sold but not shipped  5.00% → 0/10  lost 10  (curve is ours)" in said
    assert "2 of 40 orders: cannot tell yet (good to breach)" in said
    assert "1 evaluations: no rating (rating_missing): E00" in said
    assert "1 evaluations: a rating that is not 1 to 5 (rating_out_of_scale): E01" in said


def test_the_points_of_the_items_add_up_in_the_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = answer(capsys, "today", str(folder), "--as-of", AS_OF, "--format", "json")
    score = json.loads(said)["score"]
    assert sum(float(item["points"]) for item in score["items"]) == pytest.approx(float(score["score"]))
    assert {item["id"]: item["points"] for item in score["items"]}["not_as_described"] == "12.50"


def test_each_order_behind_an_indicator_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = answer(capsys, "evidence", "SVC101", str(folder), "--as-of", AS_OF, "--format", "json")
    rows = {row["id"]: row["counts"] for row in json.loads(said)["rows"]}
    assert code == 0
    assert len(rows) == 40
    assert sorted(name for name, counts in rows.items() if counts["not_shipped"]) == ["O01", "O03"]


def test_a_listing_is_named_with_what_it_costs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = answer(capsys, "listings", str(folder), "--as-of", AS_OF)
    assert said == "L1  costs 12.5 points: non_fulfilment 10 (2/20), not_as_described 2.5 (1/20)\n"


def test_a_dispute_that_is_withdrawn_brings_its_points_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = answer(
        capsys, "what-if", str(folder), "--as-of", AS_OF, "--do", "withdraw_dispute:D1", "--format", "json"
    )
    found = json.loads(said)
    assert (code, found["gain_today"], found["cost"]) == (0, "2.50", "12.00")


def test_a_plan_that_cannot_be_reached_says_so_with_exit_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = answer(capsys, "plan", str(folder), "--as-of", AS_OF, "--score", "99.9", "--by", "2026-11-24")
    assert code == 1
    assert "It cannot be reached by 2026-11-24" in said


def test_charts_are_data_and_pictures(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, said = answer(capsys, "chart", "waterfall", str(folder), "--as-of", AS_OF, "--lang", "zh")
    assert json.loads(said)["title"] == "每日服务分"
    picture = tmp_path / "score.svg"
    assert run(["score", "chart", "history", str(folder), "--as-of", AS_OF, "--svg", str(picture)]) == 0
    assert picture.read_text("utf-8").startswith("<svg")


def test_an_older_day_is_scored_by_the_formula_of_that_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = answer(capsys, "history", str(folder), "--as-of", AS_OF, "--days", "3", "--format", "json")
    assert [row["day"] for row in json.loads(said)] == ["2026-11-21", "2026-11-22", "2026-11-23"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["today"], "Name a folder or file of orders, or a store of the database with --store."),
        (["today", "nowhere"], "nowhere: there is no nowhere"),
        (["what-if", "FOLDER", "--do", "dance:1"], 'there is no action "dance"'),
        (["what-if", "FOLDER", "--do", "ship_order:O02"], "ship_order cannot be done on O02"),
        (["evidence", "SVC999", "FOLDER"], 'There is no indicator "SVC999"'),
        (["plan", "FOLDER", "--level", "superb"], 'There is no level "superb"; known are fail, pass, good, excellent'),
        (["plan", "FOLDER"], "Name what to reach: --level excellent, or --score 90."),
    ],
)
def test_what_cannot_be_answered_is_said_with_the_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    given = [str(folder) if word == "FOLDER" else word for word in words]
    assert run(["score", *given]) == 2
    assert capsys.readouterr().err.startswith(error)


def test_an_empty_folder_is_an_error_that_names_the_files_it_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "today", str(tmp_path)]) == 2
    assert "no orders were found; name them" in capsys.readouterr().err


def test_categories_are_assessed_apart_from_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "categories", str(folder), "--as-of", AS_OF]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "No category can be assessed: no listing with orders has one.",
        "2 listings have no known category: L0, L1",
    ]
    with (folder / "orders.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    write(folder, "orders", [{**row, "category": "drinkware_bottles"} for row in rows])
    assert run(["score", "categories", str(folder), "--as-of", AS_OF, "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Home & Garden (home_garden, 2 listings)",
        "  Category assessment: met  (next on 2027-01-02)",
        "  ✔ SVC117 DSR: item as described, ninety days  5.00  90 days  18 evaluations: good",
        "  ✔ SVC118 Disputes: not as described, ninety days  2.50%  90 days  1 of 40 orders: good",
    ]
    assert run(["score", "categories", str(folder), "--as-of", AS_OF, "--format", "json"]) == 0
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert (item["listings"], [share["of"] for share in item["scores"][0]["items"]]) == (2, ["SVC117", "SVC118"])
