"""What the HTTP pre-check costs beyond the rules: CPU microseconds a request, measured on the server process.

    python -m tests.benchmarks http

One uvicorn worker on loopback, SQLite, an API key that is looked up, JSON log, metrics, rate limit: all in place.
Beside the pre-check, the same server has three endpoints that only parse the same body: one behind the same
middleware and guard and through FastAPI's router, one that is answered before the router as the pre-check is, and one
bare (FastAPI and nothing else). CPU time is what the kernel charged to the server process. Rule evaluation
(`Pack.check` and `Report.to_dict`) is timed inside the server, under the same load, by thread CPU time; what is left
of a request is the door: server, framework, middleware, key, limit, decode, encode, log, metrics. The endpoints take
turns, and each figure is the median of the rounds, so that a busy machine meets all of them alike.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tests.benchmarks.http_parts import parts
from tests.benchmarks.listings import encoded
from tests.benchmarks.table import Table

ROOT = Path(__file__).resolve().parents[2]
ROLE = (sys.executable, "-m", "tests.benchmarks.bench_http")
TARGET_OVERHEAD = 330.0
TARGET_RATIO = 2.0
DRAFTS = 64
AS_OF = date(2026, 11, 23)
QUIET_BARE = 128.0
"""What the bare FastAPI endpoint costs on a quiet machine, µs; a busy one charges more for everything."""

ENDPOINTS = {
    "parse only, bare FastAPI": "/bench/bare",
    "parse only, same middleware": "/bench/parse",
    "parse only, before the router": "/bench/hot",
    "pre-check, rules left out": "/bench/door",
    "pre-check": "/v1/prechecks",
    "pre-check, fixes=false": "/v1/prechecks?fixes=false",
}


# The server process ------------------------------------------------------------------------------------------------


def serve(folder: Path, port: int) -> None:
    """The real app, with two endpoints more that only parse."""
    import uvicorn
    from fastapi import APIRouter, Depends, FastAPI

    from api import logs
    from api.app import create_app
    from api.guard import Guard
    from api.routes.prechecks import check
    from api.routing import RawRoute
    from api.settings import read_settings
    from engine import Pack, Report
    from engine.facts import Listing

    decode = msgspec.json.Decoder(Listing).decode
    guard = Guard("prechecks")

    async def parse_only(request: Request) -> Response:
        decode(await request.body())
        return Response(b'{"ok":true}', media_type="application/json")

    async def parse_hot(scope: Any, receive: Any) -> bytes:
        await guard.admit(scope)
        decode((await receive())["body"])
        return b'{"ok":true}'

    app = create_app(
        read_settings(
            os.environ,
            port=port,
            database_url=f"sqlite:///{folder / 'bench.sqlite3'}",
            require_keys="always",
            rate_limit="100000000/minute",
        )
    )
    canned = SimpleNamespace(settings=app.state.settings, prechecks=without_rules(app.state.prechecks))

    async def door(scope: Any, receive: Any) -> bytes:
        await guard.admit(scope)
        return await check({**scope, "app": SimpleNamespace(state=canned)}, receive)

    app.edge.keywords["hot"] |= {"/bench/hot": parse_hot, "/bench/door": door}  # type: ignore[attr-defined]
    guarded = APIRouter(dependencies=[Depends(guard)], route_class=RawRoute)
    guarded.add_api_route("/bench/parse", parse_only, methods=["POST"])
    app.include_router(guarded)
    bare = FastAPI()
    bare.add_api_route("/bench/bare", parse_only, methods=["POST"])

    async def both(scope: Any, receive: Any, send: Any) -> None:
        await (bare if scope.get("path", "").startswith("/bench/bare") else app)(scope, receive, send)

    spent = {"calls": 0, "seconds": 0.0}

    def timed(method: Any, *, counts: bool) -> Any:
        def run(*args: Any, **given: Any) -> Any:
            begun = time.thread_time()
            try:
                return method(*args, **given)
            finally:
                spent["seconds"] += time.thread_time() - begun
                spent["calls"] += counts

        return run

    Pack.check = timed(Pack.check, counts=True)  # type: ignore[method-assign]
    Report.to_dict = timed(Report.to_dict, counts=False)  # type: ignore[method-assign]

    async def evaluation(request: Request) -> Response:
        found = json.dumps(spent)
        spent.update(calls=0, seconds=0.0)
        return Response(found.encode(), media_type="application/json")

    bare.add_api_route("/bench/bare/evaluation", evaluation, methods=["GET"])
    logs.configure("info")
    uvicorn.run(both, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="on")


def without_rules(service: Any) -> Any:
    """The same service on a pack that has its answers ready, one for each draft."""
    from engine.intake import one_listing

    listings = [one_listing(draft) for draft in encoded(DRAFTS)]
    ready = {listing.id: service.pack.check(listing, as_of=AS_OF).to_dict() for listing in listings}

    class Ready:
        ref = service.pack.ref

        def check(self, listing: Any, **given: Any) -> Any:
            return SimpleNamespace(to_dict=lambda: dict(ready[listing.id]))

    return replace(service, pack=Ready())


# The load, in a process of its own ---------------------------------------------------------------------------------


def load(port: int, path: str, key: str, seconds: float, connections: int) -> None:
    """Keep connections busy; print how many answers came, how fast, and the mean bytes of a body."""
    asyncio.run(_load(port, path, key, seconds, connections))


async def _load(port: int, path: str, key: str, seconds: float, connections: int) -> None:
    requests = itertools.cycle(
        (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: {len(content)}\r\n\r\n"
        ).encode()
        + content
        for content in encoded(DRAFTS)
    )
    times: list[float] = []
    bad: list[bytes] = []
    answered = 0
    end = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (begun := time.perf_counter()) < end:
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answered += len(await reader.readexactly(length))
            times.append(time.perf_counter() - begun)
            if b" 200 " not in head[:16]:
                bad.append(head[:80])
        writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    times.sort()
    print(
        json.dumps(
            {
                "requests": len(times),
                "rps": len(times) / seconds,
                "p50_ms": statistics.median(times) * 1000,
                "p99_ms": times[int(len(times) * 0.99)] * 1000,
                "bad": len(bad),
                "answer_bytes": answered / max(len(times), 1),
            }
        )
    )


# The conductor -----------------------------------------------------------------------------------------------------


def cpu_seconds(process: int) -> float:
    """User and system time of a process, all threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit("the server did not start:\n" + log.read_text()[-3000:])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start within a minute")


