"""A receiver in a process of its own: verifies what arrives, fails every so many calls, is slow or hangs where told.

`python -m tests.benchmarks.webhook_receiver PORT FAIL_EVERY LOG [SECRET]`: /hook/N answers at once, /slow/N after a
second, /dead never. Each accepted call is a line `N webhook-id microseconds told` in LOG, so that what was acknowledged
outlives a kill; `told` is the event's sequence where the official library verified the call by SECRET, `forged` where
it did not, and `-` without SECRET.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import standardwebhooks


class Hook(asyncio.Protocol):
    """HTTP/1.1, just as much as is needed: one request after the other on a connection."""

    count = 0

    def __init__(self, fail_every: int, log: int, oracle: standardwebhooks.Webhook | None) -> None:
        self.fail_every, self.log, self.oracle, self.buffer = fail_every, log, oracle, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            lines = head.split(b"\r\n")
            fields = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
            fields = {name.lower(): value for name, value in fields.items()}
            length = int(fields.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            self.answer(lines[0].split(b" ")[1], fields, body)

    def answer(self, path: bytes, fields: dict[bytes, bytes], body: bytes) -> None:
        if path == b"/dead":
            return
        Hook.count += 1
        if self.fail_every and Hook.count % self.fail_every == 0:
            self.transport.write(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")
            return
        number = path.rpartition(b"/")[2]
        told = self.told(fields, body)
        os.write(self.log, b"%s %s %d %s\n" % (number, fields[b"webhook-id"], time.time_ns() // 1000, told))
        answer = b"HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n"
        if path.startswith(b"/slow"):
            asyncio.get_running_loop().call_later(1.0, self.transport.write, answer)
        else:
            self.transport.write(answer)

    def told(self, fields: dict[bytes, bytes], body: bytes) -> bytes:
        if self.oracle is None:
            return b"-"
        try:
            said = self.oracle.verify(body, {name.decode(): value.decode() for name, value in fields.items()})
        except standardwebhooks.WebhookVerificationError:
            return b"forged"
        return b"%d" % said["sequence"]


async def main(port: int, fail_every: int, file: str, secret: str | None) -> None:
    """Serve until killed."""
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    oracle = None if secret is None else standardwebhooks.Webhook(secret)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Hook(fail_every, log, oracle), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None))
