"""How long `storewarden check` on one file takes as a whole process, and what importing the engine loads."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from tests.benchmarks.table import Table

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
HEAVY = ("spacy", "numpy", "sklearn", "fastapi", "starlette", "uvicorn", "sqlalchemy")


def run() -> Table:
    """Whole processes, the median of several, after one to warm the caches."""
    table = Table("Start-up as a whole process", ["command", "median s", "max s"])
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import engine'": [sys.executable, "-c", "import engine"],
        "storewarden check samples/draft-clean.json": _check("draft-clean.json"),
        "storewarden check samples/draft.json": _check("draft.json"),
        "storewarden check samples/open-platform-product.json": _check("open-platform-product.json"),
    }
    for name, command in commands.items():
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        times = []
        for _ in range(RUNS):
            start = perf_counter()
            subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            times.append(perf_counter() - start)
        table.add(name, round(statistics.median(times), 2), round(max(times), 2))
    code = f"import engine, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    table.note(f"Heavy modules that `import engine` loads: {loaded.stdout.strip()}")
    table.note("Target: a check of one file under 1.5 s; no heavy module.")
    return table


def _check(sample: str) -> list[str]:
    return [sys.executable, "-c", "from api.cli import main; main()", "check", f"samples/{sample}"]
