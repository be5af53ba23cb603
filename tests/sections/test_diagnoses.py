"""Diagnoses as jobs, findings with a life, waivers: over HTTP, on each kind of database."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI

from api.diagnosis import jobs
from api.diagnosis.jobs import Runner
from api.webhooks.due import Due
from api.webhooks.running import make_runner
from engine.intake import arrow
from store_model.products import Product
from tests.diagnosis.conftest import listings
from tests.sections.conftest import NOW, Caller, code

STUFFED = "mp3, mp3 player, music mp3 player"


@pytest.fixture
def runner(app: FastAPI) -> Iterator[Runner]:
    made = make_runner(app.state)
    yield made
    made.close()


@pytest.fixture
def clock(app: FastAPI) -> Iterator[Any]:
    """Sets the service's clock so many minutes on."""

    def at(minutes: float) -> None:
        app.state.now = lambda: NOW + timedelta(minutes=minutes)

    yield at
    at(0)


def add(caller: Caller, clean: dict[str, Any], number: str, **changes: Any) -> dict[str, Any]:
    """A product on sale."""
    image = [{"url": f"https://ae01.alicdn.com/kf/{number}-{n}.jpg", "kind": "main"} for n in range(6)]
    words = {"title": f"Towel {number} {number}a {number}b cotton terry", "images": image}
    body = {**clean, "id": number, "skus": [], **words, **changes}
    product: dict[str, Any] = caller.post("/products", body).json()
    app: Any = caller.client.app
    with app.state.database.system(actor="system:test") as session:
        session.get_one(Product, int(product["id"])).status = "onSelling"
    return product


