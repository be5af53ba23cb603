"""CSV, TSV and xlsx: the guessed mapping, rows and SKUs, places, and rows that can't be read."""

# ruff: noqa: E501  (header rows read better in one line)

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.errors import IntakeError
from engine.facts import Attribute, Image, Listing, Package, Sku, SkuProperty
from engine.intake import Record, guess_mapping, read_bytes, read_file


def workbook(*rows: list[Any], sheet: str = "Sheet1", **more: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    active = book.active
    assert active is not None
    active.title = sheet
    for row in rows:
        active.append(row)
    for name, extra in more.items():
        other = book.create_sheet(name)
        for row in extra:
            other.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def texts(records: list[Record]) -> list[str]:
    return [str(problem) for record in records for problem in record.problems]


def test_known_headers_of_both_languages_are_mapped_with_full_confidence() -> None:
    found = guess_mapping(["Product ID", "产品名称", "重量(kg)", "Image 2", "来源url", "Foo"])
    assert [(c.header, c.field, c.confidence, c.why) for c in found.columns] == [
        ("Product ID", "id", 1.0, "name"),
        ("产品名称", "title", 1.0, "name"),
        ("重量(kg)", "package_weight", 1.0, "name"),
        ("Image 2", "images", 0.95, "name"),
        ("来源url", None, 1.0, "known"),
        ("Foo", None, 0.0, "unknown"),
    ]
    assert [column.header for column in found.unmapped] == ["Foo"]


def test_a_misspelt_header_is_mapped_with_less_confidence() -> None:
    column = guess_mapping(["Prodct Titel"]).columns[0]
    assert (column.field, column.why, 0.85 <= column.confidence < 1) == ("title", "similar", True)


def test_cells_tell_what_an_unknown_header_does_not() -> None:
    rows = [
        ["https://a.example/1.jpg", "<p>Soft</p>", "$3.50", "blue"],
        ["//b.alicdn.com/2", "<div>x</div>", "€4", "red"],
    ]
    found = guess_mapping(["A1", "B1", "C1", "D1"], rows)
    assert [(c.field, c.confidence, c.why) for c in found.columns] == [
        ("images", 0.6, "content"),
        ("description", 0.6, "content"),
        ("sku_price", 0.6, "content"),
        (None, 0.0, "unknown"),
    ]


def test_of_two_columns_for_one_field_the_surer_is_read_and_the_other_shown() -> None:
    found = guess_mapping(["Titel", "Title"])
    assert [(c.header, c.field, c.why) for c in found.columns] == [
        ("Titel", None, "unknown"),
        ("Title", "title", "name"),
    ]


def test_the_user_may_say_what_a_column_means() -> None:
    data = b"Ware,Preis,Notiz\nMug,3.50,x\n"
    intake = read_bytes(data, name="a.csv", mapping={"Ware": "title", "Preis": "sku_price", "Notiz": ""})
    assert intake.listings == [Listing(title="Mug", price=Decimal("3.50"))]
    assert intake.mapping is not None
    assert [column.why for column in intake.mapping.columns] == ["given"] * 3


@pytest.mark.parametrize(
    ("mapping", "code", "words"),
    [
        ({"Titlle": "title"}, "unknown_column", 'column "Titlle" that is not there; did you mean "Title"?'),
        ({"Title": "titel"}, "unknown_field", 'unknown field "titel"; did you mean "title"?'),
    ],
)
def test_a_mapping_of_names_that_do_not_exist_is_refused(mapping: dict[str, str], code: str, words: str) -> None:
    with pytest.raises(IntakeError) as error:
        read_bytes(b"Title,Price\nMug,3\n", name="a.csv", mapping=mapping)
    assert (error.value.code, words in error.value.en) == (code, True)


def test_rows_of_one_product_are_its_skus() -> None:
    data = (
        "Product ID,Title,SKU,Color,Price,Qty,Images\n"
        "1,Mug,M-R,Red,$3.50,5,https://a.example/1.jpg https://a.example/2.jpg\n"
        "1,,M-B,Blue,$3.90,x,\n"
        ",,M-G,Green,4,0,\n"
        '2,Cup,C-1,,"2,5",7,https://a.example/3.jpg\n'
    )
    records = list(read_bytes(data.encode(), name="a.csv"))

    def sku(code: str, colour: str | None, price: str, stock: int | None) -> Sku:
        properties = (SkuProperty(name="Color", value=colour),) if colour else ()
        return Sku(code=code, price=Decimal(price), stock=stock, properties=properties)

    assert [record.listing for record in records] == [
        Listing(
            id="1",
            title="Mug",
            currency="USD",
            images=(Image(url="https://a.example/1.jpg"), Image(url="https://a.example/2.jpg")),
            skus=(sku("M-R", "Red", "3.50", 5), sku("M-B", "Blue", "3.90", None), sku("M-G", "Green", "4", 0)),
        ),
        Listing(
            id="2", title="Cup", images=(Image(url="https://a.example/3.jpg"),), skus=(sku("C-1", None, "2.5", 7),)
        ),
    ]
    assert texts(records) == ["row 3, column Qty: expected a whole number, got 'x'"]
    assert records[0].origin.place("/skus/2/price") == {"en": "row 4, column Price", "zh": "第 4 行“Price”列"}


def test_no_row_is_lost() -> None:
    data = (
        'ID,Title,Price\n1,Mug,3\n,,\n,,9\nID,Title,Price\n2,bad "quote" ,3\n3,"broken "x,3\n4,Cup,4\n1,Mug again,5\n'
    )
    intake = read_bytes(data.encode(), name="a.csv")
    records = list(intake)
    assert [(record.origin.row, record.listing and record.listing.title) for record in records] == [
        (2, "Mug"),
        (4, None),
        (5, None),
        (6, 'bad "quote" '),
        (7, None),
        (8, "Cup"),
        (9, "Mug again"),
    ]
    assert texts(records) == [
        "row 4: neither a title nor an id: the row was not read",
        "row 5: the row repeats the header",
        "row 7: the quotation marks of this line are broken; the line was not read",
        "row 9, column ID: the id stands in row 2 as well",
    ]
    tally = intake.tally
    assert tally.rows == tally.used + tally.refused + tally.empty == 8
    assert (tally.used, tally.refused, tally.empty, tally.records) == (4, 3, 1, 4)
    assert [record.listing for record in intake] == [record.listing for record in records]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str) -> None:
    lines = [["产品名称", "价格", "描述"], ["陶瓷马克杯", "3.5", '"第一行\n第二行, ok"'], ["杯子", "4", "好"]]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    assert read_bytes(data, name="a.csv").listings == [
        Listing(title="陶瓷马克杯", price=Decimal("3.5"), description="第一行\n第二行, ok"),
        Listing(title="杯子", price=Decimal(4), description="好"),
    ]


