"""Run the command in this process, as a user would type it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import rules
from api.cli import common
from api.cli import run as run_command
from engine import Pack, load_pack

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"


@dataclass(frozen=True)
class Ran:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@cache
def shipped() -> Pack:
    """The pack that ships, as every command of this process finds it."""
    return load_pack(rules.path(common.PACK))


@pytest.fixture(autouse=True)
def _one_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that take the shipped pack as it is share one: hundreds of runs need not build it anew."""

    def load(path: Path, *, use_cache: bool = True, settings: dict[str, Any] | None = None) -> Pack:
        plain = use_cache and not settings and Path(path) == rules.path(common.PACK)
        return shipped() if plain else load_pack(path, use_cache=use_cache, settings=settings)

    monkeypatch.setattr(common, "load_pack", load)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """run("check", "draft.json", "--lang", "zh") → Ran. Never a traceback: an exception fails the test."""

    def call(*words: str | Path) -> Ran:
        try:
            code: object = run_command([str(word) for word in words])
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call
