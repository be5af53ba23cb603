"""Pictures and videos as far as they were described: nothing is opened and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from engine.facts import Image
from engine.features.numbers import quotient
from engine.features.registry import Field, collection, feature
from engine.features.view import View, derived
from engine.findings import Location

READS = ("images",)
HOST = re.compile(r"(?:[a-z][a-z0-9+.\-]{0,20}:)?//(?:[^/?#@\s]{0,200}@)?([^/?#:\s]{1,253})", re.IGNORECASE)
SQUARE = Decimal(1)
FORMAT_NAMES = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff"}
ENDINGS = {".jpg": "jpeg", ".JPG": "jpeg", ".png": "png", ".gif": "gif"}
"""The usual endings of a URL."""
LONGEST_URL = 2000
LONGEST_HOST = 260
HTTPS = "https://"
PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-]+\Z").match
LONGEST_ENDING = 5


def domain(url: str) -> str | None:
    """The last two labels of the host, lower case: alicdn.com of https://ae01.alicdn.com/kf/a.jpg; None for no host."""
    if url.startswith(HTTPS):
        host = url[len(HTTPS) : LONGEST_HOST].partition("/")[0]
        if PLAIN_HOST(host):
            return _registered(host)
    match = HOST.match(url[:LONGEST_URL].strip())
    return _registered(match.group(1)) if match is not None else None


@lru_cache(maxsize=1024)
def _registered(host: str) -> str:
    return ".".join(host.lower().rstrip(".").rsplit(".", 2)[-2:])


def url_format(url: str) -> str | None:
    """The format that the ending of a URL names: jpeg of …/a.jpg?x=1; None without an ending."""
    path = url[:LONGEST_URL]
    known = ENDINGS.get(url[-4:])
    if known is not None and "?" not in url and "#" not in url and path == url:
        return known
    if "?" in path or "#" in path:
        path = path.partition("?")[0].partition("#")[0]
    tail = path[path.rfind("/") + 1 :]
    dot = tail.rfind(".")
    ending = tail[dot + 1 :].lower()
    if dot < 0 or not ending.isalnum() or len(ending) > LONGEST_ENDING:
        return None
    return FORMAT_NAMES.get(ending, ending)


def image_format(image: Image) -> str | None:
    """jpeg, png, webp …: as given, else by the ending of the URL."""
    if image.format:
        return _format_name(image.format)
    return url_format(image.url) if image.url else None


def _format_name(given: str) -> str:
    name = given.strip().lower().rsplit("/", 1)[-1].lstrip(".")
    return FORMAT_NAMES.get(name, name)


class MeasuredImage(Struct, eq=False, gc=False):
    """One picture of which something is measured, with its place."""

    index: int
    image: Image
    kind: str
    width: int | None
    height: int | None
    side_min: int | None
    height_to_width: Decimal | None
    size: int | None
    product_area: Decimal | None

    @property
    def number(self) -> int:
        """Its position among all pictures, from 1."""
        return self.index + 1

    @property
    def identity(self) -> str | None:
        """Which picture it is, wherever it stands."""
        return self.image.url

    @property
    def locations(self) -> tuple[Location, ...]:
        """The picture."""
        return (Location(f"/images/{self.index}"),)


@collection(
    "images.measured",
    item={
        "kind": Field("str", "main, sku, description, marketing_long and the like", "图片类型"),
        "number": Field("int", "Position among all pictures, from 1", "图片序号", position=True),
        "width": Field("int", "Width", "宽度", unit="pixels", nullable=True),
        "height": Field("int", "Height", "高度", unit="pixels", nullable=True),
        "side_min": Field("int", "Shorter side", "短边", unit="pixels", nullable=True),
        "size": Field("int", "File size", "文件大小", unit="bytes", nullable=True),
        "height_to_width": Field("decimal", "Height over width", "高宽比", nullable=True),
        "product_area": Field("decimal", "Share of the goods in the picture", "商品主体占比", nullable=True),
    },
    reads=READS,
    nullable=True,
    en="Pictures whose size, weight or content was measured",
    zh="已测量尺寸、大小或内容的图片",
)
def images_measured(view: View) -> Sequence[MeasuredImage] | None:
    """Pictures with a known width, height, file size or product area; None when there are pictures but none has."""
    found = []
    for index, image in enumerate(view.listing.images):
        width, height, size, area = image.width, image.height, image.size, image.product_area
        if width is None and height is None and size is None and area is None:
            continue
        side = ratio = None
        if width is not None and height is not None:
            side = width if width < height else height
            ratio = SQUARE if width == height and width else quotient(height, width)
        if area is not None and not area.is_finite():
            area = None
        found.append(MeasuredImage(index, image, image.kind, width, height, side, ratio, size, area))
    return found if found or not view.listing.images else None


class ImageGroup(Struct, eq=False, gc=False):
    """Pictures that share a domain or a format."""

    name: str
    indexes: list[int]

    @property
    def pictures(self) -> int:
        """How many there are."""
        return len(self.indexes)

    @property
    def locations(self) -> tuple[Location, ...]:
        """Each of them."""
        return tuple(Location(f"/images/{index}") for index in self.indexes)


