"""`storewarden rules …`: what a rule author types and reads."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

import rules
from api.services.rule_drafts import draft
from engine import load_pack
from engine.loading.example_run import run_examples
from engine.loading.lock import FILE
from tests.cli.conftest import shipped
from tests.engine.conftest import BASELINE, CODES, MANIFEST, RULE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small pack on disk, without a lock, whose source was read today: lint tells of old ones."""
    files = {
        "mini/pack.yaml": MANIFEST,
        "mini/codes.yaml": CODES,
        "baseline.yaml": BASELINE,
        "mini/title/LST104_title_too_short.yaml": RULE.replace("retrieved: 2026-01-01", f"retrieved: {date.today()}"),
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "mini"


def edit(folder: Path, before: str, after: str) -> None:
    file = folder / "title" / "LST104_title_too_short.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_lint_prints_each_fault_with_its_place(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    edit(folder, "title.length", "title.lenght")
    ran = run("rules", "lint", folder)
    assert ran.code == 1
    assert (
        'LST104_title_too_short.yaml:20:15  R012 unknown feature "title.lenght"; did you mean "title.length"?'
        in ran.out
    )


def test_the_lock_witnesses_a_change_of_behaviour(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    assert "there is no lock" in run("rules", "lint", folder).out
    assert run("rules", "lock", folder).code == 0
    assert run("rules", "lint", folder).code == 0
    edit(folder, "2026-05-01: 10", "2026-05-01: 11")
    assert "set revision 2" in run("rules", "lint", folder).out
    assert run("rules", "lock", folder).code == 1
    edit(folder, "revision: 1", "revision: 2")
    assert "run `storewarden rules lock`" in run("rules", "lint", folder).out
    assert run("rules", "lock", folder).code == 0
    assert json.loads((folder / FILE).read_text(encoding="utf-8"))["rules"]["LST104"]["revision"] == 2


def test_a_wording_may_change_within_a_revision(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    run("rules", "lock", folder)
    edit(folder, "Buyers need words.", "Buyers need more words.")
    assert run("rules", "lint", folder).code == 0


def test_a_code_is_never_lost(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    run("rules", "lock", folder)
    codes = folder / "codes.yaml"
    codes.write_text(
        "\n".join(line for line in codes.read_text(encoding="utf-8").splitlines() if "SKU_PRICE" not in line)
    )
    assert 'the code "SKU_PRICE" is gone' in run("rules", "lint", folder).out


def test_test_runs_the_examples_and_says_what_went_wrong(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    assert "4 examples of 1 rules: 4 hold, 0 fail" in run("rules", "test", "--pack", folder).out
    edit(folder, "{title: Bottle xxl}", "{title: Bottle}")
    ran = run("rules", "test", "LST104", "--pack", folder)
    assert ran.code == 1
    assert "LST104/must_pass/on the line" in ran.out
    assert "fires: The title has 6 characters, fewer than 10." in ran.out


def test_test_with_mutate_names_what_no_example_notices(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    ran = run("rules", "test", "--pack", folder, "--mutate")
    assert ran.code == 1
    assert "LST104" in ran.out
    assert "changes that no example notices" in ran.out


def test_new_writes_a_rule_that_loads_and_holds(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("rules", "new", "ZZZ101", "title-is-tiny", "--folder", tmp_path / "own").code == 0
    file = tmp_path / "own" / "ZZZ101_title_is_tiny.yaml"
    assert file.is_file()
    assert run("rules", "new", "ZZZ101", "title-is-tiny", "--folder", tmp_path / "own").code == 2
    assert run("rules", "new", "zz1", "x", "--folder", tmp_path).code == 2
    assert run("rules", "new", "LST104", "x", "--folder", tmp_path).code == 2


def test_the_reference_is_current(run) -> None:  # type: ignore[no-untyped-def]
    ran = run("rules", "reference", "--check")
    assert ran.code == 0, ran.out


def test_explain_shows_each_comparison(run, folder: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    draft = tmp_path / "draft.json"
    draft.write_text('{"title": "Bottle with lid"}', encoding="utf-8")
    ran = run("rules", "explain", "LST104", draft, "--pack", folder, "--as-of", "2026-06-01")
    assert ran.code == 0
    assert '"title.length|lt" was 15. The rule fires only if it is less than 10.' in ran.out


@pytest.mark.parametrize(
    "title",
    [
        'A "Zorvik": {samovar} # for $5, [new] & 100% \\ steel',
        "Zorvik samovar\x7f \x9f\ufeff in a 😀 box",
        "Самовар Зорвик для бани",
        "茶炊 Zorvik",
        "Zorvik\u2028samovar\tand\nlines",
    ],
)
def test_a_draft_of_any_title_loads_and_its_examples_hold(tmp_path: Path, title: str) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(rules.path("aliexpress").parent, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    pack = shipped()
    made = draft(
        pack, pack.offences["PTS302"], title, case_no="C-1\x7f\n2", rule_id="PRO950", name="own-goods", code=None,
        day=pack.examples_as_of,
    )  # fmt: skip
    (folder / "aliexpress" / "prohibited" / made.rule_file).write_text(made.rule, "utf-8")
    (folder / "lists" / made.list_file).write_text(made.words, "utf-8")
    drafted = load_pack(folder / "aliexpress", use_cache=False)
    assert [outcome.problems for outcome in run_examples(drafted, ["PRO950"])] == [()] * 4
