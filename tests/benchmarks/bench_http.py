"""What the HTTP pre-check costs beyond the rules: CPU microseconds a request, measured on the server process.

    python tests/benchmarks/bench_http.py [--seconds 4] [--connections 16] [--json FILE]

One uvicorn worker on loopback, SQLite, an API key that is looked up, JSON log, metrics, rate limit: all in place.
Beside the pre-check, the same app serves two endpoints that only parse the same body: one behind the same
middleware and guard, one bare (FastAPI and nothing else). CPU time is what the kernel charged to the server process.
Rule evaluation (`Pack.check` and `Report.to_dict`) is timed inside the server, under the same load, by thread CPU
time; what is left of a request is the door: server, framework, middleware, key, limit, decode, encode, log, metrics.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

TARGET_OVERHEAD = 330.0
TARGET_RATIO = 2.0


def body() -> bytes:
    """A realistic draft of about 4 KB."""
    paragraph = (
        "<p>Made of soft, washable cotton with double stitched edges. The towel dries quickly, keeps its colour after "
        "many washes and comes with a loop for hanging. Please allow a small difference in size.</p>"
    )
    draft = {
        "id": "1005006000000042",
        "title": "Striped Cotton Tea Towel with Hanging Loop for Kitchen, 45 x 65 cm, Set of 2",
        "category_path": ["Home & Garden", "Kitchen, Dining & Bar", "Tea Towels"],
        "attributes": [
            {"name": name, "value": value}
            for name, value in (
                ("Brand Name", "NoEnName_Null"),
                ("Material", "Cotton"),
                ("Pattern", "Striped"),
                ("Origin", "Mainland China"),
                ("Size", "45 x 65 cm"),
                ("Quantity", "2 pcs"),
                ("Feature", "Quick-Dry"),
                ("Use", "Kitchen"),
            )
        ],
        "skus": [
            {
                "id": f"1200003{index}",
                "code": f"TT-{index}",
                "price": "9.90",
                "stock": 100 + index,
                "properties": [{"name": "Color", "value": colour, "label": f"{colour} stripes"}],
            }
            for index, colour in enumerate(("Red", "Blue", "Green", "Grey", "Yellow", "Black"))
        ],
        "currency": "USD",
        "images": [
            {"url": f"https://img.example/towel-{index}.jpg", "width": 1000, "height": 1000, "format": "jpg"}
            for index in range(6)
        ],
        "description": paragraph * 7,
        "package": {"length": 25, "width": 20, "height": 4, "weight": "0.22"},
        "selling_unit": "set",
        "pieces_per_lot": 1,
        "handling_days": 5,
        "valid_days": 30,
        "freight_template_id": "730001",
    }
    return msgspec.json.encode(draft)


# The server process ------------------------------------------------------------------------------------------------


def serve(folder: Path, port: int) -> None:
    """The real app, with two endpoints more that only parse."""
    import uvicorn
    from fastapi import APIRouter, Depends, FastAPI

    from api import logs
    from api.app import create_app
    from api.guard import Guard
    from api.routing import RawRoute
    from api.settings import read_settings
    from engine import Pack, Report
    from engine.facts import Listing

    decode = msgspec.json.Decoder(Listing).decode

    async def parse_only(request: Request) -> Response:
        decode(await request.body())
        return Response(b'{"ok":true}', media_type="application/json")

    app = create_app(
        read_settings(
            os.environ,
            port=port,
            database_url=f"sqlite:///{folder / 'bench.sqlite3'}",
            require_keys="always",
            rate_limit="100000000/minute",
        )
    )
    guarded = APIRouter(dependencies=[Depends(Guard("prechecks"))], route_class=RawRoute)
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


# The load, in a process of its own ---------------------------------------------------------------------------------


def load(port: int, path: str, key: str, seconds: float, connections: int) -> None:
    """Keep connections busy; print how many answers came, how fast, and the bytes of the last body."""
    asyncio.run(_load(port, path, key, seconds, connections))


async def _load(port: int, path: str, key: str, seconds: float, connections: int) -> None:
    content = body()
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode() + content
    times: list[float] = []
    bad: list[bytes] = []
    last = b""
    end = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal last
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (begun := time.perf_counter()) < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            last = await reader.readexactly(length)
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
                "answer_bytes": len(last),
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


def run(*arguments: object) -> dict[str, Any]:
    """One of this file's own roles in a new process; its last line is JSON."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)], check=True, stdout=subprocess.PIPE, timeout=300
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def measure(seconds: float, connections: int, rounds: int) -> dict[str, Any]:
    """Endpoints take turns, so that a change of the machine's mood meets all of them."""
    from api.keys import create
    from api.settings import Settings

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        key = create(Settings(database_url=f"sqlite:///{folder / 'bench.sqlite3'}"), "bench")
        port = free_port()
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen([sys.executable, __file__, "serve", str(folder), str(port)], stderr=log)
            try:
                wait_until_up(port, server, folder / "server.log")
                paths = {
                    "parse only, bare FastAPI": "/bench/bare",
                    "parse only, same middleware": "/bench/parse",
                    "pre-check": "/v1/prechecks",
                    "pre-check, fixes=false": "/v1/prechecks?fixes=false",
                }
                runs: dict[str, list[dict[str, Any]]] = {name: [] for name in paths}
                for path in paths.values():
                    run("load", port, path, key, "--seconds", 0.7, "--connections", connections)
                for _ in range(rounds):
                    for name, path in paths.items():
                        rule_seconds(port)
                        before = cpu_seconds(server.pid)
                        found = run("load", port, path, key, "--seconds", seconds, "--connections", connections)
                        found["cpu_us"] = (cpu_seconds(server.pid) - before) / found["requests"] * 1e6
                        found["rules_us"] = rule_seconds(port)
                        found["door_us"] = found["cpu_us"] - found["rules_us"]
                        runs[name].append(found)
            finally:
                server.terminate()
                server.wait(15)
    rows = {
        name: {field: statistics.median(one[field] for one in several) for field in several[0]}
        for name, several in runs.items()
    }
    parse, bare = rows["parse only, same middleware"]["cpu_us"], rows["parse only, bare FastAPI"]["cpu_us"]
    check = rows["pre-check"]
    return {
        "body_bytes": len(body()),
        "load_average": os.getloadavg()[0],
        "endpoints": rows,
        "overhead_us": check["door_us"],
        "ratio_to_parse_only": check["cpu_us"] / parse,
        "ratio_without_rules": check["door_us"] / parse,
        "ratio_without_rules_to_bare": check["door_us"] / bare,
        "targets": {"overhead_us": TARGET_OVERHEAD, "ratio_to_parse_only": TARGET_RATIO},
    }


