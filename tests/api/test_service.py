"""Landing page, health, metrics, documentation, settings, log, start-up."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import rules
from api import schemas
from api.app import pack_path
from api.settings import Settings, SettingsError, default_data_dir, read_settings
from engine import Pack
from store_model.db import DatabaseUnusable, open_database

ROOT = Path(__file__).resolve().parents[2]


def test_the_landing_page_links_to_what_is_there(client: TestClient, pack: Pack) -> None:
    found = msgspec.json.decode(client.get("/").content, type=schemas.Landing)
    assert found.pack.digest == pack.digest
    posts, closed = ("/v1/prechecks", "/v1/oauth/token"), ("/v1/stores", "/v1/account")
    for link in found.links.values():
        assert client.get(link).status_code == (405 if link in posts else 401 if link in closed else 200)


def test_health_names_the_pack_and_the_database(client: TestClient, pack: Pack) -> None:
    found = msgspec.json.decode(client.get("/healthz").content, type=schemas.Health)
    assert (found.status, found.database, found.pack.digest, found.rules) == ("ok", "ok", pack.digest, len(pack.rules))


def test_metrics_count_by_route_template_and_by_rule(make_app: Callable[..., FastAPI]) -> None:
    client = TestClient(make_app())
    client.get("/v1/rules/LST104")
    client.get("/v1/rules/LST101")
    client.get("/made/up/path")
    client.request("BREW", "/v1/rules/LST101")
    client.post("/v1/prechecks", json={"title": ""})
    text = client.get("/metrics").text
    assert 'storewarden_http_requests_total{method="GET",route="/v1/rules/{rule_id}",status="200"} 2.0' in text
    assert 'storewarden_http_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'method="OTHER"' in text
    assert "BREW" not in text
    assert 'storewarden_listings_total{verdict="invalid"} 1.0' in text
    assert 'storewarden_findings_total{rule="LST101"} 1.0' in text


def test_every_answer_carries_a_request_id_and_forbids_sniffing(client: TestClient) -> None:
    for path in ("/", "/nowhere", "/v1/rules", "/metrics", "/docs", "/openapi.json"):
        headers = client.get(path).headers
        assert len(headers["x-request-id"]) == 32
        assert headers["x-content-type-options"] == "nosniff"


def test_the_access_log_is_json_without_the_key_or_the_query(
    make_app: Callable[..., FastAPI], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    client = TestClient(make_app(access_log=True))
    client.post("/v1/prechecks?lang=zh", json={"title": "x"}, headers={"x-request-id": "request-0001"})
    client.post("/v1/prechecks", json={}, headers={"x-api-key": "sw_verysecretsecret"})
    log = capfdbinary.readouterr().err
    lines = [json.loads(line) for line in log.splitlines() if b'"event":"request"' in line]
    assert (lines[0]["request_id"], lines[0]["status"], lines[0]["path"], lines[0]["route"], lines[0]["listings"]) == (
        "request-0001",
        200,
        "/v1/prechecks",
        "/v1/prechecks",
        1,
    )
    assert lines[1]["problem"] == "key_invalid"
    assert b"verysecret" not in log
    assert b"lang=zh" not in log


def test_it_says_at_the_start_who_may_call(
    make_app: Callable[..., FastAPI], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    import asyncio

    from api.app import _say_who_may_call

    events = {}
    for name, given in {
        "loopback": {},
        "keys": {"require_keys": "always"},
        "network": {"host": "0.0.0.0", "require_keys": "never"},
    }.items():
        asyncio.run(_say_who_may_call(make_app(**given)))
        events[name] = json.loads(capfdbinary.readouterr().err.splitlines()[-1])["event"]
    assert events == {"loopback": "open_on_loopback", "keys": "keys_required", "network": "open_to_the_network"}


# Settings --------------------------------------------------------------------------------------------------------


def test_settings_come_from_the_environment_and_what_is_given_comes_first() -> None:
    found = read_settings({"STOREWARDEN_PORT": "9000", "STOREWARDEN_ACCESS_LOG": "false"}, port=9001, host=None)
    assert (found.port, found.access_log, found.host) == (9001, False, "127.0.0.1")


def test_every_fault_of_the_settings_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {
                "STOREWARDEN_PORT": "http",
                "STOREWARDEN_RATE_LIMIT": "often",
                "STOREWARDEN_REQUIRE_KEYS": "sometimes",
                "STOREWARDEN_TIME_BUDGET_SECONDS": "nan",
                "STOREWARDEN_ACCESS_LOG": "perhaps",
                "STOREWARDEN_PROT": "1",
                "STOREWARDEN_CACHE": "/somewhere",
            }
        )
    assert list(caught.value.faults) == [
        "STOREWARDEN_PROT: there is no such setting; the settings are in docs/http.md",
        "STOREWARDEN_ACCESS_LOG: must be true or false, not 'perhaps'",
        "STOREWARDEN_PORT: must be a whole number from 0 to 65535, not 'http'",
        'STOREWARDEN_RATE_LIMIT: must be like "100/second" or "6000/minute", or empty for no limit, not \'often\'',
        "STOREWARDEN_REQUIRE_KEYS: must be one of auto, always, never, not 'sometimes'",
        "STOREWARDEN_TIME_BUDGET_SECONDS: must be a number of seconds from 0.01 to 3600, not 'nan'",
    ]


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    names = [f"STOREWARDEN_{field.name.upper()}" for field in fields(Settings)]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_route_and_problem_is_documented(app: FastAPI) -> None:
    from api.catalogue import KINDS

    page = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "docs").glob("*.md")))
    # The sections of a store are written down in the table of what the back office covers, which has its own test.
    paths = [path for path in app.openapi()["paths"] if not path.startswith("/v1/stores/{store_id}/")]
    assert [path for path in paths if f"`{path}`" not in page and f" {path}`" not in page] == []
    assert [code for code in KINDS if f"`{code}`" not in page] == []


def test_data_lies_where_the_platform_keeps_it() -> None:
    assert default_data_dir({"XDG_DATA_HOME": "/data"}) == Path("/data/storewarden")
    assert default_data_dir({}).parts[-3:] == (".local", "share", "storewarden")


def test_a_pack_is_found_by_name_or_by_folder(tmp_path: Path) -> None:
    assert pack_path("aliexpress") == rules.path("aliexpress")
    assert pack_path(str(rules.path("aliexpress"))) == rules.path("aliexpress")
    with pytest.raises(SettingsError, match="no shipped pack"):
        pack_path(str(tmp_path))
    with pytest.raises(KeyError, match="aliexpress"):
        rules.path("../engine")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("nonsense", "the database URL cannot be read"),
        ("mysql+pymysqlx://u:secret@h/d", "not supported"),
        ("sqlite:////proc/none/x.sqlite3", "the folder cannot be made"),
    ],
)
def test_a_database_that_cannot_be_used_says_why_and_hides_the_password(url: str, text: str) -> None:
    with pytest.raises(DatabaseUnusable, match=text) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_a_postgresql_url_asks_for_its_driver_when_it_is_missing() -> None:
    pytest.importorskip("sqlalchemy")
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(DatabaseUnusable, match=r"pip install 'psycopg\[binary\]'"):
            open_database("postgresql://u:secret@localhost/d")


# The real thing --------------------------------------------------------------------------------------------------


def test_importing_the_app_loads_nothing_heavy() -> None:
    code = (
        "import sys, api.app, api.serve;"
        "print([m for m in ('spacy', 'numpy', 'sklearn', 'openpyxl', 'pandas', 'durable') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_it_serves_with_no_configuration(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("STOREWARDEN_")}
    server = subprocess.Popen(
        [sys.executable, "-c", f"from api.serve import run; run(port={port})"],
        cwd=ROOT,
        env={**plain, "XDG_DATA_HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
    )
    try:
        answer = None
        for _ in range(150):
            try:
                answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None, server.stderr.read() if server.stderr else ""
                time.sleep(0.2)
        assert answer is not None
        assert json.loads(answer)["status"] == "ok"
        assert (tmp_path / "storewarden" / "storewarden.sqlite3").is_file()
    finally:
        server.terminate()
        _, log = server.communicate(timeout=20)
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert "ready" in events
    assert "open_on_loopback" in events
