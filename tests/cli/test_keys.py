"""`storewarden keys`: a key is made, shown once, listed without its secret, and ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import app
from api.cli import keys as commands
from store_model.access import PERMISSIONS, SCOPES


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("STOREWARDEN_DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app(["keys", *arguments], result_action="return_value")
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_key_is_shown_once_and_listed_by_its_prefix(call) -> None:
    code, secret, _ = call("create", "listing tool", "--scope", "prechecks")
    assert code == 0
    assert call("list") == (
        0,
        "Prefix       State  Ends   Scopes     Name\n" + f"{secret[:11]}  valid  never  prechecks  listing tool\n",
        "",
    )
    assert secret.strip() not in call("list")[1]


def test_a_revoked_key_cannot_be_revoked_again(call) -> None:
    prefix = call("create", "x")[1][:11]
    assert call("revoke", prefix)[0] == 0
    assert call("list", "--lang", "zh")[1].splitlines()[1].split()[:3] == [prefix, "已吊销", "永久"]
    assert call("revoke", prefix, "--lang", "zh") == (
        2,
        "",
        f"没有仍然有效的密钥 {prefix}；请查看：storewarden keys list\n",
    )


def test_without_keys_the_list_says_so(call) -> None:
    assert call("list") == (0, "There is no key yet.\n", "")


def test_the_command_offers_every_scope_there_is() -> None:
    assert commands.ScopeName.__args__ == (*SCOPES, *PERMISSIONS)


def test_a_setting_that_cannot_be_used_is_named(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOREWARDEN_PORT", "eighty")
    code, out, err = call("list")
    assert (code, out) == (2, "")
    assert "STOREWARDEN_PORT" in err
