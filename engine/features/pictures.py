"""What the pictures show, where their bytes were looked at (`engine.pictures`)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from engine.facts import Image
from engine.features.registry import Field, collection
from engine.features.value_words import PICTURE_KINDS
from engine.features.view import View
from engine.findings import Location
from engine.hashes import BITS, bits_of, distance


class SeenPicture(NamedTuple):
    """One picture of which the bytes were there."""

    place: int
    image: Image
    nearest: int | None
    owner: str | None

    @property
    def kind(self) -> str:
        """main, sku, description and the like."""
        return self.image.kind

    @property
    def number(self) -> int:
        """Position among all pictures, from 1."""
        return self.place + 1

    @property
    def is_readable(self) -> bool | None:
        """Whether it could be opened."""
        return self.image.is_readable

    @property
    def main_colour(self) -> Decimal | None:
        """Share of the commonest colour."""
        return _finite(self.image.main_colour)

    @property
    def two_colours(self) -> Decimal | None:
        """Share of the two commonest colours."""
        return _finite(self.image.two_colours)

    @property
    def frame(self) -> Decimal | None:
        """Thickness of the frame."""
        return _finite(self.image.frame)

    @property
    def panels(self) -> int | None:
        """Panels that seams part."""
        return self.image.panels

    @property
    def identity(self) -> str | None:
        """What the picture is, wherever it stands."""
        return self.image.phash or self.image.url

    @property
    def locations(self) -> tuple[Location, ...]:
        """The picture."""
        return (Location(f"/images/{self.place}"),)


@collection(
    "images.seen",
    item={
        "kind": Field("str", "main, sku, description and the like", "图片类型", words=PICTURE_KINDS),
        "number": Field("int", "Position among all pictures, from 1", "图片序号", position=True),
        "is_readable": Field("bool", "It could be opened", "可以打开", nullable=True),
        "main_colour": Field("decimal", "Share of the commonest colour", "最多颜色占比", nullable=True),
        "two_colours": Field("decimal", "Share of the two commonest colours", "最多两种颜色占比", nullable=True),
        "frame": Field("decimal", "Thickness of an even frame that is not white", "非白色边框厚度", nullable=True),
        "panels": Field("int", "Panels that seams part it into", "拼接格数", nullable=True),
        "nearest": Field(
            "int", "Bits in which it differs from a protected picture", "与受保护图片相差位数", nullable=True
        ),
        "owner": Field("str", "Whose that protected picture is", "受保护图片的权利人", nullable=True),
    },
    reads=("images",),
    beside=("store.protected_pictures",),
    nullable=True,
    en="Pictures that were looked at",
    zh="已查看内容的图片",
)
def images_seen(view: View) -> Sequence[SeenPicture] | None:
    """Pictures whose bytes were given; None when there are pictures but no bytes."""
    images = view.listing.images
    found = [
        SeenPicture(index, image, *_nearest(view, image.phash))
        for index, image in enumerate(images)
        if image.is_readable is not None
    ]
    return found if found or not images else None


def _nearest(view: View, phash: str | None) -> tuple[int | None, str | None]:
    """Bits (0 to 64) that differ from the nearest picture of the store's register, and whose that is."""
    register = view.store.protected_pictures if view.store is not None else ()
    mine = bits_of(phash)
    if mine is None:
        return None, None
    told = [(distance(mine, other), one.owner) for one in register if (other := bits_of(one.phash)) is not None]
    return min(told, key=lambda pair: pair[0]) if told else (BITS, None)


def _finite(share: Decimal | None) -> Decimal | None:
    return share if share is not None and share.is_finite() else None
