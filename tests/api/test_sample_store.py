"""The sample store: made in one call, complete in every section, and usable by each of its users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.sample_store import Made, SampleExists, make
from store_model.db import Database
from store_model.tenancy import StoreRow, tenant_classes

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEFT_OUT = {
    "score_told",
    "import_run", "import_refusal", "precheck", "notification_read", "complaint", "appeal", "store_enforcement",
    "work_item", "webhook_endpoint", "webhook_secret", "event_delivery", "delivery_attempt", "callback",
    "callback_source", "pack_told", "finding_verdict", "waiver", "diagnosis", "diagnosis_part", "bulk_fix",
    "bulk_fix_item",
}  # fmt: skip
"""What only comes to be by using the store: imports, recorded pre-checks, webhooks, complaints and appeals."""


@pytest.fixture(scope="module")
def made(module_database: Database, make_app: Callable[..., FastAPI]) -> tuple[FastAPI, Made]:
    app = make_app(database_url=module_database.engine.url.render_as_string(hide_password=False))
    app.state.now = lambda: NOW
    state = app.state
    return app, make(module_database, state.pack, state.backoffice, state.penalties, now=NOW)


def headers(app: FastAPI, made: Made, role: str) -> dict[str, str]:
    """A real sign-in with the password that was shown."""
    email = f"{role}@sample.example.com"
    form = {"grant_type": "password", "username": email, "password": made.passwords[email]}
    answer = TestClient(app).post("/v1/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def test_every_section_has_something_in_it(made: tuple[FastAPI, Made]) -> None:
    app, sample = made
    with app.state.database.system(actor="system:test", read_only=True) as session:
        empty = {
            kind.__tablename__
            for kind in tenant_classes()
            if issubclass(kind, StoreRow)
            and not session.scalar(select(func.count()).select_from(kind).where(kind.entity_id == sample.entity_id))
        }
        assert empty - LEFT_OUT == set()


def test_the_owner_signs_in_and_the_home_page_is_full(made: tuple[FastAPI, Made]) -> None:
    app, sample = made
    store = sample.stores["Norvella Home"]
    home = TestClient(app).get(f"/v1/stores/{store}/home", headers=headers(app, sample, "owner")).json()
    assert home["products"]["counts"]["all"] == sample.products == 24
    assert home["orders"]["deadlines"]["ship"]["overdue"] > 0
    assert {row["rule"] for row in home["suggestions"]} >= {"LST104"}
    assert (home["unread_messages"], home["unread_notifications"]) == (1, 1)
    assert [row["value"] is not None for row in home["main_data"]] == [True] * 4


@pytest.mark.parametrize(("role", "path", "status"), [
    ("read_only", "orders", 200),
    ("analyst", "violations", 403),
    ("compliance_officer", "violations", 200),
    ("operator", "activities", 200),
])  # fmt: skip
def test_each_role_sees_what_it_may(made: tuple[FastAPI, Made], role: str, path: str, status: int) -> None:
    app, sample = made
    store = sample.stores["Norvella Home"]
    answer = TestClient(app).get(f"/v1/stores/{store}/{path}", headers=headers(app, sample, role))
    assert answer.status_code == status
    found: Any = answer.json()
    assert status != 200 or found["items"]


def test_a_second_sample_store_needs_other_addresses(made: tuple[FastAPI, Made]) -> None:
    app, _ = made
    state = app.state
    with pytest.raises(SampleExists, match=r"owner@sample\.example\.com"):
        make(state.database, state.pack, state.backoffice, state.penalties, now=NOW)