def test_western_text_that_is_no_utf8_is_read() -> None:
    assert (
        read_bytes("Title,Price\nTasse für Café,3\n".encode("cp1252"), name="a.csv").listings[0].title
        == "Tasse für Café"
    )


def test_numbers_dates_formulas_and_errors_of_a_workbook() -> None:
    data = workbook(
        ["商品ID", "标题", "重量", "包装长", "创建时间", "库存", "价格"],
        [1005003033814656, "Mug", 0.35, 12.0, datetime(2026, 1, 31, 10), 5.0, "=1+1"],
        [1005003033814650, "Cup", "#N/A", "1,5", "2026/2/1", "5.5", "¥3"],
    )
    may_have_lost = "the id is stored as a number and may have lost its last digit; format the column as text"
    intake = read_bytes(data, name="a.xlsx")
    assert intake.listings == [
        Listing(
            id="1005003033814656",
            title="Mug",
            package=Package(weight=Decimal("0.35"), length=Decimal(12)),
            created=date(2026, 1, 31),
            skus=(Sku(stock=5),),
        ),
        Listing(
            id="1005003033814650",
            title="Cup",
            package=Package(length=Decimal("1.5")),
            created=date(2026, 2, 1),
            price=Decimal(3),
        ),
    ]
    assert texts(list(intake)) == [
        "sheet Sheet1, row 2, column 价格: the cell holds a formula without its result; open the file in Excel and save it, got '#FORMULA'",
        f"sheet Sheet1, row 3, column 商品ID: {may_have_lost}",
        "sheet Sheet1, row 3, column 重量: the cell holds an Excel error, got '#N/A'",
        "sheet Sheet1, row 3, column 库存: expected a whole number, got '5.5'",
    ]


