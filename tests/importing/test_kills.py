"""SIGKILL at random moments: nothing is half-written, and nothing that was acknowledged is lost.

STOREWARDEN_TEST_KILLS says how often each part is killed (once unless given; 50 is what was tried by hand).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.facts import Listing
from store_model import bulk
from store_model.db import Database
from store_model.findings import Finding, Precheck
from store_model.imports import ImportRun
from store_model.products import Product, ProductContent, ProductSku
from tests.importing.killed import FINDINGS, NOW, WRITERS
from tests.store_model.conftest import Shop, open_shop

KILLS = int(os.environ.get("STOREWARDEN_TEST_KILLS", "1"))
ROOT = Path(__file__).parents[2]
RECORDS = 600
pytestmark = pytest.mark.slow


def killed(shop: Shop, what: str, *rest: object, lines: int) -> list[str]:
    """Run a part, kill it a random number of acknowledgements later, and give what it acknowledged."""
    url = shop.database.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable, "-m", "tests.importing.killed", what, url, str(shop.place.entity_id),
        str(shop.place.store_id), *map(str, rest),
    ]  # fmt: skip
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        wait = threading.Timer(120, process.kill)
        wait.start()
        for line in process.stdout:  # what was on its way when the blow came is read, too
            if line.endswith("\n"):
                found.append(line.strip())
            if len(found) == lines:
                os.kill(process.pid, signal.SIGKILL)
        wait.cancel()
    return found


@pytest.fixture
def shop(database: Database) -> Shop:
    """A store in a database of its own, which other processes open too."""
    return open_shop(database)


def test_an_import_that_is_killed_goes_on_without_loss_or_half_a_record(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "many.ndjson"
    listings = [
        {"id": str(n), "title": f"t{n}", "skus": [{"code": f"{n}a"}, {"code": f"{n}b"}]} for n in range(RECORDS)
    ]
    file.write_text("\n".join(map(json.dumps, listings)))
    rng = random.Random(7)
    for _ in range(KILLS):
        acknowledged = killed(shop, "import", file, lines=rng.randrange(1, max(3, 80 // KILLS)))
        with shop.session() as session:
            run = session.scalars(select(ImportRun)).one()
            counts = [session.scalar(select(func.count()).select_from(table)) for table in (Product, ProductContent)]
            kept = session.scalar(select(func.count(ProductSku.id)))
            assert (counts, kept) == ([run.done, run.done], 2 * run.done)
            assert run.inserted == run.done >= int(acknowledged[-1])
            assert session.scalar(select(func.count(Product.digest.distinct()))) == run.done
    assert killed(shop, "import", file, lines=0)[-1] == "done"
    with shop.session() as session:
        run = session.scalars(select(ImportRun)).one()
        assert (run.state, run.done, run.inserted, run.updated) == ("done", RECORDS, RECORDS, 0)
        assert session.scalar(select(func.count(Product.id))) == RECORDS


def test_a_burst_of_recorded_pre_checks_that_is_killed_keeps_all_that_was_acknowledged(shop: Shop) -> None:
    with shop.session() as session:
        products = [Listing(id=f"p{number}", title="x") for number in range(WRITERS)]
        bulk.upsert_products(session, shop.place, products, status="draft", now=NOW)
    rng = random.Random(8)
    acknowledged: list[str] = []
    for _ in range(KILLS):
        acknowledged += killed(shop, "burst", lines=rng.randrange(1, 400))
        with shop.session() as session:
            kept = set(session.scalars(select(Precheck.id)))
            assert set(acknowledged) - kept == set()
            rows = session.execute(
                select(Finding.product_id, func.count()).where(Finding.state == "open").group_by(Finding.product_id)
            )
            open_of = {product_id: number for product_id, number in rows}  # noqa: C416 - rows are no pairs to dict
            for product in session.scalars(select(Product)):
                number = open_of.get(product.id, 0)
                assert number in (0, FINDINGS)
                assert (product.open_findings, product.blocking_findings) == (number, number)
