"""`storewarden import`: its report, its exit codes, and the same file again."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import run
from store_model.db import open_database
from tests.tenants import add_tenants

CSV = "Order ID,Order Status,Order Time\n8001,Shipped,2026-11-01 10:00:00\n8002,gone,2026-11-01 10:00:00\n"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of orders, beside a database with the stores North, South and West."""
    url = f"sqlite:///{tmp_path / 'model.sqlite3'}"
    monkeypatch.setenv("STOREWARDEN_DATABASE_URL", url)
    database = open_database(url)
    add_tenants(database)
    database.close()
    file = tmp_path / "orders.csv"
    file.write_text(CSV)
    return file


def test_the_report_counts_and_names_what_was_refused(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(orders), "--store", "North"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "orders: 2 records: 1 new, 0 changed, 0 unchanged, 1 refused.",
        "Refused, with the reason:",
        "  row 3, column Order Status: expected a known order status, got gone",
    ]
    orders.write_text(CSV.rpartition("8002")[0])
    assert run(["import", str(orders), "--store", "North", "--lang", "zh"]) == 0
    assert capsys.readouterr().out == "orders：共 1 条：新增 0，更新 0，未变 1，拒绝 0。\n"


def test_an_unknown_store_and_a_bad_file_say_the_way_out(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(orders), "--store", "Nowhere"]) == 2
    assert "1 North, 2 South, 3 West" in capsys.readouterr().err
    assert run(["import", str(orders), "--store", "1", "--kind", "evaluations"]) == 2
    assert "no table has the columns of evaluations" in capsys.readouterr().err
    assert run(["import", str(orders.parent / "none.csv"), "--store", "1", "--lang", "zh"]) == 2
    assert "文件不存在" in capsys.readouterr().err
