"""What pictures show is measured from their bytes, by whatever way these come."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Listing
from engine.facts import Image
from engine.pictures import embedded, folder, look, nowhere, with_pictures

PIL = pytest.importorskip("PIL.Image")


def photo(width: int = 400, height: int = 400, seed: int = 1) -> Any:
    """Something with many colours on white, like goods."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    coarse = rng.integers(0, 255, (10, 10, 3), dtype=np.uint8)
    block = np.kron(coarse, np.ones((height // 14, width // 14, 1), dtype=np.uint8))
    top, left = (height - block.shape[0]) // 2, (width - block.shape[1]) // 2
    pixels[top : top + block.shape[0], left : left + block.shape[1]] = block
    return PIL.fromarray(pixels)


def data(picture: Any, kind: str = "PNG", **more: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def test_a_photograph_is_of_many_colours_in_one_piece_without_a_frame() -> None:
    seen = look(data(photo(), "JPEG"))
    assert seen is not None
    assert (seen.width, seen.height, seen.format, seen.frame, seen.panels) == (400, 400, "jpeg", 0, 1)
    assert seen.main_colour < 0.9
    assert seen.two_colours < 0.97


@pytest.mark.parametrize("colour", ["white", "black", (200, 30, 30)])
def test_a_blank_picture_is_of_one_colour(colour: Any) -> None:
    seen = look(data(PIL.new("RGB", (300, 200), colour)))
    assert seen is not None
    assert (seen.main_colour, seen.two_colours, seen.panels) == (1, 1, 1)


def test_letters_on_a_plain_ground_are_of_two_colours() -> None:
    from PIL import ImageDraw

    sign = PIL.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(sign)
    for place in range(5):
        draw.rectangle((60 + 60 * place, 120, 90 + 60 * place, 280), fill="red")
    seen = look(data(sign))
    assert seen is not None
    assert seen.main_colour < 0.985
    assert seen.two_colours > 0.97


def test_a_frame_and_panels_are_measured() -> None:
    framed = PIL.new("RGB", (400, 400), (180, 20, 20))
    inner = PIL.fromarray(np.random.default_rng(3).integers(0, 255, (372, 372, 3), dtype=np.uint8))
    framed.paste(inner, (14, 14))
    seen = look(data(framed))
    assert seen is not None
    assert 0.02 < seen.frame < 0.05
    grid = PIL.new("RGB", (404, 404), "white")
    for number in range(4):
        tile = np.random.default_rng(number).integers(0, 255, (199, 199, 3), dtype=np.uint8)
        grid.paste(PIL.fromarray(tile), (205 * (number % 2), 205 * (number // 2)))
    whole = look(data(grid))
    assert whole is not None
    assert whole.panels == 4


def test_a_copy_that_was_scaled_and_saved_anew_has_nearly_the_same_hash_and_another_picture_has_not() -> None:
    original, other = photo(seed=5), photo(seed=6)
    copy = look(data(original.resize((250, 250)), "JPEG", quality=60))
    first, second = look(data(original)), look(data(other))
    assert copy is not None
    assert first is not None
    assert second is not None
    bits = [(int(first.phash, 16) ^ int(one.phash, 16)).bit_count() for one in (copy, second)]
    assert bits[0] <= 6 < bits[1]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"no picture",
        data(photo())[:300],
        b"GIF89a\xff\xff\xff\xff\x00\x00\x00",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
    ],
)
def test_what_cannot_be_opened_is_told_and_never_raises(damaged: bytes) -> None:
    assert look(damaged) is None
    url = "data:image/png;base64," + base64.b64encode(damaged).decode()
    listing = with_pictures(Listing(images=(Image(url=url),)), nowhere)
    assert listing.images[0].is_readable is (False if damaged else None)


def test_a_file_that_claims_more_pixels_than_memory_holds_is_not_opened() -> None:
    bomb = bytearray(data(PIL.new("L", (10, 10))))
    bomb[16:24] = (100_000).to_bytes(4, "big") * 2
    assert look(bytes(bomb)) is None


def test_bytes_come_from_a_data_url_or_from_a_folder_and_from_nowhere_above_it(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a b.png").write_bytes(data(photo()))
    (tmp_path / "secret.png").write_bytes(data(photo()))
    read = folder(tmp_path / "pictures")
    url = "data:image/png;base64," + base64.b64encode(data(photo())).decode()
    images = (
        Image(url="https://ae01.alicdn.com/kf/a%20b.png?x=1"), Image(url="a b.png"), Image(url=url),
        Image(url="../secret.png"),
        Image(url="https://ae01.alicdn.com/kf/other.png"), Image(),
    )  # fmt: skip
    seen = with_pictures(Listing(images=images), read)
    assert [one.is_readable for one in seen.images] == [True, True, True, None, None, None]
    assert embedded("data:image/png,%00%01") == b"\x00\x01"
    assert embedded("data:image/png;base64,@@@") in (b"", None)