def rule_seconds(port: int) -> float:
    """CPU microseconds of rule evaluation for each check since this was last asked; 0 when there was none."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench/bare/evaluation", timeout=10) as answer:
        spent = json.load(answer)
    return float(spent["seconds"] / spent["calls"] * 1e6) if spent["calls"] else 0.0


def show(result: dict[str, Any]) -> None:
    print(f"{result['body_bytes']} bytes; load average {result['load_average']:.1f} (beyond 2 all figures grow)")
    columns = ("CPU us", "rules us", "door us", "rps", "p50 ms", "p99 ms", "bad", "answer")
    print(f"{'endpoint':<29}" + "".join(f"{column:>9}" for column in columns))
    for name, row in result["endpoints"].items():
        print(
            f"{name:<29}{row['cpu_us']:>9.0f}{row['rules_us']:>9.0f}{row['door_us']:>9.0f}{row['rps']:>9.0f}"
            f"{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}{row['bad']:>9.0f}{row['answer_bytes']:>9.0f}"
        )
    print(f"the door beyond rule evaluation: {result['overhead_us']:.0f} us (target {TARGET_OVERHEAD:.0f})")
    print(
        f"pre-check to parse-only: {result['ratio_to_parse_only']:.2f} (target {TARGET_RATIO:.0f}); "
        f"the door alone to parse-only {result['ratio_without_rules']:.2f}, "
        f"to bare FastAPI {result['ratio_without_rules_to_bare']:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    match given.role:
        case ["serve", folder, port]:
            serve(Path(folder), int(port))
        case ["load", port, path, key]:
            load(int(port), path, key, given.seconds, given.connections)
        case _:
            result = measure(given.seconds, given.connections, given.rounds)
            show(result)
            text = json.dumps(result, indent=2)
            print(text)
            if given.json:
                given.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
