"""The table of what the back office has is complete, and true."""

from __future__ import annotations

import pytest

from api.app import create_app
from api.settings import Settings
from store_model import models
from store_model.columns import Base
from tests.docs.coverage import PAGE, PREFIX, ROOT, endpoint, names_of_tests, page, sections

ITEMS = [item for section in sections() for item in section["items"]]

ELSEWHERE = {
    f"{PREFIX}/{path}"
    for path in ("findings", "balance", "forecast", "notices", "events", "callbacks", "callback-sources")
}
"""Lists of other issues' parts: what checks found, and the reckoning of points."""


@pytest.fixture(scope="module")
def operations() -> set[tuple[str, str]]:
    app = create_app(Settings(database_url="sqlite://", access_log=False))
    found = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    app.state.threads.shutdown(wait=True)
    app.state.database_threads.shutdown(wait=True)
    app.state.database.close()
    return found


def test_every_item_names_a_table_an_endpoint_and_a_test() -> None:
    assert [item["item"] for item in ITEMS if not (item["tables"] and item["endpoints"] and item["tests"])] == []


def test_every_table_endpoint_and_test_is_there(operations: set[tuple[str, str]]) -> None:
    assert models.MODULES
    missing = [table for item in ITEMS for table in item["tables"] if table not in Base.metadata.tables]
    missing += [call for item in ITEMS for call in item["endpoints"] if endpoint(call) not in operations]
    for item in ITEMS:
        for test in item["tests"]:
            file, _, name = test.partition("::")
            if not (ROOT / file).is_file() or name not in names_of_tests(file):
                missing.append(test)
    assert missing == []


def test_every_list_of_the_back_office_stands_in_the_table(operations: set[tuple[str, str]]) -> None:
    named = {endpoint(call)[1] for item in ITEMS for call in item["endpoints"]}
    lists = {path for method, path in operations if method == "get" and path.startswith(PREFIX) and path[-1] != "}"}
    below = {path for path in lists for other in named if path.startswith(f"{other}/") and other != PREFIX}
    assert lists - named - below - ELSEWHERE == set()


def test_the_page_is_what_the_data_makes_of_it() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.docs.coverage"
