"""Arrow batches through the evaluator: the same findings, byte for byte, as one check after the other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rules
from engine import IntakeError, Listing, Pack, Waiver, load_pack
from engine.evaluate.catalogue import Found, Kernel, documents, schema
from engine.intake import arrow, one_listing
from tests.diagnosis.conftest import listings
from tests.engine.arbitrary import Arbitrary

AS_OF = date(2026, 11, 23)
PACK: Pack = load_pack(rules.path("aliexpress"))
ARBITRARY = Arbitrary(PACK)
encode = msgspec.json.encode


def as_columns_hold_it(listing: Listing) -> Listing:
    """The listing without what Arrow has no place for: half characters, whole numbers beyond 64 bits, NaN."""
    plain = msgspec.to_builtins(msgspec.structs.replace(listing, previous=None))

    def held(value: object) -> object:
        if isinstance(value, dict):
            return {key: found for key, item in value.items() if (found := held(item)) is not None}
        if isinstance(value, list | tuple):
            return [held(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) < value < 2**63:
            return None
        return value

    return one_listing(held(plain))  # type: ignore[arg-type]


@given(st.lists(ARBITRARY.likely, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_a_batch_has_the_findings_of_single_checks_byte_for_byte(found: list[Listing]) -> None:
    wanted = [as_columns_hold_it(listing) for listing in found]
    read = arrow.Reader(arrow.schema()).read(arrow.write(wanted)).listings
    assert read == wanted
    single = [encode(f.to_dict()) for one in wanted for f in PACK.check(one, as_of=AS_OF, fixes=False).findings]
    batches = Kernel(PACK, as_of=AS_OF).run([arrow.write(wanted)])
    rows = [encode(row) for batch in batches for row in documents(batch, PACK, as_of=AS_OF) if row["result"] == "fail"]
    assert rows == single


def test_counts_say_what_could_not_be_decided(shipped: Pack) -> None:
    some = listings(0, 8)
    kernel = Kernel(shipped, as_of=AS_OF)
    list(kernel.run([arrow.write(some[:5]), arrow.write(some[5:])]))
    reports = [shipped.check(one, as_of=AS_OF, fixes=False) for one in some]
    lacking = [entry.rule for report in reports for entry in report.not_checked]
    assert kernel.tally.not_checked == {rule: lacking.count(rule) for rule in sorted(set(lacking))}
    assert kernel.tally.listings == 8
    assert kernel.tally.results == {"fail": sum(len(report.findings) for report in reports)}


def test_a_waived_finding_says_so(shipped: Pack) -> None:
    waiver = Waiver(rule="IMG110", reason="no pictures yet", until=date(2027, 1, 1))
    kernel = Kernel(shipped, as_of=AS_OF, waivers=[waiver])
    (batch,) = kernel.run([arrow.write(listings(0, 1))])
    assert [row["rule"] for row in batch.to_pylist() if row["result"] == "waived"] == ["IMG110"]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        (pa.string(), ["12.50", "100", None]),
        (pa.decimal128(18, 4), [Decimal("12.5"), Decimal(100), None]),
        (pa.float64(), [12.5, 100.0, None]),
        (pa.int64(), [12, 100, None]),
        (pa.dictionary(pa.int8(), pa.string()), ["12.50", "100", None]),
    ],
)
def test_money_may_be_text_decimal_or_floating(type_: pa.DataType, values: list[object]) -> None:
    array = (
        pa.array(values, pa.string()).dictionary_encode() if pa.types.is_dictionary(type_) else pa.array(values, type_)
    )
    batch = pa.record_batch({"id": pa.array([1, 2, 3]), "price": array})
    read = arrow.Reader(batch.schema).read(batch)
    first = Decimal(12) if type_ == pa.int64() else Decimal("12.5")
    assert [listing.price for listing in read.listings] == [first, 100, None]
    assert [str(listing.price) for listing in read.listings][1] == "100"
    assert [listing.id for listing in read.listings] == ["1", "2", "3"]


def test_a_bad_value_is_told_with_its_row_and_the_rest_is_read() -> None:
    skus = pa.array([[{"price": "1"}], [{"price": "2"}, {"price": "x"}]], pa.list_(pa.struct([("price", pa.string())])))
    batch = pa.record_batch({"title": ["a", "b"], "skus": skus, "price": ["nan", "3"]})
    read = arrow.Reader(batch.schema).read(batch)
    assert [(t.row, t.pointer, t.en) for t in read.troubles] == [
        (0, "/price", 'expected a number, got "nan"'),
        (1, "/skus", 'expected a number, got "x"'),
    ]
    assert [sku.price for sku in read.listings[1].skus] == [2, None]


def test_missing_items_keep_their_place_and_nul_is_replaced() -> None:
    images = pa.array([[None, {"url": "b"}]], pa.list_(pa.struct([("url", pa.string())])))
    batch = pa.record_batch({"title": ["a\0b"], "images": images, "keywords": [[None, "k"]]})
    (listing,) = arrow.Reader(batch.schema).read(batch).listings
    assert (listing.title, listing.keywords) == ("a�b", ("", "k"))
    assert [(image.url, image.kind) for image in listing.images] == [(None, "main"), ("b", "main")]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"foo": [1]}, "no column is a field of a listing; there are foo"),
        ({"title": [["a"]]}, 'column "title" is list<item: string>, expected string'),
        ({"skus": ["x"]}, 'column "skus" is string, expected list<'),
        ({"skus": [[{"price": [1]}]]}, 'column "skus/item/price" is list<item: int64>, expected string'),
    ],
)
def test_a_wrong_schema_names_the_column(columns: dict[str, list[object]], words: str) -> None:
    with pytest.raises(IntakeError) as raised:
        arrow.Reader(pa.record_batch(columns).schema, "part 1")
    assert (raised.value.code, raised.value.where) == ("wrong_schema", "part 1")
    assert words in raised.value.en


def test_a_listing_that_breaks_everything_is_one_error_row(shipped: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    some = listings(0, 3)
    kernel = Kernel(shipped, as_of=AS_OF)
    whole = kernel._check

    def broken(listing: Listing, **given: object) -> object:
        if listing.id == some[1].id:
            raise RuntimeError("boom")
        return whole(listing, **given)

    monkeypatch.setattr(kernel, "_check", broken)
    found = Found()
    kernel.check(some, found)
    rows = found.batch().to_pylist()
    assert [(r["row"], r["listing"], r["message_en"]) for r in rows if r["result"] == "error"] == [
        (1, some[1].id, "RuntimeError: boom")
    ]
    assert kernel.tally.listings == 3
    assert {row["row"] for row in rows} == {0, 1, 2}
    assert found.batch().schema == schema()
