"""`storewarden webhooks listen` and `storewarden worker`: for developers, and for processes that only deliver."""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from api.cli.common import CLEAN, Lang, fail
from api.webhooks import signing
from engine.errors import RulePackError, StorewardenError

LARGEST = 1024 * 1024
WORDS = {
    "ready": {
        "en": "Listening on http://{host}:{port}/ . Ctrl+C ends it.",
        "zh": "正在监听 http://{host}:{port}/ ，按 Ctrl+C 结束。",
    },
    "refused": {"en": "refused: {reason}", "zh": "已拒绝：{reason}"},
    "no_secret": {
        "en": "Give the endpoint's secret with --secret, or in STOREWARDEN_WEBHOOK_SECRET.",
        "zh": "请用 --secret 或环境变量 STOREWARDEN_WEBHOOK_SECRET 提供回调地址的密钥。",
    },
    "bad_secret": {
        "en": "The secret is none: it begins with whsec_, whsk_ or whpk_, and base64 follows.",
        "zh": "密钥无效：应以 whsec_、whsk_ 或 whpk_ 开头，后接 base64。",
    },
}


def listen(
    *, secret: str | None = None, port: int = 4000, host: str = "127.0.0.1", count: int = 0, lang: Lang = "en"
) -> int:
    """Print the events that arrive and are verified, one JSON line each. 打印收到并验签通过的事件。

    Parameters
    ----------
    secret
        The endpoint's secret, or its public key for v1a; else STOREWARDEN_WEBHOOK_SECRET. 密钥或公钥。
    port
        The port to listen on; 0 for any. 监听端口。
    host
        The address to listen on. 监听地址。
    count
        End after so many events; 0: never. 收到指定数量后结束。
    lang
        en or zh. 语言。
    """
    key = secret or os.environ.get("STOREWARDEN_WEBHOOK_SECRET", "")
    if not key:
        return fail(WORDS["no_secret"][lang])
    try:
        signing.check_key(key)
    except ValueError:
        return fail(WORDS["bad_secret"][lang])
    server = Listener((host, port), key, lang)
    print(WORDS["ready"][lang].format(host=host, port=server.server_port), file=sys.stderr, flush=True)
    with server:
        while not count or server.verified < count:
            server.handle_request()
    return CLEAN


class Listener(ThreadingHTTPServer):
    """Answers 200 to what is verified, and 401 to anything else."""

    daemon_threads = False

    def __init__(self, where: tuple[str, int], key: str, lang: Lang) -> None:
        self.key, self.lang, self.verified = key, lang, 0
        super().__init__(where, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One after the other, so that lines and the count are in order."""
        self.finish_request(request, client_address)
        self.shutdown_request(request)


class Handler(BaseHTTPRequestHandler):
    """One call."""

    server: Listener
    timeout = 10

    def do_POST(self) -> None:
        """Verify, print, answer."""
        given = self.headers.get("content-length", "")
        length = int(given) if given.isascii() and given.isdigit() else -1
        status = 401
        if 0 <= length <= LARGEST:
            body = self.rfile.read(length)
            try:
                signing.verify([self.server.key], dict(self.headers), body, now=time.time())
                print(json.dumps(json.loads(body), ensure_ascii=False), flush=True)
                status, self.server.verified = 200, self.server.verified + 1
            except ValueError as refused:
                words = WORDS["refused"][self.server.lang]
                print(words.format(reason=refused), file=sys.stderr, flush=True)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """The events are the output."""


def worker() -> int:
    """Deliver webhooks and do due work, until told to stop. 推送事件并执行到期任务。

    Several may run at once, on one machine or on many. Settings are those of `storewarden serve`.
    """
    from api.app import create_app
    from api.settings import read_settings
    from api.webhooks.running import new_runner, run_alone

    try:
        app = create_app(read_settings(os.environ))
    except RulePackError as error:
        return fail("\n".join(map(str, error.faults)))
    except StorewardenError as error:
        return fail(str(error))
    with new_runner() as runner:
        runner.run(run_alone(app.state))
    return CLEAN
