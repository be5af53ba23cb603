"""The parts of the door, one by one: the app is called in this process, without a server and without a socket.

Each part runs thousands of times in turns with the others; the best time is hardly touched by a busy machine.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

ROUNDS = 3000
WARM = 50


def parts() -> Table:
    """A clean draft, from the scope to the last message."""
    with tempfile.TemporaryDirectory() as folder, _log_to_nowhere():
        found = _measure(Path(folder))
    table = Table(
        f"The parts of a pre-check over HTTP, in process, best and median of {ROUNDS} runs in turns",
        ["", "best µs", "p50 µs"],
    )
    best = {name: min(times) / 1000 for name, times in found.items()}
    middle = {name: statistics.median(times) / 1000 for name, times in found.items()}
    whole, inner = "the whole app", [name for name in found if name[0] == " " and not name.startswith("   ")]
    for name in found:
        table.add(name, round(best[name], 1), round(middle[name], 1))
    rest = [round(times[whole] - sum(times[name] for name in inner), 1) for times in (best, middle)]
    table.add("  the rest: request id, headers, limits of the body, send", *rest)
    rules = [name for name in inner if name.startswith("  rules")]
    table.note(
        f"The door beyond the rules: {best[whole] - sum(best[name] for name in rules):.1f} µs at best; the server "
        "(uvicorn, httptools, uvloop) and the kernel's sockets come on top."
    )
    return table


def _measure(folder: Path) -> dict[str, list[int]]:
    from api.app import create_app
    from api.context import KEY, Context
    from api.keys import create
    from api.logs import AccessLog
    from api.metrics import Metrics
    from api.parameters import read_options
    from api.routes.prechecks import GUARD, json_body
    from api.services.prechecks import encode, shape
    from api.services.reading import read_body
    from api.settings import Settings

    url = f"sqlite:///{folder / 'parts.sqlite3'}"
    key = create(Settings(database_url=url), "parts")
    given = {"require_keys": "always", "rate_limit": "100000000/minute", "key_cache_seconds": 3600.0}
    settings = Settings(database_url=url, **given)  # type: ignore[arg-type]
    app, through_router = create_app(settings), create_app(settings)
    through_router.edge.keywords["hot"].clear()  # type: ignore[attr-defined]
    body = encoded(1)[0]
    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"application/json"),
        (b"authorization", b"Bearer " + key.encode()),
        (b"content-length", str(len(body)).encode()),
    ]

    def scope() -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/prechecks",
            "raw_path": b"/v1/prechecks",
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8080),
        }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message["type"] != "http.response.start" or message["status"] == 200

    for each in (app, through_router):
        asyncio.run(each(scope(), receive, send))  # the key is looked up and remembered; nothing waits after this

    pack = app.state.pack
    options = read_options(b"")
    work = read_body(body, strict=True, max_items=1)
    listing = work.entries[0].listing  # type: ignore[union-attr]
    report = pack.check(listing, as_of=options.as_of)
    data = report.to_dict()
    answer = shape(report, options)
    inside = {**scope(), "app": app, KEY: Context("0" * 32, dict(headers))}
    metrics, log = Metrics(), AccessLog()
    line = {"request_id": "0" * 32, "method": "POST", "path": "/v1/prechecks", "route": "/v1/prechecks"}
    line |= {"status": 200, "milliseconds": 1.234, "bytes": 3500, "client": "127.0.0.1", "key": "sw_00000000"}

    class Done:
        def to_dict(self) -> dict[str, Any]:
            return dict(data)

    def admit() -> None:
        inside[KEY] = Context("0" * 32, inside[KEY].received)
        _drive(GUARD.admit(inside))

    def count() -> None:
        metrics.listing("valid", [finding["rule"] for finding in answer["findings"]], [])
        metrics.request("POST", "/v1/prechecks", 200, 0.001)

    steps: dict[str, Callable[[], Any]] = {
        "the whole app": lambda: _drive(app(scope(), receive, send)),
        "the whole app, through FastAPI's router": lambda: _drive(through_router(scope(), receive, send)),
        "  key look-up and rate limit": admit,
        "  options and body": lambda: (read_options(b""), _drive(json_body(inside[KEY], receive))),
        "  decode": lambda: read_body(body, strict=True, max_items=1),
        "  rules: check and findings": lambda: pack.check(listing, as_of=options.as_of, seconds=30.0).findings,
        "  rules: report as data": _fresh(lambda: pack.check(listing, as_of=options.as_of, seconds=30.0)),
        "  shape the report": lambda: shape(Done(), options),  # type: ignore[arg-type]
        "  encode": lambda: encode(answer),
        "  metrics": count,
        "  log line": lambda: log(line),
    }
    return _in_turns(steps)


def _fresh(make: Callable[[], Any]) -> Callable[[], tuple[Callable[[], Any]]]:
    """A step whose input is made anew each time, outside of what is timed: a report keeps what it worked out."""

    def prepare() -> tuple[Callable[[], Any]]:
        report = make()
        _ = report.findings
        return (report.to_dict,)

    prepare.is_preparation = True  # type: ignore[attr-defined]
    return prepare


def _in_turns(steps: dict[str, Callable[[], Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {name: [] for name in steps}
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for number in range(-WARM, ROUNDS):
            for name, given in steps.items():
                step = given()[0] if hasattr(given, "is_preparation") else given
                begun = perf_counter_ns()
                step()
                spent = perf_counter_ns() - begun
                if number >= 0:
                    found[name].append(spent)
            if number % 500 == 0:
                gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    return found


def _drive(coroutine: Any) -> None:
    """Run a coroutine that never has to wait, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("something waited")


@contextmanager
def _log_to_nowhere() -> Iterator[None]:
    before = sys.stderr
    with Path(os.devnull).open("wb") as nowhere:
        sys.stderr = TextIOWrapper(nowhere)
        try:
            yield
        finally:
            sys.stderr = before
