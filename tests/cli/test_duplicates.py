"""`storewarden duplicates` and `storewarden train duplicates`, as a seller calls them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from api.cli import run
from api.diagnosis.parts import write_listings
from engine.intake import one_listing
from store_model.accounts import LegalEntity, Store
from store_model.bulk import Place, upsert_products
from store_model.db import open_database
from store_model.tenancy import Scope
from tests.benchmarks.bench_pictures import goods, saved
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
    assert cluster == {
        "kind": "cluster", "listings": ["1", "2"], "catalogues": ["listings.json"] * 2, "keep": "2",
        "keep_catalogue": "listings.json", "take_off": ["1"],
    }  # fmt: skip
    assert (pair["kind"], pair["waterfall"][0]["title"]) == ("duplicate", "标题相似度（按词排序）")


def test_a_table_for_other_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(file), "-f", "csv"]) == 1
    head, row = capsys.readouterr().out.splitlines()
    assert head == "kind,left,left_catalogue,right,right_catalogue,probability,differences,keep,keep_catalogue"
    assert row.startswith("duplicate,1,listings.json,2,listings.json,0.")
    assert row.endswith(",,2,listings.json")


def test_no_duplicates_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.json").write_text(json.dumps(LISTINGS[1:]))
    assert run(["duplicates", str(tmp_path / "one.json")]) == 0
    assert capsys.readouterr().out == "2 listings: no two are the same goods.\n"


def test_duplicates_across_catalogues_name_the_catalogue_of_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second"
    second.mkdir()
    found = [one_listing(draft) for draft in LISTINGS]
    write_listings(found[:1] + found[2:], first)
    write_listings(found[1:2], second / "part-0.parquet")
    assert run(["duplicates", str(first), str(second)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 listings are the same goods; keep 2 (second):",
        f"  1 (first.parquet)  {BENCH}",
        f"  2 (second)  NEW {BENCH}  keep",
        "3 listings: 1 groups of duplicates (1 listings to take off), 0 pairs of variants, 0 to look at.",
        "1 of the groups run across catalogues: first.parquet + second 1.",
    ]
    assert run(["duplicates", str(first), str(second), "-f", "json"]) == 1
    cluster, pair = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (cluster["catalogues"], cluster["keep_catalogue"]) == (["first.parquet", "second"], "second")
    assert (pair["left_catalogue"], pair["right_catalogue"]) == ("first.parquet", "second")


def test_catalogues_that_are_called_the_same_are_told_apart_by_their_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / name / "goods.json" for name in ("a", "b")]
    for file, draft in zip(files, LISTINGS, strict=False):
        file.parent.mkdir()
        file.write_text(json.dumps([draft]))
    assert run(["duplicates", *map(str, files), "-f", "csv"]) == 1
    row = capsys.readouterr().out.splitlines()[1]
    assert row.startswith(f"duplicate,1,{files[0]},2,{files[1]},0.")


def test_a_damaged_catalogue_is_named_and_the_others_are_compared(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, folder = tmp_path / "damaged.parquet", tmp_path / "empty"
    damaged.write_bytes(b"PAR1 and no more")
    folder.mkdir()
    assert run(["duplicates", str(file), str(damaged), str(folder)]) == 2
    told = capsys.readouterr()
    assert "keep 2 (listings.json):" in told.out
    assert f"left out: {damaged}: the file is damaged or cut short" in told.err
    assert f"left out: {folder}: the directory is empty" in told.err


def test_stores_of_one_legal_entity_are_held_against_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'sw.sqlite3'}"
    monkeypatch.setenv("STOREWARDEN_DATABASE_URL", url)
    database = open_database(url)
    with database.system(actor="system:test") as session:
        entities = [LegalEntity(name=name) for name in ("Shop Ltd", "Other Ltd")]
        session.add_all(entities)
        session.flush()
        for entity, name in ((entities[0], "North"), (entities[0], "South"), (entities[1], "West")):
            session.add(Store(entity_id=entity.id, platform="aliexpress", name=name))
    for place, draft in zip((Place(1, 1), Place(1, 2)), LISTINGS, strict=False):
        scope = Scope(place.entity_id, frozenset({place.store_id}), "system:test")
        with database.scoped(scope) as session:
            upsert_products(session, place, [one_listing(draft)], status="onSelling", now=database.now())
    database.close()
    assert run(["duplicates", "--store", "North", "--store", "2", "--store", "North"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 of the groups run across catalogues: North + South 1."
    assert run(["duplicates", "--store", "South"]) == 0
    assert capsys.readouterr().out == "1 listings: no two are the same goods.\n"
    assert run(["duplicates", "--store", "North", "--store", "West"]) == 2
    assert "North and West are stores of different legal entities" in capsys.readouterr().err


def test_pictures_that_look_the_same_are_told_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pixels = goods(np.random.default_rng(7))
    (tmp_path / "first.jpg").write_bytes(saved(pixels))
    (tmp_path / "second.jpg").write_bytes(saved(pixels[::2, ::2], quality=60))
    drafts = [
        {**draft, "images": [{"url": f"https://ae01.alicdn.com/kf/{name}.jpg"}]}
        for draft, name in zip(LISTINGS, ("first", "second"), strict=False)
    ]
    (tmp_path / "goods.json").write_text(json.dumps(drafts))
    words = ["duplicates", str(tmp_path / "goods.json"), "-f", "json", "--explain"]

    assert run(words) == 0
    doubtful = json.loads(capsys.readouterr().out)
    assert run([*words, "--images", str(tmp_path)]) == 1
    sure = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (doubtful["kind"], sure["kind"]) == ("review", "duplicate")
    before, after = ({part["measure"]: part["points"] for part in one["waterfall"]} for one in (doubtful, sure))
    assert after == {**before, "picture_distance": 3.0}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{file}", "--images", "nowhere"], "there is no folder nowhere"),
        (["{file}", "--store", "1"], "name at least one file, or stores"),
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
