"""A receiver in a process of its own: counts what arrives by endpoint, fails every so many calls, hangs where told.

`python -m tests.benchmarks.webhook_receiver PORT FAIL_EVERY LOG`: /hook/N answers at once, /dead never. Each accepted
call is a line `N webhook-id microseconds` in LOG, so that what was acknowledged outlives a kill.
"""

from __future__ import annotations

import asyncio
import sys
import time


class Hook(asyncio.Protocol):
    """HTTP/1.1, just as much as is needed: one request after the other on a connection."""

    count = 0

    def __init__(self, fail_every: int, log: int) -> None:
        self.fail_every, self.log, self.buffer = fail_every, log, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        import os

        self.buffer += data
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            lines = head.split(b"\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in lines[1:] if b": " in line)
            length = int(fields.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            path = lines[0].split(b" ")[1]
            if path == b"/dead":
                return
            Hook.count += 1
            if self.fail_every and Hook.count % self.fail_every == 0:
                self.transport.write(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")
                continue
            number = path.rpartition(b"/")[2]
            os.write(self.log, b"%s %s %d\n" % (number, fields[b"webhook-id"], time.time_ns() // 1000))
            self.transport.write(b"HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n")


async def main(port: int, fail_every: int, file: str) -> None:
    """Serve until killed."""
    import os

    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    server = await asyncio.get_running_loop().create_server(lambda: Hook(fail_every, log), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
