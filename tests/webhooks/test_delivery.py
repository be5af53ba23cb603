"""Delivery: what is signed, when it is tried again, what ends an endpoint, and that one never delays another."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from api.webhooks import endpoints, schedule, signing
from api.webhooks.worker import Worker
from store_model import outbox
from store_model.endpoints import Attempt, Delivery, Endpoint
from store_model.outbox import Event, emit
from tests.store_model.conftest import NOW
from tests.webhooks.conftest import Hooks, Receiver


def oracle(secret: str) -> standardwebhooks.Webhook:
    return standardwebhooks.Webhook(secret)


def fresh(hooks: Hooks) -> None:
    """The oracle has a clock of its own."""
    hooks.now = datetime.now(UTC)


def test_what_arrives_is_verified_by_the_official_library_and_is_the_feeds_body(
    hooks: Hooks, receiver: Receiver
) -> None:
    fresh(hooks)
    _, secret = hooks.endpoint(receiver.url)
    event = hooks.emit(code="TITLE_STACKING", title="标题")
    assert hooks.deliver() == 1
    ((headers, body),) = receiver.got
    assert oracle(secret).verify(body, headers) == json.loads(event.body)
    assert body.decode() == event.body
    assert json.loads(body) == {
        "type": "finding.opened",
        "timestamp": hooks.now.isoformat().replace("+00:00", "Z"),
        "id": event.public_id,
        "store_id": str(hooks.shop.place.store_id),
        "sequence": 1,
        "data": {"current": {"code": "TITLE_STACKING", "title": "标题"}, "previous": None},
    }
    assert hooks.deliveries() == [("done", 1, None)]
    (attempt,) = hooks.rows(Attempt)
    assert (attempt.outcome, attempt.status, attempt.number, attempt.body_head) == ("delivered", 200, 1, "ok")
    assert attempt.request["webhook-id"] == event.public_id


def test_the_vector_of_the_standard_passes_in_both_libraries() -> None:
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    body = b'{"test": 2432232314}'
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.sign(secret, message, 1614265330, body) == signature
    moment = datetime.fromtimestamp(1614265330, UTC)
    assert oracle(secret).sign(message, moment, body.decode()) == signature


def test_an_ed25519_signature_is_verified_by_the_public_key_alone(lite: Hooks, receiver: Receiver) -> None:
    _, secret = lite.endpoint(receiver.url, "v1a")
    lite.emit()
    assert lite.deliver() == 1
    ((headers, body),) = receiver.got
    public = signing.public_key(secret)
    assert public is not None
    moment = lite.now.timestamp()
    assert headers["webhook-signature"].startswith("v1a,")
    assert signing.verify([public], headers, body, now=moment) == headers["webhook-id"]
    for spoilt in (body + b" ", b""):
        with pytest.raises(signing.NotVerified):
            signing.verify([public], headers, spoilt, now=moment)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "evt_other"}, {"webhook-timestamp": "1"}, {"webhook-timestamp": "x"}, {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"}, {"webhook-signature": "v1,é"}, {"webhook-signature": "v1a,AAAA"},
        {"webhook-signature": "v2,AAAA"}, {"webhook-signature": ","},
    ],
)  # fmt: skip
def test_a_message_that_was_changed_is_never_verified(change: dict[str, str]) -> None:
    key = signing.new_secret("v1")
    headers = signing.headers([key], "evt_1", 1_700_000_000, b"{}")
    assert signing.verify([key], headers, b"{}", now=1_700_000_100) == "evt_1"
    with pytest.raises(signing.NotVerified):
        signing.verify([key], {**headers, **change}, b"{}", now=1_700_000_100)


def test_after_a_rotation_both_secrets_verify_until_the_old_one_ends(lite: Hooks, receiver: Receiver) -> None:
    fresh(lite)
    number, old = lite.endpoint(receiver.url)
    with lite.shop.database.system(actor="system:test") as session:
        endpoint = session.get_one(Endpoint, number)
        new = endpoints.rotate(endpoint, lite.sealer, now=lite.now, overlap=timedelta(minutes=2))
    lite.emit()
    lite.deliver()
    headers, body = receiver.got[0]
    assert oracle(old).verify(body, headers) == oracle(new).verify(body, headers)
    lite.pass_by(minutes=3)
    lite.emit()
    lite.deliver()
    headers, body = receiver.got[1]
    assert oracle(new).verify(body, headers)["sequence"] == 2
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        oracle(old).verify(body, headers)


def test_secrets_are_sealed_in_the_database_and_the_key_file_is_its_owners(lite: Hooks, tmp_path: Any) -> None:
    _, secret = lite.endpoint("https://example.com/")
    (row,) = lite.rows(Endpoint)
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    assert secret not in json.dumps(row.secrets)
    assert raw not in base64.b64decode(row.secrets[0]["sealed"])
    assert (tmp_path / "webhooks.key").stat().st_mode & 0o777 == 0o600


def test_attempts_are_made_at_exactly_these_times_then_the_delivery_is_dead(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.emit()
    receiver.answers = [(500, {}, b"no")] * 10
    times = []
    for _ in range(10):
        before = len(receiver.got)
        hooks.deliver()
        assert len(receiver.got) == before + 1
        times.append((hooks.now - NOW).total_seconds())
        ((state, attempts, due),) = hooks.deliveries()
        if due is not None:
            hooks.now = due - timedelta(milliseconds=1)
            assert hooks.deliver() == 0
            hooks.now = due
    waits = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert times == [sum(waits[:count]) for count in range(10)]
    assert (state, attempts, due) == ("dead", 10, None)
    assert hooks.attempts() == [("refused", 500)] * 10


def test_jitter_prolongs_a_wait_by_a_tenth_at_most() -> None:
    at = [schedule.next_attempt(2, NOW, dice=dice).at for dice in (0.0, 0.5, 0.999)]
    assert [(moment - NOW).total_seconds() for moment in at if moment] == [300, 315, pytest.approx(329.97)]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("120", 120), ("1", 5), ("Mon, 23 Nov 2026 12:02:00 GMT", 120), ("tomorrow", 5), ("-3", 5), ("9" * 9, 86400)],
)
def test_retry_after_is_honoured_up_to_a_day(lite: Hooks, receiver: Receiver, asked: str, seconds: int) -> None:
    lite.endpoint(receiver.url)
    lite.emit()
    receiver.answers = [(429, {"retry-after": asked}, b"")]
    lite.deliver()
    assert lite.deliveries() == [("waiting", 1, NOW + timedelta(seconds=seconds))]
    assert lite.attempts() == [("throttled", 429)]


def test_410_disables_the_endpoint_ends_its_deliveries_and_tells_the_others(hooks: Hooks, receiver: Receiver) -> None:
    number, _ = hooks.endpoint(receiver.url, event_types=["finding.*"], max_concurrency=1)
    hooks.emit()
    receiver.answers = [(410, {}, b"")]
    hooks.deliver()
    hooks.emit()
    endpoint = next(row for row in _endpoints(hooks) if row.id == number)
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "answered_410")
    assert [state for state, _, _ in hooks.deliveries()] == ["dead"]
    assert [event.type for event in hooks.rows(Event)] == ["finding.opened", "endpoint.disabled", "finding.opened"]


def _endpoints(hooks: Hooks) -> list[Endpoint]:
    return hooks.rows(Endpoint)


def test_an_endpoint_that_fails_for_five_days_is_disabled_and_one_success_clears_the_count(
    lite: Hooks, receiver: Receiver
) -> None:
    lite.endpoint(receiver.url, event_types=["finding.*"])
    receiver.answers = [(500, {}, b""), (200, {}, b""), *[(500, {}, b"")] * 9]
    lite.emit()
    lite.deliver()
    lite.pass_by(days=4)
    lite.deliver()
    assert _endpoints(lite)[0].failing_since is None
    lite.emit()
    lite.deliver()
    failing = lite.now
    assert _endpoints(lite)[0].failing_since == failing
    lite.pass_by(days=4, hours=23)
    lite.deliver()
    assert _endpoints(lite)[0].state == "enabled"
    lite.emit()
    lite.pass_by(hours=1)
    lite.deliver()
    assert (_endpoints(lite)[0].state, _endpoints(lite)[0].disabled_reason) == ("disabled", "failing_too_long")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(lite: Hooks, receiver: Receiver, status: int) -> None:
    lite.endpoint(receiver.url)
    lite.emit()
    receiver.answers = [(status, {"location": receiver.url + "/other"}, b"")]
    lite.deliver()
    assert lite.attempts() == [("redirected", status)]
    assert len(receiver.got) == 1


def test_a_receiver_that_is_slow_resets_or_answers_too_much_does_no_harm(lite: Hooks, receiver: Receiver) -> None:
    lite.endpoint(receiver.url, max_concurrency=1)

    def slow(handler: Any) -> bool:
        handler.connection.settimeout(2)
        time.sleep(0.7)
        handler.close_connection = True
        return True

    def reset(handler: Any) -> bool:
        handler.connection.close()
        handler.close_connection = True
        return True

    for before, expected in ((slow, ("timed_out", None)), (reset, ("unreachable", None))):
        receiver.before = before
        lite.emit()
        lite.deliver()
        assert lite.attempts()[-1] == expected
    receiver.before = None
    receiver.answers = [(200, {}, b"x" * 3_000_000)]
    lite.emit()
    lite.deliver()
    last = lite.rows(Attempt)[-1]
    assert (last.outcome, last.body_head) == ("delivered", "x" * 1000)


def test_a_dead_endpoint_delays_no_other(lite: Hooks, receiver: Receiver) -> None:
    lite.endpoint("http://127.0.0.1:9/", max_concurrency=2)
    hanging = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hanging.wait()
        writer.close()

    async def run() -> tuple[int, float]:
        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        lite.endpoint(f"http://127.0.0.1:{port}/", max_concurrency=2)
        lite.endpoint(receiver.url)
        with lite.shop.session() as session:
            for _ in range(40):
                emit(session, **lite.shop.place.columns(), type="finding.opened", data={}, now=lite.now)
        worker = lite.worker(timeout=5.0)
        start = time.monotonic()
        task = asyncio.create_task(worker.run())
        while len(receiver.got) < 40 and time.monotonic() - start < 4:
            await asyncio.sleep(0.02)
        spent = time.monotonic() - start
        hanging.set()
        worker.stop()
        await task
        server.close()
        return len(receiver.got), spent

    arrived, spent = asyncio.run(run())
    assert arrived == 40
    assert spent < 4.0


def test_filters_by_type_and_store_decide_what_is_delivered(lite: Hooks, receiver: Receiver) -> None:
    here = str(lite.shop.place.store_id)
    wanted = [
        lite.endpoint(receiver.url, event_types=["finding.*"])[0],
        lite.endpoint(receiver.url, store_ids=[here])[0],
    ]
    lite.endpoint(receiver.url, event_types=["score.changed"])
    lite.endpoint(receiver.url, store_ids=["999"])
    lite.emit("finding.fixed")
    assert sorted(row.endpoint_id for row in lite.rows(Delivery)) == sorted(wanted)


def test_events_are_sent_again_by_id_by_range_and_those_that_died(hooks: Hooks, receiver: Receiver) -> None:
    number, _ = hooks.endpoint(receiver.url)
    events = [hooks.emit(number=index) for index in range(4)]
    receiver.answers = [(410, {}, b"")]
    hooks.deliver()
    receiver.got.clear()
    with hooks.shop.database.system(actor="system:test") as session:
        endpoint = session.get_one(Endpoint, number)
        endpoints.enable(endpoint)
    given: list[tuple[dict[str, Any], list[str]]] = [
        ({"event_ids": [events[2].public_id]}, [events[2].public_id]),
        ({"first": 2, "last": 3, "store_id": hooks.shop.place.store_id}, [e.public_id for e in events[1:3]]),
        ({"types": ["score.*"]}, []),
    ]
    for wanted, expected in given:
        receiver.got.clear()
        with hooks.shop.database.system(actor="system:test") as session:
            endpoint = session.get_one(Endpoint, number)
            assert endpoints.replay(session, endpoint, now=hooks.now, **wanted) == (len(expected), None)
        hooks.deliver()
        assert sorted(receiver.ids()) == sorted(expected)


def test_a_test_event_reaches_an_endpoint_that_listens_to_something_else(lite: Hooks, receiver: Receiver) -> None:
    number, _ = lite.endpoint(receiver.url, event_types=["score.changed"])
    with lite.shop.database.system(actor="system:test") as session:
        event = endpoints.send_test(session, session.get_one(Endpoint, number), now=lite.now)
    assert event is not None
    lite.deliver()
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["endpoint.test"]


def test_what_a_killed_worker_held_is_delivered_after_its_lease(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.emit()

    async def take_and_die() -> None:
        worker: Worker = hooks.worker()
        worker._take({})
        worker._threads.shutdown()

    asyncio.run(take_and_die())
    hooks.pass_by(seconds=29)
    assert hooks.deliver() == 0
    hooks.pass_by(seconds=1)
    assert hooks.deliver() == 1
    assert hooks.deliveries() == [("done", 2, None)]


def test_a_rate_is_one_for_all_workers_and_each_call_has_its_turn(hooks: Hooks) -> None:
    hooks.endpoint("http://127.0.0.1:9/", max_concurrency=20, max_per_second=10)
    for _ in range(40):
        hooks.emit()
    workers = [hooks.worker(), hooks.worker()]

    def take() -> list[int]:
        """How many each worker takes now, and that their turns are a tenth of a second apart."""
        jobs = [worker._take({})[1] for worker in workers]
        turns = sorted(job.turn for job in (*jobs[0], *jobs[1]))
        assert turns == pytest.approx([turns[0] + 0.1 * number for number in range(len(turns))]) if turns else True
        return [len(jobs[0]), len(jobs[1])]

    assert take() == [10, 0]
    assert take() == [0, 0]
    hooks.pass_by(seconds=0.5)
    assert take() == [5, 0]
    hooks.pass_by(seconds=5)
    assert take() == [10, 0]
    for worker in workers:
        worker._threads.shutdown()


def test_a_worker_that_is_killed_in_the_middle_of_a_call_loses_nothing(
    hooks: Hooks, receiver: Receiver, tmp_path: Path
) -> None:
    fresh(hooks)
    hooks.endpoint(receiver.url)
    event = hooks.emit()
    called, killed = threading.Event(), threading.Event()

    def hang(handler: Any) -> bool:
        called.set()
        killed.wait(60)
        handler.close_connection = True
        return True

    receiver.before = hang
    url = hooks.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.benchmarks.webhook_worker", url, str(tmp_path), "30"]
    with subprocess.Popen(command) as worker:
        assert called.wait(60)
        worker.kill()
    killed.set()
    receiver.before = None
    ((state, attempts, _),) = hooks.deliveries()
    assert (state, attempts) == ("running", 1)
    fresh(hooks)
    assert hooks.deliver() == 0
    hooks.pass_by(seconds=30)
    assert hooks.deliver() == 1
    assert hooks.deliveries() == [("done", 2, None)]
    assert receiver.ids() == [event.public_id] * 2


def test_a_stopped_worker_gives_back_what_it_has_not_begun(lite: Hooks, receiver: Receiver) -> None:
    lite.endpoint(receiver.url, max_concurrency=1)
    for _ in range(3):
        lite.emit()

    async def take_and_stop() -> None:
        worker = lite.worker()
        _, jobs = worker._take({1: 10, 2: 10})
        found, _ = None, jobs
        with lite.shop.database.system(actor="system:test") as session:
            worker._refresh({row.id: row for row in session.query(Endpoint)})
        for job in jobs:
            worker._targets[job.endpoint_id].queue.append(job)
            worker._in_hand[job.held] = job
        await worker.close()
        assert found is None

    asyncio.run(take_and_stop())
    assert lite.deliveries() == [("waiting", 0, lite.now)] * 3


def test_an_idle_worker_hears_of_a_commit_in_its_process_at_once(lite: Hooks, receiver: Receiver) -> None:
    lite.endpoint(receiver.url)

    async def run() -> float:
        worker = lite.worker()
        object.__setattr__(worker, "pace", type(worker.pace)(poll=30.0))
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.3)
        start = time.monotonic()
        await asyncio.get_running_loop().run_in_executor(None, lite.emit)
        while not receiver.got and time.monotonic() - start < 5:
            await asyncio.sleep(0.01)
        spent = time.monotonic() - start
        worker.stop()
        await task
        return spent

    assert asyncio.run(run()) < 5
    assert outbox.listeners == []
