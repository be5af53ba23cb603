"""`storewarden ip marks` as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran


@pytest.fixture
def store(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a new store in a database of its own."""
    monkeypatch.setenv("STOREWARDEN_DATA_DIR", str(tmp_path))
    made = run("accounts", "create-owner", "owner@example.com", "--entity", "North", "--store", "North Home")
    assert made.code == 0, made.err
    return "1"


def test_marks_are_added_imported_listed_and_found_in_a_text(
    run: Callable[..., Ran], store: str, tmp_path: Path
) -> None:
    assert "no marks of its own" in run("ip", "marks", "list").out
    assert run("ip", "marks", "add", "Zorvik", "--alias", "左维克", "--nice", "21", "--store", store).out == (
        "1 added, 0 updated, 0 as they were, 0 refused\n"
    )
    file = tmp_path / "marks.csv"
    file.write_text("name,owner,classes\nVelmora,Velmora Inc,21\nBad,X,99\n", encoding="utf-8")
    ran = run("ip", "marks", "import", file, "--store", store)
    assert (ran.code, ran.out) == (1, "1 added, 0 updated, 0 as they were, 1 refused\n")
    assert ran.err.startswith(f"{file}:3:3  ")
    listed = run("ip", "marks", "list", "--store", store, "-f", "csv").out
    assert [line.split(",")[0] for line in listed.splitlines()] == ["name", "Velmora", "Zorvik"]
    found = run("ip", "marks", "explain", "Z0rvik bottle 左维克", "--store", store, "-f", "json")
    assert [(one["name"], one["text"], one["kind"], one["chain"]) for one in json.loads(found.out)] == [
        ("Zorvik", "Z0rvik", "tricked", ["leet"]), ("左维克", "左维克", "plain", []),
    ]  # fmt: skip
    assert found.code == 1
    assert run("ip", "marks", "explain", "steel bottle").out == "No mark is found in it.\n"


def test_bad_input_says_what_to_do(run: Callable[..., Ran], store: str, tmp_path: Path) -> None:
    assert run("ip", "marks", "import", tmp_path / "none.csv", "--store", store).code == 2
    assert "no violation of the case 42" in run("ip", "marks", "learn", "42", "Zorvik", "--store", store).err
    assert run("ip", "marks", "add", "***", "--store", store).code == 2
    assert run("ip", "marks", "list", "--store", "9").code == 2