def test_ids_that_lost_their_digits_are_not_used() -> None:
    intake = read_bytes(b'ID,Title\n1.00500E+15,Mug\n"=""1005003033814656""",Cup\n', name="a.csv")
    assert [listing.id for listing in intake.listings] == [None, "1005003033814656"]
    assert [problem.code for record in intake for problem in record.problems] == ["id_lost_digits"]


def test_a_header_below_a_heading_and_over_two_rows_is_found() -> None:
    data = workbook(
        ["Export of 1 November"],
        [],
        ["Product ID", "Title", "Package", None, "Price"],
        [None, None, "Weight", "Length", None],
        [7, "Mug", 0.35, 12, 3.5],
    )
    intake = read_bytes(data, name="a.xlsx")
    package = Package(weight=Decimal("0.35"), length=Decimal(12))
    assert intake.listings == [Listing(id="7", title="Mug", price=Decimal("3.5"), package=package)]
    assert [record.origin.row for record in intake] == [5]


def test_the_sheet_that_holds_products_is_found_or_named() -> None:
    data = workbook(["Notes"], ["nothing"], Products=[["Title", "Price"], ["Mug", 3]])
    assert read_bytes(data, name="a.xlsx").listings == [Listing(title="Mug", price=Decimal(3))]
    assert read_bytes(data, name="a.xlsx", sheet="Products").listings[0].title == "Mug"
    with pytest.raises(IntakeError, match='there is no sheet "Product"; the sheets are Sheet1, Products; did you mean'):
        read_bytes(data, name="a.xlsx", sheet="Product")
    with pytest.raises(
        IntakeError, match=r"a\.xlsx, sheet Sheet1, row 1: no column holds the title; expected one named"
    ):
        read_bytes(data, name="a.xlsx", sheet="Sheet1")


def test_the_columns_of_the_export_are_read() -> None:
    data = workbook(
        ["店小秘产品ID", "产品名称", "系统属性", "自定义属性", "价格信息", "产品图片", "产品详细描述1", "产品详细描述2", "产品包装后的重量", "一级类目"],
        [
            "16001",
            "Mug",
            '[{"attrName": "Material", "attrValue": "Ceramic"}]',
            "Note：handmade\nodd",
            '{"sku": [{"属性": "Color:Red;Size:L", "price": "3,5", "qty": "7", "图片": "https://a.example/r.jpg"}, 4]}',
            "https://a.example/1.jpg;https://a.example/2.jpg",
            "<p>a",
            "b</p>",
            "abc",
            "家居",
        ],
    )  # fmt: skip
    intake = read_bytes(data, name="a.xlsx")
    red = SkuProperty(name="Color", value="Red", image="https://a.example/r.jpg")
    assert intake.form == "dianxiaomi"
    assert intake.listings == [
        Listing(
            id="16001",
            marketplace="aliexpress",
            title="Mug",
            category_path=("家居",),
            attributes=(
                Attribute(name="Material", value="Ceramic"),
                Attribute(name="Note", value="handmade", custom=True),
            ),
            skus=(Sku(price=Decimal("3.5"), stock=7, properties=(red, SkuProperty(name="Size", value="L"))), Sku()),
            images=(Image(url="https://a.example/1.jpg"), Image(url="https://a.example/2.jpg")),
            description="<p>ab</p>",
        )
    ]
    assert texts(list(intake)) == [
        "sheet Sheet1, row 2, column 自定义属性: expected name: value; …, got 'odd'",
        "sheet Sheet1, row 2, column 产品包装后的重量: expected a number of kg, got 'abc'",
        "sheet Sheet1, row 2, column 价格信息: expected an object, got 4",
    ]


def test_a_gzipped_table_is_read_from_disk(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"Title,Price\nMug,3\n"))
    assert read_file(tmp_path / "a.csv.gz").listings == [Listing(title="Mug", price=Decimal(3))]


def test_fields_without_a_column_are_not_carried() -> None:
    found = next(iter(read_bytes(b"Title,Price,Weight,Brand\nMug,3,,\n", name="a.csv"))).origin.not_carried
    assert [name in found for name in ("title", "price", "package", "attributes", "images", "handling_days")] == [
        *(False, False, False, False),
        *(True, True),
    ]
