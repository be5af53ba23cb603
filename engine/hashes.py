"""Perceptual hashes of pictures: 64 bits in hexadecimal; the fewer bits differ, the more alike two pictures look."""

from __future__ import annotations

BITS = 64


def bits_of(phash: str | None) -> int | None:
    """A hash as a number; None for none, and for what is no such hash."""
    try:
        return int(phash, 16) if phash and len(phash) == BITS // 4 else None
    except ValueError:
        return None


def distance(one: int, other: int) -> int:
    """How many of the bits differ: 0 to 64."""
    return (one ^ other).bit_count()
