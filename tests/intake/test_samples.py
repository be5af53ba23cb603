"""The files in samples/ are those that the script writes, and each is read in full."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest

from engine.intake import read_file
from tests.intake.make_samples import FOLDER, HEADERS, samples

FILES = sorted(samples())


def parts(data: bytes) -> object:
    """The parts of a workbook; how well they are packed depends on the zlib of the machine."""
    if data[:2] != b"PK":
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


@pytest.mark.parametrize("name", FILES)
def test_the_samples_are_what_the_script_writes(name: str) -> None:
    assert parts((FOLDER / name).read_bytes()) == parts(samples()[name])


@pytest.mark.parametrize(
    ("name", "form", "listings", "refused", "problems"),
    [
        ("catalogue.csv", "table", 8, 0, 1),
        ("dianxiaomi-export.xlsx", "dianxiaomi", 11, 1, 3),
        ("draft-clean.json", "draft", 1, 0, 0),
        ("draft.json", "draft", 1, 0, 0),
        ("open-platform-list.json", "open_platform", 5, 0, 0),
        ("open-platform-product.json", "open_platform", 1, 0, 0),
    ],
)
def test_every_sample_is_read(name: str, form: str, listings: int, refused: int, problems: int) -> None:
    intake = read_file(FOLDER / name)
    records = list(intake)
    found = sum(len(record.problems) for record in records)
    assert (intake.form, len(intake.listings), intake.tally.refused, found) == (form, listings, refused, problems)
    assert all(record.origin.ignored in ((), ("Warehouse note",)) for record in records)


def test_the_export_has_the_columns_of_a_real_one() -> None:
    assert len(HEADERS) == 43


def test_reading_json_loads_no_reader_of_workbooks() -> None:
    code = (
        "import sys, engine.intake; engine.intake.one_listing(b'{}');"
        "print(sorted({'openpyxl', 'python_calamine', 'zipfile', 'numpy', 'spacy'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parent)
    assert found.stdout.strip() == "[]"
