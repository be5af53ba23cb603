"""What several commands share: the pack, words in both languages, and errors people can act on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import rules
from engine import Pack, RulePackError, load_pack

Lang = Literal["en", "zh"]
CLEAN, BLOCKED, BAD_INPUT = 0, 1, 2
PACK = "aliexpress"


def open_pack(path: Path | None, *, use_cache: bool = True, settings: dict[str, object] | None = None) -> Pack:
    """The pack at `path`, or the shipped one. Faults are printed, each with its place, and end the command with 2."""
    try:
        return load_pack(path if path is not None else rules.path(PACK), use_cache=use_cache, settings=settings)
    except RulePackError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        print(f"{len(error.faults)} faults in the rule pack; nothing was checked.", file=sys.stderr)
        sys.exit(BAD_INPUT)


def fail(message: str) -> int:
    """Print an error and give the exit code for bad input."""
    print(message, file=sys.stderr)
    return BAD_INPUT
