"""What a picture's bytes show: its real format and size, how empty it is, its frame, its panels, its perceptual hash.

Needs the extra `images` (Pillow, imagehash). Nothing is ever fetched: bytes come in a data URL, or from the reader that
the caller gives. Pictures are looked at in a small copy, so the time hardly depends on their size.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import msgspec

from engine.errors import StorewardenError
from engine.facts import Image, Listing

SIDE = 256
"""Pixels of the longer side of the copy that is looked at."""
MOST_PIXELS = 60_000_000
"""Pixels of a picture that is opened; a file of a few bytes may claim more than memory holds."""
EVEN, BUSY, FILLED = 7.0, 12.0, 0.6
"""Standard deviations of grey (0..255) below which a line is of one colour, and above which it shows something; the
share of a line that has to differ from the seam beside it where two panels meet."""
WIDEST_SEAM, WIDEST_FRAME, WHITE = 0.03, 0.12, 235
"""Shares of the side up to which an even stretch parts two panels, or is a frame; grey from which paper is white."""
BLURRED = 4
"""Lines beside an even stretch that scaling may have mixed with it."""
Read = Callable[[str], bytes | None]


class NoPillow(StorewardenError):
    """Pictures cannot be opened here."""

    code = "images_extra_missing"

    def __init__(self) -> None:
        super().__init__("pictures cannot be opened: install the extra with pip install 'storewarden[images]'")


@dataclass(frozen=True, slots=True)
class Picture:
    """What was measured. Shares are 0..1, `phash` is 64 bits in hexadecimal, `panels` is 1 for one piece."""

    width: int
    height: int
    format: str
    main_colour: Decimal
    two_colours: Decimal
    frame: Decimal
    panels: int
    phash: str


def look(data: bytes) -> Picture | None:
    """Measure a picture; None for bytes that are no picture, a broken one, or one too big to open.

    Raises NoPillow without the extra.
    """
    try:
        import imagehash
        import numpy as np
        import PIL.Image
    except ImportError:
        raise NoPillow from None
    try:
        with PIL.Image.open(BytesIO(data)) as opened:
            width, height, kind = opened.width, opened.height, (opened.format or "").lower()
            if width * height > MOST_PIXELS:
                return None
            opened.draft("RGB", (SIDE, SIDE))
            small = _on_white(_shrunk(opened))
    except (OSError, SyntaxError, ValueError, EOFError, PIL.Image.DecompressionBombError, MemoryError):
        return None
    pixels = np.asarray(small, dtype=np.int16)
    grey = pixels.mean(axis=2)
    main, two = _colours(pixels)
    return Picture(
        width, height, kind, main, two, _frame(grey), _panels(grey, axis=0) * _panels(grey, axis=1),
        str(imagehash.phash(small)),
    )  # fmt: skip


def _shrunk(opened: Any) -> Any:
    """A small copy. A palette has no colours between its own, so such a picture is first cut to every few pixels."""
    import PIL.Image

    if opened.mode in ("P", "PA", "1"):
        step = max(1, max(opened.size) // (4 * SIDE))
        few = opened.resize((opened.width // step or 1, opened.height // step or 1), PIL.Image.Resampling.NEAREST)
        opened = few.convert("RGBA" if few.has_transparency_data else "RGB")
    elif opened.mode.startswith("I") or opened.mode == "F":
        opened = opened.convert("L")
    opened.thumbnail((SIDE, SIDE))
    return opened


def _on_white(opened: Any) -> Any:
    """The first frame in RGB, what is transparent on white."""
    import PIL.Image

    if opened.mode in ("RGBA", "LA", "P", "PA"):
        with_alpha = opened.convert("RGBA")
        paper = PIL.Image.new("RGBA", with_alpha.size, "white")
        return PIL.Image.alpha_composite(paper, with_alpha).convert("RGB")
    return opened.convert("RGB")


def _colours(pixels: Any) -> tuple[Decimal, Decimal]:
    """Shares of the commonest colour, and of the two commonest, in sixteen steps of each channel."""
    import numpy as np

    steps = pixels // 16
    codes = (steps[..., 0] * 256 + steps[..., 1] * 16 + steps[..., 2]).ravel()
    counts = np.sort(np.bincount(codes))[::-1]
    return _share(counts[0], codes.size), _share(counts[:2].sum(), codes.size)


def _share(part: Any, whole: int) -> Decimal:
    return round(Decimal(int(part)) / Decimal(whole or 1), 4)


def _frame(grey: Any) -> Decimal:
    """The thinnest side of an even frame that is not white, as a share of the side; 0 where a side has none."""
    import numpy as np

    thinnest = 1.0
    for turned in (grey, grey[::-1], grey.T, grey.T[::-1]):
        spread, level = turned.std(axis=1), turned.mean(axis=1)
        even = (spread < EVEN) & (np.abs(level - level[0]) < EVEN) & (level < WHITE)
        depth = int(np.argmin(even)) if not even.all() else len(even)
        share = depth / len(even)
        if depth == 0 or share > WIDEST_FRAME or spread[depth : depth + BLURRED].max() < BUSY:
            return Decimal(0)
        thinnest = min(thinnest, share)
    return round(Decimal(thinnest), 4)


def _panels(grey: Any, *, axis: int) -> int:
    """Panels along one axis: even lines through the whole picture, with something to see on both sides, part them."""
    lines = grey if axis == 0 else grey.T
    even = lines.std(axis=1) < EVEN
    seams, at, count = 0, 0, len(even)
    while at < count:
        if not even[at]:
            at += 1
            continue
        end = at
        while end < count and even[end]:
            end += 1
        is_inside = count * 0.1 < at and end < count * 0.9
        if is_inside and end - at <= max(1, count * WIDEST_SEAM):
            level = lines[at:end].mean()
            beside = (lines[at - BLURRED : at], lines[end : end + BLURRED])
            seams += all((abs(part - level) > BUSY).mean(axis=1).max() > FILLED for part in beside)
        at = end
    return seams + 1


def with_pictures(listing: Listing, read: Read) -> Listing:
    """The listing with what its pictures show; `read(url)` gives the bytes of a URL, None where it has none.

    What was measured comes before what the listing says of a picture. Without the extra all stays as it is.
    """
    found = [_seen(image, read) for image in listing.images]
    if all(one is image for one, image in zip(found, listing.images, strict=True)):
        return listing
    return msgspec.structs.replace(listing, images=tuple(found))


def _seen(image: Image, read: Read) -> Image:
    data = (embedded(image.url) or read(image.url)) if image.url else None
    if data is None:
        return image
    try:
        seen = look(data)
    except NoPillow:
        return image
    if seen is None:
        return msgspec.structs.replace(image, is_readable=False, size=len(data))
    return msgspec.structs.replace(
        image, is_readable=True, size=len(data), width=seen.width, height=seen.height, format=seen.format,
        main_colour=seen.main_colour, two_colours=seen.two_colours, frame=seen.frame, panels=seen.panels,
        phash=seen.phash,
    )  # fmt: skip


def has_embedded(listing: Listing) -> bool:
    """Whether a picture comes as a data URL."""
    return any(image.url is not None and image.url[:5].lower() == "data:" for image in listing.images)


def nowhere(url: str) -> None:
    """A reader that has no bytes but those that a listing brings itself."""
    return


def folder(place: Path) -> Read:
    """A reader of the files below a folder: by the path that stands in the listing, or by the last part of a URL."""
    root = place.resolve()

    def read(url: str) -> bytes | None:
        path = unquote(urlsplit(url).path) if "://" in url else url
        for name in (path, PurePosixPath(path).name):
            try:
                file = (root / name.lstrip("/")).resolve()
                if name and file.is_relative_to(root) and file.is_file():
                    return file.read_bytes()
            except (OSError, ValueError):
                continue
        return None

    return read


def embedded(url: str) -> bytes | None:
    """The bytes of a data URL (RFC 2397); None for any other."""
    if url[:5].lower() != "data:" or "," not in url:
        return None
    head, _, body = url.partition(",")
    try:
        return base64.b64decode(body, validate=False) if head.endswith(";base64") else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        return b""
