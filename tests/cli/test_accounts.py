"""`storewarden accounts` and `storewarden audit verify`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from api.cli import run


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STOREWARDEN_DATA_DIR", str(tmp_path))
    return tmp_path


CREATE = ["accounts", "create-owner", "Owner@example.com", "--entity", "First Trading Ltd", "--store", "North"]


def test_one_command_makes_entity_owner_and_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(CREATE) == 0
    made, store, password = capsys.readouterr().out.splitlines()
    assert made == "owner@example.com owns the legal entity First Trading Ltd (1)."
    assert store == "Store North (1)."
    assert len(password.removeprefix("Password, shown this once: ")) == 16
    assert run(["accounts", "list"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[:2] for line in shown.splitlines()] == [["1", "First"], ["store", "1"], ["user", "1"]]
    assert run(CREATE) == 2
    assert "There is an account with the e-mail Owner@example.com already" in capsys.readouterr().err


def test_a_password_may_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run([*CREATE, "--password-stdin", "--lang", "zh"]) == 2
    assert capsys.readouterr().err == "password 长度应为 10 至 128 个字符\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert run([*CREATE, "--password-stdin", "--lang", "zh"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "owner@example.com 是主体 First Trading Ltd（1）的店主。"


def test_what_cannot_be_done_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accounts", "create-owner", "nobody", "--entity", "X"]) == 2
    assert run(["accounts", "add-store", "7", "North"]) == 2
    assert run(["accounts", "reset", "x@example.com"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "nobody is no e-mail address",
        "There is no legal entity 7; see: storewarden accounts list",
        "There is no account with the e-mail x@example.com; see: storewarden accounts list",
    ]
    assert run(["accounts", "list"]) == 0
    assert "There is no account yet" in capsys.readouterr().out
    assert run(["audit", "verify"]) == 0
    assert capsys.readouterr().out == "There are no records yet.\n"


def test_a_reset_and_another_store_and_a_key_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    run(CREATE)
    assert run(["accounts", "reset", "owner@example.com"]) == 0
    assert run(["accounts", "add-store", "1", "South", "--platform-id", "7"]) == 0
    assert run(["keys", "create", "ERP", "--store", "2", "--scope", "products:read"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("sw_")
    assert run(["keys", "create", "ERP", "--store", "9"]) == 2
    assert run(["keys", "create", "ERP", "--scope", "products:read"]) == 2
    assert "there is no store 9" in capsys.readouterr().err


def test_verify_tells_a_whole_chain_from_a_broken_one(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(CREATE)
    capsys.readouterr()
    assert run(["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("legal entity 1: 4 records, intact, head ")
    engine = create_engine(f"sqlite:///{data_dir / 'storewarden.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_entry_no_update"))
        connection.execute(text("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 2"))
    engine.dispose()
    assert run(["audit", "verify"]) == 1
    assert capsys.readouterr().out == (
        "legal entity 1: record 2 is the first that is broken: it was changed after it was written\n"
    )
