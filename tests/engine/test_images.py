"""Pictures by what is said of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.images import domain, url_format
from tests.engine.commerce import measure, members, places, view

BANK = "https://ae01.alicdn.com/kf/"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{BANK}a.jpg", "alicdn.com"),
        ("//AE01.AliCDN.com:443/kf/a.jpg", "alicdn.com"),
        ("http://user@img.example.org/a", "example.org"),
        ("localhost/a.jpg", None),
        ("/kf/a.jpg", None),
        ("", None),
    ],
)
def test_the_domain_of_an_address(url: str, expected: str | None) -> None:
    assert domain(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{BANK}a.JPG", "jpeg"),
        (f"{BANK}a.png?x=a.gif", "png"),
        (f"{BANK}a.jpg_640x640.webp", "webp"),
        (f"{BANK}a", None),
        ("https://example.org/v1.2/picture", None),
        ("a.verylongending", None),
    ],
)
def test_the_format_an_address_ends_with(url: str, expected: str | None) -> None:
    assert url_format(url) == expected


def test_pictures_are_counted_by_kind() -> None:
    kinds = ["main", "main", "sku", "white_background", "marketing_long", "marketing_square", "description"]
    seen = view(images=[{"url": f"{BANK}{n}.jpg", "kind": kind} for n, kind in enumerate(kinds)])
    names = ("main", "sku", "white_background", "marketing_long", "marketing_square")
    assert [measure(f"images.{name}_count", seen) for name in names] == [2, 1, 1, 1, 1]
    assert places("images.main_count", seen) == ["/images/0", "/images/1"]


def test_a_main_picture_repeats_by_its_address_without_the_query() -> None:
    urls = ["a.jpg", "b.jpg", "a.jpg?v=2", "a.jpg"]
    rows: list[dict[str, Any]] = [{"url": BANK + url} for url in urls]
    seen = view(images=[*rows, {"url": f"{BANK}a.jpg", "kind": "description"}])
    assert places("images.repeated_count", seen) == ["/images/2", "/images/3"]


def test_what_is_not_measured_stays_unknown() -> None:
    measured = {"url": f"{BANK}a.jpg", "width": 800, "height": 1000, "size": 9, "product_area": "0.5"}
    assert members("images.measured", view(images=[{"url": f"{BANK}a.jpg"}])) is None
    assert members("images.measured", view()) == []
    (item,) = members("images.measured", view(images=[{"url": f"{BANK}b.jpg"}, measured]))
    assert (item.number, item.side_min, item.height_to_width, item.product_area) == (
        2,
        800,
        Decimal("1.25"),
        Decimal("0.5"),
    )


def test_a_picture_of_no_width_has_no_ratio() -> None:
    (item,) = members("images.measured", view(images=[{"width": 0, "height": 5}]))
    assert (item.height_to_width, item.side_min) == (None, 0)


def test_domains_and_formats_are_named_once_with_all_their_pictures() -> None:
    rows = [
        {"url": f"{BANK}a.jpg"},
        {"url": "https://img.example.org/b.webp"},
        {"url": f"{BANK}c.webp", "format": "image/PNG"},
        {"url": "d"},
    ]
    seen = view(images=rows)
    domains = [(group.name, [p.pointer for p in group.locations]) for group in members("images.domains", seen)]
    formats = [(group.name, group.pictures) for group in members("images.formats", seen)]
    assert domains == [("alicdn.com", ["/images/0", "/images/2"]), ("example.org", ["/images/1"])]
    assert formats == [("jpeg", 1), ("webp", 1), ("png", 1)]


def test_all_videos_but_the_first_are_shown() -> None:
    assert places("videos.count", view(videos=["a", "b", "c"])) == ["/videos/1", "/videos/2"]


@given(st.text(max_size=200))
def test_any_text_is_a_bearable_address(text: str) -> None:
    assert domain(text) is None or "/" not in str(domain(text))
    assert url_format(text) is None or str(url_format(text)).isalnum()
