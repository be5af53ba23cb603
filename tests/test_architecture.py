"""Layers, and what importing the engine may load."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("spacy", "numpy", "sklearn", "fastapi", "starlette", "uvicorn", "sqlalchemy", "py3langid", "openpyxl")


def test_importing_the_engine_loads_neither_spacy_nor_the_web_stack() -> None:
    code = f"import engine, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_layers_hold() -> None:
    found = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_the_engine_never_asks_for_the_time_of_day() -> None:
    clock = re.compile(r"\b(datetime\.now|date\.today|time\.time|utcnow)\b")
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in sorted((ROOT / "engine").rglob("*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if clock.search(line)
    ]
    assert found == []


def test_no_marketplace_is_named_in_the_logic_of_the_engine() -> None:
    """Platform forms are read in engine/intake; everywhere else the marketplace is data."""
    found = []
    for file in sorted((ROOT / "engine").rglob("*.py")):
        if "intake" in file.parts:
            continue
        code = re.sub(r'""".*?"""|#[^\n]*', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        if re.search(r"(?i)aliexpress|lazada|shopee|amazon", code):
            found.append(str(file.relative_to(ROOT)))
    assert found == []
