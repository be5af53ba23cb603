"""`storewarden duplicates` and `storewarden train duplicates`, as a seller calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import run
from tests.engine.test_training_pairs import shop

BENCH = "Wooden Garden Bench with Backrest and Storage Box for Patio"
LISTINGS = [
    {"id": "1", "title": BENCH, "price": "49.90", "orders_30d": 3},
    {"id": "2", "title": f"NEW {BENCH}", "price": "49.90", "orders_30d": 9},
    {"id": "3", "title": "Folding Camping Chair with Cup Holder and Carry Bag", "price": "19.90"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "listings.json").write_text(json.dumps(LISTINGS))
    return tmp_path / "listings.json"


def test_duplicates_are_named_with_the_one_to_keep(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 listings are the same goods; keep 2:",
        f"  1  {BENCH}",
        f"  2  NEW {BENCH}  keep",
        "3 listings: 1 groups of duplicates (1 listings to take off), 0 pairs of variants, 0 to look at.",
    ]


def test_the_score_is_explained_point_by_point_in_chinese(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(file), "--lang", "zh", "--format", "json", "--explain"]) == 1
    cluster, pair = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert cluster == {"kind": "cluster", "listings": ["1", "2"], "keep": "2", "take_off": ["1"]}
    assert (pair["kind"], pair["waterfall"][0]["title"]) == ("duplicate", "标题相似度（按词排序）")


def test_a_table_for_other_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(file), "-f", "csv"]) == 1
    head, row = capsys.readouterr().out.splitlines()
    assert head == "kind,left,right,probability,differences,keep"
    assert row.startswith("duplicate,1,2,0.")
    assert row.endswith(",,2")


def test_no_duplicates_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.json").write_text(json.dumps(LISTINGS[1:]))
    assert run(["duplicates", str(tmp_path / "one.json")]) == 0
    assert capsys.readouterr().out == "2 listings: no two are the same goods.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name at least one file"),
        (["missing.json"], "missing.json"),
        (["{file}", "--model", "{file}"], "not a pair model"),
    ],
)
def test_bad_input_is_named(file: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert run(["duplicates", *[word.format(file=file) for word in words]]) == 2
    assert told in capsys.readouterr().err


def test_a_model_is_fitted_to_judged_pairs_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cards, products = shop(1)
    lines = []
    for left in range(0, len(cards) - 1):
        for right in range(left + 1, min(left + 4, len(cards))):
            pair = [{"id": str(number), "title": cards[number].title} for number in (left, right)]
            lines.append({"left": pair[0], "right": pair[1], "same": products[left] == products[right]})
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    out = tmp_path / "model.json"
    assert run(["train", "duplicates", "--from", str(tmp_path / "pairs.jsonl"), "--out", str(out)]) == 0
    assert "judged on pairs the model had not seen" in capsys.readouterr().out
    offers = [{"id": str(n), "title": card.title} for n, card in enumerate(cards)]
    (tmp_path / "offers.json").write_text(json.dumps(offers))
    assert run(["duplicates", str(tmp_path / "offers.json"), "--model", str(out)]) == 1


def test_a_line_that_is_no_pair_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"left": {}, "right": {}, "same": "maybe"}\n')
    assert run(["train", "duplicates", "--from", str(tmp_path / "pairs.jsonl")]) == 2
    assert "pairs.jsonl, line 1" in capsys.readouterr().err
