"""Our own draft form: the fast way, and the tolerant way that keeps every good field."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.errors import IntakeError
from engine.facts import Attribute, Image, Listing, Package, Sku, SkuProperty, Store
from engine.intake import one_listing, one_record, read_json


def read(value: Any) -> tuple[Listing | None, list[str]]:
    record = one_record(json.dumps(value).encode())
    return record.listing, [str(problem) for problem in record.problems]


def test_a_draft_without_a_fault_is_what_msgspec_reads() -> None:
    data = b'{"id": "1", "title": "Mug", "price": "12.50", "skus": [{"price": 3, "stock": 2}], "created": "2026-01-31"}'
    assert one_listing(data) == msgspec.json.decode(data, type=Listing)
    assert read_json(data).records[0].problems == ()


def test_bytes_text_plain_values_and_a_listing_are_read_alike() -> None:
    value = {"id": "1", "title": "Mug", "price": "12.50"}
    expected = Listing(id="1", title="Mug", price=Decimal("12.50"))
    text = json.dumps(value)
    assert [one_listing(data) for data in (text, text.encode(), bytearray(text.encode()), value, expected)] == [
        expected
    ] * 5


def test_a_listing_of_nothing_is_a_listing() -> None:
    assert one_listing(b"{}") == Listing()


@pytest.mark.parametrize(
    ("value", "price", "problems"),
    [
        ("12.50", "12.50", []),
        (12.5, "12.5", []),
        ("12,50", "12.50", ["/price: read as 12.50"]),
        ("$12.5", "12.5", ["/price: read as 12.5"]),
        ("US $1,234.50", "1234.50", ["/price: read as 1234.50"]),
        ("1.234,50 €", "1234.50", ["/price: read as 1234.50"]),
        ("1,234", "1234", ["/price: can be read in two ways; read as 1234"]),
        ("0,350", "0.350", ["/price: read as 0.350"]),
        (-3, "-3", []),
        ("abc", None, ["/price: expected a number, got 'abc'"]),
        (True, None, ["/price: expected a number, got true"]),
        ([1], None, ["/price: expected a number, got a list of 1"]),
        ("NaN", None, ["/price: expected a finite number, got 'NaN'"]),
        ("-Infinity", None, ["/price: expected a finite number, got '-Infinity'"]),
        ("1e999999", None, ["/price: expected a number, got '1e999999'"]),
        (10**30, None, ["/price: expected a number below 10^18, got a very large number"]),
    ],
)
def test_prices_are_read_as_people_write_them(value: Any, price: str | None, problems: list[str]) -> None:
    listing, found = read({"price": value})
    assert (listing, found) == (Listing(price=None if price is None else Decimal(price)), problems)


def test_nan_and_infinity_outside_of_strings_are_problems() -> None:
    record = one_record(b'{"title": "a", "price": NaN, "skus": [{"price": Infinity, "stock": -Infinity}]}')
    assert record.listing == Listing(title="a", skus=(Sku(),))
    assert [problem.code for problem in record.problems] == ["not_finite"] * 3


def test_every_good_field_survives_the_bad_ones() -> None:
    listing, problems = read(
        {
            "id": 1005003033814656,
            "titel": "Mug",
            "title": ["Mug"],
            "skus": [{"price": "3", "stock": "many"}, 5, {"properties": {"name": "Color", "value": "Red"}}],
            "images": ["https://img.example.com/1.jpg", 3],
            "attributes": [{"value": "Cotton"}],
            "keywords": "mug;cup",
            "package": {"weight": "350g", "length": "12"},
            "created": "2026/1/31 10:00",
            "previous": {"title": "Old", "previous": {"title": "Older"}},
        }
    )
    assert listing == Listing(
        id="1005003033814656",
        skus=(Sku(price=Decimal(3)), Sku(), Sku(properties=(SkuProperty(name="Color", value="Red"),))),
        images=(Image(url="https://img.example.com/1.jpg"), Image()),
        attributes=(Attribute(name="", value="Cotton"),),
        keywords=("mug", "cup"),
        package=Package(weight=Decimal("0.350"), length=Decimal(12)),
        created=date(2026, 1, 31),
        previous=Listing(title="Old"),
    )
    assert problems == [
        "/id: read as 1005003033814656",
        '/titel: unknown field "titel" was not read; did you mean "title"?',
        "/title: expected text, got a list of 1",
        "/skus/0/stock: expected a whole number, got 'many'",
        "/skus/1: expected an object, got 5",
        "/skus/2/properties: expected a list; the one object was taken",
        "/images/1: expected an object, got 3",
        '/attributes/0/name: "name" is missing',
        "/keywords: expected a list; the text was split at ;",
        "/package/weight: read as 0.350",
        "/created: read as 2026-01-31",
        "/previous/previous: nested too deep: only one previous version is read, got an object with 1 fields",
    ]


def test_every_problem_speaks_both_languages() -> None:
    record = one_record(b'{"price": "abc"}')
    assert record.problems[0].to_dict() == {
        "pointer": "/price",
        "code": "wrong_type",
        "message": {"en": "expected a number, got 'abc'", "zh": "应为数字，实际为 'abc'"},
        "place": {"en": "/price", "zh": "/price"},
        "value": "abc",
        "used": False,
    }


def test_nul_and_lone_surrogates_are_replaced_one_for_one() -> None:
    record = one_record(rb'{"title": "a\u0000b\ud800c\udc00"}')
    assert record.listing == Listing(title="a\ufffdb\ufffdc\ufffd")
    assert [(problem.code, problem.used) for problem in record.problems] == [("bad_characters", True)]
    assert one_listing({"title": "a\x00\ud800"}) == Listing(title="a\ufffd\ufffd")


def test_a_surrogate_pair_is_one_character() -> None:
    assert one_listing(rb'{"title": "\ud83d\ude00"}') == Listing(title="😀")


def test_a_repeated_key_is_named_and_the_last_one_counts() -> None:
    record = one_record(b'{"title": "a", "price": "x", "title": "b"}')
    assert record.listing == Listing(title="b")
    assert record.problems[0].text() == ('/title: the key "title" stands more than once; the last value counts')


def test_a_draft_may_come_with_its_store() -> None:
    good = read_json(b'{"listing": {"title": "Mug"}, "store": {"id": "7", "groups": {"Kitchen": 2}}}')
    assert (good.listings, good.store) == ([Listing(title="Mug")], Store(id="7", groups={"Kitchen": 2}))
    bad = read_json(
        b'{"listing": {"title": "Mug", "price": "x"}, "store": {"id": 7, "online_products": "x"}, "more": 1}'
    )
    assert (bad.listings, bad.store) == ([Listing(title="Mug")], Store(id="7"))
    assert [problem.text() for problem in (*bad.problems, *bad.records[0].problems)] == [
        "/store/id: read as 7",
        "/store/online_products: expected a whole number, got 'x'",
        "/listing/price: expected a number, got 'x'",
        '/listing: "more" beside the listing was not read; known are listing, listings, store',
    ]


def test_an_array_keeps_the_position_of_each_draft() -> None:
    found = read_json(b'[{"title": "a"}, 5, {"title": "b", "price": "x"}]').records
    assert [record.listing for record in found] == [Listing(title="a"), None, Listing(title="b")]
    assert [problem.text() for record in found for problem in record.problems] == [
        "/1: expected a listing (an object), got 5",
        "/2/price: expected a number, got 'x'",
    ]
    assert read_json(b'[{"title": "a"}, {"title": "b"}]').records[1].origin.source("/title") == "/1/title"


def test_lines_of_json_go_on_behind_a_bad_line() -> None:
    lines = read_json(b'{"title": "a"}\n{"title": }\n{"title": "b", "price": "x"}\n').records
    assert [record.listing for record in lines] == [Listing(title="a"), None, Listing(title="b")]
    assert [problem.text() for record in lines for problem in record.problems] == [
        "line 2: not valid JSON: Expecting value at line 1, column 11",
        "line 3, /price: expected a number, got 'x'",
    ]
    cut = read_json(b'{"title": "a"}\n\n{"title": \n{"title": "c"}').records
    assert [record.listing for record in cut] == [Listing(title="a"), None, Listing(title="c")]


def test_one_listing_refuses_none_and_several() -> None:
    for data, code in (
        (b"[]", "not_one_listing"),
        (b'[{"id": "1"}, {"id": "2"}]', "not_one_listing"),
        (b"5", "not_a_listing"),
    ):
        with pytest.raises(IntakeError) as error:
            one_listing(data)
        assert error.value.code == code


def test_an_object_of_other_things_is_no_listing() -> None:
    with pytest.raises(IntakeError, match="none of its fields is one of a listing"):
        one_listing(b'{"foo": 1, "bar": 2}')
