"""Any bytes, any JSON value, any damage to a good file: listings and problems, or an IntakeError, and nothing else."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import IntakeError
from engine.facts import Listing
from engine.intake import Intake, guess_mapping, one_listing, read_bytes, read_json
from engine.intake.columns import FIELDS
from engine.intake.own import fields, is_sound, read_fast
from tests.intake.make_samples import samples

SAMPLES = samples()
CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
NAMES = st.sampled_from(["", "a.json", "a.ndjson", "a.csv", "a.tsv", "a.xlsx", "a.json.gz", "a\0b.txt"])
QUICK = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.sampled_from(["12,50", "$3", "NaN", "1e999", "2026-01-31", "\ud800", "a\0b", "14:193;5:1#x"]),
)
own_names = st.sampled_from(
    [*fields(Listing), "price", "stock", "properties", "name", "value", "url", "listing", "store"]
)
platform_names = st.sampled_from(
    [
        *(
            "result",
            "x_response",
            "error_response",
            "subject",
            "subject_list",
            "detail_source_list",
            "web_detail",
            "detail",
        ),
        *(
            "aeop_ae_product_s_k_us",
            "aeop_ae_product_propertys",
            "aeop_s_k_u_property_list",
            "id",
            "sku_price",
            "locale",
        ),
        *(
            "image_u_r_ls",
            "market_images",
            "group_ids",
            "aeop_national_quote_configuration",
            "configuration_data",
            "value",
        ),
        *(
            "aeop_a_e_product_display_d_t_o_list",
            "product_id",
            "data",
            "ret",
            "api",
            "aeop_a_e_multimedia",
            "aeop_a_e_videos",
        ),
        *(
            "aeop_s_k_u_national_discount_price_list",
            "aeop_qualification_struct_list",
            "success",
            "error_code",
            "gross_weight",
        ),
    ]
)


def documents(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    keys = st.one_of(names, st.text(max_size=5))
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=25,
    )


def check(intake: Intake) -> None:
    """What holds for every intake that was read."""
    for record in intake:
        assert record.listing is not None or record.problems
        for problem in record.problems:
            assert problem.message["en"]
            assert problem.message["zh"]
            json.dumps(problem.to_dict()).encode()
            record.origin.place(problem.pointer)
        if record.listing is not None:
            assert is_sound(record.listing)
            # Every listing can be written and read again: no lone surrogate, no NaN.
            assert msgspec.json.decode(msgspec.json.encode(record.listing), type=Listing) == record.listing
    tally = intake.tally
    assert tally.rows == tally.used + tally.refused + tally.empty


def read(data: bytes, name: str) -> None:
    refused = None
    try:
        check(read_bytes(data, name=name))
    except IntakeError as error:
        refused = error
    assert refused is None or (refused.en and refused.zh)


@pytest.mark.parametrize("path", CORPUS, ids=[path.name for path in CORPUS])
def test_the_corpus_is_read_or_refused(path: Path) -> None:
    for name in (path.name, "", "a.json", "a.csv", "a.xlsx"):
        read(path.read_bytes(), name)


@QUICK
@given(st.binary(max_size=400), NAMES)
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    read(data, name)


@QUICK
@given(st.one_of(documents(own_names), documents(platform_names)))
def test_any_json_value_is_read_or_refused(value: Any) -> None:
    read(json.dumps(value).encode(), "a.json")
    read(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), "a.json")
    with suppress(IntakeError):
        check(read_json(value))


@QUICK
@given(st.dictionaries(st.sampled_from(list(fields(Listing))), documents(own_names), max_size=8))
def test_any_draft_gives_a_listing(value: dict[str, Any]) -> None:
    check(read_json(value))
    text = json.dumps(value)
    fast = read_fast(text)
    if fast is not None:
        assert one_listing(text) == fast


@QUICK
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_a_damaged_sample_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = SAMPLES[name]
    at = data.draw(st.integers(0, len(content)))
    kind = data.draw(st.sampled_from(["cut", "insert", "replace", "double"]))
    junk = data.draw(st.binary(min_size=1, max_size=8))
    damaged = {
        "cut": content[:at],
        "insert": content[:at] + junk + content[at:],
        "replace": content[:at] + junk + content[at + len(junk) :],
        "double": content[:at] + content,
    }[kind]
    read(damaged, name)


@QUICK
@given(
    st.lists(
        st.lists(
            st.one_of(st.text(max_size=12), st.sampled_from(["Title", "价格", "ID", "SKU", "1,5", '"', "\n", "https://a/b.jpg"])),
            max_size=6,
        ),
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t"]),
)  # fmt: skip
def test_any_table_is_read_or_refused(rows: list[list[str]], delimiter: str) -> None:
    text = "Title,Price,SKU\n" + "\n".join(delimiter.join(row) for row in rows)
    read(text.encode("utf-8", "replace"), "a.csv")


@QUICK
@given(st.lists(st.text(max_size=20), max_size=20))
def test_a_mapping_names_every_column_once(headers: list[str]) -> None:
    found = guess_mapping([*headers, *(field.names[0] for field in FIELDS[:5])])
    assert [column.header for column in found.columns] == [
        *(header.strip() for header in headers),
        *(field.names[0] for field in FIELDS[:5]),
    ]
    assert len(found.mapped) + sum(column.field is None for column in found.columns) == len(found.columns)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17, places=2))
def test_a_price_survives_every_way_of_writing_it(price: Decimal) -> None:
    expected = Decimal(f"{price:.2f}")
    plain, comma = f"{price:.2f}", f"{price:.2f}".replace(".", ",")
    grouped = f"{price:,.2f}"
    continental = grouped.translate(str.maketrans(",.", ".,"))
    for text in (plain, comma, grouped, continental, f"${plain}", f"{plain} USD", f" {plain} "):
        assert one_listing({"price": text}).price == expected
    number = float(plain)
    if math.isfinite(number) and Decimal(repr(number)) == expected:
        assert one_listing({"price": number}).price == expected
