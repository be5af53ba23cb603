"""What `docs/webhooks.md` shows holds: both receivers run, and every type that is emitted is documented."""

from __future__ import annotations

import ast
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from api.webhooks import signing
from api.webhooks.types import TYPES, reference

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def snippet(language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def post(port: int, headers: dict[str, str], body: bytes) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def check_receiver(command: list[str], port: int, secret: str, environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        now = int(time.time())
        body = json.dumps({"type": "finding.opened", "title": "标题"}, ensure_ascii=False).encode()
        good = signing.headers([signing.new_secret("v1"), secret], "evt_1", now, body)
        assert post(port, good, body) in (200, 204)
        assert post(port, good, body + b" ") == 401
        assert post(port, signing.headers([secret], "evt_2", now - 400, body), body) == 401
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 10)[0]
        assert json.loads(process.stdout.readline()) == json.loads(body)
    finally:
        process.kill()
        process.communicate()


def test_the_receiver_in_python_takes_what_is_signed_and_nothing_else() -> None:
    port, secret = free_port(), signing.new_secret("v1")
    check_receiver([sys.executable, "-c", snippet("py"), str(port)], port, secret, {"WEBHOOK_SECRET": secret})
    assert len(snippet("py").splitlines()) <= 20


def test_the_receiver_in_javascript_does_the_same(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the JavaScript receiver was not run: there is no node on this machine")
    port, secret = free_port(), signing.new_secret("v1")
    file = tmp_path / "receiver.cjs"
    file.write_text(snippet("js"), encoding="utf-8")
    check_receiver([node, str(file), str(port)], port, secret, {"WEBHOOK_SECRET": secret})
    assert len(snippet("js").splitlines()) <= 20


def test_the_command_for_developers_prints_what_is_verified() -> None:
    port, secret = free_port(), signing.new_secret("v1")
    code = f"from api.cli import run; run(['webhooks', 'listen', '--port', '{port}'])"
    environment = {"STOREWARDEN_WEBHOOK_SECRET": secret, "PYTHONPATH": str(ROOT)}
    check_receiver([sys.executable, "-c", code], port, secret, environment)


JS = ROOT / "tests" / "webhooks" / "js"


@pytest.mark.skipif(
    shutil.which("node") is None or not (JS / "node_modules" / "standardwebhooks").is_dir(),
    reason="the official JavaScript library is not installed; node and `npm ci` in tests/webhooks/js bring it",
)
def test_the_official_javascript_library_accepts_what_we_sign_and_nothing_else() -> None:
    old, secret, other = (signing.new_secret("v1") for _ in range(3))
    body = json.dumps({"type": "finding.opened", "title": "标题 é"}, ensure_ascii=False)

    def verify(secret: str, headers: dict[str, str], body: str) -> str:
        given = json.dumps({"secret": secret, "headers": headers, "body": body})
        done = subprocess.run(["node", str(JS / "verify.js")], input=given, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    good = signing.headers([old, secret], "evt_1", int(time.time()), body.encode())
    assert [verify(key, good, body) for key in (old, secret)] == ["verified", "verified"]
    assert verify(other, good, body) == "No matching signature found"
    assert verify(secret, good, body + " ") == "No matching signature found"
    late = signing.headers([secret], "evt_1", int(time.time()) - 1000, body.encode())
    assert verify(secret, late, body) == "Message timestamp too old"


ED25519 = """
const crypto = require("node:crypto"), { key, signed, signature } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const head = Buffer.from("302a300506032b6570032100", "hex"), der = Buffer.concat([head, Buffer.from(key, "base64")]);
const made = crypto.createPublicKey({ key: der, format: "der", type: "spki" });
console.log(crypto.verify(null, Buffer.from(signed), made, Buffer.from(signature, "base64")));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_an_ed25519_signature_is_verified_by_another_implementation() -> None:
    secret = signing.new_secret("v1a")
    made = signing.headers([secret], "evt_1", 1_700_000_000, b"{}")
    key, signature = str(signing.public_key(secret)), made["webhook-signature"]
    assert (key[:5], signature[:4]) == ("whpk_", "v1a,")
    for signed, holds in (("evt_1.1700000000.{}", "true"), ("evt_1.1700000001.{}", "false")):
        given = json.dumps({"key": key[5:], "signed": signed, "signature": signature[4:]})
        done = subprocess.run(["node", "-e", ED25519], input=given, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == holds


def test_every_type_is_documented() -> None:
    assert reference() in PAGE


def test_every_type_that_is_emitted_is_registered() -> None:
    emitted: dict[str, str] = {}
    for package in ("api", "store_model"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("emit", "emit_everywhere"):
                    given = [word.value for word in node.keywords if word.arg == "type"]
                elif name == "News":
                    given = list(node.args[:1])
                else:
                    continue
                emitted |= {v.value: file.name for v in given if isinstance(v, ast.Constant)}
    assert len(emitted) >= 6
    assert {name: file for name, file in emitted.items() if name not in TYPES} == {}
