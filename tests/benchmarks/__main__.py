"""`python -m tests.benchmarks [NAME…] [--json FILE]`: run measurements, print tables, write JSON.

Names: precheck, catalogue, features, peers, scaling, startup, scores, category, text_rules, http, store, ledger,
duplicates, webhooks, goods, big, marks, word_marks, register, pictures, kills; all of them by default.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

NAMES = (
    "precheck",
    "catalogue",
    "features",
    "peers",
    "scaling",
    "startup",
    "scores",
    "category",
    "text_rules",
    "http",
    "store",
    "ledger",
    "duplicates",
    "webhooks",
    "goods",
    "big",
    "marks",
    "word_marks",
    "register",
    "pictures",
    "kills",
)


def main(arguments: list[str]) -> int:
    """Run the named measurements, in order."""
    target = None
    if "--json" in arguments:
        at = arguments.index("--json")
        target = Path(arguments[at + 1])
        del arguments[at : at + 2]
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"no measurement {unknown[0]}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    results = []
    for name in arguments or NAMES:
        found = importlib.import_module(f"tests.benchmarks.bench_{name}").run()
        for table in found if isinstance(found, list) else [found]:
            print(table.text() + "\n", flush=True)
            results.append({"name": name, **table.data()})
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


sys.exit(main(sys.argv[1:]))
