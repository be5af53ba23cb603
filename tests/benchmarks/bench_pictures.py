"""Pictures: how well what they show is told on generated ones, and how long a look takes.

Goods are drawn as shapes of many colours on white, coloured or dark ground; the others are blank, letters, framed or
put together of two to six. Whether copies are told from others is asked of scaled, lightly cut and saved-anew ones.
"""

from __future__ import annotations

from io import BytesIO
from time import process_time
from typing import Any

import numpy as np

from engine.pictures import Picture, look
from tests.benchmarks.table import Table

EACH, SIDE = 150, 900
BLANK, LETTERS, FRAME, COPY = 0.985, 0.97, 0.015, 6
"""The bounds of IMG118, IMG119, IMG120 and IMG123."""


def run() -> Table:
    """The table."""
    rng = np.random.default_rng(20261127)
    table = Table("Pictures, generated", ["kind", "n", "blank", "letters", "framed", "collage", "ms a picture"])
    for kind, make in (
        ("goods", goods),
        ("blank", _blank),
        ("letters", _letters),
        ("framed", _framed),
        ("collage", _grid),
    ):
        files = [saved(make(rng)) for _ in range(EACH)]
        begun = process_time()
        seen = [look(file) for file in files]
        each = (process_time() - begun) / EACH * 1000
        told = [_told(one) for one in seen if one is not None]
        table.add(kind, len(told), *(sum(one[at] for one in told) for at in range(4)), round(each, 2))
    originals = [goods(rng) for _ in range(EACH)]
    hashes = [_hash(saved(one)) for one in originals]
    copies = [_hash(saved(_copied(one, rng), quality=60)) for one in originals]
    same = sum((a ^ b).bit_count() <= COPY for a, b in zip(hashes, copies, strict=True))
    wrong = sum((hashes[a] ^ hashes[b]).bit_count() <= COPY for a in range(EACH) for b in range(a))
    pairs = EACH * (EACH - 1) // 2
    table.note(f"Copies told: {same} of {EACH}; different pictures taken for copies: {wrong} of {pairs} pairs.")
    table.note("The bounds are those of the rules. Generated pictures flatter: no real shop's pictures are at hand.")
    return table


def _told(seen: Picture) -> tuple[bool, bool, bool, bool]:
    blank = seen.main_colour >= BLANK
    return blank, not blank and seen.two_colours >= LETTERS, seen.frame >= FRAME, seen.panels > 1


def _hash(file: bytes) -> int:
    seen = look(file)
    assert seen is not None
    return int(seen.phash, 16)


def saved(pixels: Any, quality: int = 85) -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def goods(rng: Any, height: int = SIDE, width: int = SIDE) -> Any:
    """Smooth shapes of many colours on a ground of one."""
    from PIL import Image

    ground = [(255, 255, 255), (245, 240, 235), (40, 40, 45)][rng.integers(3)]
    pixels = np.full((height, width, 3), ground, dtype=np.uint8)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8))
    tall, wide = int(height * rng.uniform(0.5, 0.8)), int(width * rng.uniform(0.5, 0.8))
    shape = np.asarray(coarse.resize((wide, tall), Image.Resampling.BICUBIC))
    top, left = (height - tall) // 2, (width - wide) // 2
    pixels[top : top + tall, left : left + wide] = shape
    return pixels


def _blank(rng: Any) -> Any:
    return np.full((SIDE, SIDE, 3), rng.integers(0, 255, 3), dtype=np.uint8)


def _letters(rng: Any) -> Any:
    from PIL import Image, ImageDraw

    sign = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(sign)
    ink = tuple(int(value) for value in rng.integers(0, 200, 3))
    for place in range(int(rng.integers(3, 7))):
        draw.text((80 + 110 * place, 350), "VIP$A1"[place % 6], fill=ink, font_size=160)
    return np.asarray(sign)


def _framed(rng: Any) -> Any:
    width = int(rng.integers(18, 80))
    inner = goods(rng, SIDE - 2 * width, SIDE - 2 * width)
    pixels = np.full((SIDE, SIDE, 3), rng.integers(0, 200, 3), dtype=np.uint8)
    pixels[width:-width, width:-width] = rng.integers(0, 255, inner.shape, dtype=np.uint8) // 3 + inner // 2
    return pixels


def _grid(rng: Any) -> Any:
    rows, columns = [(1, 2), (2, 1), (2, 2), (2, 3)][rng.integers(4)]
    pixels = np.full((SIDE, SIDE, 3), 255, dtype=np.uint8)
    tall, wide, gap = SIDE // rows, SIDE // columns, int(rng.integers(6, 16))
    for row in range(rows):
        for column in range(columns):
            tile = rng.integers(0, 255, (tall - gap, wide - gap, 3), dtype=np.uint8)
            tile = tile // 3 + goods(rng, tall - gap, wide - gap) // 2
            pixels[row * tall : row * tall + tall - gap, column * wide : column * wide + wide - gap] = tile
    return pixels


def _copied(pixels: Any, rng: Any) -> Any:
    from PIL import Image

    cut = int(SIDE * rng.uniform(0, 0.02))
    side = int(rng.integers(300, 800))
    return np.asarray(Image.fromarray(pixels[cut : SIDE - cut, cut : SIDE - cut]).resize((side, side)))