def events(caller: Caller, after: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get(f"/events?after={after}&limit=1000").json()["events"]
    return found


def newest(caller: Caller) -> int:
    return int(caller.get("/events?limit=1000").json()["after"])


def diagnose(caller: Caller, runner: Runner) -> dict[str, Any]:
    answer = caller.post("/diagnoses", {})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    while runner.run_once():
        pass
    found: dict[str, Any] = caller.client.get(answer.headers["location"], headers=caller.headers).json()
    return found


def test_findings_live_through_diagnoses_and_each_turn_is_kept_and_told(
    north: Caller, west: Caller, clean: dict[str, Any], runner: Runner, clock: Any
) -> None:
    product = add(north, clean, "d1", title=STUFFED)
    add(north, clean, "d2")
    path = f"/findings?product_id={product['id']}&rule=LST104"
    from_here = newest(north)
    lives = []
    for minutes, title in enumerate((STUFFED, STUFFED, "Towel d1 cotton terry", STUFFED)):
        clock(minutes)
        edited = north.get(f"/products/{product['id']}")
        content = north.send("PATCH", f"/products/{product['id']}", {"title": title},
                             if_match=edited.headers["etag"])  # fmt: skip
        assert content.status_code == 200, content.text
        job = diagnose(north, runner)
        assert (job["state"], job["parts_failed"], job["listings_done"]) == ("done", 0, job["listings"])
        (finding,) = north.get(path).json()["items"]
        lives.append((finding["state"], finding["life"]))
    # an edit is checked itself; the diagnosis after it finds what it left
    assert lives == [("open", "unchanged"), ("open", "unchanged"), ("fixed", "fixed"), ("open", "unchanged")]
    changes = north.get(f"/findings/{finding['id']}/changes").json()["items"]
    assert [change["turn"] for change in changes] == ["new", "fixed", "reopened"]
    assert {change["cause"] for change in changes} == {"check"}
    told = [event for event in events(north, from_here) if event["data"]["current"].get("rule") == "LST104"]
    assert [event["type"] for event in told] == ["finding.opened", "finding.fixed", "finding.reopened"]
    kinds = [event["type"] for event in events(north, from_here)]
    assert kinds.count("job.completed") == 4
    assert {"listing.diagnosed", "findings.changed"} <= set(kinds)
    assert code(west.get(f"/findings/{finding['id']}/changes")) == (404, "unknown_item")


def test_facets_count_what_the_filters_leave(north: Caller, clean: dict[str, Any], runner: Runner) -> None:
    product = add(north, clean, "f1", title=STUFFED)
    diagnose(north, runner)
    own = north.get(f"/findings?product_id={product['id']}&page_size=1000").json()["items"]
    facets = north.get(f"/findings/facets?product_id={product['id']}").json()
    assert facets["count"] == len(own)
    assert facets["rule"] == {one["rule"]: 1 for one in own} | facets["rule"]
    assert {one["life"] for one in own} == {"new"}
    (first,) = north.get(f"/findings/{own[0]['id']}/changes").json()["items"]
    assert (first["turn"], first["cause"].partition(":")[0]) == ("new", "diagnosis")
    assert facets["category_id"] == {clean["category_id"]: len(own)}
    assert sum(facets["severity"].values()) == len(own)
    assert north.get(f"/findings/facets?product_id={product['id']}&waived=true").json()["count"] == 0
    assert north.get(f"/findings?category_id={clean['category_id']}&rule=LST104").json()["items"] != []
    assert code(north.get("/findings/facets?colour=red")) == (422, "invalid_parameter")


def test_a_waiver_covers_ends_and_is_told(
    app: FastAPI, north: Caller, clean: dict[str, Any], runner: Runner, clock: Any
) -> None:
    product = add(north, clean, "w1", title=STUFFED)
    diagnose(north, runner)
    before = north.get(f"/products/{product['id']}").json()["open_findings"]
    ends = (NOW + timedelta(minutes=5)).isoformat()
    body = {"rule": "LST104", "listing_id": "w1", "reason": "the series is called so", "ends_at": ends}
    from_here = newest(north)
    waiver = north.post("/waivers", body).json()
    assert (waiver["covers"], waiver["state"], waiver["approver"][:5]) == (1, "active", "user:")
    assert north.get(f"/products/{product['id']}").json()["open_findings"] == before - 1
    path = f"/findings?product_id={product['id']}&rule=LST104"
    (finding,) = north.get(path).json()["items"]
    assert (finding["state"], finding["waiver_id"]) == ("open", waiver["id"])
    unused = north.post("/waivers", {**body, "listing_id": "nobody"}).json()
    assert [one["id"] for one in north.get("/waivers?unused=true").json()["items"]] == [unused["id"]]
    clock(6)
    due = Due(app.state.database, "test", app.state.now, retention=timedelta(days=90))
    while due.run_once():
        pass
    assert [one["state"] for one in north.get("/waivers?listing_id=w1").json()["items"]] == ["expired"]
    (finding,) = north.get(path).json()["items"]
    assert finding["waiver_id"] is None
    assert north.get(f"/products/{product['id']}").json()["open_findings"] == before
    turns = [one["turn"] for one in north.get(f"/findings/{finding['id']}/changes").json()["items"]]
    assert turns == ["new", "waived", "unwaived"]
    told = [event["type"] for event in events(north, from_here)]
    assert told.count("finding.waived") == 1
    assert told.count("waiver.expired") == 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"rule": None}, ""), ({"rule": "XXX999"}, "/rule"), ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at")],
)
def test_a_waiver_names_a_fault_and_ends_in_the_future(north: Caller, change: dict[str, Any], pointer: str) -> None:
    ends = (NOW + timedelta(days=3)).isoformat()
    answer = north.post("/waivers", {"rule": "LST104", "reason": "because", "ends_at": ends, **change})
    assert code(answer) == (422, "invalid_body")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_revoked_waiver_covers_nothing(north: Caller, clean: dict[str, Any], runner: Runner) -> None:
    add(north, clean, "v1", title=STUFFED)
    diagnose(north, runner)
    ends = (NOW + timedelta(days=3)).isoformat()
    made = north.post("/waivers", {"rule": "LST104", "listing_id": "v1", "reason": "so be it", "ends_at": ends})
    answer = north.post(f"/waivers/{made.json()['id']}/revoke", if_match=made.headers["etag"])
    assert (answer.json()["state"], answer.json()["covers"]) == ("revoked", 0)


def test_a_file_is_diagnosed_and_its_results_come_in_every_form(north: Caller, west: Caller, runner: Runner) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_batches([arrow.write(listings(0, 20))]), sink)
    answer = north.post("/diagnoses/uploads?name=list.parquet&as_of=2026-11-23", sink.getvalue())
    assert answer.status_code == 202, answer.text
    location = answer.headers["location"]
    path = location.removeprefix(north.base)
    assert code(west.get(path)) == (404, "unknown_item")
    while runner.run_once():
        pass
    job = north.get(path).json()
    assert (job["state"], job["listings_done"], job["tally"]["listings"]) == ("done", 20, 20)
    rows = [json.loads(line) for line in north.get(f"{path}/results").text.splitlines()]
    assert len(rows) == job["tally"]["results"]["fail"]
    assert north.get(f"{path}/results").content == north.get(f"{path}/results?format=ndjson").content
    assert len(pq.read_table(io.BytesIO(north.get(f"{path}/results?format=parquet").content))) == len(rows)
    assert north.get(f"{path}/results?format=sarif").json()["version"] == "2.1.0"
    assert north.get(f"{path}/results?format=xlsx").content[:2] == b"PK"
    stream = north.get(f"{path}/events").text
    assert stream.startswith("event: end\ndata: {")
    assert code(north.post(f"{path}/cancel")) == (409, "job_ended")
    parts = north.get(f"{path}/parts").json()["items"]
    assert [part["rows"] for part in parts] == [20]


