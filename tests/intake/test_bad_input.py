"""Whatever can't be read says what it is, where, and what was expected; nothing hangs and nothing is a traceback."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from engine.errors import IntakeError
from engine.intake import Limits, one_listing, read_bytes, read_file, read_json
from tests.intake.make_samples import samples

XLSX = samples()["dianxiaomi-export.xlsx"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def failure(data: bytes, name: str, limits: Limits | None = None) -> tuple[str, str]:
    with pytest.raises(IntakeError) as error:
        list(read_bytes(data, name=name, limits=limits or Limits()))
    assert error.value.zh
    assert name.removesuffix(".gz") in error.value.where
    return error.value.code, error.value.en


def with_part(name: str, content: bytes, *, drop: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(XLSX)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            if part not in (name, drop):
                target.writestr(part, source.read(part))
        target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "code", "words"),
    [
        (b"", "a.json", "empty", "the input is empty"),
        (b" \n ", "a.csv", "empty", "the input is empty"),
        (b"Title,Price\nMug,3\n", "a.xlsx", "not_xlsx", "text that is named like a workbook"),
        (b"<html><table><tr><td>x", "a.xls", "not_xlsx", "an HTML page that is named like a workbook"),
        (b"\x00\x01\x02\x03" * 50, "a.xlsx", "not_xlsx", "not an .xlsx workbook although it is named so"),
        (XLSX[: len(XLSX) // 2], "a.xlsx", "damaged", "damaged or cut short"),
        (OLE + b"\0" * 600, "a.xls", "old_xls", "save it as .xlsx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "encrypted", "protected by a password"),
        (with_part("a.txt", b"x", drop="xl/workbook.xml"), "a.xlsx", "not_xlsx", "without a workbook in it"),
        (with_part("xl/workbook.xml", b"<not xml"), "a.xlsx", "damaged", "damaged or cut short"),
        (gzip.compress(b"Title\nMug\n", mtime=0)[:15], "a.csv.gz", "damaged", "gzip file is damaged"),
        (b"%PDF-1.7 x", "a.pdf", "unknown_form", "no known form"),
        (b"Colour,Price\nRed,3\n", "a.csv", "missing_column", "expected one named title"),
        (b",,\n,,\n", "a.csv", "empty", "no row holds anything"),
        (b'{"title": "a"', "a.json", "not_json", "line 1, column 14"),
        (b'"text"', "a.json", "not_a_listing", "expected a listing"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_for_what_it_is(data: bytes, name: str, code: str, words: str) -> None:
    found, message = failure(data, name)
    assert (found, words in message) == (code, True)


def test_a_missing_column_names_the_expected_and_the_nearest() -> None:
    _, message = failure("Titles of goods,价格,颜色\nx,3,红\n".encode(), "a.csv")
    assert message == (
        "no column holds the title; expected one named title, product title, product name or 标题; "
        'found Titles of goods, 价格, 颜色; the nearest is "Titles of goods"'
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path, Path("a\0b")):
        with pytest.raises(IntakeError) as error:
            read_file(path)
        assert error.value.code == "no_file"


def test_a_workbook_that_unpacks_too_large_is_refused() -> None:
    bomb = with_part("xl/media/image1.png", b"\0" * 30_000_000)
    assert failure(bomb, "a.xlsx", Limits(max_unpacked_bytes=10_000_000)) == (
        "too_large",
        "the workbook unpacks to more than 10 MB",
    )


def test_a_sheet_of_two_cells_that_spans_the_whole_grid_is_refused() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    code, message = failure(with_part("xl/worksheets/sheet1.xml", sheet), "a.xlsx")
    assert (code, message) == (
        "too_large",
        "a sheet spans 1048576 rows and 16384 columns, more than 20000000 cells",
    )


def test_a_gzip_bomb_is_refused() -> None:
    assert failure(gzip.compress(b"a" * 5_000_000), "a.csv.gz", Limits(max_bytes=1_000_000))[0] == "too_large"


@pytest.mark.parametrize(
    ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'{"previous":', b"}"), (b'[{"skus":', b"}]")]
)
@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
def test_deep_nesting_is_refused_by_its_limit(opening: bytes, closing: bytes, depth: int) -> None:
    with pytest.raises(IntakeError) as error:
        one_listing(opening * depth + b"1" + closing * depth)
    assert (error.value.code, error.value.en) == ("too_deep", "the document is nested more than 64 deep")
    with pytest.raises(IntakeError):
        one_listing(opening * depth)


def test_brackets_within_text_are_no_nesting() -> None:
    listing = one_listing(b'{"title": "' + b"[{" * 1000 + b'", "price": "x"}')
    assert listing.title == "[{" * 1000


def test_a_deep_python_value_is_refused() -> None:
    value: object = {"title": "a"}
    for _ in range(5_000):
        value = {"previous": value}
    with pytest.raises(IntakeError, match="nested more than 64 deep"):
        one_listing(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"title": "' + b"a" * 10_000_000 + b'"}',
        b'{"title": "a\\u0000' + b"a" * 10_000_000 + b'", "price": "x"}',
        b'{"skus": [' + b",".join([b'{"price": "x", "stock": {}}'] * 20_000) + b"]}",
        b'{"' + b'":1,"'.join(b"k%d" % number for number in range(100_000)) + b'":1,"title":"a"}',
        b"[" * 60 + b"]" * 60,
    ],
    ids=["long text", "long text with NUL", "20,000 bad SKUs", "100,000 unknown fields", "empty lists"],
)
def test_large_input_is_read_in_time_that_grows_with_its_size(data: bytes) -> None:
    for record in read_json(data):
        assert len(record.problems) <= 201


def test_problems_beyond_the_limit_are_counted() -> None:
    record = read_json(b'{"skus": [' + b",".join([b"5"] * 1_000) + b"]}").records[0]
    assert record.listing is not None
    assert len(record.listing.skus) == 1_000
    assert (len(record.problems), record.problems[-1].text()) == (201, "800 more problems not listed")