def in_a_process(*arguments: object) -> dict[str, Any]:
    """One of this file's own roles in a new process; its last line is JSON."""
    done = subprocess.run([*ROLE, *map(str, arguments)], check=True, stdout=subprocess.PIPE, timeout=300, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def measure(seconds: float, connections: int, rounds: int) -> dict[str, dict[str, float]]:
    """Endpoints take turns, so that a change of the machine's mood meets all of them."""
    from api.keys import create
    from api.settings import Settings

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        key = create(Settings(database_url=f"sqlite:///{folder / 'bench.sqlite3'}"), "bench")
        port = free_port()
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen([*ROLE, "serve", str(folder), str(port)], stderr=log, cwd=ROOT)
            try:
                wait_until_up(port, server, folder / "server.log")
                runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ENDPOINTS}
                for path in ENDPOINTS.values():
                    in_a_process("load", port, path, key, "--seconds", 0.7, "--connections", connections)
                load_options = ("--seconds", seconds, "--connections", connections)
                for _ in range(rounds):
                    for name, path in ENDPOINTS.items():
                        rule_seconds(port)
                        before = cpu_seconds(server.pid)
                        found = in_a_process("load", port, path, key, *load_options)
                        found["cpu_us"] = (cpu_seconds(server.pid) - before) / found["requests"] * 1e6
                        found["rules_us"] = rule_seconds(port)
                        found["door_us"] = found["cpu_us"] - found["rules_us"]
                        runs[name].append(found)
            finally:
                server.terminate()
                server.wait(15)
    return {
        name: {field: statistics.median(one[field] for one in several) for field in several[0]}
        for name, several in runs.items()
    }


def rule_seconds(port: int) -> float:
    """CPU microseconds of rule evaluation for each check since this was last asked; 0 when there was none."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench/bare/evaluation", timeout=10) as answer:
        spent = json.load(answer)
    return float(spent["seconds"] / spent["calls"] * 1e6) if spent["calls"] else 0.0


def run(seconds: float = 1.5, connections: int = 16, rounds: int = 5) -> list[Table]:
    """The cost under load, and the parts of the door."""
    rows = measure(seconds, connections, rounds)
    size = sum(map(len, encoded(DRAFTS))) // DRAFTS
    table = Table(
        f"HTTP pre-check of a {size} byte listing: CPU of the server process a request, one worker, "
        f"{connections} connections, median of {rounds} rounds in turns",
        ["", "CPU µs", "rules µs", "door µs", "requests/s", "p50 ms", "p99 ms", "answer bytes", "not 200"],
    )
    for name, row in rows.items():
        micros = [round(row[field]) for field in ("cpu_us", "rules_us", "door_us", "rps")]
        times = [round(row[field], 2) for field in ("p50_ms", "p99_ms")]
        table.add(name, *micros, *times, round(row["answer_bytes"]), round(row["bad"]))
    alone = rows["pre-check, rules left out"]["cpu_us"]
    check, bare = rows["pre-check"], rows["parse only, bare FastAPI"]["cpu_us"]
    parse, hot = (rows[f"parse only, {name}"]["cpu_us"] for name in ("same middleware", "before the router"))
    table.note(
        f"The door (target {TARGET_OVERHEAD:.0f} µs): {alone:.0f} µs with answers that are ready, "
        f"{check['door_us']:.0f} beside real rules, whose work leaves the caches of the processor cold."
    )
    table.note(
        f"A bare FastAPI endpoint takes {bare:.0f} µs now and about {QUIET_BARE:.0f} on a quiet machine, so there the "
        f"door would take about {alone / bare * QUIET_BARE:.0f} and {check['door_us'] / bare * QUIET_BARE:.0f} µs."
    )
    table.note(
        f"The door to parse-only with the same middleware (target {TARGET_RATIO:.0f}): {alone / parse:.2f} × with "
        f"answers that are ready, {check['door_us'] / parse:.2f} × beside real rules, {check['cpu_us'] / parse:.2f} × "
        f"rules and all; to parse-only before the router {alone / hot:.2f}, {check['door_us'] / hot:.2f} and "
        f"{check['cpu_us'] / hot:.2f} ×."
    )
    table.note(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    return [table, parts()]


def main() -> None:
    """The roles that this file plays in processes of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", nargs="+")
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--connections", type=int, default=16)
    given = parser.parse_args()
    match given.role:
        case ["serve", folder, port]:
            serve(Path(folder), int(port))
        case ["load", port, path, key]:
            load(int(port), path, key, given.seconds, given.connections)


if __name__ == "__main__":
    main()
