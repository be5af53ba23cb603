"""The sweeps of the running service: each runs against the app's own packs and database, and leaves no error."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import select

from api.webhooks.due import Due
from store_model.violations import PenaltyForecast
from store_model.work import Sweep
from tests.sections.conftest import NOW, Caller


def test_every_sweep_of_the_service_runs_without_an_error(app: FastAPI, north: Caller) -> None:
    notice = {"case_no": "S-1", "at": "2026-11-20T00:00:00Z", "offence": "PTS302", "grade": "medium"}
    assert north.post("/notices", {"items": [notice]}).json()["items"][0]["outcome"] == "booked"
    state = app.state
    work = Due(
        state.database, "worker-test", lambda: NOW, retention=timedelta(days=90), handlers=state.handlers,
        sweeps=state.sweeps,
    )  # fmt: skip
    assert work.run_once() == len(state.sweeps) + 1
    with state.database.system(actor="system:test", read_only=True) as session:
        assert set(session.execute(select(Sweep.name, Sweep.last_error)).all()) == {
            (name, "") for name in (*state.sweeps, "events.forget")
        }
        assert session.scalars(select(PenaltyForecast.ladder).distinct()).all() != []
    kinds = [event["type"] for event in north.get("/events?limit=500").json()["events"]]
    assert kinds.count("step.forecast") == 1
