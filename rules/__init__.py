"""The rule packs that are shipped: data, found by name whether installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent


def path(pack: str) -> Path:
    """The folder of a shipped pack, for `engine.load_pack`. KeyError names the packs there are."""
    if pack in names():
        return ROOT / pack
    raise KeyError(f'no rule pack "{pack}" is shipped; there are: {", ".join(names())}')


def names() -> list[str]:
    """The names of the shipped packs."""
    return sorted(folder.name for folder in ROOT.iterdir() if (folder / "pack.yaml").is_file())
