"""A parsed pack on disk, so that a command need not read thousands of lines of YAML at each start.

The entry's name holds the digest of the pack's files and of the engine's own reading code: whatever changes, it is
read anew. A cache that can't be read or written is no error; the pack is then parsed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")
_READING_CODE = ("loading", "model", "conditions", "features", "fixes", "marks")


def directory() -> Path:
    """`$STOREWARDEN_CACHE`, else `$XDG_CACHE_HOME/storewarden`, else `~/.cache/storewarden`."""
    own = os.environ.get("STOREWARDEN_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "storewarden"


def engine_stamp() -> str:
    """A digest of the names, sizes and times of the code that reads packs."""
    root = Path(__file__).parent.parent
    stamp = hashlib.sha256()
    for folder in _READING_CODE:
        for file in sorted((root / folder).glob("*.py")):
            status = file.stat()
            stamp.update(f"{folder}/{file.name}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def load(digest: str, kind: type[T]) -> T | None:
    """The entry for a digest, or None."""
    try:
        data = _entry(digest).read_bytes()
        return msgspec.msgpack.decode(data, type=kind)
    except (OSError, RuntimeError, msgspec.MsgspecError):
        return None


def store(digest: str, value: object) -> None:
    """Write the entry whole or not at all."""
    try:
        entry = _entry(digest)
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=entry.parent, delete=False) as file:
            file.write(msgspec.msgpack.encode(value))
        Path(file.name).replace(entry)
    except (OSError, RuntimeError):
        return


def _entry(digest: str) -> Path:
    key = hashlib.sha256(f"{digest}:{engine_stamp()}".encode()).hexdigest()
    return directory() / f"pack-{key[:32]}.msgpack"