def test_what_is_no_catalogue_is_refused_with_the_way_out(north: Caller) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"foo": [1]}), sink)
    answer = north.post("/diagnoses/uploads?name=x.parquet", sink.getvalue())
    assert code(answer) == (422, "import_unreadable")
    assert "no column is a field of a listing" in answer.json()["detail"]


def test_a_waiting_job_is_cancelled_at_once(north: Caller, runner: Runner) -> None:
    job = north.post("/diagnoses", {}).json()
    assert north.post(f"/diagnoses/{job['id']}/cancel").json()["state"] == "cancelled"
    assert not runner.run_once()


def test_a_runner_that_stops_gives_its_job_back_and_another_goes_on(
    app: FastAPI, north: Caller, runner: Runner
) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_batches([arrow.write(listings(0, 5))]), sink)
    job = north.post("/diagnoses/uploads?name=list.parquet", sink.getvalue()).json()
    other = make_runner(app.state)
    other.stop()
    assert other.run_once()
    assert north.get(f"/diagnoses/{job['id']}").json()["state"] == "waiting"
    assert runner.run_once()
    assert north.get(f"/diagnoses/{job['id']}").json()["state"] == "done"


def test_duplicates_are_found_among_the_products_of_a_store(
    north: Caller, clean: dict[str, Any], runner: Runner
) -> None:
    title = "Zebrano Velvet Armchair with Oak Legs Model ZV77"
    first = add(north, clean, "z1", title=title)
    add(north, clean, "z2", title=title.upper())
    diagnose(north, runner)
    found = north.get(f"/findings?product_id={first['id']}&rule=DUP101").json()["items"]
    assert [one["detail"]["evidence"]["other.other"] for one in found] == ["z2"]


def test_one_cause_is_fixed_at_once_and_taken_back(north: Caller, clean: dict[str, Any], runner: Runner) -> None:
    made = [
        add(north, clean, f"c{n}", title=f"Kettle c{n}x Steel  with  Whistle number c{n}  FREE SHIPPING")
        for n in range(4)
    ]
    diagnose(north, runner)
    found = north.get("/causes").json()["items"]
    assert [one["points"] for one in found] == sorted((one["points"] for one in found), key=float, reverse=True)
    (cause,) = [one for one in found if one["value"] == "free shipping" and one["products"] >= 4]
    assert (cause["kind"], cause["field"]) == ("phrase", "title")
    preview = north.get(f"/causes/{cause['cause']}/preview?suggested=true").json()
    assert preview["changed"] == 4
    before = [north.get(f"/products/{one['id']}").json()["title"] for one in made]
    fix = north.post(f"/causes/{cause['cause']}/fix", {"suggested": True}).json()
    assert (fix["changed"], fix["state"]) == (4, "applied")
    after = [north.get(f"/products/{one['id']}").json()["title"] for one in made]
    assert all("FREE SHIPPING" not in title for title in after)
    rule = f"/findings?rule={cause['rule']}&product_id={made[0]['id']}"
    assert [one["state"] for one in north.get(rule).json()["items"]] == ["fixed"]
    assert north.post(f"/bulk-fixes/{fix['id']}/undo").json()["state"] == "undone"
    assert [north.get(f"/products/{one['id']}").json()["title"] for one in made] == before
    assert [one["state"] for one in north.get(rule).json()["items"]] == ["open"]
    assert len(north.get(f"/bulk-fixes/{fix['id']}/items").json()["items"]) == 4
    assert code(north.get("/causes/none/preview")) == (404, "unknown_item")


def test_a_job_whose_runner_died_goes_on_after_its_lease_with_the_same_result(
    app: FastAPI, north: Caller, runner: Runner, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PART_ROWS", 4)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_batches([arrow.write(listings(0, 14))]), sink)

    def started() -> str:
        answer = north.post("/diagnoses/uploads?name=list.parquet&as_of=2026-11-23", sink.getvalue())
        return str(answer.headers["location"].removeprefix(north.base))

    undisturbed = started()
    assert runner.run_once()
    killed = started()
    dying = make_runner(app.state)
    whole, done = dying._part, []

    def part(*given: Any) -> bool:
        if len(done) == 2:
            raise SystemExit  # as a kill: nothing is tidied up
        done.append(given)
        return whole(*given)

    monkeypatch.setattr(dying, "_part", part)
    with pytest.raises(SystemExit):
        dying.run_once()
    half = north.get(killed).json()
    assert (half["state"], half["parts_done"], half["parts"]) == ("running", 2, 4)
    assert not runner.run_once()
    clock(2)
    assert runner.run_once()
    assert (north.get(killed).json()["state"], north.get(killed).json()["attempts"]) == ("done", 2)
    assert north.get(f"{killed}/results").content == north.get(f"{undisturbed}/results").content
