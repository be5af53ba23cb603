"""`storewarden train category` on the products that the service keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import run

TITLES = {"200001": "Cotton summer dress {} for women", "200002": "Silicone phone case {} with stand"}
CSV = "Product ID,Title,Category ID,Price\n" + "".join(
    f"{number}{category[-1]},{title.format(word)},{category},9.9\n"
    for category, title in TITLES.items()
    for number, word in enumerate(("red", "blue", "green", "long", "short", "plain", "dotted", "striped"))
)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A database whose store North has products of two categories, and whose store South has none."""
    from store_model.db import open_database
    from tests.tenants import add_tenants

    url = f"sqlite:///{tmp_path / 'model.sqlite3'}"
    monkeypatch.setenv("STOREWARDEN_DATABASE_URL", url)
    database = open_database(url)
    add_tenants(database)
    database.close()
    file = tmp_path / "products.csv"
    file.write_text(CSV)
    assert run(["import", str(file), "--store", "North", "--status", "onSelling"]) == 0
    capsys.readouterr()
    return tmp_path


def test_the_products_of_a_store_teach_the_model(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = stored / "model.msgpack"
    assert run(["train", "category", "--from", "store", "--store", "North", "--out", str(out)]) == 0
    assert "16 titles in 2 categories" in capsys.readouterr().out
    assert out.stat().st_size > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "store", "--store", "Nowhere"], "1 North, 2 South, 3 West"),
        (["--from", "store"], "--from store and --store ID belong together"),
        (["--from", "products.csv", "--store", "North"], "--from store and --store ID belong together"),
        (["--from", "store", "--store", "South"], "categories"),
    ],
)
def test_what_cannot_be_trained_from_says_why(
    stored: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(stored)
    assert run(["train", "category", *words, "--out", "model.msgpack"]) == 2
    assert said in capsys.readouterr().err
    assert not (stored / "model.msgpack").exists()