def _group(groups: dict[str, ImageGroup], name: str) -> ImageGroup:
    """The group of this name, made when there is none yet."""
    group = groups.get(name)
    if group is None:
        group = groups[name] = ImageGroup(name, [])
    return group


_DOMAIN = {
    "name": Field("str", "Domain, such as alicdn.com", "域名"),
    "pictures": Field("int", "Pictures on it", "图片数量"),
}


@collection("images.domains", item=_DOMAIN, reads=READS, en="Domains the pictures stand on", zh="商品图片所在域名")
def images_domains(view: View) -> Sequence[ImageGroup]:
    """Each domain once with its pictures; a picture without a host is left out."""
    groups: dict[str, ImageGroup] = {}
    start = "?"
    group = None
    for index, image in enumerate(view.listing.images):
        url = image.url
        if not url:
            continue
        if group is None or not url.startswith(start):
            beginning = url[: url.find("/", len(HTTPS), LONGEST_HOST) + 1]
            name = _domain_of(beginning)
            start = beginning if name is not None else "?"
            if name is None:
                name = domain(url)
                if name is None:
                    continue
            group = _group(groups, name)
        group.indexes.append(index)
    return list(groups.values())


@lru_cache(maxsize=1024)
def _domain_of(beginning: str) -> str | None:
    """The domain of every URL that begins with this `https://host/`; None when the beginning is not just that."""
    host = beginning[len(HTTPS) : -1]
    return _registered(host) if beginning.startswith(HTTPS) and PLAIN_HOST(host) else None


@collection(
    "images.formats",
    item={
        "name": Field("str", "Format, such as jpeg, png, webp", "图片格式"),
        "pictures": Field("int", "Pictures in it", "图片数量"),
    },
    reads=READS,
    en="Formats of the pictures",
    zh="商品图片格式",
)
def images_formats(view: View) -> Sequence[ImageGroup]:
    """Each format once with its pictures, as given or by the ending of the URL."""
    groups: dict[str, ImageGroup] = {}
    last: str | None = None
    group = None
    for index, image in enumerate(view.listing.images):
        given = image.format
        if not given or given != last or group is None:
            name = image_format(image)
            if name is None:
                continue
            group = _group(groups, name)
            last = given
        group.indexes.append(index)
    return list(groups.values())


@derived
def _kinds(view: View) -> list[str]:
    return [image.kind for image in view.listing.images]


def _kind_places(kind: str, view: View) -> list[Location]:
    return [Location(f"/images/{index}") for index, image in enumerate(view.listing.images) if image.kind == kind]


@feature(
    "images.main_count",
    type="int",
    reads=READS,
    en="Main pictures",
    zh="主图数量",
    locate=lambda view, value: _kind_places("main", view),
)
def images_main_count(view: View) -> int:
    """Pictures of kind main."""
    return _kinds(view).count("main")


@feature(
    "images.sku_count",
    type="int",
    reads=READS,
    en="SKU gallery pictures",
    zh="SKU图集图片数量",
    locate=lambda view, value: _kind_places("sku", view),
)
def images_sku_count(view: View) -> int:
    """Pictures of kind sku."""
    return _kinds(view).count("sku")


@feature("images.marketing_long_count", type="int", reads=READS, en="Tall marketing pictures", zh="营销长图数量")
def images_marketing_long_count(view: View) -> int:
    """Pictures of kind marketing_long."""
    return _kinds(view).count("marketing_long")


@feature("images.marketing_square_count", type="int", reads=READS, en="Square marketing pictures", zh="营销方图数量")
def images_marketing_square_count(view: View) -> int:
    """Pictures of kind marketing_square."""
    return _kinds(view).count("marketing_square")


@feature("images.white_background_count", type="int", reads=READS, en="White-background pictures", zh="白底图数量")
def images_white_background_count(view: View) -> int:
    """Pictures of kind white_background."""
    return _kinds(view).count("white_background")


@derived
def _repeated(view: View) -> list[int]:
    """Main pictures whose URL an earlier main picture has already. The query string is no difference."""
    urls = [image.url for image in view.listing.images if image.kind == "main" and image.url]
    if len(set(urls)) == len(urls) and "?" not in "".join(urls):
        return []
    seen: set[str] = set()
    found = []
    for index, image in enumerate(view.listing.images):
        if image.kind == "main" and image.url:
            url = image.url.partition("?")[0]
            if url in seen:
                found.append(index)
            seen.add(url)
    return found


@feature(
    "images.repeated_count",
    type="int",
    reads=READS,
    en="Main pictures that stand there twice",
    zh="重复的主图数量",
    locate=lambda view, value: [Location(f"/images/{index}") for index in _repeated(view)],
)
def images_repeated_count(view: View) -> int:
    """How many main pictures repeat an earlier one."""
    return len(_repeated(view))


@feature(
    "videos.count",
    type="int",
    reads=("videos",),
    en="Main videos",
    zh="主图视频数量",
    locate=lambda view, value: [Location(f"/videos/{index}") for index in range(1, value)],
)
def videos_count(view: View) -> int:
    """How many videos the listing has."""
    return len(view.listing.videos)
